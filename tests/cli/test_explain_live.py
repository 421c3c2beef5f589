"""One order by hand at a simulated venue, then followed: every witness agrees, the venue's own word among them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from support.long_form import only_in_proof
from support.postgres import MISSING, binaries, server
from support.published import published
from support.rehearsal import Rehearsal, rehearsal

pytestmark = pytest.mark.integration


def witnesses(document: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["witness"]: (each["state"], each["says"]) for each in document["testimonies"]}


def sent(desk: Rehearsal, *words: str) -> str:
    done = desk.order(*words, "--json")
    assert done.code == 0, done.stderr
    order: str = json.loads(done.stdout)["client_order_id"]
    return order


def explained(desk: Rehearsal, *words: str) -> tuple[int, dict[str, Any]]:
    done = desk.home.golive("explain", *words, "--json")
    assert done.stderr == ""
    return done.code, published(done.stdout)


WHOLE = {
    "journal": ("ok", "rows_sound"), "risk_decisions": ("ok", "agrees"), "decision_log": ("ok", "agrees"),
    "metrics": ("ok", "route_counts"), "venue": ("ok", "venue_says"),
}  # fmt: skip


@pytest.mark.parametrize("dialect", ["kraken", *only_in_proof("bybit")])
def test_an_order_is_followed_at_every_venue(tmp_path: Path, dialect: str) -> None:
    with rehearsal(tmp_path / "home", dialect) as desk:
        order = sent(desk, "buy", "0.01", desk.symbol)
        code, document = explained(desk, order, *desk.options)
    assert (code, document["status"], document["filled"]) == (0, "FILLED", "0.01")
    assert witnesses(document) == WHOLE


def test_an_order_is_followed_from_decision_to_the_venues_own_word(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home") as desk:
        # A machine that does much else at the time answers late, and the bound is about a trading one.
        desk.home.edit("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 60000")
        filled = sent(desk, "buy", "0.01", desk.symbol)
        resting = sent(desk, "buy", "0.01", desk.symbol, "--limit", "20000")
        code, document = explained(desk, filled, *desk.options)
        assert (code, document["status"], document["filled"]) == (0, "FILLED", "0.01")
        kinds = [step["kind"] for step in document["steps"]]
        assert kinds[:4] == ["decision", "intent", "attempt", "answer"]
        assert kinds[-1] == "end"
        assert witnesses(document) == WHOLE
        code, document = explained(desk, resting[:8], *desk.options)
        assert (code, document["status"]) == (0, "OPEN")
        assert witnesses(document) == {**WHOLE, "decision_log": ("pending", "not_ended")}
        assert explained(desk, document["venue_order_id"])[1]["client_order_id"] == resting
        assert desk.home.golive("audit", "verify", "--all").code == 0
        shown = desk.home.golive("explain", filled, *desk.options, "--lang", "pl")
        assert "wszystko się zgadza" in shown.stdout
        assert re.search(r"giełda teraz +ok +zlecenie \S+: wykonane, wykonano 0.01", shown.stdout)
    code, document = explained(desk, filled, *desk.options)
    assert code == 6
    assert witnesses(document)["venue"][1] == "venue_silent"


def test_a_venue_that_says_something_else_is_told(tmp_path: Path) -> None:
    with rehearsal(tmp_path / "home") as desk:
        order = sent(desk, "buy", "0.01", desk.symbol)
    with rehearsal(tmp_path / "other") as elsewhere:
        desk.home.edit("core.yaml", desk.venue.rest, elsewhere.venue.rest)
        code, document = explained(desk, order, "--credentials", str(elsewhere.key_file))
        assert code == 6
        assert witnesses(document)["venue"] == ("corrupt", "venue_has_nothing")


def test_an_order_that_was_signed_as_absent_and_works_contradicts(tmp_path: Path) -> None:
    """The venue hides it for longer than a person takes to sign; where this machine is slower, the venue just shows it sooner."""
    with rehearsal(tmp_path / "home") as desk:
        desk.venue.add_fault("hidden", match="/api/v5/trade/order", seconds=25, count=1)
        order = sent(desk, "buy", "0.01", desk.symbol, "--limit", "20000")
        signed = desk.reconcile("--sign-absent", order, "--reason", "not on its pages", "--operator", "anna", "--yes")
        assert signed.code == 0, signed.stdout + signed.stderr
        code, document = explained(desk, order)
        assert (code, document["status"]) == (0, "ABSENT")
        assert [step["details"]["operator"] for step in document["steps"] if step["kind"] == "end"] == ["anna"]
        deadline = time.monotonic() + 60
        while witnesses(explained(desk, order, *desk.options)[1])["venue"] == ("ok", "venue_absent"):
            assert time.monotonic() < deadline
        code, document = explained(desk, order, *desk.options)
        assert (code, witnesses(document)["venue"]) == (6, ("corrupt", "venue_differs"))
        shown = desk.home.golive("explain", order, *desk.options)
        assert shown.stdout.startswith("CONTRADICTION: venue now")
        assert "everything agrees" not in shown.stdout
        other = desk.order("buy", "0.01", desk.symbol, "--limit", "20001")
        assert other.code == 0, other.stderr
        assert [row["state"] for row in desk.at_venue(order)] == ["canceled"]
        assert explained(desk, order, *desk.options)[0] == 0


@pytest.mark.skipif(binaries() is None, reason=MISSING)
def test_the_same_holds_for_an_order_journal_in_a_server(tmp_path: Path) -> None:
    with server() as url, rehearsal(tmp_path / "home") as desk:
        desk.home.edit("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 60000")
        desk.home.edit("core.yaml", "execution:\n", f"execution:\n  order_journal:\n    url: {url}\n")
        order = sent(desk, "buy", "0.01", desk.symbol)
        assert not desk.journal.exists()
        code, document = explained(desk, order, *desk.options)
        assert code == 0
        assert document["store"].startswith("postgresql://")
        assert witnesses(document)["journal"] == ("ok", "rows_sound")
        verified = desk.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout
        assert "var/state/orders/okx_spot_okx_live_trading.sqlite" in verified.stdout
