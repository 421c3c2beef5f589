"""The rows of one order, of an order journal or of a session's store, as the steps of its story."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple, Protocol, TypeAlias

from golive.model.clock import MICROSECOND, MILLISECOND, to_iso
from golive.model.json import JsonValue
from golive.storage.emergency_journal import ACTIVATED

from .story import Step, StepKind

Value: TypeAlias = int | str | None


class Row(Protocol):
    """A row of a store: where it stands, in which table, and its values by column."""

    @property
    def seq(self) -> int: ...
    @property
    def table(self) -> str: ...
    @property
    def values(self) -> Mapping[str, Value]: ...


class Grid(NamedTuple):
    """How the integers of an instrument are told; a function returns None when it cannot be told."""

    price: Callable[[int], str | None]
    """of ticks"""
    quantity: Callable[[int], str | None]
    """of lots"""
    fee: Callable[[int, str], str | None]
    """of smallest units of an asset"""


_KINDS: Final[Mapping[str, StepKind]] = {
    "records": "record",
    "decisions": "decision",
    "intents": "intent",
    "amendments": "amendment",
    "attempts": "attempt",
    "amendment_attempts": "attempt",
    "answers": "answer",
    "amendment_answers": "answer",
    "facts": "fact",
    "order_updates": "fact",
    "fills": "fill",
    "ends": "end",
    "notes": "note",
}
_SIGNAL: Final = "signal_received"
_TEXTS: Final[Mapping[StepKind, tuple[str, ...]]] = {
    "intent": ("side", "type", "time_in_force", "route", "epoch"),
    "amendment": ("n",),
    "attempt": ("n",),
    "answer": ("n", "result", "answer", "code", "detail", "venue_order_id"),
    "fact": ("event", "venue_order_id", "code"),
    "end": ("result",),
}
"""columns that are told as they stand"""
_DECIDED: Final = ("profile", "quantity", "price", "notional", "limit", "value")
"""members of a decision's body that are told"""


def steps_of(rows: Iterable[Row], grid: Grid) -> Iterator[Step]:
    """Yield a step for each row that tells of an order's life, in the order of the rows."""
    for row in rows:
        kind = _KINDS.get(row.table)
        if kind is None:
            continue
        if kind == "record":
            yield _record(row)
            continue
        details = _decision(row) if kind == "decision" else _terms(row, kind, grid)
        yield Step(seq=row.seq, ts=_moment(row.values), kind=kind, details=details)


def _note(row: Row) -> dict[str, str | None]:
    told = {"event": _text(row.values["event"])}
    if told["event"] == "fell_back":
        body: Mapping[str, JsonValue] = json.loads(str(row.values["body"]))
        told |= {"original": str(body["original"]), "from": str(body["from"]), "fallback": str(body["reason"])}
    elif told["event"] == ACTIVATED:
        emergency: Mapping[str, JsonValue] = json.loads(str(row.values["body"]))
        return {**told, **{name: str(emergency[name]) for name in ("state", "scope", "reason", "operator") if name in emergency}}
    return {**told, "operator": _text(row.values["operator"])}


def _record(row: Row) -> Step:
    body: Mapping[str, JsonValue] = json.loads(str(row.values["body"]))
    event = str(row.values["event"])
    told = {name: str(value) for name, value in body.items() if isinstance(value, str | int) and name != "instrument"}
    return Step(
        seq=row.seq,
        ts=_moment(row.values),
        kind="signal" if event == _SIGNAL else "record",
        details={
            "event": event,
            **{name: told[name] for name in ("target", "code", "scope", "reason", "operator") if name in told},
        },
    )


def _decision(row: Row) -> dict[str, str | None]:
    body: Mapping[str, JsonValue] = json.loads(str(row.values["risk_body"]))
    told = {name: None if body.get(name) is None else str(body[name]) for name in _DECIDED}
    values = row.values
    return {
        "verdict": _text(values["verdict"]),
        "code": _text(values["code"]),
        "subject": _text(values["subject"]),
        "decision_seq": _text(values["decision_seq"]),
        **told,
    }


def _terms(row: Row, kind: StepKind, grid: Grid) -> dict[str, str | None]:
    if kind == "fill":
        return _fill(row.values, grid)
    if kind == "note":
        return _note(row)
    values = row.values
    told = {name: _text(values[name]) for name in _TEXTS.get(kind, ()) if name in values}
    if "deadline_ms" in values:
        told["deadline"] = to_iso(int(str(values["deadline_ms"])) * MILLISECOND)
    if kind == "answer":
        told |= _round_trip(values)
    if "quantity" in values:
        told["quantity"] = _told(values, "quantity_text", "quantity", grid.quantity)
        told["price"] = _told(values, "price_text", "price", grid.price)
    for column, name in (("trigger_price", "trigger"), ("trail", "trail")):
        ticks = values.get(column)
        if isinstance(ticks, int):
            told[name] = grid.price(ticks)
    until = values.get("expires_at")
    if isinstance(until, int):
        told["until"] = to_iso(until)
    if kind == "end":
        record: Mapping[str, JsonValue] = json.loads(str(values["record"]))
        told["latency_ms"] = None if record.get("latency_ms") is None else str(record["latency_ms"])
        told["operator"] = _text(signed) if isinstance(signed := record.get("signed_by"), str) and signed else None
        told["fallback_used"] = "yes" if record.get("fallback_used") else None
    return told


def _round_trip(values: Mapping[str, Value]) -> dict[str, str | None]:
    """Return when the attempt of an answer was let out, and how long after that it was answered; nothing where it was not."""
    ts, mono, left = (values.get(name) for name in ("ts", "mono", "left_mono"))
    if not isinstance(ts, int) or not isinstance(mono, int) or not isinstance(left, int):
        return {}
    us = (mono - left) // MICROSECOND
    return {"left": to_iso(ts - (mono - left)), "round_trip_ms": f"{us // 1000}.{us % 1000:03}"}


def _fill(values: Mapping[str, Value], grid: Grid) -> dict[str, str | None]:
    asset, written = str(values["fee_asset"]), values.get("fee_text")
    return {
        "quantity": _told(values, "quantity_text", "quantity", grid.quantity),
        "price": _told(values, "price_text", "price", grid.price),
        "fee": written if isinstance(written, str) else grid.fee(int(str(values["fee"])), asset),
        "fee_asset": asset,
        "liquidity": _text(values["liquidity"]),
        "trade_id": _text(values["trade_id"]),
    }


def _told(values: Mapping[str, Value], text: str, number: str, tell: Callable[[int], str | None]) -> str | None:
    written, value = values.get(text), values[number]
    if isinstance(written, str):
        return written
    return tell(value) if isinstance(value, int) else None


def _moment(values: Mapping[str, Value]) -> int | None:
    ts = values.get("ts")
    return ts if isinstance(ts, int) else None


def _text(value: Value) -> str | None:
    return None if value is None else str(value)
