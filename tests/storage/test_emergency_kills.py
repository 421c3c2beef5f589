"""SIGKILL at every named instant of switching emergency mode on: what was said to be on is on, and what stood before still stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from golive.model.emergency import TradingState
from golive.runtime.emergency import HostEmergency
from support.killed import SOURCES

SWITCH = """
import sys
from pathlib import Path
from golive.runtime.emergency import HostEmergency
HostEmergency(Path(sys.argv[1])).switch_on("killed", "anna", sys.argv[2], durable=lambda reading: print("on", flush=True))
print("done", flush=True)
"""
INSTANTS = (
    "file.temporary.before", "file.temporary.after", "file.rename.after", "file.name_durable.after",
    "journal.create.before", "journal.create.after", "journal.sync.before", "journal.sync.after",
)  # fmt: skip


def switched(home: Path, scope: str, failpoint: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(SOURCES), "GOLIVE_FAILPOINT": failpoint}
    done = subprocess.run(
        [sys.executable, "-c", SWITCH, str(home), scope], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


@pytest.mark.parametrize("instant", INSTANTS)
def test_a_kill_loses_no_mode_that_was_on(tmp_path: Path, instant: str) -> None:
    HostEmergency(tmp_path).switch_on("before", scope="balanced")
    said = switched(tmp_path, "all", instant)
    reading = HostEmergency(tmp_path).reading()
    assert not reading.problem, "a kill leaves the old flag or the new one"
    assert reading.emergencies.state("balanced") is TradingState.REDUCING
    if "on" in said:
        assert reading.emergencies.state("conservative") is TradingState.REDUCING
    assert not HostEmergency(tmp_path).switch_on("after").problems, "and it can be switched on afterwards"
    assert HostEmergency(tmp_path).read().state("conservative") is TradingState.REDUCING
