"""`outcome`: what a run decided and did. Equal seed, data and configuration give equal bytes; nothing measured is in here.

Amounts are decimal texts of `model.money`, moments int ns UTC of the market clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from golive.audit.canonical import canonical
from golive.model.json import JsonValue
from golive.model.order import Liquidity, OrderStatus, OrderType, Side

from .shape import Amount, Count, Fragment, Instant, Sha256, Share

MAX_POINTS: Final = 1000
NOTHING_SHA256: Final = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True, slots=True)
class InstrumentGrid:
    instrument: str
    tick_size: Amount
    lot_size: Amount
    min_quantity: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketOutcome:
    """What the run saw of the market, and by which fill model it was matched."""

    source: str
    fill_model: Literal["bar", "book"]
    timeframe: str
    instruments: tuple[InstrumentGrid, ...]
    candles: Count
    first_ts: Instant | None
    last_ts: Instant | None
    data: str | None
    data_sha256: Sha256 | None
    volume_unit: str


@dataclass(frozen=True, slots=True)
class InactionRun:
    """Bars in a row on which nothing was done, for one reason."""

    instrument: str
    code: str
    from_: Instant
    to: Instant
    bars: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    signals: Count = 0
    approved: Count = 0
    refused: Count = 0
    by_code: Mapping[str, Count]
    inaction: tuple[InactionRun, ...] = ()
    commands_sha256: Sha256 = NOTHING_SHA256


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    seq: Count
    ts: Instant
    instrument: str
    side: Side
    type: OrderType
    quantity: Amount
    price: Amount | None
    status: OrderStatus
    filled: Amount
    code: str
    """the venue's code of a rejection, else empty"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FillRow:
    seq: Count
    ts: Instant
    order_seq: Count
    fill_id: str
    instrument: str
    side: Side
    quantity: Amount
    price: Amount
    fee: Amount
    fee_asset: str
    liquidity: Liquidity
    position_after: Amount


@dataclass(frozen=True, slots=True)
class BalanceRow:
    start: Amount
    end: Amount
    reserved: Amount


@dataclass(frozen=True, slots=True)
class PositionRow:
    instrument: str
    quantity: Amount
    average_price: Amount
    mark_price: Amount
    value: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Pnl:
    quote_asset: str
    start_equity: Amount
    end_equity: Amount
    net: Amount
    realized: Amount
    unrealized: Amount
    fees: Amount
    traded_notional: Amount
    return_ratio: float
    max_drawdown_ratio: Share


@dataclass(frozen=True, slots=True)
class EquityOutcome:
    """The equity curve: how many points it had, the digest of all of them, and at most 1000 of them to look at."""

    count: Count = 0
    sha256: Sha256 = NOTHING_SHA256
    points: Annotated[tuple[tuple[Instant, Amount, Amount], ...], Fragment({"maxItems": MAX_POINTS})] = ()
    """(moment, equity in quote, price of the first instrument)"""


@dataclass(frozen=True, slots=True)
class RiskLimitRow:
    """One limit: what was allowed and the worst that was used."""

    limit: str
    allowed: Amount
    used: Amount
    used_ratio: Share
    band: Literal["ok", "warn", "breach"]


@dataclass(frozen=True, slots=True)
class LimitStateRow:
    """A limit that an account does not stand at, as it was at the end; null what cannot be told without an order."""

    limit: str
    code: str
    unit: str
    allowed: str
    used: str | None
    used_ratio: Share | None
    band: Literal["ok", "warn", "breach"] | None
    refuses: bool
    note: str


@dataclass(frozen=True, slots=True)
class RiskOutcome:
    profile: str
    state: str
    limits: tuple[RiskLimitRow, ...] = ()
    at_the_end: tuple[LimitStateRow, ...] = ()
    """every other limit that is set"""


@dataclass(frozen=True, slots=True)
class BreachRow:
    """A stop that was hit: a risk code with its limit and the value that reached it."""

    code: str
    ts: Instant
    limit: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The whole of it; `market` and `pnl` are None for a run that ended before it saw a market."""

    market: MarketOutcome | None
    decisions: Decisions
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    balances: Mapping[str, BalanceRow]
    positions: tuple[PositionRow, ...] = ()
    pnl: Pnl | None
    equity: EquityOutcome
    risk: RiskOutcome
    breaches: tuple[BreachRow, ...] = ()


def nothing_done(risk_profile: str, state: str = "ACTIVE") -> Outcome:
    """Return the outcome of a run that ended before it saw a market."""
    return Outcome(
        market=None,
        decisions=Decisions(by_code={}),
        balances={},
        pnl=None,
        equity=EquityOutcome(),
        risk=RiskOutcome(risk_profile, state),
    )


def outcome_sha256(outcome: JsonValue) -> str:
    """Return the SHA-256 of the canonical JSON of an outcome as it stands in the report."""
    return hashlib.sha256(canonical(outcome)).hexdigest()
