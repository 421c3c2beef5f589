"""What the engine has written down: numbered records, in the words of the decision journal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from golive.audit.decision_event import FOR_PROTECTION, FOR_TARGET
from golive.model.clock import MILLISECOND, to_iso
from golive.model.command import Command, Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.order import Fill, NewOrder
from golive.strategy.protocol import MemberSaid

from .desk import Desk, InactionRun


class Body(Mapping[str, JsonValue]):
    """What a record says, put into words when it is first read: that costs more than what it tells of.

    `facts` are those of the moment and never change.
    """

    __slots__ = ("_facts", "_words", "_write")

    def __init__(self, write: Callable[..., dict[str, JsonValue]], facts: tuple[Any, ...]) -> None:
        self._write = write
        self._facts = facts
        self._words: dict[str, JsonValue] | None = None

    def _read(self) -> dict[str, JsonValue]:
        words = self._words
        if words is None:
            words = self._words = self._write(*self._facts)
        return words

    def __getitem__(self, key: str) -> JsonValue:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())


class Notes:
    """Numbers the records of one session and counts its decisions."""

    def __init__(self) -> None:
        self.seq = 0
        """of the newest record"""
        self.decisions: dict[DecisionCode, int] = {}

    def record(
        self,
        commands: list[Command],
        ts: int,
        event: str,
        body: Mapping[str, JsonValue],
        verdict: Approved | Refused | None = None,
    ) -> None:
        """Ask for the next record."""
        self.seq += 1
        commands.append(Record(self.seq, ts, event, body, verdict))

    def run(self, run: InactionRun | None, desk: Desk, ts: int, commands: list[Command]) -> None:
        """Ask for the record of a run of inaction that has ended, if one has."""
        if run is not None:
            self.record(
                commands, ts, "inaction", Body(_inaction, (desk.name, run.code, run.since, run.until, run.bars, run.members))
            )

    def count(self, code: DecisionCode) -> None:
        self.decisions[code] = self.decisions.get(code, 0) + 1


def _inaction(
    name: str, code: DecisionCode, since: int, until: int, bars: int, members: tuple[MemberSaid, ...]
) -> dict[str, JsonValue]:
    body: dict[str, JsonValue] = {"instrument": name, "code": str(code), "from": to_iso(since), "to": to_iso(until), "bars": bars}
    return body | _members(members)


def signal_body(
    name: str, signal_id: str, target: float, cause: str, members: tuple[MemberSaid, ...] = ()
) -> dict[str, JsonValue]:
    """Return what a record says of a target that asks for action; `members` of an allocation, as they made it up."""
    body: dict[str, JsonValue] = {"instrument": name, "signal_id": signal_id, "target": f"{target:.6g}", "cause": cause}
    return body | _members(members)


def _members(members: tuple[MemberSaid, ...]) -> dict[str, JsonValue]:
    """Return who wanted how much, where several strategies trade as one."""
    if not members:
        return {}
    told: list[JsonValue] = [
        {"strategy": each.strategy, "share": f"{each.share:.6g}", "wanted": f"{each.wanted:.6g}", "target": f"{each.target:.6g}"}
        for each in members
    ]
    return {"members": told}


def neutral_body(name: str, signal_id: str, code: DecisionCode) -> dict[str, JsonValue]:
    """Return what a record says of a signal that ended without an order."""
    return {"instrument": name, "signal_id": signal_id, "code": str(code)}


def decision_body(instrument: Instrument, order: NewOrder, reference: int, decision: Approved | Refused) -> dict[str, JsonValue]:
    """Return what a record says of a risk decision; `reference` is the price it was judged at, ticks."""
    refused = decision if isinstance(decision, Refused) else None
    body: dict[str, JsonValue] = {
        "instrument": str(instrument.id), "side": str(order.side), "quantity": instrument.quantity_text(order.quantity),
        "price": None if order.price is None else instrument.price_text(order.price), "signal_id": order.signal_id,
        "reference_price": instrument.price_text(reference), "client_order_id": order.client_order_id,
        "code": DecisionCode.APPROVED if refused is None else refused.code, "purpose": purpose_of(order),
    }  # fmt: skip
    if refused is not None:
        body["limit"], body["value"] = refused.limit, refused.value
    return body


def purpose_of(order: NewOrder) -> str:
    """Say whether a signal asked for the order or it protects what is held: only such an order waits for a price."""
    return FOR_PROTECTION if order.type.sleeps else FOR_TARGET


def order_body(instrument: Instrument, order: NewOrder) -> dict[str, JsonValue]:
    """Return what a record says of an order."""
    return {
        "instrument": str(instrument.id), "side": str(order.side), "client_order_id": order.client_order_id,
        "quantity": instrument.quantity_text(order.quantity), "signal_id": order.signal_id,
        "price": None if order.price is None else instrument.price_text(order.price),
    }  # fmt: skip


def ended_body(instrument: Instrument, order: NewOrder, code: str) -> dict[str, JsonValue]:
    """Return what a record says of an order that ended without being filled whole; `code` is the venue's."""
    return {**order_body(instrument, order), "code": code}


def fill_body(instrument: Instrument, order: NewOrder, fill: Fill, planned_at: int) -> dict[str, JsonValue]:
    """Return what a record says of a fill of an order that was decided on at `planned_at`, market time in ns."""
    return {
        **order_body(instrument, order),
        "fill_id": fill.fill_id.trade_id, "fill_price": instrument.price_text(fill.price),
        "fill_quantity": instrument.quantity_text(fill.quantity), "liquidity": str(fill.liquidity),
        "latency_ms": (fill.ts - planned_at) // MILLISECOND,
    }  # fmt: skip
