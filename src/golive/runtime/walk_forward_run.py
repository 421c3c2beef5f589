"""One walk-forward from its plan to its files."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.backtest.document import document_bytes, document_of, outcome_sha256
from golive.backtest.walk_forward import WalkForward, Watch, WindowPlan, walk, windows
from golive.backtest.walk_forward_document import SCHEMA, windows_of
from golive.market.timeframe import timeframe_ns
from golive.model.clock import SECOND, stamp
from golive.model.errors import ConfigError
from golive.model.json import JsonObject, JsonValue
from golive.storage.sweep_folders import forget_unused
from golive.storage.sweep_results import SweepResults
from golive.storage.together import write_together

from .clock import SystemClock
from .sweep_execution import FOLDER, executor_for
from .sweep_plan import SweepPlan
from .sweep_run import heading, make_ready, measured

JSON_FOLDER: Final = Path("logs/walk_forward")
PAGE_FOLDER: Final = Path("reports/walk_forward")
_LENGTH: Final = re.compile(r"(\d{1,9})([smhdw]?)")
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True)
class Lengths:
    """How history is cut, as given: bars (`500`) or times (`30d`, `12h`)."""

    train: str
    test: str
    purge: str = "0"
    embargo: str = "0"
    is_anchored: bool = False


def window_plan(lengths: Lengths, bar_ns: int) -> WindowPlan:
    """Return the lengths in bars; ConfigError for what is no length or no whole number of bars."""
    train, test, purge, embargo = (
        _bars(getattr(lengths, name), f"--{name}", bar_ns) for name in ("train", "test", "purge", "embargo")
    )
    return WindowPlan(train, test, purge, embargo, lengths.is_anchored)


def _bars(text: str, option: str, bar_ns: int) -> int:
    found = _LENGTH.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{option} {text}: give a number of bars like 500, or a time like 30d, 12h")
    count, unit = int(found[1]), found[2]
    if not unit:
        return count
    length = count * _UNITS[unit] * SECOND
    if length % bar_ns:
        raise ConfigError(f"{option} {text}: is no whole number of bars of {bar_ns // SECOND} s")
    return length // bar_ns


def run_walk_forward(plan: SweepPlan, lengths: Lengths, watch: Watch, *, writes_report: bool) -> JsonObject:
    """Run a walk-forward, or go on with it, and return its document; write its files unless told not to.

    Raises ConfigError for lengths that do not fit the data, PrerequisiteMissing when another process runs the same.
    """
    from golive.backtest import walk_forward_page as page

    clock = SystemClock()
    started = clock.now()
    spec, candles = plan.prepared.spec, plan.prepared.candles
    cut = window_plan(lengths, timeframe_ns(plan.prepared.timeframe))
    found = windows(candles, cut, plan.warm_bars())
    key = plan.key(windows=[cut.train, cut.test, cut.purge, cut.embargo, cut.is_anchored])
    objective = plan.options.objective
    with (
        SweepResults(plan.home / FOLDER / key[:32], is_fresh=plan.options.is_fresh) as store,
        executor_for(plan, key) as executor,
    ):
        made = WalkForward(candles, objective, plan.ledger, plan.search, store.part, plan.options.stop_after)
        problems = forget_unused(plan.home / FOLDER, started)
        make_ready(plan, executor)
        began = time.perf_counter_ns()
        results = walk(made, found, executor, watch)
        seconds = (time.perf_counter_ns() - began) / SECOND
        outcome: dict[str, JsonValue] = {
            **heading(plan),
            "tried": sum(len(each.sweep.sets) for each in results),
            "is_stopped": any(each.sweep.is_stopped for each in results),
            "results_sha256": outcome_sha256({"windows": [each.sweep.digest for each in results]}),
            **windows_of(spec, candles, plan.space, cut, objective, results),
        }
        known = sum(each.sweep.resumed for each in results)
        run = measured(plan, executor, outcome, started, seconds, 0, known, problems) | {"bars_per_second": None}
    digest = outcome_sha256(outcome)
    if not writes_report:
        return {**document_of(outcome, run, digest), "schema": SCHEMA}
    stem = f"walk_forward_{spec.strategy.name}_{stamp(started)}_{digest[:8]}"
    json, markdown, html = JSON_FOLDER / f"{stem}.json", PAGE_FOLDER / f"{stem}.md", PAGE_FOLDER / f"{stem}.html"
    run |= {"report_json": json.as_posix(), "report_markdown": markdown.as_posix(), "report_html": html.as_posix()}
    document = {**document_of(outcome, run, digest), "schema": SCHEMA}
    write_together(
        {
            plan.home / json: document_bytes(document),
            plan.home / markdown: page.markdown(document).encode(),
            plan.home / html: page.html(document).encode(),
        }
    )
    return document
