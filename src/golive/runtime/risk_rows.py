"""The rows of limits that `golive risk status` shows, of one entrypoint and of all together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.shape import Share
from golive.risk import LIMITS, LimitUse
from golive.risk.band import Band
from golive.risk.limit_state import meaning

_BANDS: Final[dict[str, Band]] = {"ok": "ok", "warn": "warn"}


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit; `used`, `used_ratio` and `band` are null of one that judges each order by itself or whose use is not known."""

    limit: str
    code: str
    """of its refusals"""
    unit: str
    """of `used` and `allowed`"""
    allowed: str
    used: str | None
    used_ratio: Share | None
    band: Band | None
    holds: bool
    """whether it is a breach that stops orders now; one of a run that is over need not"""
    refuses: bool
    """whether what increases risk is refused for it now, at least in what `note` names"""
    note: str


def limit_rows(rows: Iterable[JsonObject]) -> tuple[LimitRow, ...]:
    """Return the limits as one that runs tells them, the most used first, those without a use last."""
    return tuple(sorted(map(_row, rows), key=_most_used))


def _most_used(row: LimitRow) -> tuple[bool, float]:
    return row.used_ratio is None, -(row.used_ratio or 0.0)


def use_row(use: LimitUse) -> LimitRow:
    """Return the row of a use that counts now."""
    code, unit = meaning(use.limit)
    stops = use.band == "breach"
    return LimitRow(use.limit, code, unit, use.allowed, use.used, use.used_ratio, use.band, stops, stops, "")


def _row(row: JsonObject) -> LimitRow:
    row = {"unit": None, "note": None, **row}  # a report says them of no limit that an account stands at
    limit, told = read.text(row, "limit"), read.optional_text(row, "band")
    band: Band | None = None if told is None else _BANDS.get(told, "breach")
    code, unit = meaning(limit) if limit in LIMITS else ("", "")
    refuses = row.get("refuses") is True or band == "breach"
    return LimitRow(
        limit, code, read.optional_text(row, "unit") or unit, read.text(row, "allowed"), read.optional_text(row, "used"),
        read.optional_number(row, "used_ratio"), band, band == "breach", refuses, read.optional_text(row, "note") or "",
    )  # fmt: skip
