"""Order journal → decision log and risk log: everything once and in order, whatever a crash kept from either."""

from __future__ import annotations

import fcntl
import json
import random
import threading
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from golive.audit import canonical
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.storage import live_projection
from golive.storage.journal_file import LOCK_PATIENCE_S
from golive.storage.live_projection import LiveProjection
from golive.storage.live_segments import log_files
from golive.storage.order_journal.row import JournalRow
from golive.storage.recovery import entries
from golive.storage.risk_decisions import compare
from support.durable import order_id, signer_of

RISK = Path("logs/risk_decisions.jsonl")


def rows_of(orders: int) -> list[JournalRow]:
    """Decision, intent and end of each order, a freeze now and then, and rows that say nothing in either log."""
    rows: list[JournalRow] = []

    def add(table: str, **values: int | str | None) -> None:
        rows.append(JournalRow(len(rows) + 1, table, values))

    add("openings", epoch=1, operator="anna")
    for n in range(1, orders + 1):
        risk: JsonObject = {"client_order_id": order_id(n), "decision_seq": n, "allowed": True}
        add("decisions", client_order_id=order_id(n), risk_body=canonical(risk).decode())
        add("intents", client_order_id=order_id(n))
        if n % 3 == 0:
            add("notes", event="symbol_frozen", body=json.dumps({"subject": f"s{n}"}), operator="anna")
            add("notes", event="switch_armed", body="{}", operator="anna")
        if n > 1:
            add("ends", client_order_id=order_id(n - 1), record=canonical({"client_order_id": order_id(n - 1)}).decode())
    return rows


def open_projection(home: Path, rows: list[JournalRow]) -> LiveProjection:
    def above(after: int) -> Iterable[JournalRow]:
        return (row for row in rows if row.seq > after)

    return LiveProjection.open(home, signer_of(home), "okx_spot_main", home / RISK, above)


def decision_log(home: Path) -> list[tuple[str, object, str]]:
    found = [entry for path in log_files(home / "audit/decision_logs") for entry in entries(path)]
    return [(entry.type, entry.body["journal_seq"], entry.operator) for entry in found if "journal" in entry.body]


def risk_log(home: Path) -> list[object]:
    return [entry.body["decision_seq"] for entry in entries(home / RISK) if entry.type == "risk_decision"]


def expected(rows: list[JournalRow]) -> list[tuple[str, object, str]]:
    ends = [("order", row.seq, "golive") for row in rows if row.table == "ends"]
    notes = [("symbol_frozen", row.seq, "anna") for row in rows if row.values.get("event") == "symbol_frozen"]
    return sorted([*ends, *notes], key=lambda each: int(str(each[1])))


def test_ends_and_notes_go_to_the_decision_log_and_decisions_to_the_risk_log(tmp_path: Path) -> None:
    rows = rows_of(7)
    projection = open_projection(tmp_path, [])
    projection.project(rows[:9])
    projection.project(rows[9:])
    projection.close()
    assert decision_log(tmp_path) == expected(rows)
    assert risk_log(tmp_path) == list(range(1, 8))


