"""What the fills of an account came to: positions by average cost, what the closed ones lost, stops that fired, fees paid.

A journal may hold a million fills, so the record is kept in it as a note, and a start folds in only what was booked since. What
an account held before its journal began, or got by another way, has no cost here: selling it has no result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from golive.model.clock import DAY
from golive.model.errors import MalformedPayload
from golive.model.ids import InstrumentId
from golive.model.json import JsonObject, JsonValue
from golive.model.money import EXACT, format_decimal
from golive.model.order import OrderType, Side
from golive.portfolio import Position
from golive.risk import OrderFlow
from golive.storage.order_journal.history import Booked

TRACK_RECORD: Final = "track_record"
"""the note that keeps it"""
_SCALE: Final = 20
"""decimals of all amounts in here: those of a price and a quantity together"""
_STOPS: Final = (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)
_STOPS_KEPT: Final = 256


@dataclass(slots=True)
class TrackRecord:
    """The record of one account; `take` folds in fills in the order of the journal."""

    to: int = 0
    """sequence of the last row that was folded in"""
    positions: dict[InstrumentId, Position] = field(default_factory=dict)
    """units of base and quote are 10^-20; `realized` is what the open position has earned so far"""
    fees: dict[str, Decimal] = field(default_factory=dict)
    """all that was ever paid, by quote asset; a fee in the base asset counts at the price of its fill"""
    losses: dict[InstrumentId, int] = field(default_factory=dict)
    """when a position was last closed with a loss, ns UTC"""
    losses_in_a_row: int = 0
    last_loss: int = 0
    """ns UTC, of the losses in a row"""
    stops: list[int] = field(default_factory=list)
    """when protective stops have closed a position, ns UTC, the newest last"""

    def take(self, booked: Booked, least: Mapping[InstrumentId, Decimal], rearmed_at: int = 0) -> None:
        """Fold in the next fill. Less than `least` of a base asset cannot be traded: such a position is closed.

        Losses up to `rearmed_at` (ns UTC) no longer count as losses in a row.
        """
        fill = booked.fill
        self.to = booked.seq
        quantity = Decimal(booked.quantity)
        paid, fee = EXACT.multiply(Decimal(booked.price), quantity), Decimal(booked.fee)
        base, quote = fill.side.sign * quantity, -fill.side.sign * paid
        if fill.fee_asset == fill.instrument.base:
            base -= fee
            fee = EXACT.multiply(fee, Decimal(booked.price))
        else:
            quote -= fee
        asset = fill.instrument.quote
        self.fees[asset] = EXACT.add(self.fees.get(asset, Decimal(0)), fee)
        position = self.positions.setdefault(fill.instrument, Position())
        held = position.base_units
        _move(position, _units(base), _units(quote))
        tradable = max(1, _units(least.get(fill.instrument, Decimal(0))))
        if fill.side is Side.BUY or held < tradable or position.base_units >= tradable:
            return
        self._closed(fill.instrument, position.realized, fill.ts, rearmed_at)
        position.realized = 0
        if booked.type in _STOPS:
            self.stops = [*self.stops, fill.ts][-_STOPS_KEPT:]

    def _closed(self, instrument: InstrumentId, result: int, ts: int, rearmed_at: int) -> None:
        if result >= 0:
            self.losses_in_a_row = 0
            return
        goes_on = self.last_loss // DAY == ts // DAY and self.last_loss > rearmed_at
        self.losses[instrument] = ts
        self.losses_in_a_row = (self.losses_in_a_row if goes_on else 0) + (ts > rearmed_at)
        self.last_loss = ts

    def body(self) -> JsonObject:
        """Return the body of the note that keeps it; numbers as text."""
        open_ones = {key: each for key, each in self.positions.items() if each.base_units}
        losses: dict[str, JsonValue] = {str(key): str(ts) for key, ts in self.losses.items()}
        return {
            "to": str(self.to),
            "positions": {str(key): f"{each.base_units}/{each.cost}/{each.realized}" for key, each in open_ones.items()},
            "fees": {asset: format_decimal(amount) for asset, amount in self.fees.items()},
            "losses": losses,
            "losses_in_a_row": str(self.losses_in_a_row),
            "last_loss": str(self.last_loss),
            "stops": [str(ts) for ts in self.stops],
        }

    @classmethod
    def stored(cls, notes: Mapping[str, JsonObject]) -> TrackRecord:
        """Return the record that a journal keeps, or an empty one, which its first fill begins.

        Raises MalformedPayload when the note cannot be read.
        """
        body = notes.get(TRACK_RECORD)
        if body is None:
            return cls()
        try:
            stops = body["stops"]
            if not isinstance(stops, list):
                raise ValueError("stops are not a list")
            return cls(
                int(str(body["to"])),
                {InstrumentId.parse(key): _position(text) for key, text in _members(body, "positions")},
                {asset: Decimal(amount) for asset, amount in _members(body, "fees")},
                {InstrumentId.parse(key): int(ts) for key, ts in _members(body, "losses")},
                int(str(body["losses_in_a_row"])),
                int(str(body["last_loss"])),
                [int(str(ts)) for ts in stops],
            )
        except (KeyError, ValueError, ArithmeticError) as exc:
            raise MalformedPayload(f"the journal's note of what its fills came to cannot be read: {exc}") from exc


def tell(records: Iterable[TrackRecord], flow: OrderFlow, rearmed_at: int) -> None:
    """Tell a flow that knows nothing yet what the accounts have closed and stopped; `rearmed_at`: see `TrackRecord.take`."""
    records = tuple(records)
    for ts, key in sorted((ts, key) for record in records for key, ts in record.losses.items()):
        flow.closed(key, -1, ts)
    # Of several accounts the losses in a row are those of the one that lost last, and of all that lost on that day.
    counted = [record for record in records if record.losses_in_a_row and record.last_loss > rearmed_at]
    day = max((record.last_loss // DAY for record in counted), default=-1)
    flow.last_loss_day = day
    flow.losses_in_a_row = sum(record.losses_in_a_row for record in counted if record.last_loss // DAY == day)
    for ts in sorted(ts for record in records for ts in record.stops):
        flow.stopped(ts)


def _move(position: Position, base: int, quote: int) -> None:
    """Move a position that is never negative: what is sold beyond it was never bought here, and has no result."""
    held = position.base_units
    if base < 0 and held + base < 0:
        base, quote = -held, quote * held // -base
    if base:
        position.move(base, quote)


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(_SCALE, EXACT))


def _position(text: str) -> Position:
    base, cost, realized = (int(part) for part in text.split("/"))
    return Position(base, cost, realized)


def _members(body: JsonObject, name: str) -> list[tuple[str, str]]:
    members = body[name]
    if not isinstance(members, Mapping):
        raise ValueError(f"{name} are not an object")
    return [(key, str(value)) for key, value in members.items()]
