"""The story of one order: what happened to it, step by step, and what each witness says. Shape and schema of the document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from golive.model.json import JsonValue
from golive.observability.shape import Amount, Count, Instant, as_json, document_schema

from .chain import SignalTold

SCHEMA: Final = "golive.order_story.v1"
StepKind = Literal[
    "signal", "decision", "intent", "amendment", "record", "attempt", "answer", "fact", "fill", "booking", "end", "note"
]
Witness = Literal["journal", "risk_decisions", "decision_log", "decision_journal", "emergency", "metrics", "venue"]
State = Literal["ok", "pending", "not_asked", "behind", "missing", "corrupt", "unknown"]
GOOD: Final = frozenset({"ok", "pending", "not_asked", "behind"})
"""`behind` are series alone: statistics that are written every few seconds, and no evidence"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the store that holds the order; `details` are texts by name, None where there is none to tell."""

    seq: Count
    """sequence of the row: what has the lower one was durable first"""
    ts: Instant | None
    kind: StepKind
    details: Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Testimony:
    """What one witness says about the order; `says` is one of the sentences of `words.py`, filled in with `details`."""

    witness: Witness
    state: State
    says: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """Who has taken over an order that was not placed by us."""

    by: str
    at: Instant
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouted:
    """The other order of a fallback: the one that was sent instead, or the one that it was sent instead of."""

    client_order_id: str
    venue: str
    """its adapter"""
    reason: str
    """why the first of the two was not taken"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyCause:
    """The emergency mode that refused or canceled an order, as the order's own store tells of it."""

    scope: str
    """`all`, or the risk profile it was on for"""
    state: str
    """what was left: `REDUCING` or `HALTED`"""
    reason: str
    operator: str
    since: Instant | None
    """wall clock; None: no signed record tells"""
    record: Count | None
    """the activation's record in `var/audit/emergency/emergency.jsonl`; None: none fits"""
    panic: Count | None
    """the record there of the `golive panic` during which the order ended; None: it was not one"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendedFrom:
    """The terms an order was approved with: quantity in base, price in quote, None at the market."""

    quantity: Amount
    price: Amount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderStory:
    """One order. Quantities in base, prices in quote; terms are those it has by what is written, or had when it was adopted."""

    client_order_id: str | None
    """32 hexadecimal digits; of an adopted order whatever it was placed with, None for nothing"""
    venue_order_id: str | None
    adopted: Adoption | None
    """None: it was placed by us"""
    source: Literal["order_journal", "session"]
    store: str
    """the file or database that holds it"""
    owner: str
    """adapter and account, or stage and entrypoint"""
    environment: str
    instrument: str
    side: str | None
    """None, as of the quantity: the venue of an adopted order does not tell"""
    type: str | None
    time_in_force: str | None
    route: str | None
    quantity: Amount | None
    price: Amount | None
    amended_from: AmendedFrom | None
    """None: it has the terms it was approved with"""
    went_to: Rerouted | None
    """what was sent to another venue instead of it"""
    instead_of: Rerouted | None
    """what another venue did not take, so that it was sent"""
    status: str
    """how it ended, else how it stands"""
    filled: Amount
    average_price: Amount | None
    steps: tuple[Step, ...]
    testimonies: tuple[Testimony, ...]
    made_for: SignalTold | None = None
    """the signal of a session's order, with the candle that gave it; None where no session made the order"""
    emergency: EmergencyCause | None = None
    """why the order was refused or canceled, where emergency mode did it"""

    @property
    def is_whole(self) -> bool:
        """Whether no witness is missing, contradicts or cannot be believed."""
        return all(each.state in GOOD for each in self.testimonies)


def document(story: OrderStory) -> dict[str, JsonValue]:
    """Return the JSON document."""
    told = as_json(story)
    assert isinstance(told, dict)
    return {"schema": SCHEMA, **told, "is_whole": story.is_whole}


def story_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the document; every object but `details` is closed."""
    schema = document_schema(SCHEMA, "What is written down about one order of Golive", OrderStory)
    properties, required = schema["properties"], schema["required"]
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    return {
        **schema,
        "properties": dict(sorted({**properties, "is_whole": {"type": "boolean"}}.items())),
        "required": sorted([*required, "is_whole"]),
    }
