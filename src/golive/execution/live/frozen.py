"""Symbols that take no new order, each at one account, because of orders of theirs that are not understood."""

from __future__ import annotations

from golive.model.ids import ClientOrderId, InstrumentId


class FrozenSymbols:
    """A symbol is frozen while at least one order freezes it."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, InstrumentId], set[ClientOrderId]] = {}

    def __contains__(self, place: tuple[str, InstrumentId]) -> bool:
        return place in self._causes

    def freeze(self, adapter: str, instrument: InstrumentId, cause: ClientOrderId) -> bool:
        """Freeze for one order; whether the symbol was free before."""
        causes = self._causes.setdefault((adapter, instrument), set())
        was_free = not causes
        causes.add(cause)
        return was_free

    def release(self, adapter: str, instrument: InstrumentId, cause: ClientOrderId) -> bool:
        """Take back what one order froze, if it did; whether that has set the symbol free."""
        causes = self._causes.get((adapter, instrument))
        if causes is None or cause not in causes:
            return False
        causes.discard(cause)
        if causes:
            return False
        del self._causes[adapter, instrument]
        return True

    def causes(self) -> dict[tuple[str, InstrumentId], tuple[ClientOrderId, ...]]:
        """Return what is frozen, and the orders that froze it, sorted."""
        return {place: tuple(sorted(causes)) for place, causes in sorted(self._causes.items())}
