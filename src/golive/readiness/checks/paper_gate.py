"""`paper_gate`: enough paper, of the same trading, recent, and next to all of it fine."""

from __future__ import annotations

from collections.abc import Iterator

from golive.model.clock import DAY

from ..finding import Finding, Status
from ..objection import Objection, finding_of
from ..paper_record import PaperEvidence, PaperTime, objections_to, paper_time, same_trading

ID = "paper_gate"
_VERIFY = "golive audit verify --all"
_SHOW = "golive report open"


def paper_gate(evidence: PaperEvidence) -> Finding:
    """Judge the sessions of the paper entrypoint by what the live one would trade now."""
    time = paper_time(evidence)
    newest = time.counted[0].passed if time.counted else None
    age = None if newest is None else round((evidence.now - newest.finished_at) / DAY, 4)
    return finding_of(
        ID,
        _objections(evidence, time),
        measured={
            "ok_days": round(float(time.ok_days), 4),
            "ok_share": round(float(time.ok_share), 4) if time.counted else None,
            "sessions": len(time.counted),
            "failed_sessions": len(time.failed),
            "newest_age_days": age,
            "trading_digest": evidence.trading_digest,
        },
        threshold={
            "ok_days": float(evidence.wanted_days),
            "ok_share": float(evidence.min_ok_ratio),
            "newest_age_days": evidence.max_age_days,
        },
        evidence=evidence.files,
    )


def _objections(evidence: PaperEvidence, time: PaperTime) -> Iterator[Objection]:
    if evidence.fault:
        yield Objection(evidence.fault_status, evidence.fault, _VERIFY)
        return
    if not same_trading(evidence):
        yield _nothing(evidence)
        return
    if time.counted:
        yield from _of_what_counts(evidence, time)
    else:
        refused = _refused(evidence)
        first = f": {refused[-1][0]} {refused[-1][1]}" if refused else ""
        told = f"no paper session of {evidence.paper_entrypoint} counts{first}"
        yield Objection(Status.BLOCKED, told, evidence.run_command)
    yield from _of_the_last(evidence)
    for report in evidence.reports:
        if report.fault:
            yield Objection(Status.BLOCKED, f"{report.session}: {report.fault}", evidence.run_command)


def _nothing(evidence: PaperEvidence) -> Objection:
    name = evidence.paper_entrypoint
    if not evidence.sessions:
        return Objection(Status.UNKNOWN, f"no paper session of {name} is on the record", evidence.run_command)
    told = (
        f"{len(evidence.sessions)} paper sessions of {name} traded with another strategy, instrument, risk profile or code than "
        f"the live entrypoint would (trading digest {evidence.trading_digest[:12]}…)"
    )
    return Objection(Status.BLOCKED, told, evidence.run_command)


def _of_what_counts(evidence: PaperEvidence, time: PaperTime) -> Iterator[Objection]:
    if time.ok_days < evidence.wanted_days:
        refused = _refused(evidence)
        left_out = f"; {len({name for name, _ in refused})} sessions do not count, the newest {refused[-1][1]}" if refused else ""
        told = f"paper was fine for {time.ok_days:.4f} days at speed 1, wanted are {evidence.wanted_days}{left_out}"
        yield Objection(Status.BLOCKED, told, evidence.run_command)
    if time.ok_share < evidence.min_ok_ratio:
        told = (
            f"{time.ok_share:.4f} of the paper time was fine, wanted is {evidence.min_ok_ratio}: {len(time.failed)} sessions did "
            f"not pass, the newest {time.failed[-1].name}"
        )
        yield Objection(Status.BLOCKED, told, _SHOW)
    age = evidence.now - max(each.ended_at for each in time.counted)
    if age > evidence.max_age_days * DAY:
        told = f"the newest paper that counts ended {age / DAY:.1f} days ago, allowed are {evidence.max_age_days}"
        yield Objection(Status.UNKNOWN, told, evidence.run_command)


def _of_the_last(evidence: PaperEvidence) -> Iterator[Objection]:
    mine = same_trading(evidence)
    last = max(mine, key=lambda each: each.ended_at)
    if last.passed is None:
        yield Objection(Status.BLOCKED, f"the last paper session, {last.name}, did not pass", _SHOW)
    for session in mine:
        if session.ended_at > evidence.now:
            told = f"{session.name} is dated ahead of this clock: set the clock, or run paper again"
            yield Objection(Status.UNKNOWN, told, evidence.run_command)


def _refused(evidence: PaperEvidence) -> list[tuple[str, str]]:
    """Return (session, why) of those that passed and do not count, oldest first."""
    mine = same_trading(evidence)
    return [(each.name, why) for each in mine if each.passed is not None for why in objections_to(evidence, each.passed)]
