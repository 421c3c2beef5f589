"""One account has one writer: of several starts one trades, and a process that was stopped for too long sends nothing any more."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from crash.campaign import Campaign, awaited, campaign, ready, said_at_end, violations
from crash.report import IS_LONG, Report
from crash.rig import SENT

SEED = 31_415
RACES = 1_000 if IS_LONG else 50
STOPPED_S = 1.0
STOPS = 20 if IS_LONG else 2
AT_A_TIME = 3
"""so many requests may be on their way out of a process"""
LEASE_S = "0.5"
RARELY_RENEWED_S = "300"
IN_FLIGHT_S = 0.2
"""an order that passed the fence is out by then"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600 if IS_LONG else 300)]


def test_of_several_starts_one_writes(tmp_path: Path) -> None:
    report = Report("two-instances", SEED)
    with campaign("okx", tmp_path, SEED) as field:
        said = field.run("--races", str(RACES))
        field.resolve()
        found = field.checked()
    report.parts |= {"races": said, **field.said}
    report.write(tmp_path)
    winners = said["winners"]
    assert len(winners) == RACES
    assert set(winners) == {1}
    assert said["starts"] > 2.5 * RACES
    assert found["looked_at"]["epochs"] >= RACES
    assert violations(found) == {}, found["examples"]


def test_a_process_that_was_stopped_longer_than_its_lease_sends_nothing(tmp_path: Path) -> None:
    report = Report("two-instances-stopped", SEED)
    stops = [_stopped(tmp_path / f"stop{n}", SEED + n, "") for n in range(STOPS)]
    control = _stopped(tmp_path / "control", SEED, "frozen")
    report.parts |= _figures(stops, control)
    report.write(tmp_path)
    _judge(stops, control)


def test_a_process_whose_epoch_is_over_sends_nothing(tmp_path: Path) -> None:
    """Another epoch is written into the lock, long before the journal's thread looks at it the next time."""
    report = Report("two-instances-epoch-over", SEED)
    stops = [_overtaken(tmp_path / f"stop{n}", SEED + n, "") for n in range(STOPS)]
    control = _overtaken(tmp_path / "control", SEED, "unfenced")
    report.parts |= _figures(stops, control)
    report.write(tmp_path)
    _judge(stops, control)


class Stop(NamedTuple):
    """What left a bot before it was stopped, and after it went on."""

    before: int
    sends: int
    """that the lease had to hold back"""
    was_leaving: int
    """that the lease had let through a moment before the stop; their deadline was over when they left, and nothing came of them"""


def _judge(stops: Sequence[Stop], control: Stop) -> None:
    assert min(stop.before for stop in stops) > 0
    assert sum(stop.sends for stop in stops) == 0
    assert max(stop.was_leaving for stop in stops) <= AT_A_TIME
    assert control.sends > 0, "the run is void: without the check of the lease nothing is sent either"


def _figures(stops: Sequence[Stop], control: Stop) -> dict[str, object]:
    """Return what is reported."""
    return {
        "stops": len(stops),
        "sent_before": sum(stop.before for stop in stops),
        "sends_after_resume": sum(stop.sends for stop in stops),
        "was_leaving": sum(stop.was_leaving for stop in stops),
        "control": {"what": "nobody looks at the lease", "sends_after_resume": control.sends},
    }


def _stopped(folder: Path, seed: int, bug: str) -> Stop:
    """Stop a trading bot for longer than its lease."""
    with _trading(folder, seed, bug, LEASE_S) as (field, process):
        os.kill(process.pid, signal.SIGSTOP)
        time.sleep(STOPPED_S)
        before, resumed_ms = len(_sent(field)), time.time() * 1000
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(STOPPED_S)
        return _told(field, before, resumed_ms)


def _overtaken(folder: Path, seed: int, bug: str) -> Stop:
    """Write another epoch into the lock of a trading bot."""
    with _trading(folder, seed, bug, RARELY_RENEWED_S) as (field, process):
        (lock,) = field.journal.parent.glob("*.lock")
        lock.write_text(f"{process.pid} 1000\n")
        time.sleep(IN_FLIGHT_S)
        before, since_ms = len(_sent(field)), time.time() * 1000
        time.sleep(STOPPED_S)
        return _told(field, before, since_ms)


def _told(field: Campaign, before: int, since_ms: float) -> Stop:
    """Return what left since; an order that the venue has did leave, whatever its deadline was."""
    there = {row["client_order_id"] for row in field.place.venue.orders()}
    late = [row for row in _sent(field)[before:] if row["asks"] != "cancel"]
    over = [
        row for row in late if int(row["deadline"]) < since_ms and (row["asks"] == "amend" or row["client_order_id"] not in there)
    ]
    cancels = len(_sent(field)) - before - len(late)
    return Stop(before, len(late) - len(over), len(over) + cancels)


@contextmanager
def _trading(folder: Path, seed: int, bug: str, lease_s: str) -> Iterator[tuple[Campaign, subprocess.Popen[str]]]:
    """Run a bot that has sent some orders; it is killed at the end."""
    flags = ("--bug", bug) if bug else ()
    with (
        campaign("okx", folder, seed, bot="faulty_bot" if bug else "bot") as field,
        field.start(*flags, "--life", "--lease", lease_s) as process,
    ):
        ready(process)
        awaited(lambda: len(_sent(field)) > 5, "the bot trades")
        try:
            yield field, process
        finally:
            process.kill()


def test_while_one_process_lives_no_other_starts(tmp_path: Path) -> None:
    report = Report("one-writer", SEED)
    with campaign("okx", tmp_path, SEED) as field:
        with field.start("--life") as process:
            ready(process)
            code, errors = said_at_end(field.start("--resolve"))
            assert code != 0
            assert f"in the hands of process {process.pid}" in errors
            process.kill()
        field.resolve()
        found = field.checked()
    report.parts |= {"exit_code_of_the_second": code, **field.said}
    report.write(tmp_path)
    assert violations(found) == {}, found["examples"]


def _sent(field: Campaign) -> list[dict[str, str]]:
    """Return the requests about orders that have left the bot."""
    sent = field.place.folder / SENT
    return [json.loads(line) for line in sent.read_text().splitlines()] if sent.exists() else []
