"""Recorded feeds: decoded exactly as a plain decoder would, or refused; sequences followed; books rebuilt."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.market.feed import Gap, Recording, decode, read_feed
from golive.market.tape import Tape, book_at_end
from golive.matching.kernel.layout import EVENTS, Book
from golive.matching.kernel.level import levels
from golive.matching.kernel.tape import LEVEL, MORE, PRINT, WHOLE
from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from support.feed_text import FeedWriter, mutated
from support.plain_feed import PlainMessage, aligned, plain_book, plain_messages, plain_tape

TICK, LOT = "0.01", "0.00001"
SHORT_FEED = FeedWriter(7).feed(24)


def instrument(tick: str = TICK, lot: str = LOT) -> Instrument:
    return Instrument.from_text("binance:BTC/USDT", tick_size=tick, lot_size=lot, min_quantity=lot, max_quantity="9000")


def rows_of(tape: Tape) -> list[tuple[int, ...]]:
    columns: Any = (tape.ts, tape.stated, tape.kind, tape.side, tape.price, tape.quantity, tape.sequence)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def book_of(book: Book, side: int) -> dict[int, int]:
    array: Any = book
    count, at = levels(array, side, 100_000), int(array[EVENTS])
    pairs = array[at : at + 2 * count].tolist()
    return dict(zip(pairs[::2], pairs[1::2], strict=True))


def assert_equal(recording: Recording, messages: list[PlainMessage]) -> None:
    """The tapes, the gaps and the book at the end are those of the plain decoder."""
    assert rows_of(recording.book_tape()) == plain_tape(messages, is_book=True)
    assert rows_of(recording.quote_tape()) == plain_tape(messages, is_book=False)
    gaps = [
        Gap(entry[1].line, entry[1].kind, entry[0], entry[1].first)
        for entry in aligned(messages)
        if not isinstance(entry, PlainMessage)
    ]
    assert list(recording.gaps) == gaps
    assert recording.counts.lines >= len(messages)
    book = book_at_end(recording.book_tape(), levels=4)
    assert (book_of(book, 1), book_of(book, -1)) == plain_book(messages)


def decoded(raw: bytes, **grid: str) -> Recording:
    return decode([raw], instrument(**grid))


# ── equal to plain decoding ─────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(0, 2**32), st.integers(1, 60))
def test_a_feed_is_what_a_plain_decoder_reads_in_it(seed: int, count: int) -> None:
    raw = FeedWriter(seed).feed(count)
    assert_equal(decoded(raw), plain_messages(raw, TICK, LOT))


def test_generated_feeds_have_gaps_repairs_repetitions_and_every_kind_of_message() -> None:
    counts = decoded(FeedWriter(1).feed(400)).counts
    assert min(counts.depth_updates, counts.quotes, counts.trades, counts.snapshots, counts.others, counts.stale) > 5
    assert len([gap for gap in decoded(FeedWriter(1).feed(400)).gaps if gap.kind == "depth"]) > 5


def agrees_or_refuses(raw: bytes) -> bool:
    try:
        recording = decoded(raw)
    except MalformedPayload as refusal:
        if not re.match(r"feed:\d+:", str(refusal)):
            raise
        return False
    assert_equal(recording, plain_messages(raw, TICK, LOT))
    return True


@given(st.randoms(use_true_random=False))
def test_a_damaged_feed_is_refused_or_read_as_a_plain_decoder_would(rng: random.Random) -> None:
    agrees_or_refuses(mutated(SHORT_FEED, rng))


def test_thousands_of_damaged_feeds_are_refused_or_read_as_a_plain_decoder_would() -> None:
    rng = random.Random(3)
    writer = FeedWriter(11)
    lines = [writer.line(document) for document in (writer.snapshot(), writer.depth(), writer.trade(), writer.quotes())]
    count = 200_000 if os.environ.get("GOLIVE_PROOF") == "1" else 20_000
    read = sum(agrees_or_refuses(mutated(rng.choice(lines), rng)) for _ in range(count))
    assert count // 100 < read < count // 2


@given(st.binary(max_size=200))
def test_garbage_is_refused(raw: bytes) -> None:
    agrees_or_refuses(raw)
    agrees_or_refuses(b"1 " + raw)


@given(st.lists(st.integers(0, len(SHORT_FEED)), max_size=12))
def test_it_does_not_matter_where_the_bytes_of_a_feed_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(SHORT_FEED)]
    blocks = [SHORT_FEED[start:stop] for start, stop in itertools.pairwise(edges)]
    assert rows_of(decode(blocks, instrument()).book_tape()) == rows_of(decoded(SHORT_FEED).book_tape())


def test_tables_grow_with_the_feed() -> None:
    short = [[str(price), "1"] for price in range(1, 4000)]
    raw = one({"lastUpdateId": 1, "bids": short[:9], "asks": []}) + one({"lastUpdateId": 2, "bids": [], "asks": short})
    raw += b'1 {"stream":""}\n' * 3000 + FeedWriter(2).feed(4000)
    assert_equal(decoded(raw), plain_messages(raw, TICK, LOT))


@pytest.mark.parametrize(("tick", "lot"), [("0.5", "0.001"), ("0.25", "1"), ("10", "0.00000001"), ("0.00000001", "1000")])
def test_prices_and_quantities_are_whole_steps_of_any_grid(tick: str, lot: str) -> None:
    wide, narrow = instrument(tick, lot).price_text(123), instrument(tick, lot).quantity_text(4567)
    raw = one({"lastUpdateId": 1, "bids": [[wide, narrow]], "asks": [[wide + ("000" if "." in wide else ".000"), narrow]]})
    assert [row[4:6] for row in rows_of(decoded(raw, tick=tick, lot=lot).book_tape())] == [(123, 4567), (123, 4567)]


@pytest.mark.parametrize(("price", "quantity"), [("1.25", "2"), ("1.5", "2.001"), ("1.1", "2"), ("1.5", "3")])
def test_what_lies_between_the_steps_of_a_grid_is_refused(price: str, quantity: str) -> None:
    with pytest.raises(MalformedPayload, match="whole number of the instrument's ticks or lots"):
        decoded(one({"lastUpdateId": 1, "bids": [[price, quantity]], "asks": []}), tick="0.5", lot="2")


@pytest.mark.recorded
def test_a_real_recording_is_what_a_plain_decoder_reads_in_it() -> None:
    folder = os.environ.get("GOLIVE_RECORDED_DATA")
    if not folder:
        pytest.skip("GOLIVE_RECORDED_DATA is not set: no recorded market data here")
    path = Path(folder) / "binance-spot_btcusdt_2024-08-08_feed.gz"
    messages = plain_messages(gzip.decompress(path.read_bytes()), TICK, "0.00000001")
    recording = read_feed(path, instrument(lot="0.00000001"))
    assert_equal(recording, messages)
    recording.require_whole()
    counts = recording.counts
    assert (counts.lines, counts.depth_updates, counts.quotes, counts.trades) == (41249, 3451, 28040, 9757)
    with pytest.raises(MalformedPayload, match=r":1886:\d+: not a whole number of the instrument's ticks or lots"):
        read_feed(path, instrument())


# ── refused ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def one(document: dict[str, Any] | str) -> bytes:
    text = document if isinstance(document, str) else json.dumps(document)
    return f"1700000000000000000 {text}\n".encode()


def depth(**changes: object) -> dict[str, Any]:
    fields = {"e": "depthUpdate", "E": 1, "U": 5, "u": 6, "b": [["1.00", "2.00000"]], "a": []}
    return {key: value for key, value in {**fields, **changes}.items() if value is not None}


def trade(**changes: object) -> dict[str, Any]:
    fields = {"e": "trade", "T": 1, "t": 5, "p": "1.00", "q": "2.00000", "m": True}
    return {key: value for key, value in {**fields, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (depth(b=[["1.001", "2"]]), "whole number of the instrument's ticks"),
        (depth(b=[["1.00", "2.000001"]]), "whole number of the instrument's ticks"),
        (depth(b=[["1.00", "-2"]]), "not the number"),
        (depth(b=[["1e2", "2"]]), "not the number"),
        (depth(b=[["1.", "2"]]), "not the number"),
        (depth(b=[[".5", "2"]]), "not the number"),
        (depth(b=[["1.00 ", "2"]]), "not the number"),
        (depth(b=[[1.5, "2"]]), "not the number"),
        (depth(b=[["1.00"]]), "not the number"),
        (depth(b=[["1.00", "2", "3"]]), "not the number"),
        (depth(b={}), "not the number"),
        (depth(b=[["0.00", "2"]]), "a price of zero"),
        (depth(b=[["1.00", "2"], ["1.01", "2"], ["1", "0"]]), "a price stated twice"),
        (depth(a=[["1.00", "2"], ["1.0", "2"]]), "a price stated twice"),
        (depth(b=[["99999999999999999999", "2"]]), "too large"),
        (depth(b=[["20000000000", "2"]]), "too large"),
        (depth(b=[["1", "1" * 19]]), "too large"),
        (depth(U=7), "ends before it begins"),
        (depth(u="6"), "not the number"),
        (depth(u=6.0), "not the number"),
        (depth(u=-6), "not the number"),
        (depth(u=2**62), "too large"),
        (depth(E=2**62), "too large"),
        (depth(E=None), "missing"),
        (depth(a=None), "missing"),
        (depth(bids=[["1.00", "2"]]), "two kinds"),
        (depth(lastUpdateId=1), "two kinds"),
        (trade(m=None), "missing"),
        (trade(m="true"), "not the number"),
        (trade(q="0.00000"), "without price or quantity"),
        (trade(p="1.005"), "whole number of the instrument's ticks"),
        ({"u": 1, "b": "1", "B": "1", "a": "1"}, "neither a stream message"),
        ({"u": 1, "b": "0", "B": "1", "a": "1", "A": "1"}, "a price of zero"),
        ({}, "neither a stream message"),
        ({"stream": "s", "data": [depth()]}, "not JSON"),
        ('{"e":"trade","e":"trade"}', "given twice"),
        ('{"data":{},"data":{}}', "given twice"),
        ('{"\\u0065":"trade"}', "with escapes"),
        ('{"\\u0062ids":[],"lastUpdateId":1,"asks":[]}', "with escapes"),
        ('{"e":"tr\\u0061de","stream":"s"}', "with escapes"),
        ('{"stream":"s","x":NaN}', "not JSON"),
        ('{"stream":"s","x":01}', "not JSON"),
        ('{"stream":"s","x":tru}', "not JSON"),
        ('{"stream":"s","x":"\t"}', "not JSON"),
        ('{"stream":"s","x":"\\x"}', "not JSON"),
        ('{"stream":"s","x":[1,]}', "not JSON"),
        ('{"stream":"s",}', "not JSON"),
        ('{"stream":"s"} x', "not JSON"),
        ('{"stream":"s"', "not JSON"),
        ('{"stream":"s","x":' + "[" * 61 + "]" * 61 + "}", "not JSON"),
        ("[]", "not JSON"),
        ("", "not JSON"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: dict[str, Any] | str, reason: str) -> None:
    proper = one({"stream": "s", "data": depth()})
    with pytest.raises(MalformedPayload, match=rf"^feed:3:\d+: .*{reason}"):
        decoded(proper + b"\n" + one(text) + proper)


def test_a_key_written_with_escapes_cannot_hide_a_field() -> None:
    hidden = one('{"u":6,"\\u0075":9,' + json.dumps(depth(u=None))[1:])
    assert plain_messages(hidden, TICK, LOT)[0].last == 9
    with pytest.raises(MalformedPayload, match="with escapes"):
        decoded(hidden)


@pytest.mark.parametrize("line", [b"{}", b" {}", b"1\t{}", b"-1 {}", b"1_0 {}", b"9" * 19 + b" {}", b"9" * 30 + b" {}"])
def test_a_line_without_a_time_is_refused(line: bytes) -> None:
    with pytest.raises(MalformedPayload, match="begin with the time of its receipt"):
        decoded(line + b"\n")


def test_text_that_is_not_utf8_is_refused_with_its_line() -> None:
    with pytest.raises(MalformedPayload, match=r"^feed:2: not UTF-8"):
        decoded(one({"stream": "s"}) + one('{"stream":"€"}').replace("€".encode(), b"\xe2\x82"))
    assert decoded(one('{"stream":"€"}')).counts.others == 1


def test_a_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "feed.gz"
    path.write_bytes(gzip.compress(SHORT_FEED)[:-20])
    with pytest.raises(MalformedPayload, match="cannot be read to its end"):
        read_feed(path, instrument())
    path.write_bytes(SHORT_FEED[:-3])
    lines = SHORT_FEED.count(b"\n")
    with pytest.raises(MalformedPayload, match=rf"feed.gz:{lines}:\d+: "):
        read_feed(path, instrument())


# ── sequences ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def snapshot(last: int, bid: str = "1.00") -> bytes:
    return one({"lastUpdateId": last, "bids": [[bid, "1"]], "asks": []})


def update(first: int, last: int, bid: str, quantity: str = "1") -> bytes:
    return one(depth(U=first, u=last, b=[[bid, quantity]]))


def bids(raw: bytes) -> list[int]:
    return sorted(book_of(book_at_end(decoded(raw).book_tape()), 1))


def test_updates_that_came_before_their_snapshot_are_applied_after_it() -> None:
    raw = update(1, 3, "0.01") + update(4, 8, "0.02") + update(9, 9, "0.03") + snapshot(5) + update(10, 12, "0.04")
    assert bids(raw) == [2, 3, 4, 100]
    assert decoded(raw).gaps == ()
    assert decoded(raw).counts.stale == 1


def test_a_gap_is_reported_and_makes_the_book_unknown() -> None:
    recording = decoded(snapshot(5) + update(6, 6, "0.02") + update(8, 9, "0.03"))
    assert recording.gaps == (Gap(3, "depth", 7, 8),)
    assert str(recording.gaps[0]) == "line 3: depth 7 to 7 are missing"
    assert rows_of(recording.book_tape())[-1][2:6] == (LEVEL + WHOLE, 1, 1, 0)
    assert book_of(book_at_end(recording.book_tape()), 1) == {}
    assert recording.counts.without_book == 1
    with pytest.raises(MalformedPayload, match="1 gaps in its depth updates; line 3: depth 7 to 7 are missing"):
        recording.require_whole()


def test_a_later_snapshot_repairs_a_gap() -> None:
    raw = snapshot(5) + update(7, 8, "0.02") + update(9, 9, "0.03") + snapshot(8, "2.00") + update(10, 10, "0.04")
    assert bids(raw) == [3, 4, 200]
    assert len(decoded(raw).gaps) == 1


def test_a_snapshot_older_than_the_book_changes_nothing() -> None:
    assert bids(snapshot(5) + update(6, 9, "0.02") + snapshot(8, "2.00") + update(10, 10, "0.03")) == [2, 3, 100]


def test_a_repeated_update_changes_nothing() -> None:
    later = update(6, 7, "0.02") + update(8, 8, "0.02", "0")
    assert bids(snapshot(5) + later + update(6, 7, "0.02")) == [100]


def test_a_recording_without_a_snapshot_says_nothing_of_the_book() -> None:
    recording = decoded(update(1, 3, "0.01") + one(trade()))
    assert len(recording.book_tape()) == 0
    assert recording.counts.without_book == 2
    with pytest.raises(MalformedPayload, match="no snapshot"):
        recording.require_whole()


def test_missing_trades_are_reported_and_do_not_break_the_book() -> None:
    recording = decoded(snapshot(5) + one(trade(t=5)) + one(trade(t=8)) + one(trade(t=8)))
    assert recording.gaps == (Gap(3, "trade", 6, 8),)
    assert [row[2:] for row in rows_of(recording.book_tape())[1:]] == [(PRINT, -1, 100, 200_000, 5), (PRINT, -1, 100, 200_000, 8)]
    recording.require_whole()


def test_the_rows_of_one_message_are_one_statement() -> None:
    raw = one({"lastUpdateId": 1, "bids": [["1.00", "1"], ["0.99", "1"]], "asks": [["1.01", "1"]]})
    assert [row[2] for row in rows_of(decoded(raw).book_tape())] == [LEVEL + MORE + WHOLE, LEVEL + MORE, LEVEL]


def test_time_never_falls_along_a_tape() -> None:
    early, late = update(1, 6, "0.01"), snapshot(5).replace(b"1700", b"1800", 1)
    assert [row[0] // 10**18 for row in rows_of(decoded(early + late + update(7, 7, "0.02")).book_tape())] == [1, 1, 1]
    stamps = [row[0] for row in rows_of(decoded(early + late + update(7, 7, "0.02")).book_tape())]
    assert stamps == [1_800_000_000_000_000_000] * 3


# ── how it runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────

_DIGEST = """
import hashlib, sys
sys.path.insert(0, {tests!r})
from golive.market.feed import decode
from market.test_feed import instrument, rows_of
from support.feed_text import FeedWriter
recording = decode([FeedWriter(5).feed(40)], instrument())
print(hashlib.sha256(repr((rows_of(recording.book_tape()), rows_of(recording.quote_tape()), recording.gaps)).encode()).hexdigest())
"""


def _digest(**environment: str) -> str:
    code = _DIGEST.format(tests=str(Path(__file__).parent.parent))
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=True
    ).stdout


def test_plain_python_reads_the_same_as_compiled_code() -> None:
    assert _digest(NUMBA_DISABLE_JIT="1") == _digest()


def test_importing_the_decoder_does_not_load_the_compiler() -> None:
    code = "import sys, golive.market.feed; print(sorted({'numba', 'numpy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
