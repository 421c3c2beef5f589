"""Opening a journal: clean, torn tail, or quarantine. What was cut, rolled back, changed or lost is never taken for the truth."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.live_log import LiveOrderLog, LogDraft
from golive.storage.order_journal import AnswerItem, JournalPlace, OrderJournal, OrderJournalReader
from golive.storage.order_journal.opening import facts_of
from golive.storage.order_journal.schema import COLUMNS, TABLES
from golive.storage.order_journal.sqlite import SqliteDatabase, has_torn_tail
from support.durable import RISK, keys_of, order_id, signer_of
from support.killed import SOURCES, TESTS
from support.order_journals import (
    SteppedClock,
    answer,
    decided,
    end,
    everything,
    faults,
    note,
    open_journal,
    place_of,
    write,
)


def found(home: Path) -> list[str]:
    with closing(OrderJournalReader.open(place_of(home).path)) as reader:
        return [str(row.values["found"]) for row in reader.rows() if row.table == "openings"]


def leave_open(home: Path) -> None:
    """Write and go without closing in order: the newest seal covers no row of the orders."""
    journal = open_journal(home)
    journal.commit(everything())
    journal.release()


def change(home: Path, *statements: str) -> None:
    """Write behind the journal's back, with its triggers out of the way."""
    with closing(sqlite3.connect(place_of(home).path)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(statement)
        for _, sql in triggers:
            connection.execute(sql)
        connection.commit()


def test_how_the_writer_before_left_it_is_written_down(tmp_path: Path) -> None:
    write(tmp_path, [])
    leave_open(tmp_path)
    write(tmp_path, [])
    assert found(tmp_path) == ["new", "closed", "crashed"]


def test_a_log_cut_in_the_middle_of_a_transaction_is_a_torn_tail_and_told(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.commit([decided(1)])
    journal.commit([decided(2)])
    path, log = place_of(tmp_path).path, place_of(tmp_path).path.with_name(f"{place_of(tmp_path).path.name}-wal")
    kept = tmp_path / "kept"
    shutil.copy(path, kept)
    data = log.read_bytes()
    journal.release()
    shutil.copy(kept, path)
    log.write_bytes(data[: len(data) - 100])
    log.chmod(0o640)
    assert has_torn_tail(path)
    with closing(open_journal(tmp_path)) as again:
        assert list(again.state.orders) == [order_id(1)]
    assert found(tmp_path) == ["new", "torn_tail"]
    assert faults(tmp_path) == []


@pytest.mark.parametrize("size", [0, 10, 32])
def test_a_log_without_a_frame_has_nothing_torn_in_it_that_counted(tmp_path: Path, size: int) -> None:
    write(tmp_path, [decided(1)])
    log = place_of(tmp_path).path.with_name(f"{place_of(tmp_path).path.name}-wal")
    log.write_bytes(b"\0" * size)
    log.chmod(0o640)
    assert has_torn_tail(place_of(tmp_path).path) == (0 < size < 32)
    with closing(open_journal(tmp_path)) as journal:
        assert list(journal.state.orders) == [order_id(1)]


TABLE_COLUMNS = [(table, column) for table, columns in COLUMNS.items() for column in (*columns, "prev_mac", "mac")]


@pytest.mark.parametrize(("table", "column"), TABLE_COLUMNS)
def test_a_change_of_any_column_is_found_at_the_next_start_and_by_verification(tmp_path: Path, table: str, column: str) -> None:
    leave_open(tmp_path)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        kind = connection.execute(f"SELECT type FROM pragma_table_info('{table}') WHERE name = '{column}'").fetchone()[0]
        (seq,) = connection.execute(f"SELECT max(seq) FROM {table}").fetchone()
    value = {"INTEGER": f"coalesce({column}, 0) + 1", "TEXT": f"coalesce({column}, '') || 'x'", "BLOB": "zeroblob(32)"}[kind]
    if column == "client_order_id" and table == "intents":
        value = f"replace({column}, substr({column}, 1, 1), 'z')"
    choice = {"verdict": "refused", "subject": "amendment", "found": "closed", "result": "canceled"}
    if (table, column) in {("decisions", "verdict"), ("decisions", "subject"), ("openings", "found"), ("ends", "result")}:
        value = f"'{choice[column]}'"
    elif (table, column) == ("answers", "result"):
        value = "'rejected'"
    change(tmp_path, "PRAGMA foreign_keys = OFF", f"UPDATE {table} SET {column} = {value} WHERE seq = {seq}")
    assert any(f"{table} seq {seq}" in text or f"seq {seq}:" in text for text in faults(tmp_path))
    with pytest.raises(JournalError, match=r"okx_spot_okx_main\.sqlite: |okx_spot_okx_main\.seal: "):
        open_journal(tmp_path)


@pytest.mark.parametrize("table", [table for table in COLUMNS if table != "openings"])
def test_a_removed_row_is_found_at_the_next_start_and_by_verification(tmp_path: Path, table: str) -> None:
    leave_open(tmp_path)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        (seq,) = connection.execute(f"SELECT min(seq) FROM {table}").fetchone()
    change(tmp_path, "PRAGMA foreign_keys = OFF", f"DELETE FROM {table} WHERE seq = {seq}")
    assert any(f"gap after {seq - 1}" in text for text in faults(tmp_path))
    with pytest.raises(JournalError, match=f"gap after {seq - 1}"):
        open_journal(tmp_path)


def test_an_order_cannot_be_moved_to_the_journal_of_another_account(tmp_path: Path) -> None:
    leave_open(tmp_path)
    change(tmp_path, "UPDATE journal SET value = 'okx_other' WHERE key = 'account'")
    assert any("bad mac" in text or "broken link" in text for text in faults(tmp_path))
    with pytest.raises(JournalError, match="account is 'okx_other' there and 'okx_main' here"):
        open_journal(tmp_path)


def test_an_older_copy_put_back_is_found_by_the_seal(tmp_path: Path) -> None:
    write(tmp_path, [decided(1)])
    path = place_of(tmp_path).path
    copy = path.read_bytes()
    write(tmp_path, [end(1)])
    path.write_bytes(copy)
    assert any("an older copy was put back" in text for text in faults(tmp_path))
    with pytest.raises(
        JournalError, match=r"okx_spot_okx_main\.sqlite: row \d+, sealed at .* is missing: an older copy was put back"
    ):
        open_journal(tmp_path)


def test_an_older_copy_that_went_on_is_found_by_the_seal(tmp_path: Path) -> None:
    write(tmp_path, [decided(1)])
    place = place_of(tmp_path)
    copy, seal = place.path.read_bytes(), place.seal.read_bytes()
    write(tmp_path, [end(1)])
    newer = place.seal.read_bytes()
    place.path.write_bytes(copy)
    place.seal.write_bytes(seal)
    write(tmp_path, [answer(1), note(), note(), note()])
    place.seal.write_bytes(newer)
    assert any("not the row that was sealed" in text for text in faults(tmp_path))
    with pytest.raises(JournalError, match="is not the one that was sealed"):
        open_journal(tmp_path)


def _drop_seal(home: Path) -> None:
    place_of(home).seal.unlink()


def _drop_journal(home: Path) -> None:
    place_of(home).path.unlink()


def _drop_journal_and_seal(home: Path) -> None:
    _drop_journal(home)
    _drop_seal(home)


def _empty_journal(home: Path) -> None:
    _drop_journal_and_seal(home)
    place = place_of(home)
    SqliteDatabase.create(place.path, facts_of(place, keys_of(home))).close()


def _spoil_lock_too(home: Path) -> None:
    _drop_journal_and_seal(home)
    place_of(home).lock.write_text("?")


def _leave_the_log(home: Path) -> None:
    log = LiveOrderLog(home, signer_of(home), place_of(home).path.stem)
    log.append([LogDraft(7, "baseline", {"balances": {}}, "")])
    log.close()
    shutil.rmtree(place_of(home).path.parent)


def _older_seal(home: Path) -> None:
    place = place_of(home)
    older = place.seal.read_bytes()
    write(home, [note()])
    write(home, [note()])
    place.seal.write_bytes(older)


def _changed_snapshot(home: Path) -> None:
    seal = place_of(home).seal
    seal.write_bytes(seal.read_bytes().replace(b'"count":3', b'"count":2'))


def _changed_seal(home: Path) -> None:
    seal = place_of(home).seal
    seal.write_bytes(seal.read_bytes().replace(b'"last_seq":', b'"last_seq":1', 1))


def _cut_seal(home: Path) -> None:
    seal = place_of(home).seal
    seal.write_bytes(seal.read_bytes()[:-1])


def _foreign_seal(home: Path) -> None:
    other = home / "other"
    write(other, [])
    shutil.copy(place_of(other).seal, place_of(home).seal)


def _seal_of_another_account(home: Path) -> None:
    other = JournalPlace(home, "okx", "okx_spot", "okx_other", "okx_live")
    OrderJournal.open(other, keys_of(home), RISK, SteppedClock(), code_version="1", operator="anna").close()
    shutil.copy(other.seal, place_of(home).seal)


def _readable_by_all(home: Path) -> None:
    place_of(home).path.chmod(0o644)


def _seal_writable_by_all(home: Path) -> None:
    place_of(home).seal.chmod(0o666)


def _seal_a_link(home: Path) -> None:
    seal = place_of(home).seal
    seal.rename(home / "elsewhere")
    seal.symlink_to(home / "elsewhere")


def _seal_a_link_to_nothing(home: Path) -> None:
    place_of(home).seal.unlink()
    place_of(home).seal.symlink_to(home / "nothing")


def _lock_writable_by_all(home: Path) -> None:
    place_of(home).lock.chmod(0o666)


def _lock_a_link(home: Path) -> None:
    lock = place_of(home).lock
    lock.rename(home / "elsewhere")
    lock.symlink_to(home / "elsewhere")


def _log_writable_by_all(home: Path) -> None:
    log = place_of(home).path.with_name(f"{place_of(home).path.name}-wal")
    log.touch()
    log.chmod(0o666)


def _a_link(home: Path) -> None:
    path = place_of(home).path
    path.rename(home / "elsewhere")
    path.symlink_to(home / "elsewhere")


def _a_folder(home: Path) -> None:
    path = place_of(home).path
    path.unlink()
    path.mkdir()


def _no_database(home: Path) -> None:
    place_of(home).path.write_bytes(b"not a database" * 1000)


def _without_trigger(home: Path) -> None:
    with closing(sqlite3.connect(place_of(home).path)) as connection:
        connection.execute("DROP TRIGGER nothing_leaves_after_the_end")


def _other_application(home: Path) -> None:
    with closing(sqlite3.connect(place_of(home).path)) as connection:
        connection.execute("PRAGMA application_id = 1")


def _other_version(home: Path) -> None:
    with closing(sqlite3.connect(place_of(home).path)) as connection:
        connection.execute("PRAGMA user_version = 77")


QUARANTINE: dict[str, tuple[Callable[[Path], None], str]] = {
    "the seal is gone": (_drop_seal, r"\.seal: is gone, the journal was sealed at row \d+; restore both"),
    "the journal is gone": (_drop_journal, r"\.sqlite: is gone, and its seal .* is there; restore both"),
    "journal and seal are gone": (
        _drop_journal_and_seal, r"\.sqlite: is gone, and .*\.lock says .* up to epoch 2; restore both .* new keychain_key",
    ),
    "all its rows are gone": (_empty_journal, r"\.sqlite: is empty, and .*\.lock says .* up to epoch 2; restore both"),
    "the lock cannot be read either": (_spoil_lock_too, r"\.sqlite: is gone, and .*\.lock says that the account was used"),
    "only the log of orders is left": (_leave_the_log, r"\.sqlite: is gone, and the log live_execution has .* up to row 7; restore"),
    "the seal is older": (_older_seal, r"\.seal: is older than the journal, .*; restore both"),
    "the snapshot was changed": (_changed_snapshot, r"\.seal: the snapshot is not what was sealed; restore"),
    "the seal was changed": (_changed_seal, r"\.seal: not a seal of ours: the signature .* does not hold; restore"),
    "the seal was cut": (_cut_seal, r"\.seal: the snapshot is not what was sealed"),
    "the seal is another installation's": (_foreign_seal, r"\.seal: not a seal of ours: signed by .*not at hand"),
    "the seal is another account's": (
        _seal_of_another_account, r"\.seal: the seal of orders/okx_spot_okx_other, not of orders/okx_spot_okx_main",
    ),
    "others may read it": (_readable_by_all, r"\.sqlite: others may read or change it \(mode 644\).*chmod 640"),
    "others may change its log": (_log_writable_by_all, r"\.sqlite-wal: others may read or change it \(mode 666\).*chmod 640"),
    "others may change the seal": (_seal_writable_by_all, r"\.seal: others may read or change it \(mode 666\).*chmod 640"),
    "the seal is a link": (_seal_a_link, r"\.seal: not a regular file"),
    "the seal is a link to nothing": (_seal_a_link_to_nothing, r"\.seal: not a regular file"),
    "others may change the lock": (_lock_writable_by_all, r"\.lock: others may read or change it \(mode 666\).*chmod 640"),
    "the lock is a link": (_lock_a_link, r"\.lock: cannot open the lock"),
    "it is a link": (_a_link, r"\.sqlite: not a regular file"),
    "it is a folder": (_a_folder, r"\.sqlite: not a regular file"),
    "it is no database": (_no_database, r"\.sqlite: cannot be read: file is not a database; restore"),
    "a trigger is missing": (_without_trigger, r"\.sqlite: the tables, indexes or triggers are not those"),
    "it is something else": (_other_application, r"\.sqlite: not an order journal"),
    "it is of another version": (_other_version, r"\.sqlite: an order journal of version 77, this release reads version 2; use the release"),
}  # fmt: skip


@pytest.mark.parametrize("case", QUARANTINE)
def test_what_is_not_as_it_was_left_is_not_opened_and_the_message_says_what_to_do(tmp_path: Path, case: str) -> None:
    spoil, complaint = QUARANTINE[case]
    write(tmp_path, everything())
    write(tmp_path, [])
    spoil(tmp_path)
    with pytest.raises(JournalError, match=rf"okx_spot_okx_main{complaint}"):
        open_journal(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("what", ["journal", "seal", "lock", "directory"])
def test_what_belongs_to_another_user_is_not_opened(tmp_path: Path, what: str) -> None:
    write(tmp_path, [])
    place = place_of(tmp_path)
    path = {"journal": place.path, "seal": place.seal, "lock": place.lock, "directory": place.path.parent}[what]
    os.chown(path, 12345, -1)
    with pytest.raises(JournalError, match=f"{path}: belongs to user 12345, not to 0; look into it"):
        open_journal(tmp_path)


@pytest.mark.parametrize("mode", [0o777, 0o720, 0o702])
def test_a_directory_in_which_others_may_replace_files_is_not_used(tmp_path: Path, mode: int) -> None:
    write(tmp_path, [])
    directory = place_of(tmp_path).path.parent
    directory.chmod(mode)
    with pytest.raises(JournalError, match=f"{directory}: others may replace what is in it .mode {mode:o}.*chmod 700"):
        open_journal(tmp_path)
    directory.chmod(0o755)
    write(tmp_path, [])


def test_a_directory_that_is_a_link_is_not_used(tmp_path: Path) -> None:
    write(tmp_path, [])
    directory = place_of(tmp_path).path.parent
    directory.rename(tmp_path / "elsewhere")
    directory.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(JournalError, match=f"{directory}: not a directory .links are refused"):
        open_journal(tmp_path)


def test_a_failed_start_gives_the_account_back(tmp_path: Path) -> None:
    write(tmp_path, [])
    seal = place_of(tmp_path).seal.read_bytes()
    place_of(tmp_path).seal.unlink()
    with pytest.raises(JournalError, match="is gone"):
        open_journal(tmp_path)
    place_of(tmp_path).seal.write_bytes(seal)
    place_of(tmp_path).seal.chmod(0o640)
    write(tmp_path, [])


def test_the_state_is_the_same_from_the_seal_and_from_the_first_row(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.commit(everything())
    journal.seal()
    journal.commit([answer(4), decided(5), end(3)])
    state = journal.state
    journal.release()
    again = open_journal(tmp_path)
    from_seal = again.state
    again.release()
    assert (from_seal.orders, from_seal.booked, from_seal.notes, from_seal.count) == (
        state.orders, state.booked, state.notes, state.count,
    )  # fmt: skip
    assert faults(tmp_path) == []


def test_a_seal_is_due_after_a_thousand_rows_or_a_minute(tmp_path: Path) -> None:
    clock = SteppedClock()
    journal = open_journal(tmp_path, clock)
    assert not journal.is_seal_due
    clock.mono += 59 * 10**9
    journal.commit([note()])
    assert not journal.is_seal_due
    clock.mono += 10**9
    assert journal.is_seal_due
    journal.seal()
    assert not journal.is_seal_due
    journal.commit([note(subject=str(n)) for n in range(998)])
    assert not journal.is_seal_due
    journal.commit([note(), note()])
    assert journal.is_seal_due
    journal.release()


def test_a_large_snapshot_is_sealed_less_often(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.commit([decided(n, deadline_ms=None) for n in range(1, 2001)])
    journal.seal()
    journal.commit([note(subject=str(n % 7)) for n in range(1000)])
    assert not journal.is_seal_due
    journal.commit([note(subject=str(n % 7)) for n in range(1100)])
    assert journal.is_seal_due
    journal.release()


def test_killed_in_the_middle_of_commits_a_journal_goes_on_with_whole_transactions(tmp_path: Path) -> None:
    program = """
import os, sys
from pathlib import Path
from support.order_journals import answer, decided, end, open_journal
journal = open_journal(Path(sys.argv[1]))
n = 0
while True:
    n += 1
    journal.commit([decided(n), answer(n), end(n)] if n % 3 else [decided(n)])
    os.write(1, b"%d\\n" % n)
"""
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(50):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        acknowledged = max([50, *(int(line) for line in process.stdout if line.endswith(b"\n"))])
    with closing(open_journal(tmp_path)) as journal:
        count = journal.state.count
        assert count in (acknowledged, acknowledged + 1)
        assert set(journal.state.orders) == {order_id(n) for n in range(3, count + 1, 3)}
    assert faults(tmp_path) == []


def test_the_tables_have_the_columns_that_the_macs_cover(tmp_path: Path) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        for table, columns in COLUMNS.items():
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            assert names == ["seq", *columns, "prev_mac", "mac"]


def test_a_detail_is_cut_and_kept_readable(tmp_path: Path) -> None:
    long = AnswerItem(order_id(1), 1, answer(1).result, "0", "x" * 499 + "\ud800" + "y" * 500, ts=1, mono=1)
    write(tmp_path, [decided(1), long])
    with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
        detail = next(row.values["detail"] for row in reader.rows() if row.table == "answers")
    assert detail == "x" * 499 + "?"
