"""People whose names and roles were established, for what two of them do together."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    name: str
    roles: tuple[str, ...]


ANNA, BERT, CARL = Person("anna", ("risk",)), Person("bert", ("operator",)), Person("carl", ("risk",))
