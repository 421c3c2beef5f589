"""The floor as the configuration says: how long paper orders travel, by the market model and the profile."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from golive.execution import News, PaperExecution
from golive.metrics.recorder import MemoryRecorder
from golive.model.market import Trade
from golive.model.order import Fill, Side
from golive.runtime.floor import open_ideal, open_paper
from golive.runtime.market_facts import FillModel
from golive.runtime.options import RunOptions
from golive.runtime.plan import plan_run
from golive.venues import profile_named
from support.configuration import RUNTIME, changed, parse
from support.trading import BTC, START, approved, book, candle, order


@pytest.mark.parametrize(
    ("written", "fill_model", "travels_ns"),
    [
        ("", "bar", None),
        ("", "book", 50_000_000),
        ("      latency_ms: 0\n", "book", None),
        ("      latency_ms: 7.5\n", "book", 7_500_000),
        ("      latency_ms: 7.5\n", "bar", 7_500_000),
        ("      latency_ms: 0.0000001\n", "book", 1),
    ],
)
def test_paper_orders_travel_as_long_as_the_profile_says(
    tmp_path: Path, written: str, fill_model: FillModel, travels_ns: int | None
) -> None:
    config = parse(changed(RUNTIME, "      io_queue: okx_spot\n", "      io_queue: okx_spot\n" + written))
    plan = plan_run(RunOptions(mode="demo"), config, tmp_path / "runtime.yaml", tmp_path)
    paper = open_paper(plan, [BTC], fill_model, profile_named("okx_spot"), MemoryRecorder())
    news = paper.submit(approved(order(1, Side.BUY, "0.1", "39000")), START)
    assert bool(news) is (travels_ns is None), "without latency the answer is here at once"
    assert paper.next_due == (None if travels_ns is None else START + travels_ns)


def floor_of(tmp_path: Path, fill_model: FillModel, kind: str) -> PaperExecution:
    config = parse(changed(RUNTIME, "      io_queue: okx_spot\n", "      io_queue: okx_spot\n      latency_ms: 0\n"))
    plan = plan_run(RunOptions(mode="demo"), config, tmp_path / "runtime.yaml", tmp_path)
    if kind == "ideal":
        return open_ideal(plan, [BTC], fill_model, profile_named("okx_spot"))
    return open_paper(plan, [BTC], fill_model, profile_named("okx_spot"), MemoryRecorder())


def dealt(news: Sequence[News]) -> list[tuple[str, str]]:
    return [(BTC.price_text(each.price), BTC.quantity_text(each.quantity)) for each in news if isinstance(each, Fill)]


@pytest.mark.parametrize(("kind", "second"), [("session", [("40001", "0.5")]), ("ideal", [("40001", "1")])])
def test_what_a_session_took_from_the_book_is_gone_and_the_optimist_takes_it_again(
    tmp_path: Path, kind: str, second: list[tuple[str, str]]
) -> None:
    paper = floor_of(tmp_path, "book", kind)
    paper.on_market(book(START, [("40000", "1")], [("40001", "1")]))
    assert dealt(paper.submit(approved(order(1, Side.BUY, "1")), START)) == [("40001", "1")]
    paper.on_market(book(START + 1, [("40000", "1")], [("40001", "1.5"), ("40009", "5")]))
    assert dealt(paper.submit(approved(order(2, Side.BUY, "1", "40001")), START + 1)) == second


@pytest.mark.parametrize("kind", ["session", "ideal"])
def test_a_resting_order_waits_behind_what_stood_there(tmp_path: Path, kind: str) -> None:
    paper = floor_of(tmp_path, "book", kind)
    paper.on_market(book(START, [("40000", "1")], [("40001", "1")]))
    paper.submit(approved(order(1, Side.BUY, "0.5", "40000")), START)
    tick, lots = BTC.ticks("40000"), BTC.lots
    assert dealt(paper.on_market(Trade(BTC.id, START + 1, tick, lots("1"), Side.SELL, "1"))) == []
    assert dealt(paper.on_market(Trade(BTC.id, START + 2, tick, lots("0.2"), Side.SELL, "2"))) == [("40000", "0.2")]


@pytest.mark.parametrize(("kind", "expected"), [("session", [("40020", "1")]), ("ideal", [("40000", "3")])])
def test_a_session_on_bars_pays_slippage_and_takes_a_tenth_of_the_volume(
    tmp_path: Path, kind: str, expected: list[tuple[str, str]]
) -> None:
    paper = floor_of(tmp_path, "bar", kind)
    paper.on_market(candle(0, "40000", "40000", "40000", "40000"))
    paper.submit(approved(order(1, Side.BUY, "3" if kind == "ideal" else "2")), candle(0, "1", "1", "1", "1").ts)
    assert dealt(paper.on_market(candle(1, "40000", "40100", "39900", "40000", volume="10"))) == expected
