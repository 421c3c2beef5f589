"""Decision → bytes on the wire, durable, through a live desk; beside bare CCXT and the disk's own fsync.

Ours is `LiveDesk.submit` of an approved order: routing, queue, decision + intent + first attempt in one transaction of the
order journal (one fsync, in its thread), lease, budget of the host, signing, HTTP. It is measured twice: with CCXT's signing
and aiohttp, and on the direct path. Bare CCXT is its `create_order`, which makes nothing durable. `bare ours` and `bare direct`
are `TradingClient.submit` with an attempt that is durable already: the same path without the desk and its journal. The clock
stops when the first bytes of the order are given to the socket; CPU is that of the process, all threads, until the answer has
been dealt with. *Less 1 fsync* is without what the order's own commit took, writing and syncing, because a disk is not the same
from one moment to the next. Chunks of calls rotate, so that a noisy moment of the machine strikes all. `fsync` is one 4 KiB
append with `fdatasync`.

Signing alone is measured on the same requests. Bursts: as many orders as fit are given to the desk at once; durable is when an
attempt may leave, accepted when the venue's answer is known. What limits them is told by the CPU that our process and the
venue's spend on an order, by how many orders share an fsync, and by the same burst against a process that takes every order
without looking at it (`answering.py`). How late the event loop was at most is measured twice: by the clock, which counts what
other processes of a busy machine take, and as the CPU of the loop's longest round, which is ours.

`python -m benchmarks.live_order [--rounds N] [--burst N] [--pause-ms N]`
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import statistics
import tempfile
import time
from asyncio import selector_events
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from golive.execution.live.happening import Answered, Happening, Leaving
from golive.execution.live.route import Route
from golive.execution.ports import News
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, to_iso
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult
from golive.model.order import NewOrder, OrderType, OrderUpdate, Side, TimeInForce
from golive.model.verdict import Stage
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.plan import AccountPlan, LivePlan, Timing
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.sqlite import SqliteDatabase
from golive.venues import profile_named
from golive.venues.signing import CcxtSigner
from golive.venues.trading import TradingClient

from .answering import answering
from .call_path import AMOUNT, CASES, PRICE, Case, _adapter, _ccxt_object, _Clock, _key, _Nowhere, _settings, _wide, venue

ROUNDS = 12
CHUNK = 25
BURST = 3000
PAUSE_MS = 15.0
"""between two orders: answers and ends of one are journaled and in the logs before the next comes, as of orders seconds apart"""
GOALS = {
    "ours": "1.10 and 1 fsync",
    "bare ours": "1.10",
    "direct": "0.60 and 1 fsync; CPU 0.50",
    "bare direct": "0.60; CPU 0.50",
}


@dataclass
class Tally:
    """ns until the first byte of each order was written, ns of CPU until it was answered."""

    wire: list[int] = field(default_factory=list)
    disk: list[int] = field(default_factory=list)
    """how much of that its journal's commits took"""
    cpu: list[int] = field(default_factory=list)

    @property
    def wire_us(self) -> float:
        return statistics.median(self.wire) / 1e3

    @property
    def besides_us(self) -> float:
        """What is left of it without its own commit, which is one fsync."""
        return statistics.median([wire - disk for wire, disk in zip(self.wire, self.disk, strict=True)]) / 1e3

    @property
    def cpu_us(self) -> float:
        return statistics.median(self.cpu) / 1e3


class DiskClock:
    """When the journals' commits, writing and syncing, began and ended."""

    def __init__(self) -> None:
        self.commits: list[tuple[int, int]] = []

    @contextmanager
    def watching(self) -> Iterator[None]:
        sync = SqliteDatabase._sync  # the commit itself: the rows are in the transaction before

        def watched(database: SqliteDatabase) -> None:
            began = time.perf_counter_ns()
            sync(database)
            self.commits.append((began, time.perf_counter_ns()))

        SqliteDatabase._sync = watched  # type: ignore[method-assign]
        try:
            yield
        finally:
            SqliteDatabase._sync = sync  # type: ignore[method-assign]

    def spent(self, since: int, until: int) -> int:
        return sum(max(0, min(ended, until) - max(began, since)) for began, ended in self.commits)


