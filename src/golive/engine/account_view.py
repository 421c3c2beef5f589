"""What risk is shown when it judges an order: the account as it stands, gathered from those who keep it."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.ids import InstrumentId
from golive.model.order import Side
from golive.model.peer import HostFigures
from golive.orders import Orders
from golive.portfolio import Ledger
from golive.risk import AccountView, Commitment, Committed, Reference, RiskEngine
from golive.risk.costs import CostTrack

from .desk import Desk
from .protection import STOPS, Protection
from .valuation import Worth

Stake = tuple[Desk, Worth, int]
"""an instrument, and what a tick of its price is to what is held of it and what works to buy more"""


class Account:
    """Gathers views of one account; amounts in smallest quote units, prices in ticks, times in ns UTC of the market clock."""

    def __init__(
        self,
        risk: RiskEngine,
        ledger: Ledger,
        orders: Orders,
        desks: Mapping[InstrumentId, Desk],
        protection: Protection | None,
        timeframe_ns: int,
    ) -> None:
        self.costs = CostTrack()
        self.host: HostFigures | None = None
        """what the other entrypoints of the host are worth, and what holds for all, as told last"""
        self._risk = risk
        self._ledger = ledger
        self._orders = orders
        self._desks = desks
        self._stop = protection if protection is not None and protection.type in STOPS else None
        self._timeframe_ns = timeframe_ns
        self._lot_limits = risk.profile.lot_limits(ledger.instruments.values())
        self._quote_unit = 10 ** ledger.scales[ledger.quote]
        self._wants_costs = risk.profile.cost_ratio is not None
        self._wants_references = risk.profile.collar is not None
        self._measured = [(desk, desk.statistics) for desk in desks.values() if desk.statistics is not None]
        self._unread = [statistics.pending for _, statistics in self._measured]
        self._volatilities: dict[InstrumentId, float] = {}
        self._atrs: dict[InstrumentId, float] = {}
        self._notional = ledger.notional
        self._buys, self._sells = orders.pending[Side.BUY], orders.pending[Side.SELL]
        self._positions: dict[InstrumentId, int] = {}
        self._places = {key: place for place, key in enumerate(desks)}
        self._stakes: list[Stake] = [(desk, desk.worth, 0) for desk in desks.values()]
        self._staked = 0
        """instruments of which something is held, or works to be bought"""
        for each in desks.values():
            self.changed(each)

    def day_began(self, ts: int) -> None:
        """Remember the account as it was when the UTC day of `ts` began; called with the first mark of each."""
        if self._wants_costs:
            self.costs.begin(ts, self._risk.track.day_start, self._ledger.fees_in_quote)

    def changed(self, desk: Desk) -> None:
        """Take that something of the desk's instrument was bought or sold, or an order for it planned, amended or ended."""
        key, worth = desk.id, desk.worth
        self._positions[key] = worth.lots
        place, stake = self._places[key], (worth.lots + self._buys.get(key, 0)) * worth.quote_per_tick_lot
        self._staked += (stake != 0) - (self._stakes[place][2] != 0)
        self._stakes[place] = (desk, worth, stake)

    def committed(self) -> Committed:
        """Return what is held and works to buy more, at the dearer of mark and ask: what size rules add an order to."""
        worths = [max(held.mark, desk.ask) * stake for desk, held, stake in self._stakes if stake]
        return Committed(max(worths, default=0), len(worths), sum(worths))

    def view(self, desk: Desk, limit: int | None, ts: int) -> AccountView:
        """Return the account before an order of `desk` at `ts`; `limit` is the order's price in ticks, None for one without.

        A price is the dearer of mark and ask, and of the limit too where the order is to go.
        """
        risk, orders = self._risk, self._orders
        track, equity, key, worth = risk.track, risk.equity, desk.id, desk.worth
        price = worth.mark if worth.mark > desk.ask else desk.ask
        if limit is not None and price and limit > price:
            price = limit
        if any(self._unread):
            self._measure()
        prices = {key: price} if price else {}
        commitment = self._commitment(desk, price)
        if commitment is None:
            prices = self._all_prices() | prices
        has_book, heard_at = desk.book_at > 0, desk.book_at if desk.book_at > desk.closed_at else desk.closed_at
        return AccountView(  # by place, each with its name beside it: by name it takes three times as long, of every decision
            equity,
            None if equity is None else track.day_start,  # day_start_equity
            None if equity is None else track.peak,  # peak_equity
            self._positions,  # positions
            self._buys,  # pending_buys
            prices,
            self._notional,  # notional
            track.worst_today,
            track.worst_drawdown,
            ts,  # now
            None if equity is None else track.week_start,  # week_start_equity
            track.worst_week,
            self._sells,  # pending_sells
            len(orders.unended),  # open_orders
            {key: self._references(desk)} if self._wants_references else {},  # references
            2 if has_book else 1,  # references_needed
            {key: heard_at} if heard_at else {},  # updated
            0 if has_book else self._timeframe_ns,  # quiet_ns
            self._volatilities,  # volatility
            self._atrs,  # atr
            None if self._stop is None else self._stop.reach(worth.mark),  # stop
            None if equity is None or not self._wants_costs else self.costs.costs(ts, equity, self._ledger.fees_in_quote),
            risk.flow,
            self._lot_limits,  # lot_limits
            self._quote_unit,  # quote_unit
            risk.trading_state,
            self.host,
            commitment,
            risk.licence_lapse,
        )

    def _commitment(self, desk: Desk, price: int) -> Commitment | None:
        """Return what all is worth with the desk's own instrument at `price`; None when something is there that has no price."""
        others, total, restless = self._staked, 0, 0.0
        for other, held, stake in self._stakes:
            if not stake:
                continue
            if other is desk:
                worth = price * stake
                others -= 1
            else:
                worth = (held.mark if held.mark > other.ask else other.ask) * stake
            if not worth:
                return None
            total += worth
            restless += worth * other.volatility
        return Commitment(others, total, restless)

    def _references(self, desk: Desk) -> tuple[Reference, ...]:
        """Return what the last bar and the book say; both where there are both."""
        if not desk.closed_at:
            return (Reference("book", desk.worth.mark, desk.book_at),) if desk.book_at else ()
        candle = Reference("candle", desk.close, desk.closed_at, self._timeframe_ns)
        return (candle, Reference("book", desk.worth.mark, desk.book_at)) if desk.book_at else (candle,)

    def _all_prices(self) -> dict[InstrumentId, int]:
        return {key: max(each.mark, each.ask) for key, each in self._desks.items() if each.mark}

    def _measure(self) -> None:
        """Look up how much each price moves, where bars have closed since."""
        for desk, statistics in self._measured:
            if statistics.pending:
                if (volatility := statistics.volatility) is not None:
                    self._volatilities[desk.id] = desk.volatility = volatility
                if (atr := statistics.atr) is not None:
                    self._atrs[desk.id] = atr
