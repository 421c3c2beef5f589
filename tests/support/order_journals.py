"""What tests of order journals share: one account, its journal, and the items of orders that live and end."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

from golive.model.clock import Nanos
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side
from golive.storage.order_journal import (
    WHOLE_ROWS,
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
    OrderJournalReader,
)
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.verify import verification
from support.durable import BTC, RISK, START, keys_of, order_id

URL = "postgres.url"


class SteppedClock:
    """Both sides of it move only when the test says so."""

    def __init__(self) -> None:
        self.time, self.mono = START, 1_000_000_000

    def now(self) -> Nanos:
        return Nanos(self.time)

    def monotonic(self) -> int:
        return self.mono


class MachineClock:
    """A fixed wall clock; the monotonic side is the machine's."""

    def now(self) -> Nanos:
        return Nanos(START)

    def monotonic(self) -> int:
        return time.monotonic_ns()


def place_of(home: Path) -> JournalPlace:
    """The account of a home; its journal is in the server that the file `postgres.url` names, if there is one."""
    named = home / URL
    return JournalPlace(home, "okx", "okx_spot", "okx_main", "okx_live", named.read_text() if named.exists() else None)


def reader_of(home: Path) -> OrderJournalReader:
    return OrderJournalReader(open_for_reading(place_of(home)))


def open_journal(
    home: Path,
    clock: SteppedClock | MachineClock | None = None,
    *,
    lease_age_s: float = 5.0,
    whole_rows: int | None = WHOLE_ROWS,
) -> OrderJournal:
    return OrderJournal.open(
        place_of(home),
        keys_of(home),
        RISK,
        clock or MachineClock(),
        code_version="0.1.0+test",
        operator="anna",
        lease_age_s=lease_age_s,
        whole_rows=whole_rows,
    )


def new_order(n: int, *, price: int | None = 420_000) -> NewOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return NewOrder(order_id(n), BTC.id, Side.BUY, kind, BTC.lots("0.01"), price, signal_id=f"okx:BTC/USDT#{n}")


def decided(n: int, *, price: int | None = 420_000, deadline_ms: int | None = 3000, amendment: int | None = None) -> DecidedItem:
    """An approved order `n`, or its approved amendment; its decision's number is `n`, of an amendment 1000 × attempt + n."""
    number = n if amendment is None else 1000 * amendment + n
    reference = "42000.1" if price is None else None
    return DecidedItem(Approved(new_order(n, price=price), number), START + n, n, "main", deadline_ms, amendment, reference)


def refused(n: int) -> DecidedItem:
    return DecidedItem(Refused(new_order(n), n, DecisionCode.RISK_MAX_POSITION, "0.05", "0.0712"), START + n, n)


def attempt(n: int, number: int, deadline_ms: int = 6000) -> AttemptItem:
    return AttemptItem(order_id(n), number, deadline_ms)


def answer(n: int, number: int = 1, result: AttemptResult = AttemptResult.ACCEPTED, code: str = "0") -> AnswerItem:
    venue_id = VenueOrderId(f"v-{n}") if result is AttemptResult.ACCEPTED else None
    return AnswerItem(order_id(n), number, result, code, "", venue_id, ts=START + 40, mono=45, left_mono=7)


def fact(n: int, event: str = "accepted", *, price: int | None = None, quantity: int | None = None) -> FactItem:
    return FactItem(OrderUpdate(order_id(n), START + n, event, VenueOrderId(f"v-{n}"), "", price, quantity))


def fill_of(n: int, trade: str | None = None, *, side: Side = Side.BUY, fee: int = 42, fee_asset: str = "USDT") -> FillItem:
    name = FillId("okx", trade or f"t{n}")
    return FillItem(Fill(name, order_id(n), BTC.id, START + n, side, 420_000, BTC.lots("0.01"), fee, fee_asset, Liquidity.TAKER))


def end(n: int, result: OrderResult = OrderResult.FILLED) -> EndItem:
    return EndItem(order_id(n), result, {"client_order_id": order_id(n), "result": str(result), "attempts": []})


def note(event: str = "symbol_frozen", subject: str = "", **more: str) -> NoteItem:
    return NoteItem(event, {**({"subject": subject} if subject else {}), **more}, "anna")


def baseline(**balances: str) -> NoteItem:
    return NoteItem("baseline", {"balances": balances}, "anna")


def everything() -> list[Item]:
    """Items that together write every table but `openings` and `seals`."""
    return [
        baseline(BTC="1", USDT="50000"), decided(1), answer(1), fact(1), decided(1, price=421_000, amendment=3), answer(1, 3),
        fact(1, "amended", price=421_000, quantity=1_000_000), fill_of(1), end(1), refused(2), decided(3, price=None, deadline_ms=None),
        attempt(3, 1), answer(3, 1, AttemptResult.NOT_PROCESSED, "50011"), attempt(3, 2), answer(3, 2, AttemptResult.UNKNOWN),
        decided(4), note("left", "v-foreign", reason="mine"),
    ]  # fmt: skip


def ids(numbers: range) -> list[ClientOrderId]:
    return [order_id(n) for n in numbers]


def faults(home: Path) -> list[str]:
    with verification(place_of(home).path, keys_of(home), place_of(home).url) as work:
        return list(work.faults())


def write(home: Path, items: list[Item]) -> None:
    with closing(open_journal(home)) as journal:
        journal.commit(items)
