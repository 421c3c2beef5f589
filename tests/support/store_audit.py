"""A session store read by somebody who knows only its tables: SQLite, decimals, and sums. Nothing here is the project's."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

ENDED = {"canceled", "rejected", "expired", "absent", "not_sent"}


@dataclass(frozen=True)
class Account:
    """What fills lead to: balances in whole units, positions in lots by instrument, profit in the quote asset."""

    balances: dict[str, Decimal]
    positions: dict[str, int]
    realized: Decimal


@dataclass(frozen=True)
class StoredSession:
    """All rows of one store that matter to an account."""

    terms: dict[str, Any]
    events: list[tuple[str, list[Any]]]
    news: list[dict[str, Any]]
    """order updates and fills, in order"""
    intents: list[dict[str, Any]]
    lifecycle: list[tuple[str, dict[str, Any]]]

    @classmethod
    def read(cls, path: Path) -> StoredSession:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            terms = json.loads(database.execute("SELECT value FROM session WHERE key = 'terms'").fetchone()[0])
            events = [(kind, json.loads(body)) for kind, body in database.execute("SELECT kind, body FROM events ORDER BY seq")]
            updates = [{**row, "table": "order_updates"} for row in map(dict, database.execute("SELECT * FROM order_updates"))]
            fills = [{**row, "table": "fills"} for row in map(dict, database.execute("SELECT * FROM fills"))]
            query = "SELECT i.*, d.ts AS decided FROM intents AS i JOIN decisions AS d USING (decision_seq) ORDER BY i.seq"
            intents = [dict(row) for row in database.execute(query)]
            lifecycle = [
                (event, json.loads(body)) for event, body in database.execute("SELECT event, body FROM lifecycle ORDER BY seq")
            ]
        return cls(terms, events, sorted(updates + fills, key=lambda row: row["seq"]), intents, lifecycle)

    @property
    def fills(self) -> list[dict[str, Any]]:
        return [row for row in self.news if row["table"] == "fills"]

    @property
    def restarts(self) -> list[dict[str, Any]]:
        return [body for event, body in self.lifecycle if event == "resumed"]

    def account(self, fills: list[dict[str, Any]]) -> Account:
        """Replay fills: average cost in whole units of the quote asset, rounded down for a part, as docs/ledger.md has it."""
        balances = {asset: Decimal(amount) for asset, amount in self.terms["start_balances"].items()}
        positions, realized = dict.fromkeys(self.terms["instruments"], 0), Decimal(0)
        units, cost = dict.fromkeys(positions, Decimal(0)), dict.fromkeys(positions, Decimal(0))
        lots = dict.fromkeys(positions, Decimal(0))
        for fill in fills:
            name = fill["instrument"]
            base, quote = name.partition(":")[2].split("/")
            grid = self.terms["instruments"][name]
            tick, lot = Decimal(grid["tick_size"]), Decimal(grid["lot_size"])
            base_scale, quote_scale = max(8, _decimals(lot)), max(8, _decimals(tick) + _decimals(lot))
            sign = 1 if fill["side"] == "buy" else -1
            moved = {base: sign * fill["quantity"] * lot, quote: -sign * fill["price"] * tick * fill["quantity"] * lot}
            moved[fill["fee_asset"]] -= Decimal(fill["fee"]).scaleb(-(base_scale if fill["fee_asset"] == base else quote_scale))
            for asset, change in moved.items():
                balances[asset] = balances.get(asset, Decimal(0)) + change
            if sign > 0:
                cost[name] -= moved[quote]
            else:
                part = cost[name] * -moved[base] / units[name] if -moved[base] < units[name] else cost[name]
                part = part.quantize(Decimal(1).scaleb(-quote_scale), rounding="ROUND_FLOOR")
                cost[name] -= part
                realized += moved[quote] - part
            units[name] += moved[base]
            lots[name] = units[name] // lot
        return Account(balances, {name: int(count) for name, count in lots.items() if count}, realized)

    def check_restart(self, restart: dict[str, Any]) -> None:
        """Compare what a restart said of its account with the fills that were stored by then."""
        past = self.events[: restart["events"]]
        known = sum(kind in ("OrderUpdate", "Fill") for kind, _ in past)
        news = self.news[:known]
        account = self.account([row for row in news if row["table"] == "fills"])
        assert {asset: Decimal(text) for asset, text in restart["balances"].items()} == {
            **dict.fromkeys(restart["balances"], Decimal(0)),
            **account.balances,
        }
        lot = {name: Decimal(grid["lot_size"]) for name, grid in self.terms["instruments"].items()}
        assert {name: Decimal(text) / lot[name] for name, text in restart["positions"].items()} == account.positions
        assert Decimal(restart["realized"]) == account.realized
        self._check_open(set(restart["open_orders"]), news, restart["market_time"])

    def _check_open(self, told: set[str], news: list[dict[str, Any]], market_time: str | None) -> None:
        filled: dict[str, int] = {}
        over = set()
        for row in news:
            if row["table"] == "fills":
                filled[row["client_order_id"]] = filled.get(row["client_order_id"], 0) + row["quantity"]
            elif row["event"] in ENDED:
                over.add(row["client_order_id"])
        open_ = [
            i for i in self.intents if i["client_order_id"] not in over and filled.get(i["client_order_id"], 0) < i["quantity"]
        ]
        seen = {row["client_order_id"] for row in news}
        # An order without news is known from the moment of its decision; one decided in the very last moment may be, or not.
        must = {i["client_order_id"] for i in open_ if i["client_order_id"] in seen}
        may = {i["client_order_id"] for i in open_ if market_time is not None and _iso(i["decided"]) <= market_time[:19]}
        assert must <= told <= may, (must, told, may)


def _iso(ns: int) -> str:
    import datetime

    return datetime.datetime.fromtimestamp(ns // 10**9, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)
