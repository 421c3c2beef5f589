"""The bar model: orders of ours against recorded candles, without a look into the bar that was decided on.

An order decided on bar t meets the market at the open of bar t+1. There a market order pays `slippage_bps`; a limit order that
is marketable at the open fills there as taker, never worse than its limit; one that rested before and finds the open beyond its
limit fills at the open as maker (a gap); otherwise a resting limit fills as maker at its own price once the bar trades
*beyond* it. All our fills of one bar together take at most `participation` of its volume; a market order's rest is
ended, a limit order's rest stays. What the model cannot know: the path inside the bar and the depth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from golive.model.market import Candle, MarketEvent
from golive.model.order import Liquidity, NewOrder, OrderType, Side, TimeInForce

from .model import Effect, Ended, EndReason, Match, Resting

DEFAULT_SLIPPAGE_BPS = 5
DEFAULT_PARTICIPATION = (1, 10)


class BarModel:
    """Fills of one instrument from closed candles."""

    name = "bar"

    def __init__(
        self, *, slippage_bps: int = DEFAULT_SLIPPAGE_BPS, participation: tuple[int, int] = DEFAULT_PARTICIPATION
    ) -> None:
        self._slippage_bps = slippage_bps
        self._participation = participation
        self._resting: list[Resting] = []
        self._last: Candle | None = None

    def submit(self, order: NewOrder, ts: int) -> Sequence[Effect]:
        self._resting.append(Resting(order, order.quantity, ts))
        return ()

    def cancel(self, order: NewOrder) -> bool:
        before = len(self._resting)
        self._resting = [r for r in self._resting if r.order.client_order_id != order.client_order_id]
        return len(self._resting) < before

    def amend(self, order: NewOrder, ts: int) -> Sequence[Effect] | None:
        found = next((r for r in self._resting if r.order.client_order_id == order.client_order_id), None)
        if found is None:
            return None
        remaining = order.quantity - (found.order.quantity - found.remaining)
        self._resting.remove(found)
        if remaining <= 0:
            return ()
        if order.price == found.order.price and order.quantity <= found.order.quantity:
            self._resting.append(Resting(order, remaining, found.arrived_at, found.is_new))
            return ()
        return self.submit(replace(order, quantity=remaining), ts)

    def on_time(self, ts: int) -> Sequence[Effect]:
        over = [r for r in self._resting if r.order.expires_at is not None and r.order.expires_at <= ts]
        self._resting = [r for r in self._resting if r not in over]
        return [Ended(r.order, EndReason.EXPIRED) for r in over]

    def on_market(self, event: MarketEvent) -> Sequence[Effect]:
        if not isinstance(event, Candle):
            return ()
        self._last = event
        if not self._resting:
            return ()
        share, whole = self._participation
        budget = event.volume * share // whole
        out: list[Effect] = []
        for resting in self._resting:
            if resting.arrived_at > event.opened_at:
                continue  # decided inside or after this bar; it may act from the next open on
            budget -= self._meet(resting, event, budget, out)
        self._resting = [r for r in self._resting if r.remaining]
        return out

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the last close with slippage against us, or None before the first bar."""
        return None if self._last is None else self._slipped(self._last.close, order.side)

    def _meet(self, resting: Resting, bar: Candle, budget: int, out: list[Effect]) -> int:
        """Let one order meet one bar; return the lots it took from the bar's budget."""
        order = resting.order
        price, liquidity = self._price(resting, bar)
        resting.is_new = False
        part = 0
        if price is not None:
            part = min(resting.remaining, max(budget, 0))
            if order.time_in_force is TimeInForce.FOK and part < resting.remaining:
                part = 0
            if part:
                out.append(Match(order, price, part, liquidity))
                resting.remaining -= part
        ends_now = order.type is OrderType.MARKET or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)
        refused = order.time_in_force is TimeInForce.POST_ONLY and liquidity is Liquidity.TAKER and price is None
        if resting.remaining and (ends_now or refused):
            out.append(Ended(order, EndReason.POST_ONLY_WOULD_CROSS if refused else EndReason.NO_LIQUIDITY))
            resting.remaining = 0
        return part

    def _price(self, resting: Resting, bar: Candle) -> tuple[int | None, Liquidity]:
        """Return where the order fills in this bar (None: nowhere) and how."""
        order = resting.order
        slipped = self._slipped(bar.open, order.side)
        if order.price is None:
            return slipped, Liquidity.TAKER
        sign = order.side.sign
        if (order.price - bar.open) * sign >= 0:
            if not resting.is_new:
                return (bar.open if bar.open != order.price or self._beyond(order, bar) else None), Liquidity.MAKER
            if order.time_in_force is TimeInForce.POST_ONLY:
                return None, Liquidity.TAKER
            return (min(slipped, order.price) if sign > 0 else max(slipped, order.price)), Liquidity.TAKER
        return (order.price if self._beyond(order, bar) else None), Liquidity.MAKER

    @staticmethod
    def _beyond(order: NewOrder, bar: Candle) -> bool:
        assert order.price is not None
        return bar.low < order.price if order.side is Side.BUY else bar.high > order.price

    def _slipped(self, ticks: int, side: Side) -> int:
        slip = -(-ticks * self._slippage_bps // 10_000)
        return ticks + slip if side is Side.BUY else max(1, ticks - slip)