class WireClock:
    """When the next POST was given to a socket, as the loop's own transports see it."""

    def __init__(self) -> None:
        self.at = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        kind: Any = selector_events._SelectorSocketTransport  # type: ignore[attr-defined]  # no public name
        write = kind.write

        def watched(transport: object, data: bytes) -> None:
            if not self.at and bytes(data[:5]) == b"POST ":
                self.at = time.perf_counter_ns()
            write(transport, data)

        kind.write = watched
        try:
            yield
        finally:
            kind.write = write


Call = Callable[[], Awaitable[object]]


class Desk:
    """An open live desk that sends one order after the other, or many at once."""

    def __init__(self, desk: LiveDesk, adapter: str) -> None:
        self.desk = desk
        self.adapter = adapter
        self.instrument = next(iter(desk.instruments(adapter).values()))
        self.left: list[int] = []
        self.accepted = self.other = 0
        self._answered: asyncio.Event = asyncio.Event()
        self._wanted = 0
        self.why = ""
        desk.on_happening.append(self._heard)
        desk.on_news.append(self._told)

    def _told(self, news: News) -> None:
        if isinstance(news, OrderUpdate) and news.event == "not_sent":
            self.other += 1
            self.why = news.code
            self._answered.set()

    def _heard(self, happening: Happening) -> None:
        if isinstance(happening, Leaving):
            self.left.append(time.perf_counter_ns())
        elif isinstance(happening, Answered):
            is_accepted = happening.result is AttemptResult.ACCEPTED
            self.accepted += is_accepted
            self.other += not is_accepted
            if self.accepted + self.other >= self._wanted:
                self._answered.set()

    @property
    def commits(self) -> int:
        """Of the journal, so far."""
        durations = self.desk.account(self.adapter).parts.pen._writer.durations()
        return 0 if durations is None else durations.count

    def order(self) -> Approved:
        return Approved(_order(self.instrument, self.desk.new_id(self.adapter, "bench")), 1)

    def call(self) -> Call:
        approved = self.order()
        return lambda: self.sent([approved])

    async def sent(self, orders: list[Approved]) -> None:
        """Submit, and return when each has been answered."""
        self._answered.clear()
        self._wanted = self.accepted + self.other + len(orders)
        for n, approved in enumerate(orders):
            self.desk.submit(approved)
            if n % 10 == 9:  # as they come from strategies: some at a time
                await asyncio.sleep(0)
        while self.accepted + self.other < self._wanted:
            await self._answered.wait()
            self._answered.clear()


async def _desk(
    stack: AsyncExitStack, case: Case, home: Path, key: dict[str, str], url: str, signing: str, many: int = 3
) -> Desk:
    shared = _settings(case, key, url, home / "venues")
    settings = replace(shared, signing=signing, max_concurrency=many, burst=2 * many)
    profile = _wide(profile_named(case.adapter))
    account = AccountPlan(profile=profile, settings=settings, account=key["apiKey"], symbols=(case.symbol,))
    plan = LivePlan(
        home=home, stage=Stage.REHEARSAL, entrypoint="bench", risk_profile="balanced", risk_profile_digest="0" * 64,
        operator="bench", code_version="bench", keys=SigningKeys.load_or_create(home), accounts=(account,),
        routes=(Route(name="main", adapters=(case.adapter,)),), judge=lambda order: Approved(order, 1), clock=_Clock(),
        recorder=MemoryRecorder(), guardrails=_Nowhere(), alert=lambda alert: None, dead_man_switch_seconds=0,
        max_queue_size=1_000_000, max_queue_wait_seconds=60.0, timing=Timing(stall_s=5.0), verifies_whole_journal=False,
    )  # fmt: skip
    desk = await LiveDesk.open(plan)
    stack.push_async_callback(desk.close)
    return Desk(desk, case.adapter)


