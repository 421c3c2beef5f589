"""Events and commands as bytes and back: the form of a recorded event log.

An event is one JSON array `[kind, ...]` of integers and strings; a replayed log gives the same events, and the engine the same
commands. Books are recorded as their touch, which is all the engine reads of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

import orjson

from golive.model.command import Alert, Amend, Cancel, Command, Record, SetTimer, Submit
from golive.model.decision import Approved
from golive.model.errors import MalformedPayload
from golive.model.event import Durable, Event, Operator, OperatorAction, Peers, Timer
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.market import Book, Candle, Trade
from golive.model.order import Fill, Liquidity, NewOrder, OrderUpdate, Side
from golive.model.peer import HostFigures, HostStop, OwnPast, PeerFigure


def encode_event(event: Event) -> tuple[str, bytes]:
    """Return (kind, JSON bytes) of an event."""
    match event:
        case Candle(i, opened, closed, o, h, low, c, v):
            row: list[object] = [str(i), opened, closed, o, h, low, c, v]
        case Book(i, ts, bids, asks):
            row = [str(i), ts, list(map(list, bids[:1])), list(map(list, asks[:1]))]
        case Trade(i, ts, price, quantity, side, trade_id):
            row = [str(i), ts, price, quantity, side, trade_id]
        case OrderUpdate(coid, ts, name, venue_id, code, price, quantity):
            row = [coid, ts, name, venue_id, code, price, quantity]
        case Fill():
            row = [
                event.fill_id.venue, event.fill_id.trade_id, event.client_order_id, str(event.instrument), event.ts,
                event.side, event.price, event.quantity, event.fee, event.fee_asset, event.liquidity,
            ]  # fmt: skip
        case Timer(name, ts):
            row = [name, ts]
        case Operator(action, operator, cause, ts, scope, at_once):
            row = [action, operator, cause, ts, scope, at_once]
        case Peers((figures, own, stops), ts):
            row = [list(map(list, figures)), None if own is None else list(own), list(map(list, stops)), ts]
        case Durable(seq, ts):
            row = [seq, ts]
    return type(event).__name__, orjson.dumps(row)


_DECODERS: dict[str, Callable[..., Event]] = {
    "Candle": lambda i, *rest: Candle(InstrumentId.parse(i), *rest),
    "Book": lambda i, ts, bids, asks: Book(InstrumentId.parse(i), ts, tuple(map(tuple, bids)), tuple(map(tuple, asks))),
    "Trade": lambda i, ts, price, quantity, side, tid: Trade(InstrumentId.parse(i), ts, price, quantity, Side(side), tid),
    "OrderUpdate": lambda coid, ts, name, venue_id, code, price, quantity: OrderUpdate(
        ClientOrderId(coid), ts, name, None if venue_id is None else VenueOrderId(venue_id), code, price, quantity
    ),
    "Fill": lambda venue, tid, coid, i, ts, side, price, quantity, fee, asset, liquidity: Fill(
        FillId(venue, tid), ClientOrderId(coid), InstrumentId.parse(i), ts, Side(side), price, quantity, fee, asset,
        Liquidity(liquidity),
    ),
    "Timer": Timer,
    "Operator": lambda action, *rest: Operator(OperatorAction(action), *rest),
    "Peers": lambda figures, own, stops, ts: Peers(
        HostFigures(
            tuple(PeerFigure(*figure) for figure in figures),
            None if own is None else OwnPast(*own),
            tuple(HostStop(*stop) for stop in stops),
        ),
        ts,
    ),
    "Durable": Durable,
}  # fmt: skip


def decode_event(kind: str, body: bytes) -> Event:
    """Return the event that `encode_event` wrote; MalformedPayload naming the kind otherwise."""
    try:
        return _DECODERS[kind](*orjson.loads(body))
    except (KeyError, TypeError, ValueError) as exc:
        raise MalformedPayload(f"recorded event of kind {kind!r} cannot be read: {exc}") from exc


class CommandDigest:
    """SHA-256 over a stream of commands, with our random-looking order ids replaced by their sequence.

    Two runs of the same data, seed and configuration give the same digest, whatever their keys and epochs.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._ids: dict[str, int] = {}

    def update(self, commands: Iterable[Command]) -> None:
        for command in commands:
            self._digest.update(self._encode(command))

    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    def _encode(self, command: Command) -> bytes:
        match command:
            case Record(seq, ts, event, body, verdict):
                order = None if verdict is None else self._order(verdict.order)
                approved = None if verdict is None else isinstance(verdict, Approved)
                plain = {key: self._plain(value) for key, value in body.items() if key != "operator"}
                row: list[object] = ["record", seq, ts, event, plain, approved, order]
            case Submit(approved_order):
                row = ["submit", self._order(approved_order.order), approved_order.decision_seq]
            case Amend(approved_order):
                row = ["amend", self._order(approved_order.order), approved_order.decision_seq]
            case Cancel(coid):
                row = ["cancel", self._number(coid)]
            case Alert(category, severity, title, text):
                row = ["alert", category, severity, title, text]
            case SetTimer(name, due):
                kind, _, rest = name.partition(":")
                row = ["timer", kind, self._plain(rest), due]
        return orjson.dumps(row, option=orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)

    def _order(self, order: NewOrder) -> list[object]:
        return [
            self._number(order.client_order_id), str(order.instrument), order.side, order.type, order.quantity, order.price,
            order.time_in_force, order.signal_id, order.trigger, order.trail, order.expires_at,
        ]  # fmt: skip

    def _number(self, client_order_id: str) -> int:
        return self._ids.setdefault(client_order_id, len(self._ids) + 1)

    def _plain(self, value: object) -> object:
        return self._ids.get(value, value) if isinstance(value, str) else value
