"""One session as its store tells it: orders, fills, positions and balances, in any mode, while it runs and after a kill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import NamedTuple

from golive.engine.codec import decode_event
from golive.execution.account import Terms
from golive.execution.restart import survivors
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle
from golive.model.money import format_decimal
from golive.model.order import Fill, OrderUpdate, Side
from golive.orders import Order, OrderEvent, Orders
from golive.portfolio import Ledger, Statement, statement_of
from golive.storage.keys import SigningKeys
from golive.storage.session_reader import SessionReader

from .session_rows import BalanceRow, FillLine, OrderLine, PositionRow, SessionHead, State


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """All four lists of one session at one moment."""

    head: SessionHead
    orders: tuple[OrderLine, ...]
    fills: tuple[FillLine, ...]
    positions: tuple[PositionRow, ...]
    balances: tuple[BalanceRow, ...]


class _Filled(NamedTuple):
    quantity: int
    """lots"""
    ticks_by_lots: int


def view_session(path: Path, home: Path) -> SessionView:
    """Read a session's store, verified with the keys of `home` where they are at hand.

    Raises JournalError when it cannot be read or is not what was written.
    """
    with closing(SessionReader(path)) as reader:
        not_verified = _verify(reader, home)
        orders, updates, fills = _orders(reader)
        ledger = Ledger(reader.identity.terms.instruments, reader.identity.terms.start_balances)
        positions_after = [ledger.apply(fill) for fill in fills]
        market_time, marks = _market(reader, ledger)
        _reserve(ledger, reader.identity.terms.rules, orders, updates)
        statement = statement_of(ledger, marks)
        return SessionView(
            head=_head(reader, market_time, not_verified),
            orders=tuple(_order_lines(orders, fills, ledger)),
            fills=tuple(_fill_line(fill, after, orders, ledger) for fill, after in zip(fills, positions_after, strict=True)),
            positions=tuple(_position_rows(statement)),
            balances=tuple(_balance_rows(statement)),
        )


def _verify(reader: SessionReader, home: Path) -> str | None:
    """Return why the store could not be verified, None when it was and is sound."""
    keys = SigningKeys.load(home)
    if keys is None or keys.mac_key_id != reader.key_id:
        return f"the MAC key {reader.key_id} is not at hand"
    for fault in reader.faults(keys):
        raise JournalError(f"{reader.path}: {fault}; nothing in it can be believed")
    return None


def _orders(reader: SessionReader) -> tuple[Orders, list[OrderUpdate], list[Fill]]:
    """Run what is stored through the orders' state machine."""
    news = list(reader.order_news())
    left = {each.client_order_id for each in news if isinstance(each, Fill) or each.event != OrderEvent.NOT_SENT}
    orders = Orders()
    for intent in reader.intents():
        orders.plan(intent.order, intent.ts)
        if intent.was_submitted or intent.order.client_order_id in left:
            orders.sent(intent.order.client_order_id)
    updates, fills = [], []
    for each in news:
        if isinstance(each, Fill):
            orders.fill(each)
            fills.append(each)
        else:
            orders.apply(each)
            updates.append(each)
    return orders, updates, fills


def _market(reader: SessionReader, ledger: Ledger) -> tuple[int | None, dict[InstrumentId, int]]:
    """Return the newest market time, and the last price of each instrument: what a book's best bid paid, else a bar's close."""
    kind = Book.__name__ if reader.identity.terms.rules.get("fill model") == "book" else Candle.__name__
    marks: dict[InstrumentId, int] = {}
    market_time = None
    for item in reader.events_backwards():
        if market_time is None:
            market_time = decode_event(item.kind, item.body).ts or None
        if item.kind == kind:
            event = decode_event(item.kind, item.body)
            if isinstance(event, Book) and event.bids and event.asks:
                marks.setdefault(event.instrument, event.bids[0][0])
            elif isinstance(event, Candle):
                marks.setdefault(event.instrument, event.close)
            if len(marks) == len(ledger.instruments):
                break
    return market_time, marks


