"""The trades of a recorded depth feed, as a table: texts as recorded, times by the venue's clock."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golive.inputs import open_named
from golive.model.errors import ConfigError

from .table_file import Table


@dataclass(frozen=True, slots=True)
class FeedTrades:
    table: Table
    """timestamp (ms), price, quantity"""
    symbol: str
    """as the feed writes it, BTCUSDT"""
    missing: int
    """trades that the numbers of the others leave room for"""


def is_feed(path: Path) -> bool:
    """Return whether a file's name is that of a recorded feed: .gz, and not a packed table."""
    name = path.name.lower()
    return name.endswith(".gz") and not name.endswith((".csv.gz", ".jsonl.gz"))


def feed_trades(path: Path) -> FeedTrades:
    """Read the trades; raise ConfigError naming the line that is not of a feed. Other messages are passed over unread."""
    import orjson
    import polars as pl

    times: list[str] = []
    prices: list[str] = []
    quantities: list[str] = []
    numbers: list[int] = []
    symbols: set[str] = set()
    at = 0
    try:
        with open_named(path) as file, gzip.GzipFile(fileobj=file) as lines:
            for at, line in enumerate(lines, 1):
                _, space, message = line.partition(b" ")
                if not space or not message.startswith(b"{"):
                    raise ConfigError(f"{path}:{at}: not a receive time, a space and a message; is it a recorded feed?")
                if b'@trade"' not in message:
                    continue
                trade: Any = orjson.loads(message)["data"]
                times.append(str(int(trade["T"])))
                prices.append(_text(trade["p"]))
                quantities.append(_text(trade["q"]))
                numbers.append(int(trade["t"]))
                symbols.add(_text(trade["s"]))
    except (OSError, EOFError, zlib.error) as exc:
        raise ConfigError(f"{path}: cannot be read to its end ({exc}); give a readable, whole file") from exc
    except (ValueError, KeyError, TypeError) as exc:
        raise ConfigError(f"{path}:{at}: not a trade message ({exc!r})") from exc
    if len(symbols) > 1:
        raise ConfigError(f"{path}: trades of {' and '.join(sorted(symbols))}; one series needs one instrument")
    text = {"timestamp": times, "price": prices, "quantity": quantities}
    table = Table(path, 0, {name: pl.Series(name, values, dtype=pl.String) for name, values in text.items()})
    known = set(numbers)
    missing = max(known) - min(known) + 1 - len(known) if known else 0
    return FeedTrades(table, symbols.pop() if symbols else "", missing)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is not text")
    return value
