"""What `golive orders | fills | positions | balances` say about one session: rows, documents and their schemas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from golive.model.json import JsonValue
from golive.model.order import Liquidity, OrderStatus, OrderType, Side, TimeInForce
from golive.observability.shape import Amount, Count, Fragment, Instant, as_json, closed_object, object_properties, schema_of

ClientOrderIdText = Annotated[str, Fragment({"pattern": "^[0-9a-f]{32}$"})]
State = Literal["open", "cut_off", "ended"]
Kind = Literal["orders", "fills", "positions", "balances"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionHead:
    """Which session it is, and how far what is shown can be believed."""

    run_id: str
    stage: str
    entrypoint: str
    environment: str
    started_at: Instant
    state: State
    """`open`: runs, or was cut off and its entrypoint was not started since; `cut_off`: can be resumed; `ended`: in order"""
    restarts: Count
    market_time: Instant | None
    """of the newest stored event"""
    verified: bool
    """whether chain and MACs of the whole store were checked and are sound"""
    not_verified: str | None
    """why not"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One order as it stands. Quantities in base, prices in quote; `price` and `quantity` are those of its last amendment."""

    seq: Count
    ts: Instant
    """market time of the decision"""
    client_order_id: ClientOrderIdText
    venue_order_id: str | None
    instrument: str
    side: Side
    type: OrderType
    time_in_force: TimeInForce
    expires_at: Instant | None
    quantity: Amount
    price: Amount | None
    trigger: Amount | None
    trail: Amount | None
    status: OrderStatus
    filled: Amount
    average_price: Amount | None
    """what was filled, weighted by quantity, rounded half-even to a hundredth of a tick"""
    code: str
    signal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FillLine:
    """One ledger entry, with the fields of CONTRACT "Paper rules" 7 and the number of its order."""

    ts: Instant
    fill_id: str
    order_seq: Count
    client_order_id: ClientOrderIdText
    instrument: str
    side: Side
    quantity: Amount
    price: Amount
    fee: Amount
    fee_asset: str
    liquidity: Liquidity
    position_after: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionRow:
    """One instrument that holds something or was traded, at the last price the session saw; money in its quote asset.

    What rests on a cost nobody declared is null, and so is what needs a price where none was seen.
    """

    instrument: str
    quantity: Amount
    average_price: Amount | None
    cost: Amount | None
    mark_price: Amount | None
    value: Amount | None
    unrealized: Amount | None
    realized: Amount | None
    fifo_realized: Amount | None
    share_of_equity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceRow:
    """One asset; `reserved` is what open orders hold back, `value` is in `value_asset`."""

    asset: str
    start: Amount
    total: Amount
    free: Amount
    reserved: Amount
    fees: Amount
    value: Amount | None
    value_asset: str


ROWS: Final[dict[Kind, type]] = {"orders": OrderLine, "fills": FillLine, "positions": PositionRow, "balances": BalanceRow}


def document(kind: Kind, head: SessionHead, rows: tuple[object, ...]) -> dict[str, JsonValue]:
    """Return the JSON document of one list."""
    told = as_json(head)
    assert isinstance(told, dict)
    return {"schema": f"golive.{kind}.v1", **told, kind: [as_json(row) for row in rows]}


def document_schema(kind: Kind) -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of one list; every object in it is closed."""
    definitions: dict[str, JsonValue] = {}
    properties: dict[str, JsonValue] = {"schema": {"const": f"golive.{kind}.v1"}, **object_properties(SessionHead, definitions)}
    properties[kind] = {"type": "array", "items": schema_of(ROWS[kind], definitions)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:golive.{kind}.v1",
        "title": f"The {kind} of one session of Golive",
        **closed_object(dict(sorted(properties.items()))),
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
