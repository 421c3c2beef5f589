"""`golive run` (= `scripts/run_local_bot.py`): one session, its progress, its report, its exit code."""

from __future__ import annotations

import os
import sys
import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from golive.model.clock import to_iso
from golive.model.verdict import ExitCode
from golive.observability.wording import Language

from .command_app import single_command
from .delivery import delivered, set_apart
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, LanguageOption, Location, locate
from .passphrase import PassphraseDescriptor, VaultPassphrase
from .telling import tell

if TYPE_CHECKING:
    from golive.metrics.recorder import MemoryRecorder
    from golive.runtime.facts import SessionFacts
    from golive.runtime.log import ProcessLog
    from golive.runtime.options import RunOptions
    from golive.runtime.plan import Plan
    from golive.runtime.session_ports import RunResult
    from golive.services.metrics_http import MetricsEndpoint

    from .terminal import Progress

app = single_command()


class Mode(str, Enum):
    DEMO = "demo"
    PAPER = "paper"
    LIVE = "live"


class Scope(str, Enum):
    ALL = "all"
    SELECTED = "selected"


class Shadow(str, Enum):
    IDEAL = "ideal"
    NONE = "none"


class LogLevel(str, Enum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class VolumeUnit(str, Enum):
    BASE = "base"
    QUOTE = "quote"


@app.command()
def run(
    mode: Annotated[
        Mode,
        typer.Option(help="demo: simulated venue; paper: needs a passed demo; live: behind an open gate."),
    ] = Mode.PAPER,
    entrypoint: Annotated[str | None, typer.Option(metavar="NAME", help="Default: trading.default_entrypoint.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Recorded candles (CSV, Parquet, Feather) or a depth and trade feed (JSON lines, .gz) to play.",
        ),
    ] = None,
    volume_unit: Annotated[
        VolumeUnit | None,
        typer.Option(help="What the volume column of recorded candles counts. Default: base, with a warning."),
    ] = None,
    symbol: Annotated[
        str | None, typer.Option(metavar="BASE/QUOTE", help="One symbol of the universe. Default: all of it.")
    ] = None,
    timeframe: Annotated[
        str | None, typer.Option(metavar="1s|1m|5m|…", help="Default: the strategy's. 1s is built from trades.")
    ] = None,
    speed: Annotated[
        str | None,
        typer.Option(
            metavar="1|N|max", help="max = lock-step with the simulated venue. Default: max for endpoint embedded, else 1."
        ),
    ] = None,
    candles: Annotated[
        int | None,
        typer.Option(metavar="N", help="Most candles of the embedded market. Default: all of --data, else 2400 at speed max."),
    ] = None,
    max_runtime: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="0 = until stopped. Default: until the data ends at speed max, else stable plus one reference window.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Seed of the generated market; same seed and data give the same outcome.")
    ] = 7,
    allow_unknown: Annotated[
        bool, typer.Option("--allow-unknown", help="Exit 0 for unknown while warming up; it opens nothing.")
    ] = False,
    scope: Annotated[
        Scope,
        typer.Option(help="Paper entrypoints that are probed and judged. selected: this one alone; it opens no further stage."),
    ] = Scope.ALL,
    manual_confirm: Annotated[
        bool, typer.Option("--manual-confirm", help="Do not take this command as the confirmation: decide, but order nothing.")
    ] = False,
    read_only: Annotated[
        bool, typer.Option("--read-only", help="Dry run: signals and decisions; nothing that could order is constructed.")
    ] = False,
    credentials: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Key file of a simulated venue on this machine (mode 0600), for --mode live there."),
    ] = None,
    passphrase_fd: PassphraseDescriptor = None,
    report_dir: Annotated[Path, typer.Option(metavar="DIR", help="Where the JSON report goes, relative to home.")] = Path(
        "logs/e2e"
    ),
    report_markdown_dir: Annotated[
        Path, typer.Option(metavar="DIR", help="Where Markdown and HTML go, relative to home.")
    ] = Path("reports/e2e"),
    shadow: Annotated[
        Shadow,
        typer.Option(
            help="ideal: compare with fills without latency and slippage, of liquidity never used up (report divergence)."
        ),
    ] = Shadow.IDEAL,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with the newest session of this stage and entrypoint that never ended; same options."
        ),
    ] = False,
    ready_file: Annotated[Path | None, typer.Option(metavar="FILE", help="Written once, when the session has started.")] = None,
    log_level: Annotated[
        LogLevel, typer.Option("--log-level", help="What is told on stderr while the session runs; the log file has everything.")
    ] = LogLevel.WARNING,
    lang: LanguageOption = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Print the final report, alone, on stdout.")] = False,
) -> None:
    """Run a session and judge it.

    Exit codes: 0 ok, 2 usage or configuration, 3 blocked by a prerequisite, 4 validation failed, 5 breached, 6 unknown,
    70 internal error or stdout did not take the result.
    A report (JSON, Markdown, HTML) is written on every end but 2. SIGINT and SIGTERM end the session cleanly.
    """
    from golive.runtime.options import RunOptions

    options = RunOptions(
        mode=mode.value,
        entrypoint=entrypoint,
        data=data,
        volume_unit=None if volume_unit is None else volume_unit.value,
        symbol=symbol,
        timeframe=timeframe,
        speed=speed,
        candles=candles,
        max_runtime_s=max_runtime,
        seed=seed,
        allow_unknown=allow_unknown,
        scope=scope.value,
        manual_confirm=manual_confirm,
        read_only=read_only,
        credentials=credentials,
        report_dir=report_dir,
        report_markdown_dir=report_markdown_dir,
        ready_file=ready_file,
        shadow=shadow.value,
        resume=resume,
    )
    where = locate(config, home)
    raise typer.Exit(run_options(options, where, Told(log_level, lang), as_json=as_json, descriptor=passphrase_fd))


