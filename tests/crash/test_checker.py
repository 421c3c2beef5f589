"""The checker finds each kind of violation, and nothing in a clean trail; it imports nothing of the product or the venue."""

from __future__ import annotations

import ast
import json
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crash.checker import chain, journal, ledger, naive, orders
from crash.checker.finding import KINDS
from crash.paper_trail import Trail
from crash.report import check
from golive.model.ids import ClientOrderId
from golive.model.live_order import AttemptResult as A
from golive.model.live_order import OrderResult as R
from golive.model.order import Side
from golive.storage.order_journal.item import FillItem, NoteItem

CHECKER = Path(orders.__file__).parent


@pytest.fixture
def trail(tmp_path: Path) -> Trail:
    return Trail(tmp_path)


def found(trail: Trail) -> dict[str, int]:
    """Run the checker as a program; return what it counted, zeros left out."""
    books, path, key = trail.files()
    document = check(books, ["--journal", str(path), "--key", str(key)])
    counts = document["counts"]
    assert isinstance(counts, dict)
    return {kind: count for kind, count in counts.items() if count}


def clean(trail: Trail) -> ClientOrderId:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), *trail.filled(name)])
    trail.at_venue(name)
    return name


def test_the_checker_imports_the_standard_library_and_itself_alone() -> None:
    for path in sorted(CHECKER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                assert all(name.name.partition(".")[0] in sys.stdlib_module_names for name in node.names), path
            if isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").partition(".")[0] in sys.stdlib_module_names, path
            if isinstance(node, ast.ImportFrom) and node.level:
                assert node.level == 1, path
    assert {module.__name__.partition(".")[0] for module in (chain, journal, ledger, naive)} == {"crash"}


def test_nothing_is_found_where_all_is_well(trail: Trail) -> None:
    clean(trail)
    resting, absent, refused, unsent = (trail.new_id() for _ in range(4))
    trail.journal.commit([*trail.decide(resting), trail.accepted(resting)])
    trail.at_venue(resting, "live", 0)
    trail.journal.commit([*trail.decide(absent), trail.answer(absent, A.UNKNOWN), trail.end(absent, R.ABSENT)])
    trail.journal.commit(trail.decide(refused, is_allowed=False))
    trail.journal.commit([*trail.decide(unsent, deadline_ms=None), trail.end(unsent, R.NOT_SENT)])
    again = trail.new_id()
    first = [*trail.decide(again), trail.answer(again, A.NOT_PROCESSED), trail.attempt(again, 2)]
    trail.journal.commit([*first, trail.answer(again, A.REJECTED, 2), trail.end(again, R.REJECTED)])
    changed = trail.new_id()
    trail.journal.commit([*trail.decide(changed), trail.accepted(changed)])
    for n, (price, answer) in enumerate(
        (("41000", A.ACCEPTED), ("42000", A.ACCEPTED), ("43000", A.UNKNOWN), ("9", A.REJECTED)), 3
    ):
        trail.journal.commit([*trail.amend(changed, price, n), trail.answer(changed, answer, n)])
    trail.at_venue(changed, "live", 0, price="43000")
    books, path, key = trail.files()
    document = check(books, ["--journal", str(path), "--key", str(key)])
    assert document["violations"] == 0, document["examples"]
    assert document["looked_at"] == {
        "orders": 3, "intents": 6, "refused": 1, "fills": 1, "absent": 1, "not_sent": 1, "rejected": 1,
        "asked_after_unknown": 1, "unanswered": 0, "second_attempts": 1, "amendments": 2, "epochs": 1, "timed_attempts": 10, "journal_rows": 49,
        "last_row_of_a_life": {}, "frozen": 0, "venue_ids": 5,
    }  # fmt: skip


def _twice(trail: Trail) -> None:
    trail.at_venue(clean(trail))


def _lost(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.answer(name, A.UNKNOWN), trail.end(name, R.ABSENT)])
    trail.at_venue(name, "live", 0)


def _wrong_answer(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.answer(name, A.REJECTED), *trail.filled(name)[1:]])
    trail.at_venue(name)


def _left_unwritten(trail: Trail) -> None:
    name = trail.new_id()
    answered = trail.answer(name, A.ACCEPTED)
    early = replace(answered, left_mono=answered.mono - 60 * 10**9)
    trail.journal.commit([*trail.decide(name), early, *trail.filled(name)[1:]])
    trail.at_venue(name)


