"""Where orders of an entrypoint may go, by the configuration; nothing that could send one is reached from here."""

from __future__ import annotations

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.execution.live.route import Route

DEFAULT_ROUTE = "default"
"""the route of a configuration that names none: the entrypoint's own venue takes everything"""


def routes_of(configuration: Configuration, entrypoint: ResolvedEntrypoint) -> tuple[Route, ...]:
    """Return the configured routes; where there are none, one that takes everything to the entrypoint's own venue."""
    configured = configuration.core.execution.live_router.routes
    if not configured:
        return (Route(name=DEFAULT_ROUTE, adapters=(entrypoint.adapter,)),)
    return tuple(
        Route(
            name=each.name,
            adapters=tuple(each.adapters),
            symbols=frozenset(each.symbols),
            risk_profiles=frozenset(each.risk_profiles),
            attempt_budget_ms=each.attempt_budget_ms,
            allow_fallback=each.allow_fallback,
        )
        for each in configured
    )


def accounts_of(configuration: Configuration, entrypoint: ResolvedEntrypoint) -> tuple[ResolvedEntrypoint, ...]:
    """Return the entrypoint and one for each other live account that its routes lead to; nothing of it is judged."""
    everyone = [configuration.resolve(name) for name in sorted(configuration.runtime.trading.entrypoints)]
    wanted = {adapter for route in routes_of(configuration, entrypoint) for adapter in route.after(entrypoint.adapter)}
    others = [each for each in everyone if each.adapter in wanted and each.environment_type == "live"]
    found = [entrypoint, *(others if entrypoint.environment_type == "live" else [])]
    return tuple({(each.adapter, each.keychain_key): each for each in reversed(found)}.values())[::-1]
