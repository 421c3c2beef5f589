"""The rig: a venue process with the ambient faults of RELIABILITY §0.2, a nemesis before it, and its ledger written to a file."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crash.shown import as_shown
from support.killed import SOURCES, TESTS
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

SCALE = 100
"""lags and deadlines are those of production divided by this"""
VENUES = ("okx", "kraken", "bybit")
QUOTES: Mapping[str, str] = {"okx": "USDT", "kraken": "USD", "bybit": "USDT"}
BASES = ("BTC", "ETH")
ORDER_PATHS: Mapping[str, str] = {"okx": "*/trade/order", "kraken": "*/AddOrder", "bybit": "*/order/create"}
SENT = "sent.jsonl"
"""what left a bot about its orders, as the network saw it"""
NETWORK: Mapping[str, float] = {
    "cut_before": 0.002, "cut_after": 0.003, "cut_within": 0.002, "cut_answer": 0.003, "delay": 0.01, "delay_answer": 0.01,
    "throttle": 0.002, "black_hole": 0.001, "cut_stream": 0.002, "delay_s": 0.02, "throttle_s": 0.02,
}  # fmt: skip
"""what the nemesis does beside the venue's own faults"""


LATEST: Mapping[str, str] = {"okx": "0-0.1", "kraken": "0-2", "bybit": "0-0.1"}
"""seconds an order may wait in the venue's engine: far beyond deadline and lag; Kraken tells its time in whole seconds, at any scale,
so it takes up to a second until an absence there is believed"""
THROTTLES: Mapping[str, tuple[str, ...]] = {"okx": ("50011",), "kraken": ("EAPI:Rate limit exceeded",), "bybit": ()}
"""answers of this venue after which an order may leave once more; Bybit has none"""


def ambient(venue: str) -> list[dict[str, Any]]:
    """Return the venue's faults.

    Of the orders 12 % are matched late within their deadline and 5 % at any time up to far beyond deadline and lag, 20 % are in no
    list for a while, 10 % are refused as not processed, 10 % are carried out without an answer, and of 3 % the answer comes
    when nobody waits for it any more.
    """
    where = {"match": ORDER_PATHS[venue], "method": "POST"}
    return [
        {"kind": "queue", "probability": 0.12, "seconds": "0-0.03", **where},
        {"kind": "queue", "probability": 0.05, "seconds": LATEST[venue], **where},
        {"kind": "hidden", "probability": 0.2, "seconds": "0-0.02", **where},
        *({"kind": "error", "code": code, "probability": 0.1, **where} for code in THROTTLES[venue]),
        {"kind": "drop_after", "probability": 0.1, **where},
        {"kind": "delay", "probability": 0.03, "seconds": "0.1-0.2", **where},
    ]


def symbols(venue: str) -> tuple[str, ...]:
    return tuple(f"{base}/{QUOTES[venue]}" for base in BASES)


def start(venue: str) -> dict[str, str]:
    """Return what the account holds before its first order, by asset."""
    return {QUOTES[venue]: "1000000000"} | dict.fromkeys(BASES, "100000")


def program(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a program of this folder."""
    return [sys.executable, "-m", f"crash.{module}", *arguments]


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of such a program."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), str(TESTS)]), **changes}


class NemesisProcess:
    """A running nemesis."""

    def __init__(self, to: str, seed: int, sent: Path | None = None) -> None:
        command = program("nemesis", "--to", to, "--seed", str(seed), *(() if sent is None else ("--sent", str(sent))))
        self._process = subprocess.Popen(command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self._read()["port"])

    def take(self, rates: Mapping[str, float]) -> dict[str, int]:
        """Set the rates; return what it has done so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(rates) + "\n")
        self._process.stdin.flush()
        return dict(self._read()["did"])

    def end(self) -> dict[str, int]:
        """End it; return what it did."""
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()
            return dict(self._read()["did"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the nemesis ended with {self._process.wait(10)}")
        return dict(json.loads(line))


@dataclass
class Rig:
    """One venue with everything around it; `folder` holds all files of the run."""

    name: str
    folder: Path
    venue: VenueProcess
    nemesis: NemesisProcess
    seed: int
    is_direct: bool = False
    """the bot talks to the venue itself, not through the nemesis"""

    @property
    def rest(self) -> str:
        """Where the bot finds the venue: behind the nemesis."""
        return self.venue.rest if self.is_direct else f"http://127.0.0.1:{self.nemesis.port}"

    @property
    def key(self) -> VenueKey:
        return self.venue.key

    @property
    def key_file(self) -> Path:
        """The venue's key document, private to its owner."""
        path = self.folder / "key.json"
        if not path.exists():
            path.touch(0o600)
            path.write_text(json.dumps({"apiKey": self.key.api_key, "secret": self.key.secret, "password": self.key.password}))
        return path

    def make_hostile(self, network: Mapping[str, float] = NETWORK) -> None:
        for fault in ambient(self.name):
            self.venue.add_fault(**fault)
        self.nemesis.take(network)

    def make_peaceful(self) -> None:
        self.venue.clear_faults()
        self.nemesis.take({})

    def write_ledger(self, path: Path) -> None:
        """Write down what the venue says happened, balances of the same moment: orders may still wait in its queue."""
        told, balances = self.venue.orders(), self.venue.balances()
        while (again := self.venue.orders()) != told:
            told, balances = again, self.venue.balances()
        orders = [as_shown(self.name, order) for order in told]
        document = {"venue": self.name, "orders": orders, "start": start(self.name), "balances": balances}
        path.write_text(json.dumps(document))


@contextlib.contextmanager
def rig(name: str, folder: Path, seed: int, *flags: str) -> Iterator[Rig]:
    """Run a venue and a nemesis until the block ends; peaceful at first."""
    folder.mkdir(parents=True, exist_ok=True)
    market = [f"--symbol={symbol}" for symbol in symbols(name)]
    market += [f"--balance={asset}={amount}" for asset, amount in start(name).items()]
    terms = ("--seed", str(seed), "--time-scale", str(SCALE), "--no-limits")
    with venue_process(*market, *terms, *flags, keys=[new_key(dialect=name)], dialect=name, speed="1") as venue:
        nemesis = NemesisProcess(urlsplit(venue.rest).netloc, seed, folder / SENT)
        try:
            yield Rig(name, folder, venue, nemesis, seed)
        finally:
            nemesis.end()
