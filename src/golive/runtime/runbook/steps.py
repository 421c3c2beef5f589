"""The table of steps that runbooks name: `machine NAME` in a document is carried out by the function that stands here.

Its module is imported when the step is carried out: how far a runbook is can be told without any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .place import Done, Place, Step


@dataclass(frozen=True, slots=True)
class _Step:
    """A function of a module of this package."""

    module: str
    function: str

    def __call__(self, place: Place, stage: str, /) -> Done:
        found: Done = getattr(import_module(f".{self.module}", __package__), self.function)(place, stage)
        return found


MACHINE: Final[Mapping[str, Step]] = {
    "config_check": _Step("configuration_steps", "config_check"),
    "entrypoint": _Step("configuration_steps", "entrypoint"),
    "credentials": _Step("configuration_steps", "credentials"),
    "profiles": _Step("configuration_steps", "profiles"),
    "sandbox_mode": _Step("configuration_steps", "sandbox_mode"),
    "enforcement": _Step("configuration_steps", "enforcement"),
    "automatic_confirmation": _Step("configuration_steps", "automatic_confirmation"),
    "strategy_smoke": _Step("configuration_steps", "strategy_smoke"),
    "demo_session": _Step("session_steps", "demo_session"),
    "paper_session": _Step("session_steps", "paper_session"),
    "paper_report": _Step("session_steps", "paper_report"),
    "paper_warnings": _Step("session_steps", "paper_warnings"),
    "paper_health": _Step("session_steps", "paper_health"),
    "guardrails": _Step("session_steps", "guardrails"),
    "licence_verify": _Step("installation_steps", "licence_verify"),
    "mtls_verify": _Step("installation_steps", "mtls_verify"),
    "alert_selftest": _Step("installation_steps", "alert_selftest"),
    "key_rotation": _Step("installation_steps", "key_rotation"),
    "venue_check": _Step("installation_steps", "venue_check"),
    "audit_verify": _Step("installation_steps", "audit_verify"),
    "portfolio_evidence": _Step("recorded_steps", "portfolio_evidence"),
    "resilience_evidence": _Step("recorded_steps", "resilience_evidence"),
    "slo_report": _Step("installation_steps", "service_levels"),
    "live_bootstrap": _Step("window_steps", "live_bootstrap"),
    "live_observation": _Step("window_steps", "live_observation"),
    "window_archive": _Step("window_steps", "window_archive"),
    "migration_summary": _Step("window_steps", "migration_summary"),
    "transition_record": _Step("window_steps", "transition_record"),
    "dashboard_snapshot": _Step("window_steps", "dashboard_snapshot"),
}
