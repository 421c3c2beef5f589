"""The exact ledger: a double entry of what fills and flows did to one account, in smallest units.

Every change is one fill or one flow; replaying them gives the same numbers to the last unit. Nothing here is a float. `apply`
does only what the next fill needs to be judged; what is asked for rarely (cost, profit, lots, digests) is read from the journal
later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from golive.model.errors import MagnitudeError
from golive.model.ids import InstrumentId
from golive.model.instrument import ASSET_SCALE, Instrument
from golive.model.money import LIMIT, checked, format_units, units_exact
from golive.model.order import Fill, Side

from .account import Balance
from .entry import Entry, Flow, Journaled, Record
from .holding import Holding
from .performance import JournalDigest, Performance
from .position import Position
from .valuation import Price, price_in

_BUY: Final = Side.BUY
_NO_PRICES: Final[Mapping[str, Price]] = {}


class Ledger:
    """Balances and positions of one account.

    `reporting` is the asset in which equity is told; it may be left out when all instruments share their quote asset.
    `opening_prices` (ticks) say what start balances of base assets cost. `other_assets` names assets that are neither base nor
    quote but pay fees, with the decimals of their smallest unit. Start balances of any other asset are not ours to keep.

    Raises MagnitudeError on construction when there is no single quote asset and no `reporting`, when `reporting` is no quote
    asset, or when a start balance is negative or finer than its asset's unit.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        start_balances: Mapping[str, Decimal],
        *,
        reporting: str | None = None,
        opening_prices: Mapping[InstrumentId, int] | None = None,
        other_assets: Mapping[str, int] | None = None,
    ) -> None:
        self.instruments: dict[InstrumentId, Instrument] = {i.id: i for i in instruments}
        self.quote = _reporting_asset(self.instruments.values(), reporting)
        self.scales: dict[str, int] = dict(other_assets or {})
        for i in self.instruments.values():
            for asset, scale in ((i.base, i.base_scale), (i.quote, i.quote_scale)):
                self.scales[asset] = max(scale, self.scales.get(asset, ASSET_SCALE))
        self.balances: dict[str, Balance] = {asset: Balance() for asset in self.scales}
        self.holdings: dict[InstrumentId, Holding] = {key: self._holding(spec) for key, spec in self.instruments.items()}
        self.by_base: dict[str, tuple[Holding, ...]] = _by_base(self.holdings.values())
        self._home = {asset: holdings[0] for asset, holdings in self.by_base.items() if asset != self.quote}
        self._recent = next(iter(self.holdings.values()))
        self._journal: list[Record] = []
        self._performance = Performance(self._journal, self.holdings, self._home)
        self._digest = JournalDigest(self._journal)
        self._open(start_balances, opening_prices or {})

    def _holding(self, spec: Instrument) -> Holding:
        base_factor = 10 ** (self.scales[spec.base] - spec.base_scale)
        quote_factor = 10 ** (self.scales[spec.quote] - spec.quote_scale)
        return Holding(spec, self.balances[spec.base], self.balances[spec.quote], int(base_factor), int(quote_factor))

    def _open(self, start_balances: Mapping[str, Decimal], opening_prices: Mapping[InstrumentId, int]) -> None:
        for asset, amount in start_balances.items():
            if asset not in self.balances:
                continue
            units = units_exact(amount, self.scales[asset], f"start balance of {asset}")
            home = self._home.get(asset)
            price = opening_prices.get(home.id) if home is not None else None
            worth = home.value(units, price) if home is not None and price is not None else None
            if units:
                self.book_flow(Flow(0, asset, units, worth))
        self.start = {asset: balance.total for asset, balance in self.balances.items()}
        self.opening: tuple[Flow, ...] = tuple(flow for flow in self._journal if isinstance(flow, Flow))

    # -- units ----------------------------------------------------------------------------------------------------

    def notional(self, instrument: InstrumentId, ticks: int, lots: int) -> int:
        """Return price × quantity in the ledger's quote units."""
        holding = self._recent
        if holding.id is not instrument:
            holding = self._of(instrument)
        amount = ticks * lots * holding.quote_per_tick_lot
        return amount if -LIMIT < amount < LIMIT else checked(amount, "notional")

    def base_units(self, instrument: InstrumentId, lots: int) -> int:
        """Return a quantity in the ledger's units of the base asset."""
        return lots * self._of(instrument).base_per_lot

    def total_lots(self, instrument: InstrumentId) -> int:
        """Return the whole lots of the base asset held, reserved ones included."""
        holding = self._of(instrument)
        return holding.base.total // holding.base_per_lot

    def value(self, instrument: InstrumentId, ticks: int) -> int:
        """Return what the whole base balance of `instrument` is worth at `ticks`, in its quote units, rounded down."""
        holding = self._of(instrument)
        return holding.value(holding.base.total, ticks)

    def equity(self, marks: Mapping[InstrumentId, int], prices: Mapping[str, Price] = _NO_PRICES) -> int | None:
        """Return what the whole account is worth in units of `quote`; None when a held asset has neither mark nor price.

        `marks` in ticks; `prices` for assets that no instrument leads to.
        """
        total = 0
        for asset, balance in self.balances.items():
            units = balance.free + balance.reserved
            if asset == self.quote:
                total += units
            elif units:
                price = self.price(asset, marks, prices)
                if price is None:
                    return None
                total += price.value(units)
        return checked(total, "equity")

    def price(self, asset: str, marks: Mapping[InstrumentId, int], prices: Mapping[str, Price] = _NO_PRICES) -> Price | None:
        """Return what a unit of `asset` is worth in units of `quote`; None when nothing leads there."""
        return price_in(self.quote, asset, self.by_base, marks, prices)

    def text(self, asset: str, units: int) -> str:
        """Return `units` of `asset` as decimal text."""
        return format_units(units, self.scales[asset])

    def _of(self, instrument: InstrumentId) -> Holding:
        """Look an instrument up; the last one asked for is recognised without hashing its id."""
        holding = self._recent
        if holding.id is not instrument:
            holding = self._recent = self.holdings[instrument]
        return holding

    # -- booking --------------------------------------------------------------------------------------------------

    def reserve(self, asset: str, units: int) -> None:
        """Set funds aside for an open order; negative `units` release them. MagnitudeError when they are not there.

        No journal entry: open reservations follow from the open orders.
        """
        balance = self.balances[asset]
        free, reserved = balance.free - units, balance.reserved + units
        if free < 0 or reserved < 0 or free >= LIMIT or reserved >= LIMIT:
            raise MagnitudeError(f"cannot reserve {format_units(units, self.scales[asset])} {asset}")
        balance.free, balance.reserved = free, reserved

    def apply(self, fill: Fill) -> int:
        """Book one fill at once and return the position after it, in lots (whole ones).

        A fee in a third asset is in the ledger's units of it. Raises MagnitudeError, with nothing changed, when a free balance
        would turn negative (what pays must not be reserved), an amount leaves the exact range, or the fee's asset is unknown;
        KeyError for an instrument that is not the ledger's.
        """
        holding = self._recent
        if holding.id is not fill.instrument:
            holding = self._recent = self.holdings[fill.instrument]
        base, quote, lots, price, fee = holding.base, holding.quote, fill.quantity, fill.price, fill.fee
        if lots <= 0 or price <= 0:
            raise MagnitudeError(f"fill {fill.fill_id.trade_id} has no positive price and quantity")
        if fill.side is _BUY:
            base_change = bought = lots * holding.base_per_lot
            quote_change = received = -lots * price * holding.quote_per_tick_lot
        else:
            base_change = bought = -lots * holding.base_per_lot
            quote_change = received = lots * price * holding.quote_per_tick_lot
        payer, fee_asset = None, fill.fee_asset
        if fee_asset == holding.base_asset:
            fee *= holding.base_factor
            base_change -= fee
            charged = base
        elif fee_asset == holding.quote_asset:
            fee *= holding.quote_factor
            quote_change -= fee
            charged = quote
        else:
            charged = payer = self._payer(fill)
        base_free, quote_free = base.free + base_change, quote.free + quote_change
        if base_free < 0 or quote_free < 0 or base_free >= LIMIT or quote_free >= LIMIT:
            raise self._refusal(fill, holding, base_free, quote_free)
        if payer is not None:
            payer.free -= fee
        charged.fees += fee
        base.free, quote.free = base_free, quote_free
        base.venue -= bought
        quote.venue -= received
        after = (base_free + base.reserved) // holding.base_per_lot
        self._journal.append((fill, after))
        return after

    def book_flow(self, flow: Flow) -> None:
        """Book a deposit or withdrawal.

        MagnitudeError, with nothing changed, for an unknown asset, no units, a negative worth, or more than is free.
        """
        balance = self.balances.get(flow.asset)
        if balance is None or flow.units == 0 or (flow.worth is not None and flow.worth < 0):
            raise MagnitudeError(f"a flow of {flow.units} units of {flow.asset} cannot be booked")
        if not 0 <= balance.free + flow.units < LIMIT:
            raise MagnitudeError(f"a flow of {self.text(flow.asset, flow.units)} {flow.asset} does not fit the balance")
        balance.free += flow.units
        balance.external -= flow.units
        self._journal.append(flow)

    def _payer(self, fill: Fill) -> Balance:
        """Return the balance that pays a fee in a third asset."""
        balance = self.balances.get(fill.fee_asset)
        name = f"fill {fill.fill_id.trade_id}"
        if balance is None:
            raise MagnitudeError(f"the fee of {name} is in {fill.fee_asset}, an asset this ledger does not keep")
        if not 0 <= balance.free - fill.fee < LIMIT:
            raise MagnitudeError(f"the fee of {name} would leave a negative balance of {fill.fee_asset}")
        return balance

    @staticmethod
    def _refusal(fill: Fill, holding: Holding, base_free: int, quote_free: int) -> MagnitudeError:
        name = f"fill {fill.fill_id.trade_id}"
        if base_free < 0 or quote_free < 0:
            asset = holding.base_asset if base_free < 0 else holding.quote_asset
            return MagnitudeError(f"{name} would leave a negative balance of {asset}")
        return MagnitudeError(f"{name} takes a balance of {holding.base_asset} or {holding.quote_asset} out of the exact range")

    # -- the journal and what follows from it ---------------------------------------------------------------------

    @property
    def journal(self) -> Sequence[Record]:
        """What was booked, oldest first: fills with the position after them, and flows, those of the start included."""
        return self._journal

    def entries(self) -> Iterator[Journaled]:
        """Yield what was booked since the start, oldest first."""
        for item in self._journal[len(self.opening) :]:
            yield item if isinstance(item, Flow) else Entry.of(*item)

    @property
    def performance(self) -> Performance:
        """What the journal's fills and flows cost and earned until now."""
        return self._performance.caught_up()

    @property
    def positions(self) -> dict[InstrumentId, Position]:
        """What each instrument holds by average cost."""
        return self.performance.positions

    @property
    def journal_sha256(self) -> str:
        """SHA-256 over the canonical rows of everything journaled, a newline after each."""
        return self._digest.caught_up()

    @property
    def fees(self) -> dict[str, int]:
        """What was charged by asset, in smallest units; rebates are negative."""
        return {asset: balance.fees for asset, balance in self.balances.items()}

    @property
    def fees_in_quote(self) -> int:
        """Fees in `quote`, and those in the base assets of instruments quoted in it, at the price of their fill."""
        return self.performance.fees_in_quote[self.quote]

    @property
    def traded_notional(self) -> int:
        """Notional of all fills of instruments quoted in `quote`."""
        return self.performance.turnover[self.quote]


def _by_base(holdings: Iterable[Holding]) -> dict[str, tuple[Holding, ...]]:
    found: dict[str, tuple[Holding, ...]] = {}
    for holding in holdings:
        found[holding.base_asset] = (*found.get(holding.base_asset, ()), holding)
    return found


def _reporting_asset(instruments: Iterable[Instrument], reporting: str | None) -> str:
    quotes = sorted({i.quote for i in instruments})
    if reporting is None:
        if len(quotes) != 1:
            raise MagnitudeError(f"instruments of one session must share a quote asset, not {', '.join(quotes)}")
        return quotes[0]
    if reporting not in quotes:
        raise MagnitudeError(f"{reporting} is not the quote asset of any instrument ({', '.join(quotes)})")
    return reporting
