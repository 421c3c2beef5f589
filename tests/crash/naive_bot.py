"""The control arm: what trading bots commonly do about lost answers (RELIABILITY §0.2), killed like the product's bot.

    python -m crash.naive_bot --venue okx --rest http://127.0.0.1:8000 --credentials FILE --folder DIR --protocol resend \
        --kills 300 --seed 1

A life takes one intent after the other. `record`: send, up to three times with the same id, then write down how it went;
a restart repeats what is not written down. `resend`: write the intent down, then send the same id until it is acknowledged.
`query`: the same, but look the id up before it is sent again. Files: `intents.jsonl` {"n", "id"}, `outcomes.jsonl`
{"n", "id", "outcome"}, the line durable when it counts.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from crash.kills import Window, kill_forked_lives
from crash.wire import WIRES, Key, Line, Said, Wanted

PROTOCOLS = ("record", "resend", "query")
MOST_TRIES = 3
TIMEOUT_S = 0.05
FILLING = 0.6
"""share of orders that fill at once"""


class Notebook:
    """The bot's two files."""

    def __init__(self, folder: Path) -> None:
        self._paths = {name: folder / f"{name}.jsonl" for name in ("intents", "outcomes")}
        self.intents = {int(row["n"]): str(row["id"]) for row in _rows(self._paths["intents"])}
        self.outcomes = {int(row["n"]): str(row["outcome"]) for row in _rows(self._paths["outcomes"])}
        self._files = {name: os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) for name, path in self._paths.items()}

    def write_intent(self, n: int, client_order_id: str) -> None:
        self._write("intents", {"n": n, "id": client_order_id})

    def write_outcome(self, n: int, client_order_id: str, outcome: str) -> None:
        self.outcomes[n] = outcome
        self._write("outcomes", {"n": n, "id": client_order_id, "outcome": outcome})

    def _write(self, name: str, row: dict[str, object]) -> None:
        os.write(self._files[name], json.dumps(row).encode() + b"\n")
        os.fdatasync(self._files[name])


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    if path.exists():
        for line in path.read_bytes().split(b"\n"):
            if line.endswith(b"}"):  # a torn last line was never acted on
                yield json.loads(line)


class Bot:
    """One life of the naive bot."""

    def __init__(self, folder: Path, line: Line, protocol: str, rng: Random) -> None:
        self._book, self._line, self._protocol, self._rng = Notebook(folder), line, protocol, rng

    def live(self) -> None:
        """Repeat what was left undone, then go on for ever."""
        if self._protocol == "record":
            for n in _numbers(len(self._book.outcomes)):
                self._send_then_record(n, self._id(n))
        for n in sorted(self._book.intents.keys() - self._book.outcomes.keys()):
            self._send_until_acknowledged(n, self._book.intents[n], is_repeat=True)
        for n in _numbers(len(self._book.intents)):
            client_order_id = self._id(n)
            self._book.write_intent(n, client_order_id)
            self._send_until_acknowledged(n, client_order_id, is_repeat=False)

    def _send_then_record(self, n: int, client_order_id: str) -> None:
        for _ in range(MOST_TRIES):
            said = self._line.place(self._order(n, client_order_id))
            if said is not Said.NOTHING:
                self._book.write_outcome(n, client_order_id, said.value)
                return
        self._book.write_outcome(n, client_order_id, "dead")

    def _send_until_acknowledged(self, n: int, client_order_id: str, *, is_repeat: bool) -> None:
        said = Said.NOTHING
        while said is Said.NOTHING:
            if is_repeat and self._protocol == "query" and self._line.exists(client_order_id):
                said = Said.ACCEPTED
                break
            said = self._line.place(self._order(n, client_order_id))
            is_repeat = True
        self._book.write_outcome(n, client_order_id, said.value)

    def _id(self, n: int) -> str:
        """Return an id that tells its intent: 12 hex digits of its number, then chance."""
        return f"{n:012x}{self._rng.getrandbits(80):020x}"

    @staticmethod
    def _order(n: int, client_order_id: str) -> Wanted:
        return Wanted(client_order_id, fills=Random(n).random() < FILLING)


def _numbers(start: int) -> Iterator[int]:
    while True:
        yield start
        start += 1


def main(arguments: list[str]) -> int:
    """Run the lives; print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m crash.naive_bot", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--venue", choices=list(WIRES), required=True)
    parser.add_argument("--rest", required=True, help="base URL of the venue, or of the nemesis before it")
    parser.add_argument("--credentials", type=Path, required=True, help="JSON with apiKey, secret, password")
    parser.add_argument("--folder", type=Path, required=True, help="where the bot keeps its files")
    parser.add_argument("--protocol", choices=PROTOCOLS, required=True)
    parser.add_argument("--kills", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--window-ms", type=float, default=50.0, help="a life is killed after 0 to this (default: 50)")
    given = parser.parse_args(arguments)
    document = json.loads(given.credentials.read_text())
    key = Key(document["apiKey"], document["secret"], document.get("password", ""))

    def live(number: int, _: Callable[[], None]) -> None:
        line = Line(WIRES[given.venue], key, given.rest, TIMEOUT_S)
        Bot(given.folder, line, given.protocol, Random(f"{given.seed}|{number}")).live()

    began = time.monotonic()
    window = Window(given.window_ms / 1000)
    toll = kill_forked_lives(live, kills=given.kills, window=window, rng=Random(f"{given.seed}|kills"))
    print(json.dumps({**toll.document, "seed": given.seed, "duration_s": round(time.monotonic() - began, 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
