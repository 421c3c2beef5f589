"""The order journal in PostgreSQL: the same rules as in a file, one writer over all hosts, and what it refuses."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from golive.model.decision import Approved
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.live_order import AttemptResult, OrderResult
from golive.storage.live_verifier import LiveBounds
from golive.storage.order_journal import AnswerItem, AttemptItem, DecidedItem, EndItem, Item
from golive.storage.order_journal.journal import OrderJournal
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.place import JournalPlace
from golive.storage.order_journal.postgres import PostgresDatabase, connection_parameters, schema_name
from golive.storage.order_journal.postgres_schema import statements, trigger_names
from golive.storage.order_journal.schema import TABLES
from golive.storage.order_journal.verify import verification
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import RISK, START, ToldClock, keys_of, order, order_id
from support.live_orders import write
from support.postgres import new_database, server

LOG = JournalPlace(Path(), "okx", "okx_spot", "main", "okx_live").log_id


@pytest.fixture
def url(cluster: str) -> str:
    """A database of the test's own."""
    return new_database(cluster)


def open_journal(home: Path, url: str) -> OrderJournal:
    place = JournalPlace(home, "okx", "okx_spot", "main", "okx_live", url)
    return OrderJournal.open(place, keys_of(home), RISK, ToldClock(), code_version="0.1.0+test", operator="anna")


def decided(n: int, *, leaves: bool = True) -> DecidedItem:
    return DecidedItem(Approved(order(n), n), START, 5, "main", deadline_ms=3000 if leaves else None, reference_price="42000.1")


def answer(n: int, result: AttemptResult) -> AnswerItem:
    return AnswerItem(order_id(n), 1, result, "0", "", ts=START, mono=6)


def other_host(home: Path, elsewhere: Path) -> Path:
    """A second host: the keys of the first, nothing else of it."""
    shutil.copytree(home / "var/state/keys", elsewhere / "var/state/keys")
    return elsewhere


def test_what_was_committed_is_there_when_it_is_opened_again(tmp_path: Path, url: str) -> None:
    journal = open_journal(tmp_path, url)
    journal.commit([decided(1), decided(2, leaves=False)])
    journal.commit([answer(1, AttemptResult.ACCEPTED), EndItem(order_id(1), OrderResult.FILLED, {"result": "filled"})])
    assert [row.values["ts"] for row in journal.rows() if row.table in ("attempts", "answers", "ends")] == [START] * 3
    state = journal.state
    rows = list(journal.rows())
    journal.close()
    again = open_journal(tmp_path, url)
    assert again.epoch == 2
    assert (again.state.orders, again.state.count) == (state.orders, 2)
    assert list(again.rows())[: len(rows)] == rows
    assert next(again.rows(3)).seq == 4
    again.close()


@pytest.mark.parametrize(
    ("items", "says"),
    [
        pytest.param([decided(1), decided(1)], "intents", id="an id used twice"),
        pytest.param([AttemptItem(order_id(1), 1, 5)], "attempts", id="an attempt without an intent"),
        pytest.param([decided(1), AttemptItem(order_id(1), 2, 5)], "not processed", id="a second attempt without an answer"),
        pytest.param(
            [decided(1), answer(1, AttemptResult.UNKNOWN), AttemptItem(order_id(1), 2, 5)], "not processed", id="after unknown"
        ),
        pytest.param(
            [decided(1, leaves=False), EndItem(order_id(1), OrderResult.NOT_SENT, {}), AttemptItem(order_id(1), 1, 5)],
            "has ended", id="an attempt after the end",
        ),
        pytest.param([EndItem(order_id(1), OrderResult.ABSENT, {})], "intent of its order", id="an end without an intent"),
    ],
)  # fmt: skip
def test_the_database_refuses_what_must_never_be_and_the_journal_is_closed_for_good(
    tmp_path: Path, url: str, items: list[Item], says: str
) -> None:
    journal = open_journal(tmp_path, url)
    with pytest.raises(JournalError, match=says):
        journal.commit(items)
    with pytest.raises(JournalError, match="unusable"):
        journal.commit([decided(7)])
    journal.release()
    again = open_journal(tmp_path, url)
    assert again.state.count == 0
    again.close()


