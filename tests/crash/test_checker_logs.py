"""The checker finds logs that are sound chains and say something else than the journal, more, less, or nothing at all."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from crash.checker.chain import canonical
from crash.checker.journal import connect
from crash.paper_trail import Trail
from crash.report import check
from golive.storage.order_journal.item import NoteItem

Records: TypeAlias = list[dict[str, Any]]
RISK, ORDERS = "risk_decisions.jsonl", "live_execution.jsonl"


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    trail = Trail(tmp_path)
    for _ in range(2):
        name = trail.new_id()
        trail.journal.commit([*trail.decide(name), *trail.filled(name)])
        trail.at_venue(name)
    trail.journal.commit(trail.decide(trail.new_id(), is_allowed=False))
    trail.journal.commit([NoteItem("symbol_released", {"subject": "okx:BTC/USDT"}, "somebody")])
    return trail


def in_logs(path: Path) -> dict[str, Records]:
    """Return what the logs have to say of a journal."""
    header = {"type": "header", "operator": "test", "body": {}}
    logs: dict[str, Records] = {RISK: [header], ORDERS: [header]}
    with closing(connect(path)) as connection:
        for (body,) in connection.execute("SELECT risk_body FROM decisions ORDER BY seq"):
            logs[RISK].append({"type": "risk_decision", "operator": "test", "body": json.loads(body)})
        told = [(seq, "order", "test", body) for seq, body in connection.execute("SELECT seq, record FROM ends")]
        told += connection.execute("SELECT seq, event, operator, body FROM notes WHERE event = 'symbol_released'").fetchall()
    for seq, kind, operator, body in sorted(told):
        source = {"journal": path.stem, "journal_seq": seq, "key_class": "development"}
        logs[ORDERS].append({"type": kind, "operator": operator, "body": json.loads(body) | source})
    return logs


def judged(trail: Trail, change: Callable[[dict[str, Records]], None], key: bytes | None = None) -> dict[str, int]:
    """Write the changed logs as sound chains; return what the checker counts, zeros left out."""
    books, path, key_file = trail.files()
    logs = in_logs(path)
    change(logs)
    secret = key or bytes.fromhex(key_file.read_text())
    for name, records in logs.items():
        previous, lines = "", []
        for seq, record in enumerate(records, 1):
            entry = {**record, "seq": seq, "prev": previous}
            previous = hmac.digest(secret, canonical(entry), "sha256").hex()
            lines.append(json.dumps({**entry, "mac": previous}) + "\n")
        (trail.home / name).write_text("".join(lines))
    files = [str(trail.home / name) for name in (RISK, ORDERS)]
    counts: Any = check(books, ["--journal", str(path), "--key", str(key_file)], log=files)["counts"]
    return {kind: count for kind, count in counts.items() if count}


def test_logs_that_say_what_the_journal_says_are_clean(trail: Trail) -> None:
    assert judged(trail, lambda logs: None) == {}


def test_logs_of_another_key_are_found(trail: Trail) -> None:
    assert judged(trail, lambda logs: None, b"0" * 32) == {"chain": 4 + 4}


def _says(log: str, at: int, **body: object) -> Callable[[dict[str, Records]], None]:
    def change(logs: dict[str, Records]) -> None:
        record = logs[log][at]
        logs[log][at] = {**record, "body": record["body"] | body}

    return change


def _has_again(log: str, at: int, **body: object) -> Callable[[dict[str, Records]], None]:
    def change(logs: dict[str, Records]) -> None:
        record = logs[log][at]
        logs[log].append({**record, "body": record["body"] | body})

    return change


def _lacks(log: str, at: int) -> Callable[[dict[str, Records]], None]:
    return lambda logs: logs[log].pop(at)  # type: ignore[return-value]


def _turned(logs: dict[str, Records]) -> None:
    logs[ORDERS].reverse()


def _without(log: str) -> Callable[[dict[str, Records]], None]:
    return lambda logs: logs.pop(log)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("change", "count"),
    [
        (_says(ORDERS, 1, result="absent"), 2),
        (_says(ORDERS, 1, client_order_id="0" * 32), 2),
        (_says(ORDERS, 1, quantity="999"), 2),
        (_says(ORDERS, 1, attempts=[]), 2),
        (_says(ORDERS, 1, journal_seq=1), 2),
        (_says(ORDERS, 1, journal="bybit_spot_main"), 2),
        (_says(ORDERS, 3, subject="okx:ETH/USDT"), 2),
        (_has_again(ORDERS, 3), 1),
        (_has_again(ORDERS, 3, journal_seq=900_000), 1),
        (_has_again(ORDERS, 3, journal="mars_spot_main"), 1),
        (_lacks(ORDERS, 1), 1),
        (_lacks(ORDERS, 3), 1),
        (_turned, 2),
        (_without(ORDERS), 3),
        (_says(RISK, 1, allowed=False), 2),
        (_says(RISK, 3, allowed=True), 2),
        (_says(RISK, 1, client_order_id="f" * 32), 2),
        (_has_again(RISK, 1), 1),
        (_has_again(RISK, 1, client_order_id="f" * 32), 1),
        (_has_again(RISK, 1, instrument="mars:BTC/USDT"), 1),
        (_lacks(RISK, 2), 1),
        (_without(RISK), 3),
    ],
)
def test_a_log_that_says_something_else_is_found(trail: Trail, change: Callable[[dict[str, Records]], None], count: int) -> None:
    """Instead of what it should say: once for what it lacks, once for what it has."""
    assert judged(trail, change) == {"projection": count}


def test_a_record_of_somebody_else_is_found(trail: Trail) -> None:
    def change(logs: dict[str, Records]) -> None:
        logs[ORDERS][3]["operator"] = "nobody"

    assert judged(trail, change) == {"projection": 2}


def test_logs_that_have_nothing_to_say_need_not_be_there(tmp_path: Path) -> None:
    trail = Trail(tmp_path)

    def change(logs: dict[str, Records]) -> None:
        logs.clear()

    assert judged(trail, change) == {}
