"""Finding records in a journal by a text they hold, without reading the whole of it record by record."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golive.audit import Entry, EntryError, MacKeys, decode_entry
from golive.audit.entry import sign
from golive.inputs import open_beside
from golive.model.errors import JournalError

from .files import MOST_LOG


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """One line that holds the text; `entry` is None where it is no record, `fault` says what is wrong with it."""

    path: Path
    line: bytes
    entry: Entry | None
    fault: str
    """'' = it is what was written, or the key that would tell is not at hand"""
    is_checked: bool
    """whether its MAC was checked"""


def find_records(path: Path, text: str, mac_keys: MacKeys) -> Iterator[FoundRecord]:
    """Yield the lines of a journal that hold `text` anywhere, each with what its own MAC says.

    Whether records are missing between them is the business of `golive audit verify`. Raises JournalError when the file cannot
    be read.
    """
    try:
        with open_beside(path, most=MOST_LOG) as file:
            if file.seek(0, 2) == 0:
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield from _found(path, data, text.encode(), mac_keys)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def _found(path: Path, data: mmap.mmap, wanted: bytes, mac_keys: MacKeys) -> Iterator[FoundRecord]:
    at = data.find(wanted)
    while at >= 0:
        start, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        if end < 0:
            yield FoundRecord(path, data[start:], None, "the file ends in the middle of it", is_checked=True)
            return
        yield _checked(path, data[start:end], mac_keys)
        at = data.find(wanted, end)


def _checked(path: Path, line: bytes, mac_keys: MacKeys) -> FoundRecord:
    try:
        entry, unsigned = decode_entry(line)
    except EntryError as exc:
        return FoundRecord(path, line, None, str(exc), is_checked=True)
    key = mac_keys.get(entry.key_id)
    fault = "bad mac: the record is not what was written" if key is not None and sign(key, unsigned) != entry.mac else ""
    return FoundRecord(path, line, entry, fault, is_checked=key is not None)
