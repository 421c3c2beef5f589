"""The alert outbox: durable before anybody is told, listed until delivered."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.alert import AlertMessage, AlertSeverity, Sent
from golive.model.errors import JournalError
from golive.storage.alert_outbox import PATH, AlertOutbox
from golive.storage.alert_story import alert_stories
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


@pytest.mark.parametrize("content", ["", "PRAGMA journal_mode = WAL"])
def test_an_outbox_that_a_full_disk_left_half_made_is_empty_and_made_whole_by_the_next_alert(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).touch()
    with closing(sqlite3.connect(tmp_path / PATH)) as connection:
        connection.execute(content)
    assert alert_stories(tmp_path, 10) == ()
    outbox = AlertOutbox.open(tmp_path)
    outbox.put(message(1))
    outbox.close()
    assert [story.message for story in alert_stories(tmp_path, 10)] == [message(1)]


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


def test_an_outbox_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "var/state/alerts/outbox.sqlite"
    path.parent.mkdir(parents=True)
    connection = sqlite3.connect(path)
    connection.executescript(
        """CREATE TABLE outbox (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, severity TEXT NOT NULL,
        title TEXT NOT NULL, body TEXT NOT NULL, ts INTEGER NOT NULL, dedup_key TEXT NOT NULL, context TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending' CHECK (state = 'pending')) STRICT;
        PRAGMA application_id = 1196183362; PRAGMA user_version = 1;
        INSERT INTO outbox (alert_id, category, severity, title, body, ts, dedup_key, context)
        VALUES ('id-1', 'risk', 'critical', 'limit reached', 'body 1', 1767225600000000001, 'risk|x', '{"run_id":"r"}');"""
    )
    connection.close()
    outbox = AlertOutbox.open(tmp_path)
    assert outbox.pending() == (message(1),)
    outbox.put(message(2))
    outbox.close()
    outbox = AlertOutbox.open(tmp_path)
    assert outbox.pending() == (message(1), message(2))
    outbox.close()


def sent(n: int, problem: str | None = None) -> Sent:
    return Sent(f"id-{n}", "chat", problem)


def test_the_way_of_an_alert_survives_reopening(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    outbox.put(message(1))
    outbox.route(message(1), ["chat", "mail"], START, START + 9)
    first, second = outbox.due(START)
    assert (first.channel, second.channel) == ("chat", "mail")
    outbox.begin(first)
    failed = outbox.settle(sent(1, "no route"), lambda made: START + 10 * made)
    assert failed is not None
    assert (failed.outcome, failed.attempts) == ("failed", 1)
    assert outbox.settle(sent(1), lambda made: None) is None, "no attempt was under way"
    outbox.begin(second)
    outbox.close()
    outbox = AlertOutbox.open(tmp_path)
    assert [(each.channel, each.attempts) for each in outbox.interrupt_all(START + 1)] == [("mail", 1)]
    assert [each.channel for each in outbox.due(START + 1)] == ["mail"]
    assert [each.channel for each in outbox.due(START + 10)] == ["chat", "mail"]
    outbox.begin(outbox.due(START + 10)[0])
    assert outbox.settle(sent(1), lambda made: None) is not None
    assert outbox.has_arrived("id-1")
    told = [(row.channel, row.outcome, row.attempts) for _, row in outbox.outcomes()]
    assert told == [("chat", "failed", 1), ("mail", "interrupted", 1), ("chat", "delivered", 2)]
    outbox.audited([n for n, _ in outbox.outcomes()[:2]])
    assert [row.outcome for _, row in outbox.outcomes()] == ["delivered"]
    outbox.close()


def test_an_alert_is_overdue_until_somebody_acknowledged_it_once(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    for n in (1, 2):
        outbox.put(message(n))
        outbox.route(message(n), ["chat"], START, START + 5)
    assert outbox.overdue(START + 4) == ()
    assert outbox.acknowledge("id-1", "anna", START + 4)
    assert not outbox.acknowledge("id-1", "bert", START + 4)
    assert not outbox.acknowledge("id-9", "bert", START + 4)
    assert [each.alert_id for each in outbox.overdue(START + 5)] == ["id-2"]
    outbox.escalated(["id-2"], START + 5)
    assert outbox.overdue(START + 50) == ()
    outbox.close()


def test_what_is_over_is_forgotten_and_nothing_else(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    for n in (1, 2, 3, 4):
        outbox.put(message(n))
    for n, due_at in ((1, None), (2, START + 5), (3, None)):
        outbox.route(message(n), ["chat"], START, due_at)
    for n in (1, 2):
        outbox.begin(next(parcel for parcel in outbox.due(START) if parcel.message.alert_id == f"id-{n}"))
        outbox.settle(sent(n), lambda made: None)
    assert outbox.forget(START + 100) == 0, "the audit has not heard of it"
    outbox.audited([n for n, _ in outbox.outcomes()])
    assert outbox.forget(START + 1) == 0, "not old enough"
    assert outbox.forget(START + 100) == 1
    assert [each.alert_id for each in outbox.newest()] == ["id-2", "id-3", "id-4"], "unseen, under way, not looked at"
    outbox.close()


def test_what_was_held_back_waits_for_nobody_to_acknowledge_it(tmp_path: Path) -> None:
    outbox = AlertOutbox.open(tmp_path)
    outbox.put(message(1))
    outbox.route(message(1), ["chat"], START, START + 5)
    outbox.suppress("id-1")
    assert outbox.unacknowledged() == ()
    assert outbox.overdue(START + 50) == (), "emergency mode would be switched on for an alert that nobody was told"
    assert outbox.due(START + 50) == ()
    outbox.close()
