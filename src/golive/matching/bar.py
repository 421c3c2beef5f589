"""The bar model: our orders against recorded candles, without a look into the bar that was decided on.

An order acts from the first open that is not before its arrival. A bar is met in two steps.

*The open.* Sleeping orders whose trigger lies at the open or before it fire there. A market order, and a limit order that the
open makes marketable, takes at the open and pays slippage, the limit order never beyond its limit. A limit order that
rested before and finds the open beyond its limit fills at the open as maker (a gap).

*The rest of the bar.* Its path is unknown, so stops come first: each that the bar can reach fires at its trigger and takes
there with slippage. Then come, the nearest to the open first, take-profits, which do the same, and resting limit orders,
which fill as maker at their own price once the bar trades *beyond* it. What fires inside a bar and does not take at once
rests from the next bar on, and so does a stop-limit order whose limit slippage would break.

All our fills of one bar together take at most `participation` of its volume. The rest of a market order ends, that of a limit
order stays: as taker as long as the opens make it marketable. What the model cannot know: the path inside the bar, the
depth, the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golive.model.ids import ClientOrderId
from golive.model.market import Candle, MarketEvent
from golive.model.order import Liquidity, NewOrder, Side, TimeInForce

from .model import Effect, Ended, EndReason, Match, Triggered
from .slippage import ConstantSlippage, Slippage
from .trigger import Trigger, firing_order

DEFAULT_SLIPPAGE = ConstantSlippage()
DEFAULT_PARTICIPATION = (1, 10)

_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


@dataclass(slots=True)
class _Working:
    """An order in the model; `number` counts arrivals, `trigger` is None once it is awake."""

    order: NewOrder
    remaining: int
    arrived_at: int
    number: int
    trigger: Trigger | None
    rests: bool = False
    """an open has found it not marketable: from now on it is the one that waits"""


class BarModel:
    """Fills of one instrument from closed candles; `participation` is a fraction of a bar's volume, whole lots at most."""

    name = "bar"

    def __init__(self, *, slippage: Slippage = DEFAULT_SLIPPAGE, participation: tuple[int, int] = DEFAULT_PARTICIPATION) -> None:
        self._slippage = slippage
        self._participation = participation
        self._working: dict[ClientOrderId, _Working] = {}
        self._last: Candle | None = None
        self._arrivals = 0

    def submit(self, order: NewOrder, ts: int) -> Sequence[Effect]:
        self._add(order, order.quantity, ts, Trigger(order) if order.type.sleeps else None)
        return ()

    def restore(self, order: NewOrder, remaining: int, ts: int) -> None:
        self._add(order, remaining, ts, Trigger(order) if order.type.sleeps else None)
        if self._last is not None and ts <= self._last.opened_at and not is_marketable(order, self._last.open):
            self._working[order.client_order_id].rests = True

    def amend(self, order: NewOrder, ts: int) -> Sequence[Effect] | None:
        working = self._working.get(order.client_order_id)
        if working is None:
            return None
        remaining = order.quantity - (working.order.quantity - working.remaining)
        if remaining <= 0:
            del self._working[order.client_order_id]
        elif working.trigger is not None:
            working.trigger = Trigger(order, working.trigger.best)
            working.order, working.remaining = order, remaining
        elif order.price == working.order.price and remaining <= working.remaining:
            working.order, working.remaining = order, remaining
        else:
            del self._working[order.client_order_id]
            self._add(order, remaining, ts, None)
        return ()

    def cancel(self, order: NewOrder) -> bool:
        return self._working.pop(order.client_order_id, None) is not None

    def on_time(self, ts: int) -> list[Effect]:
        over = [w.order for w in self._working.values() if w.order.expires_at is not None and w.order.expires_at <= ts]
        for order in over:
            del self._working[order.client_order_id]
        return [Ended(order, EndReason.EXPIRED) for order in over]

    def on_market(self, event: MarketEvent) -> Sequence[Effect]:
        """Let our orders meet a closed bar. One that expires before the bar is complete has expired before it is met."""
        if not isinstance(event, Candle):
            return self.on_time(event.ts)
        self._last = event
        if not self._working:
            return ()
        opened_at = event.opened_at
        meeting = _Meeting(event, self._slippage, self._participation, self.on_time(event.closed_at))
        meeting.run([w for w in self._working.values() if w.arrived_at <= opened_at])
        if meeting.effects:
            self._working = {name: w for name, w in self._working.items() if w.remaining}
        return meeting.effects

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the last close with slippage against us, or None before the first bar."""
        return None if self._last is None else self._slippage.worsened(self._last.close, order.side, self._arrivals + 1)

    def _add(self, order: NewOrder, remaining: int, ts: int, trigger: Trigger | None) -> None:
        self._arrivals += 1
        self._working[order.client_order_id] = _Working(order, remaining, ts, self._arrivals, trigger)


def is_marketable(order: NewOrder, price: int) -> bool:
    """Return whether an order that is awake would take at `price`."""
    return order.price is None or (order.price - price) * order.side.sign >= 0


class _Meeting:
    """Our orders meet one bar; what happens gathers in `effects`, after what is there already."""

    __slots__ = ("_bar", "_budget", "_slippage", "effects")

    def __init__(self, bar: Candle, slippage: Slippage, participation: tuple[int, int], effects: list[Effect]) -> None:
        share, whole = participation
        self.effects = effects
        self._bar = bar
        self._slippage = slippage
        self._budget = bar.volume * share // whole

    def run(self, working: Sequence[_Working]) -> None:
        self._open([w for w in working if w.trigger is None], [w for w in working if w.trigger is not None])
        if left := [w for w in working if w.remaining]:
            self._inside(left)

    def _open(self, awake: Sequence[_Working], asleep: Sequence[_Working]) -> None:
        price, fired = self._bar.open, []
        for working in asleep if self._bar.volume else ():
            assert working.trigger is not None
            working.trigger.follow(price)
            if working.trigger.is_reached(price):
                assert working.trigger.level is not None
                passed = abs(price - working.trigger.level)
                fired.append((firing_order(working.trigger, -passed, working.number), working))
        for _, working in sorted(fired, key=lambda row: row[0]):
            self._fire(working, price)
        for working in awake:
            self._meet_open(working, price)

    def _meet_open(self, working: _Working, price: int) -> None:
        order = working.order
        if not is_marketable(order, price):
            working.rests = True
            if order.time_in_force in _AT_ONCE:
                self._end(working)
        elif working.rests:
            if order.price != price:
                self._fill(working, price, Liquidity.MAKER)
        elif order.time_in_force is TimeInForce.POST_ONLY:
            self._end(working, EndReason.POST_ONLY_WOULD_CROSS)
        else:
            slipped = self._slipped(working, price)
            within = slipped if is_marketable(order, slipped) else order.price
            assert within is not None
            self._take(working, within)

    def _inside(self, working: Sequence[_Working]) -> None:
        low, high = self._bar.low, self._bar.high
        reached = []
        for one in working:
            at = self._reached(one)
            if at is not None:
                distance = abs(at - self._bar.open)
                key = firing_order(one.trigger, distance, one.number) if one.trigger else (True, distance, one.number)
                reached.append((key, at, one))
        for _, at, one in sorted(reached, key=lambda row: row[0]):
            if one.trigger is not None:
                self._fire(one, at)
            else:
                self._fill(one, at, Liquidity.MAKER)
        for one in working:
            if one.trigger is not None and self._bar.volume:
                one.trigger.follow(low)
                one.trigger.follow(high)

    def _reached(self, working: _Working) -> int | None:
        """Return the price at which an order acts after the open, None when this bar does not get there."""
        if working.trigger is not None:
            return working.trigger.reached_within(self._bar.low, self._bar.high) if self._bar.volume else None
        limit = working.order.price
        if limit is None:
            return None
        beyond = self._bar.low < limit if working.order.side is Side.BUY else self._bar.high > limit
        return limit if beyond else None

    def _fire(self, working: _Working, price: int) -> None:
        """Wake an order at `price`; it takes there, or rests from now on, or ends."""
        order = working.order
        working.trigger = None
        self.effects.append(Triggered(order, price))
        slipped = self._slipped(working, price)
        if order.time_in_force is TimeInForce.POST_ONLY and is_marketable(order, price):
            self._end(working, EndReason.POST_ONLY_WOULD_CROSS)
        elif is_marketable(order, slipped):
            self._take(working, slipped)
        elif order.time_in_force in _AT_ONCE:
            self._end(working)
        else:
            working.rests = True

    def _slipped(self, working: _Working, price: int) -> int:
        return self._slippage.worsened(price, working.order.side, working.number)

    def _take(self, working: _Working, price: int) -> None:
        order = working.order
        if order.time_in_force is not TimeInForce.FOK or working.remaining <= self._budget:
            self._fill(working, price, Liquidity.TAKER)
        if working.remaining and (order.price is None or order.time_in_force in _AT_ONCE):
            self._end(working)

    def _fill(self, working: _Working, price: int, liquidity: Liquidity) -> None:
        part = min(working.remaining, self._budget)
        if part:
            self._budget -= part
            working.remaining -= part
            self.effects.append(Match(working.order, price, part, liquidity))

    def _end(self, working: _Working, reason: EndReason | None = None) -> None:
        if reason is None:
            fok = working.order.time_in_force is TimeInForce.FOK
            reason = EndReason.NOT_FILLED_AT_ONCE if fok else EndReason.NO_LIQUIDITY
        working.remaining = 0
        self.effects.append(Ended(working.order, reason))
