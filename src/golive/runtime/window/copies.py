"""The logs of a window as its archive has them: copied, verified, and read for what happened in the window."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import Entry, Fault, Soundness, worst
from golive.model.clock import from_iso
from golive.storage import emergency_journal, security_admin
from golive.storage.log_copy import CopiedLog, copy_log, count_in_window
from golive.storage.log_series import LIVE_LOG, records_of
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys

ALWAYS: Final = (LIVE_LOG, security_admin.PATH, emergency_journal.PATH)


@dataclass(frozen=True, slots=True)
class Copies:
    """Logs in an archive's folder, by where the first file of each is below home; times in ns UTC, the end included."""

    folder: Path
    logs: Mapping[Path, CopiedLog]
    since: int
    until: int

    def is_sound(self, log: Path) -> bool:
        """Say whether there is such a log and all of its copy is what was written."""
        found = self.logs.get(log)
        return found is not None and _soundness(found) is Soundness.CLEAN

    def records(self, log: Path, types: Collection[str]) -> Iterator[Entry]:
        """Yield the records of these types that were written in the window; none where there is no such log."""
        found = self.logs.get(log)
        for name in () if found is None else found.files:
            for entry in records_of(self.folder / name):
                if entry.type in types and self.since <= from_iso(entry.ts) <= self.until:
                    yield entry

    def unsound(self) -> tuple[str, ...]:
        """Return of each log that is not sound its name and the first fault."""
        bad = (each for each in self.logs.values() if _soundness(each) is not Soundness.CLEAN)
        return tuple(f"{each.files[0].name}: {_soundness(each)}: {_faults(each)[0]}" for each in bad)


def copy_logs(home: Path, folder: Path, verifier: Verifier, wanted: Collection[Path], span: tuple[int, int]) -> Copies:
    """Copy the logs that are always wanted, those of `wanted` (first files, relative to home), and every one with records since.

    Raises JournalError when one cannot be read.
    """
    since, until = span
    keys = VerificationKeys.of_home(home)
    here = [home / each for each in (*wanted, *ALWAYS) if (home / each).exists()]
    starts = list(dict.fromkeys([*here, *verifier.log_starts()]))
    chosen = [start for start in starts if start in here or count_in_window(start, since, None)]
    logs = {_name(home, start): copy_log(home, start, folder, keys, (since, until + 1)) for start in chosen}
    return Copies(folder, logs, since, until)


def _name(home: Path, start: Path) -> Path:
    return start.relative_to(home) if start.is_relative_to(home) else start


def _soundness(log: CopiedLog) -> Soundness:
    return worst(_faults(log))


def _faults(log: CopiedLog) -> list[Fault]:
    return [fault for result in log.results for fault in result.faults]