def _answered_before_it_left(trail: Trail) -> None:
    name = trail.new_id()
    answered = trail.answer(name, A.ACCEPTED)
    trail.journal.commit([*trail.decide(name), replace(answered, left_mono=answered.mono + 1), *trail.filled(name)[1:]])
    trail.at_venue(name)


def _accepted_and_never_left(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), replace(trail.answer(name, A.ACCEPTED), left_mono=None), *trail.filled(name)[1:]])
    trail.at_venue(name)


def _phantom(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), *trail.filled(name)])


def _unknown_order(trail: Trail) -> None:
    trail.at_venue("f" * 32)


def _after_deny(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit(trail.decide(name, is_allowed=False))
    trail.at_venue(name)


def _unresolved(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.answer(name, A.UNKNOWN)])


def _not_ended(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.accepted(name), FillItem(trail.fill(name))])
    trail.at_venue(name)


def _other_end(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.accepted(name), trail.end(name, R.CANCELED)])
    trail.at_venue(name, "live", 0)


def _fill_missing(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.accepted(name), trail.end(name, R.FILLED)])
    trail.at_venue(name)


def _booked_twice(trail: Trail) -> None:
    name = clean(trail)
    trail.journal.commit([FillItem(trail.fill(name))])


def _without_attempt(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit(trail.decide(name, deadline_ms=None))
    trail.at_venue(name, "live", 0)


def _other(**terms: str) -> Callable[[Trail], None]:
    def plant(trail: Trail) -> None:
        name = trail.new_id()
        trail.journal.commit([*trail.decide(name), trail.accepted(name)])
        trail.at_venue(name, "live", 0, **terms)

    return plant


def _old_terms_after_an_amendment(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit(
        [*trail.decide(name), trail.accepted(name), *trail.amend(name, "41000"), trail.answer(name, A.ACCEPTED, 3)]
    )
    trail.at_venue(name, "live", 0)


def _fill_of_the_other_side(trail: Trail) -> None:
    name = trail.new_id()
    sold = FillItem(trail.fill(name, Side.SELL))
    trail.journal.commit([*trail.decide(name), trail.accepted(name), sold, trail.end(name, R.FILLED)])
    trail.at_venue(name)


@pytest.mark.parametrize(
    ("plant", "expected"),
    [
        (_twice, {"duplicate": 1}),
        (_lost, {"lost": 1}),
        (_wrong_answer, {"wrong_answer": 1}),
        (_left_unwritten, {"wrong_time": 1}),
        (_answered_before_it_left, {"wrong_time": 1}),
        (_accepted_and_never_left, {"wrong_time": 1}),
        (_phantom, {"phantom": 1}),
        (_unknown_order, {"unknown_order": 1, "no_allow": 1}),
        (_after_deny, {"unknown_order": 1, "no_allow": 1, "after_deny": 1}),
        (_unresolved, {"unresolved": 1}),
        (_not_ended, {"unresolved": 1}),
        (_other_end, {"end_differs": 1}),
        (_fill_missing, {"fill_missing": 1, "end_differs": 1}),
        (_booked_twice, {"fill_extra": 1, "end_differs": 1}),
        (_other(side="sell"), {"other_terms": 1}),
        (_other(symbol="ETH/USDT"), {"other_terms": 1}),
        (_other(type="market", price=""), {"other_terms": 1}),
        (_other(quantity="9"), {"other_terms": 1}),
        (_other(price="40001"), {"other_terms": 1}),
        (_other(time_in_force="ioc"), {"other_terms": 1}),
        (_old_terms_after_an_amendment, {"other_terms": 1}),
        (_fill_of_the_other_side, {"other_terms": 1}),
        (_without_attempt, {"sent_without_attempt": 1, "unresolved": 1}),
    ],
)
def test_each_violation_is_found(trail: Trail, plant: Callable[[Trail], None], expected: dict[str, int]) -> None:
    clean(trail)
    plant(trail)
    assert found(trail) == expected


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE fills SET quantity_text = '9'", "chain"),
        ("UPDATE answers SET result = 'rejected'", "chain"),
        ("DELETE FROM ends", "chain"),
        ("UPDATE intents SET quantity_text = '9'", "other_terms"),
        ("DELETE FROM decisions", "no_allow"),
        ("UPDATE decisions SET seq = 500", "allow_not_before"),
        ("INSERT INTO attempts SELECT seq + 900, client_order_id, 2, deadline_ms, ts, prev_mac, mac FROM attempts", "sent_again"),
    ],
)
def test_a_changed_journal_is_found(trail: Trail, change: str, kind: str) -> None:
    clean(trail)
    assert changed(trail, change)[kind] > 0


