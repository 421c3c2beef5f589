"""The past of a venue, page by page, from each simulated venue, and what is refused of an answer."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from golive.model.errors import ConfigError, MalformedPayload, VenueError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.venues import profile_named
from support.adapters import ADAPTERS, rig, unhurried
from support.scripted_http import Received, answer, scripted_http
from support.venue_process import venue_process

MINUTE = 60 * 10**9
END = 1_704_067_200 * 10**9  # 2024-01-01
SYMBOLS = {"okx": "BTC/USDT", "bybit": "BTC/USDT", "kraken": "BTC/USD"}


def past(dialect: str, bars: int) -> Any:
    flags = ("--symbol", SYMBOLS[dialect], "--start", "2024-01-01T00:00:00Z", "--history", str(bars), "--no-limits")
    return venue_process(*flags, dialect=dialect)


def btc(venue: str) -> Instrument:
    return Instrument.from_text(
        f"{venue}:{SYMBOLS[venue]}", tick_size="0.1", lot_size="0.00000001", min_quantity="0.0001", max_quantity="1000"
    )


@pytest.mark.integration
@pytest.mark.parametrize(("venue", "page"), [("okx", 300), ("bybit", 1000)])
async def test_candles_of_any_age_come_backwards_page_by_page(venue: str, page: int) -> None:
    bars = 2 * page + 50
    with past(venue, bars) as process:
        async with rig(venue, process.rest, profile=unhurried(venue)) as made:
            instrument = (await made.adapter.load())[InstrumentId.parse(f"{venue}:{SYMBOLS[venue]}")]
            pages, before = [], END
            while found := await made.adapter.older_candles(instrument, "1m", before):
                pages.append(found)
                before = found[0].opened_at
            with pytest.raises(ConfigError, match="trades"):
                await made.adapter.later_trades(instrument, END)
    assert [len(each) for each in pages] == [page, page, 50]
    candles = [candle for each in reversed(pages) for candle in each]
    assert [candle.opened_at for candle in candles] == [END - (bars - n) * MINUTE for n in range(bars)]
    assert all(candle.closed_at == candle.opened_at + MINUTE for candle in candles)


@pytest.mark.integration
async def test_trades_of_any_age_come_forwards_page_by_page_and_none_is_left_out() -> None:
    with past("kraken", 300) as process:
        async with rig("kraken", process.rest, profile=unhurried("kraken")) as made:
            instrument = (await made.adapter.load())[InstrumentId.parse("kraken:BTC/USD")]
            pages, after = [], END - 300 * MINUTE - 1
            while found := await made.adapter.later_trades(instrument, after):
                pages.append(found)
                after = found[-1].trade.ts
            with pytest.raises(ConfigError, match="candles of any age"):
                await made.adapter.older_candles(instrument, "1m", END)
    assert len(pages) >= 2
    assert len(pages[0]) == 1000
    numbers = [each.number for each in itertools.chain.from_iterable(pages)]
    assert numbers == list(range(1, len(numbers) + 1))


ROW = ["1704067140000", "1.0", "2.0", "1.0", "2.0", "1", "1", "1", "1"]


async def served(venue: str, body: dict[str, Any]) -> None:
    def reply(_: Received) -> bytes:
        return answer(200, json.dumps(body))

    async with scripted_http(reply) as server, rig(venue, server.base_url, profile=unhurried(venue)) as made:
        if venue == "kraken":
            await made.adapter.later_trades(btc(venue), END)
        else:
            await made.adapter.older_candles(btc(venue), "1m", END - 10 * MINUTE)


@pytest.mark.integration
@pytest.mark.parametrize(
    ("venue", "body", "words"),
    [
        ("okx", {"code": "0", "msg": "", "data": [[*ROW[:8], "0"]]}, "not closed"),
        ("okx", {"code": "0", "msg": "", "data": [ROW]}, "asked for those before"),
        ("bybit", {"retCode": 0, "retMsg": "OK", "result": {"list": [ROW]}}, "asked for those before"),
        ("bybit", {"retCode": 0, "retMsg": "OK", "result": {"list": "none"}}, "not a list"),
        ("kraken", {"error": [], "result": {"XXBTZUSD": [["1", "1", "1704067140.1", "b", "m", ""]], "last": "1"}}, "is not"),
        ("kraken", {"error": [], "result": {"XXBTZUSD": [["1", "1", "1704067140.1", "x", "m", "", 1]], "last": "1"}}, "no side"),
        ("kraken", {"error": [], "result": {"XXBTZUSD": 2 * [["1", "1", "1704067140.1", "b", "m", "", 1]], "last": "1"}}, "rise"),
    ],
)  # fmt: skip
async def test_a_page_that_cannot_be_is_refused(venue: str, body: dict[str, Any], words: str) -> None:
    with pytest.raises((VenueError, MalformedPayload), match=words):
        await served(venue, body)


def test_every_venue_has_one_kind_of_history() -> None:
    for venue in ADAPTERS.values():
        profile = profile_named(venue)
        assert (profile.candle_history is None) != (profile.trade_history is None), venue
