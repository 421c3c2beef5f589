"""`golive reconcile` and `golive order` as a person uses them, at simulated venues over sockets."""

from __future__ import annotations

import contextlib
import json
import random
import shlex
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from support.by_hand import placed_by_hand
from support.golive_process import ROOT, Finished
from support.long_form import only_in_proof
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.integration
OURS = "0123456789abcdef" * 2
QUANTITY = "0.01"
FAR = "10000"
"""a price at which nobody sells"""


def validated(done: Finished, schema: str) -> Any:
    """Return the document on stdout after checking it against its published schema."""
    document = json.loads(done.stdout)
    published = json.loads((ROOT / f"docs/schemas/{schema}.json").read_text())
    Draft202012Validator(published).validate(document)
    assert document["schema"] == schema
    return document


def rows(done: Finished) -> list[dict[str, Any]]:
    [account] = validated(done, "golive.reconciliation.v1")["accounts"]
    return list(account["differences"])


def kinds(done: Finished) -> list[tuple[str, str]]:
    return [(row["kind"], row["subject"]) for row in rows(done)]


def notes(at: Rehearsal, event: str) -> list[dict[str, Any]]:
    with sqlite3.connect(f"file:{at.journal}?mode=ro", uri=True) as database:
        found = database.execute("SELECT body, operator FROM notes WHERE event = ? ORDER BY seq", (event,)).fetchall()
    return [{**json.loads(body), "operator": operator} for body, operator in found]


def order_id(done: Finished) -> str:
    return str(json.loads(done.stdout)["client_order_id"])


