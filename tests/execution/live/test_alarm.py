"""Alarms of live execution: when they are raised, how often, and how they count."""

from __future__ import annotations

from golive.execution.live.alarm import LiveAlarms
from golive.model.clock import MILLISECOND, MINUTE
from golive.model.live_order import AttemptResult, FallbackReason
from support.router_desk import RouterDesk, limit


class Stand:
    def __init__(self) -> None:
        self.now = 10**12
        self.alarms = LiveAlarms(350, 3, lambda: self.now)

    def answers(self, *latencies_ms: float) -> list[str]:
        for latency in latencies_ms:
            self.alarms.answered(int(latency * MILLISECOND))
        return self.due()

    def due(self) -> list[str]:
        return [alert.title for alert in self.alarms.due()]


def test_orders_are_too_slow_when_more_than_one_in_twenty_is() -> None:
    stand = Stand()
    assert stand.answers(*[10] * 19, 351) == []
    assert stand.answers(351) == ["LiveExecutionLatencyHigh"]
    assert stand.answers(500) == [], "once"
    assert stand.answers(*[350] * 100) == []
    assert stand.answers(*[400] * 20) == ["LiveExecutionLatencyHigh"], "and again after it was quiet"


def test_answers_count_for_five_minutes() -> None:
    stand = Stand()
    assert stand.answers(400) == ["LiveExecutionLatencyHigh"]
    stand.now += 5 * MINUTE - 1
    assert stand.answers(400) == []
    stand.now += 1
    assert stand.due() == []
    stand.now += 5 * MINUTE
    assert stand.due() == []
    assert stand.answers(400) == ["LiveExecutionLatencyHigh"], "all before are forgotten"


def test_as_many_fallbacks_within_fifteen_minutes_are_too_many() -> None:
    stand = Stand()
    for expected in ([], [], ["LiveOrdersFallback"], []):
        stand.alarms.fell_back()
        assert stand.due() == expected
    stand.now += 15 * MINUTE
    assert stand.due() == []
    for expected in ([], [], ["LiveOrdersFallback"]):
        stand.alarms.fell_back()
        assert stand.due() == expected
        stand.now += 7 * MINUTE


def test_the_router_raises_them() -> None:
    desk = RouterDesk()
    name = desk.submit(limit(1))
    desk.leave(name)
    desk.mono += 400 * MILLISECOND
    desk.answer(name, AttemptResult.ACCEPTED)
    for n in (2, 3, 4):
        desk.not_sent(desk.submit(limit(n)), FallbackReason.QUEUE_FULL)
    assert desk.alerts == ["warning: LiveExecutionLatencyHigh", "warning: LiveOrdersFallback"]
