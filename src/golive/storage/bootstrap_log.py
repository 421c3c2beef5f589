"""`logs/runtime/live_bootstrap.jsonl`: one line for each component that a live start has wired; only ever appended to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import orjson

from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import make_directory, open_with_mode, write_all

PATH: Final = Path("logs/runtime/live_bootstrap.jsonl")
"""relative to home"""


def append_lines(home: Path, rows: Sequence[JsonObject]) -> None:
    """Append the rows, a line each, all in one write; durable on return. Raises JournalError."""
    path = home / PATH
    data = b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    try:
        make_directory(path.parent)
        descriptor = open_with_mode(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            write_all(descriptor, data)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be written: {exc.strerror}") from exc
