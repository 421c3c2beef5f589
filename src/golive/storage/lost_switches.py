"""Turns of auto-trade that a session followed and the log of people's acts has no record of: the log is gone, or begun anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Soundness
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from . import decision_journal, security_admin
from .auto_trade_record import BY_COMMAND, SWITCHED
from .session_reader import SessionReader
from .sessions import SESSIONS
from .verified import Result, entries, entries_with, of_file

_TRANSITION: Final = "auto_trader_transition"
_OFF: Final = "read_only"
"""state of a session's auto-trader that only the switch leads to, and only the switch, an emergency or the end from"""
_ON: Final = "armed"


class _Turn(NamedTuple):
    entrypoint: object
    enabled: bool
    operator: object


class _Told(NamedTuple):
    turn: _Turn
    file: Path
    seq: int


def lost_switches(home: Path) -> Iterator[Result]:
    """Yield a result for the log of people's acts when it lacks a turn by command that a session's records tell of.

    The log is read after its witnesses. What cannot be read has been reported by its own verification.
    """
    told = [*_of_decisions(home), *_of_stores(home)]
    if not told:
        return
    path = home / security_admin.PATH
    recorded = {
        _Turn(entry.body.get("entrypoint"), entry.body.get("enabled") is True, entry.operator)
        for entry in entries(path)
        if entry.type == SWITCHED
    }
    lost = [each for each in told if each.turn not in recorded]
    if lost:
        turn, file, seq = lost[0]
        more = f", and {len(lost) - 1} more tell the like" if len(lost) > 1 else ""
        text = (
            f"{'has no record' if path.exists() else 'is gone, with its record'} that {turn.operator} turned auto-trade of "
            f"{turn.entrypoint} {'on' if turn.enabled else 'off'}, of which {file.relative_to(home)} seq {seq} tells{more}; "
            "put the log and its seal back from a copy"
        )
        yield Result(path, (of_file(Soundness.CANNOT_SAY, text),))


def _of_decisions(home: Path) -> Iterator[_Told]:
    for path in decision_journal.journal_files(home / decision_journal.DIRECTORY):
        for entry in entries_with(path, _TRANSITION.encode()):
            if entry.body.get("event") == _TRANSITION and (turn := _turn(entry.body.get("entrypoint"), entry.body)) is not None:
                yield _Told(turn, path, entry.seq)


def _of_stores(home: Path) -> Iterator[_Told]:
    for path in sorted((home / SESSIONS).glob("*.sqlite")):
        try:
            with closing(SessionReader(path)) as reader:
                found = [(seq, _turn(reader.identity.entrypoint, body)) for seq, body in reader.bodies_of(_TRANSITION)]
        except JournalError:
            continue
        yield from (_Told(turn, path, seq) for seq, turn in found if turn is not None)


def _turn(entrypoint: object, body: JsonObject) -> _Turn | None:
    """Return the turn that a session followed; None for a transition of another cause."""
    before, after = body.get("from"), body.get("to")
    if body.get("cause") != BY_COMMAND or not (after == _OFF or (before, after) == (_OFF, _ON)):
        return None
    return _Turn(entrypoint, after == _ON, body.get("operator"))
