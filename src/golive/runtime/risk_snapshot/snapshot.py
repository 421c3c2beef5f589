"""Makes the risk snapshot of an environment and writes it beside its data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.market.store import CandleStore
from golive.model.clock import DAY, MINUTE, Clock
from golive.model.errors import VenueError
from golive.model.ids import InstrumentId
from golive.model.money import format_decimal
from golive.model.verdict import ExitCode
from golive.runtime.risk_limits import risk_profile_of
from golive.storage.files import write_atomic
from golive.venues.profile import VenueProfile
from golive.venues.registry import profile_named

from ..candle_place import candle_store, environment_for
from ..download.plan import DEFAULT_SEED, EMBEDDED_BEGAN, EMBEDDED_SEED, at_endpoint, entrypoint_for, market_at
from ..download.venue import open_venue
from ..signed_evidence import sign_evidence
from ..venue_check.target import every_entrypoint
from .document import FILE_NAME, DataLimits, InstrumentRisk, RiskLimits, RiskSnapshot, document
from .measured import Measured, grid_of, measure
from .stored import stored_figures

_EMBEDDED_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot that was written."""

    snapshot: RiskSnapshot
    path: Path

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.OK if self.snapshot.status == "ok" else ExitCode.UNKNOWN


async def take_snapshot(
    configuration: Configuration,
    home: Path,
    clock: Clock,
    *,
    environment: str | None,
    venue: str | None,
    endpoint: str | None,
    seed: int | None = None,
) -> Written:
    """Ask the venue of an environment, read its store, write the snapshot.

    `seed` is that of the market of an embedded venue; None for the one that was downloaded.

    Raises ConfigError for a name or endpoint that does not fit and a store that cannot be read, JournalError when the file
    cannot be written. A venue that cannot be asked makes the snapshot `unknown`.
    """
    name = environment_for(configuration, named=environment, venue=venue)
    entrypoint = at_endpoint(entrypoint_for(configuration, name, venue), endpoint)
    profile = profile_named(entrypoint.adapter)
    store = candle_store(configuration, home, name)
    stands = _embedded_end(store, entrypoint)
    seed = _downloaded_seed(store, entrypoint) if seed is None else seed
    try:
        opening = open_venue(entrypoint, profile, home, clock, seed=seed, embedded_until=stands)
        async with opening as opened:
            measured = await measure(opened.adapter, entrypoint.instruments, clock)
    except VenueError as exc:
        measured = Measured(problem=str(exc))
    return write_snapshot(configuration, home, clock.now(), entrypoint, profile, measured, market=market_at(entrypoint, seed))


def _downloaded_seed(store: CandleStore, entrypoint: ResolvedEntrypoint) -> int:
    """Return the seed of the embedded market that the entrypoint's first instrument with one was downloaded from."""
    for instrument in entrypoint.instruments:
        for market in stored_figures(store, instrument).markets:
            if market.startswith(EMBEDDED_SEED):
                return int(market.removeprefix(EMBEDDED_SEED))
    return DEFAULT_SEED


def _embedded_end(store: CandleStore, entrypoint: ResolvedEntrypoint) -> int:
    """Return where an embedded market should stand: at the end of what was downloaded from it, one day on without that."""
    ends = (stored_figures(store, each).last_price_at for each in entrypoint.instruments)
    known = [end for end in ends if end is not None and EMBEDDED_BEGAN < end < EMBEDDED_BEGAN + _EMBEDDED_DAYS * DAY]
    return max(known, default=EMBEDDED_BEGAN + DAY) // MINUTE * MINUTE