def test_every_rule_of_the_file_stands_in_the_server_too() -> None:
    rules = [name for _, name in trigger_names() if name != "kept"]
    assert len(rules) == TABLES.count("CREATE TRIGGER") == 8
    assert "RAISE(ABORT" not in statements()
    assert "json_extract" not in statements()


def test_rows_are_neither_changed_nor_removed(tmp_path: Path, url: str) -> None:
    open_journal(tmp_path, url).close()
    with psycopg.connect(url, autocommit=True, options=f'-c search_path="{LOG}"') as connection:
        for statement in (b"UPDATE openings SET operator = 'eve'", b"DELETE FROM notes", b"TRUNCATE seals"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only ever added"):
                connection.execute(statement)


def test_a_second_host_is_refused_while_the_first_one_writes_and_takes_over_when_it_is_gone(tmp_path: Path, url: str) -> None:
    first = open_journal(tmp_path / "a", url)
    first.commit([decided(1)])
    elsewhere = other_host(tmp_path / "a", tmp_path / "b")
    with pytest.raises(PrerequisiteMissing, match="in the hands of golive"):
        open_journal(elsewhere, url)
    first.close()
    second = open_journal(elsewhere, url)
    assert second.epoch == 2
    assert list(second.state.orders) == [order_id(1)]
    second.close()


def test_a_writer_that_lost_its_connection_commits_nothing_any_more(tmp_path: Path, url: str) -> None:
    zombie = open_journal(tmp_path / "a", url)
    zombie.commit([decided(1)])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'golive %' "
            "AND datname = current_database()"
        )
    successor = open_journal(other_host(tmp_path / "a", tmp_path / "b"), url)
    with pytest.raises(JournalError):
        zombie.commit([decided(2)])
    with pytest.raises(JournalError, match="lapsed"):
        zombie.lease.check()
    successor.commit([decided(3)])
    assert list(successor.state.orders) == [order_id(1), order_id(3)]
    successor.close()


def test_a_writer_whose_lock_was_taken_from_it_is_stopped_by_the_epoch(tmp_path: Path, url: str) -> None:
    zombie = open_journal(tmp_path / "a", url)
    with psycopg.connect(url, autocommit=True, options=f'-c search_path="{LOG}"') as connection:
        connection.execute(
            "INSERT INTO openings SELECT max(seq) + 1000, max(epoch) + 1, 0, 0, 'eve', '', 'new', '', '' FROM openings"
        )
    with pytest.raises(JournalError, match="epoch 2, not 1"):
        zombie.commit([decided(1)])
    with pytest.raises(JournalError):
        zombie.beat()


def test_a_host_that_comes_back_reads_on_from_its_older_seal(tmp_path: Path, url: str) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    first = open_journal(a, url)
    first.commit([decided(1)])
    first.close()
    second = open_journal(other_host(a, b), url)
    second.commit([decided(2)])
    second.close()
    back = open_journal(a, url)
    assert list(back.state.orders) == [order_id(1), order_id(2)]
    back.close()


def test_a_server_that_was_put_back_to_an_older_state_is_refused(tmp_path: Path, cluster: str, url: str) -> None:
    open_journal(tmp_path, url).close()
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}_copy" TEMPLATE "{name}"'.encode())
    newer = open_journal(tmp_path, url)
    newer.commit([decided(1)])
    newer.close()
    with pytest.raises(JournalError, match="older copy"):
        open_journal(tmp_path, url.replace(name, f"{name}_copy"))


def test_a_changed_row_is_found(tmp_path: Path, url: str) -> None:
    journal = open_journal(tmp_path, url)
    journal.commit([decided(1)])
    journal.release()
    with psycopg.connect(url, autocommit=True, options=f'-c search_path="{LOG}"') as connection:
        connection.execute("ALTER TABLE intents DISABLE TRIGGER kept")
        connection.execute("UPDATE intents SET quantity = quantity + 1")
        connection.execute("ALTER TABLE intents ENABLE TRIGGER kept")
    (tmp_path / "var/state/orders/okx_spot_main.seal").unlink()
    with pytest.raises(JournalError, match="bad mac"):
        open_journal(tmp_path, url)


