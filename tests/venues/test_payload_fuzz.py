"""Garbage and mutations of real payloads against every reader and feed of every venue: an exact value, or the one error.

A reader may raise MalformedPayload or MagnitudeError, a feed FeedGap as well; and a fill that is taken from a mutated
payload is what that payload says, figure by figure, by a reading of its own.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError, MalformedPayload, VenueError
from golive.model.instrument import Instrument
from golive.model.order import Fill
from golive.venues.dialect import Feed, FeedGap, FillSighting
from support.adapters import rig, unhurried
from support.payload_corpus import MINUTE_NS, Corpus, captured, garbage, mutated
from support.scripted_http import Received, answer, scripted_http
from support.venue_process import new_key

pytestmark = pytest.mark.integration

VENUES = ("okx", "kraken", "bybit")
BARS = {"okx": "1m", "kraken": "1", "bybit": "1"}
READS = (
    "time",
    "instruments",
    "key",
    "balances",
    "book",
    "candles",
    "open orders",
    "closed orders",
    "fills",
    "look-up 0",
    "placed",
    "amended",
)
REFUSALS = (MalformedPayload, MagnitudeError)
corpus_of: Callable[[str], Corpus] = cache(captured)
fuzzed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(corpus: Corpus, what: str, payload: Any) -> object:
    """Read a payload as the call path does: the envelope first; None for an answer that says it is an error."""
    _, reader = corpus.reads[what]
    return reader(payload) if corpus.dialect.codes(payload) == () else None


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("what", READS)
def test_a_good_payload_is_read(venue: str, what: str) -> None:
    corpus = corpus_of(venue)
    assert corpus.dialect.codes(corpus.reads[what][0]) == ()
    value = read(corpus, what, corpus.reads[what][0])
    assert value or what == "amended"


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("what", READS)
@fuzzed
@given(data=st.data())
def test_a_mutated_answer_is_read_exactly_or_refused(venue: str, what: str, data: st.DataObject) -> None:
    corpus = corpus_of(venue)
    payload = data.draw(mutated(corpus.reads[what][0]))
    try:
        value = read(corpus, what, payload)
    except REFUSALS:
        return
    if what == "fills" and value is not None:
        assert isinstance(value, tuple)
        require_what_is_said(venue, corpus.instrument, value, payload)


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("what", READS)
@settings(fuzzed, max_examples=25)
@given(payload=garbage)
def test_an_answer_that_is_any_json_at_all_is_refused_or_has_nothing_in_it(venue: str, what: str, payload: Any) -> None:
    corpus = corpus_of(venue)
    try:
        value = read(corpus, what, payload)
    except REFUSALS:
        return
    assert not value


# fills, by a second reading

Said = tuple[str, str, Decimal, Decimal, str]


def okx_said(payload: Any) -> list[Mapping[str, Any]]:
    return [
        {
            "id": f"{r['instId']}/{r['tradeId']}",
            "order": r["ordId"],
            "side": r["side"],
            "price": r["fillPx"],
            "quantity": r["fillSz"],
        }
        for r in payload["data"]
    ]


def kraken_said(payload: Any) -> list[Mapping[str, Any]]:
    trades = payload["result"]["trades"]
    return [
        {"id": i, "order": r["ordertxid"], "side": r["type"], "price": r["price"], "quantity": r["vol"]}
        for i, r in trades.items()
        if all(name in r for name in ("ordertxid", "type", "price", "vol"))
    ]


def bybit_said(payload: Any) -> list[Mapping[str, Any]]:
    names = {"id": "execId", "order": "orderId", "side": "side", "price": "execPrice", "quantity": "execQty"}
    rows = [r for r in payload["result"]["list"] if all(name in r for name in names.values())]
    return [{ours: r[theirs] for ours, theirs in names.items()} for r in rows]


SAID = {"okx": okx_said, "kraken": kraken_said, "bybit": bybit_said}


def require_what_is_said(venue: str, at: Instrument, fills: tuple[FillSighting, ...], payload: Any) -> None:
    """Every fill taken is one that the payload states, with exactly these figures."""
    said = [
        (r["id"], r["order"], str(r["side"]).lower(), Decimal(r["price"]), Decimal(r["quantity"]))
        for r in _numbered(SAID[venue](payload))
    ]
    for seen in fills:
        fill: Fill = seen.fill
        stated = (
            fill.fill_id.trade_id,
            seen.venue_order_id,
            fill.side.value,
            fill.price * at.tick_size,
            fill.quantity * at.lot_size,
        )
        assert stated in said
        assert fill.price > 0
        assert fill.quantity > 0


def _numbered(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The rows whose figures are numbers at all; others can be nobody's fill."""
    return [row for row in rows if _is_number(row["price"]) and _is_number(row["quantity"])]


