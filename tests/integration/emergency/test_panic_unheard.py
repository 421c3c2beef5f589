"""`golive panic` whose words nobody takes, or whose words nobody can write, the flag too: it acts all the same, and says so."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from golive.storage.alert_outbox import PATH as OUTBOX
from golive.storage.alert_story import alert_stories
from golive.storage.emergency_flag import FLAG
from golive.storage.emergency_journal import ACTIVATED, PANIC
from support.forked_golive import ForkedHome
from support.golive_process import GOLIVE, Home
from support.published import published

RECORDS = Path("var/audit/emergency/emergency.jsonl")
CLOSED, FULL, UNREAD = ">&-", ">/dev/full", "| true"


def flag(home: Home) -> dict[str, Any]:
    [mode] = json.loads((home.path / "var/state/risk/emergency.json").read_text())["modes"]
    assert isinstance(mode, dict)
    return mode


def records(home: Home) -> list[str]:
    header, *types = (json.loads(line)["type"] for line in (home.path / RECORDS).read_text().splitlines())
    assert header == "header"
    return types


@pytest.mark.parametrize("where", [CLOSED, FULL, UNREAD, f"2>&- {CLOSED}"])
def test_an_output_that_cannot_be_written_keeps_it_from_nothing(tmp_path: Path, where: str) -> None:
    home = Home(tmp_path)
    command = " ".join(["set -o pipefail;", *GOLIVE, "panic", "--home", str(tmp_path), where])
    done = subprocess.run(["bash", "-c", command], env=home.env, capture_output=True, text=True, timeout=60, check=False)
    assert flag(home)["reason"] == "unspecified"
    assert records(home) == [ACTIVATED, PANIC]
    assert done.returncode == 70, "nobody got the verdict"
    assert "Traceback" not in done.stderr
    if "2>&-" not in where:
        assert "all was done" in done.stderr


def test_a_lost_connection_keeps_it_from_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    process = subprocess.Popen([*GOLIVE, "panic", "--home", str(tmp_path)], env=home.env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "flag" in process.stdout.readline()
    process.stdout.close()
    process.send_signal(signal.SIGHUP)
    assert process.wait(60) == 70
    assert records(home) == [ACTIVATED, PANIC]


def test_a_reason_in_another_encoding_is_written_as_far_as_it_can_be(tmp_path: Path) -> None:
    home = Home(tmp_path)
    words: list[bytes | str] = [*GOLIVE, "panic", "--json", "--reason", b"stra\xbfa", "--home", str(tmp_path)]
    environment = {**home.env, "LOGNAME": os.fsdecode(b"ceo\xff"), "USER": "ceo"}
    done = subprocess.run(words, env=environment, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (flag(home)["reason"], flag(home)["operator"]) == ("stra?a", pwd.getpwuid(os.getuid()).pw_name)
    assert json.loads(done.stdout)["reason"] == "stra?a"
    assert records(home) == [ACTIVATED, PANIC]


def test_a_flag_that_cannot_be_written_is_made_up_for_step_by_step(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    (home.path / FLAG).mkdir(parents=True)
    done = home.golive("panic", "--json")
    document = published(done.stdout)
    assert (done.code, document["exit_code"], document["calls"]) == (6, 6, 0)
    steps = [(step["what"], step["state"]) for step in document["steps"]]
    assert steps[:3] == [("flag", "problem"), ("record", "done"), ("auto-trade", "done")]
    assert records(home) == [ACTIVATED, PANIC]
    assert [story.message.title for story in alert_stories(home.path, 10)] == ["Emergency mode is on (all)"]


def test_an_alert_that_could_not_be_raised_is_no_delivered_one(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    (home.path / OUTBOX).mkdir(parents=True)
    done = home.golive("panic", "--json")
    assert done.code == 6
    steps = {step["what"]: step for step in published(done.stdout)["steps"]}
    assert steps["flag"]["state"] == "done"
    assert steps["alerts"]["state"] == "problem"
    assert "no alert was raised" in steps["alerts"]["detail"]
