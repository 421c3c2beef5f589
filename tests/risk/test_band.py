"""Bands: ok below 80 %, warn from there, breach at the limit of a stop; back at less than 75 %."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from golive.model.clock import DAY
from golive.risk import LimitUse, RiskEngine
from golive.risk.band import use_of
from support.risk_case import profile


@pytest.mark.parametrize(
    ("part", "before", "stops", "band", "ratio"),
    [
        (0, "ok", True, "ok", 0.0),
        (0, "breach", True, "ok", 0.0),
        (74, "warn", True, "ok", 0.74),
        (75, "ok", True, "ok", 0.75),
        (75, "warn", True, "warn", 0.75),
        (75, "breach", True, "warn", 0.75),
        (79, "ok", True, "ok", 0.79),
        (80, "ok", True, "warn", 0.8),
        (99, "ok", True, "warn", 0.99),
        (100, "ok", True, "breach", 1.0),
        (150, "warn", True, "breach", 1.5),
        (100, "ok", False, "warn", 1.0),
        (150, "breach", False, "warn", 1.5),
        (-10, "breach", True, "ok", -0.1),
    ],
)
def test_a_band_follows_the_share_that_is_used(part: int, before: Any, stops: bool, band: str, ratio: float) -> None:
    use = use_of("limit", Decimal(1), part, 100, before=before, stops=stops)
    assert use == LimitUse("limit", "1", use.used, ratio, band)  # type: ignore[arg-type]


def test_a_use_is_told_in_words_and_rounded_ratio() -> None:
    assert use_of("a", Decimal("0.3"), 1, 7) == LimitUse("a", "0.3", "0.142858", 0.4762, "ok")
    assert use_of("a", Decimal("0.15"), 1, 7).band == "warn", "a stop is what is meant by default"
    assert use_of("a", Decimal("0.1"), 1, 7).band == "breach"


@pytest.mark.parametrize(
    ("part", "stops", "ratio", "band"),
    [(0, True, 1.0, "breach"), (1, True, 1.0, "breach"), (0, False, 0.0, "ok"), (1, False, 1.0, "warn"), (-1, True, 1.0, "ok")],
)
def test_a_stop_of_nothing_is_reached_and_of_another_limit_of_nothing_anything_is_all(
    part: int, stops: bool, ratio: float, band: str
) -> None:
    use = use_of("limit", 0, part, 10, stops=stops)
    assert (use.used_ratio, use.band) == (ratio, band)


def test_nothing_of_an_account_of_nothing_reaches_no_limit() -> None:
    assert use_of("limit", Decimal("0.1"), 0, 0).band == "ok"


def test_a_profile_of_nothing_stops_from_the_first_moment_whoever_is_asked() -> None:
    nothing = Decimal(0)
    risk = RiskEngine(profile(max_daily_loss_pct=nothing, weekly_loss_pct=nothing, hard_drawdown_pct=nothing))
    risk.observe(1000, DAY_0, 0, 0)
    risk.observe(1010, DAY_0 + 1, 0, 0)
    stops = dict.fromkeys(("max_daily_loss_pct", "weekly_loss_pct", "hard_drawdown_pct"), ("0", "breach"))
    for uses in (risk.uses(), risk.present_uses(0, 0, 0)):
        assert {limit: use for limit, use in shares(uses).items() if limit in stops} == stops
    assert (risk.state, risk.profile.stops_at_once, LIMITS.stops_at_once) == ("REDUCING", True, False)


def test_a_limit_of_the_smallest_amount_there_is_has_shares_too() -> None:
    assert [use_of("limit", 1, part, 1).used_ratio for part in (0, 1, 2)] == [0.0, 1.0, 2.0]


LIMITS = profile(
    max_daily_loss_pct=Decimal("0.05"), weekly_loss_pct=Decimal("0.08"), hard_drawdown_pct=Decimal("0.10"),
    max_position_pct=Decimal("0.5"), max_open_positions=4, portfolio_exposure_pct=Decimal("0.6"),
)  # fmt: skip
DAY_0 = 20_005 * DAY  # a Wednesday


def shares(uses: tuple[LimitUse, ...]) -> dict[str, tuple[str, str]]:
    return {use.limit: (use.used, use.band) for use in uses}


def test_uses_are_the_worst_seen_and_present_uses_those_of_now() -> None:
    risk = RiskEngine(LIMITS)
    assert risk.present_uses(0, 0, 0) == ()
    assert risk.equity is None
    risk.observe(1000, DAY_0, 100, 1, 100)
    risk.observe(960, DAY_0 + 1, 450, 3, 480)
    risk.observe(990, DAY_0 + 2, 200, 2, 300)
    assert shares(risk.uses()) == {
        "max_daily_loss_pct": ("0.04", "warn"), "weekly_loss_pct": ("0.04", "ok"), "hard_drawdown_pct": ("0.04", "ok"),
        "max_position_pct": ("0.46875", "warn"), "max_open_positions": ("3", "ok"), "portfolio_exposure_pct": ("0.5", "warn"),
    }  # fmt: skip
    assert shares(risk.present_uses(200, 2, 300)) == {
        "max_daily_loss_pct": ("0.01", "ok"), "weekly_loss_pct": ("0.01", "ok"), "hard_drawdown_pct": ("0.01", "ok"),
        "max_position_pct": ("0.202021", "ok"), "max_open_positions": ("2", "ok"), "portfolio_exposure_pct": ("0.303031", "ok"),
    }  # fmt: skip
    unset = RiskEngine(profile())
    unset.observe(1000, DAY_0, 0, 0)
    assert [use.limit for use in unset.uses()] == [
        "max_daily_loss_pct",
        "hard_drawdown_pct",
        "max_position_pct",
        "max_open_positions",
    ]


def test_a_band_is_left_downwards_below_three_quarters_only() -> None:
    risk, bands = RiskEngine(LIMITS), []
    for n, equity in enumerate((1000, 960, 962, 963, 961)):  # 80 %, 76 %, 74 %, 78 % of the daily limit
        risk.observe(equity, DAY_0 + n, 0, 0)
        bands.append(shares(risk.present_uses(0, 0, 0))["max_daily_loss_pct"][1])
    assert bands == ["ok", "warn", "warn", "ok", "ok"]


def test_a_stop_that_holds_stays_in_breach_until_its_time_is_over() -> None:
    risk = RiskEngine(LIMITS)
    risk.observe(1000, DAY_0, 0, 0)
    assert (risk.state, risk.has_reached_a_stop) == ("ACTIVE", False)
    risk.observe(950, DAY_0 + 1, 0, 0)
    risk.observe(999, DAY_0 + 2, 0, 0)
    assert shares(risk.present_uses(0, 0, 0))["max_daily_loss_pct"] == ("0.05", "breach")
    assert (risk.state, risk.has_reached_a_stop) == ("REDUCING", True)
    risk.observe(999, DAY_0 + DAY, 0, 0)
    assert shares(risk.present_uses(0, 0, 0))["max_daily_loss_pct"] == ("0", "ok")
    assert (risk.state, risk.has_reached_a_stop) == ("ACTIVE", True), "it was reached all the same"
    risk.observe(980, DAY_0 + DAY, 0, 0)
    risk.observe(955, DAY_0 + 2 * DAY, 0, 0)
    assert risk.state == "ACTIVE"
    risk.observe(920, DAY_0 + 3 * DAY, 0, 0)
    risk.observe(990, DAY_0 + 3 * DAY + 1, 0, 0)
    assert (risk.state, shares(risk.present_uses(0, 0, 0))["weekly_loss_pct"]) == ("REDUCING", ("0.08", "breach"))
    risk.observe(990, DAY_0 + 5 * DAY, 0, 0)
    assert risk.state == "ACTIVE", "Monday"
    assert risk.has_reached_a_stop
    risk.observe(900, DAY_0 + 5 * DAY, 0, 0)
    assert risk.state == "REDUCING"
    risk.observe(1000, DAY_0 + 30 * DAY, 0, 0)
    assert (risk.state, shares(risk.present_uses(0, 0, 0))["hard_drawdown_pct"]) == ("REDUCING", ("0.1", "breach"))


@pytest.mark.parametrize(("key", "fall"), [("max_daily_loss_pct", 20), ("weekly_loss_pct", 20), ("hard_drawdown_pct", 20)])
def test_each_stop_alone_lets_only_reductions_pass(key: str, fall: int) -> None:
    risk = RiskEngine(profile(**{key: Decimal("0.02")}))
    risk.observe(1000, DAY_0, 0, 0)
    risk.observe(1001 - fall, DAY_0 + 1, 0, 0)
    assert (risk.state, risk.has_reached_a_stop) == ("ACTIVE", False)
    risk.observe(1000 - fall, DAY_0 + 1, 0, 0)
    assert (risk.state, risk.has_reached_a_stop) == ("REDUCING", True)


def test_observing_says_whether_a_loss_is_deeper_than_any_before() -> None:
    risk = RiskEngine(LIMITS)
    assert [risk.observe(equity, DAY_0 + n, 0, 0) for n, equity in enumerate((1000, 990, 995, 990, 989))] == [
        False, True, False, False, True
    ]  # fmt: skip
    assert risk.observe(None, DAY_0 + 9, 500, 9, 500) is False
    assert (risk.equity, shares(risk.uses())["max_open_positions"]) == (None, ("0", "ok"))
    assert risk.present_uses(0, 0, 0) == ()
    risk.observe(0, DAY_0 + 10, 500, 1, 500)
    assert shares(risk.uses())["max_position_pct"] == ("0", "ok"), "a share of nothing is no share"
    assert risk.present_uses(1, 1, 1) == ()


def test_an_equity_between_the_unremarkable_ones_tells_nothing_new() -> None:
    risk = RiskEngine(LIMITS)
    risk.observe(1000, DAY_0, 400, 1, 400)
    risk.observe(950, DAY_0 + 1, 350, 1, 350)
    low, high = risk.unremarkable(600)
    assert (low, high) == (950, 1000)
    before = (risk.uses(), risk.track.peak)
    for equity in range(low, high + 1):
        assert risk.observe(equity, DAY_0 + 2, max(0, equity - 600), 1, max(0, equity - 600)) is False
    assert (risk.uses(), risk.track.peak) == before
    assert risk.observe(low - 1, DAY_0 + 2, 349, 1, 349) is True
    risk.observe(900, DAY_0 + 3, 900, 1, 900)
    assert risk.unremarkable(0) == (900, 1000)
    thin = RiskEngine(LIMITS)
    thin.observe(1000, DAY_0, 100, 1, 100)
    assert thin.unremarkable(90) == (1000, 100), "with less beside it its share would grow at once"


def test_of_sizes_and_counts_the_engine_never_says_breach_and_of_stops_it_does() -> None:
    risk = RiskEngine(LIMITS)
    risk.observe(1000, DAY_0, 500, 4, 600)
    full = {"max_position_pct": ("0.5", "warn"), "max_open_positions": ("4", "warn"), "portfolio_exposure_pct": ("0.6", "warn")}
    for uses in (risk.uses(), risk.present_uses(500, 4, 600)):
        assert {limit: said for limit, said in shares(uses).items() if limit in full} == full
    stops = RiskEngine(LIMITS)
    stops.observe(1000, DAY_0, 0, 0)
    stops.observe(900, DAY_0 + 1, 0, 0)
    for uses in (stops.uses(), stops.present_uses(0, 0, 0)):
        assert [use.band for use in uses][:3] == ["breach"] * 3


def test_an_account_of_the_smallest_unit_has_shares_and_one_of_nothing_has_none() -> None:
    risk = RiskEngine(LIMITS)
    risk.observe(0, DAY_0, 7, 1, 7)
    assert shares(risk.uses())["portfolio_exposure_pct"] == ("0", "ok"), "a share of nothing is no share"
    risk.observe(1, DAY_0 + 1, 1, 1, 1)
    worst, now = shares(risk.uses()), shares(risk.present_uses(1, 1, 1))
    for limit in ("max_position_pct", "portfolio_exposure_pct"):
        assert worst[limit] == now[limit] == ("1", "warn")


def test_an_exposure_that_nobody_tells_is_none() -> None:
    risk = RiskEngine(LIMITS)
    risk.observe(10, DAY_0, 1, 1)
    assert shares(risk.uses())["portfolio_exposure_pct"] == ("0", "ok")