async def _bare(
    stack: AsyncExitStack, case: Case, folder: Path, key: dict[str, str], url: str, signing: str
) -> Callable[[], Call]:
    adapter = _adapter(case, replace(_settings(case, key, url, folder), signing=signing))
    stack.push_async_callback(adapter.close)
    listed = await adapter.load()
    instrument = next(i for i in listed.values() if str(i.id) == f"{case.venue}:{case.symbol}")
    trading, nowhere = TradingClient(adapter, Stage.REHEARSAL), _Nowhere()
    await trading.deadlines.learn_venue_time()

    def call() -> Call:
        approved = Approved(_order(instrument, ClientOrderId(secrets.token_hex(16))), 1)
        return lambda: trading.submit(approved, instrument, nowhere, deadline_ms=trading.deadlines.new_ms())

    return call


def _order(instrument: Instrument, client_order_id: ClientOrderId) -> NewOrder:
    price, quantity = instrument.ticks(PRICE), instrument.lots(AMOUNT)
    return NewOrder(client_order_id, instrument.id, Side.BUY, OrderType.LIMIT, quantity, price, TimeInForce.IOC)


async def _ccxt(stack: AsyncExitStack, case: Case, key: dict[str, str], url: str, folder: Path) -> Callable[[], Call]:
    exchange = _ccxt_object(case, _adapter(case, _settings(case, key, url, folder)), key, url)
    stack.push_async_callback(exchange.close)
    await exchange.load_markets()

    def call() -> Call:
        params = {"clientOrderId": secrets.token_hex(16), "timeInForce": "IOC"}
        if case.deadline:
            params[case.deadline] = to_iso(time.time_ns() + 5 * SECOND)
        return lambda: exchange.create_order(case.symbol, "limit", "buy", AMOUNT, PRICE, params)

    return call


async def _measure(
    case: Case, url: str, keys: list[dict[str, str]], folder: Path, rounds: int, pause_s: float
) -> dict[str, Tally]:
    clock, disk = WireClock(), DiskClock()
    async with AsyncExitStack() as stack:
        calls: dict[str, Callable[[], Call]] = {"ccxt": await _ccxt(stack, case, keys[0], url, folder / "ccxt")}
        for n, (name, signing) in enumerate((("ours", "ccxt"), ("direct", "direct")), start=1):
            calls[name] = (await _desk(stack, case, folder / name, keys[n], url, signing)).call
            calls[f"bare {name}"] = await _bare(stack, case, folder / f"bare {name}", keys[n + 2], url, signing)
        stack.enter_context(clock.watching())
        stack.enter_context(disk.watching())
        tallies = {name: Tally() for name in calls}
        names = list(calls)
        for n in range(-2, rounds):
            for name in names[n % len(names) :] + names[: n % len(names)]:
                await _chunk([calls[name]() for _ in range(CHUNK)], clock, disk, tallies[name] if n >= 0 else Tally(), pause_s)
        return tallies


async def _chunk(calls: list[Call], clock: WireClock, disk: DiskClock, tally: Tally, pause_s: float) -> None:
    for call in calls:
        clock.at = 0
        disk.commits.clear()
        began, cpu = time.perf_counter_ns(), time.process_time_ns()
        await call()
        if not clock.at:
            raise RuntimeError("an order was not sent: the figures would be of something else")
        tally.cpu.append(time.process_time_ns() - cpu)
        tally.wire.append(clock.at - began)
        tally.disk.append(disk.spent(began, clock.at))
        await asyncio.sleep(pause_s)


def fsync_us(folder: Path, count: int = 300) -> float:
    """Median of one 4 KiB append with fdatasync."""
    took: list[int] = []
    block = os.urandom(4096)
    with (folder / "floor").open("wb", buffering=0) as file:
        for _ in range(count):
            began = time.perf_counter_ns()
            file.write(block)
            os.fdatasync(file.fileno())
            took.append(time.perf_counter_ns() - began)
    return statistics.median(took) / 1e3


