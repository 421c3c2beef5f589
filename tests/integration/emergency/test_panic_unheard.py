"""`golive panic` whose words nobody takes, or whose words nobody can write: it acts all the same."""

from __future__ import annotations

import json
import os
import pwd
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from golive.storage.emergency_journal import ACTIVATED, PANIC
from support.golive_process import GOLIVE, Home

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
