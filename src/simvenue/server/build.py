"""Puts a venue together: source, markets, accounts, dialect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from golive.matching.fee import FeeSchedule
from golive.model.clock import Clock, to_iso
from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.money import units_exact

from ..dialects import face_of, traits_of
from ..errors import UsageError
from ..exchange.account import Account
from ..exchange.book import book_maker
from ..exchange.exchange import Exchange
from ..exchange.listing import Listing, asset_scales
from ..exchange.market import Market
from ..face.face import Face
from ..options import ServeOptions
from ..source.base import MINUTE, TIMEFRAMES, MarketSource
from ..source.candle_file import CandleFile
from ..source.catalog import instrument_id
from ..source.feed import Feed, looks_like_feed
from ..source.generator import Generator

DEFAULT_STEPS = 2400
MAX_SPEED_START = 1_704_067_200_000_000_000
"""2024-01-01T00:00:00Z: where a generated market begins at speed max"""
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue ready to be served."""

    source: MarketSource
    exchange: Exchange
    face: Face
    market: Mapping[str, object]
    """the MARKET part of the ready document"""


def build(options: ServeOptions, clock: Clock, began: int | None = None) -> Venue:
    """Build the venue that began at wall clock `began` (ns; None: now); UsageError for data or balances that cannot be."""
    source, traits = _source(options, clock.now() if began is None else began), traits_of(options.dialect)
    instruments = [_priced(instrument, traits.minimum_cost) for instrument in source.instruments]
    scales = asset_scales(instruments)
    fees = FeeSchedule(options.maker_bps, options.taker_bps, traits.fee_asset)
    new_book = book_maker(options.book, states_depth=source.facts.fill_model == "book")
    markets = [
        Market(
            Listing(i, fees, scales),
            source.base_bar,
            builds_candles=source.builds_candles,
            book=new_book(),
            keeps_every_trade=traits.serves_trade_history and options.history is not None,
        )
        for i in instruments
    ]
    start = {asset: _units(asset, amount, scales) for asset, amount in options.balances.items()}
    names = options.ring.accounts
    exchange = Exchange(
        markets,
        {name: Account(name, scales, start) for name in names},
        clock,
        client_ids_unique_for_ever=traits.client_ids_unique_for_ever,
    )
    exchange.mode = options.mode
    face = face_of(options.dialect)(exchange, options.ring)
    face.is_limited = options.has_limits
    face.time_scale = options.time_scale
    return Venue(source=source, exchange=exchange, face=face, market=_market(options, source))


def _priced(instrument: Instrument, minimum_cost: str) -> Instrument:
    """Return the instrument with the least cost its venue wants of an order."""
    units = units_exact(Decimal(minimum_cost), instrument.quote_scale, "minimum cost")
    return replace(instrument, min_notional=max(instrument.min_notional, units))


def _source(options: ServeOptions, began: int) -> MarketSource:
    for symbol in options.symbols:
        instrument_id(symbol)
    if options.data is not None:
        if options.start is not None:
            raise UsageError("--start: recorded data begin where they begin; leave it out, or leave --data out")
        if len(options.symbols) > 1:
            raise UsageError("--data holds one instrument: give --symbol once")
        symbol = options.symbols[0]
        if looks_like_feed(options.data):
            if options.history is not None:
                raise UsageError("--history: a recorded feed has nothing behind it; use a candle file or the generator")
            return Feed(options.data, symbol, timeframe=options.timeframe or "1m", steps=options.steps)
        return CandleFile(
            options.data,
            symbol,
            timeframe=options.timeframe,
            volume_unit=options.volume_unit,
            steps=options.steps,
            history=options.history or 0,
        )
    timeframe = options.timeframe or "1m"
    steps = options.steps
    if options.speed is None:
        steps = DEFAULT_STEPS if steps is None else steps
        period, start = TIMEFRAMES[timeframe].period, options.start or MAX_SPEED_START
        start = TIMEFRAMES[timeframe].floor(start)
    else:
        period = _SECOND
        start = options.start or began // _SECOND * _SECOND
    return Generator(
        options.symbols,
        seed=options.seed,
        start=start,
        period=period,
        steps=steps,
        timeframe=timeframe,
        history=options.history,
    )


def _units(asset: str, amount: Decimal, scales: dict[str, int]) -> int:
    scales.setdefault(asset, 8)
    try:
        return units_exact(amount, scales[asset], f"--balance {asset}")
    except MagnitudeError as exc:
        raise UsageError(f"{exc}; give at most {scales[asset]} decimals") from exc


def _market(options: ServeOptions, source: MarketSource) -> Mapping[str, object]:
    facts = source.facts
    start = facts.start if options.speed is None or options.data is not None else facts.start // MINUTE * MINUTE
    return {
        "source": facts.source,
        "fill_model": facts.fill_model,
        "speed": options.speed_text,
        "steps": facts.steps,
        "seed": options.seed,
        "data": facts.data,
        "data_sha256": facts.data_sha256,
        "volume_unit": options.volume_unit,
        "start": to_iso(start),
        "timeframe": facts.timeframe,
    }
