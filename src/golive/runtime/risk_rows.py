"""The rows of limits that `golive risk status` shows, of one entrypoint and of all together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.shape import Amount, Share


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One limit; `used` and `allowed` are shares of equity or counts."""

    limit: str
    allowed: Amount
    used: str
    used_ratio: Share
    band: Literal["ok", "warn", "breach"]
    holds: bool
    """whether it is a breach that stops orders now; one of a run that is over need not"""


def limit_rows(rows: Iterable[JsonObject]) -> tuple[LimitRow, ...]:
    """Return the limits as one that runs tells them, the most used first."""
    bands: dict[str, Literal["ok", "warn", "breach"]] = {"ok": "ok", "warn": "warn"}
    found = [
        LimitRow(
            read.text(row, "limit"), read.text(row, "allowed"), read.text(row, "used"), read.number(row, "used_ratio"),
            band, band == "breach",
        )
        for row in rows
        for band in (bands.get(read.text(row, "band"), "breach"),)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda row: -row.used_ratio))
