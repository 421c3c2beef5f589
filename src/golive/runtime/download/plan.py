"""What a download will be, before anything is opened or written: environment, instrument, endpoint, span; all of it checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.config.endpoint import base_url_objection, endpoint_objection, parse_endpoint, sandbox_objection
from golive.config.resolved import ResolvedEntrypoint
from golive.market.contents import index_in
from golive.market.origin import DOWNLOAD, require_one_market
from golive.market.series import SeriesIndex, series_folder
from golive.market.span import Span
from golive.market.store import CandleStore
from golive.market.timeframe import timeframe_ns
from golive.model.clock import DAY, MINUTE, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.venues.profile import VenueProfile
from golive.venues.registry import profile_named

from ..candle_place import candle_store, environment_for
from ..venue_check.target import every_entrypoint
from .moment import moment
from .record import DownloadRecord

EMBEDDED_BEGAN: Final = from_iso("2024-01-01T00:00:00Z")
"""where the market of an embedded venue begins: always there, so that it is the same market whatever is asked of it"""
EMBEDDED_SEED: Final = "embedded seed "
"""begins the name of the market of an embedded venue"""
DEFAULT_SEED: Final = 7
_EMBEDDED_DAYS: Final = 30
_EMBEDDED_DAYS_OF_TRADES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadOptions:
    """What the command line says."""

    symbol: str
    timeframe: str
    venue: str | None = None
    environment: str | None = None
    since: str | None = None
    until: str | None = None
    endpoint: str | None = None
    fill_gaps: bool = False
    seed: int = DEFAULT_SEED
    may_mix: bool = False
    """a series that came from files takes the venue's candles"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadPlan:
    """A checked download; `until` None is up to the last closed candle."""

    entrypoint: ResolvedEntrypoint
    profile: VenueProfile
    instrument: InstrumentId
    timeframe: str
    length: int
    """of a candle, ns"""
    since: int
    until: int | None
    fill_gaps: bool
    seed: int
    may_mix: bool
    root: Path
    """of the store"""
    source: str
    """how the store names where these candles come from"""

    @property
    def store(self) -> CandleStore:
        return CandleStore(self.root)

    @property
    def is_embedded(self) -> bool:
        return self.entrypoint.endpoint == "embedded"

    def whole(self, end: int) -> Span:
        """Return what is wanted of a market whose last closed candle ended at `end`."""
        until = end if self.until is None else min(self.until, end)
        return Span(self.since, max(self.since, until))


def plan_download(options: DownloadOptions, configuration: Configuration, home: Path, now: int) -> DownloadPlan:
    """Return the plan; ConfigError naming the option that does not fit. Nothing is opened or written."""
    environment = environment_for(configuration, named=options.environment, venue=options.venue)
    entrypoint = at_endpoint(entrypoint_for(configuration, environment, options.venue), options.endpoint)
    profile = profile_named(entrypoint.adapter)
    _require_timeframe(options.timeframe, profile, entrypoint)
    instrument = _instrument(options.symbol, entrypoint)
    length = timeframe_ns(options.timeframe)
    store = candle_store(configuration, home, environment)
    index = index_in(series_folder(store.root, instrument, options.timeframe))
    source = f"{DOWNLOAD}{market_at(entrypoint, options.seed)}"
    require_one_market(index, source, may_mix=options.may_mix)
    since = _since(options, index, DownloadRecord(store.root, instrument, options.timeframe, source).unfinished, length)
    until = _until(options, profile, entrypoint, length)
    if until is not None and since >= until:
        is_first = index is not None and since == index.first
        unsaid = "the first stored candle" if is_first else "the beginning of a download that has not ended"
        begin = f"--since {to_iso(since)}" if options.since is not None else f"{unsaid}, {to_iso(since)},"
        raise ConfigError(f"{begin} is not before the end, {to_iso(until)}; give an earlier --since or a later --until")
    if since >= now:
        raise ConfigError(f"--since {to_iso(since)} is in the future")
    return DownloadPlan(
        entrypoint=entrypoint, profile=profile, instrument=instrument, timeframe=options.timeframe, length=length, since=since,
        until=until, fill_gaps=options.fill_gaps, seed=options.seed, may_mix=options.may_mix, root=store.root, source=source,
    )  # fmt: skip


