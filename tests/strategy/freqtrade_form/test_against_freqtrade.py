"""The form against freqtrade itself: the trades that its backtesting made of the same class and candles (recorded)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.frame_strategies import candles, params, strategy

RECORDED = json.loads(Path(__file__).with_name("freqtrade_trades.json").read_text())


def source(lines: list[str]) -> str:
    """The recorded class with these settings instead of its own."""
    names = {line.split(" = ")[0] for line in lines}
    kept = [line for line in RECORDED["source"].split("\n") if line.strip().split(" = ")[0] not in names]
    text = "\n".join(kept)
    return text.replace("    timeframe =", "".join(f"    {line}\n" for line in lines) + "    timeframe =", 1)


def trades_of(lines: list[str]) -> dict[int, int]:
    """Return the bar at whose open each position is bought, and the last bar in which it is held."""
    judged = strategy(source(lines))
    held = np.nan_to_num(judged.targets(candles(3000, 11), params(judged)))
    begins = np.flatnonzero((held > 0) & (np.concatenate(([0.0], held[:-1])) != held)) + 1
    ends = np.flatnonzero((held[:-1] > 0) & (held[1:] != held[:-1])) + 1
    return dict(zip(begins.tolist(), [*ends.tolist(), len(held) - 1], strict=False))


@pytest.mark.parametrize("name", ["signals", "stop", "trailing", "profit_only"])
def test_entries_and_exits_are_freqtrades_own(name: str) -> None:
    case = RECORDED["cases"][name]
    ours = trades_of(case["lines"])
    assert sorted(ours) == [entry for entry, _, _ in case["trades"]]
    for entry, end, reason in case["trades"]:
        if reason == "exit_signal":
            assert ours[entry] == end - 1  # sold at the open of `end`
        elif reason != "force_exit" and end > entry:
            assert ours[entry] == end  # the stop fires inside the candle
        elif reason != "force_exit":
            assert ours[entry] > end  # in the candle of the entry no stop rests yet


@pytest.mark.parametrize("name", ["roi", "stop_and_roi", "roi_spared"])
def test_roi_waits_for_the_close_and_nothing_else_differs(name: str) -> None:
    case = RECORDED["cases"][name]
    ours = trades_of(case["lines"])
    assert sorted(ours) == [entry for entry, _, _ in case["trades"]]
    by_roi = 0
    for entry, end, reason in case["trades"]:
        if reason == "exit_signal":
            assert ours[entry] == end - 1
        elif reason == "roi":
            by_roi += 1
            assert ours[entry] >= end - 1
    assert by_roi > 10


def test_the_record_holds_every_way_out() -> None:
    reasons: set[Any] = {reason for case in RECORDED["cases"].values() for _, _, reason in case["trades"]}
    assert reasons == {"exit_signal", "stop_loss", "trailing_stop_loss", "roi", "force_exit"}
