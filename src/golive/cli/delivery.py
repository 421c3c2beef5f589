"""Hands a command's result to stdout, and says so when stdout does not take it: a verdict nobody got is no verdict."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from golive.model.errors import GoliveError
from golive.model.json import JsonObject


class NotDelivered(GoliveError):
    """Stdout is closed, full, or its reader is gone (exit 70)."""


def set_apart() -> contextlib.AbstractContextManager[object]:
    """Lead to stderr what is printed meanwhile: stdout is for the result alone, and a strategy may print what it likes."""
    return contextlib.redirect_stdout(sys.stderr)


class Besides:
    """Stdout for a command that acts whatever becomes of its words: they fail, if at all, at the end of it (`settle`)."""

    def __init__(self) -> None:
        self._stdout: TextIO | None = sys.stdout  # None when the process was started without one
        self._problem = "stdout is closed" if self._stdout is None else ""

    def write(self, text: str) -> None:
        """Write and flush; what the terminal's encoding lacks is written as escapes."""
        if self._stdout is None:
            return
        try:
            try:
                self._stdout.write(text)
            except UnicodeError:
                self._stdout.write(text.encode("ascii", "backslashreplace").decode("ascii"))
            self._stdout.flush()
        except OSError as exc:
            _abandon(self._stdout)
            self._stdout, self._problem = None, exc.strerror or str(exc)

    def settle(self) -> None:
        """Raise NotDelivered when something could not be written."""
        if self._problem:
            raise NotDelivered(f"all was done, and the result could not be written to stdout: {self._problem}")


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


def deliver_history(document: JsonObject, printed: Callable[[JsonObject, TextIO], None], *, as_json: bool) -> None:
    """Write what a command made of stored candles: the document itself, or what a person reads of it (`printed`)."""
    from golive.backtest.document import document_bytes

    with delivered() as stdout:
        if as_json:
            stdout.buffer.write(document_bytes(document))
        else:
            printed(document, stdout)


def _abandon(stdout: TextIO) -> None:
    """Lead what is still buffered into nothing, or it would fail again when the process ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stdout.fileno())
    os.close(nowhere)
