"""Stops on disk, held against the signed records of who let them stand and who released them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golive.audit import Soundness

from . import security_admin
from .host_stop import Mismatch, host_mismatches, host_stop_groups
from .risk_stop import stop_mismatch, stop_names, stop_path
from .stop_record import StopRecords, records_of
from .verified import Result, entries, of_file


def verify_stops(home: Path) -> Iterator[Result]:
    """Yield a result for each stop whose file is not as its record says; the log itself is verified elsewhere.

    One that says less than was signed for is tampered with. One without a record is left by a command that was cut off.
    """
    for path, text, says_less in stop_mismatches(home, records_of(entries(home / security_admin.PATH))):
        yield Result(path, (of_file(Soundness.TAMPERED if says_less else Soundness.CANNOT_SAY, text),))


def stop_mismatches(home: Path, records: StopRecords) -> Iterator[Mismatch]:
    """Yield each file of a stop that is not what the records say, with what holds and what ends it."""
    if records.fault:
        yield Mismatch(home / security_admin.PATH, records.cannot_tell("a drawdown stop"), False)
        return
    for name in stop_names(home, records.own):
        if (found := stop_mismatch(home, name, records.own.get(name))) is not None:
            yield Mismatch(stop_path(home, name), *found)
    for group in sorted({*host_stop_groups(home), *records.across}):
        yield from host_mismatches(home, *group, records.across.get(group, {}))
