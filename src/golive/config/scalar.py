"""What a plain scalar means: text, `true`/`false`, an integer or an exact decimal, and nothing that YAML 1.1 guesses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.model.errors import MagnitudeError
from golive.model.money import parse_decimal

from .node import ScalarValue

_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_NULLS: Final = ("", "~", "null", "Null", "NULL")

_TRAPS: Final = (
    (re.compile(r"(?i)(yes|no|on|off|y|n)"), "is a boolean to some readers of YAML and text to others", "true or false"),
    (re.compile(r"(?i)(true|false)"), "is not how a boolean is written", "true or false in lower case"),
    (re.compile(r"(?i)[-+]?\.?(inf|infinity|nan)"), "is not a finite number", "a finite decimal number"),
    (re.compile(r"[-+]?0[0-9_]+(\.[0-9_]*)?"), "has a leading zero and would be octal to some readers", "the number in decimal"),
    (re.compile(r"(?i)[-+]?0[xob][0-9a-f_]+"), "is not a decimal number", "the number in decimal"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "is a base-60 number to some readers", "the number in decimal"),
    (re.compile(r"[-+]?[0-9]*_[0-9_]*(\.[0-9_]*)?"), "has an underscore in a number", "the number without underscores"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "is a date to some readers", "plain text in quotes"),
    (re.compile(r"(?i)[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)e[-+]?[0-9]+"), "has an exponent", "the number written out"),
    (
        re.compile(r"[-+]?\.[0-9]+|[-+]?[0-9]+\.|\+[0-9].*|-0[0-9]+.*"),
        "is not a plainly written number",
        "digits before and after the point",
    ),
    (re.compile(r"=|<<"), "has a special meaning in YAML", "another word"),
)


@dataclass(frozen=True, slots=True)
class Trap:
    """A plain scalar that different readers understand differently."""

    message: str
    fix: str


def plain_value(text: str) -> ScalarValue | Trap:
    """Return what an unquoted scalar means; a Trap when its meaning is not beyond doubt."""
    if text in _NULLS:
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return _number(text)
    for pattern, message, fix in _TRAPS:
        if pattern.fullmatch(text):
            return Trap(f"{text} {message}", f"write {fix}; if text is meant, quote it")
    return text


def _number(text: str) -> ScalarValue | Trap:
    try:
        value = parse_decimal(text)
    except MagnitudeError:
        return Trap(f"{text:.60} has too many digits", "use at most 38 digits and a magnitude below 10^19")
    return value if "." in text else int(text)


def number_kind(value: ScalarValue) -> str:
    """Name the kind of a scalar's value for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    return "a decimal number" if isinstance(value, Decimal) else "text"
