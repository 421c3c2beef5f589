"""Bars of Kraken's trades where pages end in the middle of one moment; a scripted venue answers in pages of two."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit

import pytest

from golive.market.span import Span
from golive.model.clock import MINUTE, SECOND
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.runtime.download.fetch import TradesForwards
from support.adapters import rig, unhurried
from support.scripted_http import Received, answer, scripted_http

pytestmark = pytest.mark.integration
BEGIN = 1_704_067_200 * SECOND
BTC = Instrument.from_text("kraken:BTC/USD", tick_size="0.1", lot_size="0.1", min_quantity="0.1", max_quantity="1000")


class Kept:
    def __init__(self) -> None:
        self.candles: list[Candle] = []
        self.empty: list[Span] = []

    def take(self, candles: Iterable[Candle], empty: Iterable[Span] = ()) -> None:
        self.candles += candles
        self.empty += empty


def flat(opened_at: int, price: int) -> Candle:
    return Candle(BTC.id, opened_at, opened_at + MINUTE, price, price, price, price, 0)


@pytest.mark.parametrize(
    "seconds",
    [
        (61, 62, 62, 100, 190),
        (61, 62, 62, 62, 190),
        (61, 61, 61, 61, 61),
        (119, 120, 120, 121, 121),
        (),
    ],
)
async def test_no_trade_is_lost_or_taken_twice_where_a_page_ends_within_a_moment(seconds: tuple[int, ...]) -> None:
    trades = [
        [f"{100 + number}.0", "1.0", str(BEGIN // SECOND + second), "b", "m", "", number]
        for number, second in enumerate(seconds, start=1)
    ]

    def script(received: Received) -> bytes:
        since = int(parse_qs(urlsplit(received.target).query)["since"][0])
        later = [trade for trade in trades if int(str(trade[2])) * SECOND > since]
        # As many of one moment as there are, so that a page may hold more than two: what is cut off must be asked for again.
        moments = [trade[2] for trade in later]
        cut = 2 if len(later) < 3 or moments[0] != moments[2] else moments.count(moments[0])
        return answer(200, json.dumps({"error": [], "result": {"XXBTZUSD": later[:cut], "last": "0"}}))

    kept = Kept()
    span = Span(BEGIN, BEGIN + 4 * MINUTE)
    async with scripted_http(script) as server, rig("kraken", server.base_url, profile=unhurried("kraken")) as made:
        fetch = TradesForwards(made.adapter, BTC, MINUTE, kept, [flat(span.until, 1)], lambda _: None)
        await fetch(span)
    assert sum(candle.volume for candle in kept.candles) == 10 * len(seconds)
    first = min((second // 60 for second in seconds), default=4)
    assert [candle.opened_at for candle in kept.candles] == [BEGIN + n * MINUTE for n in range(first, 4)]
    assert kept.empty == [Span(BEGIN, BEGIN + first * MINUTE)]
    for candle in kept.candles:
        inside = [101 + n for n, second in enumerate(seconds) if candle.opened_at == BEGIN + second // 60 * MINUTE]
        if inside:
            assert (candle.open, candle.high, candle.low, candle.close) == tuple(
                10 * price for price in (inside[0], max(inside), min(inside), inside[-1])
            )
