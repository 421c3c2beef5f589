"""What the kernel writes down."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .layout import KEEPS_ROWS, LOGGED, NO_ROOM, NOW, SAID_AT, STATUS, TIME, Words

_LONGEST = 16
"""words that an entry takes at most, with its time"""


@compiled
def say(account: Words, log: Words, kind: int, desk: int, detail: int) -> None:
    """Begin an entry; its further words follow with `add`."""
    count = account[LOGGED]
    if count + _LONGEST > len(log):
        if account[KEEPS_ROWS]:
            account[STATUS] = NO_ROOM
        count = account[SAID_AT] = 0
    if account[SAID_AT] != account[NOW]:
        account[SAID_AT] = account[NOW]
        log[count] = TIME
        log[count + 1] = account[NOW]
        count += 2
    log[count] = kind | desk << 8 | detail << 24
    account[LOGGED] = count + 1


@compiled
def add(account: Words, log: Words, word: int) -> None:
    count = account[LOGGED]
    log[count] = word
    account[LOGGED] = count + 1