def changed(trail: Trail, change: str) -> dict[str, int]:
    """Change the journal behind its back; return what the checker counts."""
    books, path, key = trail.files()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(change)
    counts: Any = check(books, ["--journal", str(path), "--key", str(key)])["counts"]
    return dict(counts)


@pytest.mark.parametrize(
    ("requests", "count"),
    [
        ([("place", "1")], 0),
        ([("place", "1970-01-01T00:00:00.001Z")], 0),
        ([], 0),
        ([("place", "1"), ("place", "1")], 1),
        ([("place", "7")], 1),
        ([("place", "1"), ("amend", "1")], 1),
    ],
)
def test_a_request_that_left_without_its_attempt_is_found(trail: Trail, requests: list[tuple[str, str]], count: int) -> None:
    name = clean(trail)
    document = seen(trail, *(left(name, asks, deadline) for asks, deadline in requests))
    assert document["counts"]["sent_undurable"] == document["violations"] == count
    assert document["looked_at"]["requests"] == len(requests)


def left(name: str, asks: str = "place", deadline: str = "1", window_ends: str = "", later_s: int = 1) -> dict[str, Any]:
    """Return what the network writes down of a request; its attempt is written before `later_s` are over."""
    at = time.time_ns() + later_s * 10**9
    return {"asks": asks, "client_order_id": name, "at": at, "deadline": deadline, "window_ends": window_ends}


