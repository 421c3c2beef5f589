"""Recorded feeds as tapes: decoded by the compiled scanner, exact to the last digit, or refused with the line and the reason.

The form is that of the spot streams of the venue that recorded it: gzip or plain text, one message a line, as
`feed_scanner` says; sequence numbers as `feed_sequence` says.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from golive.inputs import open_named
from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument, decimals_of

from . import feed_level, feed_object, feed_scanner, feed_sequence, feed_text
from .tape import Tape

_BLOCK: Final = 1 << 23
"""bytes read at once"""
_BYTES_A_MESSAGE: Final = 200
_BYTES_A_ROW: Final = 40
"""about as many, to begin with; tables grow where a feed has shorter ones"""

_REASONS: Final = {
    feed_text.MALFORMED: "not the number, text or list that belongs here",
    feed_text.OFF_GRID: "not a whole number of the instrument's ticks or lots",
    feed_text.TOO_LARGE: "too large, or too many digits",
    feed_level.NO_PRICE: "a price of zero",
    feed_level.REPEATED: "a price stated twice",
    feed_object.NOT_JSON: "not JSON",
    feed_object.TWICE: "a field given twice",
    feed_object.ESCAPED: "a name written with escapes",
    feed_scanner.NO_TIME: "does not begin with the time of its receipt in ns and a space",
    feed_scanner.NO_MESSAGE: "neither a stream message nor a snapshot",
    feed_scanner.INCOMPLETE: "a field of the message is missing",
    feed_scanner.NO_QUANTITY: "a trade without price or quantity",
    feed_scanner.BACKWARDS: "a depth update that ends before it begins",
    feed_scanner.TWO_KINDS: "fields of two kinds of message",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """Sequence numbers that no message carried: of depth updates, or of trades."""

    line: int
    """the line of the first message after it"""
    kind: str
    """depth | trade"""
    expected: int
    found: int

    def __str__(self) -> str:
        return f"line {self.line}: {self.kind} {self.expected} to {self.found - 1} are missing"


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """What a recording holds: messages by kind, and what became of those that a tape leaves out."""

    lines: int
    depth_updates: int
    quotes: int
    trades: int
    snapshots: int
    others: int
    rows: int
    """level statements, two for each quote, and trades"""
    stale: int
    """said nothing new: their sequence numbers were known already"""
    without_book: int
    """before the first snapshot, or depth updates after a gap that no snapshot repaired"""


class Recording:
    """A decoded feed of one instrument; tapes are laid out when they are asked for."""

    def __init__(self, name: str, instrument: Instrument, messages: Any, rows: Any, lines: int) -> None:
        self.name = name
        self.instrument = instrument
        self._messages = messages
        self._rows = rows
        self._lines = lines

    @cached_property
    def _order(self) -> tuple[Any, Any, Any]:
        import numpy as np

        count = len(self._messages)
        order: Any = np.empty(2 * count, dtype=np.int64)
        gaps: Any = np.empty((2 * count, feed_sequence.GAP_WIDTH), dtype=np.int64)
        found: Any = np.zeros(feed_sequence.FINDINGS, dtype=np.int64)
        feed_sequence.arrange(self._messages, count, order, gaps, found)
        return order[: found[feed_sequence.ENTRIES]], gaps[: found[feed_sequence.GAPS]], found

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Every break of the sequences, in the order in which it was noticed."""
        gaps = []
        for at, expected in self._order[1].tolist():
            message = self._messages[at]
            kind = "trade" if message[feed_scanner.KIND] == feed_scanner.TRADE else "depth"
            gaps.append(Gap(int(message[feed_scanner.LINE]), kind, expected, int(message[feed_scanner.FIRST])))
        return tuple(gaps)

    @cached_property
    def counts(self) -> FeedCounts:
        import numpy as np

        kinds = np.bincount(self._messages[:, feed_scanner.KIND], minlength=feed_scanner.OTHER + 1).tolist()
        found = self._order[2].tolist()
        return FeedCounts(
            lines=self._lines,
            depth_updates=kinds[feed_scanner.DEPTH],
            quotes=kinds[feed_scanner.QUOTES],
            trades=kinds[feed_scanner.TRADE],
            snapshots=kinds[feed_scanner.SNAPSHOT],
            others=kinds[feed_scanner.OTHER],
            rows=len(self._rows),
            stale=found[feed_sequence.STALE],
            without_book=found[feed_sequence.WITHOUT_BOOK],
        )

    def require_whole(self) -> None:
        """Raise MalformedPayload when depth updates are missing, or no snapshot says what they change."""
        broken = [gap for gap in self.gaps if gap.kind == "depth"]
        if broken:
            raise MalformedPayload(f"{self.name}: {len(broken)} gaps in its depth updates; {broken[0]}")
        if not self._order[2][feed_sequence.SNAPSHOTS]:
            raise MalformedPayload(f"{self.name}: no snapshot of the book, so that its depth updates say nothing")

    def book_tape(self) -> Tape:
        """Return depth and trades; after a gap the book is stated to be unknown until the next snapshot."""
        return self._tape(is_book=True)

    def quote_tape(self) -> Tape:
        """Return best bids and offers, and trades."""
        return self._tape(is_book=False)

    def _tape(self, *, is_book: bool) -> Tape:
        import numpy as np

        order = self._order[0]
        columns: Any = np.empty((7, len(self._rows) + len(order)), dtype=np.int64)
        length = feed_sequence.lay_out(
            self._messages, len(self._messages), self._rows, len(self._rows), order, len(order), is_book, columns
        )
        columns = columns[:, :length].copy()
        columns.flags.writeable = False
        return Tape(*columns)