def signing_us(case: Case, folder: Path, count: int = 4000) -> tuple[float, float]:
    """Median of signing the same order by CCXT, and directly."""

    async def both() -> tuple[float, float]:
        settings = replace(_settings(case, _key(9), "http://127.0.0.1:9", folder), signing="direct")
        adapter = _adapter(case, settings)
        try:
            path, dialect, client = adapter.connection.path, adapter.profile.dialect, adapter.connection.client
            client.urlencode_nested = type(client).urlencode_nested  # CCXT as it comes
            client.incrementing_nonce = lambda: 1_700_000_000_000  # who draws it is the same for both
            instrument = Instrument.from_text(
                f"{case.venue}:{case.symbol}", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
            )
            placed = dialect.place(_order(instrument, ClientOrderId("0123456789abcdef" * 2)), instrument)
            request = dialect.with_deadline(placed, 1_700_000_000_000)
            ccxt = CcxtSigner(client)
            rows: tuple[list[int], list[int]] = ([], [])
            for _ in range(count):
                for row, sign in zip(rows, (ccxt.sign, path.sign), strict=True):
                    began = time.perf_counter_ns()
                    sign(request)
                    row.append(time.perf_counter_ns() - began)
            return statistics.median(rows[0]) / 1e3, statistics.median(rows[1]) / 1e3
        finally:
            await adapter.close()

    return asyncio.run(both())


class LoopLag:
    """How late the loop called back, and what the loop's thread computed on each of its rounds; ns."""

    def __init__(self) -> None:
        self.lags: list[int] = []
        self.rounds: list[int] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> LoopLag:
        self._task = asyncio.create_task(self._watch())
        self._kind: Any = asyncio.BaseEventLoop
        run_once = self._run_once = self._kind._run_once  # no public name

        def timed(loop: object) -> None:
            began = time.thread_time_ns()
            run_once(loop)
            self.rounds.append(time.thread_time_ns() - began)

        self._kind._run_once = timed
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._kind._run_once = self._run_once
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            began = time.perf_counter_ns()
            await asyncio.sleep(0.001)
            self.lags.append(time.perf_counter_ns() - began - 1_000_000)

    @property
    def max_ms(self) -> float:
        return max(self.lags, default=0) / 1e6

    @property
    def round_max_ms(self) -> float:
        return max(self.rounds, default=0) / 1e6

    @property
    def p99_ms(self) -> float:
        return sorted(self.lags)[int(len(self.lags) * 0.99)] / 1e6 if self.lags else 0.0


@dataclass(frozen=True)
class Burst:
    durable_per_s: float
    accepted_per_s: float
    accepted: int
    other: int
    cpu_us: float
    """of our process, an order"""
    venue_cpu_us: float
    per_fsync: float
    lag_max_ms: float
    lag_p99_ms: float
    round_max_ms: float


async def _burst(case: Case, url: str, key: dict[str, str], folder: Path, count: int) -> Burst:
    async with AsyncExitStack() as stack:
        desk = await _desk(stack, case, folder, key, url, "direct", many=64)
        await desk.sent([desk.order() for _ in range(50)])
        orders = [desk.order() for _ in range(count)]
        desk.left.clear()
        before, others, commits = desk.accepted, desk.other, desk.commits
        began, cpu, theirs = time.perf_counter_ns(), time.process_time_ns(), _children_cpu_s()
        async with LoopLag() as lag:
            await desk.sent(orders)
        ended, cpu, theirs = time.perf_counter_ns(), time.process_time_ns() - cpu, _children_cpu_s() - theirs
        durable_s = (max(desk.left) - began) / 1e9
        return Burst(
            len(desk.left) / durable_s, (desk.accepted - before) / ((ended - began) / 1e9), desk.accepted - before,
            desk.other - others, cpu / count / 1e3, theirs / count * 1e6, count / (desk.commits - commits),
            lag.max_ms, lag.p99_ms, lag.round_max_ms,
        )  # fmt: skip


