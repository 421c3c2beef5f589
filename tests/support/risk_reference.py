"""What an account does, followed from outside by what its engine hears and says; slow, in fractions, and of none of its parts.

It hears every event, reads every command, and adds everything up anew from its lists each time an order is allowed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from fractions import Fraction
from itertools import pairwise
from typing import Any

from golive.model.clock import DAY, MINUTE
from golive.model.command import Command, Record
from golive.model.decision import Approved
from golive.model.event import Event, Operator, OperatorAction
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.model.order import Fill, NewOrder, OrderUpdate, Side
from golive.risk import RiskProfile

ENDED = ("canceled", "rejected", "expired", "absent")


class Reference:
    """One account in whole quote units as fractions."""

    def __init__(self, instruments: Sequence[Instrument], cash: int, profile: RiskProfile, timeframe_ns: int) -> None:
        self.instruments = {each.id: each for each in instruments}
        self.profile = profile
        self.timeframe_ns = timeframe_ns
        self.start = Fraction(cash)
        self.bars: dict[InstrumentId, list[Candle]] = {key: [] for key in self.instruments}
        self.fills: list[Fill] = []
        self.ended: set[str] = set()
        self.allowed: list[tuple[int, NewOrder]] = []
        self.equities: list[tuple[int, Fraction]] = []
        self.rearmed = 0
        """fills from before a named person let go: they count no more for what that forgets"""
        self.checked = 0

    # -- what is heard ----------------------------------------------------------------------------------------------

    def heard(self, event: Event) -> None:
        if isinstance(event, Candle):
            self.bars[event.instrument].append(event)
            self._mark(event.closed_at)
        elif isinstance(event, Fill):
            self.fills.append(event)
            self._mark(event.ts)
        elif isinstance(event, OrderUpdate) and event.event in ENDED:
            self.ended.add(event.client_order_id)
        elif isinstance(event, Operator) and event.action is OperatorAction.REARM:
            self.rearmed = len(self.fills)

    def _mark(self, ts: int) -> None:
        self.equities.append((ts, self.equity()))

    def read(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Record) and isinstance(command.verdict, Approved):
                self._check(command.verdict.order, command.ts)
                self.allowed.append((command.ts, command.verdict.order))

    # -- what follows from it ---------------------------------------------------------------------------------------

    def amount(self, key: InstrumentId, ticks: int, lots: int) -> Fraction:
        spec = self.instruments[key]
        return Fraction(spec.tick_size) * ticks * Fraction(spec.lot_size) * lots

    def held(self, key: InstrumentId) -> int:
        return sum(fill.side.sign * fill.quantity for fill in self.fills if fill.instrument == key)

    def close(self, key: InstrumentId) -> int:
        return self.bars[key][-1].close if self.bars[key] else 0

    def equity(self) -> Fraction:
        paid = sum((fill.side.sign * self.amount(fill.instrument, fill.price, fill.quantity) for fill in self.fills), Fraction(0))
        fees = sum((Fraction(fill.fee, 10 ** self.instruments[fill.instrument].quote_scale) for fill in self.fills), Fraction(0))
        worth = sum((self.amount(key, self.close(key), self.held(key)) for key in self.instruments), Fraction(0))
        return self.start - paid - fees + worth

    def filled(self, order: NewOrder) -> int:
        return sum(fill.quantity for fill in self.fills if fill.client_order_id == order.client_order_id)

    def working(self) -> list[NewOrder]:
        return [o for _, o in self.allowed if o.client_order_id not in self.ended and self.filled(o) < o.quantity]

    def wanted(self, key: InstrumentId) -> int:
        """Lots that are held once all that works to buy is filled."""
        working = (o.quantity - self.filled(o) for o in self.working() if o.instrument == key and o.side is Side.BUY)
        return self.held(key) + sum(working)

    def volatility(self, key: InstrumentId) -> float | None:
        closes = [bar.close for bar in self.bars[key]]
        changes = [math.log(after / before) for before, after in pairwise(closes)]
        if len(changes) < 20:
            return None
        variance = changes[0] ** 2
        for each in changes[1:]:
            variance = 0.94 * variance + 0.06 * each**2
        return math.sqrt(variance * 365 * DAY / self.timeframe_ns)

    def results(self) -> list[tuple[int, int, InstrumentId, Fraction]]:
        """Which fill closed a position, when, in what, and what it brought in all."""
        found = []
        for key in self.instruments:
            lots, earned = 0, Fraction(0)
            for place, fill in enumerate(self.fills):
                if fill.instrument != key:
                    continue
                lots += fill.side.sign * fill.quantity
                earned -= fill.side.sign * self.amount(key, fill.price, fill.quantity)
                earned -= Fraction(fill.fee, 10 ** self.instruments[key].quote_scale)
                if fill.side is Side.SELL and lots == 0:
                    found.append((place, fill.ts, key, earned))
                    earned = Fraction(0)
        return sorted(found)

    # -- the limits -------------------------------------------------------------------------------------------------

    def _check(self, order: NewOrder, ts: int) -> None:
        self.checked += 1
        key, profile = order.instrument, self.profile
        if order.side is Side.SELL:
            promised = sum(o.quantity - self.filled(o) for o in self.working() if o.instrument == key and o.side is Side.SELL)
            assert order.quantity + promised <= self.held(key), "more than is held was sold"
            return
        self._losses(ts)
        price = max(self.close(key), order.price or 0)
        equity = self.equity()
        lots = {each: self.wanted(each) + (order.quantity if each == key else 0) for each in self.instruments}
        worth = {
            each: self.amount(each, price if each == key else self.close(each), count) for each, count in lots.items() if count
        }
        assert worth[key] <= Fraction(profile.max_position_pct) * equity
        assert len(worth) <= profile.max_open_positions
        if profile.portfolio_exposure_pct is not None:
            assert sum(worth.values()) <= Fraction(profile.portfolio_exposure_pct) * equity
        if profile.target_volatility is not None:
            known = {each: self.volatility(each) for each in worth}
            assert None not in known.values()
            year = sum(float(worth[each] / equity) * (known[each] or 0.0) for each in worth)
            assert year <= float(profile.target_volatility) * (1 + 1e-9)
        if profile.max_order_notional is not None:
            assert self.amount(key, price, order.quantity) <= Fraction(profile.max_order_notional)
        if key.base in profile.max_order_quantity:
            assert order.quantity * Fraction(self.instruments[key].lot_size) <= Fraction(profile.max_order_quantity[key.base])
        self._pace(order, ts)
        self._protections(order, ts)

    def _losses(self, ts: int) -> None:
        """No mark since the day (the week, the beginning) began may have been at or below the limit."""
        profile = self.profile
        peak = start = self.equities[0][1]
        starts: dict[str, tuple[int, Fraction]] = {}
        before = start
        for at, equity in self.equities:
            for name, period, limit in (
                ("day", at // DAY, profile.max_daily_loss_pct),
                ("week", (at // DAY + 3) // 7, profile.weekly_loss_pct),
            ):
                if name not in starts or starts[name][0] != period:
                    starts[name] = period, before
                is_now = period == (ts // DAY if name == "day" else (ts // DAY + 3) // 7)
                if limit is not None and is_now:
                    lost = starts[name][1] - equity
                    assert lost < Fraction(limit) * starts[name][1] or (lost <= 0 and limit > 0), f"the {name}'s loss"
            peak = max(peak, equity)
            assert peak - equity < Fraction(profile.hard_drawdown_pct) * peak, "drawdown"
            before = equity

    def _pace(self, order: NewOrder, ts: int) -> None:
        profile, allowed = self.profile, self.allowed
        last_minute = [o for at, o in allowed if at > ts - MINUTE]
        if profile.max_orders_per_minute is not None:
            assert len(last_minute) < profile.max_orders_per_minute
        if profile.duplicate_window_seconds is not None:
            window = int(profile.duplicate_window_seconds * 1_000_000_000)
            same = (order.instrument, order.side, order.quantity, order.price)
            assert same not in [(o.instrument, o.side, o.quantity, o.price) for at, o in allowed if at > ts - window]
        if profile.max_open_orders is not None:
            assert len(self.working()) < profile.max_open_orders
        if profile.repeated_execution_limit is not None:
            firsts: dict[str, tuple[int, Fill]] = {}
            for place, fill in enumerate(self.fills):
                firsts.setdefault(fill.client_order_id, (place, fill))
            side = order.instrument, order.side
            of_side = [f for place, f in firsts.values() if (f.instrument, f.side) == side and place >= self.rearmed]
            assert sum(f.ts > ts - MINUTE for f in of_side) < profile.repeated_execution_limit

    def _protections(self, order: NewOrder, ts: int) -> None:
        profile = self.profile
        lost = [(at, key) for _, at, key, earned in self.results() if earned < 0]
        if profile.cooldown_after_loss_minutes is not None:
            span = int(profile.cooldown_after_loss_minutes * MINUTE)
            assert not [at for at, key in lost if key == order.instrument and at > ts - span]
        if profile.max_consecutive_losses is not None:
            row = 0
            for place, at, _, earned in self.results():
                if at // DAY == ts // DAY and place >= self.rearmed:
                    row = row + 1 if earned < 0 else 0
            assert row < profile.max_consecutive_losses
        assert order.instrument.symbol not in profile.symbol_locks
        if profile.trading_windows:  # of the one form that is drawn: whole hours of every day
            hours = [text.split(" ")[1].split("-") for text in profile.trading_windows]
            hour = datetime.fromtimestamp(ts / 1e9, timezone.utc).hour
            assert any(int(begin[:2]) <= hour < int(end[:2]) for begin, end in hours)


def counters(risk: Any) -> Mapping[str, Any]:
    """Return all that a risk engine remembers, to be compared with another's."""
    return {"track": risk.track, "equity": risk.equity, "uses": risk.uses(), **vars(risk.flow)}
