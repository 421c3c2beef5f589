"""Identifiers: instruments, orders, fills, and how a client order id is derived."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple, NewType

ClientOrderId = NewType("ClientOrderId", str)
"""32 lower-case hex digits, ours; valid on every supported venue."""

VenueOrderId = NewType("VenueOrderId", str)
"""The venue's own order id."""

_INSTRUMENT_PATTERN = re.compile(r"([a-z0-9]+):([A-Z0-9]+)/([A-Z0-9]+)")


class InstrumentId(NamedTuple):
    """A spot instrument: `okx:BTC/USDT` = venue label, base asset, quote asset."""

    venue: str
    base: str
    quote: str

    @classmethod
    def parse(cls, text: str) -> InstrumentId:
        """Read `okx:BTC/USDT`; raise ValueError for any other form."""
        match = _INSTRUMENT_PATTERN.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an instrument id like 'okx:BTC/USDT'")
        return cls(*match.groups())

    @property
    def symbol(self) -> str:
        """The venue-independent symbol, `BTC/USDT`."""
        return f"{self.base}/{self.quote}"

    def __str__(self) -> str:
        return f"{self.venue}:{self.base}/{self.quote}"


class FillId(NamedTuple):
    """A fill is identified by its venue and the venue's trade id."""

    venue: str
    trade_id: str


def derive_client_order_id(key: bytes, *, venue: str, account: str, epoch: int, strategy: str, sequence: int) -> ClientOrderId:
    """Return the client order id of intent `sequence`: first 16 bytes of HMAC-SHA256 as hex.

    Deterministic from the id key, so a lost row can be recomputed; unguessable without it.
    Source: RELIABILITY §4.1.
    """
    text = f"v1|{venue}|{account}|{epoch}|{strategy}|{sequence}"
    return ClientOrderId(hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32])
