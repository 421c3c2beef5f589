"""Each limit, below it, at it and beyond it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from decimal import Decimal

import pytest

from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder, Side
from golive.risk import AccountView, RiskEngine, RiskProfile
from support.trading import BALANCED, BTC, BTC_ID, order

ETH = InstrumentId.parse("okx:ETH/USDT")
UNIT = 10**BTC.quote_scale
PRICE = BTC.ticks("40000")


def view(
    equity: int | None = 100_000, day_start: int | None = 100_000, peak: int | None = 100_000,
    held: dict[InstrumentId, int] | None = None, pending: dict[InstrumentId, int] | None = None, price: int | None = PRICE,
) -> AccountView:  # fmt: skip
    def units(amount: int | None) -> int | None:
        return None if amount is None else amount * UNIT

    return AccountView(
        equity=units(equity), day_start_equity=units(day_start), peak_equity=units(peak), positions=held or {},
        pending_buys=pending or {}, prices={} if price is None else {BTC_ID: price},
        notional=lambda _, ticks, lots: BTC.notional(ticks, lots),
    )  # fmt: skip


def decide(new: NewOrder, account: AccountView, profile: RiskProfile = BALANCED) -> DecisionCode:
    decision = RiskEngine(profile).decide(new, account, 1)
    assert isinstance(decision, Approved | Refused)
    return decision.code if isinstance(decision, Refused) else DecisionCode.APPROVED


BUY = order(1, Side.BUY, "0.1")
OK, MAX = DecisionCode.APPROVED, DecisionCode.RISK_MAX_POSITION


@pytest.mark.parametrize(
    ("quantity", "account", "expected"),
    [
        ("0.124", view(), OK),
        ("0.125", view(), OK),  # exactly 5 % of equity
        ("0.12500001", view(), MAX),
        ("0.1", view(held={BTC_ID: BTC.lots("0.02500001")}), MAX),
        ("0.1", view(pending={BTC_ID: BTC.lots("0.02500001")}), MAX),
        ("0.1", view(equity=79_000, day_start=79_000, peak=79_000), MAX),
    ],
)
def test_max_position_refuses_beyond_the_limit_only(quantity: str, account: AccountView, expected: DecisionCode) -> None:
    assert decide(order(1, Side.BUY, quantity), account) is expected


@pytest.mark.parametrize(
    ("equity", "expected"), [(98_501, OK), (98_500, DecisionCode.RISK_DAILY_LOSS), (90_001, DecisionCode.RISK_DAILY_LOSS)]
)
def test_daily_loss_stops_at_the_limit(equity: int, expected: DecisionCode) -> None:
    assert decide(BUY, view(equity=equity)) is expected


@pytest.mark.parametrize(("equity", "expected"), [(90_001, OK), (90_000, DecisionCode.RISK_DRAWDOWN)])
def test_drawdown_stops_at_the_limit(equity: int, expected: DecisionCode) -> None:
    assert decide(BUY, view(equity=equity, day_start=equity)) is expected


def test_a_stop_that_was_reached_holds_although_equity_recovers() -> None:
    recovered = replace(view(), worst_drawdown=(10_000 * UNIT, 100_000 * UNIT))
    assert decide(BUY, recovered) is DecisionCode.RISK_DRAWDOWN
    assert decide(BUY, replace(view(), worst_today=(1_500 * UNIT, 100_000 * UNIT))) is DecisionCode.RISK_DAILY_LOSS
    risk = RiskEngine(BALANCED)
    day = 86_400 * 10**9
    for ts, equity in ((0, 100_000), (1, 98_500), (2, 99_900)):
        risk.observe(equity, ts, 0, 0)
    assert (risk.state, risk.track.worst_today) == ("REDUCING", (1_500, 100_000))
    risk.observe(99_900, day, 0, 0)
    assert risk.state == "ACTIVE", "the daily stop ends with its day"
    for ts, equity in ((day + 1, 90_000), (2 * day, 99_000)):
        risk.observe(equity, ts, 0, 0)
    assert risk.state == "REDUCING", "the drawdown stop does not"


def test_open_positions_count_held_and_wanted_instruments() -> None:
    one = dataclasses.replace(BALANCED, max_open_positions=1)
    assert decide(BUY, view(), one) is OK
    assert decide(BUY, view(held={BTC_ID: 1}), one) is OK
    assert decide(BUY, view(held={ETH: 1}), one) is DecisionCode.RISK_MAX_OPEN_POSITIONS
    assert decide(BUY, view(pending={ETH: 1}), one) is DecisionCode.RISK_MAX_OPEN_POSITIONS


@pytest.mark.parametrize("account", [view(equity=None), view(day_start=None), view(peak=None), view(price=None), view(equity=0)])
def test_a_missing_input_refuses(account: AccountView) -> None:
    assert decide(BUY, account) is DecisionCode.RISK_MISSING_INPUT


def test_a_reduction_passes_every_stop_but_selling_more_than_held_does_not() -> None:
    ruined = view(equity=10_000, held={BTC_ID: BTC.lots("1")})
    assert decide(order(1, Side.SELL, "1"), ruined) is OK
    assert decide(order(1, Side.SELL, "1.00000001"), ruined) is DecisionCode.RISK_FLIP
    assert decide(order(1, Side.SELL, "1"), view(equity=None, price=None, held={BTC_ID: BTC.lots("1")})) is OK


def test_the_manual_profile_permits_nothing_until_it_is_set() -> None:
    manual = RiskProfile("manual", Decimal(0), Decimal(0), Decimal(0), 0)
    assert decide(BUY, view(), manual) is not OK


def test_a_share_outside_0_to_1_is_no_limit() -> None:
    with pytest.raises(ConfigError, match="between 0 and 1"):
        decide(BUY, view(), dataclasses.replace(BALANCED, max_position_pct=Decimal("1.5")))


def test_the_digest_follows_every_number() -> None:
    changed = (
        dataclasses.replace(BALANCED, max_daily_loss_pct=Decimal("0.016")),
        dataclasses.replace(BALANCED, hard_drawdown_pct=Decimal("0.11")),
        dataclasses.replace(BALANCED, max_position_pct=Decimal("0.051")),
        dataclasses.replace(BALANCED, max_open_positions=6),
        dataclasses.replace(BALANCED, name="other"),
    )
    digests = {BALANCED.digest} | {profile.digest for profile in changed}
    assert len(digests) == 6
    assert RiskEngine(BALANCED).risk_profile_digest == BALANCED.digest


def test_use_is_reported_at_its_worst() -> None:
    risk = RiskEngine(BALANCED)
    for n, equity in enumerate((100_000, 101_000, 99_500, 101_000)):
        risk.observe(equity, n, 4_500 if n == 1 else 0, 1)
    uses = {use.limit: use for use in risk.uses()}
    assert (uses["max_daily_loss_pct"].used, uses["max_daily_loss_pct"].used_ratio) == ("0.005", 0.3333)
    assert uses["hard_drawdown_pct"].used == "0.014852"
    assert uses["max_position_pct"].band == "warn"
    assert uses["max_open_positions"].used == "1"
    risk.observe(90_900, 5, 0, 0)
    assert {use.limit: use.band for use in risk.uses()}["hard_drawdown_pct"] == "breach"