def seen(trail: Trail, *requests: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the checker says of a trail and of the requests that were seen leaving."""
    sent = trail.home / "sent.jsonl"
    sent.write_text("".join(json.dumps(row) + "\n" for row in requests))
    books, path, _ = trail.files()
    return dict(check(books, ["--journal", str(path), "--sent", str(sent)]))


def counted(document: Mapping[str, Any]) -> dict[str, int]:
    return {kind: count for kind, count in document["counts"].items() if count}


@pytest.mark.parametrize(
    ("request_left", "expected"),
    [
        ({"deadline": "", "window_ends": "1"}, {}),
        ({"deadline": "", "window_ends": "0"}, {}),
        ({"deadline": "", "window_ends": "2"}, {"sent_undurable": 1}),
        ({"deadline": ""}, {"no_deadline": 1}),
        ({"later_s": -60}, {"wrong_time": 1}),
        ({"asks": "cancel", "deadline": ""}, {}),
    ],
)
def test_a_request_has_a_deadline_that_its_attempt_has_and_leaves_after_it(
    trail: Trail, request_left: dict[str, Any], expected: dict[str, int]
) -> None:
    assert counted(seen(trail, left(clean(trail), **request_left))) == expected


def test_a_request_to_cancel_what_was_never_ours_is_found(trail: Trail) -> None:
    assert counted(seen(trail, left(clean(trail)), left("f" * 32, "cancel", ""))) == {"sent_undurable": 1}


@pytest.mark.parametrize("answer", [A.NOT_SENT, A.UNKNOWN, None])
def test_a_request_that_left_and_is_denied_is_found(trail: Trail, answer: A | None) -> None:
    """Answered as if it had not left, ended so, ended so after a kill took the answer."""
    name = trail.new_id()
    answers = [] if answer is None else [trail.answer(name, answer)]
    trail.journal.commit([*trail.decide(name), *answers, trail.end(name, R.NOT_SENT)])
    assert counted(seen(trail, left(name))) == {"sent_denied": 1}


def test_an_order_that_was_not_processed_and_did_not_leave_again_has_not_been_sent(trail: Trail) -> None:
    name = trail.new_id()
    first = [*trail.decide(name), trail.answer(name, A.NOT_PROCESSED), trail.attempt(name, 2)]
    trail.journal.commit([*first, trail.answer(name, A.NOT_SENT, 2), trail.end(name, R.NOT_SENT)])
    assert counted(seen(trail, left(name))) == {}


def test_an_attempt_to_amend_that_left_and_is_denied_is_found(trail: Trail) -> None:
    name = trail.new_id()
    trail.journal.commit(
        [*trail.decide(name), trail.accepted(name), *trail.amend(name, "41000"), trail.answer(name, A.NOT_SENT, 3)]
    )
    trail.at_venue(name, "live", 0)
    assert counted(seen(trail, left(name), left(name, "amend"))) == {"sent_denied": 1}


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("INSERT INTO decisions SELECT seq + 900, epoch, decision_seq, ts, mono, client_order_id, verdict, code, subject, risk_body, prev_mac, mac"
         " FROM decisions", "no_allow"),
        ("INSERT INTO decisions SELECT seq + 900, epoch, decision_seq, ts, mono, client_order_id, 'refused', code, subject, risk_body, prev_mac,"
         " mac FROM decisions", "after_deny"),
        ("DELETE FROM decisions", "no_allow"),
        ("UPDATE decisions SET seq = 500", "allow_not_before"),
    ],
)  # fmt: skip
def test_an_order_that_is_nowhere_has_one_decision_before_it_too(trail: Trail, change: str, kind: str) -> None:
    name = trail.new_id()
    trail.journal.commit([*trail.decide(name), trail.answer(name, A.UNKNOWN), trail.end(name, R.ABSENT)])
    assert changed(trail, change)[kind] == 1


def test_a_request_that_left_without_any_decision_is_found(trail: Trail) -> None:
    refused = trail.new_id()
    trail.journal.commit(trail.decide(refused, is_allowed=False))
    assert counted(seen(trail, left("f" * 32), left(refused))) == {"sent_undurable": 2, "no_allow": 2, "after_deny": 1}


def test_an_answer_before_its_attempt_and_an_end_before_it_are_found(trail: Trail) -> None:
    clean(trail)
    assert changed(trail, "UPDATE attempts SET seq = 900")["wrong_time"] == 2


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ((), 0),
        (("symbol_frozen",), 1),
        (("symbol_frozen", "symbol_released"), 0),
        (("symbol_frozen", "symbol_released", "symbol_frozen"), 1),
    ],
)
def test_an_order_of_a_frozen_symbol_is_found(trail: Trail, events: tuple[str, ...], count: int) -> None:
    trail.journal.commit([NoteItem(event, {"subject": "okx:BTC/USDT"}, "") for event in events])
    trail.journal.commit([NoteItem("symbol_frozen", {"subject": "okx:ETH/USDT"}, "")])
    clean(trail)
    assert found(trail) == ({"sent_while_frozen": count} if count else {})


def test_a_journal_of_another_key_is_found(trail: Trail, tmp_path: Path) -> None:
    clean(trail)
    books, path, _ = trail.files()
    other = tmp_path / "other.key"
    other.write_text("00" * 32)
    counts: Any = check(books, ["--journal", str(path), "--key", str(other)])["counts"]
    assert counts["chain"] > 0


def test_what_cannot_be_read_is_no_verdict(trail: Trail, tmp_path: Path) -> None:
    books, path, _ = trail.files()
    with pytest.raises(RuntimeError, match="there is no journal"):
        check(books, ["--journal", str(tmp_path / "none.sqlite")])
    (tmp_path / "half.json").write_text(json.dumps({"orders": [{"client_order_id": "a"}]}))
    with pytest.raises(RuntimeError, match="KeyError"):
        check(tmp_path / "half.json", ["--journal", str(path)])


def test_a_ledger_that_contradicts_itself_is_no_verdict(trail: Trail) -> None:
    trail.at_venue(clean(trail))
    trail.ledger[-1]["filled"] = "7"
    books, path, _ = trail.files()
    with pytest.raises(RuntimeError, match="the ledger contradicts itself"):
        check(books, ["--journal", str(path)])


def test_every_kind_has_its_words() -> None:
    finding = (CHECKER / "finding.py").read_text()
    words = finding.partition('"""\nduplicate')[2].partition('"""')[0]
    assert not [kind for kind in KINDS[1:] if kind not in words]
