"""What a backtest will be, before it runs: options, configuration, strategy and stored candles joined and checked.

Everything wrong here is a ConfigError (exit 2): nothing was run, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golive.backtest.spec import BacktestSpec
from golive.config.resolved import ResolvedEntrypoint
from golive.market.resample import source_timeframe
from golive.market.store import CandleStore
from golive.market.timeframe import timeframe_ns
from golive.market.wording import counted
from golive.matching.columns import CandleColumns
from golive.model.clock import to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.storage.config_files import load_configuration
from golive.strategy import Strategy

from . import backtest_terms as terms
from .candle_place import candle_store
from .download.moment import moment
from .strategy_choice import chosen_strategy

DriverChoice = Literal["auto", "columns", "events"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestOptions:
    """What the command was given, as text where it is text; None takes what the entrypoint's configuration says."""

    entrypoint: str | None = None
    strategy: str | None = None
    symbols: tuple[str, ...] = ()
    timeframe: str | None = None
    since: str | None = None
    until: str | None = None
    parameters: tuple[str, ...] = ()
    """`name=value`"""
    risk_profile: str | None = None
    fees: str | None = None
    """`maker,taker` in basis points"""
    slippage_bps: str | None = None
    participation: str | None = None
    """`1/10` or `0.1`"""
    latency_ms: str | None = None
    detail: str | None = None
    """a finer timeframe"""
    balance: str | None = None
    """of the quote asset"""
    seed: int = 7
    driver: DriverChoice = "auto"


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """The stored series that candles were read or made of, whole; `parts` are (month, sha256)."""

    instrument: str
    timeframe: str
    digest: str
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A checked backtest with its candles, mapped into memory."""

    spec: BacktestSpec
    timeframe: str
    seed: int
    candles: Sequence[CandleColumns]
    data: Sequence[StoredFacts]
    detail: Sequence[CandleColumns] | None = None
    detail_timeframe: str | None = None
    detail_data: Sequence[StoredFacts] = ()
    entrypoint: str = ""
    notes: tuple[str, ...] = ()
    """what the reader of the result should know about its data"""


def prepare(options: BacktestOptions, runtime_file: Path, home: Path, environ: Mapping[str, str]) -> Prepared:
    """Return what will run; raise ConfigError naming the option or key that does not fit."""
    config = load_configuration(runtime_file, environ)
    entry = config.resolve(options.entrypoint or config.runtime.trading.default_entrypoint)
    choice = chosen_strategy(config, entry, options.strategy, home, options.timeframe)
    timeframe = options.timeframe or choice.timeframe
    length = timeframe_ns(timeframe)
    _demand_timeframe(choice.strategy, timeframe)
    since, until = _span(options)
    store = candle_store(config, home, entry.environment)
    instruments = _instruments(options.symbols, entry, store, timeframe)
    candles = [store.read(each, timeframe, since, until) for each in instruments]
    _demand_candles(candles, since, until)
    spec = BacktestSpec(
        strategy=choice.strategy,
        parameters=terms.parameters(choice.strategy, {**choice.parameters, **terms.given_parameters(options.parameters)}, length),
        timeframe_ns=length,
        profile=terms.profile(config, entry, options.risk_profile),
        fees=terms.fees(entry, options.fees),
        start_balances=terms.balances(entry, options.balance, candles[0].instrument.quote),
        slippage_bps=terms.slippage(options.slippage_bps),
        participation=terms.participation(options.participation),
        latency_ns=terms.latency(options.latency_ms),
    )
    detail, detail_data, detail_notes = _detail(options.detail, timeframe, store, instruments, candles)
    spec.check(candles, detail)
    return Prepared(
        spec=spec,
        timeframe=timeframe,
        seed=options.seed,
        candles=candles,
        data=[_facts(store, each, timeframe) for each in instruments],
        detail=detail,
        detail_timeframe=options.detail,
        detail_data=detail_data,
        entrypoint=entry.name,
        notes=(*_gap_notes(candles, timeframe, since, until), *detail_notes, *choice.notes),
    )


def _span(options: BacktestOptions) -> tuple[int | None, int | None]:
    since = None if options.since is None else moment(options.since, "--since")
    until = None if options.until is None else moment(options.until, "--until")
    if since is not None and until is not None and since >= until:
        raise ConfigError(f"--since {options.since} is not before --until {options.until}")
    return since, until


def _demand_timeframe(strategy: Strategy, timeframe: str) -> None:
    own = getattr(strategy, "timeframe", None)
    if own is not None and own != timeframe:
        raise ConfigError(f"strategy {strategy.name} is made for {own} candles; give --timeframe {own}, not {timeframe}")


def _instruments(
    symbols: Sequence[str], entry: ResolvedEntrypoint, store: CandleStore, timeframe: str
) -> tuple[InstrumentId, ...]:
    """Return the named instruments; without a name those of the entrypoint's universe whose candles are stored."""
    if symbols:
        return tuple(_instrument(each, entry.exchange) for each in symbols)
    stored: dict[InstrumentId, list[str]] = {}
    contents = store.contents()
    for series in contents.series:
        stored.setdefault(series.instrument.id, []).append(series.timeframe)
    found = tuple(
        each
        for each in entry.instruments
        if timeframe in stored.get(each, ()) or source_timeframe(timeframe, stored.get(each, [])) is not None
    )
    for each in contents.damaged:
        # To trade the others alone would be another backtest than the one that was asked for.
        lacking = any(each.is_of(instrument) for instrument in entry.instruments if instrument not in found)
        if lacking and (each.timeframe == timeframe or source_timeframe(timeframe, [each.timeframe]) is not None):
            raise ConfigError(f"{each.fault}; `golive data verify` says more, --symbol chooses among the others")
    if not found:
        wanted = ", ".join(each.symbol for each in entry.instruments)
        have = ", ".join(f"{key} {name}" for key, names in stored.items() for name in names) or "nothing"
        raise ConfigError(
            f"{store.root}: no {timeframe} candles of {wanted}; stored: {have}; "
            "`golive data download` or `golive data import` brings them, --symbol and --timeframe choose among them"
        )
    return found


