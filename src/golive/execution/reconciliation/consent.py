"""What a person has agreed to, as it stands in the journal: notes, and the values they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final, cast

from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.json import JsonObject, JsonValue
from golive.model.money import format_decimal, parse_decimal


class Choice(StrEnum):
    """What may be agreed to about one difference."""

    ADOPT = "adopt"
    """the order belongs to the account from now on: its fills are booked until it ends; it is never sent again"""
    CANCEL = "cancel"
    LEAVE = "leave"
    """the order is somebody else's and stays as it is; what it trades will show in the balances"""
    ACCEPT = "accept-balance"
    SIGN_ABSENT = "sign-absent"


NOTES: Final[Mapping[Choice, str]] = {
    Choice.ADOPT: "adopted",
    Choice.CANCEL: "canceled_foreign",
    Choice.LEAVE: "left",
    Choice.ACCEPT: "balance_accepted",
    Choice.SIGN_ABSENT: "absence_signed",
}
"""event of the note that keeps a consent; its subject is what the difference is about"""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A foreign order that was adopted."""

    instrument: InstrumentId
    booked: Mapping[str, Decimal] = field(default_factory=dict)
    """what its fills have added by asset, those before the baseline excepted"""
    fills: frozenset[str] = frozenset()
    """trade ids that are counted, or were there before the baseline"""
    is_over: bool = False
    filled: Decimal = Decimal(0)
    """all that the venue says is filled of it, in base"""
    end: str = ""
    """how it ended, an order status in lower case; '' while it works, or where the venue does not tell it any more"""

    def body(self, subject: str) -> JsonObject:
        """Return the body of the note that keeps this."""
        return {
            "subject": subject,
            "instrument": str(self.instrument),
            "booked": {asset: format_decimal(amount) for asset, amount in sorted(self.booked.items())},
            "fills": cast("list[JsonValue]", sorted(self.fills)),
            "is_over": self.is_over,
            "filled": format_decimal(self.filled),
            "end": self.end,
        }


@dataclass(frozen=True, slots=True)
class Consents:
    """All that was agreed to."""

    adopted: Mapping[VenueOrderId, Adopted] = field(default_factory=dict)
    left: frozenset[VenueOrderId] = frozenset()
    accepted: Mapping[str, Decimal] = field(default_factory=dict)
    """by asset: the sum of all differences that were accepted"""
    canceled: frozenset[VenueOrderId] = frozenset()
    """foreign orders whose cancel was asked for"""
    absent: Mapping[ClientOrderId, str] = field(default_factory=dict)
    """orders of ours whose absence a person has signed, and who"""

    @classmethod
    def of(cls, notes: Mapping[str, JsonObject]) -> Consents:
        """Read the newest note of each `event:subject`; MalformedPayload for one that cannot be read."""
        found: dict[str, dict[str, JsonObject]] = {event: {} for event in NOTES.values()}
        for key, body in notes.items():
            event, _, subject = key.partition(":")
            if event in found:
                found[event][subject] = body
        return cls(
            adopted={VenueOrderId(subject): _adopted(body) for subject, body in found["adopted"].items()},
            left=frozenset(map(VenueOrderId, found["left"])),
            accepted={asset: _amount(body, "correction") for asset, body in found["balance_accepted"].items()},
            canceled=frozenset(map(VenueOrderId, found["canceled_foreign"])),
            absent={ClientOrderId(subject): str(body.get("operator", "")) for subject, body in found["absence_signed"].items()},
        )


def _adopted(body: JsonObject) -> Adopted:
    booked, fills, instrument = body.get("booked"), body.get("fills"), body.get("instrument")
    if not isinstance(booked, Mapping) or not isinstance(fills, list) or not isinstance(instrument, str):
        raise MalformedPayload("a note of an adopted order lacks booked, fills or instrument")
    amounts = {asset: _amount(booked, asset) for asset in booked}
    return Adopted(
        InstrumentId.parse(instrument), amounts, frozenset(map(str, fills)), body.get("is_over") is True, _amount(body, "filled"),
        str(body.get("end", "")),
    )  # fmt: skip


def _amount(body: Mapping[str, object], name: str) -> Decimal:
    text = body.get(name)
    if not isinstance(text, str):
        raise MalformedPayload(f"a note of the journal has no {name}")
    return parse_decimal(text, name)
