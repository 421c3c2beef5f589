"""`limits_vs_paper`: the most that paper used of each limit lies within what the live entrypoint is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.model.money import format_decimal

from ..finding import Finding, Status
from ..objection import Objection, finding_of
from ..paper_record import PaperEvidence, paper_time

ID: Final = "limits_vs_paper"
WATCHED: Final = (
    "max_daily_loss_pct", "weekly_loss_pct", "hard_drawdown_pct", "max_position_pct", "max_open_positions",
    "portfolio_exposure_pct",
)  # fmt: skip
"""limits whose most a session's report tells; the others are judged order by order"""
_STATUS: Final = "golive risk status"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsEvidence:
    """The limits that live would trade under, and what paper used of them."""

    profile: str
    limits: Mapping[str, Decimal]
    """those of WATCHED that are set"""
    paper: PaperEvidence


def limits_vs_paper(evidence: LimitsEvidence) -> Finding:
    """Judge the reports of the sessions that count for `paper_gate`."""
    most: dict[str, Decimal] = {}
    for report in evidence.paper.reports:
        for name, used in report.used.items():
            most[name] = max(used, most.get(name, used))
    return finding_of(
        ID,
        _objections(evidence, most),
        measured={name: format_decimal(most[name]) for name in sorted(evidence.limits.keys() & most.keys())},
        threshold={name: format_decimal(limit) for name, limit in sorted(evidence.limits.items())},
        evidence=evidence.paper.files,
    )


def _objections(evidence: LimitsEvidence, most: Mapping[str, Decimal]) -> Iterator[Objection]:
    paper = evidence.paper
    if paper.fault:
        yield Objection(paper.fault_status, paper.fault, "golive audit verify --all")
        return
    if not evidence.limits:
        yield Objection(
            Status.BLOCKED, f"risk profile {evidence.profile} sets none of {', '.join(WATCHED)}", "golive config check"
        )
    if not paper_time(paper).counted or not paper.reports:
        yield Objection(
            Status.UNKNOWN, f"no paper session of {paper.paper_entrypoint} counts, so none shows what it used", paper.run_command
        )
        return
    for report in paper.reports:
        if report.fault:
            yield Objection(Status.BLOCKED, f"{report.session}: {report.fault}", paper.run_command)
    for name, limit in sorted(evidence.limits.items()):
        if (used := most.get(name)) is None:
            yield Objection(Status.UNKNOWN, f"no report of paper tells what was used of {name}", paper.run_command)
        elif used > limit:
            yield Objection(
                Status.BLOCKED, f"paper used {format_decimal(used)} of {name}, live allows {format_decimal(limit)}", _STATUS
            )