def write_snapshot(
    configuration: Configuration,
    home: Path,
    now: int,
    entrypoint: ResolvedEntrypoint,
    profile: VenueProfile,
    measured: Measured,
    *,
    market: str,
) -> Written:
    """Join what was measured of `market` with what is stored and configured, and write it."""
    store = candle_store(configuration, home, entrypoint.environment)
    rows = tuple(_instrument(each, entrypoint, profile, store, measured, market) for each in entrypoint.instruments)
    is_known = bool(rows) and not measured.problem and all(row.status == "ok" for row in rows)
    limits = configuration.core.environments[entrypoint.environment].data_quality
    snapshot = RiskSnapshot(
        environment=entrypoint.environment,
        exchange=entrypoint.exchange,
        adapter=entrypoint.adapter,
        endpoint_host="127.0.0.1" if entrypoint.endpoint == "embedded" else entrypoint.endpoint_host or entrypoint.endpoint,
        evidence_class=str(entrypoint.evidence_class),
        generated_at=now,
        status="ok" if is_known else "unknown",
        venue_problem=measured.problem or None,
        instruments=rows,
        risk_limits=tuple(
            _limits(each) for each in every_entrypoint(configuration) if each.environment == entrypoint.environment
        ),
        data_limits=DataLimits(limits.max_gap_minutes, format_decimal(limits.min_ok_ratio)),
        runtime_sha256=configuration.file_digest.runtime_sha256,
        core_sha256=configuration.file_digest.core_sha256,
    )
    path = store.root / FILE_NAME
    write_atomic(path, json.dumps(document(snapshot), indent=2, ensure_ascii=False).encode() + b"\n", durable_name=True)
    sign_evidence(home, path, now)
    return Written(snapshot, path)


def _instrument(
    instrument: InstrumentId,
    entrypoint: ResolvedEntrypoint,
    profile: VenueProfile,
    store: CandleStore,
    measured: Measured,
    market: str,
) -> InstrumentRisk:
    listed, touch = measured.listed.get(instrument), measured.touches.get(instrument)
    figures = stored_figures(store, instrument)
    no_touch = measured.problem or "the venue shows no book with two sides"
    if touch is not None and figures.markets and market not in figures.markets:
        touch, no_touch = None, f"the book is one of {market}, the candles are of {', '.join(figures.markets)}"
    few = "too few candles" if figures.candles else "nothing is stored; run golive data download"
    fields: list[tuple[str, object, str]] = [
        ("grid", listed, measured.problem or "the venue does not list it now"),
        ("touch", touch, no_touch),
        ("candles", figures.candles, few),
        ("last_price", figures.last_price, few),
        ("volatility", figures.volatility, few),
        ("average_true_range", figures.average_true_range, few),
        ("volume_24h", figures.volume_24h, "the last day has a gap" if figures.candles else few),
    ]
    missing = tuple(f"{field}: {why}" for field, value, why in fields if value is None)
    fees = entrypoint.paper.fees if entrypoint.paper is not None else None
    maker, taker = (fees.maker_bps, fees.taker_bps) if fees else (profile.fees.maker_bps, profile.fees.taker_bps)
    return InstrumentRisk(
        instrument=str(instrument),
        status="unknown" if missing else "ok",
        unknown=missing,
        maker_bps=format_decimal(Decimal(maker)),
        taker_bps=format_decimal(Decimal(taker)),
        fee_source="configuration" if fees else "published by the venue for a new account",
        grid=None if listed is None else grid_of(listed),
        touch=touch,
        candles=figures.candles,
        last_price=figures.last_price,
        last_price_at=figures.last_price_at,
        volatility=figures.volatility,
        average_true_range=figures.average_true_range,
        volume_24h=figures.volume_24h,
    )


def _limits(entrypoint: ResolvedEntrypoint) -> RiskLimits:
    profile = risk_profile_of(entrypoint)
    return RiskLimits(
        entrypoint=entrypoint.name,
        profile=profile.name,
        max_daily_loss_pct=format_decimal(profile.max_daily_loss_pct),
        hard_drawdown_pct=format_decimal(profile.hard_drawdown_pct),
        max_position_pct=format_decimal(profile.max_position_pct),
        max_open_positions=profile.max_open_positions,
        risk_profile_digest=profile.digest,
    )


def lines(written: Written) -> Sequence[str]:
    """Return the snapshot for a person, line by line."""
    snapshot = written.snapshot
    said = [f"{snapshot.environment} at {snapshot.endpoint_host} ({snapshot.evidence_class}): {snapshot.status}"]
    for row in snapshot.instruments:
        volatility = "unknown" if row.volatility is None else f"{row.volatility.annualised:.1%} a year"
        spread = "unknown" if row.touch is None else f"{row.touch.median_spread_bps:.2f} bps"
        said.append(f"{row.instrument}: last price {row.last_price or 'unknown'}, volatility {volatility}, spread {spread}")
        said += [f"  unknown {text}" for text in row.unknown]
    return [*said, f"snapshot: {written.path}"]
