"""A bot's files and a venue's ledger made by hand, so that the checker can be shown what it must find."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.json import JsonObject, JsonValue
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, Side
from golive.runtime.clock import SystemClock
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.item import AnswerItem, AttemptItem, DecidedItem, EndItem, FillItem, Item
from golive.storage.order_journal.journal import OrderJournal
from golive.storage.order_journal.place import JournalPlace
from golive.storage.risk_body import RiskContext
from support.trading import instrument_named

INSTRUMENT = instrument_named("okx:BTC/USDT")
IDENTITY = InstrumentId.parse("okx:BTC/USDT")


class Trail:
    """One account's journal, written by the product's own code, and a ledger beside it that the test fills."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.place = JournalPlace(home, "okx", "okx_spot", "main", "test")
        self.keys = SigningKeys.load_or_create(home)
        risk = RiskContext("test", "balanced", "0" * 64, {IDENTITY: INSTRUMENT})
        self.journal = OrderJournal.open(self.place, self.keys, risk, SystemClock(), code_version="test", operator="test")
        self.ledger: list[dict[str, Any]] = []
        self._decisions = self._trades = 0
        self._names: list[str] = []
        self._attempts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._answers: dict[tuple[str, int], JsonObject] = {}
        self._traded: defaultdict[str, list[str]] = defaultdict(list)

    def new_id(self) -> ClientOrderId:
        return self.journal.client_order_id("test")

    def decide(self, name: ClientOrderId, *, is_allowed: bool = True, deadline_ms: int | None = 1) -> list[Item]:
        """Return the decision about a limit order of one lot, with its first attempt when it has a deadline."""
        self._decisions += 1
        order = NewOrder(name, IDENTITY, Side.BUY, OrderType.LIMIT, INSTRUMENT.min_quantity, INSTRUMENT.ticks_nearest("40000"))
        verdict: Approved | Refused = Approved(order, self._decisions)
        if not is_allowed:
            verdict = Refused(order, self._decisions, DecisionCode.RISK_MAX_POSITION, "1", "2")
            deadline_ms = None
        if deadline_ms is not None:
            self._attempts[name][1] = deadline_ms
        return [DecidedItem(verdict, 1, 1, deadline_ms=deadline_ms)]

    def fill(self, name: ClientOrderId, side: Side = Side.BUY) -> Fill:
        """Return a fill of all of it, each time another one."""
        self._trades += 1
        self._traded[name].append(str(self._trades))
        price, lots = INSTRUMENT.ticks_nearest("40000"), INSTRUMENT.min_quantity
        return Fill(FillId("okx", str(self._trades)), name, IDENTITY, 1, side, price, lots, 0, "BTC", Liquidity.TAKER)

    def amend(self, name: ClientOrderId, price: str, n: int = 3) -> list[Item]:
        """Return the decision to change its price, with its attempt."""
        self._decisions += 1
        self._attempts[name][n] = 1
        order = NewOrder(name, IDENTITY, Side.BUY, OrderType.LIMIT, INSTRUMENT.min_quantity, INSTRUMENT.ticks_nearest(price))
        return [DecidedItem(Approved(order, self._decisions), 1, 1, deadline_ms=1, amendment=n)]

    def filled(self, name: ClientOrderId) -> list[Item]:
        """Return what follows a decision when the order was accepted and filled."""
        return [self.accepted(name), FillItem(self.fill(name)), self.end(name, OrderResult.FILLED)]

    def accepted(self, name: ClientOrderId) -> Item:
        return self.answer(name, AttemptResult.ACCEPTED)

    def answer(self, name: ClientOrderId, result: AttemptResult, n: int = 1) -> AnswerItem:
        # Its attempt is written a moment later, by the commit.
        ts, mono, there = (
            time.time_ns() + 10**9,
            time.monotonic_ns() + 10**9,
            VenueOrderId(self._id(name)) if result is AttemptResult.ACCEPTED else None,
        )
        left = None if result is AttemptResult.NOT_SENT else mono
        code = "50011" if result is AttemptResult.NOT_PROCESSED else ""
        self._answers.setdefault((name, n), {"result": str(result), "code": code})  # the first one counts
        return AnswerItem(name, n, result, code, "", there, ts=ts, mono=mono, left_mono=left)

    def attempt(self, name: ClientOrderId, n: int) -> Item:
        self._attempts[name][n] = 2
        return AttemptItem(name, n, 2)

    def end(self, name: ClientOrderId, result: OrderResult) -> Item:
        quantity = INSTRUMENT.quantity_text(INSTRUMENT.min_quantity)
        attempts: list[JsonValue] = [
            {"n": n, "deadline_ms": deadline_ms, **self._answers.get((name, n), {"result": "unknown", "code": ""})}
            for n, deadline_ms in self._attempts[name].items()
        ]
        record: JsonObject = {
            "route": "", "client_order_id": name, "instrument": str(IDENTITY), "side": "buy", "quantity": quantity, "price": "40000",
            "attempts": attempts, "result": str(result), "latency_ms": None, "fallback_used": False,
        }  # fmt: skip
        return EndItem(name, result, record)

    def _id(self, name: str) -> str:
        """Return the venue's id of the first order under our `name`."""
        if name not in self._names:
            self._names.append(name)
        return str(1 + self._names.index(name))

    def at_venue(self, name: str, state: str = "filled", fills: int = 1, **other: str) -> None:
        """Write an order of one lot into the ledger, filled (1) or not (0); `other`: terms it has instead of the intended ones."""
        quantity = INSTRUMENT.quantity_text(INSTRUMENT.min_quantity)
        trade_id = next(iter(self._traded[name]), "none")
        fill = {
            "shown_as": trade_id,
            "price": "40000",
            "quantity": quantity,
            "fee": "0",
            "fee_asset": "BTC",
            "liquidity": "taker",
            "ts": "1",
        }
        filled = quantity if fills else "0"
        order = {
            "client_order_id": name,
            "venue_order_id": str(len(self.ledger) + 1),
            "shown_as": self._id(name),
            "quantity": quantity,
            "filled": filled,
        }
        terms = {
            "symbol": "BTC/USDT",
            "side": "buy",
            "type": "limit",
            "time_in_force": "gtc",
            "price": "40000",
            "quote_budget": "",
            "account": "main",
            "tick_size": str(INSTRUMENT.tick_size),
            "lot_size": str(INSTRUMENT.lot_size),
        }
        self.ledger.append({**order, **terms, "state": state, "fills": [fill] * fills, **other})

    def files(self) -> tuple[Path, Path, Path]:
        """Close the journal; return ledger, journal and MAC key."""
        self.journal.close()
        ledger = self.home / "ledger.json"
        ledger.write_text(json.dumps({"venue": "okx", "orders": self.ledger}))
        return ledger, self.place.path, self.home / "var/state/keys/dev/hmac.key"