def _instrument(text: str, venue: str) -> InstrumentId:
    try:
        return InstrumentId.parse(text if ":" in text else f"{venue}:{text}")
    except ValueError:
        raise ConfigError(f"--symbol {text}: give a symbol like BTC/USDT, or {venue}:BTC/USDT") from None


def _demand_candles(candles: Sequence[CandleColumns], since: int | None, until: int | None) -> None:
    for each in candles:
        if not len(each):
            span = f"from {to_iso(since) if since else 'the start'} to {to_iso(until) if until else 'the end'}"
            raise ConfigError(f"{each.instrument.id}: no candle {span}; look at `golive data list`")


def _detail(
    name: str | None, timeframe: str, store: CandleStore, instruments: Sequence[InstrumentId], candles: Sequence[CandleColumns]
) -> tuple[list[CandleColumns] | None, list[StoredFacts], tuple[str, ...]]:
    """Return the finer candles below the coarse ones, where they come from and what is missing of them."""
    if name is None:
        return None, [], ()
    length = timeframe_ns(timeframe)
    if timeframe_ns(name) >= length or length % timeframe_ns(name):
        raise ConfigError(f"--detail {name}: give a timeframe that {timeframe} is a multiple of")
    found, notes = [], []
    for each, coarse in zip(instruments, candles, strict=True):
        fine = store.read(each, name, int(coarse.opened_at[0]), int(coarse.opened_at[-1]) + length)
        wanted = len(coarse) * (length // timeframe_ns(name))
        if len(fine) < wanted:
            notes.append(f"{each}: {wanted - len(fine):,} of {wanted:,} {name} candles are missing; orders wait through them")
        found.append(fine)
    return found, [_facts(store, each, name) for each in instruments], tuple(notes)


def _facts(store: CandleStore, instrument: InstrumentId, timeframe: str) -> StoredFacts:
    """Return the identity of a stored series, or of the finer one that it was made of."""
    stored = [entry.timeframe for entry in store.series() if entry.instrument.id == instrument]
    source = timeframe if timeframe in stored else source_timeframe(timeframe, stored)
    assert source is not None, "the candles were read before"
    index = store.index(instrument, source)
    return StoredFacts(str(instrument), source, index.digest, tuple((part.month, part.sha256) for part in index.parts))


def _gap_notes(candles: Sequence[CandleColumns], timeframe: str, since: int | None, until: int | None) -> list[str]:
    import numpy as np

    notes = []
    for each in candles:
        steps, length, name = np.diff(each.opened_at), each.timeframe_ns, each.instrument.id
        gaps = np.flatnonzero(steps > length)
        if len(gaps):
            missing = int((steps[gaps] // length - 1).sum())
            longest = gaps[int(steps[gaps].argmax())]
            where = to_iso(int(each.opened_at[longest]) + length)
            notes.append(
                f"{name}: {missing:,} {timeframe} candles are missing in {counted(len(gaps), 'gap')}, "
                f"the longest {int(steps[longest]) // length - 1:,} from {where}"
            )
        if since is not None and int(each.opened_at[0]) >= since + length:
            notes.append(f"{name}: candles begin at {to_iso(int(each.opened_at[0]))}, after --since")
        if until is not None and int(each.opened_at[-1]) + length < until:
            notes.append(f"{name}: candles end at {to_iso(int(each.opened_at[-1]) + length)}, before --until")
    return notes
