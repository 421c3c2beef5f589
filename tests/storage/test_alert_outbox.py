"""The alert outbox: durable before anybody is told, listed until delivered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.errors import JournalError
from golive.storage.alert_outbox import AlertOutbox
from support.durable import START
from support.killed import SOURCES


def message(n: int) -> AlertMessage:
    return AlertMessage(
        f"id-{n}", "risk", AlertSeverity.CRITICAL, "limit reached", f"body {n}", START + n, "risk|x", {"run_id": "r"}
    )


def test_messages_wait_in_order_and_survive_reopening(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    for n in range(5):
        outbox.put(message(n))
    outbox.close()
    outbox = AlertOutbox.open(tmp_path)
    assert outbox.pending() == tuple(message(n) for n in range(5))
    assert outbox.pending(2) == (message(0), message(1))
    outbox.close()


def test_an_id_is_used_once(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    outbox.put(message(1))
    with pytest.raises(JournalError, match="id-1"):
        outbox.put(message(1))
    outbox.close()


def test_two_processes_share_the_outbox(tmp_path: Path) -> None:
    one, two = AlertOutbox.open(tmp_path), AlertOutbox.open(tmp_path)
    one.put(message(1))
    two.put(message(2))
    assert len(one.pending()) == 2
    one.close()
    two.close()


def test_an_alert_outlives_the_process_that_raised_it(tmp_path: Path) -> None:
    code = (
        "import os, sys, signal; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from golive.storage.alert_outbox import AlertOutbox; from support.durable import START\n"
        "from golive.model.alert import AlertMessage, AlertSeverity\n"
        "box = AlertOutbox.open(Path(sys.argv[1]))\n"
        "box.put(AlertMessage('id-7', 'risk', AlertSeverity.INFO, 't', 'b', START, 'k'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    tests = str(Path(__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path), tests], env={**os.environ, "PYTHONPATH": str(SOURCES)}, check=False
    )
    assert done.returncode == -9
    outbox = AlertOutbox.open(tmp_path)
    assert [waiting.alert_id for waiting in outbox.pending()] == ["id-7"]
    outbox.close()


def test_a_foreign_or_damaged_file_is_refused(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    outbox._connection.execute("PRAGMA user_version = 9")
    outbox.close()
    with pytest.raises(JournalError, match="not an alert outbox of this version"):
        AlertOutbox.open(tmp_path)
    outbox.path.write_text("no database at all " * 100)
    with pytest.raises(JournalError, match=r"outbox\.sqlite"):
        AlertOutbox.open(tmp_path)
