"""OKX's private channels: the published login input, what must be confirmed, and rows as exact events."""

from __future__ import annotations

import pytest

from golive.model.balance import Balance
from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.instrument import Instrument
from golive.model.order import OrderStatus
from golive.model.secret import Credentials, Secret
from golive.venues.dialect import AccountEvent, FillSighting, OrderSighting
from golive.venues.okx_account_feed import OkxAccountFeed, login_signature

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.001", max_quantity="1000")
DOCUMENTED_SECRET = "22582BD0CFF14C41EDBF1AB98506286D"
PUSH: dict[str, object] = {
    "instId": "BTC-USDT", "ordId": "7", "clOrdId": "a" * 32, "sz": "0.02", "accFillSz": "0.01", "state": "partially_filled",
    "avgPx": "100.1", "uTime": "2000", "tgtCcy": "", "side": "buy", "tradeId": "9", "fillPx": "100.1", "fillSz": "0.01",
    "fillTime": "1999", "fillFee": "-0.00001", "fillFeeCcy": "BTC", "fee": "-0.5", "feeCcy": "BTC", "execType": "T",
}  # fmt: skip


def feed() -> tuple[OkxAccountFeed, list[AccountEvent]]:
    events: list[AccountEvent] = []
    return OkxAccountFeed({"BTC-USDT": BTC}, sink=events.append), events


def push(**changes: object) -> dict[str, object]:
    return {"arg": {"channel": "orders", "instType": "SPOT", "instId": "BTC-USDT"}, "data": [{**PUSH, **changes}]}


def test_the_login_is_signed_as_okx_documents_it() -> None:
    expected = "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="
    assert login_signature(DOCUMENTED_SECRET, "1538054050") == expected
    credentials = Credentials({"apiKey": Secret("key"), "secret": Secret(DOCUMENTED_SECRET), "password": Secret("words")})
    message = feed()[0].login(credentials, 1538054050_999)
    argument = {"apiKey": "key", "passphrase": "words", "timestamp": "1538054050", "sign": expected}
    assert message == {"op": "login", "args": [argument]}


def test_login_and_subscriptions_are_confirmed_or_refused_by_name() -> None:
    made, _ = feed()
    assert made.logged_in({"event": "login", "code": "0"})
    assert not made.logged_in({"event": "login", "code": "60009"})
    assert made.refused({"event": "login", "code": "60009"}) == ("60009",)
    assert made.refused({"event": "error", "code": "60018"}) == ("60018",)
    assert made.refused({"event": "subscribe", "arg": {}}) == ()
    link = made.links[0]
    asked = made.subscriptions(link, "")[0]["args"]
    assert isinstance(asked, list)
    confirmed = {made.acknowledged({"event": "subscribe", "arg": arg}) for arg in asked}
    assert confirmed == set(link.keys) == {"orders:BTC-USDT", "account:"}


def test_a_push_with_a_fill_is_the_fill_of_this_push_and_then_the_order() -> None:
    made, events = feed()
    assert made.take(push()) == "orders:BTC-USDT"
    seen, order = events
    assert isinstance(seen, FillSighting)
    assert isinstance(order, OrderSighting)
    assert (seen.fill.fill_id.trade_id, seen.fill.price) == ("BTC-USDT/9", 1001)
    assert (seen.fill.quantity, seen.fill.ts) == (100, 1_999_000_000)
    assert (seen.fill.fee, seen.fill.fee_asset) == (1000, "BTC"), "the fee of the fill, not of the whole order"
    assert (order.status, order.filled, order.quantity) == (OrderStatus.PARTIAL, 100, 200)


def test_a_push_without_a_fill_is_the_order_alone() -> None:
    made, events = feed()
    made.take(push(tradeId="", fillPx="", fillSz="0", state="canceled"))
    assert [type(event) for event in events] == [OrderSighting]


@pytest.mark.parametrize(
    "message",
    [
        push(fillSz="0.00001"),
        push(fillFeeCcy="ETH"),
        push(state=None),
        {"arg": {"channel": "orders", "instId": "ETH-USDT"}, "data": [PUSH]},
        {"arg": {"channel": "positions"}, "data": []},
        {"arg": [], "data": []},
        {"arg": {"channel": "orders", "instId": "BTC-USDT"}, "data": {}},
    ],
)
def test_a_push_that_cannot_be_read_exactly_tells_nothing(message: dict[str, object]) -> None:
    made, events = feed()
    with pytest.raises((MalformedPayload, MagnitudeError)):
        made.take(message)
    assert events == []


def test_balances_of_the_account_channel_are_exact() -> None:
    made, events = feed()
    details = [{"ccy": "BTC", "availBal": "1.5", "frozenBal": "0.5"}, {"ccy": "USDT", "availBal": "0", "frozenBal": "0"}]
    assert made.take({"arg": {"channel": "account"}, "data": [{"details": details}]}) == "account:"
    assert [(event.asset, event.total_text) for event in events if isinstance(event, Balance)] == [("BTC", "2"), ("USDT", "0")]
    with pytest.raises(MalformedPayload):
        made.take({"arg": {"channel": "account"}, "data": [{"details": "none"}]})
