"""A session's store: one transaction, one order of rows, rules the database itself keeps, chains that show any change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.decision import Approved
from golive.model.errors import JournalError
from golive.model.ids import VenueOrderId
from golive.model.order import OrderType, OrderUpdate, TimeInForce
from golive.model.verdict import Stage
from golive.storage.item import AnswerItem, AttemptItem, EventItem, FillItem, Item, LifecycleItem, OrderUpdateItem, RecordItem
from golive.storage.recovery import recover_sessions
from golive.storage.session_chain import seal_path, write_store_seal
from golive.storage.session_identity import SessionTerms
from golive.storage.session_reader import SessionReader
from golive.storage.session_schema import JOURNAL_COLUMNS
from golive.storage.session_store import SessionStore
from golive.storage.sessions import find_session, unfinished_session
from support.durable import (
    BTC,
    ENTRYPOINT,
    RISK,
    RUN_ID,
    START,
    TERMS,
    ToldClock,
    approval,
    fill,
    identity,
    keys_of,
    new_store,
    note,
    order_id,
    refusal,
    signer_of,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SessionStore]:
    made = new_store(tmp_path)
    yield made
    made.close()


def rows(store_or_path: SessionStore | Path, query: str) -> list[tuple[object, ...]]:
    path = store_or_path.path if isinstance(store_or_path, SessionStore) else store_or_path
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def everything() -> list[Item]:
    update = OrderUpdate(order_id(1), 5, "amended", VenueOrderId("v-1"), price=420_000, quantity=900_000)
    return [
        EventItem(1, "candle", b"c"), RecordItem(note(1)), RecordItem(approval(2, 1)), RecordItem(refusal(3)),
        AttemptItem(order_id(1), 1, 1000), AnswerItem(order_id(1), 1, "50011"), AttemptItem(order_id(1), 2, 2000),
        RecordItem(approval(4, 1, price=420_000, amends=True)), AttemptItem(order_id(1), 3, 3000), AnswerItem(order_id(1), 3, "amended"),
        OrderUpdateItem(update), FillItem(fill("t1")), EventItem(2, "fill", b"f" * 50), LifecycleItem("resumed", 9, 2, {"events": 1}),
    ]  # fmt: skip


def faults(home: Path, path: Path) -> list[str]:
    with closing(SessionReader(path)) as reader:
        return list(reader.faults(keys_of(home)))


def test_what_was_committed_is_read_back(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    committed = store.commit(everything())
    store.close()
    assert committed.last_record_seq == 4
    with closing(SessionReader(store.path)) as reader:
        assert reader.identity == identity()
        assert reader.risk_profile == "balanced"
        assert [(r.record_seq, r.event) for r in reader.records()] == [
            (1, "inaction"), (2, "risk_check_passed"), (3, "risk_rejected"), (4, "risk_check_passed"),
        ]  # fmt: skip
        assert reader.records() == committed.records
        assert [r.record_seq for r in reader.records(after=2)] == [3, 4]
        assert list(reader.events()) == [EventItem(1, "candle", b"c"), EventItem(2, "fill", b"f" * 50)]
        assert list(reader.faults(keys_of(tmp_path))) == []
        assert reader.is_sealed
        assert [(row.event, row.epoch, row.body) for row in reader.lifecycle()] == [
            ("resumed", 2, {"events": 1}),
            ("ended", 1, {}),
        ]
        assert reader.last_record_seq == 4
        assert list(reader.order_ids()) == [order_id(1), order_id(3)]
        assert list(reader.order_news()) == [
            item.update if isinstance(item, OrderUpdateItem) else fill("t1")
            for item in everything()
            if isinstance(item, OrderUpdateItem | FillItem)
        ]
        assert reader.identity.terms == TERMS


def test_the_risk_body_has_exactly_the_fields_of_the_contract(tmp_path: Path, store: SessionStore) -> None:
    market, limit, refused = (
        item.risk_body for item in store.commit([RecordItem(approval(1)), RecordItem(approval(2, price=419_999)), RecordItem(refusal(3))]).records
    )  # fmt: skip
    fields = (
        "decision_seq, entrypoint, profile, risk_profile_digest, instrument, side, quantity, price, notional, allowed, code, "
        "limit, value, adjustments, signal_id, client_order_id"
    )
    assert market is not None
    assert limit is not None
    assert refused is not None
    assert set(market) == set(fields.split(", "))
    assert (market["price"], market["notional"], market["quantity"]) == (None, "420.001", "0.01")
    assert (limit["price"], limit["notional"]) == ("41999.9", "419.999")
    assert (market["allowed"], market["code"], market["limit"]) == (True, "APPROVED", None)
    assert (refused["allowed"], refused["code"], refused["limit"], refused["value"]) == (
        False,
        "RISK_MAX_POSITION",
        "0.05",
        "0.0712",
    )
    assert (refused["notional"], refused["adjustments"]) == ("420.001", {"max_quantity": None})


def test_the_decision_has_a_lower_sequence_than_its_intent_in_the_same_transaction(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.commit([RecordItem(approval(1)), RecordItem(refusal(2)), RecordItem(approval(3))])
    store.close()
    pairs = rows(store, "SELECT d.decision_seq, d.seq < i.seq FROM decisions d JOIN intents i USING (decision_seq) ORDER BY 1")
    assert pairs == [(1, 1), (3, 1)]
    assert rows(store, "SELECT count(*) FROM decisions") == [(3,)]


def test_the_database_itself_refuses_an_intent_before_its_decision(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.commit([RecordItem(refusal(1)), RecordItem(approval(2))])
    store.close()
    insert = "INSERT INTO intents VALUES (?, ?, 1, 'okx:BTC/USDT', 'buy', 'market', 1, NULL, 'gtc', '', NULL, NULL, NULL, ?, 1, x'', x'')"
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("DELETE FROM intents")
        for row in ((9, order_id(1), 1), (9, "f" * 32, 7), (9, "f" * 32, 2), (0, order_id(2), 2)):
            with pytest.raises(sqlite3.IntegrityError, match="approved decision with a lower sequence"):
                connection.execute(insert, row)
        connection.execute(insert, (9, order_id(2), 2))


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        (RecordItem(approval(1)), RecordItem(approval(2, 1)), "intents.client_order_id"),
        (RecordItem(approval(1)), RecordItem(note(1)), "follows record 1"),
        (RecordItem(note(2)), RecordItem(approval(2)), "follows record 2"),
        (RecordItem(approval(1)), RecordItem(approval(2)._replace(verdict=Approved(refusal(2).verdict.order, 1))), "decision_seq"),  # type: ignore[union-attr]  # it has one
        (RecordItem(approval(1)), AttemptItem(order_id(1), 0, 1), "CHECK"),
        (RecordItem(approval(1)), AttemptItem(order_id(1), 3, 1), "FOREIGN KEY"),
        (RecordItem(approval(1)), RecordItem(approval(2, 7, amends=True)), "FOREIGN KEY"),
        (RecordItem(approval(1)), AnswerItem(order_id(1), 3, "amended"), "FOREIGN KEY"),
        (LifecycleItem("ended", 1, 1, {}), LifecycleItem("resumed", 2, 2, {}), "has ended"),
        (RecordItem(approval(1)), AttemptItem(order_id(1), 2, 1), "answer to the first"),
        (RecordItem(note(1)), AttemptItem(order_id(1), 1, 1), "FOREIGN KEY"),
        (RecordItem(approval(1)), AnswerItem(order_id(1), 1, "ok"), "FOREIGN KEY"),
        (FillItem(fill("t1")), FillItem(fill("t1", price=1)), "different content"),
        (EventItem(1, "a", b""), EventItem(3, "a", b""), "event 3 follows event 1"),
    ],
)  # fmt: skip
def test_a_broken_rule_rolls_the_whole_commit_back_and_ends_the_store(
    tmp_path: Path, first: Item, second: Item, why: str
) -> None:
    store = new_store(tmp_path)
    store.commit([first])
    with pytest.raises(JournalError, match=why):
        store.commit([FillItem(fill("first of the batch")), second])
    with pytest.raises(JournalError, match="unusable"):
        store.commit([RecordItem(note(51))])
    assert rows(store, "SELECT count(*) FROM fills WHERE trade_id LIKE 'first%'") == [(0,)]
    assert faults(tmp_path, store.path) == []


def test_the_same_fill_twice_is_kept_once(store: SessionStore) -> None:
    store.commit([FillItem(fill("t1")), FillItem(fill("t1")), FillItem(fill("t2"))])
    store.commit([FillItem(fill("t2"))])
    store.close()
    assert rows(store, "SELECT trade_id FROM fills ORDER BY seq") == [("t1",), ("t2",)]


def test_attempts_are_written_before_they_leave_and_at_most_two(store: SessionStore) -> None:
    store.commit([RecordItem(approval(1))])
    store.record_attempt(order_id(1), 1, 1000)
    store.record_answer(order_id(1), 1, "50011")
    store.record_attempt(order_id(1), 2, 2000)
    with pytest.raises(JournalError):
        store.record_attempt(order_id(1), 2, 3000)


@pytest.mark.parametrize("table", [*JOURNAL_COLUMNS, "events", "session"])
def test_a_changed_value_in_any_table_is_found(tmp_path: Path, table: str) -> None:
    store = new_store(tmp_path)
    store.commit(everything())
    store.close()
    columns = {"events": ("kind",), "session": ("value",)}.get(table) or JOURNAL_COLUMNS[table]
    for column in columns:
        copy = tmp_path / f"{table}_{column}.sqlite"
        copy.write_bytes(store.path.read_bytes())
        with closing(sqlite3.connect(copy)) as connection, connection:
            connection.execute(_change(table, column))
        assert faults(tmp_path, copy), column


def _change(table: str, column: str) -> str:
    if table == "session":
        return "UPDATE session SET value = 'okx_live' WHERE key = 'environment'"
    checked = {"verdict": "CASE verdict WHEN 'refused' THEN 'approved' ELSE 'refused' END"}
    checked["subject"] = "CASE subject WHEN 'order' THEN 'amendment' ELSE 'order' END"
    if table == "lifecycle":
        checked["event"] = "CASE event WHEN 'ended' THEN 'resumed' ELSE 'ended' END"
    text = f"substr('x' || {column}, 1, max(1, length({column})))"
    value = checked.get(column, f"CASE typeof({column}) WHEN 'text' THEN {text} ELSE coalesce({column}, 0) + 7 END")
    if column == "n":
        return f"DELETE FROM {table} WHERE n = 2" if table == "attempts" else f"UPDATE {table} SET n = n + 1"
    return f"UPDATE {table} SET {column} = {value} WHERE rowid = (SELECT max(rowid) FROM {table})"


def test_removed_rows_are_found_and_a_cut_end_through_the_seal(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.commit(everything())
    store.close()
    whole = store.path.read_bytes()
    for query, expected in (
        ("DELETE FROM records", "gap"),
        ("DELETE FROM events WHERE seq = 1", "gap"),
        ("DELETE FROM fills", "gap"),
        ("DELETE FROM lifecycle WHERE event = 'ended'", "sealed"),
        ("DELETE FROM events WHERE seq = 2", "sealed"),
        ("DROP TRIGGER decision_before_intent", "triggers"),
        ("CREATE TABLE extra (a)", "tables"),
    ):
        store.path.write_bytes(whole)
        with closing(sqlite3.connect(store.path)) as connection, connection:
            connection.execute(query)
        assert any(expected in fault for fault in faults(tmp_path, store.path)), query
    store.path.write_bytes(whole)
    assert faults(tmp_path, store.path) == []


def test_a_changed_byte_in_the_file_is_found_or_harmless_to_every_value(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    store.commit(everything())
    store.close()
    whole = store.path.read_bytes()
    with closing(SessionReader(store.path)) as reader:
        truth = (reader.identity, reader.records(), reader.risk_bodies(), list(reader.events()))
    found = 0
    for position in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[position] ^= 1
        store.path.write_bytes(changed)
        try:
            with closing(SessionReader(store.path)) as reader:
                if not list(reader.faults(keys_of(tmp_path))):
                    assert (reader.identity, reader.records(), reader.risk_bodies(), list(reader.events())) == truth
                else:
                    found += 1
        except JournalError:
            found += 1
    assert found


def test_the_seal_of_another_session_does_not_pass(tmp_path: Path) -> None:
    one, two = new_store(tmp_path), new_store(tmp_path, "f" * 32)
    for store in (one, two):
        store.commit([RecordItem(note(1))])
        store.close()
    seal_path(one.path).write_bytes(seal_path(two.path).read_bytes())
    assert any("sealed" in fault for fault in faults(tmp_path, one.path))


def test_the_file_is_named_and_marked_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    expected = tmp_path / "var/state/sessions" / f"demo_okx_desktop_paper_20260101T000000Z_{RUN_ID[:8]}.sqlite"
    assert store.path == expected
    with pytest.raises(JournalError, match="exists already"):
        new_store(tmp_path)
    store.close()
    assert sorted(path.name for path in expected.parent.iterdir()) == [seal_path(expected).name, expected.name]
    assert rows(store, "PRAGMA application_id") == [(0x474C4956,)]
    assert rows(store, "PRAGMA user_version") == [(2,)]
    assert rows(store, "PRAGMA journal_mode") == [("wal",)]


def test_a_reader_sees_one_moment_of_a_store_that_is_being_written(tmp_path: Path, store: SessionStore) -> None:
    store.commit([EventItem(1, "e", b"1"), RecordItem(note(1))])
    with closing(SessionReader(store.path)) as reader:
        store.commit([EventItem(2, "e", b"2"), RecordItem(note(2)), FillItem(fill("t1"))])
        assert [record.record_seq for record in reader.records()] == [1]
        assert [event.seq for event in reader.events()] == [1]
        assert list(reader.order_news()) == []
        assert list(reader.faults(keys_of(tmp_path))) == []
        assert not reader.has_ended
    with closing(SessionReader(store.path)) as reader:
        assert [event.seq for event in reader.events_backwards()] == [2, 1]
        assert list(reader.order_news()) == [fill("t1")]


def test_a_second_writer_is_noticed_before_anything_is_built_on_its_rows(store: SessionStore) -> None:
    store.commit([RecordItem(note(1))])
    with closing(sqlite3.connect(store.path)) as other, other:
        other.execute("DELETE FROM records")
    with pytest.raises(JournalError, match="another connection has written"):
        store.commit([RecordItem(note(2))])
    with pytest.raises(JournalError, match="unusable"):
        store.commit([RecordItem(note(3))])


def test_a_writer_does_not_wait_for_another_one(store: SessionStore) -> None:
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="locked"):
            store.commit([RecordItem(note(1))])


def resumed(home: Path, path: Path, epoch: int = 2) -> SessionStore:
    keys = keys_of(home)
    with closing(SessionReader(path)) as reader:
        assert list(reader.faults(keys)) == []
        known = reader.identity, reader.head(keys), reader.last_record_seq
    return SessionStore.resume(path, *known, keys, RISK, ToldClock(), epoch=epoch)


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_resumed_store_goes_on_with_its_chain_its_sequences_and_a_higher_epoch(tmp_path: Path, is_sealed: bool) -> None:
    first = new_store(tmp_path)
    first.commit([EventItem(1, "e", b"1"), RecordItem(approval(1)), FillItem(fill("t1"))])
    first.release()
    if is_sealed:  # as the recovery of a later session leaves it
        with closing(SessionReader(first.path)) as reader:
            write_store_seal(first.path, RUN_ID, reader.head(keys_of(tmp_path)), keys_of(tmp_path), ToldClock())
    second = resumed(tmp_path, first.path)
    assert not seal_path(first.path).exists()
    second.commit([LifecycleItem("resumed", 5, 2, {}), EventItem(2, "e", b"2"), RecordItem(approval(2)), FillItem(fill("t1"))])
    second.close()
    assert faults(tmp_path, first.path) == []
    with closing(SessionReader(first.path)) as reader:
        assert [(i.order.client_order_id, i.epoch) for i in reader.intents()] == [(order_id(1), 1), (order_id(2), 2)]
        assert [event.seq for event in reader.events()] == [1, 2]
        assert len(list(reader.order_news())) == 1
        assert reader.has_ended


def test_a_resumed_store_refuses_what_it_has_already(tmp_path: Path) -> None:
    first = new_store(tmp_path)
    first.commit([EventItem(1, "e", b"1"), RecordItem(note(1))])
    first.release()
    for item in (EventItem(1, "e", b"1"), RecordItem(note(1))):
        store = resumed(tmp_path, first.path)
        with pytest.raises(JournalError, match="follows"):
            store.commit([item])


def test_an_amendment_stands_beside_its_order_and_each_has_its_own_number(tmp_path: Path, store: SessionStore) -> None:
    sleeping = approval(1).verdict.order._replace(type=OrderType.STOP_LIMIT, price=400_000, trigger=410_000, time_in_force=TimeInForce.GTD,  # type: ignore[union-attr]  # it has one
        expires_at=START + 60,
    )  # fmt: skip
    store.commit([RecordItem(approval(1)._replace(verdict=Approved(sleeping, 1)))])
    for n in (3, 4):
        amended = sleeping._replace(price=400_000 + n, quantity=sleeping.quantity - n)
        store.commit([RecordItem(approval(n, 1)._replace(verdict=Approved(amended, n), amends=True))])
        store.record_attempt(order_id(1), n, 1000 * n)
        store.record_answer(order_id(1), n, "amended")
    with pytest.raises(JournalError, match="amendment_attempts"):
        store.record_attempt(order_id(1), 4, 9)
    query = "SELECT n, price, quantity, trigger_price, expires_at, answer, d.seq < a.seq FROM amendments a JOIN decisions d USING (decision_seq) JOIN amendment_answers USING (client_order_id, n)"
    lots = sleeping.quantity
    assert rows(store, f"{query} ORDER BY n") == [
        (3, 400_003, lots - 3, 410_000, START + 60, "amended", 1), (4, 400_004, lots - 4, 410_000, START + 60, "amended", 1),
    ]  # fmt: skip
    with closing(SessionReader(store.path)) as reader:
        assert [intent.order for intent in reader.intents()] == [sleeping]


def test_a_store_that_a_crash_left_half_made_is_swept_away(tmp_path: Path) -> None:
    sessions = tmp_path / "var/state/sessions"
    sessions.mkdir(parents=True)
    torn = sessions / f".{new_name()}.sqlite.new"
    torn.write_bytes(b"SQLite format 3\0 and then the power went")
    assert recover_sessions(tmp_path, ENTRYPOINT, signer_of(tmp_path), portfolio="p", risk_log=tmp_path / "risk.jsonl") == ()
    assert not torn.exists()


def new_name() -> str:
    return f"demo_{ENTRYPOINT}_20260101T000000Z_{RUN_ID[:8]}"


def test_what_differs_between_two_sets_of_terms_is_named() -> None:
    other = SessionTerms(
        rules={"seed": "8", "speed": "max", "latency_ms": "50"},
        instruments=(replace(BTC, tick_size=Decimal("0.5")),),
        start_balances={"USDT": Decimal("10000.00")},
    )
    assert list(TERMS.differences(other)) == [
        "latency_ms was nothing, now it is 50", "seed was 7, now it is 8", "tick_size of okx:BTC/USDT was 0.1, now it is 0.5",
    ]  # fmt: skip
    assert list(TERMS.differences(TERMS)) == []


def test_the_writing_connection_has_the_pragmas_of_the_specification(store: SessionStore) -> None:
    expected: dict[str, object] = {
        "journal_mode": "wal", "synchronous": 2, "locking_mode": "normal", "foreign_keys": 1, "trusted_schema": 0,
        "cell_size_check": 1, "busy_timeout": 0, "wal_autocheckpoint": 1000,
    }  # fmt: skip
    for name, value in expected.items():
        assert store._connection.execute(f"PRAGMA {name}").fetchone()[0] == value, name
    query = "SELECT DISTINCT strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'"
    assert store._connection.execute(query).fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("mark", "why"),
    [("application_id = 1", "not a session store"), ("user_version = 1", "version 1, this release reads version 2")],
)
def test_a_foreign_or_old_database_is_refused(tmp_path: Path, store: SessionStore, mark: str, why: str) -> None:
    store.close()
    with closing(sqlite3.connect(store.path)) as connection:
        connection.execute(f"PRAGMA {mark}")
    with pytest.raises(JournalError, match=why):
        SessionReader(store.path)


def test_a_session_without_an_end_is_found_again_and_old_stores_are_passed_over(tmp_path: Path) -> None:
    ended, cut, old = (new_store(tmp_path, run) for run in ("1" * 32, "2" * 32, "3" * 32))
    ended.close()
    cut.release()
    old.close()
    with closing(sqlite3.connect(old.path)) as connection:
        connection.execute("PRAGMA user_version = 1")
    assert unfinished_session(tmp_path, Stage.DEMO, ENTRYPOINT) == cut.path
    assert unfinished_session(tmp_path, Stage.PAPER, ENTRYPOINT) is None
    assert unfinished_session(tmp_path, Stage.DEMO, "okx_desktop") is None
    assert find_session(tmp_path, run_id="2222") == cut.path
    assert find_session(tmp_path, run_id="4") is None
    resumed(tmp_path, cut.path).close()
    assert unfinished_session(tmp_path, Stage.DEMO, ENTRYPOINT) is None


def test_a_place_that_cannot_be_written_is_a_journal_error(tmp_path: Path) -> None:
    keys_of(tmp_path)
    (tmp_path / "var/state/sessions").write_text("")
    with pytest.raises(JournalError):
        new_store(tmp_path)


Maker = Callable[[int], Item]
MAKERS: tuple[Maker, ...] = (lambda n: RecordItem(note(n)), lambda n: RecordItem(approval(n)), lambda n: RecordItem(refusal(n)))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(MAKERS), st.booleans()), max_size=25))
def test_any_grouping_of_items_into_commits_keeps_their_order_and_one_chain(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[Maker, bool]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    store = new_store(home)
    batch: list[Item] = []
    for seq, (make, ends) in enumerate(plan, start=1):
        batch += [EventItem(seq, "e", b"%d" % seq), make(seq)]
        if ends:
            assert store.commit(batch).last_record_seq == seq
            batch = []
    store.commit(batch)
    store.close()
    with closing(SessionReader(store.path)) as reader:
        assert [record.record_seq for record in reader.records()] == list(range(1, len(plan) + 1))
        assert [event.seq for event in reader.events()] == list(range(1, len(plan) + 1))
        assert list(reader.faults(keys_of(home))) == []
