"""What risk is shown when it judges an order: the account as it stands, gathered from those who keep it."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.ids import InstrumentId
from golive.model.order import Side
from golive.model.peer import PeerFigure
from golive.orders import Orders
from golive.portfolio import Ledger
from golive.risk import AccountView, Costs, Reference, RiskEngine
from golive.risk.costs import CostTrack

from .desk import Desk
from .protection import STOPS, Protection


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
        self.peers: tuple[PeerFigure, ...] = ()
        """what the other entrypoints of the host are worth, as told last"""
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
        self._wants_statistics = risk.profile.follows_prices

    def day_began(self, ts: int) -> None:
        """Remember the account as it was when the UTC day of `ts` began; called with the first mark of each."""
        if self._wants_costs:
            self.costs.begin(ts, self._risk.track.day_start, self._ledger.fees_in_quote)

    def view(self, desk: Desk, limit: int | None, ts: int) -> AccountView:
        """Return the account before an order of `desk` at `ts`; `limit` is the order's price in ticks, None for one without.

        A price is the dearer of mark and ask, and of the limit too where the order is to go.
        """
        risk, orders, ledger = self._risk, self._orders, self._ledger
        track, equity = risk.track, risk.equity
        positions, prices = {}, {}
        for key, each in self._desks.items():
            worth = each.worth
            positions[key] = worth.lots
            if worth.mark:
                prices[key] = max(worth.mark, each.ask)
        if limit is not None and desk.id in prices:
            prices[desk.id] = max(prices[desk.id], limit)
        known = equity is not None
        buys, sells = _pending(orders) if orders.unended else ({}, {})
        has_book = desk.book_at > 0
        return AccountView(
            equity=equity,
            day_start_equity=track.day_start if known else None,
            peak_equity=track.peak if known else None,
            positions=positions,
            pending_buys=buys,
            prices=prices,
            notional=ledger.notional,
            worst_today=track.worst_today,
            worst_drawdown=track.worst_drawdown,
            trading_state=risk.trading_state,
            now=ts,
            week_start_equity=track.week_start if known else None,
            worst_week=track.worst_week,
            pending_sells=sells,
            open_orders=len(orders.unended),
            references={desk.id: self._references(desk)} if self._wants_references else {},
            references_needed=2 if has_book else 1,
            updated={desk.id: max(desk.closed_at, desk.book_at)} if desk.closed_at or has_book else {},
            quiet_ns=0 if has_book else self._timeframe_ns,
            volatility=self._volatility() if self._wants_statistics else {},
            atr=_atr(desk) if self._wants_statistics else {},
            stop=None if self._stop is None else self._stop.reach(desk.mark),
            costs=self._spent(ts) if self._wants_costs else None,
            flow=risk.flow,
            lot_limits=self._lot_limits,
            quote_unit=self._quote_unit,
            peers=self.peers,
        )

    def _references(self, desk: Desk) -> tuple[Reference, ...]:
        """Return what the last bar and the book say; both where there are both."""
        found = [Reference("candle", desk.close, desk.closed_at, self._timeframe_ns)] if desk.closed_at else []
        if desk.book_at:
            found.append(Reference("book", desk.mark, desk.book_at))
        return tuple(found)

    def _volatility(self) -> dict[InstrumentId, float]:
        found = {}
        for key, each in self._desks.items():
            if each.statistics is not None and (volatility := each.statistics.volatility) is not None:
                found[key] = volatility
        return found

    def _spent(self, ts: int) -> Costs | None:
        equity = self._risk.equity
        return None if equity is None else self.costs.costs(ts, equity, self._ledger.fees_in_quote)


def _pending(orders: Orders) -> tuple[dict[InstrumentId, int], dict[InstrumentId, int]]:
    """Return the lots of working buys and sales, by instrument, as if each were filled whole."""
    buys: dict[InstrumentId, int] = {}
    sells: dict[InstrumentId, int] = {}
    for order in orders.unended.values():
        side = buys if order.intent.side is Side.BUY else sells
        side[order.intent.instrument] = side.get(order.intent.instrument, 0) + order.remaining
    return buys, sells


def _atr(desk: Desk) -> dict[InstrumentId, float]:
    atr = None if desk.statistics is None else desk.statistics.atr
    return {} if atr is None else {desk.id: atr}
