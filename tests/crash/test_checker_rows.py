"""The checker finds journals that are sound chains and say what is not so: ids, integers, records of ends, epochs, codes."""

from __future__ import annotations

import hmac
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from crash.checker.chain import canonical
from crash.checker.journal import rows
from crash.paper_trail import Trail
from crash.report import check
from golive.model.ids import ClientOrderId
from golive.model.live_order import AttemptResult as A
from golive.model.live_order import OrderResult as R
from golive.storage.order_journal.item import FillItem


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(tmp_path)


def two_filled(trail: Trail) -> tuple[ClientOrderId, ClientOrderId]:
    """Write two orders that were filled, one after the other."""
    first, second = trail.new_id(), trail.new_id()
    for name in (first, second):
        trail.journal.commit([*trail.decide(name), *trail.filled(name)])
        trail.at_venue(name)
    return first, second


def forged(trail: Trail, *changes: str) -> dict[str, int]:
    """Change the journal, chain its rows anew with its own key; return what the checker counts, zeros left out."""
    books, path, key = trail.files()
    with closing(sqlite3.connect(path)) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        for change in changes:
            assert connection.execute(change).rowcount > 0, change
        connection.commit()
        secret = bytes.fromhex(key.read_text())
        facts = dict(connection.execute("SELECT key, value FROM journal"))
        previous = hmac.digest(secret, b"orders|" + canonical(facts), "sha256")
        for seq, table, values, _, _ in list(rows(path)):
            kinds = "".join("i" if isinstance(value, int) else "n" if value is None else "t" for value in values)
            plain = [str(value) if isinstance(value, int) else value for value in values]
            mac = hmac.digest(secret, previous + canonical([table, seq, kinds, *plain]), "sha256")
            connection.execute(f"UPDATE {table} SET prev_mac = ?, mac = ? WHERE seq = ?", (previous, mac, seq))
            previous = mac
        connection.commit()
    counts: Any = check(books, ["--journal", str(path), "--key", str(key)])["counts"]
    return {kind: count for kind, count in counts.items() if count}


def test_a_journal_that_is_chained_anew_without_a_change_is_clean(trail: Trail) -> None:
    two_filled(trail)
    assert forged(trail) == {}


SWAP = "CASE venue_order_id WHEN '1' THEN '2' ELSE '1' END"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((f"UPDATE answers SET venue_order_id = {SWAP}",), {"wrong_id": 2}),
        (("UPDATE answers SET venue_order_id = '77'",), {"wrong_id": 2}),
        (
            (
                "UPDATE fills SET trade_id = 'x' WHERE trade_id = '1'",
                "UPDATE fills SET trade_id = '1' WHERE trade_id = '2'",
                "UPDATE fills SET trade_id = '2' WHERE trade_id = 'x'",
            ),
            {"fill_extra": 2, "fill_missing": 2},
        ),
        (("UPDATE fills SET liquidity = 'maker'",), {"fill_extra": 2, "fill_missing": 2}),
        (("UPDATE fills SET ts = 7",), {"fill_extra": 2, "fill_missing": 2}),
        (("UPDATE fills SET price = 7",), {"other_terms": 2}),
        (("UPDATE fills SET quantity = 7",), {"other_terms": 2}),
        (("UPDATE fills SET fee = 7",), {"other_terms": 2}),
        (("UPDATE intents SET price = 7",), {"other_terms": 2}),
        (("UPDATE intents SET price = NULL",), {"other_terms": 2}),
        (("UPDATE intents SET quantity = 7",), {"other_terms": 2}),
        (("UPDATE intents SET decision_seq = 7",), {"other_terms": 2}),
        (("UPDATE intents SET signal_id = 'x'",), {"other_terms": 2}),
        (("UPDATE intents SET ts = 7",), {"other_terms": 2}),
        (("UPDATE intents SET route = 'nowhere'",), {"projection": 2}),
        (("UPDATE decisions SET code = 'x'",), {"projection": 2}),
        (("UPDATE decisions SET risk_body = json_set(risk_body, '$.allowed', json('false'))",), {"projection": 2}),
        (("UPDATE ends SET record = '{}'",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.result', 'absent')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.client_order_id', 'x')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.side', 'sell')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.quantity', '999')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.price', '999')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.attempts', json('[]'))",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.attempts[0].result', 'unknown')",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.attempts[0].deadline_ms', 7)",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.fallback_used', json('true'))",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.latency_ms', -1)",), {"projection": 2}),
        (("UPDATE ends SET record = json_set(record, '$.more', 1)",), {"projection": 2}),
        (("UPDATE openings SET epoch = 1000",), {"chain": 4}),
        (("UPDATE decisions SET epoch = 7", "UPDATE intents SET epoch = 7"), {"chain": 4}),
    ],
)  # fmt: skip
def test_what_a_sound_chain_says_wrongly_is_found(trail: Trail, changes: tuple[str, ...], expected: dict[str, int]) -> None:
    two_filled(trail)
    assert forged(trail, *changes) == expected