def _is_number(value: object) -> bool:
    try:
        return isinstance(value, str) and Decimal(value).is_finite()
    except ArithmeticError:
        return False


# streams


def market_feed(corpus: Corpus, venue: str) -> Feed:
    return corpus.dialect.feed(
        [corpus.instrument], bar=BARS[venue], period_ns=MINUTE_NS, book=True, trades=True, sink=lambda event: None
    )


def account_feed(corpus: Corpus, venue: str) -> Feed:
    return corpus.dialect.account_feed([corpus.instrument], sink=lambda event: None)


def hear(feed: Feed, message: Any) -> None:
    """Take a message as a connection does."""
    if not isinstance(message, dict):
        return
    if feed.is_data(message):
        feed.take(message)
        return
    feed.refused(message)
    if (logged_in := getattr(feed, "logged_in", None)) is not None:
        logged_in(message)
    feed.acknowledged(message)


FEEDS = {"market": market_feed, "account": account_feed}


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("which", FEEDS)
def test_the_good_messages_of_a_stream_are_taken(venue: str, which: str) -> None:
    corpus = corpus_of(venue)
    feed = FEEDS[which](corpus, venue)
    messages = getattr(corpus, which)
    for message in messages:
        hear(feed, message)
    assert sum(1 for message in messages if isinstance(message, dict) and feed.is_data(message)) >= 4


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize("which", FEEDS)
@settings(fuzzed, max_examples=150)
@given(data=st.data())
def test_a_mutated_message_is_taken_or_refused_and_nothing_else(venue: str, which: str, data: st.DataObject) -> None:
    corpus = corpus_of(venue)
    messages = getattr(corpus, which)
    struck = data.draw(st.integers(0, len(messages) - 1))
    feed = FEEDS[which](corpus, venue)
    for message in messages[:struck]:
        hear(feed, message)
    message = data.draw(mutated(messages[struck]))
    try:
        hear(feed, message)
    except (*REFUSALS, FeedGap):
        return


# through the call path


@pytest.mark.parametrize("venue", VENUES)
async def test_over_the_wire_every_mutation_is_data_or_an_error_of_the_families(venue: str) -> None:
    corpus = corpus_of(venue)
    rng = random.Random(11)
    bodies: list[bytes] = []

    def script(received: Received) -> object:
        return answer(200, bodies[0])

    key = new_key(dialect=venue)
    async with scripted_http(script) as server, rig(venue, server.base_url, key.credentials, profile=once(venue)) as made:
        path, refused = made.adapter.connection.path, 0
        for what in ("balances", "open orders", "fills", "book"):
            good, reader = corpus.reads[what]
            text = json.dumps(good).encode()
            for _ in range(60):
                bodies[:] = [spoilt(text, rng)]
                try:
                    await path.read(REQUESTS[what](corpus), reader)
                except VenueError:
                    refused += 1
        assert refused > 100
        assert [made.errors("critical"), made.requests("malformed")] != [0, 0]


REQUESTS: dict[str, Callable[[Corpus], Any]] = {
    "balances": lambda c: c.dialect.balances(),
    "open orders": lambda c: c.dialect.open_orders(c.instrument, ""),
    "fills": lambda c: c.dialect.fills(c.instrument, ""),
    "book": lambda c: c.dialect.book(c.instrument, 5),
}


def once(venue: str) -> Any:
    """A profile whose reads are not repeated."""
    from dataclasses import replace

    profile = unhurried(venue)
    return replace(profile, retry=replace(profile.retry, attempts=1))


def spoilt(text: bytes, rng: random.Random) -> bytes:
    """The body cut, with a byte changed, or with a piece doubled."""
    at = rng.randrange(1, len(text))
    match rng.randrange(4):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + bytes([rng.randrange(256)]) + text[at + 1 :]
        case 2:
            return text[:at] + text[max(0, at - rng.randrange(1, 30)) :]
        case _:
            return text.replace(b'"', b"", 1) if rng.random() < 0.5 else text.replace(b"0", b"NaN", 1)
