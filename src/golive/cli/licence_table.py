"""The table of a licence: what was looked at, whether it is good, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from golive.model.clock import to_iso

from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.licence.verification import Examination


def licence_lines(found: Examination) -> Iterator[str]:
    """Yield the lines of the table and the verdict below it."""
    for what, state, words in found.rows:
        yield f"{what:<22}{state:<7}{clean(words)}"
    until = found.judgement.good_until
    if not found.is_valid or until is None:
        yield "NOT VALID"
    else:
        yield f"{found.judgement.standing} until {to_iso(until)}"
