"""Statements of a ledger for people and reports: balances, positions and profit as decimal texts; None where nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from golive.model.errors import MagnitudeError
from golive.model.ids import InstrumentId
from golive.model.money import format_units

from .account import Account
from .entry import Flow, postings_of
from .exposure import exposure_of
from .holding import Holding
from .ledger import Ledger
from .position import FifoLots, Position
from .valuation import Price


@dataclass(frozen=True, slots=True)
class BalanceLine:
    """One asset; `value` in the reporting asset."""

    asset: str
    start: str
    total: str
    free: str
    reserved: str
    fees: str
    value: str | None


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One instrument that holds something or ever traded; money in its quote asset.

    `average_price` is what the units that are left cost, in ticks rounded down; the `fifo_` figures take the oldest lots first.
    Cost and profits are None while start balances or flows without a declared worth are among them.
    """

    instrument: str
    quantity: str
    average_price: str | None
    cost: str | None
    realized: str | None
    fifo_realized: str | None
    mark_price: str | None
    value: str | None
    unrealized: str | None
    fifo_unrealized: str | None
    share_of_equity: float | None


@dataclass(frozen=True, slots=True)
class ProfitLine:
    """The account in its reporting asset: `net` = `equity` − `flows` = `realized` + `unrealized` − fees in third assets.

    `flows` are start balances, deposits and withdrawals at their declared worth. `fees` are all fees: in base or quote at the
    price of their fill, in a third asset at its price now. `exposure` is what base assets are worth, whichever way round.
    """

    asset: str
    equity: str | None
    flows: str | None
    net: str | None
    realized: str | None
    unrealized: str | None
    fifo_realized: str | None
    fifo_unrealized: str | None
    fees: str | None
    exposure: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    balances: tuple[BalanceLine, ...]
    positions: tuple[PositionLine, ...]
    profit: ProfitLine


@dataclass(frozen=True, slots=True)
class AccountLine:
    """What one record did to what we own of one asset; `change` and `fee` are signed as the balance moves."""

    ts: int
    what: str
    change: str
    fee: str
    balance: str


def statement_of(
    ledger: Ledger, marks: Mapping[InstrumentId, int] | None = None, prices: Mapping[str, Price] | None = None
) -> Statement:
    """Return the statement at `marks` (ticks) and `prices` (of assets that no instrument leads to)."""
    view = _View(ledger, marks or {}, prices or {})
    return Statement(tuple(view.balance_lines()), tuple(view.position_lines()), view.profit_line())


def price_of(ledger: Ledger, asset: str, price: Decimal) -> Price:
    """Return the exact ratio of a price in whole units of the reporting asset per whole unit of `asset`; it must be positive."""
    if not (price.is_finite() and price > 0):
        raise MagnitudeError(f"the price {price} of {asset} is not positive")
    numerator, denominator = price.as_integer_ratio()
    return Price(numerator * 10 ** ledger.scales[ledger.quote], denominator * 10 ** ledger.scales[asset])


def account_lines(ledger: Ledger, asset: str) -> Iterator[AccountLine]:
    """Yield what moved `asset`, oldest first, with the balance after it; the last balance is what we own."""
    balance = 0
    for item in ledger.journal:
        if isinstance(item, Flow):
            ts, what = item.ts, "flow"
        else:
            ts, what = item[0].ts, f"{item[0].side} {item[0].instrument} {item[0].fill_id.trade_id}"
        postings = [p for p in postings_of(item, ledger.holdings) if p.asset == asset]
        change = -sum(p.units for p in postings if p.account in (Account.VENUE, Account.EXTERNAL))
        fee = -sum(p.units for p in postings if p.account is Account.FEES)
        if change or fee:
            balance += change + fee
            yield AccountLine(ts, what, *(ledger.text(asset, units) for units in (change, fee, balance)))