class Told(NamedTuple):
    """What the console is told while a session runs, and in which language."""

    level: LogLevel
    language: Language = Language.EN


def run_options(
    options: RunOptions, where: Location, told: Told, *, as_json: bool = False, descriptor: int | None = None
) -> ExitCode:
    """Run one session, show its progress, print what became of it, and return the exit code of its verdict.

    Where live trading ended by itself and `execution.live_router.degrade` is auto, the paper session that follows runs, too.
    """
    from golive.runtime.options import RunOptions

    passphrase = VaultPassphrase(descriptor, os.environ)
    result = _run_one(options, where, told, passphrase, as_json=as_json)
    if result.returns_to:
        tell(f"live trading has ended (exit {int(result.exit_code)}); going on on paper with {result.returns_to}")
        paper = RunOptions(
            mode="paper", entrypoint=result.returns_to, timeframe=options.timeframe, speed="1", scope=options.scope,
            max_runtime_s=options.max_runtime_s,
        )  # fmt: skip
        with set_apart():
            _run_one(paper, where, told, passphrase, as_json=False)
    return result.exit_code


def _run_one(options: RunOptions, where: Location, told: Told, passphrase: VaultPassphrase, *, as_json: bool) -> RunResult:
    from golive.observability.report import document_bytes
    from golive.runtime.bootstrap import plan_session, run_session
    from golive.runtime.options import DEFAULT_CANDLES
    from golive.runtime.secret_store import StoredSecrets
    from golive.runtime.secret_use import ask_beforehand

    from .terminal import Progress, print_summary

    with set_apart():
        plan = plan_session(options, where.runtime_file, where.home, os.environ)
    total = (options.candles or DEFAULT_CANDLES) if plan.lock_step and options.data is None else options.candles
    label = f"{plan.stage} {plan.entrypoint.name}"
    progress = Progress(
        sys.stderr, time.monotonic_ns, label=label, total=total, quote_asset=plan.instruments[0].quote, language=told.language
    )
    log = _log(plan, progress, told)
    store = StoredSecrets(where.home, passphrase.given)
    ask_beforehand(plan, store)
    passphrase.may_ask = False
    try:
        with set_apart():
            result = run_session(plan, lambda facts: _show(progress, facts), _serve_metrics, log, store)
    finally:
        progress.finish()
    with delivered() as stdout:
        if as_json:
            stdout.buffer.write(document_bytes(result.report))
        else:
            print_summary(result.report, stdout, language=told.language)
    return result


def _show(progress: Progress, facts: SessionFacts) -> None:
    engine, dispatcher = facts.engine, facts.dispatcher
    if engine is None or dispatcher is None or engine.last_equity is None:
        return
    equity = engine.ledger.text(engine.ledger.quote, engine.last_equity)
    progress.update(engine.candles, to_iso(dispatcher.clock.now), equity, len(engine.fills))


def _log(plan: Plan, progress: Progress, told: Told) -> ProcessLog:
    from golive.observability.log_words import Level
    from golive.runtime.clock import SystemClock
    from golive.runtime.log import ProcessLog

    context = {"entrypoint": plan.entrypoint.name, "stage": str(plan.stage), "pid": str(os.getpid())}
    level = Level(told.level.value)
    return ProcessLog(plan.home, SystemClock(), progress.say, context=context, level=level, language=told.language)


def _serve_metrics(recorder: MemoryRecorder, host: str, port: int, path: str) -> MetricsEndpoint:
    from golive.services.metrics_http import MetricsEndpoint

    return MetricsEndpoint(recorder, host=host, port=port, path=path)
