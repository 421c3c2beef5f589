"""The table of steps that runbooks name: `machine NAME` in a document is carried out by the function here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from . import configuration_steps, installation_steps, recorded_steps, session_steps, window_steps
from .place import Step

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
    "portfolio_evidence": recorded_steps.portfolio_evidence,
    "resilience_evidence": recorded_steps.resilience_evidence,
    "slo_report": installation_steps.service_levels,
    "live_bootstrap": window_steps.live_bootstrap,
    "live_observation": window_steps.live_observation,
    "window_archive": window_steps.window_archive,
    "migration_summary": window_steps.migration_summary,
    "transition_record": window_steps.transition_record,
    "dashboard_snapshot": window_steps.dashboard_snapshot,
}
