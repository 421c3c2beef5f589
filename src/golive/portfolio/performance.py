"""What follows from a journal and is asked for rarely: positions, lots, turnover, fees valued at their fill, and its digest."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence

from golive.audit.canonical import canonical
from golive.model.ids import InstrumentId
from golive.model.order import Fill

from .entry import Entry, Flow, Record
from .holding import Holding
from .position import FifoLots, Position


class Performance:
    """Follows a ledger's journal; each record is read once, when somebody asks. Money in the ledger's smallest units."""

    def __init__(self, journal: Sequence[Record], holdings: Mapping[InstrumentId, Holding], home: Mapping[str, Holding]) -> None:
        self._journal = journal
        self._holdings = holdings
        self._home = home
        self._read = 0
        self.positions: dict[InstrumentId, Position] = {key: Position() for key in holdings}
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

    def caught_up(self) -> Performance:
        """Read what was journaled since the last time."""
        if self._read < len(self._journal):
            for item in self._journal[self._read :]:
                if isinstance(item, Flow):
                    self._take_flow(item)
                else:
                    self._take_fill(item[0])
            self._read = len(self._journal)
        return self

    def _take_fill(self, fill: Fill) -> None:
        key = fill.instrument
        holding, sign = self._holdings[key], fill.side.sign
        notional = fill.quantity * fill.price * holding.quote_per_tick_lot
        base, quote = sign * fill.quantity * holding.base_per_lot, -sign * notional
        self.turnover[holding.quote_asset] += notional
        if fill.fee_asset == holding.base_asset:
            fee = fill.fee * holding.base_factor
            base -= fee
            self.fees_in_quote[holding.quote_asset] += holding.value(fee, fill.price)
        elif fill.fee_asset == holding.quote_asset:
            fee = fill.fee * holding.quote_factor
            quote -= fee
            self.fees_in_quote[holding.quote_asset] += fee
        else:
            self.third_fees[fill.fee_asset] += fill.fee
        self.positions[key].move(base, quote)
        self.fifo[key].move(base, quote)
        self.fills[key] += 1

    def _take_flow(self, flow: Flow) -> None:
        home = self._home.get(flow.asset)
        if home is None:
            self.flows[flow.asset] += flow.units
            return
        self.positions[home.id].basis_known &= flow.worth is not None
        self.positions[home.id].move(flow.units, -flow.paid)
        self.fifo[home.id].move(flow.units, -flow.paid)
        self.flows_worth[home.quote_asset] += flow.paid


class JournalDigest:
    """The digest of a journal: SHA-256 over the canonical rows of its records, a newline after each; each is read once."""

    def __init__(self, journal: Sequence[Record]) -> None:
        self._journal = journal
        self._read = 0
        self._digest = hashlib.sha256()

    def caught_up(self) -> str:
        """Read what was journaled since the last time and return the digest in hex."""
        for item in self._journal[self._read :]:
            row = item.row() if isinstance(item, Flow) else Entry.of(*item).row()
            self._digest.update(canonical(row) + b"\n")
        self._read = len(self._journal)
        return self._digest.hexdigest()
