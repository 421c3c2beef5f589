"""How far the session's fills were from those of its shadow: a section of the report, money as text, positive is our loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from golive.model.json import JsonValue

from .shape import Amount, Count, Instant, document_schema

DIVERGENCE: Final = "golive.divergence.v1"
MOST_ORDERS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Amounts in `asset`; the four add up to `total`."""

    asset: str
    price_gap: Amount
    time_gap: Amount
    fill_gap: Amount
    fee_gap: Amount
    total: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergentOrder:
    """One order in both executions; quantities in base, average prices None where nothing was filled."""

    client_order_id: str
    instrument: str
    side: str
    type: str
    quantity: Amount
    filled: Amount
    shadow_filled: Amount
    average_price: Amount | None
    shadow_average_price: Amount | None
    delay_seconds: float | None
    """our first fill less the shadow's; None unless both filled something"""
    gaps: Gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceSection:
    """`orders` holds the farthest apart, in the order they were sent; `compared` counts all."""

    shadow: str
    """which simulator stood beside the session"""
    compared: Count
    ended: str | None
    """why the shadow stopped before the session did; what it did not see to its end is not compared"""
    totals: tuple[Gaps, ...]
    orders: tuple[DivergentOrder, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DivergenceReport(DivergenceSection):
    """What `golive report divergence --json` prints: the section of a session's report, and whose it is."""

    run_id: str
    mode: str
    entrypoint: str
    started_at: Instant
    finished_at: Instant | None
    fill_model: Literal["bar", "book"] | None


def divergence_schema() -> dict[str, JsonValue]:
    return document_schema(DIVERGENCE, "How far the fills of a session were from those of its shadow", DivergenceReport)
