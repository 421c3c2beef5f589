"""What is asked for by `golive explain`: a signal, a time, or else an order; told apart by how it is written."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, NamedTuple

from golive.model.clock import DAY, SECOND, from_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId

_SIGNAL: Final = re.compile(r"(?:(?P<venue>[a-z0-9_]+):)?(?P<symbol>[A-Za-z0-9]+/[A-Za-z0-9]+)#(?P<number>[1-9][0-9]*)")
_TIME: Final = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)[T ])?(?P<clock>\d\d:\d\d(?::\d\d)?)(?P<fraction>\.\d{1,9})?(?:Z|\+00:00| ?UTC)?"
)


class SignalName(NamedTuple):
    """A signal by its instrument, with or without its venue, and its number."""

    venue: str | None
    symbol: str
    number: int

    @property
    def instrument(self) -> str:
        return self.symbol if self.venue is None else f"{self.venue}:{self.symbol}"

    def fits(self, instrument: InstrumentId) -> bool:
        return instrument.symbol == self.symbol and self.venue in (None, instrument.venue)


class WhenAsked(NamedTuple):
    """A market time, ns UTC; without a day it is one of the last day of the session."""

    ns: int
    has_day: bool

    def within(self, span: tuple[int, int]) -> int:
        """Return the time that is meant in a session of this span: of a time of day the last one."""
        if self.has_day:
            return self.ns
        last = span[1] // DAY * DAY + self.ns
        return last if last <= span[1] or last - DAY < span[0] else last - DAY


def asked_for(text: str) -> SignalName | WhenAsked | None:
    """Return the signal or the time that is written here, None for anything else. ConfigError for a time that there is not."""
    signal = _SIGNAL.fullmatch(text)
    if signal is not None:
        return SignalName(signal["venue"], signal["symbol"].upper(), int(signal["number"]))
    time = _TIME.fullmatch(text)
    if time is None:
        return None
    clock = time["clock"] if len(time["clock"]) > len("00:00") else f"{time['clock']}:00"
    try:
        if time["date"] is not None:
            return WhenAsked(from_iso(f"{time['date']}T{clock}{time['fraction'] or ''}Z"), True)
        of_day = datetime.strptime(clock, "%H:%M:%S")
    except ValueError as exc:
        raise ConfigError(f"{text!r} is no time: write it as 2026-01-10T09:00 or 09:00, UTC") from exc
    seconds = of_day.hour * 3600 + of_day.minute * 60 + of_day.second
    fraction = int((time["fraction"] or ".0")[1:].ljust(9, "0"))
    return WhenAsked(seconds * SECOND + fraction, False)
