"""Instruments, candles and orders that tests of the core share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from random import Random

from golive.engine import Engine
from golive.model.clock import MINUTE
from golive.model.command import Command, Record
from golive.model.decision import Approved
from golive.model.event import Durable, Event, Operator, OperatorAction
from golive.model.ids import ClientOrderId, InstrumentId, derive_client_order_id
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, Level
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.risk import RiskProfile
from golive.strategy import resolve_parameters, strategy_named

BTC = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999", min_notional="1"
)
BTC_ID = BTC.id
START = 1_704_067_200 * 1_000_000_000
BALANCES = {"USDT": Decimal(100_000)}
BALANCED = RiskProfile("balanced", Decimal("0.015"), Decimal("0.10"), Decimal("0.05"), 5)


def client_order_id(n: int) -> ClientOrderId:
    return derive_client_order_id(b"k" * 32, venue="okx", account="paper", epoch=1, strategy="s", sequence=n)


def order(
    n: int,
    side: Side,
    quantity: str,
    price: str | None = None,
    *,
    tif: TimeInForce = TimeInForce.GTC,
    instrument: Instrument = BTC,
) -> NewOrder:
    return NewOrder(
        client_order_id(n),
        instrument.id,
        side,
        OrderType.MARKET if price is None else OrderType.LIMIT,
        instrument.lots(quantity),
        None if price is None else instrument.ticks(price),
        tif,
    )


def approved(new_order: NewOrder) -> Approved:
    """An approval as risk would give it; tests of execution stand where the risk engine stands."""
    return Approved(new_order, 1)


def candle(n: int, open_: str, high: str, low: str, close: str, volume: str = "100", instrument: Instrument = BTC) -> Candle:
    """The n-th one-minute bar after START, from price texts."""
    at = START + n * MINUTE
    o, h, low_, c = (instrument.ticks(p) for p in (open_, high, low, close))
    return Candle(instrument.id, at, at + MINUTE, o, h, low_, c, instrument.lots_down(volume))


def book(ts: int, bids: Sequence[tuple[str, str]], asks: Sequence[tuple[str, str]], instrument: Instrument = BTC) -> Book:
    def levels(rows: Sequence[tuple[str, str]]) -> tuple[Level, ...]:
        return tuple((instrument.ticks(p), instrument.lots(q)) for p, q in rows)

    return Book(instrument.id, ts, levels(bids), levels(asks))


def random_walk(bars: int, seed: int = 1, start: str = "40000", instrument: Instrument = BTC) -> Iterator[Candle]:
    """A seeded market that trends and turns enough for the default strategy to trade."""
    rng = Random(seed)
    price, drift = instrument.ticks(start), 0.0
    for n in range(bars):
        if n % 120 == 0:
            drift = rng.choice((-1, 0, 1)) * 0.0003
        close = max(1000, round(price * (1 + drift + rng.gauss(0, 0.0006))))
        wick = round(price * abs(rng.gauss(0, 0.0004)))
        at = START + n * MINUTE
        high, low = max(price, close) + wick, min(price, close) - wick
        yield Candle(instrument.id, at, at + MINUTE, price, high, low, close, instrument.lots_down("50"))
        price = close


def engine_for(
    profile: RiskProfile = BALANCED,
    instruments: Sequence[Instrument] = (BTC,),
    new_id: Callable[[int], ClientOrderId] | None = None,
    /,
    **parameters: float,
) -> Engine:
    """Return an engine whose auto-trader is armed, with nothing recorded yet."""
    strategy = strategy_named("multi_strategy_default")
    engine = Engine(
        instruments=instruments,
        strategy=strategy,
        parameters=resolve_parameters(strategy.name, strategy.parameters, parameters),
        profile=profile,
        start_balances=BALANCES,
        timeframe_ns=MINUTE,
        new_id=new_id or client_order_id,
    )
    engine.auto_trader.act(start())
    return engine


def start(ts: int = START) -> Operator:
    return Operator(OperatorAction.START, "tester", "session_start", ts)


def confirm(ts: int = START) -> Operator:
    return Operator(OperatorAction.CONFIRM, "tester", "session_command", ts)


def process_durably(engine: Engine, event: Event) -> list[Command]:
    """Process one event and everything its records make durable; return all commands."""
    commands = list(engine.process(event))
    while engine.awaiting_durable:
        commands += engine.process(Durable(engine.record_seq, START))
    return commands


def records(commands: Sequence[Command], event: str) -> list[Record]:
    return [c for c in commands if isinstance(c, Record) and c.event == event]


def instrument_named(text: str) -> Instrument:
    return Instrument.from_text(
        text, tick_size="0.01", lot_size="0.000001", min_quantity="0.0001", max_quantity="100000", min_notional="1"
    )


__all__ = [
    "BALANCED", "BALANCES", "BTC", "BTC_ID", "START", "InstrumentId", "approved", "book", "candle", "client_order_id", "confirm",
    "engine_for", "instrument_named", "order", "process_durably", "random_walk", "records", "start",
]  # fmt: skip
