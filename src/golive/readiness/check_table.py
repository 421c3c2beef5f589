"""The checks of `live_readiness_checklist` by id (CONTRACT "Readiness and gate"): who answers for each, what it looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.config.rbac import SignOff


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One row of the table."""

    owners: tuple[SignOff, ...]
    looks_at: str
    next_command: str
    """what shows the state of it to a person"""
    needs: str = ""
    """a part of the program that has to be there first; '' where the check alone is missing"""


_CONSOLE: Final = "the operator console"
_LIVE_LIST: Final = "golive runbook show LIVE_EXECUTION_CHECKLIST"

CHECKS: Final[Mapping[str, CheckRow]] = {
    "kyc_aml_signoff": CheckRow(
        (SignOff.COMPLIANCE, SignOff.SECURITY),
        "sign-offs of the entrypoint, equal to the compliance register",
        "golive operator list",
    ),
    "live_checklist": CheckRow(
        (SignOff.COMPLIANCE,), "every box of PAPER_TO_LIVE and LIVE_EXECUTION", "golive runbook run PAPER_TO_LIVE_RUNBOOK"
    ),
    "risk_limits": CheckRow((SignOff.RISK,), "four limits above zero, in force and signed", "golive risk status"),
    "limits_vs_paper": CheckRow((SignOff.RISK,), "the most paper showed, within the configured limits", "golive risk status"),
    "named_tests": CheckRow(
        (SignOff.RUNTIME,), "signed results of the named tests at this code version", "golive named-tests run"
    ),
    "alerting": CheckRow((SignOff.SRE,), "a self-test of at most 24 hours", "golive alerts selftest --severity critical"),
    "licenses": CheckRow((SignOff.OEM, SignOff.SECURITY), "a valid licence with live in it", "golive provision --verify"),
    "data_completeness": CheckRow((SignOff.DATA,), "stored candles and the risk snapshot", "golive data verify"),
    "ai_models": CheckRow(
        (SignOff.AI, SignOff.COMPLIANCE),
        "the newest reports of models",
        "golive config show --origin",
    ),
    "config_freeze": CheckRow((SignOff.RUNTIME,), "the running digests are the frozen ones", "golive freeze list"),
    "secrets_rotation": CheckRow((SignOff.SECURITY,), "keys rotated within 90 days, with a probe", "golive secrets rotation"),
    "ip_allowlist": CheckRow((SignOff.SECURITY,), "the list of addresses, equal to its digest", "golive secrets rotation"),
    "venue_permissions": CheckRow((SignOff.SECURITY,), "exactly read and trade, withdrawal off", "golive venue list"),
    "mtls": CheckRow((SignOff.SECURITY,), "a sound bundle of certificates", "golive mtls verify"),
    "io_queue": CheckRow((SignOff.RUNTIME,), "queues of 3 running and 6 admitted", "golive config show --origin"),
    "thresholds": CheckRow((SignOff.RUNTIME,), "every profile with its thresholds", "golive config show --origin"),
    "paper_gate": CheckRow((SignOff.RISK,), "windows of paper at speed 1 over its days", "golive report guardrails"),
    "paper_labs": CheckRow((SignOff.RISK,), "a report of at most 7 days, attached", _LIVE_LIST, "Paper Labs"),
    "router": CheckRow((SignOff.RUNTIME,), "routes for the universe, alert rules, nobody to reconnect", "golive metrics rules"),
    "reconciliation": CheckRow((SignOff.RUNTIME,), "orders, fills and balances agree with the venue", "golive reconcile"),
    "decision_log": CheckRow((SignOff.COMPLIANCE,), "a sound log with the required steps", "golive audit verify --all"),
    "incident_comms": CheckRow((SignOff.ONCALL,), "an announcement that was sent and confirmed", "golive alerts list"),
    "ui_prelive": CheckRow((SignOff.UI,), "the console's measured start", _LIVE_LIST, _CONSOLE),
    "cloud": CheckRow((SignOff.RUNTIME,), "handshake and events of the cloud service", _LIVE_LIST, "the cloud service"),
}


def is_asked(id_: str, *, is_rehearsal: bool) -> bool:
    """Say whether the gate asks for this check: production for every one, a rehearsal for those whose part is there."""
    return not (is_rehearsal and CHECKS[id_].needs)
