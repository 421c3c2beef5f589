"""Orders a second through paper execution, from `Approved` to the booked fill: in memory, and durable.

In memory: rules, reservation, the compiled book, fee, and the fill in the venue's account; then in our own ledger as well. All
of it with the garbage collector at work, as in a session. Durable: before an order
enters, its decision and intent are committed by the journal thread of a session; what came back goes with the next commit.
Several orders share a commit as they do in a session when they are decided together. Beside it stands what the disk does
alone: as many bytes as a commit wrote on average, appended and synced, again and again. `TMPDIR` says on which
disk; on one in memory syncing costs nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from golive.execution import News, PaperExecution
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.kernel_book import KernelBook
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import Nanos
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode
from golive.model.errors import JournalError
from golive.model.ids import derive_client_order_id
from golive.model.instrument import Instrument
from golive.model.market import Book
from golive.model.order import Fill, NewOrder, OrderType, Side, TimeInForce
from golive.model.verdict import Stage
from golive.portfolio import Ledger
from golive.storage.item import FillItem, Item, OrderUpdateItem, RecordItem
from golive.storage.keys import SigningKeys
from golive.storage.risk_body import RiskContext
from golive.storage.session_identity import SessionIdentity, SessionTerms
from golive.storage.session_store import SessionStore
from golive.storage.writer import JournalWriter

INSTRUMENT = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
)
START = {"USDT": Decimal(10_000_000), "BTC": Decimal(100)}
BEST, LEVELS, DEPTH = 600_000, 200, 10**12
"""ticks, levels of each side, lots at each level: never used up"""
GOAL = 50_000


def orders(count: int, first: int = 1) -> list[Approved]:
    """Return orders that buy and sell in turn, each marketable with a limit a little beyond the touch."""
    made = []
    for n in range(first, first + count):
        side = Side.BUY if n % 2 else Side.SELL
        client_id = derive_client_order_id(b"k" * 32, venue="okx", account="paper", epoch=1, strategy="bench", sequence=n)
        order = NewOrder(
            client_id, INSTRUMENT.id, side, OrderType.LIMIT, 100_000 + n % 1000, BEST + 5 * side.sign, TimeInForce.IOC
        )
        made.append(Approved(order, n))
    return made


class Desk:
    """Paper execution before a deep book, and the portfolio's ledger that follows its fills."""

    def __init__(self) -> None:
        model = DepthModel(lambda: KernelBook(remembers_taken=True, estimates_queue=True))
        self.paper = PaperExecution(
            label="okx", models={INSTRUMENT.id: model}, account=Ledger([INSTRUMENT], START), codes={}, recorder=MemoryRecorder(),
            fees=FeeSchedule(Decimal(8), Decimal(10)),
        )  # fmt: skip
        self.ledger = Ledger([INSTRUMENT], START)
        bids = [(BEST - 1 - n, DEPTH) for n in range(LEVELS)]
        asks = [(BEST + n, DEPTH) for n in range(LEVELS)]
        self.paper.on_market(Book(INSTRUMENT.id, 0, bids, asks))
        self.fills = 0

    def trade(self, approved: Approved) -> Sequence[News]:
        news = self.paper.submit(approved, approved.decision_seq)
        for item in news:
            if type(item) is Fill:
                self.ledger.apply(item)
                self.fills += 1
        return news

    def check(self, count: int) -> None:
        """Raise RuntimeError unless every order was filled and both books agree."""
        venue, ours = self.paper.account.balances, self.ledger.balances
        totals = [{asset: balance.total for asset, balance in books.items()} for books in (venue, ours)]
        if self.fills != count or totals[0] != totals[1]:
            raise RuntimeError(f"{self.fills} fills of {count} orders, balances {totals}")


def in_memory(count: int) -> tuple[float, float]:
    """Return orders per CPU second without a journal: booked in the venue's account alone, and in our ledger too."""
    approved, desk = orders(count), Desk()
    alone = _cpu_s(lambda each: desk.paper.submit(each, each.decision_seq), approved)
    desk = Desk()
    both = _cpu_s(desk.trade, approved)
    desk.check(count)
    return count / alone, count / both


def _cpu_s(trade: Callable[[Approved], object], approved: Sequence[Approved]) -> float:
    gc.collect()
    began = time.process_time()
    for each in approved:
        trade(each)
    return time.process_time() - began


@dataclass(frozen=True)
class DurableRun:
    """Orders and commits a second (wall clock), and the same bytes written by the disk alone, synced each time."""

    orders: float
    commits: float
    bytes_a_commit: float
    syncs: float
    """of about as many bytes"""


class _WallClock:
    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()