def read_feed(path: Path, instrument: Instrument) -> Recording:
    """Decode a recorded feed, gzip or plain, on the grid of `instrument`.

    Raises MalformedPayload naming file, line and column of what is not a feed message, off the grid or out of range.
    """
    try:
        with open_named(path) as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            stream = gzip.GzipFile(fileobj=plain) if is_gzip else plain
            return decode(iter(lambda: stream.read(_BLOCK), b""), instrument, str(path))
    except (OSError, EOFError, zlib.error) as exc:
        raise MalformedPayload(f"{path}: cannot be read to its end ({exc})") from exc


def decode(blocks: Iterable[bytes], instrument: Instrument, name: str = "feed") -> Recording:
    """Decode the bytes of a feed, cut anywhere; raises as `read_feed` does."""
    decoder = _Decoder(instrument, name)
    for lines in _whole_lines(blocks):
        decoder.read(lines)
    return decoder.recording()


def _whole_lines(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut the blocks after line feeds instead; a last line without one gets one."""
    held: list[bytes] = []
    for block in blocks:
        cut = block.rfind(b"\n") + 1
        if cut:
            yield b"".join((*held, block[:cut]))
            held.clear()
        if cut < len(block):
            held.append(block[cut:])
    if held:
        yield b"".join((*held, b"\n"))


class _Decoder:
    """Tables that grow, and where the scan stands in them."""

    def __init__(self, instrument: Instrument, name: str) -> None:
        import numpy as np

        self._instrument = instrument
        self._name = name
        self._stand: Any = np.zeros(feed_scanner.SCAN, dtype=np.int64)
        self._places: Any = np.zeros(feed_object.PLACES, dtype=np.int64)
        self._grid: Any = np.array(_grid(instrument), dtype=np.int64)
        self._messages: Any = np.empty((0, feed_scanner.MESSAGE_WIDTH), dtype=np.int64)
        self._rows: Any = np.empty((0, feed_level.ROW_WIDTH), dtype=np.int64)

    def read(self, lines: bytes) -> None:
        import numpy as np

        self._check_encoding(lines)
        if not len(self._rows):
            self._grow(16 + len(lines) // _BYTES_A_MESSAGE, 16 + len(lines) // _BYTES_A_ROW)
        text: Any = np.frombuffer(lines, dtype=np.int8)
        stand = self._stand
        stand[feed_scanner.AT] = 0
        while True:
            result = feed_scanner.scan(text, stand, self._grid, self._places, self._messages, self._rows)
            if result == feed_scanner.DONE:
                return
            if result != feed_scanner.FULL:
                place = f"{self._name}:{stand[feed_scanner.LINES]}:{stand[feed_scanner.COLUMN]}"
                raise MalformedPayload(f"{place}: {_REASONS[result]}")
            self._grow(len(self._messages), len(self._rows))

    def recording(self) -> Recording:
        messages = self._messages[: self._stand[feed_scanner.MESSAGES]]
        rows = self._rows[: self._stand[feed_scanner.ROWS]]
        return Recording(self._name, self._instrument, messages, rows, int(self._stand[feed_scanner.LINES]))

    def _check_encoding(self, lines: bytes) -> None:
        if lines.isascii():
            return
        try:
            lines.decode()
        except UnicodeDecodeError as exc:
            line = self._stand[feed_scanner.LINES] + lines.count(b"\n", 0, exc.start) + 1
            raise MalformedPayload(f"{self._name}:{line}: not UTF-8") from exc

    def _grow(self, messages: int, rows: int) -> None:
        """Make room for so many more."""
        self._messages = _with_room(self._messages, messages)
        self._rows = _with_room(self._rows, rows)


def _with_room(table: Any, more: int) -> Any:
    import numpy as np

    larger: Any = np.empty((len(table) + more, table.shape[1]), dtype=np.int64)
    larger[: len(table)] = table
    return larger


def _grid(instrument: Instrument) -> tuple[int, int, int, int, int]:
    tick, lot = instrument.tick_size, instrument.lot_size
    tick_decimals, lot_decimals = decimals_of(tick), decimals_of(lot)
    return tick_decimals, int(tick.scaleb(tick_decimals)), lot_decimals, int(lot.scaleb(lot_decimals)), instrument.max_price
