"""What a panic came to: what `golive panic --json` prints and, without the name of its schema, the body of its signed record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from golive.model.json import JsonValue
from golive.observability.shape import Count, Fragment, Instant, as_json, document_schema

from .panic import Panic, PanicStep

SCHEMA: Final = "golive.panic.v1"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a venue shows of an account."""

    open_entries: tuple[str, ...]
    """orders that may still buy, as `BTC/USDT 4711`"""
    open_sales: tuple[str, ...]
    balances: Mapping[str, str]
    """totals as decimal text, without what is nothing"""


@dataclass(frozen=True, slots=True)
class PanicTold:
    """One call of `golive panic`."""

    reason: str
    operator: str
    began_at: Instant
    exit_code: Annotated[int, Fragment({"enum": [0, 6]})]
    """0 done and read back, 6 something could not be confirmed: the steps that are a problem say what"""
    calls: Count
    """activations of emergency mode on this host up to this one; 0 when the flag could not be written"""
    steps: tuple[PanicStep, ...]
    """what was done, in order; the record lacks the last one, which is its own writing"""
    accounts: Mapping[str, Shown]
    """what the venues showed at the end; without accounts that are in the hands of a process or could not be read back"""


def panic_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of what `golive panic --json` prints."""
    return document_schema(SCHEMA, "Panic", PanicTold)


def panic_body(panic: Panic, accounts: Mapping[str, Shown]) -> dict[str, JsonValue]:
    """Return all of a panic so far, as its record keeps it."""
    told = PanicTold(
        panic.reason, panic.operator, panic.began_at, panic.exit_code, panic.reading.calls, tuple(panic.steps), dict(accounts)
    )
    body = as_json(told)
    assert isinstance(body, dict)
    return body


def panic_document(panic: Panic, accounts: Mapping[str, Shown]) -> dict[str, JsonValue]:
    """Return what `golive panic --json` prints."""
    return {"schema": SCHEMA, **panic_body(panic, accounts)}
