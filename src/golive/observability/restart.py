"""What a report says about a restart: when, how much was replayed, and the account it led to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.clock import from_iso
from golive.model.errors import MalformedPayload
from golive.model.json import JsonObject

from . import reading as read
from .shape import Amount, Count, Instant, Share


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartRow:
    """A session that was cut off went on; what its store led to, before anything new happened."""

    at: Instant
    """wall clock"""
    epoch: Count
    """of the lease from now on"""
    downtime_seconds: Share
    """since the last commit before"""
    events: Count
    """stored, and replayed"""
    records: Count
    market_time: Instant | None
    """of the newest stored event"""
    balances: Mapping[str, Amount]
    """totals by asset"""
    positions: Mapping[str, Amount]
    """by instrument, whole lots; those that are not flat"""
    open_orders: tuple[str, ...]
    """client order ids of orders that had not ended"""
    realized: Amount
    """profit so far, in the quote asset"""


def restart_of(body: JsonObject) -> RestartRow:
    """Return the row that was written down as `body`; MalformedPayload when it is none."""
    try:
        market_time = body["market_time"]
        return RestartRow(
            at=from_iso(read.text(body, "at")),
            epoch=int(read.number(body, "epoch")),
            downtime_seconds=read.number(body, "downtime_seconds"),
            events=int(read.number(body, "events")),
            records=int(read.number(body, "records")),
            market_time=None if market_time is None else from_iso(str(market_time)),
            balances={asset: read.text(body, "balances", asset) for asset in read.mapping(body, "balances")},
            positions={name: read.text(body, "positions", name) for name in read.mapping(body, "positions")},
            open_orders=tuple(read.texts(body, "open_orders")),
            realized=read.text(body, "realized"),
        )
    except (KeyError, ValueError, TypeError) as exc:
        raise MalformedPayload(f"a restart was not written down as one: {exc!r}") from exc
