"""The journal's values: an entry per fill, a flow per deposit or withdrawal, and the postings they stand for.

The ledger books with factors worked out once; here the same amounts come from the instrument itself, so each checks the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from golive.model.ids import ClientOrderId, FillId, InstrumentId
from golive.model.json import JsonValue
from golive.model.order import Fill, Liquidity, Side

from .account import Account, Posting
from .holding import Holding


class Entry(NamedTuple):
    """A booked fill with the position after it, in whole lots (CONTRACT, *Paper rules* 7). Other units as in `Fill`."""

    ts: int
    fill_id: FillId
    client_order_id: ClientOrderId
    instrument: InstrumentId
    side: Side
    quantity: int
    price: int
    fee: int
    fee_asset: str
    liquidity: Liquidity
    position_after: int

    @classmethod
    def of(cls, fill: Fill, position_after: int) -> Entry:
        return cls(
            fill.ts, fill.fill_id, fill.client_order_id, fill.instrument, fill.side, fill.quantity, fill.price, fill.fee,
            fill.fee_asset, fill.liquidity, position_after,
        )  # fmt: skip

    @property
    def fill(self) -> Fill:
        return Fill(
            self.fill_id, self.client_order_id, self.instrument, self.ts, self.side, self.price, self.quantity, self.fee,
            self.fee_asset, self.liquidity,
        )  # fmt: skip

    def row(self) -> list[JsonValue]:
        """Return the entry as texts, in the order of its fields."""
        return [
            str(self.ts), self.fill_id.venue, self.fill_id.trade_id, self.client_order_id, str(self.instrument), str(self.side),
            str(self.quantity), str(self.price), str(self.fee), self.fee_asset, str(self.liquidity), str(self.position_after),
        ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Flow:
    """Money that came from (`units` > 0) or went (< 0) outside, in smallest units of `asset`, at event time `ts` (ns UTC).

    `worth` is what a base asset was worth in quote units of its first instrument, never negative; it becomes the cost of what
    came and the proceeds of what went. None: nobody knows, and profits of that instrument are unknown from then on.
    """

    ts: int
    asset: str
    units: int
    worth: int | None = None

    @property
    def paid(self) -> int:
        """What the flow counts for as if it had been bought (> 0) or sold (< 0); 0 when nobody knows."""
        worth = self.worth or 0
        return worth if self.units > 0 else -worth

    def row(self) -> list[JsonValue]:
        """Return the flow as texts, in the order of its fields."""
        return [str(self.ts), self.asset, str(self.units), None if self.worth is None else str(self.worth)]


Journaled: TypeAlias = Entry | Flow
Record: TypeAlias = tuple[Fill, int] | Flow
"""What the ledger keeps of each: a fill with the position after it, or a flow."""


def postings_of(record: Record, holdings: Mapping[InstrumentId, Holding]) -> tuple[Posting, ...]:
    """Return the postings of a record; they sum to zero for each asset."""
    if isinstance(record, Flow):
        return postings_of_flow(record)
    return postings_of_fill(record[0], holdings[record[0].instrument])


def postings_of_fill(fill: Fill, holding: Holding) -> tuple[Posting, ...]:
    """Return the postings of a fill; they sum to zero for each asset. A fee in a third asset is in the ledger's units."""
    spec, sign = holding.spec, fill.side.sign
    base = sign * spec.base_units(fill.quantity) * holding.base_factor
    quote = -sign * spec.notional(fill.price, fill.quantity) * holding.quote_factor
    factors = {spec.base: holding.base_factor, spec.quote: holding.quote_factor}
    fee = fill.fee * factors.get(fill.fee_asset, 1)
    return (
        Posting(spec.base, Account.FREE, base), Posting(spec.base, Account.VENUE, -base),
        Posting(spec.quote, Account.FREE, quote), Posting(spec.quote, Account.VENUE, -quote),
        Posting(fill.fee_asset, Account.FREE, -fee), Posting(fill.fee_asset, Account.FEES, fee),
    )  # fmt: skip


def postings_of_flow(flow: Flow) -> tuple[Posting, ...]:
    """Return the postings of a flow; they sum to zero."""
    return Posting(flow.asset, Account.FREE, flow.units), Posting(flow.asset, Account.EXTERNAL, -flow.units)


def postings_of_reservation(asset: str, units: int) -> tuple[Posting, ...]:
    """Return the postings that set `units` aside (negative: release them); they sum to zero."""
    return Posting(asset, Account.FREE, -units), Posting(asset, Account.RESERVED, units)
