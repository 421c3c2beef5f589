"""A hostile piece of network between bot and venue: a TCP proxy that delays, throttles, cuts and swallows, by a seed.

    python -m crash.nemesis --to 127.0.0.1:8000 --seed 7 --rates '{"cut_before": 0.01, "cut_answer": 0.02}'

It reads no protocol but looks at bytes: what a client sends in one piece is a request, what comes back an answer. For
every piece it draws once whether and how to strike. It never sends anything that was not sent, and never twice. The
first line it prints says where it listens (`{"port": …}`); each further line of its input is a JSON object with new rates
(`{}` = peaceful), answered by one line with what it did so far; at the end of its input it says so again and ends.

Rates (probability per piece, 0 to 1): of requests `cut_before` (not forwarded, both sides reset), `cut_after` (forwarded,
then reset), `cut_within` (forwarded up to a random byte, then reset), `delay`, `throttle` (byte by byte groups), `black_hole`
(swallowed, as everything after it on this connection, which stays open); of answers `cut_answer` (up to a random byte, then
reset) and `delay_answer`. A connection that became a WebSocket is struck by `cut_stream` alone. `delay_s` and `throttle_s` are the most
seconds they take.

With `--sent FILE` it writes down each request to place, to amend or to cancel an order that a client let out, whatever becomes of it: one
JSON line with what it asks (`place`, `amend`, `cancel`), its client order id, when it came here (`at`, ns since 1970), the deadline it
names, as it stands there, and the end of its receive window (`window_ends`, ms since 1970) where it names one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import IO
from urllib.parse import unquote

RATES = (
    "cut_before", "cut_after", "cut_within", "delay", "throttle", "black_hole", "cut_answer", "delay_answer", "cut_stream",
)  # fmt: skip
SECONDS = {"delay_s": 0.02, "throttle_s": 0.02}
ORDERS = re.compile(
    rb"^POST \S*/(?:(?P<place>trade/order|AddOrder|order/create)|(?P<amend>trade/amend-order|AmendOrder|order/amend)"
    rb"|(?P<cancel>trade/cancel-order|CancelOrder|order/cancel)) "
)
"""the three venues' ways to place an order, to amend and to cancel one"""
_ID = re.compile(rb"(?:\"(?:clOrdId|orderLinkId)\": ?\"|cl_ord_id=)([0-9a-f-]{32,36})")
_DEADLINE = re.compile(rb"(?i:\r\nexpTime: |[&\n]deadline=)([^&\r\n]+)")
_STAMP = re.compile(rb"(?i:\r\nX-BAPI-TIMESTAMP: )(\d+)")
_WINDOW = re.compile(rb"(?i:\r\nX-BAPI-RECV-WINDOW: )(\d+)")
_PIECE = 65536
_THROTTLED = 64
"""bytes that leave together when throttled"""


class Reset(Exception):
    """This connection ends now, without a word."""


class Nemesis:
    """The proxy; `rates` may be replaced at any time."""

    def __init__(self, host: str, port: int, seed: int, sent: IO[str] | None = None) -> None:
        self._host, self._port, self._seed = host, port, seed
        self._sent = sent
        self._rates: Mapping[str, float] = {}
        self._connections = 0
        self._links: set[asyncio.Task[None]] = set()
        self.did: Counter[str] = Counter()

    def take(self, rates: Mapping[str, float]) -> None:
        """Go on with these rates; ValueError names one that is not known."""
        unknown = sorted(rates.keys() - {*RATES, *SECONDS})
        if unknown:
            raise ValueError(f"unknown rate {unknown[0]!r}; known are {', '.join([*RATES, *SECONDS])}")
        self._rates = dict(rates)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to pass one connection on."""
        link = asyncio.get_running_loop().create_task(self._pass_on(reader, writer))
        self._links.add(link)
        link.add_done_callback(self._links.discard)

    async def end(self) -> None:
        """End all connections."""
        for link in tuple(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection on until either side ends it, or it is struck."""
        self._connections += 1
        rng = Random(f"{self._seed}|{self._connections}")
        self.did["connections"] += 1
        try:
            back_reader, back_writer = await asyncio.open_connection(self._host, self._port)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(self, rng)
        there = asyncio.create_task(link.requests(reader, back_writer))
        back = asyncio.create_task(link.answers(back_reader, writer))
        done, waiting = await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*done, *waiting, return_exceptions=True)
        for end in (writer, back_writer):
            end.transport.abort() if link.is_reset else end.close()

    def see(self, piece: bytes) -> None:
        """Write a request down that places, amends or cancels an order."""
        if self._sent is None or (asked := ORDERS.match(piece)) is None or (name := _ID.search(piece)) is None:
            return
        deadline, stamp, window = _DEADLINE.search(piece), _STAMP.search(piece), _WINDOW.search(piece)
        row = {
            "asks": asked.lastgroup,
            "client_order_id": name[1].decode().replace("-", ""),
            "at": time.time_ns(),
            "deadline": unquote(deadline[1].decode()) if deadline else "",
            "window_ends": str(int(stamp[1]) + int(window[1])) if stamp and window else "",
        }
        self._sent.write(json.dumps(row) + "\n")
        self._sent.flush()

    def strikes(self, rng: Random, names: tuple[str, ...]) -> str:
        """Draw once for a piece; return the name of what strikes it, empty when nothing does."""
        draw = rng.random()
        for name in names:
            draw -= self._rates.get(name, 0.0)
            if draw < 0:
                self.did[name] += 1
                return name
        return ""

    def seconds(self, rng: Random, name: str) -> float:
        return rng.uniform(0, self._rates.get(name, SECONDS[name]))


