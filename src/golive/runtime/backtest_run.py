"""One backtest from its options to its report files: JSON first, Markdown and HTML rendered from exactly that JSON."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.backtest.document import document_bytes, document_of, outcome_of, outcome_sha256
from golive.backtest.result import BacktestResult
from golive.model.clock import SECOND, stamp, to_iso
from golive.model.decision import REFUSALS
from golive.model.errors import ConfigError
from golive.model.json import JsonObject, JsonValue

from .backtest_plan import BacktestOptions, Prepared, StoredFacts
from .clock import SystemClock
from .code_version import code_version
from .collection import rare_collections
from .memory import peak_mib

JSON_FOLDER: Final = Path("logs/backtest")
PAGE_FOLDER: Final = Path("reports/backtest")


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """The three files of a backtest, relative to home."""

    json: Path
    markdown: Path
    html: Path


def run_backtest(options: BacktestOptions, prepared: Prepared, home: Path, *, writes_report: bool) -> JsonObject:
    """Run a backtest and return its document; write the three files unless told not to.

    Raises ConfigError when `options.driver` asks for columns and they cannot run it, JournalError when a file cannot be written.
    """
    clock = SystemClock()
    started = clock.now()
    if takes_columns(options, prepared):
        from golive.backtest.column_run import load

        load(prepared.spec, prepared.candles)
    began = time.perf_counter_ns()
    result = run_prepared(options, prepared)
    driven = time.perf_counter_ns() - began
    outcome = outcome_of(
        result,
        timeframe=prepared.timeframe,
        seed=prepared.seed,
        detail=prepared.detail or (),
        detail_timeframe=prepared.detail_timeframe,
    )
    digest = outcome_sha256(outcome)
    paths = _paths(result.spec.strategy.name, started, digest) if writes_report else None
    bars = sum(len(each) for each in prepared.candles)
    run: dict[str, JsonValue] = {
        "id": digest[:8],
        "started_at": to_iso(started // SECOND * SECOND),
        "entrypoint": prepared.entrypoint,
        "driver": result.driver,
        "why_driver": result.why_driver,
        "bars": bars,
        "seconds": driven / SECOND,
        "bars_per_second": bars * SECOND / driven if driven else None,
        "peak_memory_mib": peak_mib(),
        "code_version": code_version(),
        "stored": [_stored(each) for each in (*prepared.data, *prepared.detail_data)],
        "notes": [*prepared.notes, *_notes(result)],
        "report_json": None if paths is None else paths.json.as_posix(),
        "report_markdown": None if paths is None else paths.markdown.as_posix(),
        "report_html": None if paths is None else paths.html.as_posix(),
    }
    document = document_of(outcome, run, digest)
    if paths is not None:
        _write(home, paths, document)
    return document


def takes_columns(options: BacktestOptions, prepared: Prepared) -> bool:
    """Return whether `run_prepared` will use the compiled driver."""
    from golive.backtest.column_run import needs_events

    return options.driver != "events" and needs_events(prepared.spec, prepared.candles, prepared.detail) is None


def run_prepared(options: BacktestOptions, prepared: Prepared) -> BacktestResult:
    """Run what was prepared with the driver that was asked for, else with the fastest that can."""
    if options.driver == "events":
        return _by_events(prepared, "asked for")
    from golive.backtest.column_run import needs_events, run_over_columns

    reason = needs_events(prepared.spec, prepared.candles, prepared.detail)
    if reason is None:
        return run_over_columns(prepared.spec, prepared.candles, prepared.detail)
    if options.driver == "columns":
        raise ConfigError(f"--driver columns: {reason}; take --driver events")
    return _by_events(prepared, reason)


def _by_events(prepared: Prepared, why: str) -> BacktestResult:
    from golive.backtest.event_run import run_events

    with rare_collections():
        return run_events(prepared.spec, prepared.candles, prepared.detail, why=why)


def _notes(result: BacktestResult) -> list[str]:
    notes = []
    if not len(result.fills):
        notes.append("nothing was traded")
    still_open = int((result.trades.is_open == 1).sum())
    if still_open:
        notes.append(f"{still_open} position{'s' if still_open > 1 else ''} open at the end, valued at the last close")
    refused = {code: n for code, n in result.decisions.items() if code in REFUSALS}
    notes += [f"risk refused {count:,} orders: {code}" for code, count in sorted(refused.items())]
    return notes


def _stored(facts: StoredFacts) -> dict[str, JsonValue]:
    parts: list[JsonValue] = [{"month": month, "sha256": digest} for month, digest in facts.parts]
    return {"instrument": facts.instrument, "timeframe": facts.timeframe, "digest": facts.digest, "parts": parts}


def _paths(strategy: str, started: int, digest: str) -> ReportPaths:
    stem = f"backtest_{strategy}_{stamp(started)}_{digest[:8]}"
    return ReportPaths(JSON_FOLDER / f"{stem}.json", PAGE_FOLDER / f"{stem}.md", PAGE_FOLDER / f"{stem}.html")


def _write(home: Path, paths: ReportPaths, document: JsonObject) -> None:
    from golive.backtest.html import html
    from golive.backtest.markdown import markdown
    from golive.storage.files import write_atomic

    from .page_script import backtest_script

    write_atomic(home / paths.json, document_bytes(document))
    write_atomic(home / paths.markdown, markdown(document).encode())
    write_atomic(home / paths.html, html(document, backtest_script()).encode())
