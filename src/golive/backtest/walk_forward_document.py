"""A walk-forward as one JSON document (`golive.walk_forward.v1`): every window's choice, and the joined tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from golive.matching.columns import CandleColumns
from golive.model.clock import to_iso
from golive.model.json import JsonValue
from golive.portfolio import Ledger

from .overfitting import Moments, minimum_track_record, probabilistic_sharpe
from .returns import YEAR
from .search import Space
from .spec import BacktestSpec
from .sweep_document import parameters_of
from .sweep_luck import number
from .sweep_refusals import refusals_of
from .sweep_row import FIELD, FIELDS, Rows, SampleGrid, refusal_of
from .sweep_score import period_returns, scores
from .walk_forward import WindowPlan, WindowResult, stitched

SCHEMA: Final = "golive.walk_forward.v1"


def windows_of(
    spec: BacktestSpec, candles: Sequence[CandleColumns], space: Space, plan: WindowPlan, objective: str,
    results: Sequence[WindowResult],
) -> dict[str, JsonValue]:  # fmt: skip
    """Return what the windows chose, what became of it, and what all tests together earned."""
    ledger = Ledger([each.instrument for each in candles], spec.start_balances)
    ts, equity = stitched(results)
    balance = results[0].balance
    sampling = results[0].grid.sampling
    joined, grid = _joined(results, equity)
    found = {name: float(column[0]) for name, column in scores(joined, balance, grid).items()}
    moments = Moments.of(period_returns(joined, balance)[0])
    year = math.sqrt(YEAR / sampling.length_ns)
    return {
        "windows_plan": {
            "train_bars": plan.train, "test_bars": plan.test, "purge_bars": plan.purge, "embargo_bars": plan.embargo,
            "is_anchored": plan.is_anchored,
        },
        "sampling": {"name": sampling.name, "seconds": sampling.length_ns / 1e9, "periods": grid.count},
        "refused": refusals_of([each.sweep.rows for each in results]),
        "windows": [_window(each, space, ledger, objective) for each in results],
        "out_of_sample": {
            **{name: number(value) for name, value in found.items()},
            "final_equity": ledger.text(ledger.quote, results[-1].final),
            "fills": int(joined[0, FIELD["fills"]]),
            "trades": int(joined[0, FIELD["trades"]]),
            "wins": int(joined[0, FIELD["wins"]]),
            "turnover": ledger.text(ledger.quote, int(joined[0, FIELD["turnover"]])),
            "probabilistic_sharpe": None if moments is None else number(probabilistic_sharpe(moments)),
            "minimum_track_record_periods": None if moments is None else number(minimum_track_record(moments)),
            "sharpe_a_period": None if moments is None else number(moments.sharpe),
            "periods_a_year": number(year * year),
        },
        "degradation": _degradation(results, objective),
        "equity": {
            "ts": [to_iso(each) for each in ts],
            "values": [ledger.text(ledger.quote, each) for each in equity],
            "start": ledger.text(ledger.quote, balance),
        },
    }  # fmt: skip


def _joined(results: Sequence[WindowResult], equity: Sequence[int]) -> tuple[Rows, SampleGrid]:
    """Return the tests as one row: sums, and the deepest fall of the joined samples or within any one test."""
    import numpy as np

    tested = [each.row[0] for each in results if each.row is not None]
    sums = {
        name: sum(int(row[FIELD[name]]) for row in tested)
        for name in ("fills", "turnover", "bars_held", "trades", "wins", "refused")
    }
    falls = [(int(row[FIELD["worst_fall"]]), int(row[FIELD["worst_peak"]])) for row in tested]
    peak = results[0].balance
    for value in equity:
        peak = max(peak, value)
        falls.append((peak - value, peak))
    fall, of = max(falls, key=lambda pair: pair[0] / max(1, pair[1]))
    row = np.zeros((1, len(FIELDS) + len(equity)), dtype=np.int64)
    values: Mapping[str, int] = {**sums, "final_equity": results[-1].final, "worst_fall": fall, "worst_peak": of}
    for name, value in values.items():
        row[0, FIELD[name]] = value
    row[0, len(FIELDS) :] = equity
    first, last = results[0], results[-1]
    length = last.window.test.until - first.window.test.since
    return row, SampleGrid(first.grid.sampling, first.grid.first, len(equity), length)


def _window(each: WindowResult, space: Space, ledger: Ledger, objective: str) -> dict[str, JsonValue]:
    window = each.window
    row = None if each.row is None else each.row[0]
    return {
        "number": window.number + 1,
        "train": {"since": to_iso(window.train.since), "until": to_iso(window.train.until)},
        "test": {"since": to_iso(window.test.since), "until": to_iso(window.test.until)},
        "tried": len(each.sweep.sets),
        "results_sha256": each.sweep.digest,
        "parameters": None if each.values is None else parameters_of(space, each.values),
        "in_sample": {name: number(value) for name, value in each.in_sample.items()},
        "out_of_sample": {name: number(value) for name, value in each.out_of_sample.items()},
        "objective_in_sample": number(each.in_sample.get(objective)),
        "objective_out_of_sample": number(each.out_of_sample.get(objective)),
        "fills": 0 if row is None else int(row[FIELD["fills"]]),
        "refused": 0 if row is None else int(row[FIELD["refused"]]),
        "refusal": None if row is None else refusal_of(int(row[FIELD["refusal"]])),
        "start_equity": ledger.text(ledger.quote, each.balance),
        "final_equity": ledger.text(ledger.quote, each.final),
    }


def _degradation(results: Sequence[WindowResult], objective: str) -> dict[str, JsonValue]:
    """Return the mean objective in and out of sample over the windows that have both, and in how many of them it held up."""
    pairs = [
        (each.in_sample[objective], each.out_of_sample[objective])
        for each in results
        if each.row is not None and not math.isnan(each.out_of_sample[objective])
    ]
    if not pairs:
        return {"windows": 0, "in_sample": None, "out_of_sample": None, "profitable": 0, "traded": 0}
    traded = [each for each in results if each.row is not None]
    return {
        "windows": len(pairs),
        "in_sample": number(math.fsum(a for a, _ in pairs) / len(pairs)),
        "out_of_sample": number(math.fsum(b for _, b in pairs) / len(pairs)),
        "profitable": sum(each.final > each.balance for each in traded),
        "traded": len(traded),
    }
