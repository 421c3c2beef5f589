"""The report of a live session as a step of the decision log: a report that is changed or taken away is missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from golive.model.clock import Clock
from golive.model.json import JsonObject
from golive.storage.decision_step import record_step

from ..host_signer import host_signer
from ..identity import operator_identity

if TYPE_CHECKING:
    from ..facts import SessionFacts
    from ..plan import Plan

SESSION_REPORT: Final = "session_report"


def record_report(plan: Plan, facts: SessionFacts, report: JsonObject, clock: Clock) -> None:
    """Append the step of a session that looked at its market, with the file and what needed a new connection.

    Raises JournalError.
    """
    if plan.mode != "live" or facts.drive_began is None:
        return
    needed = sum(bool(each.reconnect_required) for each in facts.failover.values())
    record_step(
        plan.home, host_signer(plan.home, clock, operator_identity()), SESSION_REPORT, str(report["status"]), 0,
        [plan.home / str(report["report_json"])],
        facts={"entrypoint": plan.entrypoint.name, "run_id": facts.run_id, "reconnect_required": needed},
    )  # fmt: skip
