"""What a rendered report is made of, whatever it is rendered to: a banner, key figures, sections of tables and lines."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal, TypeAlias

from golive.model.json import JsonValue
from golive.model.money import EXACT, format_decimal, parse_decimal

Tone: TypeAlias = Literal["", "good", "warn", "bad", "muted"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value with its tone; `share` (0..1 and beyond) is drawn as a bar where bars can be drawn."""

    text: str
    tone: Tone = ""
    share: float | None = None


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `empty` is said instead when there is none."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    empty: str = "none"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Names and values, one below the other."""

    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Lines:
    """Sentences, one below the other; `empty` is said when there is none."""

    rows: tuple[str, ...]
    tone: Tone = ""
    empty: str = "none"


Block: TypeAlias = Table | Pairs | Lines


@dataclass(frozen=True, slots=True)
class Section:
    """A headline with its blocks; a folded one holds what most readers skip."""

    title: str
    blocks: tuple[Block, ...]
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure, for example `Net P&L`, `+388.03 USDT`, `return 0.39 %`."""

    title: str
    value: str
    note: str = ""
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Banner:
    """The verdict in words."""

    headline: str
    sentence: str
    tone: Tone


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    subtitle: str
    banner: Banner
    figures: tuple[Figure, ...]
    sections: tuple[Section, ...]


def amount(decimal_text: str, places: int | None = None) -> str:
    """Return decimal text with thousands separated; rounded half-even to `places` decimals when given."""
    number = parse_decimal(decimal_text, "amount")
    if places is None:
        whole, _, fraction = format_decimal(number).partition(".")
        grouped = f"{int(whole):,}"
        if whole.startswith("-") and grouped == "0":
            grouped = "-0"
        return f"{grouped}.{fraction}" if fraction else grouped
    return f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, EXACT):,f}"


def signed(decimal_text: str, places: int = 2) -> str:
    """Return `amount` with a plus sign when above zero."""
    shown = amount(decimal_text, places)
    return f"+{shown}" if parse_decimal(decimal_text) > 0 else shown


def percent(ratio: float, places: int = 2) -> str:
    """Return a fraction as a percentage: 0.0123 → `1.23 %`."""
    return f"{ratio * 100:.{places}f} %"


def seconds(value: float) -> str:
    """Return a duration for people: `9.3 s`, `4 min 05 s`, `2 h 03 min`."""
    if value < 60:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def moment(iso: str | None) -> str:
    """Return an ISO-8601 moment for people: date, time to the second, UTC; a dash for None."""
    return "–" if iso is None else f"{iso[:10]} {iso[11:19]} UTC"


def compact(value: JsonValue) -> str:
    """Return any JSON value as one readable line; empty ones say so as in the document."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {compact(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(compact(item) for item in value) + "]"
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
