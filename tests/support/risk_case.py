"""An account that no limit objects to, an order of it, and what risk says when one thing is changed.

A tick and a lot are one unit of the quote asset, so a notional is ticks × lots and every boundary can be written down.
"""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from decimal import Decimal
from typing import Any

from golive.model.clock import DAY, SECOND
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.order import NewOrder, OrderType, Side
from golive.risk import AccountView, OrderFlow, Reference, RiskEngine, RiskProfile
from golive.risk.rules import Objection, Rule

A, B, C = (InstrumentId("okx", each, "USDT") for each in ("AAA", "BBB", "CCC"))
NOW = 20_004 * DAY + 12 * 3600 * SECOND
"""a Tuesday, noon"""
EQUITY, PRICE = 1_000_000, 100
OPEN = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 10)
APPROVED = DecisionCode.APPROVED
MISSING = DecisionCode.RISK_MISSING_INPUT


def profile(**limits: Any) -> RiskProfile:
    """Return a profile of which only these limits can bind."""
    return dataclasses.replace(OPEN, **limits)


def buy(quantity: int = 10, price: int | None = None, instrument: InstrumentId = A, n: int = 1) -> NewOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return NewOrder(ClientOrderId(f"{n:032x}"), instrument, Side.BUY, kind, quantity, price)


def sell(quantity: int = 10, price: int | None = None, instrument: InstrumentId = A) -> NewOrder:
    return buy(quantity, price, instrument)._replace(side=Side.SELL)


def account(**changes: Any) -> AccountView:
    """Return a view in which everything is known and nothing is held."""
    view = AccountView(
        equity=EQUITY, day_start_equity=EQUITY, peak_equity=EQUITY, positions={}, pending_buys={}, prices={A: PRICE, B: PRICE, C: PRICE},
        notional=lambda _, ticks, lots: ticks * lots, now=NOW, week_start_equity=EQUITY,
        references={A: (Reference("candle", PRICE, NOW), Reference("book", PRICE, NOW))}, references_needed=2, updated={A: NOW},
        volatility={A: 0.5, B: 0.25, C: 1.0}, atr={A: 4.0}, flow=OrderFlow(),
    )  # fmt: skip
    return replace(view, **changes)


def said(rule: Rule, limits: RiskProfile, order: NewOrder, view: AccountView) -> tuple[DecisionCode, str, str] | None:
    """Return what one rule objects."""
    objection = rule(order, view, limits)
    assert objection is None or isinstance(objection, Objection)
    return None if objection is None else tuple(objection)  # type: ignore[return-value]


def decided(limits: RiskProfile, order: NewOrder, view: AccountView) -> DecisionCode:
    """Return the code of risk's decision, all rules asked."""
    decision = RiskEngine(limits).decide(order, view, 7)
    assert isinstance(decision, Approved | Refused)
    assert (decision.order, decision.decision_seq) == (order, 7)
    return decision.code if isinstance(decision, Refused) else APPROVED


def missing(what: str) -> tuple[DecisionCode, str, str]:
    return MISSING, "known", "missing: " + what
