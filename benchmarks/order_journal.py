"""The journal of live orders: how long an order waits for its disk, how many a second become durable, how fast it opens.

One at a time: decision, intent and first attempt through the journal thread, until the waiting coroutine goes on; beside it,
in turns of 50, the floor: as many bytes as such a commit wrote, written over old ones of a file and synced. In memory: the
same on a file system where syncing costs nothing, so what is left is ours. Burst: many orders wait at once and share
commits. Opening: a journal of many orders (kept in the cache folder between runs), left by a crash with almost a thousand rows
behind its newest seal; verification reads all of it. `TMPDIR` says on which disk.

`python -m benchmarks.order_journal [--orders 1000000] [--rounds 20]`: building a million orders takes some minutes, once.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from golive.model.clock import Nanos
from golive.model.decision import Approved
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, Side
from golive.storage.keys import SigningKeys
from golive.storage.order_journal import (
    AnswerItem,
    DecidedItem,
    EndItem,
    FillItem,
    Item,
    JournalPlace,
    OrderJournal,
    OrderWriter,
)
from golive.storage.order_journal.schema import TABLES
from golive.storage.risk_body import RiskContext

INSTRUMENT = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
)
RISK = RiskContext("bench", "balanced", "d" * 64, {INSTRUMENT.id: INSTRUMENT})
MEMORY = Path("/dev/shm")  # noqa: S108 (memory of this machine is meant)
CHUNK = 50
BURST_GOAL, OPENING_GOAL_S = 2000, 3.0
ROWS_BEHIND_THE_SEAL = 990


class MachineClock:
    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()


def opened(home: Path) -> OrderJournal:
    place = JournalPlace(home, "okx", "okx_spot", "bench", "bench")
    keys = SigningKeys.load_or_create(home)
    return OrderJournal.open(place, keys, RISK, MachineClock(), code_version="bench", operator="bench")


def decided(name: ClientOrderId, n: int) -> DecidedItem:
    order = NewOrder(name, INSTRUMENT.id, Side.BUY, OrderType.LIMIT, 1_000_000, 600_000 + n % 1000, signal_id=f"okx:BTC/USDT#{n}")
    return DecidedItem(Approved(order, n), time.time_ns(), time.monotonic_ns(), "main", time.time_ns() // 1_000_000 + 3000)


def ended(name: ClientOrderId, n: int) -> list[Item]:
    fill = Fill(
        FillId("okx", str(n)), name, INSTRUMENT.id, time.time_ns(), Side.BUY, 600_000, 1_000_000, 42, "USDT", Liquidity.TAKER
    )
    answer = AnswerItem(name, 1, AttemptResult.ACCEPTED, "0", "", VenueOrderId(f"v{n}"), ts=time.time_ns(), mono=2, left_mono=1)
    return [answer, FillItem(fill), EndItem(name, OrderResult.FILLED, {"client_order_id": name, "result": "filled"})]


def failed(error: JournalError) -> None:
    raise error


@contextmanager
def scratch(directory: Path | None = None) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        yield Path(folder)


async def with_writer(home: Path, use: Callable[[OrderWriter], Awaitable[None]]) -> None:
    journal = opened(home)
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=failed)
    writer.start()
    try:
        await use(writer)
    finally:
        await asyncio.to_thread(writer.close)


class Floor:
    """Bytes written over old ones of a file and synced, as a database does with its log."""

    def __init__(self, home: Path) -> None:
        self._file = os.open(home / "floor", os.O_RDWR | os.O_CREAT)
        os.write(self._file, b"\0" * (1 << 22))
        os.fsync(self._file)
        self._at = 0

    def once(self, data: bytes) -> float:
        began = time.perf_counter()
        if self._at + len(data) > 1 << 22:
            self._at = 0
        os.pwrite(self._file, data, self._at)
        os.fdatasync(self._file)
        self._at += len(data)
        return time.perf_counter() - began


@dataclass
class Times:
    seconds: list[float]

    @property
    def p50(self) -> float:
        return statistics.median(self.seconds) * 1e6

    @property
    def p99(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1e6


def written() -> int:
    """Bytes this process has written so far."""
    return int(dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())["wchar"])


def one_at_a_time(home: Path, rounds: int) -> tuple[Times, Times, int]:
    """Return how long orders waited one by one, how long the floor took in between, and the bytes of one commit."""
    ours, floor, sizes = Times([]), Times([]), []

    async def use(writer: OrderWriter) -> None:
        bare, n = Floor(home), 0
        for turn in range(rounds + 1):
            before = written()
            for _ in range(CHUNK):
                n += 1
                item = decided(writer.journal.client_order_id("bench"), n)
                began = time.perf_counter()
                await writer.durable([item])
                if turn:
                    ours.seconds.append(time.perf_counter() - began)
            sizes.append((written() - before) // CHUNK)
            data = b"x" * sizes[-1]
            for _ in range(CHUNK):
                took = bare.once(data)
                if turn:
                    floor.seconds.append(took)

    asyncio.run(with_writer(home, use))
    return ours, floor, int(statistics.median(sizes))


def burst(home: Path, orders: int, at_once: int) -> tuple[float, float]:
    """Return durable orders a second with so many waiting at once, and orders per commit."""
    figures: list[float] = []

    async def use(writer: OrderWriter) -> None:
        items = [decided(writer.journal.client_order_id("bench"), n) for n in range(1, orders + 1)]
        waiting = iter(items)

        async def one_by_one() -> None:
            for item in waiting:
                await writer.durable([item])

        began = time.perf_counter()
        await asyncio.gather(*(one_by_one() for _ in range(at_once)))
        seconds = time.perf_counter() - began
        commits = writer.durations()
        assert commits is not None
        figures.extend((orders / seconds, orders / commits.count))

    asyncio.run(with_writer(home, use))
    return figures[0], figures[1]


def build(home: Path, orders: int) -> None:
    """Write a journal of so many orders that ended, and leave it as a crash would, almost a thousand rows behind its seal."""
    journal = opened(home)
    for first in range(1, orders + 1, 1000):
        items: list[Item] = []
        for n in range(first, min(orders, first + 999) + 1):
            name = journal.client_order_id("bench")
            items += [decided(name, n), *ended(name, n)]
        journal.commit(items)
    leave_crashed(journal, orders)


def leave_crashed(journal: OrderJournal, number: int) -> None:
    journal.seal()
    items = [decided(journal.client_order_id("bench"), number + n) for n in range(1, ROWS_BEHIND_THE_SEAL // 3)]
    journal.commit(items)
    journal.release()


def cached(orders: int) -> Path:
    """Return a journal of so many orders, built when the cache folder has none."""
    root = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "golive-bench"
    home = root / f"orders-{orders}-{hashlib.sha256(TABLES.encode()).hexdigest()[:8]}"
    if not home.exists():
        root.mkdir(parents=True, exist_ok=True)
        with scratch(root) as folder:
            build(folder / "new", orders)
            (folder / "new").rename(home)
    return home


def opening(home: Path) -> tuple[float, int]:
    """Return the seconds from nothing to a journal that is verified from its seal and open for writing, and its orders."""
    began = time.perf_counter()
    journal = opened(home)
    state = journal.state
    seconds = time.perf_counter() - began
    leave_crashed(journal, state.count)
    return seconds, state.count


def verification(home: Path) -> tuple[float, str]:
    """Return the seconds of processor that verifying the whole journal took in a process of its own, and what it said."""
    journal = home / "var/state/orders/okx_spot_bench.sqlite"
    command = [sys.executable, "-m", "golive.storage.order_journal.verifying", str(home), str(journal)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, said.strip()


def print_waiting(rounds: int) -> None:
    with scratch() as home:
        ours, floor, size = one_at_a_time(home, rounds)
    print(f"{'order durable, one at a time':<44} {'p50 µs':>9} {'p99 µs':>9}")
    print(f"{'  through the journal thread':<44} {ours.p50:>9.0f} {ours.p99:>9.0f}")
    print(f"{f'  floor: {size:,} bytes written and synced':<44} {floor.p50:>9.0f} {floor.p99:>9.0f}")
    print(f"{'  beyond one sync':<44} {ours.p50 - floor.p50:>9.0f}")
    if MEMORY.is_dir():
        with scratch(MEMORY) as home:
            ours, _, _ = one_at_a_time(home, rounds)
        print(f"{'  in memory, where a sync costs nothing':<44} {ours.p50:>9.0f} {ours.p99:>9.0f}")


def print_bursts(orders: int, floor_per_s: float) -> None:
    print(f"\n{'durable orders a second':<44} {'orders/s':>9} {'per commit':>11}  goal ≥ {BURST_GOAL:,}")
    for at_once in (1, 16, 256):
        with scratch() as home:
            rate, share = burst(home, orders if at_once > 1 else orders // 10, at_once)
        print(f"{f'  {at_once} waiting at once':<44} {rate:>9,.0f} {share:>11.1f}")
    print(f"{'  floor: syncs a second of this disk':<44} {floor_per_s:>9,.0f}")


def syncs_per_second() -> float:
    with scratch() as home:
        floor = Floor(home)
        times = [floor.once(b"x" * 4096) for _ in range(500)]
    return 1 / statistics.fmean(times)


def print_opening(orders: int) -> None:
    home = cached(orders)
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
    seconds, count = min(opening(home) for _ in range(3))
    print(f"\n{f'journal of {count:,} orders, {size:,.0f} MB':<44} {'s':>9}")
    print(f"{'  open: seal, rows behind it, new epoch':<44} {seconds:>9.3f}  goal < {OPENING_GOAL_S:g}")
    took, said = verification(home)
    rows = int(said.partition('"rows": ')[2].partition(",")[0])
    print(f"{'  whole, in a process aside, CPU':<44} {took:>9.1f}  {rows / took:,.0f} rows/s, {said[-14:]}")


def print_order_journal(*, rounds: int, burst_orders: int, orders: int) -> None:
    print_waiting(rounds)
    print_bursts(burst_orders, syncs_per_second())
    print_opening(orders)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=1_000_000, help="in the journal that is opened and verified")
    parser.add_argument("--rounds", type=int, default=20, help="turns of 50 orders one at a time")
    parser.add_argument("--rebuild", action="store_true", help="build the journal anew")
    chosen = parser.parse_args(arguments)
    if chosen.rebuild:
        shutil.rmtree(cached(chosen.orders))
    print_order_journal(rounds=chosen.rounds, burst_orders=20_000, orders=chosen.orders)


if __name__ == "__main__":
    main()
