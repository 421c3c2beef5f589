"""`golive explain ORDER`: the whole chain of live and paper orders, in two languages, and each witness that is missing or lies."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.cli import main as command_line
from golive.cli.explain_words import DETAILS, PHRASES, SENTENCES, STATES, STEPS, VALUES, WITNESSES
from golive.model.decision import Approved
from golive.model.ids import FillId, VenueOrderId
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, Liquidity, OrderUpdate, Side
from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.item import FillItem, OrderUpdateItem, RecordItem
from golive.storage.keys import DIRECTORY as KEYS
from golive.storage.live_log import LiveOrderLog, LogDraft
from golive.storage.order_journal import AnswerItem
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.schema import COLUMNS
from golive.storage.recovery import entries
from golive.storage.risk_decisions import RISK_DECISION, RiskDecisions
from support.durable import BTC, CONTEXT, START, approval, new_store, note, order_id, refusal, signer_of
from support.golive_process import Home
from support.live_orders import (
    FILLED,
    REFUSED,
    RETRIED,
    RISK_LOG,
    UNCLEAR,
    UNSENT,
    WORKING,
    answer,
    decided,
    end,
    signed_anew,
    write,
)
from support.published import published
from support.rehearsal import add_live_entrypoint

LOG = Path("audit/decision_logs/live_execution.jsonl")
SERIES = """# TYPE live_orders counter
live_orders_total{exchange="okx",result="filled",route="main"} 3.0
live_orders_total{exchange="okx",result="absent",route="main"} 0.0
live_orders_total{exchange="okx",result="not_sent",route="main"} 1.0
live_orders_total{exchange="okx",result="rejected",route="main"} 1.0
live_orders_total{exchange="kraken",result="filled",route="main"} 9.0
"""


def golive(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str, str]:
    code = command_line.main(["explain", *words, "--home", str(home)])
    said = capsys.readouterr()
    return code, said.out, said.err


def told(capsys: pytest.CaptureFixture[str], home: Path, order: str) -> tuple[int, dict[str, Any], dict[str, tuple[str, str]]]:
    """Exit code, document, and (state, sentence) of each witness."""
    code, out, err = golive(capsys, home, order, "--json")
    assert err == ""
    document = published(out)
    return code, document, {each["witness"]: (each["state"], each["says"]) for each in document["testimonies"]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose account has the orders of `support.live_orders`."""
    (tmp_path / "config").mkdir()
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/live_router.prom").write_text(SERIES)
    write(tmp_path)
    return tmp_path


