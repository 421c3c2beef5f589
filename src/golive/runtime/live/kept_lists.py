"""Ended orders and fills of one account for many comparisons in a row: read once, then only as far back as may be new."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from golive.model.balance import Balance
from golive.model.ids import FillId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.venues.account_reads import Begun, Cutoff
from golive.venues.dialect import FillSighting, OrderSighting

T = TypeVar("T", OrderSighting, FillSighting)
K = TypeVar("K", bound=Hashable)


class PagedLists(Protocol):
    """What is read of an account, and goes on where it broke off; `venues.account_reads.AccountReads` is one."""

    async def balances(self) -> Mapping[str, Balance]: ...

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]: ...

    async def closed_orders(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[OrderSighting] | None = None
    ) -> tuple[OrderSighting, ...]: ...

    async def fills(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[FillSighting] | None = None
    ) -> tuple[FillSighting, ...]: ...


@dataclass(slots=True)
class _Kept(Generic[K, T]):
    """One list: what came of it, and whether it reaches back as far as was asked."""

    key: Callable[[T], K]
    time: Callable[[T], int]
    begun: Begun[T] = field(default_factory=Begun)
    rows: dict[K, T] = field(default_factory=dict)
    is_whole: bool = False

    def keep(self, rows: Sequence[T]) -> None:
        self.rows.update((self.key(row), row) for row in rows)


class KeptLists:
    """Reads an account as `reads` does, without reading again what it has.

    A list that broke off goes on from the page where it did. A list that is whole is read back to the newest row known minus
    `overlap_ns`, for what the venue lists late. All cutoffs of one object are meant to be the same.
    """

    def __init__(self, reads: PagedLists, overlap_ns: int) -> None:
        self._reads = reads
        self._overlap_ns = overlap_ns
        self._orders: dict[InstrumentId, _Kept[VenueOrderId, OrderSighting]] = {}
        self._fills: dict[InstrumentId, _Kept[FillId, FillSighting]] = {}
        self._working: dict[InstrumentId, frozenset[VenueOrderId]] = {}
        self._ended: dict[InstrumentId, frozenset[VenueOrderId]] = {}
        """orders that worked when they were listed, and do so no more"""

    async def balances(self) -> Mapping[str, Balance]:
        return await self._reads.balances()

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        found = await self._reads.open_orders(instrument)
        working = frozenset(order.venue_order_id for order in found)
        before = self._working.get(instrument.id, frozenset())
        self._ended[instrument.id] = self._ended.get(instrument.id, frozenset()) | (before - working)
        self._working[instrument.id] = working
        return found

    async def closed_orders(self, instrument: Instrument, cutoff: Cutoff | None = None) -> tuple[OrderSighting, ...]:
        kept = self._orders.get(instrument.id) or self._new_orders(instrument)
        was_whole = kept.is_whole
        await self._read(kept, self._reads.closed_orders, instrument, cutoff)
        if was_whole and self._ended.get(instrument.id, frozenset()) - kept.rows.keys():
            kept = self._new_orders(instrument)  # OKX lists by when an order was placed: what ended now may stand far back
            await self._read(kept, self._reads.closed_orders, instrument, cutoff)
        self._ended.pop(instrument.id, None)
        return tuple(kept.rows.values())

    async def fills(self, instrument: Instrument, cutoff: Cutoff | None = None) -> tuple[FillSighting, ...]:
        kept = self._fills.setdefault(instrument.id, _Kept(lambda seen: seen.fill.fill_id, lambda seen: seen.fill.ts))
        await self._read(kept, self._reads.fills, instrument, cutoff)
        return tuple(kept.rows.values())

    def _new_orders(self, instrument: Instrument) -> _Kept[VenueOrderId, OrderSighting]:
        made = self._orders[instrument.id] = _Kept(lambda order: order.venue_order_id, lambda order: order.ts)
        return made

    async def _read(self, kept: _Kept[K, T], pages: _Pages[T], instrument: Instrument, cutoff: Cutoff | None) -> None:
        if not kept.is_whole:
            broke_off = kept.begun.pages > 0
            kept.keep(await pages(instrument, cutoff, kept.begun))
            kept.is_whole = True
            if not broke_off:
                return
        newest = max(map(kept.time, kept.rows.values()), default=None)
        known = 0 if newest is None else newest - self._overlap_ns
        kept.keep(await pages(instrument, lambda top: max(known, 0 if cutoff is None else cutoff(top)), None))


class _Pages(Protocol[T]):
    async def __call__(self, instrument: Instrument, cutoff: Cutoff | None, begun: Begun[T] | None) -> tuple[T, ...]: ...


__all__ = ["KeptLists", "PagedLists"]
