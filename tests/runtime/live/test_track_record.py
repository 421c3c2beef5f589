"""What fills come to: average cost, closed positions, losses in a row, fees; and the note that keeps it."""

from __future__ import annotations

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, InstrumentId
from golive.model.order import Fill, Liquidity, OrderType, Side
from golive.risk import OrderFlow
from golive.runtime.live.track_record import TRACK_RECORD, TrackRecord, tell
from golive.storage.order_journal.history import Booked

BTC = InstrumentId.parse("okx:BTC/USDT")
NOON = 20_000 * DAY + DAY // 2
LEAST = {BTC: Decimal("0.001")}
B, S = Side.BUY, Side.SELL
numbers = count(1)


def booked(
    side: Side, quantity: str, price: str, ts: int = NOON, fee: str = "0", asset: str = "USDT", kind: OrderType | None = None
) -> Booked:
    n = next(numbers)
    fill = Fill(FillId("okx", str(n)), ClientOrderId("a" * 32), BTC, ts, side, 1, 1, 0, asset, Liquidity.TAKER)
    return Booked(n, fill, kind, price, quantity, fee)


def record_of(*fills: Booked, rearmed_at: int = 0) -> TrackRecord:
    record = TrackRecord()
    for each in fills:
        record.take(each, LEAST, rearmed_at)
    return record


def flow_of(*records: TrackRecord, rearmed_at: int = 0) -> OrderFlow:
    flow = OrderFlow()
    tell(records, flow, rearmed_at)
    return flow


@pytest.mark.parametrize(
    ("fills", "lost"),
    [
        ([booked(B, "1", "100"), booked(S, "1", "99")], True),
        ([booked(B, "1", "100"), booked(S, "1", "100")], False),
        ([booked(B, "1", "100"), booked(S, "1", "100", fee="0.01")], True),
        ([booked(B, "1", "100", fee="0.01"), booked(S, "1", "100")], True),
        ([booked(B, "1", "100"), booked(B, "1", "110"), booked(S, "2", "104")], True),
        ([booked(B, "1", "100"), booked(S, "0.5", "80"), booked(S, "0.5", "130")], False),
        ([booked(B, "1", "100"), booked(S, "0.5", "80")], False),
        ([booked(S, "1", "1")], False),
        ([booked(B, "1", "100"), booked(S, "5", "99")], True),
        ([booked(B, "1", "100", fee="0.0005", asset="BTC"), booked(S, "0.999", "99")], True),
        ([booked(B, "1", "100"), booked(S, "0.999", "99")], False),
        ([booked(B, "0.0009", "100"), booked(S, "1", "1")], False),
    ],
    ids=[
        "loss", "even", "fee of the sale", "fee of the buy", "average", "in parts", "half is open", "never bought here",
        "more than was bought here", "dust left", "not dust", "dust was there",
    ],
)  # fmt: skip
def test_a_closed_position_has_a_result_fees_included(fills: list[Booked], lost: bool) -> None:
    record = record_of(*fills)
    assert (BTC in record.losses) is lost
    assert record.losses_in_a_row == lost


def test_losses_in_a_row_are_those_of_one_day_since_a_person_re_armed() -> None:
    def losses(*times: int, rearmed_at: int = 0) -> int:
        record = record_of(
            *(each for ts in times for each in (booked(B, "1", "100", ts), booked(S, "1", "99", ts))), rearmed_at=rearmed_at
        )
        return flow_of(record, rearmed_at=rearmed_at).losses_in_a_row

    assert losses(NOON, NOON + 1, NOON + 2) == 3
    assert losses(NOON - DAY, NOON, NOON + 1) == 2
    assert losses(NOON, NOON + 1, NOON + 2, rearmed_at=NOON + 1) == 1
    assert losses(NOON, NOON + 1, rearmed_at=NOON + 1) == 0
    won = record_of(booked(B, "1", "100"), booked(S, "1", "99"), booked(B, "1", "100"), booked(S, "1", "101"))
    assert flow_of(won).losses_in_a_row == 0
    assert flow_of(won).loss_of(BTC) == NOON


def test_a_stop_that_fired_counts_and_another_sale_does_not() -> None:
    fills = [booked(B, "2", "100"), booked(S, "1", "90", kind=OrderType.STOP), booked(S, "1", "90", kind=OrderType.STOP)]
    assert flow_of(record_of(*fills)).stops_within(MINUTE, NOON) == 1
    assert flow_of(record_of(booked(B, "1", "100"), booked(S, "1", "90"))).stops_within(MINUTE, NOON) == 0


def test_accounts_are_counted_together() -> None:
    one, other = (record_of(booked(B, "1", "100", ts), booked(S, "1", "99", ts)) for ts in (NOON, NOON + 5))
    flow = flow_of(other, one)
    assert (flow.losses_in_a_row, flow.loss_of(BTC)) == (2, NOON + 5)


def test_fees_are_counted_in_the_quote_asset() -> None:
    record = record_of(booked(B, "1", "100", fee="0.001", asset="BTC"), booked(S, "0.5", "200", fee="0.25"))
    assert record.fees == {"USDT": Decimal("0.35")}


steps = st.tuples(
    st.sampled_from(Side), st.integers(1, 3000), st.integers(90, 110), st.integers(0, 3 * DAY), st.sampled_from(list(OrderType))
)


@given(st.lists(steps, max_size=30), st.integers(0, 30))
def test_a_record_that_was_kept_goes_on_where_it_stood(drawn: list[tuple[Side, int, int, int, OrderType]], cut: int) -> None:
    """However often a journal is opened, its fills come to the same."""
    fills = [
        booked(side, str(Decimal(lots) / 1000), str(price), NOON + ts, "0.01", kind=kind)
        for side, lots, price, ts, kind in sorted(drawn, key=lambda each: each[3])
    ]
    whole, kept = record_of(*fills), record_of(*fills[:cut])
    again = TrackRecord.stored({TRACK_RECORD: kept.body()})
    for each in fills[cut:]:
        again.take(each, LEAST)
    assert again.body() == whole.body()


@pytest.mark.parametrize("change", [{"to": "many"}, {"stops": "none"}, {"positions": {"okx:BTC/USDT": "1"}}, {"fees": None}])
def test_a_note_that_cannot_be_read_is_an_error(change: dict[str, object]) -> None:
    body = {**record_of(booked(B, "1", "100")).body(), **change}
    with pytest.raises(MalformedPayload, match="what its fills came to"):
        TrackRecord.stored({TRACK_RECORD: body})  # type: ignore[dict-item]  # broken on purpose
