"""What a session did about a signal, and at a time: the values, their documents and schemas. `chain_reading` fills them in.

Prices in quote, quantities in base; targets are shares of a full position, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonValue
from golive.observability.shape import Amount, Count, Instant, as_json, document_schema

from ..member_told import MemberTold
from ..session_rows import FillLine, OrderLine, SessionHead

MOMENT_SCHEMA: Final = "golive.moment.v1"
SIGNAL_SCHEMA: Final = "golive.signal.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarTold:
    """A closed candle as the strategy got it."""

    opened_at: Instant
    closed_at: Instant
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    volume: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalTold:
    """A target that asked for a decision, and how it came about."""

    signal_id: str
    instrument: str
    ts: Instant
    """market time"""
    cause: str
    target: Amount
    target_before: Amount | None
    """None: there was none before"""
    members: tuple[MemberTold, ...]
    """of an allocation: what each wanted on its newest bar; none of a strategy by itself"""
    bar: BarTold | None
    """the newest one that was closed by then; None before the first"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionTold:
    """What was decided about a signal, or about an order that protects a position."""

    record_seq: Count
    ts: Instant
    event: str
    code: str
    limit: str | None
    value: str | None
    reference_price: Amount | None
    client_order_id: str | None
    signal_id: str
    purpose: str | None
    """`target`, or `protection` of a position; None for no order"""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleTold:
    """Bars in a row on which nothing was done, for one reason."""

    code: str
    since: Instant
    until: Instant
    bars: Count
    members: tuple[MemberTold, ...]
    """of an allocation: who was held back by its times, as on the last of the bars"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderTold:
    """An order of a signal's chain with its fills."""

    order: OrderLine
    fills: tuple[FillLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalStory:
    """The chain of one signal, from its candle to the position after it."""

    session: SessionHead
    strategy: str
    signal: SignalTold
    decision: DecisionTold | None
    """None: it waits for one"""
    orders: tuple[OrderTold, ...]
    """the order of the signal first, then those that protected what it bought"""
    position_before: Amount
    position_after: Amount
    """when the chain's last fill was booked"""
    fees: Mapping[str, Amount]
    """of the chain's fills, by asset"""
    realized: Amount | None
    """what its sales realised by average cost; None when nothing was sold, or nobody knows what it had cost"""
    realized_asset: str
    doubts: tuple[str, ...]
    """why this cannot be believed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskState:
    """How one instrument's desk stood."""

    position: Amount
    open_orders: tuple[OrderLine, ...]
    """that worked then; their status is the one at the end"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskMoment:
    """What one instrument's desk was doing on the bar that a time lies in, its close included: decisions are taken at a close."""

    instrument: str
    bar: BarTold | None
    """None: the session saw no bar of the instrument then"""
    target: Amount | None
    """after the bar; None: none yet"""
    target_before: Amount | None
    """what it had been when the bar was decided on"""
    signal_id: str | None
    """the newest signal by then"""
    idle: IdleTold | None
    decisions: tuple[DecisionTold, ...]
    """taken on the bar"""
    fills: tuple[FillLine, ...]
    """on the bar"""
    before: DeskState
    """what the first decision on the bar saw; without one, how the desk stood at the bar's close"""
    after: DeskState
    """at the bar's close, its decisions taken"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentStory:
    """All desks of one session at one time."""

    session: SessionHead
    at: Instant
    """market time that was asked for"""
    desks: tuple[DeskMoment, ...]
    doubts: tuple[str, ...]


def document(story: SignalStory | MomentStory) -> dict[str, JsonValue]:
    """Return the JSON document."""
    told = as_json(story)
    assert isinstance(told, dict)
    return {"schema": SIGNAL_SCHEMA if isinstance(story, SignalStory) else MOMENT_SCHEMA, **told}


def moment_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of `golive explain TIME --json`."""
    return document_schema(MOMENT_SCHEMA, "What each desk of a session of Golive did at one time", MomentStory)


def signal_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of `golive explain SIGNAL --json`."""
    return document_schema(SIGNAL_SCHEMA, "What a session of Golive did about one signal", SignalStory)
