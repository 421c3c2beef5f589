"""The table of steps that runbooks name: `machine NAME` in a document is carried out by the function here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import configuration_steps, installation_steps, session_steps
from .place import Done, Place, Step, unknown


def _not_built(needs: str, next_command: str) -> Step:
    def step(place: Place, stage: str) -> Done:
        return unknown(f"not built yet: {needs}", next_command)

    return step


NOT_BUILT: Final[Mapping[str, Step]] = {
    "live_bootstrap": _not_built("the daemon's live start", "golive run --mode live --read-only"),
    "window_archive": _not_built("closing a live window", "golive audit verify --all"),
    "migration_summary": _not_built("closing a live window", "golive slo report"),
    "transition_record": _not_built("the gate from paper to live", "golive decisions"),
    "live_observation": _not_built("the gate, and its first 60 minutes of observation", "golive run --mode live --read-only"),
}
"""what this version does not have; named, so that no box is left out, and unknown, so that none is ticked"""

MACHINE: Final[Mapping[str, Step]] = {
    "config_check": configuration_steps.config_check,
    "entrypoint": configuration_steps.entrypoint,
    "credentials": configuration_steps.credentials,
    "profiles": configuration_steps.profiles,
    "sandbox_mode": configuration_steps.sandbox_mode,
    "enforcement": configuration_steps.enforcement,
    "automatic_confirmation": configuration_steps.automatic_confirmation,
    "strategy_smoke": configuration_steps.strategy_smoke,
    "demo_session": session_steps.demo_session,
    "paper_session": session_steps.paper_session,
    "paper_report": session_steps.paper_report,
    "paper_warnings": session_steps.paper_warnings,
    "paper_health": session_steps.paper_health,
    "guardrails": session_steps.guardrails,
    "licence_verify": installation_steps.licence_verify,
    "mtls_verify": installation_steps.mtls_verify,
    "alert_selftest": installation_steps.alert_selftest,
    "key_rotation": installation_steps.key_rotation,
    "venue_check": installation_steps.venue_check,
    "audit_verify": installation_steps.audit_verify,
    "portfolio_evidence": installation_steps.portfolio_evidence,
    "resilience_evidence": installation_steps.resilience_evidence,
    "slo_report": installation_steps.service_levels,
    **NOT_BUILT,
}