def test_the_whole_journal_is_verified_beside_its_writer_and_by_a_host_without_its_seal(tmp_path: Path, url: str) -> None:
    journal = open_journal(tmp_path, url)
    journal.commit([decided(1), answer(1, AttemptResult.ACCEPTED), EndItem(order_id(1), OrderResult.FILLED, {})])
    place, keys, told = journal.place, keys_of(tmp_path), list[JournalError]()
    with verification(place.path, keys, url) as work:
        assert list(work.faults()) == []
        assert work.rows == journal.last_seq
    assert journal.verify_in_background(told.append).wait(60)
    journal.close()
    assert told == []
    place.seal.unlink()
    with verification(place.path, keys, url) as work:
        assert list(work.faults()) == []


def test_what_breaks_a_rule_or_a_mac_is_named_by_verifying(tmp_path: Path, url: str) -> None:
    journal = open_journal(tmp_path, url)
    journal.commit([decided(1)])
    journal.release()
    with psycopg.connect(url, autocommit=True, options=f'-c search_path="{LOG}"') as connection:
        connection.execute("ALTER TABLE decisions DISABLE TRIGGER kept")
        connection.execute("UPDATE decisions SET verdict = 'refused'")
        connection.execute("ALTER TABLE decisions ENABLE TRIGGER kept")
    with verification(journal.place.path, keys_of(tmp_path), url) as work:
        found = list(work.faults())
    assert any("bad mac" in fault for fault in found)
    assert any("no approved decision" in fault for fault in found)


def test_a_rule_that_was_switched_off_is_found(tmp_path: Path, url: str) -> None:
    open_journal(tmp_path, url).close()
    with psycopg.connect(url, autocommit=True, options=f'-c search_path="{LOG}"') as connection:
        connection.execute("ALTER TABLE attempts DISABLE TRIGGER nothing_leaves_after_the_end")
    with pytest.raises(JournalError, match="rules"):
        open_journal(tmp_path, url)


def test_readers_look_on_without_the_lock_and_make_nothing(tmp_path: Path, url: str) -> None:
    with pytest.raises(JournalError, match="no such order journal"):
        PostgresDatabase.open(url, LOG, read_only=True)
    journal = open_journal(tmp_path, url)
    journal.commit([decided(1)])
    reader = open_for_reading(journal.place)
    journal.commit([decided(2)])
    assert [row.table for row in reader.rows()].count("intents") == 1
    assert list(reader.select("SELECT count(*) FROM intents WHERE client_order_id = ?", (order_id(1),))) == [(1,)]
    assert list(reader.storage_faults()) == []
    reader.close()
    journal.close()


def test_a_password_in_the_url_is_refused_and_never_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="PGPASSFILE") as refused:
        PostgresDatabase.open("postgresql://golive:hunter2@db.example/orders", LOG)
    assert "hunter2" not in str(refused.value)


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot connect"):
        PostgresDatabase.open(f"postgresql://golive@/orders?host={tmp_path}", LOG)


@pytest.mark.parametrize("setting", ["fsync=off", "full_page_writes=off"])
def test_a_server_that_does_not_keep_what_it_says_is_refused(tmp_path: Path, cluster: str, setting: str) -> None:
    with (
        server(setting) as careless,
        pytest.raises(JournalError, match=rf"{setting.partition('=')[0]} is off, orders need it on"),
    ):
        open_journal(tmp_path, careless)


def test_another_host_is_spoken_to_under_its_certificate_unless_the_url_says_otherwise() -> None:
    assert connection_parameters("postgresql://golive@db.example/orders")["sslmode"] == "verify-full"
    assert connection_parameters("postgresql://golive@db.example/orders?sslmode=require")["sslmode"] == "require"
    assert "sslmode" not in connection_parameters("postgresql://golive@127.0.0.1/orders")


def test_schemas_of_long_names_stay_apart() -> None:
    long = "orders/" + "a" * 64
    assert schema_name(LOG) == LOG
    assert len(schema_name(long + "/x")) <= 63
    assert schema_name(long + "/x") != schema_name(long + "/y")


def test_an_installation_whose_orders_are_in_the_server_is_verified_and_compared(tmp_path: Path, url: str) -> None:
    write(tmp_path, url=url)
    verifier = Verifier(tmp_path, VerificationKeys.of_home(tmp_path), live=LiveBounds(url=url))
    results = verifier.everything()
    assert [fault for result in results for fault in result.faults] == []
    assert len(results) == 3
    (tmp_path / "logs/risk_decisions.jsonl").unlink()
    told = [str(fault) for result in verifier.everything() for fault in result.faults]
    assert any("is missing from the file" in text for text in told)
