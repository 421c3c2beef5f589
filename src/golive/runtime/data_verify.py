"""Verification of all that is stored: faults of files, and a quality report of each series."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golive.config.configuration import Configuration
from golive.market.contents import series_folders
from golive.market.origin import staleness
from golive.market.quality import Quality, Status
from golive.market.series import read_index
from golive.market.verification import faults_of

from .candle_place import candle_store
from .data_choice import environments
from .stored_document import Issue, VerifiedSeries
from .stored_quality import judge_stored


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found of one series; without a judgement where its files are damaged or stale."""

    environment: str
    path: Path
    faults: tuple[str, ...]
    quality: Quality | None
    report: Path | None

    @property
    def is_sound(self) -> bool:
        return not self.faults and self.quality is not None and self.quality.summary.status in (Status.OK, Status.WARNING)

    @property
    def name(self) -> str:
        return "/".join(self.path.parts[-3:])

    def lines(self) -> list[str]:
        if self.quality is None:
            return [f"{self.environment} {self.name}: faulty", *(f"  {fault}" for fault in self.faults)]
        found = [f"  {issue.code}: {issue.message}" for issue in self.quality.issues]
        return [f"{self.environment} {self.name}: files sound, quality {self.quality.summary.status}, {self.report}", *found]

    def row(self) -> VerifiedSeries:
        """Return it as it stands in the document."""
        quality = None if self.quality is None else self.quality.summary.status
        report = None if self.report is None else str(self.report)
        return VerifiedSeries(self.environment, str(self.path), self.faults, quality, Issue.all_of(self.quality), report)


def verify_stored(
    configuration: Configuration, home: Path, *, environment: str | None, now: int, is_fresh_wanted: bool
) -> list[Verified]:
    """Verify the series of an environment, or of all; a folder without an index that holds parts is a fault too."""
    names = environments(configuration, environment)
    found: dict[Path, Verified] = {}
    for name in names:
        store = candle_store(configuration, home, name)
        for folder in series_folders(store.root):
            if folder in found:
                continue
            faults = tuple(faults_of(folder))
            index = None if faults else read_index(folder)
            if index is not None and (stale := staleness(store.root, index)):
                faults, index = (stale,), None
            if index is None:
                found[folder] = Verified(name, folder, faults, None, None)
                continue
            quality, report = judge_stored(
                store, index.instrument.id, index.timeframe, home=home, source="verify", tags=("verify",), now=now,
                is_fresh_wanted=is_fresh_wanted,
            )  # fmt: skip
            found[folder] = Verified(name, folder, (), quality, report)
    return list(found.values())