def _reserve(ledger: Ledger, rules: Mapping[str, str], orders: Orders, updates: list[OrderUpdate]) -> None:
    """Set aside what the open orders of a paper account hold back, by the rules of paper execution."""
    if "maker_bps" not in rules:
        return
    fees = FeeSchedule(Decimal(rules["maker_bps"]), Decimal(rules["taker_bps"]), FeeAsset(rules["fee asset"]))
    for each in survivors(orders, updates):
        order, terms = each.order, Terms(ledger.instruments[each.order.instrument], ledger, fees)
        held_at = each.held_at or order.price or order.trigger or 0
        if order.side is Side.SELL or held_at:
            ledger.reserve(terms.asset_given(order.side), terms.need(order.side, held_at, each.remaining))


def _head(reader: SessionReader, market_time: int | None, not_verified: str | None) -> SessionHead:
    session = reader.identity
    state: State = "ended" if reader.has_ended else "cut_off" if reader.is_sealed else "open"
    return SessionHead(
        run_id=session.run_id,
        stage=session.stage,
        entrypoint=session.entrypoint,
        environment=session.environment,
        started_at=session.started_at,
        state=state,
        restarts=sum(row.event == "resumed" for row in reader.lifecycle()),
        market_time=market_time,
        verified=not_verified is None,
        not_verified=not_verified,
    )


def _order_lines(orders: Orders, fills: list[Fill], ledger: Ledger) -> Iterator[OrderLine]:
    filled: dict[ClientOrderId, _Filled] = {}
    for fill in fills:
        before = filled.get(fill.client_order_id, _Filled(0, 0))
        filled[fill.client_order_id] = _Filled(before.quantity + fill.quantity, before.ticks_by_lots + fill.price * fill.quantity)
    for order in orders:
        yield _order_line(order, filled.get(order.intent.client_order_id), ledger.instruments[order.intent.instrument])


def _order_line(order: Order, filled: _Filled | None, instrument: Instrument) -> OrderLine:
    intent = order.intent

    def price(ticks: int | None) -> str | None:
        return None if ticks is None else instrument.price_text(ticks)

    return OrderLine(
        seq=order.sequence,
        ts=order.planned_at,
        client_order_id=intent.client_order_id,
        venue_order_id=order.venue_order_id,
        instrument=str(intent.instrument),
        side=intent.side,
        type=intent.type,
        time_in_force=intent.time_in_force,
        expires_at=intent.expires_at,
        quantity=instrument.quantity_text(intent.quantity),
        price=price(intent.price),
        trigger=price(intent.trigger),
        trail=price(intent.trail),
        status=order.status,
        filled=instrument.quantity_text(order.filled),
        average_price=None if filled is None else _average(filled, instrument),
        code=order.code,
        signal_id=intent.signal_id,
    )


def _average(filled: _Filled, instrument: Instrument) -> str:
    ticks = (Decimal(filled.ticks_by_lots) / filled.quantity).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
    return format_decimal(ticks * instrument.tick_size)


def _fill_line(fill: Fill, position_after: int, orders: Orders, ledger: Ledger) -> FillLine:
    instrument = ledger.instruments[fill.instrument]
    in_base = fill.fee_asset == instrument.base
    return FillLine(
        ts=fill.ts,
        fill_id=fill.fill_id.trade_id,
        order_seq=orders[fill.client_order_id].sequence,
        client_order_id=fill.client_order_id,
        instrument=str(instrument.id),
        side=fill.side,
        quantity=instrument.quantity_text(fill.quantity),
        price=instrument.price_text(fill.price),
        fee=instrument.base_text(fill.fee) if in_base else instrument.quote_text(fill.fee),
        fee_asset=fill.fee_asset,
        liquidity=fill.liquidity,
        position_after=instrument.quantity_text(position_after),
    )


def _position_rows(statement: Statement) -> Iterator[PositionRow]:
    for line in statement.positions:
        yield PositionRow(
            instrument=line.instrument,
            quantity=line.quantity,
            average_price=line.average_price,
            cost=line.cost,
            mark_price=line.mark_price,
            value=line.value,
            unrealized=line.unrealized,
            realized=line.realized,
            fifo_realized=line.fifo_realized,
            share_of_equity=line.share_of_equity,
        )


def _balance_rows(statement: Statement) -> Iterator[BalanceRow]:
    for line in statement.balances:
        yield BalanceRow(
            asset=line.asset,
            start=line.start,
            total=line.total,
            free=line.free,
            reserved=line.reserved,
            fees=line.fees,
            value=line.value,
            value_asset=statement.profit.asset,
        )
