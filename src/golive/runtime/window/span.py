"""Which window of live trading is meant: the openings of an entrypoint's gate since its last window was closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import Entry, Soundness
from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.readiness.gate_state import OPENED
from golive.storage.decision_step import LIVE, recorded_steps
from golive.storage.gate_journal import DIRECTORY
from golive.storage.verified import VerificationKeys, entries, verify_series

STEP: Final = "window_closed"
"""the step that says that a window was closed, archived and summed up"""
LAST_OPENING: Final = "last_opening_seq"
"""field of that step: which record of the gate's journal opened the gate the last time in that window"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening of the gate; time in ns UTC."""

    opened_at: int
    seq: int
    """of its record in the journal of the gate"""
    operators: tuple[str, ...]
    report: str
    """the signed checklist it was opened with, relative to home"""
    report_sha256: str
    bound: JsonObject
    """what it held for"""


@dataclass(frozen=True, slots=True)
class Span:
    """A window that is not closed yet: every opening of the gate in it, oldest first."""

    entrypoint: str
    openings: tuple[Opening, ...]

    @property
    def opened_at(self) -> int:
        return self.openings[0].opened_at

    @property
    def last_opened_at(self) -> int:
        return self.openings[-1].opened_at


def gate_journal(home: Path, entrypoint: str) -> Path:
    """Return where the journal of an entrypoint's gate is."""
    return home / DIRECTORY / f"{entrypoint}.jsonl"


def open_span(home: Path, entrypoint: str) -> Span | None:
    """Return the window that is to be closed; None where the gate was not opened since the last one.

    Raises JournalError when the journal of the gate or the decision log cannot be believed.
    """
    closed = [each.body.get(LAST_OPENING) for each in closed_windows(home, entrypoint)]
    after = max((seq for seq in closed if isinstance(seq, int)), default=0)  # no time: the clock may have been put back since
    found = tuple(each for each in _openings(home, entrypoint) if each.seq > after)
    return Span(entrypoint, found) if found else None


def closed_windows(home: Path, entrypoint: str) -> Sequence[Entry]:
    """Return the steps of windows that were closed, oldest first. Raises JournalError as above."""
    steps = recorded_steps(home, LIVE)
    return tuple(each for each in steps if each.body.get("step") == STEP and each.body.get("entrypoint") == entrypoint)


def _openings(home: Path, entrypoint: str) -> Iterator[Opening]:
    path = gate_journal(home, entrypoint)
    if not path.exists():
        if path.with_suffix(".seal.json").exists():
            raise JournalError(f"{path}: is gone, yet a seal of it lies there; put the journal and its seal back from a backup")
        return
    for result in verify_series([path], VerificationKeys.of_home(home)):
        if result.soundness is not Soundness.CLEAN:
            raise JournalError(f"{path}: {result.soundness}: {result.faults[0]}")
    for entry in entries(path):
        if entry.type == OPENED:
            try:
                yield _opening(entry)
            except (KeyError, TypeError, ValueError) as exc:
                raise JournalError(f"{path}: record {entry.seq} does not say who opened the gate with what: {exc}") from exc


def _opening(entry: Entry) -> Opening:
    body = entry.body
    operators, bound = body["operators"], body["bound"]
    if not isinstance(operators, list) or not isinstance(bound, dict):
        raise TypeError("operators is no list, or bound no object")
    names = tuple(_text(each["name"]) for each in operators if isinstance(each, dict))
    return Opening(
        opened_at=from_iso(entry.ts), seq=entry.seq, operators=names, report=_text(body["report"]),
        report_sha256=_text(body["report_sha256"]), bound=bound,
    )  # fmt: skip


def _text(value: JsonValue) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r} is no text")
    return value