def test_an_epoch_that_goes_back_is_found(trail: Trail) -> None:
    two_filled(trail)
    trail.journal.close()
    trail.journal = Trail(trail.home).journal
    assert forged(trail, "UPDATE openings SET epoch = 0 WHERE epoch = 2", "UPDATE notes SET ts = ts") == {"chain": 1}


@pytest.mark.parametrize(("code", "expected"), [("50011", {}), ("51000", {"sent_again": 1})])
def test_a_second_attempt_after_a_code_that_is_on_no_list_is_found(trail: Trail, code: str, expected: dict[str, int]) -> None:
    two_filled(trail)
    name = trail.new_id()
    first = [*trail.decide(name), trail.answer(name, A.NOT_PROCESSED), trail.attempt(name, 2)]
    trail.journal.commit([*first, trail.answer(name, A.REJECTED, 2), trail.end(name, R.REJECTED)])
    record = f"UPDATE ends SET record = json_set(record, '$.attempts[0].code', '{code}') WHERE client_order_id = '{name}'"
    assert forged(trail, f"UPDATE answers SET code = '{code}' WHERE result = 'not_processed'", record) == expected


def test_the_id_of_another_order_is_found_at_one_the_venue_does_not_have(trail: Trail) -> None:
    two_filled(trail)
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.answer(name, A.UNKNOWN), trail.end(name, R.ABSENT)])
    assert forged(trail, f"UPDATE answers SET venue_order_id = '1' WHERE client_order_id = '{name}'") == {"wrong_id": 1}


@pytest.mark.parametrize(
    ("result", "fills", "expected"),
    [
        (R.CANCELED, 1, {"end_differs": 2}),
        (R.PARTIAL, 0, {"end_differs": 2, "fill_missing": 1}),
        (R.EXPIRED, 1, {"end_differs": 2}),
    ],
)
def test_an_end_that_its_fills_do_not_bear_out_is_found(trail: Trail, result: R, fills: int, expected: dict[str, int]) -> None:
    """Once because the venue says otherwise, once because the journal contradicts itself."""
    two_filled(trail)
    name = trail.new_id()
    booked = [FillItem(trail.fill(name)) for _ in range(fills)]
    trail.journal.commit([*trail.decide(name), trail.accepted(name), *booked, trail.end(name, result)])
    trail.at_venue(name)
    assert forged(trail) == expected


def _balances(bitcoin: str) -> Callable[[dict[str, Any]], None]:
    def change(ledger: dict[str, Any]) -> None:
        ledger["start"] = {"BTC": "1", "USDT": "1000"}
        ledger["balances"] = {"main": {"BTC": {"total": bitcoin}, "USDT": {"total": "992"}}}

    return change


@pytest.mark.parametrize(("bitcoin", "is_sound"), [("1.0002", True), ("1", False)])
def test_balances_that_contradict_the_fills_are_no_verdict(trail: Trail, bitcoin: str, is_sound: bool) -> None:
    two_filled(trail)
    books, path, _ = trail.files()
    ledger = json.loads(books.read_text())
    _balances(bitcoin)(ledger)
    books.write_text(json.dumps(ledger))
    if is_sound:
        assert check(books, ["--journal", str(path)])["violations"] == 0
    else:
        with pytest.raises(RuntimeError, match=r"\['BTC'\] of main are not what its fills made of them"):
            check(books, ["--journal", str(path)])
