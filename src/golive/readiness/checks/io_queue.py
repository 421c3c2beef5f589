"""`io_queue`: the queue through which an entrypoint asks its venue runs 3 calls at once and admits 6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..finding import Finding
from ..objection import blocked, finding_of

ID: Final = "io_queue"
RUNNING: Final = 3
ADMITTED: Final = 6
_SHOW: Final = "golive config show --origin"


@dataclass(frozen=True, slots=True)
class QueueEvidence:
    """The limits of an entrypoint's queue as they are in force, overrides and defaults included."""

    queue: str
    max_concurrency: int
    burst: int


def io_queue(evidence: QueueEvidence) -> Finding:
    """Judge; any other value blocks, also a smaller one: paper was run with these."""
    wanted = {"max_concurrency": RUNNING, "burst": ADMITTED}
    found = {"max_concurrency": evidence.max_concurrency, "burst": evidence.burst}
    objections = (
        blocked(f"io_queue.exchanges.{evidence.queue}.{name} is {found[name]} in force, and must be {value}", _SHOW)
        for name, value in wanted.items()
        if found[name] != value
    )
    return finding_of(ID, objections, measured={"queue": evidence.queue, **found}, threshold={**wanted})
