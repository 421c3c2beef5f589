"""The floor as the configuration says: how long paper orders travel, by the market model and the profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.metrics.recorder import MemoryRecorder
from golive.model.order import Side
from golive.runtime.floor import open_paper
from golive.runtime.market_facts import FillModel
from golive.runtime.options import RunOptions
from golive.runtime.plan import plan_run
from golive.venues import profile_named
from support.configuration import RUNTIME, changed, parse
from support.trading import BTC, START, approved, order


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
