"""The synchronous core: `process(event) -> commands`, one event at a time, no I/O, no clock, no randomness.

Evidence before action is a property of this class: an approved order becomes a `Submit` only on the `Durable` event that covers
the record of its decision. A strategy is stepped on closed candles only.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from golive.model.alert import AlertSeverity
from golive.model.clock import to_iso
from golive.model.command import Alert, Cancel, Command, Record, SetTimer, Submit
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import IllegalTransition
from golive.model.event import Durable, Event, Operator, OperatorAction, Timer
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.market import Book, Candle, Trade
from golive.model.order import TERMINAL, Fill, OrderStatus, OrderUpdate, Side
from golive.orders import Order, Orders
from golive.portfolio import EquityCurve, Ledger
from golive.risk import AccountView, RiskEngine, RiskProfile
from golive.strategy import Bar, Strategy, bound

from .desk import Desk, InactionRun
from .sizing import Sizing, order_for, orderable_lots, wanted_lots


class Breach(NamedTuple):
    """A loss limit was reached at market time `ts` (ns UTC); limit and value as decimal texts."""

    limit: str
    ts: int
    allowed: str
    used: str


class Engine:
    """Strategy, risk, orders and portfolio of one entrypoint, tied by transition rules.

    `new_id(sequence)` gives the client order id of the n-th intent; `timeframe_ns` is the length of a bar. With `auto_trade`
    off every signal is decided and nothing is ordered.
    """

    def __init__(
        self,
        *,
        instruments: Sequence[Instrument],
        strategy: Strategy,
        parameters: Mapping[str, float],
        profile: RiskProfile,
        start_balances: Mapping[str, Decimal],
        timeframe_ns: int,
        new_id: Callable[[int], ClientOrderId],
        auto_trade: bool = True,
    ) -> None:
        self.ledger = Ledger(instruments, start_balances)
        self.orders = Orders()
        self.risk = RiskEngine(profile)
        self.curve = EquityCurve()
        self.fills: list[tuple[Fill, int]] = []
        self.breaches: list[Breach] = []
        self.decisions: dict[DecisionCode, int] = {}
        self.signals = 0
        self.candles = 0
        self._parameters = bound(parameters)
        self.desks = {i.id: Desk(i, strategy.initial(self._parameters)) for i in instruments}
        self._strategy = strategy
        self._sizing = Sizing.of(parameters.get("position_pct", 0.0), parameters.get("entry_ttl_bars", 0.0))
        self._entry_ttl_ns = int(parameters.get("entry_ttl_bars", 0.0)) * timeframe_ns
        self._new_id = new_id
        self._auto_trade = auto_trade
        self._curve_instrument = instruments[0].id
        self._record_seq = 0
        self._proposals = 0
        self._awaiting_durable: deque[tuple[int, Approved]] = deque()
        self._confirmed = False
        self._finishing = False
        self._bands: dict[str, str] = {}

    # -- events ---------------------------------------------------------------------------------------------------

    def process(self, event: Event) -> list[Command]:
        """Return what is to be done because of `event`, in order.

        Raises IllegalTransition for news that no legal life of an order allows; the session must stop then.
        """
        match event:
            case Candle():
                return self._on_candle(event)
            case Book():
                return self._on_book(event)
            case Durable():
                return self._on_durable(event)
            case Fill():
                return self._on_fill(event)
            case OrderUpdate():
                return self._on_update(event)
            case Operator():
                return self._on_operator(event)
            case Timer():
                return self._on_timer(event)
            case Trade():
                return []  # bars are built before the engine; single prints decide nothing here

    def _finish(self, ts: int) -> list[Command]:
        """Close the open runs of inaction and cancel what is working; the session is about to end."""
        self._finishing = True
        commands: list[Command] = []
        for desk in self.desks.values():
            if desk.wants_action:
                self._conclude(desk, DecisionCode.SESSION_ENDED, ts, commands)
            self._note_run(desk.end_run(), desk, ts, commands)
            order = self.orders.working(desk.instrument.id)
            if order is not None and order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
                commands.append(Cancel(order.intent.client_order_id))
        return commands

    @property
    def record_seq(self) -> int:
        """Sequence of the newest record that was asked for."""
        return self._record_seq

    @property
    def awaiting_durable(self) -> bool:
        """Whether an approved order waits for the `Durable` event of its record."""
        return bool(self._awaiting_durable)

    @property
    def is_warming_up(self) -> bool:
        """Whether no instrument's strategy has given a target yet."""
        return all(desk.target is None for desk in self.desks.values())

    @property
    def last_equity(self) -> int | None:
        return self.risk.equity

    # -- market ---------------------------------------------------------------------------------------------------

    def _on_book(self, book: Book) -> list[Command]:
        desk = self.desks[book.instrument]
        if book.bids and book.asks:
            # A long position is worth what the bid pays; a new one costs what the ask takes.
            desk.mark, desk.ask = book.bids[0][0], book.asks[0][0]
        return []

    def _on_candle(self, candle: Candle) -> list[Command]:
        self.candles += 1
        commands: list[Command] = []
        desk = self.desks[candle.instrument]
        if not desk.ask:  # no book in this session: the close is the mark
            desk.mark = candle.close
        self._observe(candle.ts, commands)
        if candle.instrument == self._curve_instrument and self.risk.equity is not None:
            self.curve.append(candle.ts, self.risk.equity, candle.close)
        tick = float(desk.instrument.tick_size)
        bar = Bar(
            candle.ts, candle.open * tick, candle.high * tick, candle.low * tick, candle.close * tick,
            candle.volume * float(desk.instrument.lot_size),
        )  # fmt: skip
        stepped = self._strategy.step(desk.strategy_state, bar, self._parameters)
        target = None if math.isnan(stepped) else stepped
        if target is not None and target != desk.target and not (desk.target is None and target == 0.0):
            self._signal(desk, target, candle.ts, "target_changed", commands)
        if target is not None and desk.target is None:
            desk.target = target
        code = DecisionCode.WARMING_UP if target is None else self._act(desk, candle, commands)
        if code is not None:
            self._note_run(desk.idle(code, candle.opened_at, candle.ts), desk, candle.ts, commands)
        return commands

    def _signal(self, desk: Desk, target: float, ts: int, cause: str, commands: list[Command]) -> None:
        if desk.wants_action:
            self._conclude(desk, DecisionCode.SUPERSEDED, ts, commands)
        self.signals += 1
        desk.signals += 1
        desk.target = target
        desk.signal_id = f"{desk.instrument.id}#{desk.signals}"
        desk.wants_action = True
        body = {"instrument": str(desk.instrument.id), "signal_id": desk.signal_id, "target": f"{target:.6g}", "cause": cause}
        self._record(commands, ts, "signal_received", body)

    def _act(self, desk: Desk, candle: Candle, commands: list[Command]) -> DecisionCode | None:
        """Decide what to do on a closed bar; return the code of inaction, None when a decision was taken."""
        working = self.orders.working(desk.instrument.id)
        if working is not None:
            if desk.wants_action:
                self._cancel(desk, working, commands)
            return DecisionCode.ORDER_WORKING
        if not desk.wants_action:
            return desk.standing
        if not self._auto_trade:
            return self._conclude(desk, DecisionCode.AUTO_TRADE_OFF, candle.ts, commands)
        if not self._confirmed:
            return self._conclude(desk, DecisionCode.NOT_CONFIRMED, candle.ts, commands)
        return self._propose(desk, candle.ts, commands)

    def _propose(self, desk: Desk, ts: int, commands: list[Command]) -> DecisionCode | None:
        instrument, equity = desk.instrument, self.risk.equity
        assert desk.target is not None
        held = self.ledger.total_lots(instrument.id)
        price = max(desk.mark, desk.ask)
        factor = self.ledger.notional(instrument.id, 1, 1) // instrument.notional(1, 1)
        wanted = wanted_lots(instrument, desk.target, equity or 0, price, factor, self._sizing)
        quantity = orderable_lots(instrument, wanted - held, desk.mark)
        if quantity == 0:
            return self._conclude(desk, DecisionCode.BELOW_MINIMUM, ts, commands)
        self._proposals += 1
        side = Side.BUY if wanted > held else Side.SELL
        order = order_for(instrument, self._new_id(self._proposals), desk.signal_id, side, quantity, desk.mark, self._sizing)
        self._note_run(desk.end_run(), desk, ts, commands)
        decision = self.risk.decide(order, self._view(desk, order.price), self._record_seq + 1)
        body: dict[str, JsonValue] = {
            "instrument": str(instrument.id), "side": str(order.side), "quantity": instrument.quantity_text(order.quantity),
            "price": None if order.price is None else instrument.price_text(order.price), "signal_id": desk.signal_id,
            "reference_price": instrument.price_text(price), "client_order_id": order.client_order_id,
        }  # fmt: skip
        if isinstance(decision, Approved):
            self._count(DecisionCode.APPROVED)
            self._record(commands, ts, "risk_check_passed", {**body, "code": DecisionCode.APPROVED}, decision)
            self._awaiting_durable.append((self._record_seq, decision))
            self.orders.plan(order, ts)
            desk.standing = DecisionCode.ON_TARGET
        else:
            self._count(decision.code)
            self._record(
                commands, ts, "risk_rejected",
                {**body, "code": decision.code, "limit": decision.limit, "value": decision.value}, decision,
            )  # fmt: skip
            desk.standing = decision.code
        desk.wants_action = False
        return None

    def _conclude(self, desk: Desk, code: DecisionCode, ts: int, commands: list[Command]) -> DecisionCode:
        """End a signal without an order."""
        self._count(code)
        body = {"instrument": str(desk.instrument.id), "signal_id": desk.signal_id, "code": str(code)}
        self._record(commands, ts, "signal_neutral", body)
        desk.wants_action = False
        desk.standing = code
        return code

    def _view(self, desk: Desk, limit: int | None) -> AccountView:
        track = self.risk.track
        known = self.risk.equity is not None
        prices = {key: max(d.mark, d.ask) for key, d in self.desks.items() if d.mark}
        if limit is not None and desk.instrument.id in prices:
            prices[desk.instrument.id] = max(prices[desk.instrument.id], limit)
        return AccountView(
            equity=self.risk.equity,
            day_start_equity=track.day_start if known else None,
            peak_equity=track.peak if known else None,
            positions={key: self.ledger.total_lots(key) for key in self.desks},
            pending_buys={key: self.orders.pending_lots(key, Side.BUY) for key in self.desks},
            prices=prices,
            notional=self.ledger.notional,
            worst_today=track.worst_today,
            worst_drawdown=track.worst_drawdown,
        )

    # -- orders ---------------------------------------------------------------------------------------------------

    def _on_durable(self, durable: Durable) -> list[Command]:
        commands: list[Command] = []
        while self._awaiting_durable and self._awaiting_durable[0][0] <= durable.record_seq:
            _, approved = self._awaiting_durable.popleft()
            order = self.orders.sent(approved.order.client_order_id)
            commands.append(Submit(approved))
            self._record(commands, order.planned_at, "order_submitted", self._order_body(order))
            if approved.order.price is not None and self._entry_ttl_ns:
                due = order.planned_at + self._entry_ttl_ns
                commands.append(SetTimer(f"entry_ttl:{approved.order.client_order_id}", due))
        return commands

    def _on_update(self, update: OrderUpdate) -> list[Command]:
        commands: list[Command] = []
        order = self.orders.apply(update)
        desk = self.desks[order.intent.instrument]
        if order.status in TERMINAL and desk.canceling == order.intent.client_order_id:
            desk.canceling = None
        if order.status is OrderStatus.CANCELED:
            self._record(commands, update.ts, "order_canceled", {**self._order_body(order), "code": update.code})
            self._unfinished(desk, update.ts, commands)
        elif order.status in (OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.ABSENT):
            self._record(commands, update.ts, "order_failed", {**self._order_body(order), "code": update.code})
            desk.standing = DecisionCode.ON_TARGET
        elif order.status is OrderStatus.UNKNOWN:
            title = f"the outcome of an order on {order.intent.instrument} is unknown"
            commands.append(Alert("execution", AlertSeverity.CRITICAL, title, f"client order id {order.intent.client_order_id}"))
        return commands

    def _unfinished(self, desk: Desk, ts: int, commands: list[Command]) -> None:
        """An order ended before its target was reached: ask again on the next bar, as a signal of its own."""
        if desk.target is not None and not desk.wants_action and not self._finishing:
            self._signal(desk, desk.target, ts, "order_unfilled", commands)

    def _on_fill(self, fill: Fill) -> list[Command]:
        order = self.orders.fill(fill)
        if order is None:
            return []
        commands: list[Command] = []
        position_after = self.ledger.apply(fill)
        self.fills.append((fill, position_after))
        instrument = self.desks[fill.instrument].instrument
        event = "order_executed" if order.status is OrderStatus.FILLED else "order_partially_executed"
        body = {
            **self._order_body(order), "fill_id": fill.fill_id.trade_id, "fill_price": instrument.price_text(fill.price),
            "fill_quantity": instrument.quantity_text(fill.quantity), "liquidity": str(fill.liquidity),
        }  # fmt: skip
        self._record(commands, fill.ts, event, body)
        self._observe(fill.ts, commands)
        return commands

    def _on_operator(self, operator: Operator) -> list[Command]:
        if operator.action is OperatorAction.STOP:
            return self._finish(operator.ts)
        commands: list[Command] = []
        before, self._confirmed = self._confirmed, operator.action is OperatorAction.CONFIRM
        names = {True: "running", False: "armed"}
        body = {"from": names[before], "to": names[self._confirmed], "cause": operator.cause, "operator": operator.operator}
        if before is not self._confirmed:
            self._record(commands, operator.ts, "auto_trader_transition", body)
        for desk in self.desks.values():
            if self._confirmed and desk.target is not None and desk.standing is DecisionCode.NOT_CONFIRMED:
                self._signal(desk, desk.target, operator.ts, "confirmed", commands)
        return commands

    def _on_timer(self, timer: Timer) -> list[Command]:
        kind, _, rest = timer.name.partition(":")
        if kind != "entry_ttl":
            raise IllegalTransition(f"timer {timer.name!r} was never set")
        commands: list[Command] = []
        order = self.orders[ClientOrderId(rest)]
        if order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
            self._cancel(self.desks[order.intent.instrument], order, commands)
        return commands

    @staticmethod
    def _cancel(desk: Desk, order: Order, commands: list[Command]) -> None:
        """Ask once; a further request follows only after the first one was answered."""
        if desk.canceling != order.intent.client_order_id and order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
            desk.canceling = order.intent.client_order_id
            commands.append(Cancel(order.intent.client_order_id))

    # -- bookkeeping ----------------------------------------------------------------------------------------------

    def _observe(self, ts: int, commands: list[Command]) -> None:
        marks: dict[InstrumentId, int] = {key: desk.mark for key, desk in self.desks.items() if desk.mark}
        equity = self.ledger.equity(marks)
        held = [self.ledger.value(key, marks[key]) for key in marks if self.ledger.total_lots(key)]
        if not self.risk.observe(equity, ts, max(held, default=0), len(held)):
            return
        for use in self.risk.uses():
            if use.band == "breach" and self._bands.get(use.limit) != "breach":
                self._bands[use.limit] = "breach"
                self.breaches.append(Breach(use.limit, ts, use.allowed, use.used))
                title = f"{use.limit} reached: {use.used} of {use.allowed}"
                commands.append(Alert("risk", AlertSeverity.CRITICAL, title, "risk-increasing orders are refused"))

    def _record(
        self,
        commands: list[Command],
        ts: int,
        event: str,
        body: Mapping[str, JsonValue],
        verdict: Approved | Refused | None = None,
    ) -> None:
        self._record_seq += 1
        commands.append(Record(self._record_seq, ts, event, body, verdict))

    def _note_run(self, run: InactionRun | None, desk: Desk, ts: int, commands: list[Command]) -> None:
        if run is not None:
            body: dict[str, JsonValue] = {
                "instrument": str(desk.instrument.id), "code": str(run.code),
                "from": to_iso(run.since), "to": to_iso(run.until), "bars": run.bars,
            }  # fmt: skip
            self._record(commands, ts, "inaction", body)

    def _count(self, code: DecisionCode) -> None:
        self.decisions[code] = self.decisions.get(code, 0) + 1

    def _order_body(self, order: Order) -> dict[str, JsonValue]:
        instrument = self.desks[order.intent.instrument].instrument
        price = order.intent.price
        return {
            "instrument": str(instrument.id), "side": str(order.intent.side), "client_order_id": order.intent.client_order_id,
            "quantity": instrument.quantity_text(order.intent.quantity), "signal_id": order.intent.signal_id,
            "price": None if price is None else instrument.price_text(price),
        }  # fmt: skip

    def runs(self) -> Iterable[tuple[InstrumentId, InactionRun]]:
        """Yield every closed run of inaction, by instrument."""
        for key, desk in self.desks.items():
            for run in desk.closed_runs:
                yield key, run