@pytest.mark.parametrize("seed", range(20))
def test_after_a_crash_each_log_gets_what_it_lacks_once(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    rows = rows_of(12)
    projection = open_projection(tmp_path, [])
    projection.project(rows[: draw.randrange(len(rows))])
    projection.sync()
    # Both files lose what was never synced, each as much as chance has it.
    for path in (tmp_path / RISK, *log_files(tmp_path / "audit/decision_logs")):
        data = path.read_bytes()
        path.write_bytes(data[: draw.randrange(data.index(b"\n") + 1, len(data) + 1)])
    for _ in range(2):
        open_projection(tmp_path, rows).close()
        assert decision_log(tmp_path) == expected(rows)
        assert sorted(risk_log(tmp_path), key=str) == sorted(range(1, 13), key=str)


@pytest.mark.parametrize("kept", [0, 3, 250, 399])
def test_of_a_long_journal_the_risk_log_gets_all_that_it_lacks(tmp_path: Path, kept: int) -> None:
    rows = rows_of(400)
    projection = open_projection(tmp_path, [])
    projection.project(rows)
    projection.sync()
    lines = (tmp_path / RISK).read_bytes().splitlines(keepends=True)
    first = next(at for at, line in enumerate(lines) if b'"risk_decision"' in line)
    (tmp_path / RISK).write_bytes(b"".join(lines[: first + kept]))
    for _ in range(2):
        open_projection(tmp_path, rows).close()
        assert risk_log(tmp_path) == list(range(1, 401))


def test_a_start_looks_at_the_last_rows_of_a_long_journal_and_not_at_the_others(tmp_path: Path) -> None:
    rows = rows_of(400)
    asked: list[int] = []
    for _ in range(2):
        projection = open_projection(tmp_path, rows)
        projection.close()

    def above(after: int) -> Iterable[JournalRow]:
        asked.append(after)
        return (row for row in rows if row.seq > after)

    LiveProjection.open(tmp_path, signer_of(tmp_path), "okx_spot_main", tmp_path / RISK, above).close()
    assert [len(rows) - after < 300 for after in asked] == [True]


@pytest.mark.parametrize("same", range(1, 9))
def test_an_amendment_that_says_the_same_as_one_long_before_it_is_missed_as_any_other(tmp_path: Path, same: int) -> None:
    """Rows before those that are looked at say what the oldest of these says again."""
    told: JsonObject = {"client_order_id": order_id(1), "decision_seq": 1}
    again = [JournalRow(0, "decisions", {"risk_body": canonical(told).decode()})]
    rest = rows_of(120)
    rows = [*again, JournalRow(0, "intents", {}), *rest[:same], *again, *rest[same:]]
    rows = [row._replace(seq=seq) for seq, row in enumerate(rows, 1)]
    projection = open_projection(tmp_path, [])
    projection.project(rows[: 2 + same])
    projection.sync()
    open_projection(tmp_path, rows).close()
    assert sum(row.table == "decisions" for row in rows) == len(risk_log(tmp_path))


@pytest.mark.parametrize("seed", range(20))
def test_decisions_that_share_a_name_are_all_kept(tmp_path: Path, seed: int) -> None:
    """Of an order and of its amendments, some of them word for word the same."""
    draw = random.Random(seed)
    bodies = [
        {"client_order_id": order_id(1), "decision_seq": draw.choice((1, 2)), "quantity": draw.choice("ab")} for _ in range(9)
    ]
    rows = [JournalRow(n, "decisions", {"risk_body": canonical(body).decode()}) for n, body in enumerate(bodies, 1)]
    projection = open_projection(tmp_path, [])
    projection.project(rows[: draw.randrange(len(rows))])
    projection.sync()
    for _ in range(2):
        open_projection(tmp_path, rows).close()
        log = list(entries(tmp_path / RISK))
        told = [{name: entry.body[name] for name in bodies[0]} for entry in log if entry.type == "risk_decision"]
        assert told == bodies
        assert list(compare(bodies, log)) == []
        assert list(compare([*bodies, bodies[0]], log)) != []


def test_another_account_that_writes_is_waited_for(tmp_path: Path) -> None:
    rows = rows_of(4)
    projection = open_projection(tmp_path, [])
    for path in (tmp_path / RISK, *log_files(tmp_path / "audit/decision_logs")):
        with path.open("rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            # Longer than a session's journals wait, and so shorter than the account's.
            threading.Timer(2 * LOCK_PATIENCE_S, fcntl.flock, (other.fileno(), fcntl.LOCK_UN)).start()
            projection.project(rows if path.name == RISK.name else [rows[-1]._replace(seq=1000)])
    projection.close()
    assert risk_log(tmp_path) == [1, 2, 3, 4]
    assert len(decision_log(tmp_path)) == len(expected(rows)) + 1


def test_accounts_that_write_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    def account(name: str) -> None:
        mine = LiveProjection.open(tmp_path, signer_of(tmp_path), name, tmp_path / RISK, lambda _: ())
        for _ in range(3):
            mine.project(rows_of(300))
        mine.close()

    with ThreadPoolExecutor() as threads:
        list(threads.map(account, ["okx_spot_a", "okx_spot_b", "kraken_spot_a"]))
    told = Counter(
        entry.body["journal"]
        for entry in entries(tmp_path / "audit/decision_logs/live_execution.jsonl")
        if "journal" in entry.body
    )
    assert set(told.values()) == {len(expected(rows_of(300)))}
    assert len(risk_log(tmp_path)) == 3 * 3 * 300


def test_other_accounts_decisions_in_between_do_not_hide_ours(tmp_path: Path) -> None:
    rows = rows_of(5)
    open_projection(tmp_path, rows[:6]).close()
    other = LiveProjection.open(tmp_path, signer_of(tmp_path), "kraken_spot_main", tmp_path / RISK, lambda _: ())
    foreign: JsonObject = {"client_order_id": order_id(99), "decision_seq": 1, "allowed": False}
    other.project(
        [JournalRow(n, "decisions", {"risk_body": canonical({**foreign, "decision_seq": n}).decode()}) for n in range(1, 50)]
    )
    other.close()
    open_projection(tmp_path, rows).close()
    assert risk_log(tmp_path).count(1) == 2
    assert decision_log(tmp_path) == expected(rows)
    ours = [
        entry.body
        for entry in entries(tmp_path / RISK)
        if entry.body.get("client_order_id") in {order_id(n) for n in range(1, 6)}
    ]
    assert [body["decision_seq"] for body in ours] == [1, 2, 3, 4, 5]


def test_an_older_journal_beside_a_newer_log_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    rows = rows_of(12)
    open_projection(tmp_path, rows).close()
    before = decision_log(tmp_path)
    with pytest.raises(JournalError, match=rf"has row {rows[-1].seq} of okx_spot_main .* ends at row 20: an older copy.*Restore"):
        open_projection(tmp_path, rows[:20])
    other = [*rows[:-1], rows[-1]._replace(values={**rows[-1].values, "record": '{"client_order_id":"another"}'})]
    with pytest.raises(JournalError, match=rf"says something else in row {rows[-1].seq}: an older copy"):
        open_projection(tmp_path, other)
    assert decision_log(tmp_path) == before
    open_projection(tmp_path, rows).close()


def test_older_copies_of_both_logs_get_all_that_they_lack_however_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(40)
    log = tmp_path / "audit/decision_logs"
    open_projection(tmp_path, rows[:30]).close()
    old = {path: path.read_bytes() for path in (tmp_path / RISK, (tmp_path / RISK).with_suffix(".seal.json"))}
    old |= {path: path.read_bytes() for path in log.iterdir()}
    open_projection(tmp_path, rows).close()
    monkeypatch.setattr(live_projection, "LOOK_BACKS", (5, 20))
    for path, data in old.items():  # the risk log alone, then both
        if path.parent != log:
            path.write_bytes(data)
    open_projection(tmp_path, rows).close()
    assert sorted(risk_log(tmp_path), key=str) == sorted(range(1, 41), key=str)
    for path, data in old.items():
        path.write_bytes(data)
    open_projection(tmp_path, rows).close()
    assert decision_log(tmp_path) == expected(rows)
    assert sorted(risk_log(tmp_path), key=str) == sorted(range(1, 41), key=str)
