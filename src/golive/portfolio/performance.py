"""What follows from a journal and is asked for rarely: FIFO lots, turnover, fees valued at their fill, the journal's digest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from golive.audit.canonical import canonical
from golive.model.ids import InstrumentId
from golive.model.order import Fill

from .account import Account
from .entry import Entry, Flow, Record, postings_of_fill
from .holding import Holding
from .position import FifoLots


class Performance:
    """Follows a ledger's journal; each record is read once, when somebody asks. Money in the ledger's smallest units."""

    def __init__(self, journal: Sequence[Record], holdings: Mapping[InstrumentId, Holding], home: Mapping[str, Holding]) -> None:
        self._journal = journal
        self._holdings = holdings
        self._home = home
        self._read = 0
        self._digest = hashlib.sha256()
        self.fifo: dict[InstrumentId, FifoLots] = {key: FifoLots() for key in holdings}
        self.fills: dict[InstrumentId, int] = dict.fromkeys(holdings, 0)
        self.turnover: dict[str, int] = dict.fromkeys((h.quote_asset for h in holdings.values()), 0)
        """notional by quote asset"""
        self.fees_in_quote: dict[str, int] = dict.fromkeys(self.turnover, 0)
        """fees in base or quote by quote asset, those in base at the price of their fill, each rounded down"""
        self.third_fees: defaultdict[str, int] = defaultdict(int)
        """fees in an asset that the fill's instrument does not trade, by that asset"""
        self.flows: defaultdict[str, int] = defaultdict(int)
        """deposits less withdrawals of assets without an instrument, by asset"""
        self.flows_worth: defaultdict[str, int] = defaultdict(int)
        """declared worth of deposits less that of withdrawals of base assets, by quote asset of their first instrument"""

    @property
    def journal_sha256(self) -> str:
        """SHA-256 over the canonical rows of everything journaled, a newline after each."""
        return self._digest.hexdigest()

    def caught_up(self) -> Performance:
        """Read what was journaled since the last time."""
        for item in self._journal[self._read :]:
            if isinstance(item, Flow):
                self._take_flow(item)
                row = item.row()
            else:
                self._take_fill(item[0])
                row = Entry.of(*item).row()
            self._digest.update(canonical(row) + b"\n")
        self._read = len(self._journal)
        return self

    def _take_fill(self, fill: Fill) -> None:
        holding = self._holdings[fill.instrument]
        base = quote = 0
        for asset, account, units in postings_of_fill(fill, holding):
            if account is Account.FREE:
                base += units if asset == holding.base_asset else 0
                quote += units if asset == holding.quote_asset else 0
            elif account is Account.VENUE and asset == holding.quote_asset:
                self.turnover[asset] += abs(units)
            elif account is Account.FEES and asset == holding.base_asset:
                self.fees_in_quote[holding.quote_asset] += holding.value(units, fill.price)
            elif account is Account.FEES and asset == holding.quote_asset:
                self.fees_in_quote[asset] += units
            elif account is Account.FEES:
                self.third_fees[asset] += units
        self.fifo[fill.instrument].move(base, quote)
        self.fills[fill.instrument] += 1

    def _take_flow(self, flow: Flow) -> None:
        home = self._home.get(flow.asset)
        if home is None:
            self.flows[flow.asset] += flow.units
            return
        paid = flow.paid
        self.fifo[home.id].move(flow.units, -paid)
        self.flows_worth[home.quote_asset] += paid
