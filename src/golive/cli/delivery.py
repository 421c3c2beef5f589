"""Hands a command's result to stdout, and says so when stdout does not take it: a verdict nobody got is no verdict."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TextIO

from golive.model.errors import GoliveError


class NotDelivered(GoliveError):
    """Stdout is closed, full, or its reader is gone (exit 70)."""


def set_apart() -> contextlib.AbstractContextManager[object]:
    """Lead to stderr what is printed meanwhile: stdout is for the result alone, and a strategy may print what it likes."""
    return contextlib.redirect_stdout(sys.stderr)


@contextlib.contextmanager
def delivered() -> Iterator[TextIO]:
    """Yield stdout and flush it at the end; raise NotDelivered when that fails at any point."""
    stdout: TextIO | None = sys.stdout  # None when the process was started without one
    if stdout is None:
        raise NotDelivered("the result could not be written: stdout is closed")
    try:
        yield stdout
        stdout.flush()
    except OSError as exc:
        _abandon(stdout)
        raise NotDelivered(f"the result could not be written to stdout: {exc.strerror or exc}") from exc
    except SystemExit as exc:  # rich ends the process when the reader of a pipe is gone
        _abandon(stdout)
        raise NotDelivered("the result could not be written to stdout: its reader is gone") from exc


def _abandon(stdout: TextIO) -> None:
    """Lead what is still buffered into nothing, or it would fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stdout.fileno())
    os.close(nowhere)
