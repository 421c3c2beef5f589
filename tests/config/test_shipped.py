"""The configuration as it is shipped: what the operators' documents count on, and that nothing of it can be live by itself."""

from __future__ import annotations

import pytest

from golive.config.endpoint import parse_endpoint
from golive.config.resolved import ResolvedEntrypoint
from support.configuration import SHIPPED_CORE, SHIPPED_RUNTIME, changed, parse

LABELS = ("bybit", "kraken", "okx")
SHIPPED = parse(SHIPPED_RUNTIME, SHIPPED_CORE)


@pytest.mark.parametrize("label", LABELS)
def test_each_venue_has_a_live_entrypoint_like_its_paper_one_and_shut(label: str) -> None:
    live, paper = SHIPPED.resolve(f"{label}_desktop_live"), SHIPPED.resolve(f"{label}_desktop_paper")
    assert (live.environment, live.environment_type, live.endpoint) == (f"{label}_live", "live", "production")
    assert (live.tags, live.keychain_key) == (("desktop", "live", label), f"{label}_live_trading")
    assert (live.enable_auto_trade, live.trusted_auto_confirm, live.sandbox_mode) == (False, False, False)

    def traded(each: ResolvedEntrypoint) -> tuple[object, ...]:
        return each.adapter, each.strategy, each.risk_profile, each.risk, each.instruments, each.timeframe, each.io

    assert traded(live) == traded(paper), "one trading digest binds them"
    compliance = SHIPPED.core.runtime_entrypoints[live.name].compliance
    assert (compliance.live_allowed, compliance.risk_profiles, compliance.require_signoff) == (False, ("balanced",), True)
    assert compliance.signoffs == ()
    assert SHIPPED.runtime.trading.enable_live_mode is False
    assert not SHIPPED.is_in_use(f"{label}_live")
    assert SHIPPED.is_in_use(f"{label}_paper")


def test_only_paper_entrypoints_are_monitored() -> None:
    assert [each.name for each in SHIPPED.paper_entrypoints()] == [f"{label}_desktop_paper" for label in LABELS]


@pytest.mark.parametrize("label", LABELS)
def test_a_loopback_address_alone_makes_a_rehearsal_of_it(label: str) -> None:
    head = f"  {label}_live:\n    exchange: {label}_spot\n    environment: live\n    endpoint: "
    core = changed(SHIPPED_CORE, f"{head}production", f"{head}http://127.0.0.1:8080")
    rehearsal = parse(SHIPPED_RUNTIME, core)
    found = rehearsal.resolve(f"{label}_desktop_live")
    assert (found.endpoint_host, parse_endpoint(found.base_url or "").is_loopback) == ("127.0.0.1", True)
    assert rehearsal.is_in_use(f"{label}_live")


def test_live_mode_puts_every_live_environment_to_use() -> None:
    on = parse(changed(SHIPPED_RUNTIME, "enable_live_mode: false", "enable_live_mode: true"), SHIPPED_CORE)
    assert all(on.is_in_use(name) for name in on.core.environments)
