"""The compiled search for the fields of one feed message: where their values begin, in whatever order they stand.

A message is an object, or stands under `data` in one. Its lists of levels are read on the way, since they are most of a
feed. A field given twice, or a name written with escapes, is a fault: nothing passes that a JSON parser would understand
differently.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final, TypeAlias

from golive.matching.compiled import compiled, inlined
from golive.matching.kernel.layout import Column, Table

from .feed_level import NO_ROOM, levels
from .feed_text import (
    BACKSLASH,
    CLOSE_OBJECT,
    COMMA,
    NOWHERE,
    OPEN_LIST,
    OPEN_OBJECT,
    QUOTE,
    Text,
    after_colon,
    after_space,
    after_string,
    after_value,
    byte,
)

Places: TypeAlias = MutableSequence[int]
"""An int64 array: for each field the place of its value or NOWHERE; then what else the search found."""

EVENT: Final = 0
EVENT_TIME: Final = 1
TRADE_TIME: Final = 2
FIRST_ID: Final = 3
LAST_ID: Final = 4
BID: Final = 5
BIDS: Final = 6
ASK: Final = 7
ASKS: Final = 8
BID_QUANTITY: Final = 9
ASK_QUANTITY: Final = 10
TRADE_ID: Final = 11
TRADE_PRICE: Final = 12
TRADE_QUANTITY: Final = 13
IS_BUYER_MAKER: Final = 14
SNAPSHOT_ID: Final = 15
DATA: Final = 16
STREAM: Final = 17

COUNT: Final = 18
"""of rows, with the levels read so far"""
LISTS: Final = 19
"""bit 1 << field of each list of levels that was read"""
LIST_FAULT: Final = 20
LIST_FAULT_AT: Final = 21
FAULT_AT: Final = 22
PLACES: Final = 23

_OTHER_FIELD: Final = -1
NOT_JSON: Final = -20
TWICE: Final = -21
ESCAPED: Final = -22


def name_of(text: str) -> tuple[int, ...]:
    """Return a name as compiled code compares it: all of one length, filled up with zeros."""
    return tuple(text.encode().ljust(_LONGEST_NAME, b"\0"))


_LONGEST_NAME: Final = 12
_NAME_BIDS: Final = name_of("bids")
_NAME_ASKS: Final = name_of("asks")
_NAME_DATA: Final = name_of("data")
_NAME_STREAM: Final = name_of("stream")
_NAME_SNAPSHOT_ID: Final = name_of("lastUpdateId")


@compiled
def is_string(text: Text, at: int, name: tuple[int, ...]) -> bool:
    """Return whether the string that begins at `at` is `name`, without escapes."""
    at += 1
    for c in name:
        if c == 0:
            break
        if byte(text, at) != c:
            return False
        at += 1
    return byte(text, at) == QUOTE


@compiled
def has_escape(text: Text, at: int, end: int) -> bool:
    while at < end and byte(text, at) != BACKSLASH:
        at += 1
    return at < end


@inlined
def _field_of_letter(c: int) -> int:  # noqa: PLR0912 - compiled, one look-up
    if c == 0x65:
        field = EVENT
    elif c == 0x45:
        field = EVENT_TIME
    elif c == 0x54:
        field = TRADE_TIME
    elif c == 0x55:
        field = FIRST_ID
    elif c == 0x75:
        field = LAST_ID
    elif c == 0x62:
        field = BID
    elif c == 0x42:
        field = BID_QUANTITY
    elif c == 0x61:
        field = ASK
    elif c == 0x41:
        field = ASK_QUANTITY
    elif c == 0x74:
        field = TRADE_ID
    elif c == 0x70:
        field = TRADE_PRICE
    elif c == 0x71:
        field = TRADE_QUANTITY
    elif c == 0x6D:
        field = IS_BUYER_MAKER
    else:
        field = _OTHER_FIELD
    return field


@compiled
def _field_of_name(text: Text, at: int, end: int) -> int:
    if has_escape(text, at, end):
        return ESCAPED
    length = end - at - 2
    if length == 4:
        if is_string(text, at, _NAME_DATA):
            return DATA
        if is_string(text, at, _NAME_BIDS):
            return BIDS
        if is_string(text, at, _NAME_ASKS):
            return ASKS
    elif length == 6 and is_string(text, at, _NAME_STREAM):
        return STREAM
    elif length == 12 and is_string(text, at, _NAME_SNAPSHOT_ID):
        return SNAPSHOT_ID
    return _OTHER_FIELD


@inlined
def _field(text: Text, at: int, end: int) -> int:
    """Return which field is named by the string from `at` up to `end`, or ESCAPED."""
    return _field_of_letter(byte(text, at + 1)) if end == at + 3 else _field_of_name(text, at, end)


@inlined
def _forget(places: Places, count: int) -> None:
    for field in range(STREAM):
        places[field] = NOWHERE
    places[COUNT] = count
    places[LISTS] = 0
    places[LIST_FAULT] = 0


@inlined
def _after_list(text: Text, at: int, grid: Column, field: int, rows: Table, places: Places) -> int:
    """Read a list of levels; what is wrong with it matters only to messages that need it."""
    count, after = levels(text, at, grid, 1 if field < ASK else -1, rows, places[COUNT])
    if count == NO_ROOM:
        return NO_ROOM
    if count < 0:
        places[LIST_FAULT] = count
        places[LIST_FAULT_AT] = after
        return after_value(text, at)
    places[COUNT] = count
    places[LISTS] |= 1 << field
    return after


_TOP: Final = 0
_IN_DATA: Final = 1
_AFTER_DATA: Final = 2


@compiled
def after_message(text: Text, at: int, grid: Column, rows: Table, count: int, places: Places) -> int:  # noqa: PLR0912, PLR0915 - one pass
    """Find the fields of the message at `at`, and append its levels to `count` rows.

    Returns the place after it; or NO_ROOM; or NOT_JSON, TWICE, ESCAPED and their place in `places`.
    """
    _forget(places, count)
    places[STREAM] = NOWHERE
    places[DATA] = NOWHERE
    places[FAULT_AT] = at
    if byte(text, at) != OPEN_OBJECT:
        return NOT_JSON
    where = _TOP
    at = after_space(text, at + 1)
    is_closed = byte(text, at) == CLOSE_OBJECT
    while True:
        if not is_closed:
            places[FAULT_AT] = at
            end = after_string(text, at)
            if end == NOWHERE:
                return NOT_JSON
            field = _field(text, at, end)
            if field == ESCAPED:
                return ESCAPED
            at = after_colon(text, end)
            if at == NOWHERE:
                return NOT_JSON
            c = byte(text, at)
            is_noted = field < DATA if where != _AFTER_DATA else False
            if field >= 0 and (is_noted or (field >= DATA and where != _IN_DATA)):
                if places[field] != NOWHERE:
                    return TWICE
                places[field] = at
            places[FAULT_AT] = at
            if field == DATA and where == _TOP:
                if c != OPEN_OBJECT:
                    return NOT_JSON
                _forget(places, count)
                places[DATA] = at
                where = _IN_DATA
                at = after_space(text, at + 1)
                is_closed = byte(text, at) == CLOSE_OBJECT
                continue
            if c == OPEN_LIST and BID <= field <= ASKS and is_noted:
                at = _after_list(text, at, grid, field, rows, places)
                if at == NO_ROOM:
                    return NO_ROOM
            else:
                at = after_value(text, at)
            if at == NOWHERE:
                return NOT_JSON
            at = after_space(text, at)
        c = byte(text, at)
        places[FAULT_AT] = at
        if c == CLOSE_OBJECT:
            if where != _IN_DATA:
                return at + 1
            where = _AFTER_DATA
            at = after_space(text, at + 1)
            is_closed = byte(text, at) == CLOSE_OBJECT
            if is_closed:
                continue
            c = byte(text, at)
        if c != COMMA:
            return NOT_JSON
        at = after_space(text, at + 1)
        is_closed = False
