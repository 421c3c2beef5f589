"""What the configuration may say about alerts."""

from __future__ import annotations

import pytest

from golive.config.problem import ConfigErrors
from support.configuration import CORE, SHIPPED_CORE, SHIPPED_RUNTIME, changed, only_problem, parse


def test_the_shipped_file_is_that_of_the_contract() -> None:
    core = parse(SHIPPED_RUNTIME, SHIPPED_CORE).core
    for environment in core.environments.values():
        assert environment.alert_channels == ("oem-live", "sec-alerts")
        throttle, audit = environment.alert_throttle, environment.alert_audit
        assert (throttle.window_seconds, throttle.max_entries) == (300, 2048)
        assert (throttle.exclude_severities, throttle.exclude_categories) == (("critical",), ("health",))
        assert (audit.backend, audit.directory, audit.retention_days) == ("file", "alerts", 730)
    assert {name: (each.url_secret, each.critical) for name, each in core.alerts.channels.items()} == {
        "oem-live": ("alert_oem_live", True),
        "sec-alerts": ("alert_sec_alerts", True),
    }
    assert core.alerts.acknowledge_timeout_seconds == 300


def test_a_channel_that_does_not_exist_is_an_error() -> None:
    problem = only_problem(core=changed(CORE, "[oem-live, sec-alerts]   #", "[oem-live, sec-alert]   #"))
    assert problem.message == "environments.okx_paper.alert_channels: there is no alert channel sec-alert"
    assert problem.fix == "did you mean sec-alerts?"


def test_live_needs_critical_among_the_exempt_severities() -> None:
    as_live = changed(CORE, "environment: paper                 #", "environment: live                  #")
    for exempt, is_refused in (("[error]", True), ("[info, warning, error]", True), ("[]", True), ("[error, critical]", False)):
        core = as_live.replace("exclude_severities: [critical]   #", f"exclude_severities: {exempt}   #", 1)
        with pytest.raises(ConfigErrors) as found:  # a live environment in this place is wrong for other reasons, too
            parse(core=core)
        told = "okx_paper.alert_throttle.exclude_severities: a live environment may not throttle" in str(found.value)
        assert told is is_refused, exempt
    parse(core=changed(CORE, "exclude_severities: [critical]   #", "exclude_severities: [error]   #"))


def test_the_window_follows_the_type_of_the_environment() -> None:
    without = CORE.replace("      window_seconds: 300\n", "")
    assert {each.alert_throttle.window_seconds for each in parse(core=without).core.environments.values()} == {300}


@pytest.mark.parametrize(
    ("key", "value"), [("directory: alerts", "directory: other"), ("retention_days: 730", "retention_days: 9")]
)
def test_all_environments_have_one_audit(key: str, value: str) -> None:
    before, _, after = CORE.rpartition(key)
    problem = only_problem(core=before + value + after)
    assert "bybit_paper.alert_audit" in problem.message
    assert "one audit holds the alerts of all environments" in problem.fix


def test_another_backend_is_refused() -> None:
    assert "memory" in only_problem(core=CORE.replace("backend: file", "backend: memory", 1)).message


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("url_secret: alert_oem_live", "url_secret: slack://T0KEN/B0/SECRETPART99"),
        ("url_secret: alert_oem_live", 'url_secret: ["slack://T0KEN/B0/SECRETPART99"]'),
        ("url_secret: alert_oem_live", "url_secret: alert_oem_live\n      url: json://u:p@host/SECRETPART99"),
        ("    oem-live:\n", "    slack://T0KEN/SECRETPART99:\n"),
        ("backend: file", "backend: https://bob:SECRETPART99@host/and-so-on-until-it-is-longer-than-what-is-shown-of-a-value"),
    ],
)
def test_a_pasted_url_is_not_shown(before: str, after: str) -> None:
    with pytest.raises(ConfigErrors) as found:
        parse(core=changed(CORE, before, after))
    assert "SECRETPART99" not in str(found.value)
    assert "***" in str(found.value)
