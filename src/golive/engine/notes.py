"""What the engine has written down: numbered records, in the words of the decision journal."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.clock import to_iso
from golive.model.command import Command, Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.orders import Order

from .desk import Desk, InactionRun


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
            body: dict[str, JsonValue] = {
                "instrument": desk.name, "code": str(run.code),
                "from": to_iso(run.since), "to": to_iso(run.until), "bars": run.bars,
            }  # fmt: skip
            self.record(commands, ts, "inaction", body)

    def count(self, code: DecisionCode) -> None:
        self.decisions[code] = self.decisions.get(code, 0) + 1


def order_body(order: Order, instrument: Instrument) -> dict[str, JsonValue]:
    """Return what a record says of an order."""
    intent = order.intent
    price = intent.price
    return {
        "instrument": str(instrument.id), "side": str(intent.side), "client_order_id": intent.client_order_id,
        "quantity": instrument.quantity_text(intent.quantity), "signal_id": intent.signal_id,
        "price": None if price is None else instrument.price_text(price),
    }  # fmt: skip
