"""What the exchange metrics of a run judge: every paper entrypoint by its own profile, in windows common to all."""

from __future__ import annotations

from golive.metrics.recorder import Samples
from golive.model.clock import SECOND
from golive.observability.exchange_metrics import MonitoredProfile
from golive.observability.windows import ReferenceWindows

from .plan import Plan


def reference_windows(plan: Plan, samples: Samples) -> ReferenceWindows:
    """Return the windows of a run, not started yet. An entrypoint of another environment type is not monitored."""
    profiles = [
        MonitoredProfile(
            entrypoint=each.name,
            environment=each.environment,
            exchange=each.exchange,
            thresholds=each.thresholds,
            metric_names=each.metric_names,
        )
        for each in (plan.entrypoint, *plan.others)
        if each.environment_type == "paper"
    ]
    chosen = plan.entrypoint
    return ReferenceWindows(profiles, samples, chosen.reference_window_seconds * SECOND, int(chosen.stale_after_seconds * SECOND))
