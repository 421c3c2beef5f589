"""An order that was not placed by us and that a person has adopted: listed, and followed from the consent to its end."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.by_hand import amended_by_hand, placed_by_hand
from support.golive_process import Finished
from support.live_orders import signed_anew
from support.published import published
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.integration
LOG = "audit/decision_logs/live_execution.jsonl"


def adopted(at: Rehearsal, *, quantity: str, price: str, name: str) -> str:
    """Place an order by hand and adopt it; return the venue's id."""
    assert at.reconcile().code == 0
    order = placed_by_hand(at.venue, at.dialect, side="buy", quantity=quantity, price=price, name=name)
    done = at.reconcile("--adopt", order, "--reason", "it is mine", "--operator", "anna", "--yes")
    assert done.code == 0, done.stderr
    return order


def taking_price(at: Rehearsal) -> str:
    """A price at which some sell now, and nobody as much as 200 BTC."""
    with urllib.request.urlopen(f"{at.venue.rest}/api/v5/market/books?instId=BTC-USDT&sz=1", timeout=10) as answer:
        best = Decimal(json.loads(answer.read())["data"][0]["asks"][0][0])
    return format((best * Decimal("1.0005")).quantize(Decimal("0.1")).normalize(), "f")


def listed(at: Rehearsal) -> list[dict[str, Any]]:
    done = at.home.golive("order", "list", "--entrypoint", at.entrypoint, "--json")
    orders: list[dict[str, Any]] = published(done.stdout)["orders"]
    return orders


def explained(at: Rehearsal, *words: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    done: Finished = at.home.golive("explain", *words, "--json")
    assert done.stderr == ""
    document = published(done.stdout)
    return done.code, document, {each["witness"]: each["says"] for each in document["testimonies"]}


def test_an_adopted_order_is_listed_and_followed_from_consent_to_end(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home", money="10000000") as at:
        price = taking_price(at)
        order = adopted(at, quantity="200", price=price, name="byhand1")
        [row] = listed(at)
        assert (row["venue_order_id"], row["client_order_id"], row["adopted"]) == (
            order, "byhand1", {"by": "anna", "reason": "it is mine"},
        )  # fmt: skip
        assert (row["side"], row["quantity"], row["price"], row["state"]) == ("buy", "200", price, "partially_filled")
        code, document, says = explained(at, order)
        assert (code, document["status"], document["filled"]) == (0, "PARTIAL", row["filled"])
        assert (document["adopted"]["by"], document["adopted"]["reason"]) == ("anna", "it is mine")
        note, *fills = document["steps"]
        assert (note["kind"], {step["kind"] for step in fills}) == ("note", {"booking"})
        booked = [step["details"]["moved"].split(", ") for step in fills]  # base, and quote
        got = sum((Decimal(base.removesuffix(" BTC")) for base, _ in booked), Decimal(0))
        assert Decimal("0.99") < got / Decimal(row["filled"]) <= 1  # less the fee
        assert all(Decimal(quote.removesuffix(" USDT")) < 0 for _, quote in booked)
        assert explained(at, "byhand1")[1]["venue_order_id"] == order
        assert says == {
            "journal": "rows_sound", "risk_decisions": "not_judged", "decision_log": "agrees", "metrics": "not_counted_adopted",
            "venue": "no_credentials",
        }  # fmt: skip

        canceled = at.order("cancel", order)
        assert canceled.code == 0, canceled.stderr
        code, _, says = explained(at, order, *at.options)
        assert (code, says["venue"]) == (6, "venue_is_ahead")
        assert at.reconcile().code == 0
        code, document, says = explained(at, order, *at.options)
        assert (code, document["status"], says["venue"], says["decision_log"]) == (0, "PARTIAL", "venue_says", "agrees")
        told = [(step["kind"], step["details"].get("event")) for step in document["steps"] if step["kind"] != "booking"]
        assert told == [("note", "adopted"), ("note", "canceled_foreign"), ("end", None)]
        assert document["steps"][-1]["details"]["result"] == "canceled"
        assert listed(at) == []
        table = at.home.golive("explain", order).stdout
        assert f"{order} · adopted by anna, " in table
        assert "adopted, by anna, because it is mine, buy, quantity 200" in table


def test_an_order_that_was_placed_without_an_id_is_followed_by_the_venues(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home", "bybit") as at:
        order = adopted(at, quantity="0.02", price="20000", name="")
        code, document, says = explained(at, order, *at.options)
        assert (code, document["status"], document["client_order_id"], says["venue"]) == (0, "OPEN", None, "venue_says")
        assert (document["side"], document["quantity"], document["price"]) == ("buy", "0.02", "20000")


def test_terms_of_an_adopted_order_that_was_amended_at_the_venue_are_told(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home") as at:
        order = adopted(at, quantity="0.02", price="20000", name="byhand1")
        amended_by_hand(at.venue, order, quantity="0.03", price="20100")
        code, document, says = explained(at, order, *at.options)
        assert (code, document["quantity"], document["price"], says["venue"]) == (0, "0.02", "20000", "venue_has_other_terms")
        shown = at.home.golive("explain", order, *at.options).stdout
        assert "at 20,000 (when it was adopted): open" in shown
        assert "amended there since it was adopted, it is 0.03 @ 20100 now" in shown


def test_a_note_that_is_changed_or_not_in_the_log_is_named(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home") as at:
        order = adopted(at, quantity="0.02", price="20000", name="byhand1")
        log = at.home.path / LOG
        whole = log.read_text()
        log.write_text("".join(line for line in whole.splitlines(keepends=True) if '"adopted"' not in line))
        assert explained(at, order)[2]["decision_log"] == "note_not_there"
        log.write_text(whole.replace("it is mine", "it is ours"))
        assert explained(at, order)[2]["decision_log"] == "bad_record"
        log.write_text(whole)
        kept = {path: path.read_bytes() for path in (log, log.with_suffix(".seal.json"))}
        signed_anew(at.home.path, lambda body: {**body, "reason": "it is ours"} if "reason" in body else body)
        assert explained(at, order)[2]["decision_log"] == "says_otherwise"
        for path, data in kept.items():
            path.write_bytes(data)
        with sqlite3.connect(at.journal) as database:
            database.execute("UPDATE notes SET operator = 'eve' WHERE event = 'adopted'")
        code, _, says = explained(at, order)
        assert (code, says["journal"], says["decision_log"]) == (6, "row_changed", "agrees")
