"""Alarms of live execution: when they are raised, how often, and that the rules of the monitoring say the same."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
import yaml

from golive.execution.live.alarm import LiveAlarms
from golive.metrics.declaration import DECLARED
from golive.model.clock import MILLISECOND, MINUTE
from golive.model.live_order import AttemptResult, FallbackReason
from support.configuration import ROOT, parse
from support.router_desk import RouterDesk, limit

RULES = ROOT / "deploy/prometheus/live_router.rules.yml"


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


def rules() -> dict[str, str]:
    document = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    return {rule["alert"]: rule["expr"] for group in document["groups"] for rule in group["rules"]}


def test_the_rules_have_the_thresholds_of_the_shipped_configuration() -> None:
    limits = parse().core.execution.live_router.metrics
    assert float(rules()["LiveExecutionLatencyHigh"].rpartition("> ")[2]) * 1000 == limits.latency_alert_threshold_ms
    assert int(rules()["LiveOrdersFallback"].rpartition(">= ")[2]) == limits.fallback_alert_threshold


def test_every_name_in_the_rules_is_one_that_is_exported() -> None:
    for expression in rules().values():
        names = re.findall(r"live_[a-z_]+", expression)
        assert names
        for name in names:
            assert name.removesuffix("_bucket") in DECLARED
            if name.endswith("_bucket"):
                assert DECLARED[name.removesuffix("_bucket")].buckets


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian package prometheus) is not installed")
def test_promtool_takes_the_rules() -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
