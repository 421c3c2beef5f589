"""From the configuration to who is told what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golive.alerts.routing import AlertPolicy, EnvironmentPolicy
from golive.alerts.throttle import ThrottleRules
from golive.config.configuration import Configuration
from golive.config.core_file import CoreFile


@dataclass(frozen=True, slots=True)
class AuditPlace:
    """Where the audit of alerts is, relative to home, and how long its files are kept."""

    directory: Path
    retention_days: int


def alert_policy(configuration: Configuration) -> AlertPolicy:
    """Return the policy of an installation: its channels, and for each entrypoint that of its environment."""
    core = configuration.core
    entrypoints = configuration.runtime.trading.entrypoints
    return AlertPolicy(
        channels={name: channel.critical for name, channel in core.alerts.channels.items()},
        environments={name: _environment(core, each.environment) for name, each in entrypoints.items()},
        acknowledge_timeout_seconds=core.alerts.acknowledge_timeout_seconds,
    )


def audit_place(configuration: Configuration) -> AuditPlace:
    """Return the one place that all environments share."""
    audit = next(iter(configuration.core.environments.values())).alert_audit
    return AuditPlace(Path(audit.directory), audit.retention_days)


def _environment(core: CoreFile, name: str) -> EnvironmentPolicy:
    environment = core.environments[name]
    throttle = environment.alert_throttle
    assert throttle.window_seconds is not None, "follows from the environment's type"
    rules = ThrottleRules(
        throttle.window_seconds,
        frozenset(throttle.exclude_severities),
        frozenset(throttle.exclude_categories),
        throttle.max_entries,
    )
    return EnvironmentPolicy(name, environment.alert_channels, rules)
