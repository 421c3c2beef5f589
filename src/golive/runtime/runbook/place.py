"""What a step of a runbook is carried out in, and what one says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock
from golive.model.verdict import ExitCode
from golive.readiness.finding import Status

from ..readiness.scene import Scene, scene_of
from ..secret_store import StoredSecrets

Walk = Callable[[str, str], ExitCode]
"""runs a session of (mode, entrypoint) and returns its exit code"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An installation, and the entrypoint that the runbook is about."""

    home: Path
    runtime_file: Path
    configuration: Configuration
    entrypoint: ResolvedEntrypoint
    clock: Clock
    store: StoredSecrets
    operator: str
    """in whose name it is done"""
    walk: Walk

    @property
    def scene(self) -> Scene:
        """What the checks look at: the live entrypoint that the runbook leads to. Raises ConfigError where it is not clear."""
        return scene_of(self.home, self.runtime_file, self.configuration, self.entrypoint.name, self.clock, self.store)

    @property
    def paper(self) -> ResolvedEntrypoint:
        """The paper entrypoint that the steps of demo and paper are about. Raises ConfigError where it is not clear."""
        return self.scene.paper if self.entrypoint.environment_type == "live" else self.entrypoint


@dataclass(frozen=True, slots=True)
class Done:
    """What a step found."""

    status: Status
    said: str
    next_command: str = ""
    artefacts: tuple[Path, ...] = ()


Step = Callable[[Place, str], Done]
"""a step that a machine carries out; the text is the stage of its item"""
_MOST: Final = 3


def ok(said: str, *artefacts: Path) -> Done:
    return Done(Status.OK, said, "", artefacts)


def blocked(said: str, next_command: str, *artefacts: Path) -> Done:
    return Done(Status.BLOCKED, said, next_command, artefacts)


def unknown(said: str, next_command: str, *artefacts: Path) -> Done:
    return Done(Status.UNKNOWN, said, next_command, artefacts)


def judged(good: str, bad: list[str], next_command: str, *artefacts: Path) -> Done:
    """Return ok saying `good`, or blocked saying the first of what is `bad`."""
    if not bad:
        return ok(good, *artefacts)
    more = f"; and {len(bad) - _MOST} more" if len(bad) > _MOST else ""
    return blocked("; ".join(bad[:_MOST]) + more, next_command, *artefacts)
