"""What risk is shown: every instrument's position and price, and the dearest price that the order could cost."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from golive.engine.account_view import Account
from golive.engine.desk import Desk
from golive.engine.valuation import Valuation, Worth
from golive.model.clock import MINUTE
from golive.model.ids import FillId, InstrumentId
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side
from golive.orders import Orders
from golive.portfolio import Ledger
from golive.risk import AccountView, RiskEngine
from golive.risk.statistics import PriceStatistics
from support.scripted_session import OPEN, Session
from support.trading import BTC_ID, client_order_id, instrument_named


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
    assert (view.equity, view.day_start_equity, view.week_start_equity, view.peak_equity) == (None, None, None, None)
    assert view.prices == {}


def test_a_working_buy_counts_as_if_it_were_filled() -> None:
    session = Session([1.0])
    session.flat(400_000)
    view = _view(session, None)
    assert view.positions == {BTC_ID: 0}
    assert view.pending_buys == {BTC_ID: session.engine.orders.pending_lots(BTC_ID, Side.BUY)}
    assert view.pending_buys[BTC_ID] > 0


PAIRS = [instrument_named(f"okx:{base}/USDT") for base in ("AAA", "BBB", "CCC")]
happenings = st.lists(
    st.tuples(st.sampled_from(("mark", "ask", "volatility", "hold", "work", "end")), st.integers(0, 2), st.integers(1, 10**4)),
    min_size=4,
    max_size=25,
)


class Added:
    """An account whose commitments are also added up anew from ledger and orders, as its view is asked for."""

    def __init__(self) -> None:
        self.ledger, self.orders = Ledger(PAIRS, {"USDT": Decimal(10**9)}), Orders()
        self.valuation = Valuation(self.ledger, self.ledger.instruments)
        self.desks = {each.id: Desk(each, self.valuation.of(each.id), None) for each in PAIRS}
        self.account = Account(RiskEngine(OPEN), self.ledger, self.orders, self.desks, None, MINUTE)

    def happen(self, number: int, what: str, at: int, amount: int) -> None:
        desk = list(self.desks.values())[at]
        working = self.orders.working(desk.id)
        if what == "mark":
            self.valuation.mark(desk.worth, amount)
        elif what == "ask":
            desk.ask = amount
        elif what == "volatility":
            desk.volatility = amount / 1000
        elif what == "hold":
            fill = FillId("okx", str(number))
            bought = Fill(fill, client_order_id(number), desk.id, number, Side.BUY, 1, amount, 0, "USDT", Liquidity.TAKER)
            self.ledger.apply(bought)
            self.valuation.booked(desk.worth)
        elif what == "work" and working is None:
            self.orders.plan(NewOrder(client_order_id(number), desk.id, Side.BUY, OrderType.LIMIT, amount, 1), number)
            self.orders.sent(client_order_id(number))
        elif what == "end" and working is not None:
            self.orders.apply(OrderUpdate(working.intent.client_order_id, number, "rejected"))
        self.account.changed(desk)

    def lots(self, key: InstrumentId) -> int:
        return self.ledger.total_lots(key) + self.orders.pending_lots(key, Side.BUY)

    def worth(self, key: InstrumentId, price: int) -> int:
        return self.ledger.notional(key, price, self.lots(key))


@given(happenings)
def test_what_is_committed_is_the_sum_over_all_that_is_held_and_works(moves: list[tuple[str, int, int]]) -> None:
    there = Added()
    for number, (what, at, amount) in enumerate(moves, 1):
        there.happen(number, what, at, amount)
        prices = {key: max(desk.mark, desk.ask) for key, desk in there.desks.items()}
        for desk in there.desks.values():
            for limit in (None, 5_000):
                at_worst = {**prices, desk.id: max(prices[desk.id], limit or 0) if prices[desk.id] else 0}
                staked = [key for key in there.desks if there.lots(key)]
                view = there.account.view(desk, limit, number)
                if any(not at_worst[key] for key in staked):
                    known = {key: price for key, price in at_worst.items() if price and (key == desk.id or there.desks[key].mark)}
                    assert (view.commitment, view.prices) == (None, known), "rules miss the price, and refuse"
                    continue
                assert view.commitment is not None
                assert view.commitment.others == len(set(staked) - {desk.id})
                assert view.commitment.worth == sum(there.worth(key, at_worst[key]) for key in staked)
                restless = sum(there.worth(key, at_worst[key]) * there.desks[key].volatility for key in staked)
                assert repr(view.commitment.restless) == repr(float(restless))
        if all(prices[key] for key in there.desks if there.lots(key)):
            worths = [there.worth(key, prices[key]) for key in there.desks if there.lots(key)]
            assert there.account.committed() == (max(worths, default=0), len(worths), sum(worths))


def test_how_much_prices_move_is_what_the_bars_up_to_now_say() -> None:
    desks = {each.id: Desk(each, Worth(Ledger(PAIRS, {}).holdings[each.id]), None) for each in PAIRS}
    for desk in desks.values():
        desk.statistics = PriceStatistics(MINUTE)
    account = Account(RiskEngine(OPEN), Ledger(PAIRS, {"USDT": Decimal(1)}), Orders(), desks, None, MINUTE)
    bars = [(1_000 + n * n % 37, 990 - n % 7, 995 + n * n % 5) for n in range(60)]
    fresh = {key: PriceStatistics(MINUTE) for key in desks}
    for bar in bars:
        for key, desk in desks.items():
            assert desk.statistics is not None
            for statistics in (desk.statistics, fresh[key]):
                statistics.add(*bar)
            view = account.view(desk, None, 0)
            said = (view.volatility.get(key), view.atr.get(key))
            assert said == (fresh[key].volatility, fresh[key].atr)
    assert all(said is not None for said in (view.volatility.get(key), view.atr.get(key)))
