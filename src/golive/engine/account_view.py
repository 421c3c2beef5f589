"""What risk is shown when it judges an order: the account as it stands, gathered from those who keep it."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.ids import InstrumentId
from golive.model.order import Side
from golive.orders import Orders
from golive.portfolio import Ledger
from golive.risk import AccountView, RiskEngine

from .desk import Desk


def account_view(
    risk: RiskEngine, ledger: Ledger, orders: Orders, desks: Mapping[InstrumentId, Desk], desk: Desk, limit: int | None
) -> AccountView:
    """Return the account before an order of `desk`; `limit` is the order's price in ticks, None for one without.

    A price is the dearer of mark and ask, and of the limit too where the order is to go.
    """
    track, equity = risk.track, risk.equity
    positions, prices = {}, {}
    for key, each in desks.items():
        worth = each.worth
        positions[key] = worth.lots
        if worth.mark:
            prices[key] = max(worth.mark, each.ask)
    if limit is not None and desk.id in prices:
        prices[desk.id] = max(prices[desk.id], limit)
    known = equity is not None
    return AccountView(
        equity=equity,
        day_start_equity=track.day_start if known else None,
        peak_equity=track.peak if known else None,
        positions=positions,
        pending_buys={key: orders.pending_lots(key, Side.BUY) for key in desks} if orders.unended else {},
        prices=prices,
        notional=ledger.notional,
        worst_today=track.worst_today,
        worst_drawdown=track.worst_drawdown,
    )