def _store(home: Path) -> SessionStore:
    terms = SessionTerms(rules={}, instruments=(INSTRUMENT,), start_balances=START)
    identity = SessionIdentity(
        run_id="b" * 32, stage=Stage.PAPER, entrypoint="bench", environment="okx_paper", started_at=_WallClock().now(), epoch=1,
        code_version="bench", config_sha384="a" * 96, terms=terms,
    )  # fmt: skip
    context = RiskContext("bench", "balanced", "d" * 64, {INSTRUMENT.id: INSTRUMENT})
    return SessionStore.create(home, identity, SigningKeys.load_or_create(home), context, _WallClock())


def _decision(approved: Approved) -> RecordItem:
    body = {"instrument": str(INSTRUMENT.id), "code": DecisionCode.APPROVED, "reference_price": "60000.1"}
    return RecordItem(Record(approved.decision_seq, approved.decision_seq, "risk_check_passed", body, approved))


def _news_item(item: News) -> Item:
    return FillItem(item) if isinstance(item, Fill) else OrderUpdateItem(item)


class _Durability:
    """Tells when a record is on disk."""

    def __init__(self) -> None:
        self._reached = 0
        self._failure: JournalError | None = None
        self._moved = asyncio.Event()

    def reached(self, seq: int) -> None:
        self._reached = seq
        self._moved.set()

    def failed(self, error: JournalError) -> None:
        self._failure = error
        self._moved.set()

    async def until(self, seq: int) -> None:
        while self._reached < seq:
            self._moved.clear()
            await self._moved.wait()
            if self._failure is not None:
                raise self._failure


async def _durable(home: Path, count: int, together: int) -> tuple[float, int, int]:
    """Return wall seconds, commits and bytes written for `count` orders, `together` at a time."""
    durability, store = _Durability(), _store(home)
    writer = JournalWriter(
        store, (), loop=asyncio.get_running_loop(), on_durable=durability.reached, on_failure=durability.failed
    )
    writer.start()
    approved, desk, back = orders(count), Desk(), list[Item]()
    began = time.perf_counter()
    for start in range(0, count, together):
        group = approved[start : start + together]
        writer.submit([*back, *map(_decision, group)])
        await durability.until(group[-1].decision_seq)
        back = [_news_item(item) for each in group for item in desk.trade(each)]
    writer.submit(back)
    writer.flush(10)
    seconds = time.perf_counter() - began
    commits = writer.durations()
    assert commits is not None
    desk.check(count)
    writer.close()
    return seconds, commits.count, store.path.stat().st_size


def syncs_per_second(folder: Path, size: int, seconds: float = 0.5) -> float:
    """Return how often the disk appends `size` bytes and syncs them in a second."""
    block, count = os.urandom(size), 0
    with (folder / "sync").open("wb", buffering=0) as file:
        began = time.perf_counter()
        while (now := time.perf_counter()) - began < seconds:
            file.write(block)
            os.fdatasync(file.fileno())
            count += 1
    return count / (now - began)


def durable(count: int, together: int) -> DurableRun:
    with tempfile.TemporaryDirectory() as home:
        seconds, commits, size = asyncio.run(_durable(Path(home), count, together))
        return DurableRun(
            count / seconds, commits / seconds, size / commits, syncs_per_second(Path(home), max(1, size // commits))
        )


def print_paper_orders(*, rounds: int = 5, quick: bool = False) -> None:
    count = 10_000 if quick else 40_000
    in_memory(1000)
    alone, both = zip(*(in_memory(count) for _ in range(1 if quick else rounds)), strict=True)
    goal = f">= {GOAL:,}"
    print(f"{'paper orders to booked fills, orders/s (CPU)':<52} {statistics.median(alone):>16,.0f}  {goal:>12}")
    print(f"{'the same, and booked in our ledger, orders/s (CPU)':<52} {statistics.median(both):>16,.0f}")
    for together, share in ((1, 400), (10, 2000), (100, 10_000)):
        runs = [durable(share // 4 if quick else share, together) for _ in range(1 if quick else 3)]
        run = sorted(runs, key=lambda each: each.orders / each.syncs)[len(runs) // 2]
        what = f"durable first, {together} at a time, orders/s"
        disk = f"{run.bytes_a_commit / 1024:.0f} KiB synced alone {run.syncs:,.0f}/s"
        print(
            f"{what:<52} {run.orders:>16,.0f}  {f'{run.commits:,.0f} commits':>12}  {disk:>28}  {run.commits / run.syncs:>7.2f}x"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    print_paper_orders(rounds=chosen.rounds, quick=chosen.quick)


if __name__ == "__main__":
    main()
