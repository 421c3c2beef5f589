"""An attempt journal that remembers, for tests of the order protocol."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.model.ids import ClientOrderId


@dataclass
class KeptAttempts:
    """`lines` in the order they were written: `attempt` or `answer`, the attempt's number, deadline or answer."""

    lines: list[tuple[str, str, int, str]] = field(default_factory=list)
    durable: set[tuple[str, int]] = field(default_factory=set)
    """attempts that were written down by the caller"""

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        self.lines.append(("attempt", client_order_id, n, str(deadline_ms)))

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        known = {(name, number) for kind, name, number, _ in self.lines if kind == "attempt"} | self.durable
        assert (client_order_id, n) in known, "the durable journal refuses an answer without its attempt"
        self.lines.append(("answer", client_order_id, n, answer))

    def answers(self) -> list[str]:
        return [text for kind, _, _, text in self.lines if kind == "answer"]

    def deadlines(self) -> list[int]:
        return [int(text) for kind, _, _, text in self.lines if kind == "attempt"]
