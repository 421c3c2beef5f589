"""One account has one writer: of several starts one trades, and a process that was stopped for too long sends nothing any more."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from crash.campaign import Campaign, awaited, campaign, ready, said_at_end, violations
from crash.report import IS_LONG, Report
from crash.rig import SENT

SEED = 31_415
RACES = 1_000 if IS_LONG else 100
STOPPED_S = 1.0
LEASE_S = "0.5"
RARELY_RENEWED_S = "300"
IN_FLIGHT_S = 0.2
"""an order that passed the fence is out by then"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600 if IS_LONG else 300)]


def test_of_several_starts_one_writes(tmp_path: Path) -> None:
    with campaign("okx", tmp_path, SEED) as field:
        said = field.run("--races", str(RACES))
        field.resolve()
        found = field.checked()
    report = Report("two-instances", SEED)
    report.parts |= {"races": said, **field.said}
    report.write(tmp_path)
    winners = said["winners"]
    assert len(winners) == RACES
    assert set(winners) == {1}
    assert said["starts"] > 2.5 * RACES
    assert found["looked_at"]["epochs"] >= RACES
    assert violations(found) == {}, found["examples"]


@pytest.mark.parametrize(("bug", "sends"), [("", False), ("frozen", True)])
def test_a_process_that_was_stopped_longer_than_its_lease_sends_nothing(bug: str, sends: bool, tmp_path: Path) -> None:
    flags = ("--bug", bug) if bug else ()
    with campaign("okx", tmp_path, SEED, bot="faulty_bot" if bug else "bot") as field:
        with field.start(*flags, "--life", "--lease", LEASE_S) as process:
            ready(process)
            awaited(lambda: _sent(field) > 5, "the bot trades")
            os.kill(process.pid, signal.SIGSTOP)
            time.sleep(STOPPED_S)
            before = _sent(field)
            os.kill(process.pid, signal.SIGCONT)
            time.sleep(STOPPED_S)
            after = _sent(field)
            process.kill()
        report = Report(f"stopped-{bug or 'none'}", SEED)
        report.parts |= {"bug": bug, "sent_before": before, "sent_after": after - before}
        report.write(tmp_path)
        assert (after > before) is sends


@pytest.mark.parametrize(("bug", "sends"), [("", False), ("unfenced", True)])
def test_a_process_whose_epoch_is_over_sends_nothing(bug: str, sends: bool, tmp_path: Path) -> None:
    """Another epoch is written into the lock, long before the journal's thread looks at it the next time."""
    flags = ("--bug", bug) if bug else ()
    with campaign("okx", tmp_path, SEED, bot="faulty_bot" if bug else "bot") as field:
        with field.start(*flags, "--life", "--lease", RARELY_RENEWED_S) as process:
            ready(process)
            awaited(lambda: _sent(field) > 5, "the bot trades")
            (lock,) = field.journal.parent.glob("*.lock")
            lock.write_text(f"{process.pid} 1000\n")
            time.sleep(IN_FLIGHT_S)
            before = _sent(field)
            time.sleep(STOPPED_S)
            after = _sent(field)
            process.kill()
        report = Report(f"epoch-over-{bug or 'none'}", SEED)
        report.parts |= {"bug": bug, "sent_before": before, "sent_after": after - before}
        report.write(tmp_path)
        assert (after > before) is sends


def test_while_one_process_lives_no_other_starts(tmp_path: Path) -> None:
    with campaign("okx", tmp_path, SEED) as field:
        with field.start("--life") as process:
            ready(process)
            code, errors = said_at_end(field.start("--resolve"))
            assert code != 0
            assert f"in the hands of process {process.pid}" in errors
            process.kill()
        field.resolve()
        found = field.checked()
    report = Report("one-writer", SEED)
    report.parts |= {"exit_code_of_the_second": code, **field.said}
    report.write(tmp_path)
    assert violations(found) == {}, found["examples"]


def _sent(field: Campaign) -> int:
    """Return how many requests about orders have left the bot."""
    sent = field.place.folder / SENT
    return len(sent.read_text().splitlines()) if sent.exists() else 0
