"""The decision logs as one examination has them: each is read once, whichever checks ask for it; the next one reads anew."""

from __future__ import annotations

from pathlib import Path

from golive.audit import Entry
from golive.model.errors import JournalError
from golive.storage.decision_step import stage_log, steps_in
from golive.storage.sealed_log import SealedFile


class StageLogs:
    """Reads the log of a stage when it is asked for first, and says the same of it from then on. Not kept between two looks."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._files: dict[str, tuple[SealedFile, ...] | JournalError] = {}
        self._steps: dict[str, tuple[Entry, ...]] = {}

    def files(self, stage: str) -> tuple[SealedFile, ...]:
        """Return the files of the log of a stage, as `stage_log`; JournalError, each time, when it is not what was written."""
        if stage not in self._files:
            try:
                self._files[stage] = stage_log(self._home, stage)
            except JournalError as exc:
                self._files[stage] = exc
        found = self._files[stage]
        if isinstance(found, JournalError):
            raise JournalError(str(found)) from found
        return found

    def steps(self, stage: str) -> tuple[Entry, ...]:
        """Return the steps in the log of a stage, oldest first. Raises as `files`."""
        if stage not in self._steps:
            self._steps[stage] = steps_in(self.files(stage), stage)
        return self._steps[stage]
