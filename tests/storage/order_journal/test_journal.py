"""The order journal: one transaction per commit, rules the database keeps itself, one writer, a new epoch at each start."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from golive.model.decision import Approved
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.ids import derive_client_order_id
from golive.model.live_order import AttemptResult
from golive.storage.order_journal import (
    EndItem,
    FillItem,
    Item,
    JournalPlace,
    OrderJournal,
    StoredAttempt,
)
from golive.storage.order_journal.opening import open_for_reading
from support.durable import BTC, RISK, START, keys_of, order_id
from support.killed import SOURCES, TESTS
from support.order_journals import (
    MachineClock,
    answer,
    attempt,
    baseline,
    decided,
    end,
    everything,
    fact,
    faults,
    fill_of,
    new_order,
    note,
    open_journal,
    place_of,
    reader_of,
    refused,
    write,
)

HOLD = """
import sys, time
from pathlib import Path
from support.order_journals import open_journal
journal = open_journal(Path(sys.argv[1]))
print(journal.epoch, flush=True)
time.sleep(60)
"""


def holder(home: Path) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    command = [sys.executable, "-c", HOLD, str(home)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)


def query(home: Path, text: str) -> list[tuple[object, ...]]:
    with closing(open_for_reading(place_of(home))) as database:
        return list(database.select(text))


def test_a_new_journal_holds_nothing(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        state = journal.state
    assert (state.epoch, state.count, state.orders, state.baseline, state.booked) == (1, 0, {}, None, {})


def test_what_has_not_ended_is_there_at_the_next_start(home: Path) -> None:
    write(home, everything())
    with closing(open_journal(home)) as journal:
        state = journal.state
    assert state.epoch == 2
    assert state.count == 3
    assert list(state.orders) == [order_id(3), order_id(4)]
    unknown, left_out = state.orders[order_id(3)], state.orders[order_id(4)]
    assert unknown.intent == new_order(3, price=None)
    assert (unknown.route, unknown.epoch, unknown.decision_seq, unknown.planned_at) == ("main", 1, 3, START + 3)
    assert unknown.attempts == (
        StoredAttempt(1, 6000, AttemptResult.NOT_PROCESSED, "50011"), StoredAttempt(2, 6000, AttemptResult.UNKNOWN, "0"),
    )  # fmt: skip
    assert left_out.attempts == (StoredAttempt(1, 3000, None, ""),)
    assert state.baseline == {"BTC": Decimal(1), "USDT": Decimal(50_000)}
    assert state.booked == {"BTC": Decimal("0.01"), "USDT": Decimal("-420.000000042")}
    assert state.notes["left:v-foreign"] == {"subject": "v-foreign", "reason": "mine"}
    assert set(state.notes) == {"left:v-foreign", "baseline", "closed"}


def test_an_order_is_loaded_with_the_terms_the_venue_took(home: Path) -> None:
    refused_terms = answer(1, 4, AttemptResult.REJECTED, "51509")
    items: list[Item] = [
        decided(1),
        decided(1, price=421_000, amendment=3),
        answer(1, 3),
        decided(1, price=422_000, amendment=4),
        refused_terms,
        fact(1),
        fill_of(1),
    ]
    write(home, items)
    with closing(open_journal(home)) as journal:
        stored = journal.state.orders[order_id(1)]
    assert stored.intent.price == 421_000
    assert [a.n for a in stored.attempts] == [1, 3, 4]
    assert stored.facts == (fact(1).update,)
    assert stored.fills == (fill_of(1).fill,)


def test_the_venues_own_word_on_new_terms_counts_where_the_answer_is_missing(home: Path) -> None:
    write(home, [decided(1), decided(1, price=421_000, amendment=3), fact(1, "amended", price=421_000, quantity=7)])
    with closing(open_journal(home)) as journal:
        intent = journal.state.orders[order_id(1)].intent
    assert (intent.price, intent.quantity) == (421_000, 7)


def test_an_order_amended_to_less_than_was_filled_is_loaded_as_filled(home: Path) -> None:
    filled = fill_of(1).fill.quantity
    less = decided(1, amendment=3)
    assert isinstance(less.verdict, Approved)
    less = replace(less, verdict=replace(less.verdict, order=less.verdict.order._replace(quantity=filled - 1)))
    write(home, [decided(1), fill_of(1), less, answer(1, 3)])
    with closing(open_journal(home)) as journal:
        stored = journal.state.orders[order_id(1)]
    assert stored.intent.quantity == filled == stored.fills[0].quantity


def test_a_late_fill_of_an_ended_order_is_booked_and_does_not_revive_it(home: Path) -> None:
    write(home, [baseline(BTC="0"), decided(1), end(1), fill_of(1, fee=5, fee_asset="BTC")])
    with closing(open_journal(home)) as journal:
        state = journal.state
    assert state.orders == {}
    assert state.booked == {"BTC": Decimal("0.00999995"), "USDT": Decimal("-420")}


def test_a_new_baseline_begins_the_booking_anew(home: Path) -> None:
    write(home, [baseline(USDT="1"), decided(1), fill_of(1), baseline(USDT="-2.5", BTC="0.01"), fill_of(1, "t2")])
    with closing(open_journal(home)) as journal:
        state = journal.state
    assert state.baseline == {"USDT": Decimal("-2.5"), "BTC": Decimal("0.01")}
    assert state.booked["BTC"] == Decimal("0.01")


def test_amounts_stand_as_integers_and_as_exact_text(home: Path) -> None:
    write(home, [decided(1), fill_of(1)])
    assert query(home, "SELECT quantity, price, quantity_text, price_text FROM intents") == [
        (1_000_000, 420_000, "0.01", "42000")
    ]
    assert query(home, "SELECT fee, fee_text, price_text, quantity_text FROM fills") == [(42, "0.000000042", "42000", "0.01")]
    body = '{"adjustments":{"max_quantity":null},"allowed":true'
    assert str(query(home, "SELECT risk_body FROM decisions")[0][0]).startswith(body)


def test_decision_intent_and_attempt_are_one_transaction_and_in_this_order(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        rows = journal.commit([decided(1), refused(2)])
    assert [row.table for row in rows if row.table != "seals"] == ["decisions", "intents", "attempts", "decisions"]
    seqs = [row.seq for row in rows]
    assert seqs == sorted(seqs)


def test_attempts_and_ends_tell_when_they_were_written_and_answers_when_they_came(home: Path) -> None:
    write(home, [decided(1), answer(1), end(1)])
    assert query(home, "SELECT ts, mono, left_mono FROM answers") == [(START + 40, 45, 7)]
    [written] = query(home, "SELECT o.ts, a.ts, e.ts FROM openings AS o, attempts AS a, ends AS e")
    assert list(written) == sorted(written, key=str)


BROKEN: dict[str, tuple[list[Item], str]] = {
    "the same id twice": ([decided(1), decided(1)], "(?i)unique"),
    "a second attempt of an unknown outcome": ([decided(1), answer(1, 1, AttemptResult.UNKNOWN), attempt(1, 2)], "not processed"),
    "a second attempt without any answer": ([decided(1), attempt(1, 2)], "not processed"),
    "a second attempt after a rejection": ([decided(1), answer(1, 1, AttemptResult.REJECTED), attempt(1, 2)], "not processed"),
    "the first attempt twice": ([decided(1), attempt(1, 1)], "(?i)unique"),
    "an attempt without intent": ([attempt(1, 1)], "(?i)foreign key"),
    "an attempt of a refused order": ([refused(1), attempt(1, 1)], "(?i)foreign key"),
    "an attempt to amend without amendment": ([decided(1), attempt(1, 3)], "needs its amendment"),
    "an attempt after the end": ([decided(1, deadline_ms=None), end(1), attempt(1, 1)], "has ended"),
    "an amendment after the end": ([decided(1), end(1), decided(1, amendment=3)], "has ended"),
    "an amendment without intent": ([decided(1, amendment=3)], "(?i)foreign key"),
    "an answer without attempt": ([decided(1, deadline_ms=None), answer(1)], "(?i)foreign key"),
    "two answers to one attempt": ([decided(1), answer(1), answer(1)], "(?i)unique"),
    "two ends": ([decided(1), end(1), end(1)], "(?i)unique"),
    "a fact of an unknown order": ([fact(1)], "needs the intent"),
    "a fill of an unknown order": ([fill_of(1)], "needs the intent"),
    "an end of an unknown order": ([end(1)], "needs the intent"),
    "a fill with other content": ([decided(1), fill_of(1), fill_of(1, fee=43)], "came twice with different content"),
    "a baseline without balances": ([note("baseline")], "balances"),
    "an instrument of another account": (
        [FillItem(fill_of(1).fill._replace(instrument=BTC.id._replace(base="ETH")))], "not an instrument of this account",
    ),
    "a record that is no JSON": ([decided(1), EndItem(order_id(1), end(1).result, {"x": float("nan")})], "JSON number"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_commit_that_breaks_a_rule_leaves_nothing_and_closes_the_journal(home: Path, case: str) -> None:
    items, complaint = BROKEN[case]
    journal = open_journal(home)
    before = journal.last_seq
    with pytest.raises(JournalError, match=complaint):
        journal.commit(items)
    with pytest.raises(JournalError, match="unusable since"):
        journal.commit([note()])
    with pytest.raises(JournalError, match="lapsed"):
        journal.lease.check()
    journal.close()
    with closing(reader_of(home)) as reader:
        assert reader.last_seq == before
    assert faults(home) == []


def test_whatever_a_venue_writes_beside_its_code_is_kept(home: Path) -> None:
    said = replace(answer(1, 1, AttemptResult.REJECTED, "5\0"), detail="no\0 \ud800" + "x" * 1000)
    write(home, [decided(1), said])
    assert query(home, "SELECT code, detail FROM answers") == [("5 ", "no  ?" + "x" * 495)]


def test_a_journal_that_cannot_be_closed_in_order_gives_the_account_back(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE journal SET value = value || 'x' WHERE key = 'venue'")
        connection.execute("UPDATE journal SET value = 'okx' WHERE key = 'venue'")
        connection.commit()
    with pytest.raises(JournalError, match="another process has written"):
        journal.close()
    with closing(open_journal(tmp_path)) as again:
        assert again.epoch == 2


def test_the_same_fill_twice_is_kept_once(home: Path) -> None:
    write(home, [decided(1), fill_of(1), fill_of(1)])
    assert query(home, "SELECT count(*) FROM fills") == [(1,)]


def test_facts_fills_and_end_of_an_adopted_order_are_taken(home: Path) -> None:
    adopted = note("adopted", "v-9", client_order_id=order_id(9))
    write(home, [adopted, fact(9), fill_of(9), end(9)])
    with closing(open_journal(home)) as journal:
        assert journal.state.booked["BTC"] == Decimal("0.01")
        assert journal.state.notes["adopted:v-9"]["client_order_id"] == order_id(9)


def test_ids_are_derived_from_account_epoch_strategy_and_number_and_never_come_twice(home: Path) -> None:
    seen = []
    for epoch in (1, 2):
        with closing(open_journal(home)) as journal:
            seen += [journal.client_order_id("trend"), journal.client_order_id("trend"), journal.client_order_id("other")]
        assert seen[-2] == derive_client_order_id(
            keys_of(home).id_key, venue="okx", account="okx_main", epoch=epoch, strategy="trend", sequence=2
        )
    assert len(set(seen)) == 6


def test_the_epoch_rises_even_when_an_older_copy_was_put_back_with_its_seal(tmp_path: Path) -> None:
    write(tmp_path, [])
    place = place_of(tmp_path)
    copy = place.path.read_bytes(), place.seal.read_bytes()
    write(tmp_path, [])
    place.path.write_bytes(copy[0])
    place.seal.write_bytes(copy[1])
    with closing(open_journal(tmp_path)) as journal:
        assert journal.epoch == 3


def test_a_second_process_is_refused_by_name_until_the_first_is_dead(home: Path) -> None:
    with holder(home) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        with pytest.raises(PrerequisiteMissing, match=rf"okx_spot_okx_main are in the hands of process {process.pid} "):
            open_journal(home)
        process.kill()
        process.wait()
    with closing(open_journal(home)) as journal:
        assert journal.epoch == 2
    assert [row[0] for row in query(home, "SELECT found FROM openings ORDER BY seq")] == ["new", "crashed"]


def test_another_connection_that_writes_ends_the_journal_before_its_next_commit(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE journal SET value = value || 'x' WHERE key = 'venue'")
        connection.commit()
    with pytest.raises(JournalError, match="another process has written"):
        journal.commit([decided(1)])
    journal.close()


def test_the_heartbeat_notices_another_writer_as_well(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE journal SET value = value || 'x' WHERE key = 'venue'")
        connection.commit()
    with pytest.raises(JournalError, match="another process has written"):
        journal.beat()
    with pytest.raises(JournalError, match="lapsed"):
        journal.lease.check()
    journal.close()


def test_a_journal_of_another_account_environment_or_key_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, [])
    other = JournalPlace(tmp_path, "okx", "okx_spot", "okx_main", "okx_testnet")
    with pytest.raises(JournalError, match="environment is 'okx_live' there and 'okx_testnet' here"):
        OrderJournal.open(other, keys_of(tmp_path), RISK, MachineClock(), code_version="1", operator="anna")
    with pytest.raises(JournalError, match="key_id is"):
        OrderJournal.open(place_of(tmp_path), keys_of(tmp_path / "b"), RISK, MachineClock(), code_version="1", operator="anna")


@pytest.mark.parametrize("name", ["", "a/b", "..", "ä", "x" * 65])
def test_a_name_that_makes_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="order journal"):
        JournalPlace(tmp_path, "okx", "okx_spot", name, "okx_live")


def test_a_reader_finds_an_order_by_part_of_its_id_and_by_the_venues_while_the_writer_works(home: Path) -> None:
    with closing(open_journal(home)) as journal:
        journal.commit(everything())
        with closing(reader_of(home)) as reader:
            assert reader.find(order_id(1)[:8]) == (order_id(1),)
            assert reader.find("v-1") == (order_id(1),)
            assert reader.find(order_id(2)) == (order_id(2),)
            assert set(reader.find("")) == {order_id(n) for n in (1, 2, 3, 4)}
            assert reader.find("nothing") == ()
            tables = [row.table for row in reader.order(order_id(1))]
            assert reader.not_ended() == (order_id(3), order_id(4))
            assert reader.last_seq == journal.last_seq
            assert [row.seq for row in reader.rows(after=3)] == list(range(4, journal.last_seq + 1))
            assert reader.facts["environment"] == "okx_live"
    assert tables == [
        "decisions", "intents", "attempts", "answers", "facts", "decisions", "amendments", "attempts", "answers", "facts", "fills",
        "ends",
    ]  # fmt: skip


def test_a_reader_tells_from_when_on_an_order_may_be_at_its_venue(home: Path) -> None:
    refused_once = answer(1, 1, AttemptResult.NOT_PROCESSED, "50011")
    with closing(open_journal(home)) as journal:
        journal.commit([decided(1, deadline_ms=3000), refused_once])
        journal.commit([attempt(1, 2, 6000), decided(2, deadline_ms=None)])
    with closing(reader_of(home)) as reader:
        assert [reader.first_deadline_ms(order_id(n)) for n in (1, 2, 3)] == [3000, None, None]
