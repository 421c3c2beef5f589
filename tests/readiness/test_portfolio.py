"""When a portfolio is as it should be: venue, ledger and target side by side."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from jsonschema import Draft202012Validator

from golive.readiness.portfolio import Drift, Holding, PortfolioCheck, document, portfolio_schema

LIMITS = Drift(max_abs=Decimal("0.02"), max_rel=Decimal("0.25"))
MONEY = Holding(instrument="okx:USDT", venue=Decimal(7500), ledger=Decimal(7500))
COIN = Holding(
    instrument="okx:BTC/USDT", venue=Decimal("0.5"), ledger=Decimal("0.5"), share=Decimal("0.25"), target=Decimal("0.25"),
    is_traded=True,
)  # fmt: skip
CHECK = PortfolioCheck(
    ts=1_000_000_000, portfolio_id="okx_desktop_live", value=Decimal(10000), holdings=(MONEY, COIN), limits=LIMITS
)


def with_coin(**changes: object) -> PortfolioCheck:
    return replace(CHECK, holdings=(MONEY, replace(COIN, **changes)))  # type: ignore[arg-type]


def test_all_alike_is_ok() -> None:
    assert (CHECK.status, int(CHECK.exit_code), CHECK.rebalance_required) == ("ok", 0, False)


@pytest.mark.parametrize("holding", [MONEY, COIN])
def test_the_least_difference_between_venue_and_ledger_blocks(holding: Holding) -> None:
    other = replace(holding, ledger=holding.venue + Decimal("0.00000001"))
    check = replace(CHECK, holdings=tuple(other if each is holding else each for each in CHECK.holdings))
    assert (check.status, int(check.exit_code), check.rebalance_required) == ("blocked", 3, False)
    assert holding.instrument in check.differences[0]


@pytest.mark.parametrize(
    ("share", "target", "drifts"),
    [
        ("0.3125", "0.25", False),  # 0.25 of the target: just borne
        ("0.3126", "0.25", True),
        ("0.1874", "0.25", True),
        ("0.0600", "0.04", False),  # 0.02 absolute: just borne, though half of the target
        ("0.0601", "0.04", True),
        ("0.55", "0.50", False),  # beyond the absolute limit alone
        ("0.02", "0", False),
        ("0.0201", "0", True),  # nothing was meant to be held
        ("0", "0", False),
        ("0", "0.5", True),
    ],
)
def test_drift_blocks_beyond_both_limits(share: str, target: str, drifts: bool) -> None:
    check = with_coin(share=Decimal(share), target=Decimal(target))
    assert (check.rebalance_required, check.status) == (drifts, "blocked" if drifts else "ok")


@pytest.mark.parametrize(
    ("check", "what"),
    [
        (with_coin(target=None), "portfolio.targets"),
        (with_coin(ledger=None), "ledger cannot say"),
        (replace(CHECK, value=None), "no price"),
    ],
)
def test_what_is_not_known_is_not_ok(check: PortfolioCheck, what: str) -> None:
    assert (check.status, int(check.exit_code)) == ("unknown", 6)
    assert what in check.unknowns[0]


def test_what_blocks_goes_before_what_is_not_known() -> None:
    check = replace(with_coin(target=None), problem="okx_spot: journal and venue do not agree")
    assert (check.status, check.differences) == ("blocked", ["okx_spot: journal and venue do not agree"])


def test_the_document_has_the_fields_of_the_contract_and_sorted_rows() -> None:
    told = document(with_coin(share=Decimal("0.3")))
    Draft202012Validator(portfolio_schema()).validate(told)
    assert set(told) == {"schema", "ts", "portfolio_id", "portfolio_value", "rows", "rebalance_required", "status"}
    assert told["rows"] == [
        {
            "instrument": "okx:BTC/USDT", "venue": "0.5", "ledger": "0.5", "target": 0.25, "drift_abs": 0.05, "drift_rel": 0.2,
        },
        {"instrument": "okx:USDT", "venue": "7500", "ledger": "7500", "target": None, "drift_abs": None, "drift_rel": None},
    ]  # fmt: skip
