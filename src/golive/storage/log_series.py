"""A log as its reader has it: which files it has, where its chain begins, and the records that stand in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from golive.audit import Chain, Entry, EntryError, MacKeys, decode_entry
from golive.audit.register import RegisterError, journal_of
from golive.inputs import open_beside, read_beside
from golive.model.clock import from_iso
from golive.model.errors import JournalError

from . import alert_audit
from .daily_journal import dated_files
from .files import MOST_LOG
from .live_log import is_log_file
from .live_segments import DIRECTORY, LOG_NAME, log_files

LIVE_LOG: Final = DIRECTORY / f"{LOG_NAME}.jsonl"
"""the decision log of live orders, relative to home"""
REGISTER: Final = ".json"
"""suffix of registers; every other log has its records as lines"""
_DATED: Final = re.compile(r"(.+)-\d{8}\.jsonl")


def files_of(path: Path) -> list[Path]:
    """Return the files, oldest first, of the log that `path` is a file of; none where it is not there."""
    if is_log_file(path):
        return log_files(path.parent)
    if dated := _DATED.fullmatch(path.name):
        return dated_files(path.parent, dated[1])
    return [path] if path.is_file() else []


def begin(files: Sequence[Path], keys: MacKeys) -> Chain:
    """Return the chain where these files begin: behind those out of retention, where a record tells of them."""
    dated = _DATED.fullmatch(files[0].name) if files else None
    chain = Chain(keys)
    return alert_audit.chain_before(files, chain) if dated and dated[1] == alert_audit.LOG_NAME else chain


def records_of(path: Path, most: int | None = None) -> Iterator[Entry]:
    """Yield what can be read in the first `most` lines of a log's file; verifying it has told of the rest.

    Raises JournalError when the file cannot be read; a register whose cover was changed has no records.
    """
    for number, line in enumerate(lines_of(path)):
        if number == most:
            return
        try:
            yield decode_entry(line)[0]
        except EntryError:
            continue


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the whole lines of a file as they were signed; half a line at the end is none. Raises JournalError."""
    try:
        if path.suffix == REGISTER:
            yield from journal_of(read_beside(path, most=MOST_LOG)).split(b"\n")[:-1]
            return
        with open_beside(path, most=MOST_LOG) as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]
    except RegisterError:
        return
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def in_window(entry: Entry, since: int | None, until: int | None) -> bool:
    """Say whether a record was written from `since` on and before `until`, ns UTC; one whose time cannot be read is in each."""
    try:
        written = from_iso(entry.ts)
    except ValueError:
        return True
    return (since is None or since <= written) and (until is None or written < until)
