"""What a sweep or a walk-forward will be, before it runs: options, terms, candles and the space of parameters joined and checked.

Everything wrong here is a ConfigError (exit 2): nothing was run, nothing is written.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from golive.backtest.column_run import needs_events
from golive.backtest.executor import Span
from golive.backtest.search import MOST_SETS, Search, Space, Values, axis_of, grid_search, random_search
from golive.backtest.search_rule import Rule
from golive.backtest.sweep_document import space_of
from golive.backtest.sweep_score import checked_objective
from golive.backtest.sweep_work import SweepWork
from golive.backtest.terms_told import terms_of
from golive.engine.opening import known_opening
from golive.model.errors import ConfigError
from golive.model.json import JsonValue
from golive.portfolio import Ledger
from golive.strategy import bound
from golive.strategy.allocation import FORM as ALLOCATION

from .backtest_plan import BacktestOptions, Prepared, prepare
from .code_version import code_version
from .strategy_folder import find_strategy
from .sweep_bayesian import BayesianSearch
from .sweep_cluster import ClusterAccess
from .sweep_protection import check_protection

Method = Literal["grid", "random", "bayesian"]
Workers = Literal["auto", "threads", "processes"]
BATCH = 64
"""sets between two looks at whether anything got better; fixed, so that workers change nothing"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepOptions:
    """What the command was given. `params` are axes and fixed values alike."""

    backtest: BacktestOptions
    params: tuple[str, ...]
    where: tuple[str, ...] = ()
    method: Method = "grid"
    trials: int | None = None
    objective: str = "sharpe"
    heat_maps: tuple[str, ...] = ()
    stop_after: int | None = None
    seed: int = 7
    workers: int | None = None
    workers_kind: Workers = "auto"
    cluster: ClusterAccess | None = None
    is_fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """A checked sweep."""

    options: SweepOptions
    prepared: Prepared
    space: Space
    work: SweepWork
    span: Span
    digests: tuple[str, ...]
    """of the candles"""
    is_compiled: bool
    """whether the strategy leaves the interpreter alone, so that threads run side by side"""
    why_events: str | None
    home: Path
    source_sha256: str
    """of a user's strategy; empty for a built-in"""
    notes: tuple[str, ...] = field(default=())

    @property
    def ledger(self) -> Ledger:
        """The account as it begins."""
        return Ledger([each.instrument for each in self.prepared.candles], self.prepared.spec.start_balances)

    @property
    def balance(self) -> int:
        """What the account is worth at the start, smallest units of the quote asset; ConfigError when no candle says so."""
        return known_opening(self.ledger, self.prepared.candles).equity

    def search(self) -> Search:
        """Return the search from its beginning; ConfigError for a space that has no set."""
        options = self.options
        batch = BATCH if options.stop_after is not None else MOST_SETS
        if options.method == "grid":
            return grid_search(self.space, batch)
        trials = options.trials
        assert trials is not None
        if options.method == "random":
            return random_search(self.space, trials, options.seed, batch)
        return BayesianSearch(self.space, trials, options.seed)

    def some_set(self) -> Values | None:
        """Return a set that keeps the conditions; None when there seems to be none."""
        sets = self.space.grid() if self.options.method == "grid" else self.space.drawn(self.options.seed)
        return next(sets, None)

    def warm_bars(self) -> int:
        """Return how many bars any set needs before its first target."""
        strategy, parameters = self.work.spec.strategy, self.work.spec.parameters

        def needed(values: Values) -> int:
            return strategy.warm_up(bound({**parameters, **dict(zip(self.space.names, values, strict=True))}))

        corners = {tuple(axis.low for axis in self.space.axes), tuple(axis.high for axis in self.space.axes)}
        for place, axis in enumerate(self.space.axes):
            for base in list(corners):
                corners |= {(*base[:place], end, *base[place + 1 :]) for end in (axis.low, axis.high)}
        return max(needed(values) for values in corners)

    def key(self, **more: JsonValue) -> str:
        """Return the digest of everything the results depend on; `more` is what a walk-forward adds."""
        options, spec = self.options, self.work.spec
        facts: dict[str, JsonValue] = {
            "format": 1,
            "code": code_version(),
            "strategy": spec.strategy.name,
            "source": self.source_sha256,
            "parameters": dict(spec.parameters),
            "terms": terms_of(spec, self.prepared.timeframe),
            "data": [[repr(c.instrument), digest] for c, digest in zip(self.prepared.candles, self.digests, strict=True)],
            "space": space_of(self.space),
            "where": list(options.where),
            "method": [options.method, options.trials, options.seed],
            "objective": [options.objective, options.stop_after],
            **more,
        }
        return hashlib.sha256(json.dumps(facts, sort_keys=True, allow_nan=False).encode()).hexdigest()


