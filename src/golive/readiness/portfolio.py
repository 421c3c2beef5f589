"""Whether an account holds what our ledger says and what it is meant to hold (CONTRACT "Resilience and portfolio checks")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from golive.model.json import JsonValue
from golive.model.money import format_decimal
from golive.model.verdict import ExitCode
from golive.observability.shape import Amount, Instant, Share, as_json, document_schema

SCHEMA: Final = "golive.portfolio_check.v1"
Status = Literal["ok", "blocked", "unknown"]
_CODES: Final[Mapping[Status, ExitCode]] = {"ok": ExitCode.OK, "blocked": ExitCode.BLOCKED, "unknown": ExitCode.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far from a target is borne; beyond both limits it is not."""

    max_abs: Decimal
    max_rel: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One asset of an account, named by the instrument that trades it (`okx:BTC/USDT`), else by itself (`okx:USDT`)."""

    instrument: str
    venue: Decimal
    """by the venue"""
    ledger: Decimal | None
    """by baseline, booked fills and what a person has accepted; None: our journal cannot say"""
    share: Decimal | None = None
    """of the portfolio's value; None: not known, or nothing that has a target"""
    target: Decimal | None = None
    is_traded: bool = False
    """it needs a target"""

    @property
    def differs(self) -> bool:
        return self.ledger is not None and self.ledger != self.venue

    @property
    def drift_abs(self) -> Decimal | None:
        return None if self.share is None or self.target is None else abs(self.share - self.target)

    @property
    def drift_rel(self) -> Decimal | None:
        """By the target; None also where that is 0 and something is held: it has no measure."""
        drift = self.drift_abs
        if drift is None or self.target is None:
            return None
        if not drift:
            return Decimal(0)
        return drift / self.target if self.target else None

    def drifts(self, limits: Drift) -> bool:
        """Say whether it is beyond both limits; what is held without being meant to be is beyond any relative one."""
        drift, relative = self.drift_abs, self.drift_rel
        return drift is not None and drift > limits.max_abs and (relative is None or relative > limits.max_rel)


@dataclass(frozen=True, slots=True, kw_only=True)
class PortfolioCheck:
    """One account at one moment."""

    ts: int
    """ns UTC"""
    portfolio_id: str
    """the entrypoint"""
    value: Decimal | None
    """in the quote asset; None: something that is held has no price"""
    holdings: tuple[Holding, ...]
    limits: Drift
    problem: str = ""
    """why journal and venue do not agree, as a start of the account says it"""

    @property
    def rebalance_required(self) -> bool:
        return any(each.drifts(self.limits) for each in self.holdings)

    @property
    def differences(self) -> Sequence[str]:
        """Return what blocks, in words."""
        found = [self.problem] if self.problem else []
        found += [
            f"{each.instrument}: the venue has {each.venue}, our ledger {each.ledger}" for each in self.holdings if each.differs
        ]
        for each in self.holdings:
            if each.drifts(self.limits):
                assert each.share is not None
                found.append(f"{each.instrument}: {each.share:.4f} of the value is held, and {each.target} is meant to be")
        return found

    @property
    def unknowns(self) -> Sequence[str]:
        """Return what cannot be said, in words."""
        found = [] if self.value is not None else ["something that is held has no price: the portfolio's value is not known"]
        found += [f"{each.instrument}: our ledger cannot say" for each in self.holdings if each.ledger is None]
        lacking = [each.instrument for each in self.holdings if each.is_traded and each.target is None]
        found += [f"{name}: core.yaml: portfolio.targets does not say what is meant to be held" for name in lacking]
        return found

    @property
    def status(self) -> Status:
        if self.differences:
            return "blocked"
        return "unknown" if self.unknowns else "ok"

    @property
    def exit_code(self) -> ExitCode:
        return _CODES[self.status]


@dataclass(frozen=True, slots=True)
class HoldingTold:
    instrument: str
    venue: Amount
    ledger: Amount | None
    target: Share | None
    drift_abs: Share | None
    drift_rel: Share | None


@dataclass(frozen=True, slots=True)
class PortfolioTold:
    ts: Instant
    portfolio_id: str
    portfolio_value: Amount | None
    rows: tuple[HoldingTold, ...]
    rebalance_required: bool
    status: Status


def document(check: PortfolioCheck) -> dict[str, JsonValue]:
    """Return a check as a JSON document."""
    rows = tuple(_told(each) for each in sorted(check.holdings, key=lambda each: each.instrument))
    made = as_json(PortfolioTold(check.ts, check.portfolio_id, _text(check.value), rows, check.rebalance_required, check.status))
    assert isinstance(made, dict)
    return {"schema": SCHEMA, **made}


def portfolio_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of that document."""
    return document_schema(SCHEMA, "What a portfolio holds, by venue, ledger and target", PortfolioTold)


def _told(each: Holding) -> HoldingTold:
    return HoldingTold(
        each.instrument, format_decimal(each.venue), _text(each.ledger), _number(each.target), _number(each.drift_abs),
        _number(each.drift_rel),
    )  # fmt: skip


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format_decimal(value)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
