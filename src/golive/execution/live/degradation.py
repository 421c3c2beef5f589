"""Back to paper: when a live account is in trouble for too long, and the execution service that goes on afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

from golive.execution.ports import ExecutionService, News
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Fill, OrderUpdate
from golive.orders import Order

from .happening import Condition


class DegradePolicy(StrEnum):
    """What an account in trouble leads to: nothing, an alert, or the end of live trading."""

    OFF = "off"
    ALERT = "alert"
    AUTO = "auto"


class TroubleWatch:
    """Which accounts have been in trouble for longer than they may; each is told once per trouble. Times in monotonic ns."""

    def __init__(self, after_ns: int) -> None:
        self._after_ns = after_ns
        self._since: dict[str, tuple[int, str]] = {}
        self._failed: dict[str, str] = {}
        self._told: set[str] = set()

    def note(self, condition: Condition, now: int) -> None:
        adapter = condition.adapter
        if condition.has_failed:
            self._failed.setdefault(adapter, condition.why_not or "its journal cannot be written")
        what = "its breaker is open" if condition.is_breaker_open else "it must be reconnected"
        if condition.is_breaker_open or condition.reconnect_required:
            self._since[adapter] = self._since.get(adapter, (now, ""))[0], what
        else:
            self._since.pop(adapter, None)
        if adapter not in self._since and adapter not in self._failed:
            self._told.discard(adapter)

    def due(self, now: int) -> list[tuple[str, str]]:
        """Return the accounts whose trouble is to be told now, and what it is."""
        if not self._failed and not self._since:
            return []
        found = dict(self._failed)
        for adapter, (since, what) in self._since.items():
            if now - since >= self._after_ns:
                found.setdefault(adapter, what)
        new = [(adapter, why) for adapter, why in found.items() if adapter not in self._told]
        self._told.update(adapter for adapter, _ in new)
        return new


class LiveService(ExecutionService, Protocol):
    """What the degrading service needs to know of live execution."""

    @property
    def is_degraded(self) -> bool: ...

    def knows(self, client_order_id: ClientOrderId) -> bool: ...


class DegradingExecution:
    """An `ExecutionService` that is live until live trading has degraded; new orders go to paper from then on.

    Orders that are live stay live until they end: their cancels and their news go on. Paper sees the market from the beginning.
    """

    def __init__(self, live: LiveService, paper: ExecutionService) -> None:
        self._live = live
        self._paper = paper

    @property
    def next_due(self) -> int | None:
        due = [each for each in (self._live.next_due, self._paper.next_due) if each is not None]
        return min(due, default=None)

    def _of(self, client_order_id: ClientOrderId) -> ExecutionService:
        return self._live if self._live.knows(client_order_id) else self._paper

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        is_new = not self._live.knows(approved.order.client_order_id)
        return (self._paper if self._live.is_degraded and is_new else self._live).submit(approved, ts)

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        return self._of(approved.order.client_order_id).amend(approved, ts)

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        return self._of(client_order_id).cancel(client_order_id, ts)

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        return [*self._live.on_market(event), *self._paper.on_market(event)]

    def on_time(self, ts: int) -> Sequence[News]:
        return [*self._live.on_time(ts), *self._paper.on_time(ts)]

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Restore live execution; paper begins afresh, for a start is live until it degrades."""
        return self._live.restore(orders, updates, fills, canceling, ts)