def plan_sweep(options: SweepOptions, runtime_file: Path, home: Path, environ: Mapping[str, str]) -> SweepPlan:
    """Return what will run; raise ConfigError naming the option that does not fit."""
    checked_objective(options.objective)
    _check_numbers(options)
    moving, fixed = _split(options.params)
    prepared = prepare(replace(options.backtest, parameters=fixed), runtime_file, home, environ)
    if prepared.detail is not None:
        raise ConfigError("--detail is not for sweeps: sweep first, then look at the best with golive backtest --detail")
    spec = prepared.spec
    strategy = spec.strategy
    if getattr(strategy, "form", "step") == ALLOCATION:
        raise ConfigError(
            f"strategy {strategy.name} is an allocation, which is backtested as a whole and not swept: sweep its members by name"
        )
    axes = tuple(axis_of(text, strategy.name, strategy.parameters) for text in moving)
    rules = tuple(Rule(text, strategy.parameters) for text in options.where)
    space = Space(axes, rules, tuple(spec.parameters.items()))
    reason = needs_events(spec, prepared.candles)
    work = SweepWork(spec, space.names, tuple(prepared.candles), reason is None)
    length = spec.timeframe_ns
    span = Span(
        min(int(each.opened_at[0]) for each in prepared.candles),
        max(int(each.opened_at[-1]) for each in prepared.candles) + length,
    )
    plan = SweepPlan(
        options=options,
        prepared=prepared,
        space=space,
        work=work,
        span=span,
        digests=tuple(each.sha256() for each in prepared.candles),
        is_compiled=reason is None and _compiles(work),
        why_events=reason,
        home=home,
        source_sha256=find_strategy(strategy.name, home).source_sha256,
        notes=prepared.notes,
    )
    plan.search()
    swept = set(space.names)
    kept = {name: value for name, value in spec.parameters.items() if name not in swept}
    check_protection(space, kept, options.method, options.trials, options.seed)
    return plan


def _check_numbers(options: SweepOptions) -> None:
    if options.method != "grid" and options.trials is None:
        raise ConfigError(f"--method {options.method} needs --trials, how many sets to try")
    if options.method == "grid" and options.trials is not None:
        raise ConfigError("--trials is for --method random and bayesian; a grid tries every set")
    for name, value in (("--trials", options.trials), ("--stop-after", options.stop_after), ("--workers", options.workers)):
        if value is not None and not 1 <= value <= MOST_SETS:
            raise ConfigError(f"{name} {value}: must be between 1 and {MOST_SETS:,}")


def _split(params: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return axes and fixed values apart: one plain value is fixed. ConfigError for a parameter given twice."""
    names = [text.partition("=")[0].strip() for text in params]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"--param {twice[0]} is given twice: as {' and as '.join(_of(twice[0], params))}")
    moving = tuple(text for text in params if "=" not in text or any(mark in text for mark in ":,"))
    return moving, tuple(text for text in params if text not in moving)


def _of(name: str, params: Sequence[str]) -> list[str]:
    return [text for text in params if text.partition("=")[0].strip() == name]


def _compiles(work: SweepWork) -> bool:
    from golive.matching.compiled import compiles
    from golive.strategy.compiling import NotCompilable
    from golive.strategy.targets import targets_of

    strategy = work.spec.strategy
    if not compiles() or getattr(strategy, "targets", None) is not None:
        return False
    try:
        targets_of(strategy, bound(work.spec.parameters), work.candles[0].between(0, 2), compiled=True)
    except NotCompilable:
        return False
    return True