class _View:
    """A ledger at given marks and prices."""

    def __init__(self, ledger: Ledger, marks: Mapping[InstrumentId, int], prices: Mapping[str, Price]) -> None:
        self._ledger = ledger
        self._marks = {key: ticks for key, ticks in marks.items() if ticks > 0}
        self._performance = ledger.performance
        self._prices = {asset: ledger.price(asset, marks, prices) for asset in ledger.balances}
        self._equity = ledger.equity(marks, prices)
        self._exposure = exposure_of(ledger, marks, prices)

    def balance_lines(self) -> Iterator[BalanceLine]:
        for asset, balance in sorted(self._ledger.balances.items()):
            yield BalanceLine(
                asset,
                start=self._ledger.text(asset, self._ledger.start[asset]),
                total=self._ledger.text(asset, balance.total),
                free=self._ledger.text(asset, balance.free),
                reserved=self._ledger.text(asset, balance.reserved),
                fees=self._ledger.text(asset, balance.fees),
                value=self._text(self._worth(asset, balance.total)),
            )

    def position_lines(self) -> Iterator[PositionLine]:
        for key, holding in self._ledger.holdings.items():
            position = self._performance.positions[key]
            if position.base_units or self._performance.fills[key]:
                yield self._position_line(holding, position, self._performance.fifo[key])

    def _position_line(self, holding: Holding, position: Position, fifo: FifoLots) -> PositionLine:
        mark, known = self._marks.get(holding.id), position.basis_known
        value = None if mark is None else holding.value(position.base_units, mark)
        share = None if value is None or not self._equity else self._worth(holding.quote_asset, value)
        average = holding.ticks(position.base_units, position.cost) if position.base_units else None

        def text(units: int | None) -> str | None:
            return None if units is None or not known else self._ledger.text(holding.quote_asset, units)

        return PositionLine(
            instrument=str(holding.id),
            quantity=self._ledger.text(holding.base_asset, position.base_units),
            average_price=None if average is None or not known else holding.spec.price_text(average),
            cost=text(position.cost),
            realized=text(position.realized),
            fifo_realized=text(fifo.realized),
            mark_price=None if mark is None else holding.spec.price_text(mark),
            value=None if value is None else self._ledger.text(holding.quote_asset, value),
            unrealized=text(None if value is None else value - position.cost),
            fifo_unrealized=text(None if value is None else value - fifo.cost),
            share_of_equity=None if share is None or self._equity is None else share / self._equity,
        )

    def profit_line(self) -> ProfitLine:
        flows = self._flows()
        return ProfitLine(
            asset=self._ledger.quote,
            equity=self._text(self._equity),
            flows=self._text(flows),
            net=self._text(None if self._equity is None or flows is None else self._equity - flows),
            realized=self._text(self._summed(self._performance.positions, unrealized=False)),
            unrealized=self._text(self._summed(self._performance.positions, unrealized=True)),
            fifo_realized=self._text(self._summed(self._performance.fifo, unrealized=False)),
            fifo_unrealized=self._text(self._summed(self._performance.fifo, unrealized=True)),
            fees=self._text(self._fees()),
            exposure=self._text(None if self._exposure is None else self._exposure.gross),
        )

    def _summed(self, positions: Mapping[InstrumentId, Position | FifoLots], *, unrealized: bool) -> int | None:
        if not self._is_basis_known():
            return None
        profits: list[int | None] = []
        for key, position in positions.items():
            holding, mark, held = self._ledger.holdings[key], self._marks.get(key), position.base_units
            if not unrealized:
                profits.append(self._worth(holding.quote_asset, position.realized))
            elif held and mark is None:
                profits.append(None)
            else:
                profits.append(self._worth(holding.quote_asset, holding.value(held, mark or 0) - position.cost))
        return _sum(profits)

    def _flows(self) -> int | None:
        if not self._is_basis_known():
            return None
        amounts = [*self._performance.flows.items(), *self._performance.flows_worth.items()]
        return _sum(self._worth(asset, units) for asset, units in amounts)

    def _is_basis_known(self) -> bool:
        return all(position.basis_known for position in self._performance.positions.values())

    def _fees(self) -> int | None:
        amounts = [*self._performance.fees_in_quote.items(), *self._performance.third_fees.items()]
        return _sum(self._worth(asset, units) for asset, units in amounts)

    def _worth(self, asset: str, units: int) -> int | None:
        """Return `units` in the reporting asset; no units are worth nothing, whatever their price."""
        price = self._prices[asset]
        return 0 if units == 0 else None if price is None else price.value(units)

    def _text(self, units: int | None) -> str | None:
        return None if units is None else format_units(units, self._ledger.scales[self._ledger.quote])


def _sum(amounts: Iterable[int | None]) -> int | None:
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
