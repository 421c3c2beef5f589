"""What risk is shown: every instrument's position and price, and the dearest price that the order could cost."""

from __future__ import annotations

from golive.engine.account_view import Account
from golive.model.clock import MINUTE
from golive.model.order import Side
from golive.risk import AccountView
from support.scripted_session import Session
from support.trading import BTC_ID


def _view(session: Session, limit: int | None) -> AccountView:
    engine = session.engine
    account = Account(engine.risk, engine.ledger, engine.orders, engine.desks, None, MINUTE)
    return account.view(engine.desks[BTC_ID], limit, 0)


def test_an_order_is_priced_at_the_dearer_of_mark_and_limit() -> None:
    session = Session([0.0])
    session.flat(400_000)
    assert _view(session, None).prices == {BTC_ID: 400_000}
    assert _view(session, 400_001).prices == {BTC_ID: 400_001}
    assert _view(session, 399_999).prices == {BTC_ID: 400_000}


def test_nothing_is_known_before_the_first_price() -> None:
    view = _view(Session([]), 400_000)
    assert (view.equity, view.day_start_equity, view.peak_equity, view.prices) == (None, None, None, {})


def test_a_working_buy_counts_as_if_it_were_filled() -> None:
    session = Session([1.0])
    session.flat(400_000)
    view = _view(session, None)
    assert view.positions == {BTC_ID: 0}
    assert view.pending_buys == {BTC_ID: session.engine.orders.pending_lots(BTC_ID, Side.BUY)}
    assert view.pending_buys[BTC_ID] > 0
