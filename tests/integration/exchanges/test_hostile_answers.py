"""What a venue may never do to us with an answer to an order: fill our memory, keep us waiting, or have the order sent again."""

from __future__ import annotations

import asyncio
import gc
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from golive.model.errors import OutcomeUnknown
from support.adapters import signing_by
from support.asked_venue import OURS, asked, bybit, kraken, okx, placed
from support.scripted_http import Received, answer

pytestmark = pytest.mark.integration


@pytest.fixture(params=["ccxt", "direct"], autouse=True)
def _signing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything here holds of both paths."""
    with signing_by(request.param):
        yield


VENUES = ("okx", "kraken", "bybit")
GOOD = {
    "okx": okx("0", f'{{"sCode":"0","ordId":"7","clOrdId":"{OURS}"}}'),
    "kraken": placed("buy 0.00100000 XBTUSD @ limit 1000.0"),
    "bybit": bybit(0, f'{{"orderId":"7","orderLinkId":"{OURS}"}}'),
}
NESTED = {
    "okx": okx("0", "[" * 200_000 + "]" * 200_000),
    "kraken": kraken("[" * 200_000 + "]" * 200_000),
    "bybit": bybit(0, "[" * 200_000 + "]" * 200_000),
}
TIMEOUT_S = 0.6
MOST_GROWTH_KB = 32 * 1024


def with_field(venue: str, field: str) -> str:
    """A good acknowledgement with one more field that nobody reads."""
    return GOOD[venue].replace("{", "{" + field + ",", 1)


async def endless(writer: asyncio.StreamWriter) -> None:
    """A body without an end, as fast as it is taken."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    while True:
        writer.write(piece)
        await writer.drain()


async def slowly(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, each well within any time-out that begins anew with every byte."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(TIMEOUT_S / 10)


async def slow_head(writer: asyncio.StreamWriter) -> None:
    """A header that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(TIMEOUT_S / 10)


def bomb(venue: str) -> bytes:
    """A small answer that unpacks to 256 MB."""
    head, tail = with_field(venue, '"more":"|"').encode().split(b"|")
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    packed = packer.compress(head) + b"".join(packer.compress(b"x" * (1 << 20)) for _ in range(256))
    return answer(200, packed + packer.compress(tail) + packer.flush(), Content_Encoding="gzip")


Answer = Callable[[str], bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]]
HOSTILE: dict[str, Answer] = {
    "NaN": lambda v: answer(200, with_field(v, '"more":NaN')),
    "infinity": lambda v: answer(200, with_field(v, '"more":Infinity')),
    "1e400": lambda v: answer(200, with_field(v, '"more":1e400')),
    "an integer of a hundred thousand digits": lambda v: answer(200, with_field(v, '"more":' + "9" * 100_000)),
    "a fraction of a hundred digits": lambda v: answer(200, with_field(v, '"more":0.' + "1" * 100)),
    "a key twice": lambda v: answer(200, with_field(v, '"more":1,"more":1')),
    "text that is not UTF-8": lambda v: answer(200, with_field(v, '"more":"\udcff"').encode("utf-8", "surrogateescape")),
    "deep nesting": lambda v: answer(200, NESTED[v]),
    "more than a megabyte": lambda v: answer(200, with_field(v, '"more":"' + "x" * (1 << 20) + '"')),
    "a gzip bomb": bomb,
    "no end": lambda v: endless,
    "a byte now and then": lambda v: slowly,
    "a header without an end": lambda v: slow_head,
    "redirect 301": lambda v: answer(301, "", Location="/elsewhere"),
    "redirect 302": lambda v: answer(302, GOOD[v], Location="/elsewhere"),
    "redirect 303": lambda v: answer(303, "", Location="/elsewhere"),
    "redirect 307": lambda v: answer(307, "", Location="/elsewhere"),
    "redirect 308": lambda v: answer(308, GOOD[v], Location="/elsewhere"),
}


def forget_peak() -> None:
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")


def peak_kb() -> int:
    """The most memory this process has held since `forget_peak`."""
    rows = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(rows["VmHWM"].split()[0])


@pytest.mark.parametrize("what", HOSTILE)
@pytest.mark.parametrize("venue", VENUES)
async def test_an_order_answered_with_malice_is_unknown_soon_and_was_sent_once(venue: str, what: str) -> None:
    hostile = HOSTILE[what](venue)
    async with asked(venue, GOOD[venue], timeout_s=TIMEOUT_S) as at:
        await at.trading.deadlines.learn_venue_time()
        at.server.script = lambda received: hostile
        forget_peak()
        before_kb, begun = peak_kb(), time.monotonic()
        with pytest.raises(OutcomeUnknown):
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert time.monotonic() - begun < TIMEOUT_S + 2.0
        assert peak_kb() - before_kb < MOST_GROWTH_KB
        assert len(at.sent()) == 1
        assert len(at.server.received) == 2, "the venue's time and the order, nothing was followed or repeated"
        assert at.attempts.answers() == ["OutcomeUnknown:"]
        assert (type(at.rig.adapter.connection.transport).__name__ == "DirectTransport") == (
            at.rig.adapter.settings.signing == "direct"
        )


@pytest.mark.parametrize("venue", VENUES)
async def test_the_same_answers_without_malice_are_taken(venue: str) -> None:
    async with asked(venue, with_field(venue, '"more":[1,"0.5",1.5e-8,{"deep":[[]]}]')) as at:
        assert await at.trading.submit(at.approved(), at.instrument, at.attempts) in ("7", "OABC")


@pytest.mark.parametrize("venue", VENUES)
async def test_neither_ccxt_nor_http_sends_an_order_again_whatever_ccxt_is_told(venue: str) -> None:
    async with asked(venue, GOOD[venue], timeout_s=TIMEOUT_S) as at:
        await at.trading.deadlines.learn_venue_time()
        client = at.rig.adapter.connection.client
        client.options["maxRetriesOnFailure"] = 5
        client.options["maxRetriesOnFailureDelay"] = 1
        at.server.script = lambda received: answer(500, "")
        with pytest.raises(OutcomeUnknown):
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        assert len(at.sent()) == 1


@pytest.mark.parametrize("venue", VENUES)
async def test_what_leaves_names_no_id_that_ccxt_made_up(venue: str) -> None:
    async with asked(venue, GOOD[venue]) as at:
        for _ in range(2):
            await at.trading.submit(at.approved(), at.instrument, at.attempts)
        bodies = [steady(sent) for sent in at.sent()]
        assert bodies[0] == bodies[1], "but for nonce and deadline both bodies are the same"
        assert OURS.encode() in bodies[0]
        assert not {b"tag", b"Referer", b"userref", b"brokerId"} & set(bodies[0].replace(b'"', b" ").split())


def steady(sent: Received) -> bytes:
    """The body without what must differ from one order to the next."""
    parts = sent.body.split(b"&")
    return b"&".join(part for part in parts if not part.startswith((b"nonce=", b"deadline=")))
