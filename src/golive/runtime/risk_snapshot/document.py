"""The document `golive.risk_snapshot.v1`. What is not known is null and named in `unknown`; nothing is guessed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from golive.model.json import JsonValue
from golive.observability.shape import Amount, Count, Fragment, Instant, Sha256, Share, as_json, document_schema

SCHEMA: Final = "golive.risk_snapshot.v1"
FILE_NAME: Final = "risk_snapshot.json"
"""beside the environment's data"""
Status: TypeAlias = Literal["ok", "unknown"]
Bps: TypeAlias = Annotated[float, Fragment({"minimum": 0})]


@dataclass(frozen=True, slots=True)
class Grid:
    """Steps and limits of an order, as the venue lists them now."""

    tick_size: Amount
    lot_size: Amount
    min_quantity: Amount
    max_quantity: Amount
    min_notional: Amount


@dataclass(frozen=True, slots=True)
class Touch:
    """The best prices of the order book; the median of a few looks at it, a moment apart."""

    measured_at: Instant
    samples: Count
    median_spread_bps: Bps
    """of the middle price"""
    median_bid_quantity: Amount
    median_ask_quantity: Amount
    """at the best prices, in base"""


@dataclass(frozen=True, slots=True)
class Volatility:
    """Annualised, as a fraction; of the returns between neighbouring candles of the window."""

    annualised: Share
    returns: Count
    first: Instant
    last: Instant


@dataclass(frozen=True, slots=True)
class TrueRange:
    """Wilder's average true range at the last candle, in quote per base, rounded to a tick."""

    value: Amount
    periods: Count


@dataclass(frozen=True, slots=True)
class Volume:
    """Of the 24 hours before the end of the last candle."""

    base: Amount
    quote: Amount
    """volume × close of each candle"""


@dataclass(frozen=True, slots=True)
class Candles:
    """The stored series that the figures are from."""

    timeframe: str
    rows: Count
    first: Instant
    last: Instant
    """opening times"""
    ok_ratio: Share
    max_gap_minutes: Share
    sources: tuple[str, ...]
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class InstrumentRisk:
    """One instrument of the environment's universe."""

    instrument: str
    status: Status
    unknown: tuple[str, ...]
    """names of the fields that are null, with the reason"""
    maker_bps: Amount
    taker_bps: Amount
    fee_source: str
    grid: Grid | None
    touch: Touch | None
    candles: Candles | None
    last_price: Amount | None
    """close of the last stored candle"""
    last_price_at: Instant | None
    volatility: Volatility | None
    average_true_range: TrueRange | None
    volume_24h: Volume | None


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """The effective limits of one entrypoint of the environment, as its risk engine enforces them."""

    entrypoint: str
    profile: str
    max_daily_loss_pct: Amount
    hard_drawdown_pct: Amount
    max_position_pct: Amount
    max_open_positions: Count
    risk_profile_digest: Sha256


@dataclass(frozen=True, slots=True)
class DataLimits:
    """What stored candles must be before they count as complete."""

    max_gap_minutes: Count
    min_ok_ratio: Amount


@dataclass(frozen=True, slots=True)
class RiskSnapshot:
    """One environment, now."""

    environment: str
    exchange: str
    adapter: str
    endpoint_host: str
    evidence_class: str
    generated_at: Instant
    status: Status
    venue_problem: str | None
    """why the venue could not be asked; null when it was"""
    instruments: tuple[InstrumentRisk, ...]
    risk_limits: tuple[RiskLimits, ...]
    data_limits: DataLimits
    runtime_sha256: Sha256
    core_sha256: Sha256


def document(snapshot: RiskSnapshot) -> dict[str, JsonValue]:
    """Return the snapshot as its JSON document."""
    value = as_json(snapshot)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def snapshot_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "Risk snapshot of an environment", RiskSnapshot)
