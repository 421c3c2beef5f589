"""One bot at two venues, each with a nemesis of its own; and what the judge says of both ledgers and both journals."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from crash.campaign import awaited
from crash.rig import ORDER_PATHS, SENT, THROTTLES, Rig, environment, program, rig

FIRST, SECOND = "okx", "bybit"
AWAY_S = 0.4
HALTED = "51022"
"""OKX: the instrument is suspended; documented as not placed"""


@dataclass
class TwoVenues:
    """Both rigs and the bot; `folder` holds all files of the run."""

    folder: Path
    places: tuple[Rig, ...]
    seed: int
    bot: tuple[str, ...]
    said: dict[str, Any] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def command(self, *what: str) -> list[str]:
        where = [text for place in self.places for text in ("--at", place.name, place.rest, str(place.key_file))]
        return program(*self.bot, *where, "--folder", str(self.home), "--seed", str(self.seed), *what)

    def wait_for_venues(self) -> None:
        """Wait until each venue is back from being away."""
        for place in self.places:
            awaited(partial(_answers, place), f"{place.name} is back")

    def run(self, *what: str) -> dict[str, Any]:
        """Run a bot to its end; return what it said last. AssertionError with its errors when it fails."""
        self.wait_for_venues()
        ended = subprocess.run(self.command(*what), env=environment(), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{what}: exit {ended.returncode}\n{ended.stderr[-4000:]}"
        return dict(json.loads(ended.stdout.splitlines()[-1]))

    def try_to_run(self, *what: str) -> int:
        """Run a bot that may fail by what it does; return its exit code."""
        return subprocess.run(self.command(*what), env=environment(), capture_output=True, check=False, timeout=100).returncode

    def make_hostile(self) -> None:
        """The ambient faults at both venues and of both networks; the first refuses orders for its own reasons too."""
        for place in self.places:
            place.make_hostile()
        first = self.places[0].venue
        where = {"match": ORDER_PATHS[FIRST], "method": "POST"}
        first.add_fault("error", code=HALTED, probability=0.2, **where)

    def go_directly(self) -> None:
        """Let the bot talk to the first venue itself, which is away for a moment now and then: then no connection can be made."""
        self.places[0].is_direct = True
        where = {"match": ORDER_PATHS[FIRST], "method": "POST"}
        self.places[0].venue.add_fault("outage", seconds=AWAY_S, probability=0.05, **where)

    def leave_unanswered(self) -> None:
        """Half of the orders of the first venue are carried out and not answered, and nothing else happens."""
        self.places[0].venue.add_fault("drop_after", probability=0.5, match=ORDER_PATHS[FIRST], method="POST")

    def resolve(self) -> None:
        """Let the network rest and one life resolve everything."""
        self.wait_for_venues()
        for place in self.places:
            self.said[f"network_{place.name}"] = place.nemesis.take({})
            self.said[f"faults_{place.name}"] = {
                f"{each['kind']} {each['code']}".strip(): each["struck"] for each in place.venue.control("faults")["faults"]
            }
            place.make_peaceful()
        self.said["resolved"] = self.run("--resolve")

    def checked(self, *flags: str) -> Mapping[str, Any]:
        """Return what the checker says of both ledgers, both journals and the shared logs."""
        self.wait_for_venues()
        command = program("checker.routed", "--key", str(self.home / "var/state/keys/dev/hmac.key"), *flags)
        for place in self.places:
            ledger = self.folder / f"{place.name}.json"
            place.write_ledger(ledger)
            journal = self.home / "var/state/orders" / f"{place.name}_spot_main.sqlite"
            command += ["--account", str(ledger), str(journal), str(place.folder / SENT)]
        for log in (self.home / "logs/risk_decisions.jsonl", self.home / "audit/decision_logs/live_execution.jsonl"):
            command += ["--log", str(log)]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert ended.returncode in (0, 1), f"the checker cannot say: {ended.stdout}{ended.stderr}"
        return dict(json.loads(ended.stdout))


def _answers(place: Rig) -> bool:
    try:
        place.venue.info()
    except OSError:
        return False
    return True


@contextmanager
def two_venues(folder: Path, seed: int, *bot: str) -> Iterator[TwoVenues]:
    """Run both venues, peaceful at first; with one seed, so that their markets move alike."""
    assert THROTTLES[FIRST], "the first venue has answers after which an order may leave once more"
    with ExitStack() as stack:
        places = tuple(stack.enter_context(rig(name, folder / name, seed)) for name in (FIRST, SECOND))
        yield TwoVenues(folder, places, seed, bot or ("routed_bot",))
