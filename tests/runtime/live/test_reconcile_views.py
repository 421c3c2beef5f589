"""An account is read as of one moment, and a baseline says up to where it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from golive.model.balance import Balance
from golive.model.errors import VenueUnavailable
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, OrderStatus, Side
from golive.runtime.live.reconcile_views import ROUNDS, Books, baseline_body, read_venue
from golive.storage.order_journal import JournalState
from golive.venues.dialect import FillSighting, OrderSighting

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.001", min_quantity="0.001", max_quantity="100")


def order(name: str, status: OrderStatus, ts: int = 7) -> OrderSighting:
    return OrderSighting(ClientOrderId(""), VenueOrderId(name), status, 5, 0, "", ts, BTC.ticks("100.5"), Side.SELL)


def fill(trade: str, ts: int) -> FillSighting:
    made = Fill(FillId("okx", trade), ClientOrderId(""), BTC.id, ts, Side.BUY, 1000, 5, 0, "USDT", Liquidity.TAKER)
    return FillSighting(VenueOrderId("1"), made)


class MovingAccount:
    """An account whose balance changes with each of the first `moves` times that it is read."""

    def __init__(self, moves: int) -> None:
        self._moves = moves
        self.reads = 0

    async def balances(self) -> Mapping[str, Balance]:
        self.reads += 1
        return {"BTC": Balance("BTC", 100 + min(self.reads, self._moves), 50, 2)}

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        return (order("1", OrderStatus.PARTIAL), order("2", OrderStatus.OPEN))

    async def closed_orders(
        self, instrument: Instrument, cutoff: Callable[[int], int] | None = None
    ) -> tuple[OrderSighting, ...]:
        return (order("2", OrderStatus.CANCELED, 8),)

    async def fills(self, instrument: Instrument, cutoff: Callable[[int], int] | None = None) -> tuple[FillSighting, ...]:
        assert cutoff is not None
        return tuple(fill(f"t{ts}", ts) for ts in (6, 8) if ts >= cutoff(8))


@pytest.mark.parametrize("moves", [0, 2, 5])
async def test_what_is_read_while_the_account_moves_is_read_again(moves: int) -> None:
    account = MovingAccount(moves)
    view = await read_venue(account, [BTC], 7)
    assert view.balances == {"BTC": Decimal(150 + moves).scaleb(-2)}, "locked and free together, as they were at the end"
    assert account.reads > moves


async def test_an_account_that_never_rests_is_not_compared() -> None:
    with pytest.raises(VenueUnavailable, match=f"{ROUNDS} times"):
        await read_venue(MovingAccount(1000), [BTC], 7)


async def test_an_order_that_ends_while_it_is_read_has_ended() -> None:
    view = await read_venue(MovingAccount(0), [BTC], 7)
    seen = {str(each.venue_order_id): each for each in view.orders}
    assert {name: each.is_open for name, each in seen.items()} == {"1": True, "2": False}
    assert (seen["1"].quantity, seen["1"].price, seen["1"].side) == (Decimal("0.005"), Decimal("100.5"), Side.SELL)
    assert [each.fill_id.trade_id for each in view.fills] == ["t8"]


async def test_a_baseline_remembers_the_newest_moment_and_what_happened_in_it() -> None:
    view = await read_venue(MovingAccount(0), [BTC], 0)
    body = baseline_body(view)
    assert body == {"balances": {"BTC": "1.5"}, "venue_ts": "8", "venue_names": ["2", "t8"]}
    books = Books.of(JournalState(1, {}, 0, {"BTC": Decimal("1.5")}, {}, {"baseline": body}))
    assert (books.baseline_at, books.baseline_names) == (8, frozenset({"2", "t8"}))
