"""An account's order journal with its logs, written as the live driver writes them: orders in several states, one freeze."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import FillId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, Liquidity, OrderUpdate, Side
from golive.storage.journal_file import Signer
from golive.storage.live_log import LiveOrderLog, LogDraft
from golive.storage.live_projection import LiveProjection
from golive.storage.live_segments import DIRECTORY, log_files
from golive.storage.order_journal import (
    AnswerItem,
    AttemptItem,
    DecidedItem,
    EndItem,
    FactItem,
    FillItem,
    Item,
    JournalPlace,
    NoteItem,
    OrderJournal,
)  # fmt: skip
from golive.storage.recovery import entries

from .durable import BTC, RISK, START, ToldClock, keys_of, order, order_id, signer_of

RISK_LOG = Path("logs/risk_decisions.jsonl")
JOURNAL = "okx_spot_main"
MS = 1_000_000


def open_journal(home: Path, url: str | None = None, account: str = "main") -> OrderJournal:
    place = JournalPlace(home, "okx", "okx_spot", account, "okx_live", url)
    return OrderJournal.open(place, keys_of(home), RISK, ToldClock(), code_version="0.1.0+test", operator="anna")


def open_logs(home: Path, journal: OrderJournal) -> LiveProjection:
    return LiveProjection.open(home, signer(home), journal.place.path.stem, home / RISK_LOG, journal.rows)


def signer(home: Path) -> Signer:
    return replace(signer_of(home), operator="anna")


def decided(n: int, *, leaves: bool = True) -> DecidedItem:
    deadline = START // MS + 3000 if leaves else None
    return DecidedItem(Approved(order(n, price=BTC.ticks("42000")), n), START + n, 5, "main", deadline, reference_price="42000.1")


def refused(n: int) -> DecidedItem:
    verdict = Refused(order(n), n, DecisionCode.RISK_MAX_POSITION, "0.05", "0.0712")
    return DecidedItem(verdict, START + n, 5, "main", reference_price="42000.1")


def answer(n: int, attempt: int, result: AttemptResult, code: str = "0", detail: str = "") -> AnswerItem:
    venue_order = VenueOrderId(f"v-{n}") if result is AttemptResult.ACCEPTED else None
    left = {"ts": START + 39 * MS, "mono": 39 * MS, "left_mono": MS}
    return AnswerItem(order_id(n), attempt, result, code, detail, venue_order, **left)


def fill(n: int, trade: str, quantity: str, price: str = "41999.9") -> FillItem:
    return FillItem(
        Fill(FillId("okx", trade), order_id(n), BTC.id, START + 50 * MS, Side.BUY, BTC.ticks(price), BTC.lots(quantity), 1000, "BTC",
             Liquidity.TAKER)
    )  # fmt: skip


def end(n: int, result: OrderResult, latency_ms: int | None = 41) -> EndItem:
    record: JsonObject = {
        "route": "main", "client_order_id": order_id(n), "instrument": "okx:BTC/USDT", "side": "buy", "quantity": "0.01",
        "price": "42000", "attempts": [{"n": 1, "deadline_ms": START // MS + 3000, "result": "accepted", "code": "0"}],
        "result": result.value, "latency_ms": latency_ms, "fallback_used": False,
    }  # fmt: skip
    return EndItem(order_id(n), result, record)


FILLED, RETRIED, REFUSED, UNSENT, WORKING, UNCLEAR = range(1, 7)
"""the orders of `ITEMS`"""
ITEMS: tuple[Item, ...] = (
    decided(FILLED), answer(FILLED, 1, AttemptResult.ACCEPTED),
    FactItem(OrderUpdate(order_id(FILLED), START + 40 * MS, "accepted", VenueOrderId("v-1"))),
    fill(FILLED, "t1", "0.004"), fill(FILLED, "t2", "0.006", "42000"), end(FILLED, OrderResult.FILLED),
    decided(RETRIED), answer(RETRIED, 1, AttemptResult.NOT_PROCESSED, "50011", "Too Many Requests"),
    AttemptItem(order_id(RETRIED), 2, START // MS + 4000), answer(RETRIED, 2, AttemptResult.REJECTED, "51008", "Insufficient balance"),
    FactItem(OrderUpdate(order_id(RETRIED), START + 60 * MS, "rejected", None, "51008")), end(RETRIED, OrderResult.REJECTED),
    refused(REFUSED),
    decided(UNSENT, leaves=False), end(UNSENT, OrderResult.NOT_SENT, None),
    decided(WORKING), answer(WORKING, 1, AttemptResult.ACCEPTED),
    FactItem(OrderUpdate(order_id(WORKING), START + 70 * MS, "accepted", VenueOrderId("v-5"))), fill(WORKING, "t3", "0.003"),
    decided(UNCLEAR), answer(UNCLEAR, 1, AttemptResult.UNKNOWN, "timeout", "no answer within 3000 ms"),
    NoteItem("symbol_frozen", {"subject": "BTC/USDT", "client_order_id": order_id(UNCLEAR)}, "anna"),
)  # fmt: skip


def write(
    home: Path, items: tuple[Item, ...] = ITEMS, *, closes: bool = True, url: str | None = None, account: str = "main"
) -> Path:
    """Write the journal and its logs; return where the journal lies. Without `closes` it is left as a crash leaves it."""
    journal = open_journal(home, url, account)
    logs = open_logs(home, journal)
    for item in items:
        logs.project(journal.commit([item]))
    logs.close()
    if closes:
        journal.close()
    else:
        journal.release()
    return journal.place.path


def signed_anew(home: Path, change: Callable[[JsonObject], JsonObject]) -> None:
    """Write the decision log with other bodies, sealed and with sound MACs, as only one who has the keys can."""
    [path] = log_files(home / DIRECTORY)
    drafts = [
        LogDraft(seq, entry.type, change(entry.body), entry.operator)
        for entry in entries(path)
        if isinstance(seq := entry.body.get("journal_seq"), int)
    ]
    name = next(str(entry.body["journal"]) for entry in entries(path) if "journal" in entry.body)
    for old in (path, path.with_suffix(".seal.json")):
        old.unlink()
    log = LiveOrderLog(home, signer(home), name)
    log.append(drafts)
    log.close()
