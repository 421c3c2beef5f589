"""An order that its venue does not take and that another gets: each of the two names the other, and its venue is asked."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from support.published import published
from support.rehearsal import Rehearsal, add_live_entrypoint, rehearsal
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration


def explained(at: Rehearsal, order: str) -> tuple[int, dict[str, Any]]:
    done = at.home.golive("explain", order, *at.options, "--json")
    assert done.stderr == ""
    return done.code, published(done.stdout)


def let_bybit_help(at: Rehearsal, other: VenueProcess) -> None:
    """Let orders that OKX does not take go to this venue."""
    add_live_entrypoint(at.home, "bybit", other.rest)
    routes = "[{name: both, adapters: [okx_spot, bybit_spot], symbols: [BTC/USDT], allow_fallback: true}]"
    at.home.edit("core.yaml", "    routes: []", f"    routes: {routes}")
    keys = ((at.venue.key, "okx_live_trading"), (other.key, "bybit_live_trading"))
    at.key_file.write_text(json.dumps({"keys": [{**key.document, "account": account} for key, account in keys]}))


def test_both_orders_of_a_fallback_name_each_other_and_each_venue_is_asked(tmp_path: Path) -> None:
    key = new_key(dialect="bybit")
    with (
        venue_process("--no-limits", "--balance", "USDT=100000", dialect="bybit", keys=[key], speed="1") as bybit,
        rehearsal(tmp_path / "home") as at,
    ):
        let_bybit_help(at, bybit)
        at.venue.add_fault("error", match="/api/v5/trade/order", method="POST", code="51022")
        at.order("buy", "0.01", at.symbol, "--limit", "20000")
        with contextlib.closing(sqlite3.connect(at.journal)) as database:
            [(original,)] = database.execute("SELECT client_order_id FROM intents")
        [there] = bybit.orders()
        instead = there["client_order_id"]
        assert instead != original

        code, document = explained(at, original)
        assert (code, document["status"], document["instead_of"]) == (0, "REJECTED", None)
        assert document["went_to"] == {"client_order_id": instead, "venue": "bybit_spot", "reason": "symbol_halted"}

        code, document = explained(at, instead)
        assert (code, document["status"], document["went_to"]) == (0, "OPEN", None)
        assert document["instead_of"] == {"client_order_id": original, "venue": "okx_spot", "reason": "symbol_halted"}
        # the entrypoint that was named trades at OKX alone
        assert {each["witness"]: each["says"] for each in document["testimonies"]}["venue"] == "venue_says"

        for lang, words in (
            ("en", ("went to bybit_spot as {}, because its symbol is halted", "instead of {} at okx_spot, because its symbol")),
            ("pl", ("poszło na bybit_spot jako {}, bo handel symbolem", "zamiast {} na okx_spot, bo handel symbolem")),
        ):
            assert words[0].format(instead) in at.home.golive("explain", original, "--lang", lang).stdout
            assert words[1].format(original) in at.home.golive("explain", instead, "--lang", lang).stdout

        journal = at.home.path / "var/state/orders/bybit_spot_bybit_live_trading.sqlite"
        journal.write_bytes(b"x" * 4096)
        code, document = explained(at, original)
        assert (code, document["went_to"]) == (6, None)
        assert "elsewhere_unread" in [each["says"] for each in document["testimonies"]]
