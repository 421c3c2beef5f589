"""Whether orders may leave an account, and why not: every part that must be well has a name, and one that is not blocks."""

from __future__ import annotations

from collections.abc import Callable

from golive.execution.live.happening import Condition
from golive.venues.adapter import VenueAdapter


class Readiness:
    """Tells a `Condition` whenever it changes; an account begins blocked by `recovery`."""

    def __init__(self, name: str, adapter: VenueAdapter, tell: Callable[[Condition], None]) -> None:
        self._name = name
        self._adapter = adapter
        self._tell = tell
        self._blocks: dict[str, str] = {"recovery": "recovery has not finished"}
        self._told: Condition | None = None
        self._has_failed = False

    @property
    def is_ready(self) -> bool:
        return not self._blocks

    @property
    def why_not(self) -> str:
        """All that blocks, oldest first; '' when nothing does."""
        return "; ".join(self._blocks.values())

    @property
    def condition(self) -> Condition:
        reconnect = self._adapter.failover_status.reconnect_required
        return Condition(self._name, self.is_ready, self.why_not, self.is_breaker_open, reconnect, self._has_failed)

    @property
    def is_breaker_open(self) -> bool:
        """Whether the circuit refuses calls, but for the one that tries after its pause."""
        return self._adapter.circuit_open_since is not None

    @property
    def is_calm(self) -> bool:
        """Whether the venue was well when it was last told: then only a failure of a call can have changed that."""
        return self._told is not None and not self._told.is_breaker_open and not self._told.reconnect_required

    def block(self, part: str, why: str) -> None:
        self._blocks[part] = why
        self.look()

    def clear(self, part: str) -> None:
        self._blocks.pop(part, None)
        self.look()

    def fail(self, why: str) -> None:
        """Block for good: the journal is lost, or something failed that no rule foresees."""
        self._has_failed = True
        self.block("failure", why)

    def is_blocked_by(self, part: str) -> bool:
        return part in self._blocks

    def look(self) -> None:
        """Tell the condition if it is not what was told last."""
        condition = self.condition
        if condition != self._told:
            self._told = condition
            self._tell(condition)
