"""What a live start has wired, for those who trade and for those who look: real services or none, and one view of the market.

`logs/runtime/live_bootstrap.jsonl` names each part for either side; equal `instance_id` is the same object.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.execution import ExecutionService
from golive.execution.live.router import LiveExecutionRouter
from golive.market.intel import MarketIntelAggregator
from golive.model.clock import Clock, to_iso
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.storage.bootstrap_log import append_lines

LIVE: Final = "live"
ENVIRONMENT: Final = "bootstrap_environment"
FRONTEND: Final = "bootstrap_frontend_services"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The parts of one live start, and which of them are not well."""

    home: Path
    run_id: str
    clock: Clock
    execution_service: ExecutionService
    market_intel: MarketIntelAggregator
    risk_engine: object
    alert_router: object
    decision_log: object
    adapter: object
    auto_trader: object
    has_mtls: bool
    """whether the bundle of `execution.mtls` is there and none of its certificates has run out"""
    unwell: frozenset[str] = frozenset()
    """names of parts"""

    def parts(self) -> Iterator[tuple[str, object]]:
        yield from {
            "execution_service": self.execution_service,
            "market_intel": self.market_intel,
            "risk_engine": self.risk_engine,
            "alert_router": self.alert_router,
            "decision_log": self.decision_log,
            "adapter": self.adapter,
            "auto_trader": self.auto_trader,
        }.items()


@dataclass(frozen=True, slots=True)
class Services:
    """What one side is given."""

    environment: str
    execution_service: ExecutionService
    market_intel: MarketIntelAggregator
    wired: Wired


def bootstrap_environment(name: str, wired: Wired) -> Services:
    """Return the services of those who trade the live environment `name`; each part is on the record.

    Raises PrerequisiteMissing, after the event `paper_only_mode`, when execution is not the live router; JournalError when the
    log cannot be written.
    """
    return _bootstrapped(name, wired, ENVIRONMENT)


def bootstrap_frontend_services(environment: Services) -> Services:
    """Return the services of those who look at it: the same execution, and the same view of the market. Raises as above."""
    return _bootstrapped(environment.environment, environment.wired, FRONTEND)


def _bootstrapped(name: str, wired: Wired, origin: str) -> Services:
    at = to_iso(wired.clock.now())
    if not isinstance(wired.execution_service, LiveExecutionRouter):
        row: JsonObject = {"ts": at, "event": "paper_only_mode", "mode": "paper_only_mode", "origin": origin, "environment": name}
        append_lines(wired.home, [row])
        raise PrerequisiteMissing(
            f"{name}: execution is {type(wired.execution_service).__name__} and not LiveExecutionRouter: live is not wired"
        )
    append_lines(wired.home, [_row(wired, origin, at, part, made) for part, made in wired.parts()])
    return Services(name, wired.execution_service, wired.market_intel, wired)


def _row(wired: Wired, origin: str, at: str, part: str, made: object) -> JsonObject:
    return {
        "ts": at,
        "event": "component",
        "component": part,
        "class": type(made).__name__,
        "instance_id": f"{wired.run_id[:8]}-{id(made):x}",
        "mode": LIVE,
        "mtls": wired.has_mtls,
        "healthy": part not in wired.unwell,
        "origin": origin,
    }
