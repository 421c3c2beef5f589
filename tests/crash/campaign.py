"""One campaign: a hostile venue, a bot that is killed again and again, one clean life at the end, and the checker's word."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from crash.kills import BLOCKED
from crash.report import check
from crash.rig import SENT, Rig, environment, program, rig

READY_S = 30.0
MOST_BLOCKED = 0.5
"""as many whole processes may be blocked before they are killed, of those that are to be killed"""


@dataclass
class Campaign:
    """A rig and the bot that lives in it; `home` is the bot's."""

    place: Rig
    bot: str = "bot"
    """the program that is killed"""
    said: dict[str, Any] = field(default_factory=dict)
    """what is reported of it"""

    @property
    def home(self) -> Path:
        return self.place.folder / "home"

    @property
    def journal(self) -> Path:
        return self.home / "var/state/orders" / f"{self.place.name}_spot_main.sqlite"

    def command(self, *what: str, seed: int | None = None) -> list[str]:
        """Return the command of a bot of this rig."""
        place = self.place
        where = ("--venue", place.name, "--rest", place.rest, "--credentials", str(place.key_file), "--folder", str(self.home))
        return program(self.bot, *where, "--seed", str(place.seed if seed is None else seed), *what)

    def run(self, *what: str, **changes: str) -> dict[str, Any]:
        """Run a bot to its end; return what it said last. AssertionError with its errors when it fails."""
        ended = subprocess.run(self.command(*what), env=environment(**changes), capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{what}: exit {ended.returncode}\n{ended.stderr[-4000:]}"
        if blocked := [line for line in ended.stderr.splitlines() if line.startswith("blocked: ")]:
            self.said["blocked"] = blocked[:5]
        return dict(json.loads(ended.stdout.splitlines()[-1]))

    def start(self, *what: str, seed: int | None = None, **changes: str) -> subprocess.Popen[str]:
        """Start a bot as a process of its own."""
        command = self.command(*what, seed=seed)
        return subprocess.Popen(command, env=environment(**changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def kill_forked(
        self, kills: int, window_ms: float, ready_window_ms: float, ready_every: int = 2, seed: int | None = None
    ) -> dict[str, Any]:
        """Kill forked lives; return what came of it."""
        windows = ("--window-ms", str(window_ms), "--ready-window-ms", str(ready_window_ms), "--ready-every", str(ready_every))
        another = () if seed is None else ("--seed", str(seed))
        self.said["forked"] = self.run("--kills", str(kills), *windows, *another)
        return dict(self.said["forked"])

    def kill_processes(self, kills: int, window_s: float, ready_window_s: float, rng: Random) -> None:
        """Start whole processes; kill every other one within `window_s` of its start, the others so soon after they are ready.

        One that ended as blocked before it was killed is no kill, and another is started in its place.
        """
        began, killed, blocked, killed_ready = time.monotonic(), 0, 0, 0
        while killed < kills:
            assert blocked <= MOST_BLOCKED * kills, f"{blocked} lives were blocked before they were killed, {killed} were killed"
            number = killed + blocked
            with self.start("--life", seed=self.place.seed + 1 + number) as process:
                assert process.stdout is not None
                assert process.stderr is not None
                is_ready = bool(number % 2 and process.stdout.readline())
                time.sleep(rng.uniform(0, ready_window_s if number % 2 else window_s))
                process.kill()
                is_ready = is_ready or bool(process.stdout.read())
                errors = process.stderr.read()
            assert process.returncode in (-9, BLOCKED), f"life {number} ended by itself: {process.returncode}\n{errors[-4000:]}"
            is_killed = process.returncode != BLOCKED
            killed, blocked, killed_ready = killed + is_killed, blocked + (not is_killed), killed_ready + (is_killed and is_ready)
        duration = round(time.monotonic() - began, 2)
        self.said["processes"] = {"kills": killed, "killed_ready": killed_ready, "blocked": blocked, "duration_s": duration}

    def resolve(self, *flags: str) -> None:
        """Let the network rest and one life resolve everything."""
        self.said["network"] = self.place.nemesis.take({})
        struck: Counter[str] = Counter()
        for fault in self.place.venue.control("faults")["faults"]:
            struck[fault["kind"]] += fault["struck"]
        self.said["faults"] = dict(struck)
        self.place.make_peaceful()
        self.said["resolved"] = self.run("--resolve", *flags)

    def checked(self, *foreign: str) -> Mapping[str, Any]:
        """Return what the checker says of ledger and files."""
        ledger = self.place.folder / "ledger.json"
        self.place.write_ledger(ledger)
        key = self.home / "var/state/keys/dev/hmac.key"
        logs = [self.home / "logs/risk_decisions.jsonl", self.home / "audit/decision_logs/live_execution.jsonl"]
        files = ["--journal", str(self.journal), "--key", str(key)]
        if not self.place.is_direct:
            files += ["--sent", str(self.place.folder / SENT)]
        found = check(ledger, files, log=[str(log) for log in logs], foreign=list(foreign))
        self.said["checked"] = found
        return found


@contextmanager
def campaign(name: str, folder: Path, seed: int, *flags: str, bot: str = "bot") -> Iterator[Campaign]:
    """Run a rig, peaceful at first, with a bot that has a home in it."""
    with rig(name, folder, seed, *flags) as place:
        yield Campaign(place, bot)


def violations(found: Mapping[str, Any]) -> dict[str, int]:
    """Return what the checker counted, zeros left out."""
    return {kind: count for kind, count in found["counts"].items() if count}


def awaited(condition: Callable[[], bool], what: str, *, most_s: float = READY_S) -> None:
    """Wait for a condition; AssertionError naming it when it does not come."""
    give_up = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < give_up, f"waited {most_s:g} s for: {what}"
        time.sleep(0.01)


def ready(process: subprocess.Popen[str]) -> None:
    """Wait until a bot says that it is ready; AssertionError with its errors when it ends instead."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        assert process.stderr is not None
        raise AssertionError(f"the bot ended before it was ready:\n{process.stderr.read()[-4000:]}")


def said_at_end(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a bot's end; return its exit code and its errors."""
    _, errors = process.communicate(timeout=READY_S)
    return process.returncode, errors
