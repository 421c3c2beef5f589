"""A sweep as one JSON document (`golive.sweep.v1`): what Markdown, HTML and the terminal are rendered from.

`outcome` holds no wall time and does not say who computed it: equal inputs give equal bytes, for any number of workers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from golive.matching.columns import CandleColumns
from golive.model.clock import to_iso
from golive.model.json import JsonValue
from golive.portfolio import Ledger

from .search import Axis, Space, Values
from .spec import BacktestSpec
from .sweep import Aim, SweepResult
from .sweep_heat import HeatMap, Stability, chosen_pairs, heat_map, stability
from .sweep_luck import luck_of, number
from .sweep_refusals import refusals_of
from .sweep_row import FIELD, SampleGrid, refusal_of
from .sweep_score import objective_of, ranking, scores, told_objective

if TYPE_CHECKING:
    from golive.matching.columns import FloatColumn

SCHEMA: Final = "golive.sweep.v1"
BEST: Final = 20
"""sets in the table"""


def data_of(candles: Sequence[CandleColumns], digests: Sequence[str]) -> list[JsonValue]:
    """Return which candles were traded over, from the first opening to the last close; the digest is of the columns' bytes."""
    return [
        {
            "instrument": str(each.instrument.id),
            "rows": len(each),
            "first": to_iso(int(each.opened_at[0])),
            "last": to_iso(int(each.opened_at[-1]) + each.timeframe_ns),
            "sha256": digest,
        }
        for each, digest in zip(candles, digests, strict=True)
    ]


def space_of(space: Space) -> list[JsonValue]:
    """Return the axes."""
    return [_axis(axis) for axis in space.axes]


def _axis(axis: Axis) -> dict[str, JsonValue]:
    listed: list[JsonValue] | None = list(axis.values) if len(axis.values) <= 1000 else None
    return {"name": axis.name, "low": axis.low, "high": axis.high, "count": len(axis.values) or None, "values": listed}


def result_of(
    spec: BacktestSpec, candles: Sequence[CandleColumns], space: Space, aim: Aim, result: SweepResult, heat_maps: Sequence[str]
) -> dict[str, JsonValue]:
    """Return what the sweep found: the best sets, maps, stability and how much of it may be luck."""
    found = scores(result.rows, aim.balance, aim.grid)
    objective = objective_of(result.rows, found, aim.objective)
    order = ranking(objective)
    ranked = sum(not math.isnan(value) for value in objective.tolist())
    ledger = Ledger([each.instrument for each in candles], spec.start_balances)
    best = [_set(place, rank, space, result, found, ledger) for rank, place in enumerate(order[:BEST], 1)]
    values = objective.tolist()
    maps = [heat_map(space, pair, result.sets, values) for pair in chosen_pairs(space, heat_maps)]
    return {
        "tried": len(result.sets),
        "ranked": ranked,
        "is_stopped": result.is_stopped,
        "results_sha256": result.digest,
        "sampling": sampling_of_grid(aim.grid),
        "refused": refusals_of([result.rows]),
        "best": list[JsonValue](best),
        "stability": _stability(stability(space, result.sets, values, order[0]), aim.objective) if ranked else None,
        "overfitting": luck_of(result.rows, aim.balance, aim.grid, order[0]) if ranked else None,
        "heat_maps": [_map(each, aim.objective) for each in maps],
    }


def sampling_of_grid(grid: SampleGrid) -> dict[str, JsonValue]:
    """Return how equity is sampled."""
    return {"name": grid.sampling.name, "seconds": grid.sampling.length_ns / 1e9, "periods": grid.count}


def _set(
    place: int, rank: int, space: Space, result: SweepResult, found: dict[str, FloatColumn], ledger: Ledger
) -> dict[str, JsonValue]:
    row = result.rows[place]
    return {
        "rank": rank,
        "number": place,
        "parameters": parameters_of(space, result.sets[place]),
        **{name: number(float(column[place])) for name, column in found.items()},
        "final_equity": ledger.text(ledger.quote, int(row[FIELD["final_equity"]])),
        "fills": int(row[FIELD["fills"]]),
        "turnover": ledger.text(ledger.quote, int(row[FIELD["turnover"]])),
        "trades": int(row[FIELD["trades"]]),
        "wins": int(row[FIELD["wins"]]),
        "bars_held": int(row[FIELD["bars_held"]]),
        "refused": int(row[FIELD["refused"]]),
        "refusal": refusal_of(int(row[FIELD["refusal"]])),
    }


def parameters_of(space: Space, values: Values) -> dict[str, JsonValue]:
    """Return a set by the names of its parameters."""
    return dict(zip(space.names, values, strict=True))


def _stability(found: Stability, objective: str) -> dict[str, JsonValue]:
    mean, worst = (None if each is None else number(told_objective(objective, each)) for each in (found.mean, found.worst))
    return {"neighbours": found.neighbours, "mean": mean, "worst": worst}


def _map(shown: HeatMap, objective: str) -> dict[str, JsonValue]:
    return {
        "x": shown.x_name,
        "y": shown.y_name or None,
        "x_labels": list(shown.x_labels),
        "y_labels": list(shown.y_labels),
        "cells": [
            [cell.x, cell.y, number(told_objective(objective, cell.objective)), cell.number, cell.sets] for cell in shown.cells
        ],
    }
