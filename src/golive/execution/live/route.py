"""Where an order may go: the configured routes, the first that matches wins, and what each venue trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """`core.yaml: execution.live_router.routes[]`. Empty `symbols` or `risk_profiles` take any."""

    name: str
    adapters: tuple[str, ...]
    symbols: frozenset[str] = frozenset()
    """`BTC/USDT`"""
    risk_profiles: frozenset[str] = frozenset()
    attempt_budget_ms: int = 3000
    """what one attempt may take, from leaving to the venue's answer"""
    allow_fallback: bool = False

    def takes(self, adapter: str, symbol: str, risk_profile: str) -> bool:
        """Say whether an order for this venue, symbol and risk profile goes this way."""
        return (
            adapter in self.adapters
            and (not self.symbols or symbol in self.symbols)
            and (not self.risk_profiles or risk_profile in self.risk_profiles)
        )

    def after(self, adapter: str) -> tuple[str, ...]:
        """Return the adapters that an order of `adapter` may fall back to, nearest first."""
        if not self.allow_fallback or adapter not in self.adapters:
            return ()
        return self.adapters[self.adapters.index(adapter) + 1 :]


@dataclass(frozen=True, slots=True)
class Venue:
    """One account that orders can go to: its adapter, the venue's label in metrics and ids, and what is traded there."""

    adapter: str
    label: str
    instruments: Mapping[InstrumentId, Instrument]

    def instrument_of(self, symbol: str) -> Instrument | None:
        """Return the instrument of a symbol such as `BTC/USDT`."""
        return next((each for key, each in self.instruments.items() if key.symbol == symbol), None)


def first_match(routes: Sequence[Route], adapter: str, symbol: str, risk_profile: str) -> Route | None:
    """Return the first route that takes the order; None when none does."""
    return next((route for route in routes if route.takes(adapter, symbol, risk_profile)), None)
