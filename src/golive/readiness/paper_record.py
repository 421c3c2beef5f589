"""What paper has proved about a live entrypoint: its sessions, those that count, and the time they span.

A session counts for as long as its signed stage record says it was fine. One that could have passed and left no such record has
failed, and the time it took counts against. What counts is the newest that adds up to the days that are asked for: older
failures are forgotten once as much paper has passed since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from golive.model.clock import DAY
from golive.model.verdict import EvidenceClass, KeyClass

from .finding import Evidence, Status

FLOOR_DAYS: Final = Decimal(7)
"""of wall clock; production never takes less, whatever the configuration says"""
SPEED: Final = "1"
_REFUSED: Final = (EvidenceClass.EMBEDDED, EvidenceClass.CUSTOM)
"""classes of evidence that prove nothing about a real venue"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedPaper:
    """What the stage record of a paper session says."""

    finished_at: int
    """ns UTC"""
    ok_ns: int
    """how long it was fine, before `finished_at`"""
    speed: str
    evidence_class: EvidenceClass
    key_class: KeyClass
    report: str
    """relative to home"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSession:
    """One paper session that could trade and was to count."""

    name: str
    started_at: int
    """ns UTC"""
    ended_at: int
    trading_digest: str
    passed: PassedPaper | None
    """None: it left no stage record"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperReport:
    """The report of a session that counts, as it lies there now."""

    session: str
    fault: str = ""
    """why it is not what was signed"""
    used: Mapping[str, Decimal] = field(default_factory=dict)
    """the most that was used of each limit that was watched"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperEvidence:
    """All that says what paper has proved."""

    paper_entrypoint: str
    trading_digest: str
    """of the live entrypoint as it would trade now"""
    is_rehearsal: bool
    sessions: tuple[PaperSession, ...]
    """of every trading digest, oldest first; without one that is running"""
    reports: tuple[PaperReport, ...] = ()
    """of those that count"""
    fault: str = ""
    """why the records cannot be believed"""
    fault_status: Status = Status.UNKNOWN
    paper_days: Decimal
    max_age_days: int
    min_ok_ratio: Decimal
    window_ns: int
    """length of a reference window: a failed session counts as one at least"""
    files: tuple[Evidence, ...] = ()
    now: int
    """ns UTC"""

    @property
    def wanted_days(self) -> Decimal:
        return self.paper_days if self.is_rehearsal else max(self.paper_days, FLOOR_DAYS)

    @property
    def run_command(self) -> str:
        speed = " --speed 1 --max-runtime 0" if self.wanted_days else ""
        return f"golive run --mode paper --entrypoint {self.paper_entrypoint}{speed}"


@dataclass(frozen=True, slots=True)
class PaperTime:
    """The sessions that count and what they amount to."""

    counted: tuple[PaperSession, ...]
    """newest first"""
    failed: tuple[PaperSession, ...]
    ok_ns: int
    failed_ns: int

    @property
    def ok_days(self) -> Decimal:
        return Decimal(self.ok_ns) / DAY

    @property
    def ok_share(self) -> Decimal:
        """Share of the time that was fine; 1 where nothing failed."""
        if not self.failed_ns:
            return Decimal(1)
        return Decimal(self.ok_ns) / (self.ok_ns + self.failed_ns)


def same_trading(evidence: PaperEvidence) -> tuple[PaperSession, ...]:
    """Return the sessions that traded what the live entrypoint would trade, oldest first."""
    return tuple(each for each in evidence.sessions if each.trading_digest == evidence.trading_digest)


def paper_time(evidence: PaperEvidence) -> PaperTime:
    """Return what counts: the newest passed sessions that add up to the days asked for, and what failed meanwhile or since."""
    mine = same_trading(evidence)
    counted: list[PaperSession] = []
    ok_ns, edge = 0, evidence.now
    for session in sorted(mine, key=lambda each: each.ended_at, reverse=True):
        passed = session.passed
        if passed is None or any(objections_to(evidence, passed)):
            continue
        begin = passed.finished_at - passed.ok_ns
        ok_ns += max(0, min(passed.finished_at, edge) - begin) if passed.speed == SPEED else 0
        edge = min(edge, begin)  # what two sessions share counts once
        counted.append(session)
        if ok_ns >= evidence.wanted_days * DAY:
            break
    since = counted[-1].started_at if counted else 0
    failed = tuple(each for each in mine if each.passed is None and each.ended_at >= since)
    lost = sum(max(evidence.window_ns, each.ended_at - each.started_at) for each in failed)
    return PaperTime(tuple(counted), failed, ok_ns, lost)


def objections_to(evidence: PaperEvidence, passed: PassedPaper) -> Iterator[str]:
    """Yield why a session that passed does not count here."""
    if passed.finished_at > evidence.now:
        yield "is dated ahead of this clock"
    if passed.speed != SPEED and (evidence.wanted_days or not evidence.is_rehearsal):
        yield f"ran at speed {passed.speed}; only speed 1 counts as time"
    if evidence.is_rehearsal:
        return
    if passed.evidence_class in _REFUSED:
        yield f"is evidence of class {passed.evidence_class}, which proves nothing about a real venue"
    if passed.key_class is KeyClass.DEVELOPMENT:
        yield "was signed with development keys"