def test_a_filled_order_is_followed_from_decision_to_log(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, document, witnesses = told(capsys, home, order_id(FILLED))
    assert code == 0
    assert document["is_whole"] is True
    assert [step["kind"] for step in document["steps"]] == [
        "decision", "intent", "attempt", "answer", "fact", "fill", "fill", "end",
    ]  # fmt: skip
    assert [step["seq"] for step in document["steps"]] == sorted(step["seq"] for step in document["steps"])
    assert (document["status"], document["filled"], document["average_price"]) == ("FILLED", "0.01", "41999.96")
    assert document["venue_order_id"] == "v-1"
    by_kind = {step["kind"]: step["details"] for step in document["steps"]}
    assert by_kind["attempt"] == {"n": "1", "deadline": "2026-01-01T00:00:03Z"}
    assert (by_kind["answer"]["left"], by_kind["answer"]["round_trip_ms"]) == ("2026-01-01T00:00:00.001Z", "38.000")
    ended = next(step["ts"] for step in document["steps"] if step["kind"] == "end")
    assert ended is not None
    assert by_kind["fill"]["fee"] == "0.00001"
    assert by_kind["end"]["latency_ms"] == "41"
    assert witnesses == {
        "journal": ("ok", "rows_sound"), "risk_decisions": ("ok", "agrees"), "decision_log": ("ok", "agrees"),
        "metrics": ("ok", "route_counts"), "venue": ("not_asked", "no_credentials"),
    }  # fmt: skip
    metrics = next(each for each in document["testimonies"] if each["witness"] == "metrics")
    assert metrics["details"]["orders"] == "filled 3, not_sent 1, rejected 1"


def test_the_table_tells_when_an_order_left_and_how_long_its_answer_took(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = golive(capsys, home, order_id(FILLED))[1]
    assert "left 00:00:00.001, answered +38.0 ms" in out
    assert "left" not in golive(capsys, home, order_id(UNSENT))[1]


def test_series_that_have_counted_fewer_orders_than_the_journal_are_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a kill leaves them, which comes between two writings of the file."""
    filled = [
        item for n in range(1, 5) for item in (decided(n), answer(n, 1, AttemptResult.ACCEPTED), end(n, OrderResult.FILLED))
    ]
    write(tmp_path, tuple(filled))
    (tmp_path / "metrics").mkdir()
    series = tmp_path / "metrics/live_router.prom"
    series.write_text(SERIES)
    code, _, witnesses = told(capsys, tmp_path, order_id(1))
    assert (code, witnesses["metrics"]) == (0, ("behind", "counts_are_behind"))
    out = golive(capsys, tmp_path, order_id(1))[1]
    assert "has counted 3 orders of route main at okx that ended like this (filled), the journal 4" in out
    assert "everything agrees but for the series" in out
    series.write_text(SERIES.replace('"main"} 3.0', '"main"} 4.0'))
    assert told(capsys, tmp_path, order_id(1))[2]["metrics"] == ("ok", "route_counts")
    assert golive(capsys, tmp_path, order_id(1))[1].endswith("everything agrees\n")


@pytest.mark.parametrize(
    ("result", "price", "amended"),
    [(AttemptResult.ACCEPTED, "42100", {"quantity": "0.01", "price": "42000"}), (AttemptResult.REJECTED, "42000", None)],
)
def test_an_amended_order_has_the_terms_that_its_venue_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], result: AttemptResult, price: str, amended: dict[str, str] | None
) -> None:
    first = decided(1)
    assert isinstance(first.verdict, Approved)
    dearer = replace(first, amendment=3, verdict=Approved(first.verdict.order._replace(price=BTC.ticks("42100")), 2))
    write(tmp_path, (first, answer(1, 1, AttemptResult.ACCEPTED), dearer, answer(1, 3, result)))
    document = told(capsys, tmp_path, order_id(1))[1]
    assert (document["status"], document["price"], document["amended_from"]) == ("OPEN", price, amended)
    out = golive(capsys, tmp_path, order_id(1))[1]
    assert ("at 42,100 (amended from 0.01 @ 42,000): open" in out) is (amended is not None)


@pytest.mark.parametrize(
    ("order", "status", "kinds"),
    [
        (RETRIED, "REJECTED", ["decision", "intent", "attempt", "answer", "attempt", "answer", "fact", "end"]),
        (REFUSED, "REFUSED", ["decision"]),
        (UNSENT, "NOT_SENT", ["decision", "intent", "end"]),
        (WORKING, "PARTIAL", ["decision", "intent", "attempt", "answer", "fact", "fill"]),
        (UNCLEAR, "UNKNOWN", ["decision", "intent", "attempt", "answer", "note"]),
    ],
)
def test_every_kind_of_life_is_told(
    home: Path, capsys: pytest.CaptureFixture[str], order: int, status: str, kinds: list[str]
) -> None:
    code, document, witnesses = told(capsys, home, order_id(order))
    assert (code, document["status"]) == (0, status)
    assert [step["kind"] for step in document["steps"]] == kinds
    assert witnesses.get("decision_log", ("",))[0] == {WORKING: "pending", UNCLEAR: "pending", REFUSED: ""}.get(order, "ok")


def test_an_attempt_that_was_never_answered_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, (decided(1),))
    _, document, _ = told(capsys, tmp_path, order_id(1))
    assert document["status"] == "UNKNOWN"


def test_an_order_is_found_by_the_beginning_of_its_id_and_by_the_venues(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, home, order_id(WORKING)[:6])[1]["client_order_id"] == order_id(WORKING)
    write(home, (decided(9), answer(9, 1, AttemptResult.ACCEPTED)), account="other")
    with sqlite3.connect(home / "var/state/orders/okx_spot_other.sqlite") as connection:
        connection.execute("UPDATE answers SET venue_order_id = 'venue-77'")
    _, document, witnesses = told(capsys, home, "venue-77")
    assert document["client_order_id"] == order_id(9)
    assert witnesses["journal"] == ("corrupt", "row_changed")


def test_an_unknown_an_unclear_and_a_too_short_id_are_usage_errors(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = order_id(FILLED)[:8] + "0" * 24
    code, out, err = golive(capsys, home, wrong)
    assert (code, out) == (2, "")
    assert order_id(FILLED) in err
    assert golive(capsys, home, order_id(FILLED)[:5])[0] == 2
    ids = [order_id(n) for n in range(20_000)]
    pair = next((a, b) for a, b in zip(sorted(ids), sorted(ids)[1:], strict=False) if a[:6] == b[:6])
    numbers = [ids.index(each) for each in pair]
    write(home, tuple(item for n in numbers for item in (decided(n), end(n, OrderResult.CANCELED))), account="many")
    code, out, err = golive(capsys, home, pair[0][:6])
    assert code == 2
    assert pair[0] in err
    assert pair[1] in err


def flip(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def seal_of(home: Path) -> Path:
    [path] = (home / DIRECTORY).glob("*.seal")
    return path


def drop_line(path: Path, part: str) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    assert any(part.encode() in line for line in lines)
    path.write_bytes(b"".join(line for line in lines if part.encode() not in line))


def again(home: Path, **changed: int) -> None:
    """Append the order's decision to the risk log once more."""
    body = next(entry.body for entry in entries(home / RISK_LOG) if entry.body.get("client_order_id") == order_id(FILLED))
    log = RiskDecisions(home / RISK_LOG, signer_of(home))
    log.append([{**body, **changed}])
    log.close()


def log_again(home: Path) -> None:
    """Append the order's end to the decision log once more, as another account's."""
    body = next(entry.body for entry in entries(home / LOG) if entry.body.get("client_order_id") == order_id(FILLED))
    log = LiveOrderLog(home, signer_of(home), "okx_spot_other")
    log.append([LogDraft(1, "order", body, "")])
    log.close()


def otherwise(home: Path) -> None:
    """Sign a decision log in which the order has ended later."""
    signed_anew(home, lambda body: {**body, "latency_ms": 42} if body.get("client_order_id") == order_id(FILLED) else body)


def decided_otherwise(home: Path) -> None:
    """Sign a risk log in which the order was judged by another profile."""
    bodies = [entry.body for entry in entries(home / RISK_LOG) if entry.type == RISK_DECISION]
    for path in (home / RISK_LOG, (home / RISK_LOG).with_suffix(".seal.json")):
        path.unlink()
    log = RiskDecisions(home / RISK_LOG, signer_of(home))
    log.append([{**body, "profile": "aggressive"} for body in bodies])
    log.close()


LIES: dict[str, tuple[Callable[[Path], object], str, tuple[str, str]]] = {
    "log gone": (lambda home: (home / LOG).unlink(), "decision_log", ("missing", "end_not_there")),
    "record gone": (lambda home: drop_line(home / LOG, order_id(FILLED)), "decision_log", ("missing", "end_not_there")),
    "record changed": (
        lambda home: flip(home / LOG, b'"latency_ms":41', b'"latency_ms":14'), "decision_log", ("corrupt", "bad_record"),
    ),
    "record signed with other words": (otherwise, "decision_log", ("corrupt", "says_otherwise")),
    "decision signed with other words": (decided_otherwise, "risk_decisions", ("corrupt", "says_otherwise")),
    "record torn": (
        lambda home: (home / LOG).write_bytes((home / LOG).read_bytes().partition(b'"fallback_used"')[0] + f'"client_order_id":"{order_id(FILLED)}"'.encode()),
        "decision_log", ("corrupt", "bad_record"),
    ),
    "decision gone": (
        lambda home: drop_line(home / RISK_LOG, order_id(FILLED)), "risk_decisions", ("missing", "decision_not_there"),
    ),
    "decision changed": (
        lambda home: flip(home / RISK_LOG, b'"allowed":true', b'"allowed":false'), "risk_decisions", ("corrupt", "bad_record"),
    ),
    "decision told twice": (again, "risk_decisions", ("corrupt", "repeated")),
    "decision of nobody": (
        lambda home: again(home, decision_seq=99), "risk_decisions", ("corrupt", "not_in_store"),
    ),
    "record told twice": (log_again, "decision_log", ("corrupt", "repeated")),
    "risk log gone": (lambda home: (home / RISK_LOG).unlink(), "risk_decisions", ("missing", "cannot_be_read")),
    "seal changed": (
        lambda home: flip(seal_of(home), b'"last_seq":', b'"last_seq": '), "journal", ("corrupt", "seal_changed"),
    ),
    "seal gone": (lambda home: seal_of(home).unlink(), "journal", ("corrupt", "seal_changed")),
    "seal of another time": (
        lambda home: seal_of(home).write_text("{}\n{}\n"), "journal", ("corrupt", "seal_changed"),
    ),
    "metrics gone": (lambda home: (home / "metrics/live_router.prom").unlink(), "metrics", ("missing", "no_metrics")),
    "metrics that cannot contain it": (
        lambda home: (home / "metrics/live_router.prom").write_text(SERIES.replace("3.0", "0.0")), "metrics",
        ("missing", "not_counted"),
    ),
    "other metrics": (
        lambda home: (home / "metrics/live_router.prom").write_text(SERIES.replace("main", "side")), "metrics",
        ("missing", "route_not_there"),
    ),
}  # fmt: skip


def test_without_the_key_nothing_is_confirmed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / KEYS / "hmac.key").unlink()
    code, document, witnesses = told(capsys, home, order_id(FILLED))
    assert (code, document["is_whole"]) == (6, False)
    assert witnesses["journal"] == ("unknown", "rows_unchecked")
    assert witnesses["risk_decisions"] == witnesses["decision_log"] == ("unknown", "agrees_unchecked")
    code, out, _ = golive(capsys, home, order_id(FILLED))
    assert (code, out.startswith("NOT CONFIRMED: store, risk decisions, decision log")) == (6, True)


@pytest.mark.parametrize("lie", LIES)
def test_each_witness_that_is_gone_or_lies_is_named_in_its_place(
    home: Path, capsys: pytest.CaptureFixture[str], lie: str
) -> None:
    change, witness, says = LIES[lie]
    change(home)
    code, document, witnesses = told(capsys, home, order_id(FILLED))
    assert (code, document["is_whole"]) == (6, False)
    assert witnesses[witness] == says
    assert [name for name, (state, _) in witnesses.items() if state not in ("ok", "not_asked")] == [witness]
    code, out, _ = golive(capsys, home, order_id(FILLED))
    assert code == 6
    assert re.search(r"MISSING|CORRUPT", out)


def test_an_order_and_its_amendments_that_share_a_name_agree_and_each_is_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = decided(1)
    repeated = replace(first, amendment=3)  # word for word what was said of the order
    order = first.verdict.order
    assert order.price is not None
    other = replace(first, verdict=Approved(order._replace(price=order.price + 1), 1), amendment=4)
    accepted = answer(1, 1, AttemptResult.ACCEPTED)
    write(tmp_path, (first, accepted, repeated, answer(1, 3, AttemptResult.ACCEPTED), other))
    assert told(capsys, tmp_path, order_id(1))[2]["risk_decisions"] == ("ok", "agrees")
    log = tmp_path / RISK_LOG
    lines = log.read_text().splitlines(keepends=True)
    decisions = [line for line in lines if '"risk_decision"' in line]
    assert len(decisions) == 3
    for gone in decisions:
        log.write_text("".join(line for line in lines if line is not gone))
        assert told(capsys, tmp_path, order_id(1))[2]["risk_decisions"] == ("missing", "decision_not_there")


def erase(home: Path, tables: Iterable[str]) -> int:
    """Delete an order's rows from tables of its journal, whose triggers forbid that; return how many there were."""
    with sqlite3.connect(home / "var/state/orders/okx_spot_main.sqlite") as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        where = "WHERE client_order_id = ?"
        count = sum(connection.execute(f"DELETE FROM {table} {where}", (order_id(FILLED),)).rowcount for table in tables)
        for _, sql in triggers:
            connection.execute(sql)
    return count


@pytest.mark.parametrize("table", ["attempts", "answers", "facts", "fills", "ends"])
def test_rows_that_are_gone_from_the_journal_are_missed(home: Path, capsys: pytest.CaptureFixture[str], table: str) -> None:
    assert told(capsys, home, order_id(FILLED))[2]["journal"] == ("ok", "rows_sound")
    count = erase(home, [table])
    code, document, witnesses = told(capsys, home, order_id(FILLED))
    assert count > 0
    assert (code, witnesses["journal"]) == (6, ("corrupt", "rows_gone"))
    assert next(each["details"]["rows"] for each in document["testimonies"] if each["witness"] == "journal") == str(count)


@pytest.mark.parametrize("log", [LOG, RISK_LOG])
def test_an_order_that_only_a_log_knows_is_no_typing_error(home: Path, capsys: pytest.CaptureFixture[str], log: Path) -> None:
    for each in {LOG, RISK_LOG} - {log}:
        (home / each).unlink()
    assert erase(home, [table for table, columns in COLUMNS.items() if "client_order_id" in columns]) > 0
    code, out, err = golive(capsys, home, order_id(FILLED))
    assert (code, out) == (6, "")
    assert f"{log}: knows the order {order_id(FILLED)}" in err
    assert "its rows are gone" in err


def test_a_changed_row_of_the_journal_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with sqlite3.connect(home / "var/state/orders/okx_spot_main.sqlite") as connection:
        connection.execute("UPDATE fills SET quantity_text = '0.005' WHERE trade_id = 't1'")
    code, document, witnesses = told(capsys, home, order_id(FILLED))
    assert code == 6
    assert witnesses["journal"] == ("corrupt", "row_changed")
    assert "fills" in next(each["details"]["row"] for each in document["testimonies"] if each["witness"] == "journal")


def test_a_venues_id_that_two_accounts_have_is_told_apart_by_the_entrypoint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = Home(tmp_path / "home")
    add_live_entrypoint(home, "okx", "http://127.0.0.1:1")
    for n, account in ((7, "okx_live_trading"), (8, "other")):
        there = AnswerItem(order_id(n), 1, AttemptResult.ACCEPTED, "0", "", VenueOrderId("venue-77"), ts=2, mono=2, left_mono=1)
        write(home.path, (decided(n), there), account=account)
    code, _, err = golive(capsys, home.path, "venue-77")
    assert code == 2
    assert "2 orders are meant by venue-77" in err
    assert "okx_spot_other.sqlite" in err
    _, out, _ = golive(capsys, home.path, "venue-77", "--entrypoint", "okx_desktop_live", "--json")
    assert published(out)["client_order_id"] == order_id(7)


def test_a_journal_that_cannot_be_read_is_no_proof_that_an_order_is_not_there(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "var/state/orders/okx_spot_main.sqlite").write_bytes(b"no database at all")
    code, out, err = golive(capsys, home, order_id(FILLED))
    assert (code, out) == (6, "")
    assert "okx_spot_main.sqlite" in err


def test_the_table_tells_the_same_in_english_and_in_polish(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, english, _ = golive(capsys, home, order_id(RETRIED))
    assert code == 0
    for part in (
        "rejected",
        "attempt 2",
        "code 51008",
        "Insufficient balance",
        "not processed",
        "everything agrees",
        "not asked",
    ):
        assert part in english
    code, polish, _ = golive(capsys, home, order_id(RETRIED), "--lang", "pl")
    assert code == 0
    for part in (
        "odrzucone",
        "próba 2",
        "kod 51008",
        "Insufficient balance",
        "nieprzetworzone",
        "wszystko się zgadza",
        "nie pytano",
    ):
        assert part in polish


def test_every_word_has_both_languages_and_every_sentence_the_same_places() -> None:
    for words in (STEPS, DETAILS, VALUES, WITNESSES, STATES, SENTENCES, PHRASES):
        for name, (english, polish) in words.items():
            assert bool(english) == bool(polish), name
            assert sorted(re.findall(r"{(\w+)}", english)) == sorted(re.findall(r"{(\w+)}", polish)), name


def test_an_order_of_a_paper_session_is_told_from_its_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = new_store(tmp_path)
    filled = Fill(
        FillId("okx", "t1"), order_id(2), BTC.id, START, Side.BUY, BTC.ticks("42000"), BTC.lots("0.01"), 1000, "BTC", Liquidity.TAKER
    )  # fmt: skip
    records = store.commit([
        RecordItem(note(2, "signal_received")), RecordItem(approval(3, 2)._replace(body={**approval(3, 2).body, "reference_price": "42000"})), RecordItem(refusal(4)),
        OrderUpdateItem(OrderUpdate(order_id(2), START, "accepted", VenueOrderId("paper-2"))), FillItem(filled),
    ]).records  # fmt: skip
    store.close()
    for projection in (
        TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT),
        RiskDecisions(tmp_path / RISK_LOG, signer_of(tmp_path)),
    ):
        projection.project(records)
        projection.close()
    _, document, witnesses = told(capsys, tmp_path, order_id(2))
    assert (document["source"], document["status"], document["average_price"]) == ("session", "FILLED", "42000")
    assert [step["kind"] for step in document["steps"]] == ["signal", "decision", "intent", "fact", "fill"]
    assert witnesses["journal"] == ("ok", "store_sound")
    assert witnesses["risk_decisions"] == ("ok", "agrees")
    assert told(capsys, tmp_path, "paper-2")[1]["client_order_id"] == order_id(2)
    assert told(capsys, tmp_path, order_id(4))[1]["status"] == "REFUSED"
    assert witnesses["decision_journal"] == ("ok", "agrees")
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    journal.project([replace(records[1], record_seq=9)])
    journal.close()
    assert told(capsys, tmp_path, order_id(2))[2]["decision_journal"] == ("corrupt", "not_in_store")
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE fills SET fee = 0")
    code, _, witnesses = told(capsys, tmp_path, order_id(2))
    assert code == 6
    assert witnesses["journal"] == ("corrupt", "store_changed")
