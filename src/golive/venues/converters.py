"""Reading one field of a venue's payload: exact, or an error that names the field. Pure; shared by all dialects."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from golive.model.clock import MILLISECOND
from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.instrument import Instrument, decimals_of
from golive.model.json import JsonValue
from golive.model.money import LIMIT, parse_money, steps_nearest
from golive.model.order import Side

Row: TypeAlias = Mapping[str, JsonValue]
_REMEMBERED = 8192
_LATEST_MS = 253_402_300_799_999
"""9999-12-31, ms; a later time is nonsense"""


def rows_of(payload: JsonValue, where: str) -> Sequence[Row]:
    """Return `payload` as a list of objects."""
    if not isinstance(payload, list) or not all(isinstance(row, dict) for row in payload):
        raise MalformedPayload(f"{where} is not a list of objects")
    return payload


def text(row: Mapping[str, object], name: str, where: str) -> str:
    """Return a field that must be present and a string (it may be empty)."""
    value = row.get(name)
    if not isinstance(value, str):
        raise MalformedPayload(f"{where}: field {name!r} is {'missing' if value is None else f'{value!r:.40}, not a text'}")
    return value


def filled_text(row: Mapping[str, object], name: str, where: str) -> str:
    """Return a field that must be a non-empty string."""
    value = text(row, name, where)
    if not value:
        raise MalformedPayload(f"{where}: field {name!r} is empty")
    return value


def price_or_none(value: object, instrument: Instrument) -> int | None:
    """Return an order's limit in ticks; None for no price ('' or zero), and for one off the grid the instrument has now."""
    if not isinstance(value, str):
        return None
    try:
        return instrument.ticks(value)
    except (MalformedPayload, MagnitudeError):
        return None


def time_ns(value: object, where: str) -> int:
    """Return ns UTC of a text of milliseconds since the epoch."""
    plain = isinstance(value, str) and len(value) <= 15 and value.isascii() and value.isdigit()
    if not isinstance(value, str) or not plain or not 0 < int(value) <= _LATEST_MS:
        raise MalformedPayload(f"{where}: {value!r:.40} is not a time in milliseconds")
    return int(value) * MILLISECOND


def side_of(value: object, where: str) -> Side:
    """Return the side of `buy` or `sell`."""
    if value == "buy":
        return Side.BUY
    if value == "sell":
        return Side.SELL
    raise MalformedPayload(f"{where}: side {value!r:.40} is neither 'buy' nor 'sell'")


def side_or_none(value: object) -> Side | None:
    """Return the side of an order, in whatever case the venue writes it; None where it does not tell."""
    return Side(value.lower()) if isinstance(value, str) and value.lower() in tuple(Side) else None


def fee_units(charged: str, asset: str, instrument: Instrument, where: str) -> int:
    """Return a fee in smallest units of its asset, > 0 when charged, from a text where charged is *negative*.

    A venue may state a fee finer than the unit; it is rounded half-even, once, here.
    """
    if asset not in (instrument.base, instrument.quote):
        raise MalformedPayload(f"{where}: fee asset {asset!r} is neither {instrument.base} nor {instrument.quote}")
    scale = instrument.base_scale if asset == instrument.base else instrument.quote_scale
    value = parse_money(charged, f"{where} fee", allow_zero=True, allow_negative=True)
    return -steps_nearest(value, Decimal(1).scaleb(-scale), f"{where} fee")


def grid_reader(step: Decimal, exact: Callable[[str], int]) -> Callable[[str], int]:
    """Return a fast reader of positive decimal texts on the grid of `step`; odd texts go to `exact`, which judges them.

    A book carries hundreds of numbers, and plain integer arithmetic reads them ten times faster than `Decimal`; texts
    read lately are remembered, because the levels of a book repeat.
    """
    scale = decimals_of(step)
    per_step = int(step.scaleb(scale))
    known: dict[str, int] = {}

    def read(value: str) -> int:
        steps = known.get(value)
        if steps is not None:
            return steps
        steps = _plain_steps(value, scale, per_step)
        if steps is None:
            return exact(value)
        if len(known) >= _REMEMBERED:
            known.clear()
        known[value] = steps
        return steps

    return read


def _plain_steps(value: object, scale: int, per_step: int) -> int | None:
    """Return value / step for plain ASCII digits with at most one point, None for anything else."""
    if not isinstance(value, str):
        return None
    whole, _, fraction = value.partition(".")
    digits = whole + fraction.ljust(scale, "0")
    if len(fraction) > scale or len(digits) > 18 or not digits.isascii() or not digits.isdigit():
        return None
    steps, rest = divmod(int(digits), per_step)
    return steps if rest == 0 and 0 < steps < LIMIT else None
