"""Verifying a whole journal: rows that a holder of the keys wrote against the rules, seals, and the process that does it aside."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.order_journal import OrderJournal, OrderJournalReader
from golive.storage.order_journal.row import Value, encode, row_mac
from golive.storage.order_journal.rules import RULES
from golive.storage.order_journal.schema import COLUMNS
from golive.storage.order_journal.sqlite import SqliteDatabase
from golive.storage.order_journal.verify import verification
from golive.storage.order_journal.verifying import CANNOT_SAY
from golive.storage.order_journal.verifying import main as verify_aside
from support.durable import START, keys_of, order_id
from support.order_journals import answer, decided, end, everything, faults, open_journal, place_of, refused, write


def forge(home: Path, *rows: tuple[str, tuple[Value, ...]]) -> None:
    """Add rows with right MACs, with the rules of the database out of the way: what a faulty writer would do."""
    path, keys = place_of(home).path, keys_of(home)
    with closing(OrderJournalReader.open(path)) as reader:
        head = reader.database.row(reader.last_seq)
    assert head is not None
    seq, mac = head.seq, head.mac
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for table, values in rows:
            seq, previous = seq + 1, mac
            mac = row_mac(keys.mac_key, previous, encode(table, seq, values))
            columns = ", ".join(("seq", *COLUMNS[table], "prev_mac", "mac"))
            marks = ", ".join("?" * (len(values) + 3))
            connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", (seq, *values, previous, mac))
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()


def intent(n: int, decision: int) -> tuple[str, tuple[Value, ...]]:
    return "intents", (
        order_id(n), 1, "main", "okx:BTC/USDT", "buy", "limit", 1_000_000, 420_000, "gtc", "", None, None, None, "0.01", "42000",
        decision, 99, START,
    )  # fmt: skip


def decision(n: int, verdict: str = "approved", subject: str = "order") -> tuple[str, tuple[Value, ...]]:
    return "decisions", (1, 99, START, 1, order_id(n), verdict, "APPROVED", subject, "{}")


def seq_after(home: Path, steps: int) -> int:
    with closing(OrderJournalReader.open(place_of(home).path)) as reader:
        return reader.last_seq + steps


def an_intent_of_a_refused_order(home: Path) -> None:
    write(home, [refused(7)])
    with closing(OrderJournalReader.open(place_of(home).path)) as reader:
        seq = next(row.seq for row in reader.rows() if row.table == "decisions" and row.values["verdict"] == "refused")
    forge(home, intent(7, seq))


def an_intent_of_anothers_decision(home: Path) -> None:
    at = seq_after(home, 1)
    forge(home, decision(7), intent(8, at))


def an_intent_before_its_decision(home: Path) -> None:
    at = seq_after(home, 2)
    forge(home, intent(7, at), decision(7))


def an_approval_that_nothing_was_made_of(home: Path) -> None:
    forge(home, decision(7))


def an_amendment_by_the_approval_of_an_order(home: Path) -> None:
    at = seq_after(home, 1)
    terms = (order_id(4), 3, 1_000_000, 420_000, None, None, None, "0.01", "42000", at, 99, START)
    forge(home, decision(4), ("amendments", terms))


def a_second_attempt_of_an_unknown_order(home: Path) -> None:
    forge(home, ("attempts", (order_id(4), 2, 1, START)))


def an_attempt_after_the_end(home: Path) -> None:
    forge(home, ("attempts", (order_id(1), 2, 1, START)))


def an_attempt_to_amend_without_amendment(home: Path) -> None:
    forge(home, ("attempts", (order_id(4), 3, 1, START)))


def an_attempt_without_intent(home: Path) -> None:
    forge(home, ("attempts", (order_id(9), 1, 1, START)))


def an_answer_without_attempt(home: Path) -> None:
    forge(home, ("answers", (order_id(4), 2, "accepted", "", "", None, START, 2, 1)))


def a_fact_of_nobodys(home: Path) -> None:
    forge(home, ("facts", (order_id(9), "accepted", START, None, "", None, None)))


def a_fill_of_nobodys(home: Path) -> None:
    values = ("okx", "t9", order_id(9), "okx:BTC/USDT", START, "buy", 1, 1, 0, "USDT", "taker", "0.1", "0.00000001", "0")
    forge(home, ("fills", values))


def an_end_of_nobodys(home: Path) -> None:
    forge(home, ("ends", (order_id(9), "absent", "{}", START)))


def a_seal_of_nobodys(home: Path) -> None:
    forge(home, ("seals", (1, '{"not": "a seal"}\n')))


def a_seal_of_another_row(home: Path) -> None:
    with closing(OrderJournalReader.open(place_of(home).path)) as reader:
        document = next(row.values["document"] for row in reader.rows() if row.table == "seals")
    forge(home, ("seals", (2, document)))


def a_fill_without_sense(home: Path) -> None:
    values = ("okx", "t9", order_id(4), "nonsense", START, "buy", 1, 1, 0, "USDT", "taker", "0.1", "0.00000001", "0")
    forge(home, ("fills", values))


FORGED: dict[Callable[[Path], None], str] = {
    an_intent_of_a_refused_order: "no approved decision of this order",
    an_intent_of_anothers_decision: "no approved decision of this order",
    an_intent_before_its_decision: "no approved decision of this order",
    an_approval_that_nothing_was_made_of: "approved, and nothing was made of it",
    an_amendment_by_the_approval_of_an_order: "no approved decision of this amendment",
    a_second_attempt_of_an_unknown_order: "a second one without",
    an_attempt_after_the_end: "the order had ended before",
    an_attempt_to_amend_without_amendment: "no amendment before it",
    an_attempt_without_intent: "attempts: no intent before it",
    an_answer_without_attempt: "answers: no attempt before it",
    a_fact_of_nobodys: "facts: of an order that nobody knows",
    a_fill_of_nobodys: "fills: of an order that nobody knows",
    an_end_of_nobodys: "ends: of an order that nobody knows",
    a_seal_of_nobodys: "seals seq",
    a_seal_of_another_row: "is not the one that was sealed",
    a_fill_without_sense: "its content makes no sense",
}


@pytest.mark.parametrize("act", FORGED, ids=lambda act: act.__name__)
def test_a_row_against_the_rules_is_found_though_its_mac_is_right(tmp_path: Path, act: Callable[[Path], None]) -> None:
    write(tmp_path, everything())
    assert faults(tmp_path) == []
    act(tmp_path)
    found = faults(tmp_path)
    assert any(FORGED[act] in text for text in found), found


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_is_asked_with_one_pass_over_the_rows_it_is_about(tmp_path: Path, rule: str) -> None:
    write(tmp_path, [])
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {RULES[rule]}")]
    assert sum(step.startswith("SCAN") for step in plan) == 1, plan


def test_a_sound_journal_is_verified_while_its_writer_works(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path)) as journal:
        for n in range(1, 50):
            journal.commit([decided(n), answer(n), end(n)])
            if n % 10 == 0:
                journal.seal()
        with verification(place_of(tmp_path).path, keys_of(tmp_path)) as work:
            journal.commit([decided(99)])
            journal.seal()
            assert list(work.faults()) == []
            assert work.rows == journal.last_seq - 3
            assert work.book.count == 49


def test_a_snapshot_that_is_not_what_the_rows_come_to_is_found(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.commit([decided(1)])
    journal._book.count = 7
    journal.seal()
    journal.release()
    assert any("is not what the rows up to" in text for text in faults(tmp_path))


def test_verification_needs_the_key_that_wrote_it(tmp_path: Path) -> None:
    write(tmp_path, [])
    with (
        closing(SqliteDatabase.open(place_of(tmp_path).path, read_only=True)),
        pytest.raises(JournalError, match="not at hand"),
        verification(place_of(tmp_path).path, keys_of(tmp_path / "other")) as work,
    ):
        list(work.faults())


def aside(journal: OrderJournal) -> tuple[list[JournalError], bool]:
    told: list[JournalError] = []
    work = journal.verify_in_background(told.append)
    return told, work.wait(60)


def test_a_sound_journal_is_verified_aside_and_nothing_is_said(tmp_path: Path) -> None:
    with closing(open_journal(tmp_path)) as journal:
        journal.commit(everything())
        assert aside(journal) == ([], True)
        journal.lease.check()
        journal.commit([answer(4)])


def test_a_fault_behind_the_seal_is_found_aside_and_nothing_leaves_any_more(tmp_path: Path) -> None:
    write(tmp_path, everything())
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE fills SET quantity = quantity + 1")
        connection.commit()
    journal = open_journal(tmp_path, whole_rows=5)
    assert not journal.is_verified
    told, has_ended = aside(journal)
    assert has_ended
    assert "fills seq" in str(told[0])
    assert "bad mac" in str(told[0])
    with pytest.raises(JournalError, match="bad mac"):
        journal.lease.check()
    journal.close()
    with pytest.raises(
        JournalError, match=r"in quarantine since .*fills seq \d+: bad mac.*restore journal and seal.*remove .*quarantine"
    ):
        open_journal(tmp_path, whole_rows=5)


def test_a_fault_behind_the_seal_is_found_before_a_journal_is_used_and_remembered(tmp_path: Path) -> None:
    write(tmp_path, everything())
    path = place_of(tmp_path).path
    with closing(sqlite3.connect(path)) as connection:
        before = connection.execute("SELECT quantity FROM fills ORDER BY seq").fetchall()
        connection.execute("UPDATE fills SET quantity = quantity + 1")
        connection.commit()
    for said in (
        r"okx_spot_okx_main\.sqlite: fills seq \d+: bad mac.*restore journal and seal from one backup",
        "in quarantine since",
    ):
        with pytest.raises(JournalError, match=said):
            open_journal(tmp_path)
    assert len(before) == 1
    with closing(sqlite3.connect(path)) as connection:  # what was restored is used again when a person says so
        connection.execute("UPDATE fills SET quantity = ?", before[0])
        connection.commit()
    with pytest.raises(JournalError, match="in quarantine since"):
        open_journal(tmp_path)
    path.with_suffix(".quarantine").unlink()
    with closing(open_journal(tmp_path)) as journal:
        assert journal.is_verified


def test_a_mark_that_cannot_be_read_refuses_too(tmp_path: Path) -> None:
    write(tmp_path, everything())
    place_of(tmp_path).path.with_suffix(".quarantine").write_text("{")
    with pytest.raises(JournalError, match=r"quarantine: cannot be read"):
        open_journal(tmp_path)


def test_closing_the_journal_ends_the_verification_without_a_word(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    told: list[JournalError] = []
    work = journal.verify_in_background(told.append)
    journal.close()
    assert work.wait(0)
    assert told == []


def test_the_verifying_process_ends_with_its_input_and_says_what_it_found(tmp_path: Path) -> None:
    write(tmp_path, everything())
    command = [sys.executable, "-m", "golive.storage.order_journal.verifying", str(tmp_path), str(place_of(tmp_path).path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        assert process.wait(60) == 0
    assert said["faults"] == []
    assert said["rows"] == seq_after(tmp_path, 0)


def test_the_verifying_process_does_not_outlive_the_writer(tmp_path: Path) -> None:
    write(tmp_path, everything())
    command = [sys.executable, "-m", "golive.storage.order_journal.verifying", str(tmp_path), str(place_of(tmp_path).path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (CANNOT_SAY, b"")


def test_a_journal_that_is_not_there_cannot_be_said_to_be_sound(tmp_path: Path) -> None:
    write(tmp_path, [])
    assert verify_aside(tmp_path, tmp_path / "none.sqlite") == CANNOT_SAY
    assert verify_aside(tmp_path / "no keys", place_of(tmp_path).path) == CANNOT_SAY


def test_a_writer_that_begins_during_a_verification_is_no_fault_and_nothing_is_left_beside(tmp_path: Path) -> None:
    write(tmp_path, [item for n in range(1, 1001) for item in (decided(n), answer(n), end(n))])
    path = place_of(tmp_path).path
    at_rest = sorted(path.parent.iterdir())
    with verification(path, keys_of(tmp_path)) as work:
        pass_over = work.faults()
        with closing(open_journal(tmp_path)) as journal:
            for start in range(1001, 4001, 500):  # more than the log holds: pages are folded into the file
                journal.commit([item for n in range(start, start + 500) for item in (decided(n), answer(n), end(n))])
            assert list(pass_over) == []
            rows, written = work.rows, journal.last_seq
    assert rows < written
    assert sorted(path.parent.iterdir()) == at_rest
    assert faults(tmp_path) == []
    assert sorted(path.parent.iterdir()) == at_rest