class _Link:
    """One connection through the nemesis."""

    def __init__(self, nemesis: Nemesis, rng: Random) -> None:
        self._nemesis, self._rng = nemesis, rng
        self._is_stream = False
        self._is_swallowed = False
        self.is_reset = False

    async def requests(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        names = ("cut_before", "cut_after", "cut_within", "delay", "throttle", "black_hole")
        while piece := await reader.read(_PIECE):
            self._is_stream = self._is_stream or b"upgrade: websocket" in piece[:2048].lower()
            self._nemesis.see(piece)
            strike = self._nemesis.strikes(self._rng, ("cut_stream",) if self._is_stream else names)
            if strike in ("cut_before", "cut_stream"):
                self._reset()
            if strike == "black_hole":
                self._is_swallowed = True
            if self._is_swallowed:
                continue
            if strike == "delay":
                await asyncio.sleep(self._nemesis.seconds(self._rng, "delay_s"))
            if strike == "throttle":
                await self._drip(piece, writer)
                continue
            writer.write(piece[: self._rng.randrange(len(piece))] if strike == "cut_within" else piece)
            await writer.drain()
            if strike in ("cut_after", "cut_within"):
                await asyncio.sleep(0.001)  # lets it arrive: a reset overtakes what still waits here
                self._reset()

    async def answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(_PIECE):
            strike = self._nemesis.strikes(self._rng, ("cut_stream",) if self._is_stream else ("cut_answer", "delay_answer"))
            if self._is_swallowed:
                continue
            if strike == "delay_answer":
                await asyncio.sleep(self._nemesis.seconds(self._rng, "delay_s"))
            if strike in ("cut_answer", "cut_stream"):
                writer.write(piece[: self._rng.randrange(len(piece))])
                await writer.drain()
                await asyncio.sleep(0.001)
                self._reset()
            writer.write(piece)
            await writer.drain()

    async def _drip(self, piece: bytes, writer: asyncio.StreamWriter) -> None:
        parts = [piece[at : at + _THROTTLED] for at in range(0, len(piece), _THROTTLED)]
        pause = self._nemesis.seconds(self._rng, "throttle_s") / len(parts)
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    def _reset(self) -> None:
        self.is_reset = True
        raise Reset


async def run(host: str, port: int, seed: int, rates: Mapping[str, float], sent: IO[str] | None = None) -> None:
    """Serve until the input ends."""
    nemesis = Nemesis(host, port, seed, sent)
    nemesis.take(rates)
    server = await asyncio.start_server(nemesis.serve, "127.0.0.1", 0)
    _say({"port": server.sockets[0].getsockname()[1], "seed": seed})
    commands = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    while line := await commands.readline():
        nemesis.take(json.loads(line))
        _say({"did": dict(nemesis.did)})
    server.close()
    await nemesis.end()
    _say({"did": dict(nemesis.did)})


def _say(document: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m crash.nemesis", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--to", required=True, metavar="HOST:PORT")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rates", type=json.loads, default={}, metavar="JSON")
    parser.add_argument("--sent", type=Path, metavar="FILE", help="where requests about orders are written down")
    given = parser.parse_args(arguments)
    host, _, port = given.to.rpartition(":")
    with _runner() as runner, contextlib.ExitStack() as files:
        sent = None if given.sent is None else files.enter_context(given.sent.open("a"))
        runner.run(run(host, int(port), given.seed, given.rates, sent))
    return 0


def _runner() -> asyncio.Runner:
    try:
        import uvloop
    except ImportError:
        return asyncio.Runner()
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
