"""What the kernel writes down."""

from __future__ import annotations

from golive.matching.compiled import inlined

from .layout import KEEPS_ROWS, LOG_END, LOG_START, LOGGED, NO_ROOM, NOW, SAID_AT, STATUS, TIME, Words

_LONGEST = 16
"""words that an entry takes at most, with its time"""


@inlined
def say(m: Words, kind: int, number: int, detail: int) -> None:
    """Begin an entry about the instrument of that number; its further words follow with `add`."""
    if not m[KEEPS_ROWS]:
        return
    place = m[LOGGED]
    if place + _LONGEST > m[LOG_END]:
        m[STATUS] = NO_ROOM
        place, m[SAID_AT] = m[LOG_START], 0
    if m[SAID_AT] != m[NOW]:
        m[SAID_AT] = m[NOW]
        m[place] = TIME
        m[place + 1] = m[NOW]
        place += 2
    m[place] = kind | number << 8 | detail << 24
    m[LOGGED] = place + 1


@inlined
def add(m: Words, word: int) -> None:
    if m[KEEPS_ROWS]:
        m[m[LOGGED]] = word
        m[LOGGED] += 1
