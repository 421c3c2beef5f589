"""A backtest through the engine's second driver: targets of the whole history first, then one compiled pass over its columns."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from golive.engine.columns import ColumnRun, Terms, run_columns, unheld, warm
from golive.matching.columns import CandleColumns
from golive.matching.compiled import compiles
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError
from golive.strategy import Strategy, bound
from golive.strategy.compiling import NotCompilable
from golive.strategy.targets import TargetChanges, targets_of

from .fills import FillColumns
from .result import BacktestResult, BreachRow
from .spec import BacktestSpec, client_order_id


def needs_events(
    spec: BacktestSpec, candles: Sequence[CandleColumns], detail: Sequence[CandleColumns] | None = None
) -> str | None:
    """Return why a backtest can only be run event by event; None when columns say the same."""
    limits = unheld(spec.profile, spec.timeframe_ns, len(candles), detail[0].timeframe_ns if detail else 0)
    if limits:
        return f"limits: {', '.join(limits)}"
    if spec.latency_ns:
        return "orders and news take time to travel"
    if getattr(spec.strategy, "members_said", None) is not None:
        return f"strategy {spec.strategy.name} is several: what each of them wants is told bar by bar"
    for hook, what in (("on_fill", "its own fills"), ("on_trade", "public trades")):
        if getattr(spec.strategy, hook, None) is not None:
            return f"strategy {spec.strategy.name} reacts to {what}"
    return None


def load(spec: BacktestSpec, candles: Sequence[CandleColumns]) -> None:
    """Have in this process what is compiled for a backtest, so that running it compiles and loads nothing.

    Raises StrategyError as `targets_of`.
    """
    warm.load()
    if not _answers_at_once(spec.strategy):
        with suppress(NotCompilable):
            targets_of(spec.strategy, bound(spec.parameters), candles[0].between(0, 1), compiled=True)


def run_over_columns(
    spec: BacktestSpec, candles: Sequence[CandleColumns], detail: Sequence[CandleColumns] | None = None
) -> BacktestResult:
    """Run a backtest over columns.

    Raises ConfigError for what only events can run (`needs_events`), MagnitudeError as the ledger does.
    """
    if (reason := needs_events(spec, candles, detail)) is not None:
        raise ConfigError(f"not over columns: {reason}")
    how, changes = _targets(spec.strategy, spec, candles)
    return _result_of(run_columns(candles, changes, column_terms(spec, candles), detail), spec, candles, how)


def column_terms(spec: BacktestSpec, candles: Sequence[CandleColumns]) -> Terms:
    """Return the terms of a specification for the driver over columns."""
    return Terms(
        parameters=spec.parameters,
        profile=spec.profile,
        fees=spec.fees,
        start_balances=spec.start_balances,
        timeframe_ns=spec.timeframe_ns,
        slippage_bps=spec.slippage_bps,
        participation=spec.participation,
        label=candles[0].instrument.id.venue,
        new_id=client_order_id,
    )


def _targets(strategy: Strategy, spec: BacktestSpec, candles: Sequence[CandleColumns]) -> tuple[str, list[TargetChanges]]:
    """Return how the strategy was run, and its targets: all at once, compiled, else interpreted."""
    params = bound(spec.parameters)
    if _answers_at_once(strategy):
        how = f"targets of all bars at once, as the {getattr(strategy, 'form', 'step')} form gives them"
    elif not compiles():
        how = "targets interpreted: compiling is switched off (NUMBA_DISABLE_JIT)"
    else:
        how = "targets compiled"
    try:
        return how, [targets_of(strategy, params, each, compiled=True) for each in candles]
    except NotCompilable as reason:
        return f"targets interpreted: {reason}", [targets_of(strategy, params, each, compiled=False) for each in candles]


def _answers_at_once(strategy: Strategy) -> bool:
    return getattr(strategy, "targets", None) is not None


def _result_of(run: ColumnRun, spec: BacktestSpec, candles: Sequence[CandleColumns], how: str) -> BacktestResult:
    fills = run.fills
    return BacktestResult(
        spec=spec,
        candles=candles,
        driver="columns",
        why_driver=how,
        fills=FillColumns(
            ts=fills.ts,
            instrument=fills.instrument,
            is_buy=fills.is_buy,
            price=fills.ticks,
            quantity=fills.lots,
            fee=fills.fee,
            fee_in_base=fills.fee_in_base,
            is_maker=fills.is_maker,
            held=fills.position,
            order=fills.order,
        ),
        equity_ts=run.equity_ts,
        equity=run.equity,
        orders=run.decisions.get(DecisionCode.APPROVED, 0),
        signals=run.signals,
        decisions=run.decisions,
        inaction=run.inaction,
        breaches=tuple(BreachRow(*breach) for breach in run.breaches) if _breached(run) else (),
        balances=run.balances,
    )


def _breached(run: ColumnRun) -> bool:
    """Whether a loss limit was reached at all; when and how often is in the log, which takes long to read."""
    return any(use.band == "breach" for use in run.uses())