def entrypoint_for(configuration: Configuration, environment: str, venue: str | None) -> ResolvedEntrypoint:
    """Return an entrypoint of an environment; ConfigError when none uses it, or when it is one of another venue."""
    of_it = [each for each in every_entrypoint(configuration) if each.environment == environment]
    if not of_it:
        raise ConfigError(f"--environment {environment}: no entrypoint in runtime.yaml uses it; add one")
    if venue is not None and of_it[0].exchange != venue:
        raise ConfigError(f"--venue {venue}: environment {environment} is one of {of_it[0].exchange}; leave one of both out")
    return of_it[0]


def at_endpoint(entrypoint: ResolvedEntrypoint, given: str | None) -> ResolvedEntrypoint:
    """Return the entrypoint with another endpoint, None for its own; ConfigError where its environment does not allow it."""
    if given is None:
        return entrypoint
    try:
        endpoint = parse_endpoint(given)
    except ValueError as exc:
        raise ConfigError(f"--endpoint {given}: {exc}; give embedded, public, sandbox or a base URL") from None
    for objection in (
        endpoint_objection(entrypoint.environment_type, endpoint),
        base_url_objection(entrypoint.adapter, endpoint),
        sandbox_objection("auto", endpoint, entrypoint.adapter),
    ):
        if objection is not None:
            raise ConfigError(f"--endpoint {given}: {objection[0]}; {objection[1]}")
    return replace(
        entrypoint, endpoint=given.rstrip("/"), base_url=endpoint.base_url, endpoint_host=endpoint.host,
        evidence_class=endpoint.evidence_class, sandbox_mode=endpoint.evidence_class == "sandbox",
    )  # fmt: skip


def _instrument(symbol: str, entrypoint: ResolvedEntrypoint) -> InstrumentId:
    try:
        instrument = InstrumentId.parse(f"{entrypoint.exchange}:{symbol}")
    except ValueError:
        raise ConfigError(f"--symbol {symbol}: not a pair like BTC/USDT (upper case, base/quote)") from None
    if entrypoint.endpoint == "embedded" and instrument not in entrypoint.instruments:
        known = ", ".join(each.symbol for each in entrypoint.instruments)
        raise ConfigError(
            f"--symbol {symbol}: the embedded venue trades what the universe of {entrypoint.environment} names; known: {known}"
        )
    return instrument


def market_at(entrypoint: ResolvedEntrypoint, seed: int) -> str:
    """Return the market that an entrypoint's endpoint shows, as sources of series name it."""
    if entrypoint.endpoint == "embedded":
        return f"{EMBEDDED_SEED}{seed}"
    return f"{entrypoint.evidence_class} {entrypoint.endpoint_host or ''}".rstrip()


def _require_timeframe(timeframe: str, profile: VenueProfile, entrypoint: ResolvedEntrypoint) -> None:
    is_embedded = entrypoint.endpoint == "embedded"
    known = [name for name in profile.timeframes if not is_embedded or timeframe_ns(name) % MINUTE == 0]
    if timeframe in known:
        return
    venue = f"the embedded {profile.label}, whose past is one of minutes," if is_embedded else profile.label
    raise ConfigError(f"--timeframe {timeframe}: {venue} has no such candles; it has {', '.join(known)}")


def _since(options: DownloadOptions, index: SeriesIndex | None, unfinished: Sequence[Span], length: int) -> int:
    """Return where to begin, on the grid of candles.

    Without --since that is the first stored candle and not the last, or what a download was to begin with that has not ended: a
    venue that is read backwards leaves its hole in the middle, or before all, when a download is cut short.
    """
    if options.since is not None:
        return -(-moment(options.since, "--since") // length) * length
    begins = [span.first for span in unfinished] + ([] if index is None else [index.first])
    if not begins:
        raise ConfigError(f"nothing of {options.symbol} {options.timeframe} is stored yet: say from when with --since 2024-01-01")
    return min(begins)


def _until(options: DownloadOptions, profile: VenueProfile, entrypoint: ResolvedEntrypoint, length: int) -> int | None:
    if options.until is not None:
        return moment(options.until, "--until") // length * length
    if entrypoint.endpoint != "embedded":
        return None
    days = _EMBEDDED_DAYS if profile.trade_history is None else _EMBEDDED_DAYS_OF_TRADES
    return (EMBEDDED_BEGAN + days * DAY) // length * length
