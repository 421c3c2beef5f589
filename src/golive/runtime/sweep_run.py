"""One sweep from its plan to its files: JSON first, Markdown and HTML rendered from exactly that JSON, every set as CSV."""

from __future__ import annotations

import csv
import io
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.backtest.document import document_bytes, document_of, outcome_sha256
from golive.backtest.executor import Executor
from golive.backtest.search import Space
from golive.backtest.sweep import Aim, SweepResult, Watch, run_sweep
from golive.backtest.sweep_document import SCHEMA, data_of, result_of, space_of
from golive.backtest.sweep_heat import chosen_pairs
from golive.backtest.sweep_refusals import refusal_notes
from golive.backtest.sweep_row import FIELDS, MONEY, SampleGrid, refusal_of
from golive.backtest.sweep_score import scores
from golive.backtest.terms_told import terms_of
from golive.model.clock import SECOND, stamp, to_iso
from golive.model.json import JsonObject, JsonValue
from golive.portfolio import Ledger
from golive.storage.sweep_folders import forget_unused
from golive.storage.sweep_results import SweepResults
from golive.storage.together import write_together

from .clock import SystemClock
from .code_version import code_version
from .memory import peak_mib
from .sweep_execution import FOLDER, executor_for
from .sweep_plan import SweepPlan

JSON_FOLDER: Final = Path("logs/sweep")
PAGE_FOLDER: Final = Path("reports/sweep")


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a sweep, relative to home."""

    json: Path
    csv: Path
    markdown: Path
    html: Path

    @classmethod
    def named(cls, stem: str) -> Files:
        json, page = JSON_FOLDER / stem, PAGE_FOLDER / stem
        return cls(json.with_suffix(".json"), json.with_suffix(".csv"), page.with_suffix(".md"), page.with_suffix(".html"))


def run_planned_sweep(plan: SweepPlan, watch: Watch, *, writes_report: bool) -> JsonObject:
    """Run a sweep, or go on with it, and return its document; write its files unless told not to.

    Raises PrerequisiteMissing when another process runs the same sweep, JournalError when a file cannot be used.
    """
    from golive.backtest import sweep_page as page

    chosen_pairs(plan.space, plan.options.heat_maps)
    clock = SystemClock()
    started = clock.now()
    key = plan.key()
    candles = plan.prepared.candles
    aim = Aim(plan.options.objective, plan.span, plan.balance, SampleGrid.of(plan.work.candles), plan.options.stop_after)
    with (
        SweepResults(plan.home / FOLDER / key[:32], is_fresh=plan.options.is_fresh) as store,
        executor_for(plan, key) as executor,
    ):
        problems = forget_unused(plan.home / FOLDER, started)
        make_ready(plan, executor)
        began = time.perf_counter_ns()
        result = run_sweep(plan.search(), aim, executor, store.part("whole"), watch)
        seconds = (time.perf_counter_ns() - began) / SECOND
        outcome: dict[str, JsonValue] = {
            **heading(plan),
            "span": {"since": to_iso(plan.span.since), "until": to_iso(plan.span.until)},
            **result_of(plan.prepared.spec, candles, plan.space, aim, result, plan.options.heat_maps),
        }
        run = measured(plan, executor, outcome, started, seconds, len(result.sets), result.resumed, problems)
    digest = outcome_sha256(outcome)
    if not writes_report:
        return {**document_of(outcome, run, digest), "schema": SCHEMA}
    files = Files.named(f"sweep_{plan.prepared.spec.strategy.name}_{stamp(started)}_{digest[:8]}")
    run |= paths(files)
    document = {**document_of(outcome, run, digest), "schema": SCHEMA}
    write_together(
        {
            plan.home / files.csv: table_bytes(plan.space, aim, result, plan.ledger),
            plan.home / files.json: document_bytes(document),
            plan.home / files.markdown: page.markdown(document).encode(),
            plan.home / files.html: page.html(document).encode(),
        }
    )
    return document


def make_ready(plan: SweepPlan, executor: Executor) -> None:
    """Have a strategy that compiles compiled before the time of computing is taken."""
    if plan.is_compiled and (values := plan.some_set()) is not None:
        executor.make_ready(values)


def heading(plan: SweepPlan) -> dict[str, JsonValue]:
    """Return what was swept: strategy, terms, data, search."""
    spec, options = plan.prepared.spec, plan.options
    moving = set(plan.space.names)
    return {
        "strategy": {
            "name": spec.strategy.name,
            "source_sha256": plan.source_sha256 or None,
            "parameters": {name: value for name, value in spec.parameters.items() if name not in moving},
        },
        "terms": terms_of(spec, plan.prepared.timeframe),
        "data": data_of(plan.prepared.candles, plan.digests),
        "search": {
            "method": options.method,
            "axes": space_of(plan.space),
            "where": list(options.where),
            "trials": options.trials,
            "seed": options.seed,
            "objective": options.objective,
            "stop_after": options.stop_after,
        },
    }


def measured(
    plan: SweepPlan,
    executor: Executor,
    outcome: JsonObject,
    started: int,
    seconds: float,
    sets: int,
    resumed: int,
    problems: Sequence[str],
) -> dict[str, JsonValue]:
    """Return what may differ between two runs of the same sweep."""
    bars = sets * sum(len(each) for each in plan.prepared.candles)
    return {
        "started_at": to_iso(started // SECOND * SECOND),
        "entrypoint": plan.prepared.entrypoint,
        "executor": executor.name,
        "workers": executor.workers,
        "driver": "columns" if plan.why_events is None else "events",
        "why_driver": plan.why_events or ("targets compiled" if plan.is_compiled else "targets interpreted"),
        "resumed": resumed,
        "seconds": seconds,
        "bars_per_second": bars / seconds if seconds and not resumed else None,
        "peak_memory_mib": peak_mib(),
        "code_version": code_version(),
        "notes": [*plan.notes, *refusal_notes(outcome), *problems],
    }


def paths(files: Files) -> dict[str, JsonValue]:
    return {
        "report_json": files.json.as_posix(),
        "report_csv": files.csv.as_posix(),
        "report_markdown": files.markdown.as_posix(),
        "report_html": files.html.as_posix(),
    }


def table_bytes(space: Space, aim: Aim, result: SweepResult, ledger: Ledger) -> bytes:
    """Return every set with its statistics, money as decimal text and counts as CSV; the same bytes for the same results."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    found = scores(result.rows, aim.balance, aim.grid)
    writer.writerow(("number", *space.names, *found, *FIELDS))
    columns = [[f"{value:.12g}" if not math.isnan(value) else "" for value in column.tolist()] for column in found.values()]
    for number, (values, row) in enumerate(zip(result.sets, result.rows[:, : len(FIELDS)].tolist(), strict=True)):
        told = dict(zip(FIELDS, row, strict=True))
        told |= {name: ledger.text(ledger.quote, told[name]) for name in MONEY} | {"refusal": refusal_of(told["refusal"]) or ""}
        writer.writerow((number, *(f"{value:g}" for value in values), *(column[number] for column in columns), *told.values()))
    return text.getvalue().encode()
