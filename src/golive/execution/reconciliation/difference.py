"""One thing on which journal and venue do not agree, and what may be done about it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from .consent import Choice


class DifferenceKind(StrEnum):
    FOREIGN_ORDER = "foreign_order"
    """works at the venue and is not in the journal, or has our form of id and never was"""
    MISSING_ORDER = "missing_order"
    """works by the journal, and the venue does not list it"""
    ORDER_DIFFERS = "order_differs"
    UNBOOKED_FILL = "unbooked_fill"
    """a fill of an order of ours that is not in the journal"""
    BALANCE_DIFFERS = "balance_differs"
    UNPROVABLE_ORDER = "unprovable_order"
    """nobody knows what became of an order of ours"""


@dataclass(frozen=True, slots=True)
class Difference:
    """What journal and venue say of one subject; the choices are for a person, nothing is done without one."""

    kind: DifferenceKind
    subject: str
    """venue order id of a foreign order, client order id of one of ours, trade id of a fill, an asset"""
    instrument: str
    """'' for an asset"""
    ours: str
    theirs: str
    detail: str
    choices: tuple[Choice, ...] = ()

    def command(self, choice: Choice, options: Sequence[str]) -> str:
        """Return the command that agrees to `choice`; `options` say which entrypoint, configuration and keys are meant."""
        command = shlex.join(["golive", "reconcile", *options, f"--{choice}", self.subject])
        return command + (' --reason "..."' if choice is Choice.SIGN_ABSENT else "")
