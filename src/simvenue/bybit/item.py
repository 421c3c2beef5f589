"""One operation of a POST body: its fields, read with Bybit's complaints when they are wrong."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.json import JsonObject

from . import code
from .code import BybitError


@dataclass(frozen=True, slots=True)
class Item:
    """Fields by name; amounts must be texts, as Bybit documents them."""

    fields: JsonObject

    def text(self, name: str) -> str:
        """Return an optional text, `` when it is absent; 10001 for another type."""
        value = self.fields.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise BybitError(code.PARAMETER, message=f"params error: {name} must be a string")
        return value

    def required(self, name: str) -> str:
        """Return a required text; 170105 when it is missing."""
        value = self.text(name)
        if not value:
            raise BybitError(code.EMPTY_PARAMETER, name)
        return value

    def integer(self, name: str, default: int) -> int:
        """Return an optional integer; 10001 for another type."""
        value = self.fields.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise BybitError(code.PARAMETER, message=f"params error: {name} must be an integer")
        return value
