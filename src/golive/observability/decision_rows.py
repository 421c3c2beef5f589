"""What was decided in a session, code by code: how often, and on how many bars nothing was done because of it."""

from __future__ import annotations

from typing import NamedTuple

from golive.model.json import JsonObject

from . import reading as read
from .decision_words import phrase
from .wording import Language


class DecisionRow(NamedTuple):
    """One code."""

    code: str
    meaning: str
    decisions: int
    idle_bars: int


def decision_rows(document: JsonObject, language: Language = Language.EN) -> tuple[DecisionRow, ...]:
    """Return the codes of a report, the most decided first, then by the bars without action."""
    part = read.mapping(document, "outcome", "decisions")
    taken = {code: int(read.number(part, "by_code", code)) for code in read.mapping(part, "by_code")}
    idle: dict[str, int] = {}
    for run in read.mappings(part, "inaction"):
        code = read.text(run, "code")
        idle[code] = idle.get(code, 0) + int(read.number(run, "bars"))
    rows = (
        DecisionRow(code, phrase(code, language), taken.get(code, 0), idle.get(code, 0)) for code in taken.keys() | idle.keys()
    )
    return tuple(sorted(rows, key=lambda row: (-row.decisions, -row.idle_bars, row.code)))


def signals_of(document: JsonObject) -> int:
    """Return how many signals asked for a decision."""
    return int(read.number(document, "outcome", "decisions", "signals"))
