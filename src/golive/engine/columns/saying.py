"""What the kernel writes down."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .layout import KEEPS_ROWS, LOG_END, LOG_START, LOGGED, NO_ROOM, NOW, SAID_AT, STATUS, TIME, Words

_LONGEST = 16
"""words that an entry takes at most, with its time"""


@compiled
def say(m: Words, kind: int, number: int, detail: int) -> None:
    """Begin an entry about the instrument of that number; its further words follow with `add`."""
    place = m[LOGGED]
    if place + _LONGEST > m[LOG_END]:
        if m[KEEPS_ROWS]:
            m[STATUS] = NO_ROOM
        place, m[SAID_AT] = m[LOG_START], 0
    if m[SAID_AT] != m[NOW]:
        m[SAID_AT] = m[NOW]
        m[place] = TIME
        m[place + 1] = m[NOW]
        place += 2
    m[place] = kind | number << 8 | detail << 24
    m[LOGGED] = place + 1


@compiled
def add(m: Words, word: int) -> None:
    place = m[LOGGED]
    m[place] = word
    m[LOGGED] = place + 1
