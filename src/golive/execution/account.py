"""The account at the paper venue: what open orders hold back, what may be paid, and how a match becomes a fill.

What an order holds follows from its price and what is left of it alone, so the sum over the open orders is always exactly what
the account has reserved. A sell holds base. A buy holds its notional at `held_at` and, where the venue charges quote, the larger
of its two fees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golive.matching.fee import FeeSchedule
from golive.matching.model import MarketModel, Match
from golive.model.ids import FillId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import LIMIT
from golive.model.order import Fill, Liquidity, NewOrder, Side
from golive.portfolio import Ledger


class Terms:
    """What an order in one instrument costs at this venue: grid and fees in units of the ledger."""

    __slots__ = (
        "_buyer_pays_in_quote",
        "_dearer",
        "_fees",
        "_quote_factor",
        "_quote_unit",
        "base_per_lot",
        "instrument",
        "quote_per_tick_lot",
    )

    def __init__(self, instrument: Instrument, ledger: Ledger, fees: FeeSchedule) -> None:
        self.instrument = instrument
        self.quote_per_tick_lot = ledger.notional(instrument.id, 1, 1)
        self.base_per_lot = ledger.base_units(instrument.id, 1)
        self._fees = fees
        self._dearer = fees.dearer
        self._quote_factor = self.quote_per_tick_lot // instrument.notional(1, 1)
        self._quote_unit = 10.0 ** -ledger.scales[instrument.quote]
        self._buyer_pays_in_quote = fees.fee(instrument, Side.BUY, 1, 1, Liquidity.TAKER)[1] == instrument.quote

    def asset_given(self, side: Side) -> str:
        """Return the asset an order pays with."""
        return self.instrument.base if side is Side.SELL else self.instrument.quote

    def need(self, side: Side, price: int, quantity: int) -> int:
        """Return what `quantity` lots hold, in ledger units; beyond the exact range when nobody could pay it."""
        if side is Side.SELL:
            return quantity * self.base_per_lot
        cost = price * quantity * self.quote_per_tick_lot
        if not self._buyer_pays_in_quote or cost >= LIMIT:
            return cost
        charged = self._fees.fee(self.instrument, side, price, quantity, self._dearer)[0]
        return cost + max(charged, 0) * self._quote_factor

    def fee(self, side: Side, price: int, quantity: int, liquidity: Liquidity) -> tuple[int, str]:
        return self._fees.fee(self.instrument, side, price, quantity, liquidity)

    def value(self, price: int, quantity: int) -> float:
        """Return a notional in quote, for statistics."""
        return price * quantity * self.quote_per_tick_lot * self._quote_unit


@dataclass(slots=True)
class Working:
    """An order that the venue has; `remaining` in lots, `held_at` in ticks (0: priced by nobody, holds nothing)."""

    order: NewOrder
    terms: Terms
    model: MarketModel
    asset: str
    remaining: int
    held_at: int
    reserved: int = 0
    is_awake: bool = False
    """it slept and was triggered before a restart: the market has it as the limit order it became"""

    @property
    def filled(self) -> int:
        return self.order.quantity - self.remaining


class PaperAccount:
    """A ledger with the reservations of open orders; `label` names the venue in fill ids."""

    def __init__(self, ledger: Ledger, fees: FeeSchedule, label: str) -> None:
        self._ledger = ledger
        self._label = label
        self._fills = 0
        self.terms: Mapping[InstrumentId, Terms] = {
            key: Terms(instrument, ledger, fees) for key, instrument in ledger.instruments.items()
        }

    def free(self, asset: str) -> int:
        return self._ledger.balances[asset].free

    def hold(self, working: Working) -> bool:
        """Reserve what the rest of the order needs, no more and no less; False, with nothing changed, when it is not there."""
        more = working.terms.need(working.order.side, working.held_at, working.remaining) - working.reserved
        if more > self.free(working.asset):
            return False
        if more:
            self.reserve(working, more)
        return True

    def reserve(self, working: Working, units: int) -> None:
        """Set `units` more aside for an order; they are known to be free."""
        self._ledger.reserve(working.asset, units)
        working.reserved += units

    def release(self, working: Working) -> None:
        if working.reserved:
            self._ledger.reserve(working.asset, -working.reserved)
            working.reserved = 0

    def affordable(self, working: Working, match: Match) -> int:
        """Return how many lots of the match can be paid for; an order without a limit price may turn out dearer than it held."""
        quantity, side = match.quantity, working.order.side
        if side is Side.SELL:
            return quantity
        if working.reserved and match.price <= working.held_at:
            return quantity  # no dearer than what it holds
        need = working.terms.need
        cost, funds = need(side, match.price, quantity), self.free(working.asset) + working.reserved
        if cost <= funds:
            return quantity
        quantity = funds * quantity // cost
        while quantity and need(side, match.price, quantity) > funds:
            quantity -= 1
        return quantity

    def book(self, working: Working, match: Match, quantity: int, ts: int) -> Fill:
        """Book `quantity` lots of the match; return the fill. The order holds nothing afterwards, see `hold`."""
        order = working.order
        self._fills += 1
        fee, fee_asset = working.terms.fee(order.side, match.price, quantity, match.liquidity)
        fill = Fill(
            FillId(self._label, f"paper-{self._fills}"), order.client_order_id, order.instrument, ts, order.side,
            match.price, quantity, fee, fee_asset, match.liquidity,
        )  # fmt: skip
        working.remaining -= quantity
        self.release(working)
        self._ledger.apply(fill)
        return fill

    def rebook(self, fill: Fill) -> None:
        """Book a fill of before a restart again."""
        self._fills += 1
        self._ledger.apply(fill)
