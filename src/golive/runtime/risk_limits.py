"""From the limits of the configuration to those that risk enforces: the same names, the same numbers."""

from __future__ import annotations

from golive.config.resolved import ResolvedEntrypoint
from golive.config.risk_section import RiskProfile as Section
from golive.risk import LIMITS, RiskProfile


def risk_profile(name: str, limits: Section) -> RiskProfile:
    """Return the profile `name` of core.yaml. ConfigError for a limit that cannot be one."""
    values = {limit: getattr(limits, limit) for limit in LIMITS}
    values["max_order_quantity"] = dict(limits.max_order_quantity)  # the workers of a sweep are handed the profile
    return RiskProfile(name, **values)


def risk_profile_of(entrypoint: ResolvedEntrypoint) -> RiskProfile:
    """Return the limits that an entrypoint trades under."""
    return risk_profile(entrypoint.risk_profile, entrypoint.risk)
