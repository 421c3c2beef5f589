"""Lists that are read again and again: each row once, and nothing new is missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from golive.model.balance import Balance
from golive.model.errors import VenueUnavailable
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, OrderStatus, Side
from golive.runtime.live.kept_lists import KeptLists
from golive.venues.account_reads import Begun, Cutoff
from golive.venues.dialect import FillSighting, OrderSighting

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.001", min_quantity="0.001", max_quantity="100")
OVERLAP = 2


def fill(ts: int) -> FillSighting:
    made = Fill(FillId("okx", f"t{ts}"), ClientOrderId(""), BTC.id, ts, Side.BUY, 1000, 5, 0, "USDT", Liquidity.TAKER)
    return FillSighting(VenueOrderId("1"), made)


def order(name: str, status: OrderStatus, ts: int) -> OrderSighting:
    return OrderSighting(ClientOrderId(""), VenueOrderId(name), status, 5, 0, "", ts, BTC.ticks("100.5"), Side.SELL)


class RowByRow:
    """An account whose lists come one row a page, newest first; `breaks_after` pages the venue cannot be asked, once."""

    def __init__(self) -> None:
        self.fill_times: list[int] = []
        self.working: list[OrderSighting] = []
        self.ended: list[OrderSighting] = []
        self.breaks_after: int | None = None
        self.pages = 0

    async def balances(self) -> Mapping[str, Balance]:
        return {}

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        return tuple(self.working)

    async def closed_orders(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[OrderSighting] | None = None
    ) -> tuple[OrderSighting, ...]:
        found: list[OrderSighting] = []
        for row in self.ended:
            self.pages += 1
            found.append(row)
            if cutoff is not None and min(each.ts for each in found) < cutoff(max(each.ts for each in found)):
                break
        return tuple(found)

    async def fills(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[FillSighting] | None = None
    ) -> tuple[FillSighting, ...]:
        found: Begun[FillSighting] = Begun() if begun is None else begun
        rows: Sequence[int] = sorted(self.fill_times, reverse=True)
        for ts in [each for each in rows if not found.after or each < int(found.after)]:
            if self.breaks_after is not None and found.pages == self.breaks_after:
                self.breaks_after = None
                raise VenueUnavailable("page lost")
            self.pages += 1
            found.pages += 1
            found.rows.append(fill(ts))
            found.after = str(ts)
            if cutoff is not None and ts < cutoff(rows[0]):
                break
        return tuple(found.rows)


def back_to_zero(newest: int) -> int:
    return 0


async def times(lists: KeptLists) -> list[int]:
    return sorted(seen.fill.ts for seen in await lists.fills(BTC, back_to_zero))


async def test_what_is_known_is_not_read_again_and_what_is_listed_late_is_found() -> None:
    account = RowByRow()
    account.fill_times = [*range(10, 20)]
    lists = KeptLists(account, OVERLAP)
    assert await times(lists) == [*range(10, 20)]
    account.pages = 0
    account.fill_times += [20, 21]
    assert await times(lists) == [*range(10, 22)]
    assert account.pages == 6, "two new, those of the overlap, and the one that is before it"


async def test_a_list_that_broke_off_goes_on_where_it_did_and_gets_what_came_meanwhile() -> None:
    account = RowByRow()
    account.fill_times = [*range(10, 20)]
    account.breaks_after = 7
    lists = KeptLists(account, OVERLAP)
    with pytest.raises(VenueUnavailable):
        await times(lists)
    account.fill_times.append(20)
    assert await times(lists) == [*range(10, 21)]
    assert account.pages == 10 + 5


async def test_an_order_that_ended_meanwhile_is_found_however_far_back_it_is_listed() -> None:
    """A venue may list by when an order was placed."""
    account = RowByRow()
    account.working = [order("old", OrderStatus.OPEN, 1)]
    account.ended = [order(f"o{ts}", OrderStatus.FILLED, ts) for ts in range(20, 10, -1)]
    lists = KeptLists(account, OVERLAP)
    await lists.open_orders(BTC)
    assert len(await lists.closed_orders(BTC, back_to_zero)) == 10
    account.working = []
    account.ended.append(order("old", OrderStatus.FILLED, 21))
    await lists.open_orders(BTC)
    assert "old" in {row.venue_order_id for row in await lists.closed_orders(BTC, back_to_zero)}
    account.pages = 0
    await lists.open_orders(BTC)
    await lists.closed_orders(BTC, back_to_zero)
    assert account.pages < 10, "it is looked for once"
