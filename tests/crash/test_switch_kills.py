"""The venue's dead-man's switch under kills: what rests is canceled when the bot is dead, and only then; the next life books it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crash.campaign import Campaign, awaited, campaign, ready, violations
from crash.report import IS_LONG, Report
from crash.rig import NETWORK, environment, program
from crash.watch import Watch

SEED = 13_579
TIMEOUTS_S: Mapping[str, int] = {"kraken": 4, "bybit": 4, "okx": 10}
"""of the switch; OKX takes no less, Bybit 3. They are the times here that are not scaled"""
SLACK_S = 2.5
AFTER_CLOSE_S = 1.0
TIMES = 10 if IS_LONG else 1
STALL = ("-e", "trace=fsync,fdatasync", "-e", "inject=fsync,fdatasync:delay_enter=60000000")

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600 if IS_LONG else 300)]


@dataclass
class Field:
    """One bot with a switch, its venue and who looks at it."""

    campaign: Campaign
    watch: Watch
    flags: tuple[str, ...]
    rng: Random
    timeout_s: int
    said: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def life(self) -> Iterator[subprocess.Popen[str]]:
        """Start a bot, and wait until it has orders that rest and an armed switch."""
        self.watch.note("starting")
        with self.campaign.start(*self.flags, "--timeout-s", str(self.timeout_s)) as process:
            try:
                ready(process)
                self.watch.note("ready")
                time.sleep(self.rng.uniform(0, self.timeout_s / 3))  # any moment between two beats
                yield process
            finally:
                process.kill()

    def is_over(self, *, until_empty: bool = True) -> None:
        """Wait until nothing works at the venue, or the time of the switch is over; the judge says whether that is right."""
        give_up = time.monotonic() + self.timeout_s + SLACK_S
        while time.monotonic() < give_up and not (until_empty and not self.watch.look()):
            time.sleep(0.05)

    def killed(self) -> None:
        with self.life() as process:
            process.kill()
            process.wait()
            self.watch.note("killed")
        self.is_over()

    def killed_and_back(self) -> None:
        """The next life is there before the time is over: what rests may stand."""
        with self.life() as process:
            process.kill()
            process.wait()
            self.watch.note("killed")

    def stopped(self) -> None:
        with self.life() as process:
            os.kill(process.pid, signal.SIGSTOP)
            self.watch.note("stopped")
            self.is_over()
            os.kill(process.pid, signal.SIGCONT)
            self.watch.note("killed")  # it lives on with a lapsed lease, or goes on for a moment: it guards nothing any more

    def stalled(self) -> None:
        """Every fsync of the process takes a minute from now on."""
        with self.life() as process:
            command = ["strace", "-f", "-qq", "-o", "/dev/null", *STALL, "-p", str(process.pid)]
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as strace:
                awaited(
                    lambda: f"TracerPid:\t{strace.pid}" in Path(f"/proc/{process.pid}/status").read_text(), "strace is attached"
                )
                self.watch.note("stalled")
                self.is_over()
                strace.kill()

    def closed(self) -> None:
        with self.life() as process:
            process.terminate()
            process.wait()
            self.watch.note("unguarded" if self.campaign.place.name == "bybit" else "closed")
        time.sleep(AFTER_CLOSE_S)
        self.is_over(until_empty=self.campaign.place.name == "bybit")

    def judged(self) -> Mapping[str, Any]:
        """Return what the judge says of the switch."""
        watch = self.campaign.place.folder / "watch.jsonl"
        flags = ("--watch", str(watch), "--timeout-s", str(self.timeout_s), "--slack-s", str(SLACK_S))
        command = program("checker.switch", *flags)
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
        assert ended.returncode in (0, 1), f"the checker cannot say: {ended.stdout}{ended.stderr}"
        return dict(json.loads(ended.stdout))


@contextmanager
def field_of(venue: str, folder: Path, bug: str = "") -> Iterator[Field]:
    with campaign(venue, folder, SEED, bot="faulty_bot" if bug else "switch_bot") as there:
        watch = Watch(there.place.venue, folder / "watch.jsonl")
        flags = ("--bug", bug) if bug else ()
        with watch.running():
            yield Field(there, watch, flags, Random(f"{SEED}|{venue}"), TIMEOUTS_S[venue])


def proved(venue: str, folder: Path, deeds: Sequence[Callable[[Field], None]]) -> dict[str, Any]:
    """Let lives end so; return what was seen, and what both judges say after a life that resolved everything."""
    with field_of(venue, folder) as at:
        at.campaign.place.nemesis.take(NETWORK)
        for deed in [*deeds] * TIMES:
            deed(at)
        at.watch.note("over")
        at.campaign.resolve()
        found = at.campaign.checked()
    return {**at.campaign.said, "switch": at.judged(), "checked": found, "deeds": [deed.__name__ for deed in deeds]}


DEEDS: Mapping[str, Sequence[Callable[[Field], None]]] = {
    "kraken": [Field.killed, Field.stopped, Field.killed, Field.closed],
    "bybit": [Field.killed, Field.killed, Field.closed],
    "okx": [Field.killed_and_back, Field.killed, Field.closed],
}


def test_what_rests_is_canceled_when_the_bot_is_dead_and_only_then(tmp_path: Path) -> None:
    report = Report("switch-kills", SEED)
    with ThreadPoolExecutor(len(DEEDS)) as pool:
        said = {venue: pool.submit(proved, venue, tmp_path / venue, deeds) for venue, deeds in DEEDS.items()}
        by_venue = {venue: told.result() for venue, told in said.items()}
    report.parts |= {"timeouts_s": dict(TIMEOUTS_S), "slack_s": SLACK_S, **by_venue}
    report.write(tmp_path)
    for venue, told in by_venue.items():
        assert violations(told["switch"]) == {}, (venue, told["switch"]["examples"])
        assert violations(told["checked"]) == {}, (venue, told["checked"]["examples"])
        assert told["switch"]["looked_at"]["canceled_by_switch"] > 0, venue
        assert told["switch"]["looked_at"]["canceled_after_s"], venue
    for venue in ("kraken", "okx"):
        assert by_venue[venue]["switch"]["looked_at"]["working_after_close"] > 0, "what rests stays after an orderly end"


def stalled(folder: Path, bug: str) -> Mapping[str, Any]:
    with field_of("kraken", folder, bug) as at:
        at.stalled()
    return at.judged()


def ended(folder: Path, bug: str, deed: Callable[[Field], None]) -> Mapping[str, Any]:
    with field_of("kraken", folder, bug) as at:
        deed(at)
    return at.judged()


def lives_on(at: Field) -> None:
    """Nothing happens to the bot for more than one time-out."""
    with at.life():
        at.is_over(until_empty=False)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the disk hang")
def test_a_bot_whose_disk_hangs_is_as_good_as_dead_and_a_timer_that_feeds_the_switch_is_found(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        said = {bug: pool.submit(stalled, tmp_path / (bug or "none"), bug) for bug in ("", "idle")}
        found = {bug or "none": told.result() for bug, told in said.items()}
    report = Report("switch-stalled", SEED)
    report.parts |= {"bugs": found}
    report.write(tmp_path)
    assert violations(found["none"]) == {}, found["none"]["examples"]
    assert found["none"]["looked_at"]["deaths"] == {"stalled": 1}
    assert violations(found["idle"]).keys() == {"switch_late"}


def test_a_planted_bug_is_found(tmp_path: Path) -> None:
    deeds = {"lazy": lives_on, "undisarmed": Field.closed}
    with ThreadPoolExecutor(2) as pool:
        said = {bug: pool.submit(ended, tmp_path / bug, bug, deed) for bug, deed in deeds.items()}
        found = {bug: told.result() for bug, told in said.items()}
    report = Report("planted-switch", SEED)
    report.parts |= {"bugs": found}
    report.write(tmp_path)
    assert {bug: set(violations(told)) for bug, told in found.items()} == {bug: {"switch_struck"} for bug in deeds}
