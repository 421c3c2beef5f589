"""What breaks in a session while it runs, in the form in which it outlives the process: a restart forgets none of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from golive.model.clock import to_iso
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import Verdict
from golive.observability.entry import warnings
from golive.observability.guardrails import Guardrails
from golive.observability.windows import Evaluation, Window

from .plan import Plan

EXCHANGE_METRICS: Final = "paper_exchange_metrics"
IO_QUEUE: Final = "io_queue"


@dataclass(frozen=True, slots=True)
class Broken:
    """One finding that counts for the whole session, whatever is measured later."""

    guardrail: str
    """`paper_exchange_metrics` or `io_queue`"""
    entrypoint: str
    verdict: str
    """`breached` or `unknown`"""
    reason: str
    at: str
    """when it was found, ISO-8601"""

    def body(self) -> JsonObject:
        """Return it as a record says it."""
        return {
            "guardrail": self.guardrail,
            "monitored": self.entrypoint,
            "verdict": self.verdict,
            "reason": self.reason,
            "at": self.at,
        }

    @classmethod
    def read(cls, body: JsonObject) -> Broken:
        """Return what a record says."""
        told = {name: str(body.get(name, "")) for name in ("guardrail", "monitored", "verdict", "reason", "at")}
        return cls(told["guardrail"], told["monitored"], told["verdict"], told["reason"], told["at"])

    def warning(self) -> str:
        """Say it in the session that goes on."""
        where = "paper" if self.guardrail == EXCHANGE_METRICS else self.guardrail
        return (
            f"[{where}:{self.entrypoint}] {self.verdict} before the restart, at {self.at}: {self.reason}; it counts for the "
            "whole session, which opens no further stage"
        )


class BrokenWatch:
    """Collects what breaks, each once; `waiting` is what was not written down yet."""

    def __init__(self) -> None:
        self.waiting: list[Broken] = []
        self._seen: set[tuple[JsonValue, ...]] = set()

    def look(self, plan: Plan, evaluation: Evaluation, guardrails: Guardrails, now: int) -> None:
        """Take in the thresholds that are broken and the queues that judge and had a time-out; `now` is ns UTC."""
        for window in evaluation.windows:
            assert isinstance(window, Mapping)
            found = window["breaches"]
            assert isinstance(found, list)
            for each in found:
                assert isinstance(each, Mapping)
                reason = f"{each['metric']} {each['observed']}, required {each['comparator']} {each['limit']}"
                key = (EXCHANGE_METRICS, each["entrypoint"], each["threshold"])
                self._add(key, EXCHANGE_METRICS, str(each["entrypoint"]), Verdict.BREACHED, reason, now)
        for entrypoint in (plan.entrypoint, *plan.others):
            for queue in guardrails.summaries if IO_QUEUE in entrypoint.guardrails else ():
                if queue.timeout_total and (queue.environment, queue.queue) == (entrypoint.environment, entrypoint.io.queue):
                    reason = f"calls of the queue {queue.queue} timed out"
                    self._add((IO_QUEUE, entrypoint.name), IO_QUEUE, entrypoint.name, Verdict.BREACHED, reason, now)

    def judged(self, window: Window) -> None:
        """Take in an entrypoint that a window which has ended says nothing about."""
        for row in window.judged:
            if row.status is Verdict.UNKNOWN:
                said = "; ".join(line.removeprefix(f"[paper:{row.entrypoint}] ") for line in warnings(row))
                key = (EXCHANGE_METRICS, row.entrypoint, Verdict.UNKNOWN)
                self._add(key, EXCHANGE_METRICS, row.entrypoint, Verdict.UNKNOWN, said or "not measured", window.span.ended_at)

    def _add(self, key: tuple[JsonValue, ...], guardrail: str, name: str, verdict: Verdict, reason: str, at: int) -> None:
        if key not in self._seen:
            self._seen.add(key)
            self.waiting.append(Broken(guardrail, name, verdict.value, reason, to_iso(at)))


def verdicts_before(plan: Plan, before: Iterable[Broken]) -> list[str]:
    """Return what was found before a restart, of the entrypoints that it judges."""
    judges: dict[str, Sequence[str]] = {each.name: each.guardrails for each in (plan.entrypoint, *plan.others)}
    return [each.verdict for each in before if each.guardrail in judges.get(each.entrypoint, (each.guardrail,))]