def _children_cpu_s() -> float:
    """CPU of the processes that this one has started, so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[1]) == os.getpid():
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def print_wire(rounds: int, pause_ms: float) -> None:
    heads = f"{'median us':>10} {'CPU us':>8}   {'to ccxt':>8} {'less 1 fsync':>13} {'CPU':>6}  goal"
    print(f"{'decision → wire':<22} {heads}   {pause_ms:g} ms between two orders")
    for case in CASES:
        keys = [_key(n) for n in range(5)]
        with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as text, venue(case.venue, _apart(keys)) as url:
            folder = Path(text)
            floor = fsync_us(folder)
            tallies = asyncio.run(_measure(case, url, keys, folder, rounds, pause_ms / 1000))
        base = tallies["ccxt"]
        print(f"{case.venue:<10} {'fsync':<11} {floor:>10.0f}")
        for name, tally in tallies.items():
            besides = tally.besides_us / base.wire_us
            ratios = f"{tally.wire_us / base.wire_us:>8.2f} {besides:>13.2f} {tally.cpu_us / base.cpu_us:>6.2f}"
            print(f"{case.venue:<10} {name:<11} {tally.wire_us:>10.0f} {tally.cpu_us:>8.0f}   {ratios}  {GOALS.get(name, '')}")


def print_signing() -> None:
    print(f"{'signing':<10} {'ccxt us':>8} {'direct us':>10}  ratio (goal 0.50)")
    for case in CASES:
        with tempfile.TemporaryDirectory() as text:
            theirs, ours = signing_us(case, Path(text))
        print(f"{case.venue:<10} {theirs:>8.1f} {ours:>10.1f}  {ours / theirs:.2f}")


def _apart(keys: list[dict[str, str]]) -> list[dict[str, str]]:
    """Each key opens an account of its own, so that no desk sees the orders of another."""
    return [{**key, "account": key["apiKey"]} for key in keys]


def print_bursts(count: int) -> None:
    heads = f"{'durable/s':>10} {'accepted/s':>10} {'other':>6} {'CPU us':>7} {'venue us':>9} {'a fsync':>8}"
    print(f"{'burst of ' + str(count):<22} {heads} {'lag max ms':>11} {'p99':>6} {'round max':>10}   goals: 2000/s, 5 ms")
    for case in CASES:
        if case.venue == "kraken":
            continue  # its private calls leave one at a time, by its rising nonces: a burst measures the venue's round trip
        keys = [_key(0), _key(1)]
        with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as text, venue(case.venue, _apart(keys)) as url:
            _print_burst(case.venue, asyncio.run(_burst(case, url, keys[0], Path(text), count)))
            if case.venue == "okx":
                with answering(url) as front:
                    found = asyncio.run(_burst(case, front, keys[1], Path(text) / "front", count))
                _print_burst("okx, taken unseen", found)


def _print_burst(name: str, found: Burst) -> None:
    counts = f"{found.durable_per_s:>10.0f} {found.accepted_per_s:>10.0f} {found.other:>6}"
    shares = f"{found.cpu_us:>7.0f} {found.venue_cpu_us:>9.0f} {found.per_fsync:>8.1f}"
    print(f"{name:<22} {counts} {shares} {found.lag_max_ms:>11.1f} {found.lag_p99_ms:>6.1f} {found.round_max_ms:>10.1f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"chunks of {CHUNK} orders of each contender")
    parser.add_argument("--burst", type=int, default=BURST, help="orders given to the desk at once")
    parser.add_argument("--pause-ms", type=float, default=PAUSE_MS, help="between two orders; 0: as fast as they are answered")
    chosen = parser.parse_args()
    print_signing()
    print_wire(chosen.rounds, chosen.pause_ms)
    print_bursts(chosen.burst)
    print(json.dumps({"cpus": os.cpu_count(), "load": os.getloadavg()}))


if __name__ == "__main__":
    main()
