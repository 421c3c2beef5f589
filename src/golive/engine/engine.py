"""The synchronous core: `process(event) -> commands`, one event at a time, no I/O, no clock, no randomness.

Evidence before action is a property of this class: an approved order becomes a `Submit` only on the `Durable` event that covers
the record of its decision. A strategy is stepped on closed candles only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from golive.model.alert import AlertSeverity
from golive.model.command import Alert, Cancel, Command, SetTimer, Submit
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import IllegalTransition, StrategyError
from golive.model.event import Durable, Event, Operator, OperatorAction, Peers, Timer
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, Trade
from golive.model.order import TERMINAL, Fill, NewOrder, OrderStatus, OrderUpdate, Side
from golive.model.peer import HostFigures
from golive.orders import Order, OrderEvent, Orders
from golive.portfolio import EquityCurve, Ledger
from golive.risk import LimitState, LimitUse, RiskEngine, RiskProfile, limit_states
from golive.risk.statistics import PriceStatistics
from golive.strategy import Strategy

from .account_view import Account
from .auto_trader import AutoTrader
from .canary import Canary
from .desk import Desk, InactionRun
from .hearing import Hearing
from .notes import Body, Notes, ended_body, fill_body, order_body
from .operator_acts import OperatorActs
from .proposals import Proposals
from .protection import STOPS, Protection
from .round_trip import RoundTrips
from .sizing import Sizing
from .valuation import Valuation
from .watch import Breach, Watch

_AT_REST: Final = frozenset((DecisionCode.ON_TARGET, DecisionCode.BELOW_MINIMUM))
"""codes of a desk that has what its target asks for"""


class Engine:
    """Strategy, risk, orders and portfolio of one entrypoint, tied by transition rules.

    `new_id(sequence)` gives the client order id of the n-th intent; `timeframe_ns` is the length of a bar. Unless its auto-trader
    is running every signal is decided and nothing is ordered. `risk`: an engine of that profile, its own unless given. `canary`:
    what holds instead until the act `observed`.
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
        risk: RiskEngine | None = None,
        canary: Canary | None = None,
    ) -> None:
        self.auto_trader = AutoTrader()
        self.ledger = Ledger(instruments, start_balances)
        self.orders = Orders()
        self._unended = self.orders.unended
        self.risk = RiskEngine(profile) if risk is None else risk
        if canary is not None:
            self.risk.profile = canary.profile
        self.curve = EquityCurve()
        self.fills: list[tuple[Fill, int]] = []
        self.candles = 0
        self._hearing = Hearing(strategy, parameters)
        self._members_held_back = self._hearing.members_held_back
        self._valuation = Valuation(self.ledger, self.ledger.instruments)
        self.desks = {i.id: Desk(i, self._valuation.of(i.id), self._hearing.initial(i.id)) for i in instruments}
        sizing = Sizing.of(parameters)
        for desk in self.desks.values():
            desk.full_lots = sizing.full_lots(desk.instrument)
            if profile.follows_prices:
                desk.statistics = PriceStatistics(timeframe_ns)
        self._protection = Protection.of(parameters)
        self._account = Account(self.risk, self.ledger, self.orders, self.desks, self._protection, timeframe_ns)
        self._watch = Watch(self._valuation, self.risk, self._account.day_began)
        self._entry_ttl_ns = int(parameters.get("entry_ttl_bars", 0.0)) * timeframe_ns
        self._notes = Notes()
        self._trips = RoundTrips(self.ledger)
        self._curve_desk = self.desks[instruments[0].id]
        self._proposals = Proposals(
            self.auto_trader, self.risk, self.orders, self._account, self._hearing, self._notes, sizing, self._protection, new_id
        )
        self._proposals.canary = canary
        self._acts = OperatorActs(self.auto_trader, self.risk, self.orders, self.desks, self._notes, self._proposals, profile)
        self._transitions: Mapping[type, Callable[[Any], list[Command]]] = {
            Book: self._on_book,
            Trade: self._on_trade,
            Durable: self._on_durable,
            Fill: self._on_fill,
            OrderUpdate: self._on_update,
            Operator: self._on_operator,
            Peers: self._on_peers,
            Timer: self._on_timer,
        }

    # -- events ---------------------------------------------------------------------------------------------------

    def process(self, event: Event) -> list[Command]:
        """Return what is to be done because of `event`, in order.

        Raises IllegalTransition for news that no legal life of an order allows, and StrategyError for a strategy that failed or
        gave what is no target, before anything was done about the candle. The session must stop then.
        """
        if type(event) is not Candle:
            return self._transitions[type(event)](event)
        instrument, opened_at, ts, open_, high, low, close, volume = event  # at once: each name by itself costs a third of this
        desk = self._curve_desk
        if instrument is not desk.id:
            desk = self.desks[instrument]
        target = self._hearing.bar(desk, ts, open_, high, low, close, volume)  # first: a strategy that fails leaves no trace
        self.candles += 1
        commands: list[Command] = []
        desk.close, desk.closed_at = close, ts
        if desk.statistics is not None:
            desk.statistics.add(high, low, close)
        if not desk.ask:  # no book in this session: the close is the mark
            self._valuation.mark(desk.worth, close)
        self._watch.observe(ts, commands)
        equity = self._valuation.equity
        if desk is self._curve_desk and equity is not None:
            self.curve.append(ts, equity, close)
        code: DecisionCode | None = desk.standing
        if target != desk.target:
            code = self._proposals.turn(desk, target, ts, commands)
        elif desk.wants_action or self._unended:
            code = self._proposals.act(desk, ts, commands)
        if self._protection is not None:
            self._proposals.protect(desk, ts, commands)
        if self._members_held_back is not None and code in _AT_REST:
            held = self._members_held_back(desk.strategy_state)
            if held:
                self._notes.run(desk.idle(DecisionCode.OUTSIDE_SCHEDULE, opened_at, ts, held), desk, ts, commands)
                return commands
        run = desk.run
        if run is not None and run.code is code:
            run.until = ts
            run.bars += 1
        elif code is not None:
            self._notes.run(desk.idle(code, opened_at, ts), desk, ts, commands)
        return commands

    def _finish(self, ts: int, commands: list[Command]) -> list[Command]:
        """Close the open runs of inaction and cancel what is working; the session is about to end."""
        self._proposals.is_finishing = True
        for desk in self.desks.values():
            if desk.wants_action:
                self._proposals.conclude(desk, DecisionCode.SESSION_ENDED, ts, commands)
            self._notes.run(desk.end_run(), desk, ts, commands)
            order = self.orders.working(desk.instrument.id)
            if order is not None and order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
                commands.append(Cancel(order.intent.client_order_id))
        return commands

    @property
    def breaches(self) -> Sequence[Breach]:
        """The loss limits that were reached, each when it was first."""
        return self._watch.breaches

    @property
    def signals(self) -> int:
        """How often a strategy asked for another target."""
        return self._proposals.signals

    @property
    def strategy_failure(self) -> StrategyError | None:
        """Why the strategy is not asked any more; one that failed when told of a fill has not stopped the session yet."""
        return self._hearing.failure

    @property
    def wants_trades(self) -> bool:
        """Whether trades have to be processed, because the strategy listens to them."""
        return self._hearing.wants_trades

    @property
    def decisions(self) -> Mapping[DecisionCode, int]:
        """How many decisions were taken, by code."""
        return self._notes.decisions

    @property
    def record_seq(self) -> int:
        """Sequence of the newest record that was asked for."""
        return self._notes.seq

    @property
    def awaiting_durable(self) -> bool:
        """Whether an approved order waits for the `Durable` event of its record."""
        return bool(self._proposals.awaiting_durable)

    @property
    def is_canary(self) -> bool:
        """Whether the limits of the small beginning hold."""
        return self._proposals.canary is not None

    @property
    def is_warming_up(self) -> bool:
        """Whether no instrument's strategy has given a target yet."""
        return all(desk.target is None for desk in self.desks.values())

    def present_uses(self) -> tuple[LimitUse, ...]:
        """Return how much of each limit is used now, working buys as if filled; none before the account can be valued."""
        held = self._account.committed()
        return self.risk.present_uses(held.largest, held.positions, held.worth)

    def limit_states(self, now: int) -> tuple[LimitState, ...]:
        """Return every limit that is set as it stands at market time `now`, ns UTC; nothing of it is kept for decisions."""
        views = {key: self._account.view(desk, None, now) for key, desk in self.desks.items()}
        return limit_states(self.present_uses(), views, self.risk.profile, self.ledger.quote)

    def would_allow(self, order: NewOrder) -> Approved | Refused:
        """Return what risk says of an order that nobody sends; nothing of it is kept for decisions."""
        desk = self.desks.get(order.instrument)
        if desk is None:
            return Refused(order, 0, DecisionCode.RISK_MISSING_INPUT, "traded", str(order.instrument))
        view = self._account.view(desk, None, max(desk.closed_at, desk.book_at))
        return RiskEngine(self.risk.profile).decide(order, view, 0)

    @property
    def host(self) -> HostFigures | None:
        """What the other entrypoints of the host are worth, and what holds for all, as told last; None when it is alone."""
        return self._account.host

    @property
    def last_equity(self) -> int | None:
        return self.risk.equity

    def warm_up(self, candle: Candle) -> None:
        """Step the strategy on a candle from before the run: its target asks for nothing, and the account is not valued.

        Raises StrategyError as `process`.
        """
        desk = self.desks[candle.instrument]
        self._hearing.bar(desk, candle.closed_at, candle.open, candle.high, candle.low, candle.close, candle.volume)
        if desk.statistics is not None:
            desk.statistics.add(candle.high, candle.low, candle.close)

    # -- market ---------------------------------------------------------------------------------------------------

    def _on_book(self, book: Book) -> list[Command]:
        desk = self.desks[book.instrument]
        if book.bids and book.asks:
            desk.book_at = book.ts
            # A long position is worth what the bid pays; a new one costs what the ask takes.
            desk.ask = book.asks[0][0]
            self._valuation.mark(desk.worth, book.bids[0][0])
        return []

    def _on_trade(self, trade: Trade) -> list[Command]:
        self._hearing.trade(self.desks[trade.instrument], trade)
        return []  # bars are built before the engine, which decides nothing on single prints

    def mark(self, instrument: InstrumentId, ticks: int, ts: int) -> list[Command]:
        """Take a price of market time `ts` (ns UTC) that closes no bar of ours: the account is worth what it says."""
        commands: list[Command] = []
        desk = self.desks[instrument]
        desk.close, desk.closed_at = ticks, ts
        self._valuation.mark(desk.worth, ticks)
        self._watch.observe(ts, commands)
        return commands

    # -- orders ---------------------------------------------------------------------------------------------------

    def _on_durable(self, durable: Durable) -> list[Command]:
        commands: list[Command] = []
        waiting = self._proposals.awaiting_durable
        while waiting and waiting[0][0] <= durable.record_seq:
            _, approved = waiting.popleft()
            if approved.order.side is Side.BUY and self._proposals.withdraws_entries:
                commands += self._on_update(self._not_sent(approved, durable.ts))
                continue
            order = self.orders.sent(approved.order.client_order_id)
            commands.append(Submit(approved))
            body = Body(order_body, (self.desks[order.intent.instrument].instrument, order.intent))
            self._notes.record(commands, order.planned_at, "order_submitted", body)
            if approved.order.price is not None and self._entry_ttl_ns:
                due = order.planned_at + self._entry_ttl_ns
                commands.append(SetTimer(f"entry_ttl:{approved.order.client_order_id}", due))
        return commands

    def _on_update(self, update: OrderUpdate) -> list[Command]:
        commands: list[Command] = []
        order = self.orders.apply(update)
        desk = self.desks[order.intent.instrument]
        self._account.changed(desk)
        if order.status is OrderStatus.OPEN and order.intent.side is Side.BUY and self._proposals.withdraws_entries:
            self._proposals.cancel(desk, order, commands)  # it was on its way when the auto-trader stopped running
        if order.status is OrderStatus.OPEN and not desk.wants_action:
            return commands  # as most news are: it works as asked for
        if order.status in TERMINAL and desk.canceling == order.intent.client_order_id:
            desk.canceling = None
        is_protective = desk.protective == order.intent.client_order_id
        if is_protective and order.status in TERMINAL:
            desk.protective = None
        elif is_protective and desk.wants_action:  # the signal came while the order was on its way
            self._proposals.cancel(desk, order, commands)
        ended = Body(ended_body, (desk.instrument, order.intent, update.code))
        if order.status is OrderStatus.CANCELED:
            self._notes.record(commands, update.ts, "order_canceled", ended)
            if is_protective:
                self._proposals.unprotected(desk, order, update.ts, commands)
            else:
                self._proposals.unfinished(desk, update.ts, commands)
        elif order.status in (OrderStatus.REJECTED, OrderStatus.EXPIRED, OrderStatus.ABSENT):
            self._notes.record(commands, update.ts, "order_failed", ended)
            held_back = self._proposals.held_back if update.event == OrderEvent.NOT_SENT else None
            desk.standing = held_back or DecisionCode.ON_TARGET
            if is_protective:
                desk.is_exposed = True
                title = f"the position in {order.intent.instrument} has no protective order"
                commands.append(Alert("execution", AlertSeverity.CRITICAL, title, f"the venue refused it: {update.code}"))
        elif order.status is OrderStatus.UNKNOWN:
            title = f"the outcome of an order on {order.intent.instrument} is unknown"
            commands.append(Alert("execution", AlertSeverity.CRITICAL, title, f"client order id {order.intent.client_order_id}"))
        return commands

    def _on_fill(self, fill: Fill) -> list[Command]:
        order = self.orders.fill(fill)
        if order is None:
            return []
        commands: list[Command] = []
        position_after = self.ledger.apply(fill)
        self.fills.append((fill, position_after))
        desk = self.desks[fill.instrument]
        self._valuation.booked(desk.worth)
        self._account.changed(desk)
        desk.traded(fill, position_after)
        self._remember(desk, order, fill, position_after)
        event = "order_executed" if order.status is OrderStatus.FILLED else "order_partially_executed"
        body = Body(fill_body, (desk.instrument, order.intent, fill, order.planned_at))
        self._notes.record(commands, fill.ts, event, body)
        for closing, told in self._trips.after(fill, order.intent, position_after):
            self._notes.record(commands, fill.ts, closing, told)
        self._watch.observe(fill.ts, commands)
        self._hearing.fill(desk, fill, position_after)
        if order.status is OrderStatus.FILLED:
            if desk.protective == order.intent.client_order_id:
                desk.protective, desk.standing = None, DecisionCode.STOPPED_OUT
            self._proposals.protect(desk, fill.ts, commands)
        return commands

    def _remember(self, desk: Desk, order: Order, fill: Fill, position: int) -> None:
        """Tell risk of an execution, of a stop that has fired, and of what a position earned that is no more; lots."""
        flow, intent = self.risk.flow, order.intent
        if order.filled == fill.quantity:
            flow.executed(intent, fill.ts)
        if order.status is OrderStatus.FILLED and desk.protective == intent.client_order_id and intent.type in STOPS:
            flow.stopped(fill.ts)
        if fill.side is Side.SELL and position < desk.instrument.min_quantity:
            earned = self.ledger.positions[fill.instrument].realized
            flow.closed(fill.instrument, earned - desk.realized, fill.ts)
            desk.realized = earned

    def _on_operator(self, operator: Operator) -> list[Command]:
        commands: list[Command] = []
        self._acts.take(operator, commands)
        return self._finish(operator.ts, commands) if operator.action is OperatorAction.STOP else commands

    def _not_sent(self, approved: Approved, ts: int) -> OrderUpdate:
        """Return the news that an approved order did not leave, because entries are held back since."""
        code = self._proposals.held_back or ""
        return OrderUpdate(approved.order.client_order_id, ts, OrderEvent.NOT_SENT, code=str(code))

    def _on_peers(self, peers: Peers) -> list[Command]:
        self._account.host = peers.host if any(peers.host) else None
        return []

    def _on_timer(self, timer: Timer) -> list[Command]:
        kind, _, rest = timer.name.partition(":")
        if kind != "entry_ttl":
            raise IllegalTransition(f"timer {timer.name!r} was never set")
        commands: list[Command] = []
        order = self.orders[ClientOrderId(rest)]
        if order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
            self._proposals.cancel(self.desks[order.intent.instrument], order, commands)
        return commands

    # -- bookkeeping ----------------------------------------------------------------------------------------------

    def runs(self) -> Iterable[tuple[InstrumentId, InactionRun]]:
        """Yield every closed run of inaction, by instrument."""
        for key, desk in self.desks.items():
            for run in desk.closed_runs:
                yield key, run