def test_what_a_blocked_order_prints_can_be_run_as_it_is(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.reconcile().code == 0
        placed_by_hand(at.venue, "okx", side="buy", quantity=QUANTITY, price=FAR, name="hand1")
        blocked = at.order("buy", QUANTITY, at.symbol)
        assert blocked.code == 3
        [line] = [line for line in blocked.stderr.splitlines() if "decide with: golive" in line]
        words = shlex.split(line.partition("decide with: golive ")[2])
        assert words == ["reconcile", "--entrypoint", at.entrypoint, "--credentials", str(at.key_file), "--home", str(tmp_path)]
        assert "hand1" in blocked.stderr


def test_an_order_goes_the_whole_way_and_the_next_start_agrees(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        bought = at.order("buy", QUANTITY, at.symbol, "--json")
        assert bought.code == 0, bought.stderr
        document = validated(bought, "golive.order.v1")
        assert (document["status"], document["filled"]) == ("FILLED", "0.01 of 0.01 BTC")
        names = [step["name"] for step in document["steps"]]
        assert names[:4] == ["recovered", "judged", "leaves", "answered"]
        assert set(names[4:]) == {"filled"}
        [truth] = at.at_venue(order_id(bought))
        assert truth["state"] == "filled"
        agreed = at.reconcile("--json")
        assert (agreed.code, rows(agreed)) == (0, [])


def test_a_resting_order_is_taken_over_listed_and_canceled_by_its_beginning(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        placed = at.order("buy", QUANTITY, at.symbol, "--limit", FAR, "--tif", "post_only", "--json")
        assert (placed.code, json.loads(placed.stdout)["status"]) == (0, "OPEN")
        listed = at.home.golive("order", "list", "--entrypoint", at.entrypoint, "--json")
        [row] = validated(listed, "golive.live_orders.v1")["orders"]
        assert (row["client_order_id"], row["price"], row["filled"], row["state"]) == (order_id(placed), FAR, "0", "accepted")
        canceled = at.order("cancel", order_id(placed)[:6])
        assert (canceled.code, canceled.stdout.count("CANCELED")) == (0, 1), canceled.stderr
        assert [each["state"] for each in at.at_venue(order_id(placed))] == ["canceled"]
        assert at.order("cancel", order_id(placed)).code == 2
        assert "no order that has not ended" in at.home.golive("order", "list", "--entrypoint", at.entrypoint).stdout


def test_risk_refuses_with_code_and_limit_and_nothing_reaches_the_venue(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        refused = at.order("buy", "1", at.symbol)
        assert refused.code == 3
        assert "RISK_MAX_POSITION, limit 0.05, value 0.4" in refused.stdout
        assert at.venue.orders() == []
        with sqlite3.connect(f"file:{at.journal}?mode=ro", uri=True) as database:
            assert database.execute("SELECT verdict, code FROM decisions").fetchall() == [("refused", "RISK_MAX_POSITION")]
            assert database.execute("SELECT count(*) FROM intents").fetchone() == (0,)


def test_a_foreign_order_blocks_touches_nothing_and_is_canceled_with_consent(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.reconcile().code == 0
        foreign = placed_by_hand(at.venue, "okx", side="buy", quantity=QUANTITY, price=FAR)
        blocked = at.reconcile("--json")
        assert (blocked.code, kinds(blocked)) == (3, [("foreign_order", foreign)])
        assert [choice["choice"] for choice in rows(blocked)[0]["choices"]] == ["adopt", "cancel", "leave"]
        stopped = at.order("buy", QUANTITY, at.symbol)
        assert stopped.code == 3
        assert "golive reconcile" in stopped.stderr
        assert [row["state"] for row in at.venue.orders()] == ["live"]
        agreed = at.reconcile("--cancel", foreign, "--yes", "--operator", "ada", "--reason", "a test")
        assert agreed.code == 0, agreed.stdout + agreed.stderr
        assert [row["state"] for row in at.venue.orders()] == ["canceled"]
        [note] = notes(at, "canceled_foreign")
        assert (note["subject"], note["operator"], note["reason"]) == (foreign, "ada", "a test")
        assert at.order("buy", QUANTITY, at.symbol).code == 0


def test_consents_for_what_the_table_does_not_have_are_refused_and_not_written(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        foreign = placed_by_hand(at.venue, "okx", side="buy", quantity=QUANTITY, price=FAR)
        for choice, subject in (("--leave", "42"), ("--cancel", "")):
            refused = at.reconcile(choice, subject, "--yes")
            assert refused.code == (3 if subject else 2), (choice, refused)
        assert at.reconcile("--leave", foreign).code == 2, "without a terminal a consent needs --yes"
        assert at.reconcile("--sign-absent", OURS, "--yes").code == 2, "a signature needs a reason"
        assert at.reconcile("--leave", foreign, "--adopt", foreign, "--yes").code == 2
        for event in ("left", "adopted", "balance_accepted", "canceled_foreign", "absence_signed"):
            assert notes(at, event) == []
        assert [row["state"] for row in at.venue.orders()] == ["live"]


def test_one_process_holds_an_account_and_another_is_told_which(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        process = at.start("order", "buy", QUANTITY, at.symbol, "--limit", FAR)
        with process:
            _wait_for_step(process, "leaves")
            process.send_signal(signal.SIGSTOP)
            held = at.reconcile()
            process.send_signal(signal.SIGCONT)
            process.communicate(timeout=60)
        assert held.code == 3
        assert str(process.pid) in held.stderr


def test_a_venue_that_is_not_there_is_unknown_and_not_agreement(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.reconcile().code == 0
        at.venue.kill()
        assert at.order("buy", QUANTITY, at.symbol).code == 6
        asked = at.reconcile("--json")
        assert asked.code == 6
        [account] = json.loads(asked.stdout)["accounts"]
        assert account["status"] == "unknown"


def test_a_command_killed_at_any_moment_leaves_each_order_at_most_once_and_the_next_start_knows_it(tmp_path: Path) -> None:
    """Killed by SIGKILL at random moments from its recovery to its answer."""
    seed = 20_26
    draw = random.Random(seed)
    with rehearsal(tmp_path) as at:
        assert at.reconcile().code == 0
        began = time.monotonic()
        assert at.order("buy", "0.001", at.symbol).code == 0
        whole = time.monotonic() - began
        for _ in range(8):
            process = at.start("order", "buy", "0.001", at.symbol)
            time.sleep(draw.uniform(0.4, 1.0) * whole)  # where it is killed is random; what must hold does not depend on it
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=20)
        agreed = at.reconcile("--json")
        assert agreed.code == 0, agreed.stdout
        with sqlite3.connect(f"file:{at.journal}?mode=ro", uri=True) as database:
            intents = {name for (name,) in database.execute("SELECT client_order_id FROM intents")}
            unended = database.execute(
                "SELECT count(*) FROM intents WHERE client_order_id NOT IN (SELECT client_order_id FROM ends)"
            ).fetchone()
        assert unended == (0,)
        there = [row["client_order_id"] for row in at.venue.orders()]
        assert len(there) == len(set(there)), f"an order exists twice (seed {seed})"
        assert set(there) <= intents, f"an order without its intent (seed {seed})"


def _wait_for_step(process: Any, name: str) -> None:
    for line in process.stdout:
        if line.startswith(name):
            return
    raise AssertionError(f"{name} was never told")


def test_no_command_arms_the_switch(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.order("buy", QUANTITY, at.symbol, "--limit", "1000", "--json").code == 0
        assert at.reconcile().code == 0
        assert not [each for each in at.venue.requests(2000) if "cancel-all-after" in each["target"]]


def test_no_order_leaves_on_a_journal_that_was_changed_before_its_seal(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.order("buy", QUANTITY, at.symbol, "--json").code == 0
        with contextlib.closing(sqlite3.connect(at.journal)) as database:
            database.execute("UPDATE decisions SET ts = ts + 1")
            database.commit()
        there = len(at.venue.orders())
        for words in ("bad mac", "in quarantine since"):
            refused = at.order("buy", QUANTITY, at.symbol)
            assert (refused.code, len(at.venue.orders())) == (70, there)
            assert words in refused.stderr
            assert "decisions seq" in refused.stderr
            assert f"then remove {at.journal.with_suffix('.quarantine')}" in refused.stderr


@pytest.mark.parametrize(
    ("permissions", "why"),
    [(("read", "trade", "withdraw"), "must not have withdraw"), (("read",), "lacks trade")],
)
@pytest.mark.parametrize("dialect", ["okx", "kraken", "bybit"])
def test_a_key_that_may_do_too_much_or_too_little_is_not_used(
    tmp_path: Path, dialect: str, permissions: tuple[str, ...], why: str
) -> None:
    with rehearsal(tmp_path, dialect, permissions=permissions) as at:
        stated = {**at.venue.key.document, "permissions": ["read", "trade"]}  # the venue's word counts, not the file's
        at.key_file.write_text(json.dumps({"keys": [stated]}))
        for refused in (at.order("buy", QUANTITY, at.symbol), at.reconcile()):
            assert (refused.code, why in refused.stderr) == (4, True), refused.stderr
            assert f"{dialect}_live_trading" in refused.stderr
        assert at.venue.orders() == []


@pytest.mark.parametrize("dialect", ["okx", *only_in_proof("bybit")])
def test_what_rests_is_canceled_also_while_a_difference_blocks_the_account(tmp_path: Path, dialect: str) -> None:
    with rehearsal(tmp_path, dialect) as at:
        ours = order_id(at.order("buy", QUANTITY, at.symbol, "--limit", FAR, "--json"))
        placed_by_hand(at.venue, dialect, side="buy", quantity=QUANTITY, price=None)  # an account that holds more than we know
        refused = at.order("buy", QUANTITY, at.symbol)
        assert (refused.code, "journal and venue do not agree" in refused.stderr) == (3, True), refused.stderr
        canceled = at.order("cancel", ours[:8])
        assert (canceled.code, canceled.stdout.splitlines()[0].split()[0]) == (0, "blocked"), canceled.stderr
        assert "balance_differs BTC" in canceled.stdout
        assert ("CANCELED" in canceled.stdout, f"client order id {ours}" in canceled.stdout) == (True, True)
        assert [row["state"] for row in at.at_venue(ours)] == ["canceled"]
        assert at.order("buy", QUANTITY, at.symbol).code == 3
        assert {kind for kind, _ in kinds(at.reconcile("--json"))} == {"balance_differs"}
