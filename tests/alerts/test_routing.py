"""Which channels an alert goes to, and which alerts a person must acknowledge."""

from __future__ import annotations

import pytest

from golive.alerts.escalation import RetryPolicy, unacknowledged_reason
from golive.alerts.routing import AlertPolicy, EnvironmentPolicy
from golive.alerts.throttle import ThrottleRules
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import SECOND
from golive.model.json import JsonValue

POLICY = AlertPolicy(
    channels={"chat": False, "oem-live": True, "sec-alerts": True},
    environments={
        "plain": EnvironmentPolicy("okx_paper", ("chat",), ThrottleRules()),
        "good": EnvironmentPolicy("okx_live", ("chat", "oem-live"), ThrottleRules()),
        "mute": EnvironmentPolicy("mute_paper", (), ThrottleRules()),
    },
)


def message(severity: str = "error", category: str = "risk", **context: JsonValue) -> AlertMessage:
    return AlertMessage("id", category, AlertSeverity(severity), "title", "body", 0, "k", context)


@pytest.mark.parametrize(
    ("given", "channels"),
    [
        (message(entrypoint="plain"), ("chat",)),
        (message("critical", entrypoint="plain"), ("chat", "oem-live", "sec-alerts")),
        (message("critical", entrypoint="good"), ("chat", "oem-live")),
        (message(entrypoint="mute"), ()),
        (message("critical", entrypoint="mute"), ("oem-live", "sec-alerts")),
        (message("info", "emergency", entrypoint="mute"), ("chat", "oem-live", "sec-alerts")),
        (message(), ("chat", "oem-live", "sec-alerts")),
        (message(entrypoint="plain", channels=["oem-live", "unknown"]), ("oem-live",)),
        (message(entrypoint="plain", channels=["all", "sec-alerts"]), ("chat", "oem-live", "sec-alerts")),
    ],
)
def test_where_an_alert_goes(given: AlertMessage, channels: tuple[str, ...]) -> None:
    assert POLICY.channels_for(given) == channels


def test_what_must_be_acknowledged() -> None:
    assert POLICY.demands_acknowledgement(message("critical"))
    assert not POLICY.demands_acknowledgement(message("error"))
    assert not POLICY.demands_acknowledgement(message("critical", "emergency"))
    assert not POLICY.demands_acknowledgement(message("critical", "selftest"))
    assert not POLICY.demands_acknowledgement(message("critical", simulated=True))


def test_pauses_double_up_to_the_longest_and_end() -> None:
    retry = RetryPolicy(first_s=1, longest_s=10, max_attempts=6)
    pauses = [retry.next_at(made, 0) for made in range(1, 7)]
    assert pauses == [SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND, 10 * SECOND, None]


def test_only_grave_alerts_that_arrived_nowhere_look_for_other_channels() -> None:
    retry = RetryPolicy(widen_after=3)
    assert retry.widens(message("critical"), (3, 4), has_arrived=False)
    assert not retry.widens(message("critical"), (3, 2), has_arrived=False)
    assert not retry.widens(message("critical"), (3, 4), has_arrived=True)
    assert not retry.widens(message("warning"), (3, 4), has_arrived=False)
    assert not retry.widens(message("critical", "selftest"), (3, 4), has_arrived=False)


def test_the_reason_names_the_oldest_alert() -> None:
    assert unacknowledged_reason([message("critical")], 300) == "critical alert id (title) was not acknowledged within 300 s"
    assert "(and 1 more)" in unacknowledged_reason([message("critical")] * 2, 300)
