"""create → acknowledged through our whole call path, beside bare CCXT and bare aiohttp, on the same simulated venue.

Ours is `TradingClient.submit`: order checks, attempt journal (in memory), queue, request budget shared by the host, turn
and nonce where the venue wants them, signing, sandbox guard, HTTP, strict JSON, classification, metrics. Bare CCXT is its
`create_order`. Bare aiohttp posts requests that were signed beforehand and reads the answer without looking at it.
Every order is a limit buy far below the market that lives for an instant (IOC); each contender has a key of its own;
chunks of calls rotate, so that a noisy moment of the machine strikes all. All send the same order: to Kraken with its
deadline, which CCXT passes on; OKX's (`expTime`, a header) only ours sends, CCXT has no way to. Second table: what it
costs to have one exchange class, ours beside `import ccxt.async_support`, in fresh processes.

`python -m benchmarks.call_path [--rounds N] [--uvloop]`: Golive itself runs on asyncio's own loop.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, Nanos, to_iso
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.model.secret import Credentials, Secret
from golive.model.verdict import Stage
from golive.venues import AdapterSettings, VenueAdapter, VenueProfile, profile_named
from golive.venues.trading import TradingClient

CHUNK = 50
ROUNDS = 24
CONTENDERS = ("ours", "ccxt", "aiohttp")


@dataclass(frozen=True)
class Case:
    """One venue: adapter id, CCXT's symbol, and what makes CCXT send the plain single order."""

    venue: str
    adapter: str
    symbol: str
    options: dict[str, object] = field(default_factory=dict)
    deadline: str = ""
    """the request field of the order deadline, where CCXT passes one on"""


CASES = (
    Case("okx", "okx_spot", "BTC/USDT", {"createOrder": "privatePostTradeOrder"}),
    Case("kraken", "kraken_spot", "BTC/USD", deadline="deadline"),
    Case(
        "bybit",
        "bybit_spot",
        "BTC/USDT",
        {"defaultType": "spot", "enableUnifiedMargin": False, "enableUnifiedAccount": True, "unifiedMarginStatus": 6},
    ),
)
PRICE, AMOUNT = "20000", "0.001"


class _Clock:
    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()


class _Nowhere:
    """Guardrail events and attempts that nobody reads."""

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None:
        raise RuntimeError(f"a clean run has no guardrail events: {message}")

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        self.last = (client_order_id, n, deadline_ms)

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        self.last_answer = (client_order_id, n, answer)


@dataclass
class Tally:
    """Seconds of every call, and CPU seconds of this process over all of them."""

    seconds: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    @property
    def median_us(self) -> float:
        return statistics.median(self.seconds) * 1e6

    @property
    def p99_us(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)] * 1e6

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / len(self.seconds) * 1e6


Call = Callable[[], Awaitable[object]]
Chunk = Callable[[], list[Call]]
"""prepares the calls of one chunk; only their execution is timed"""


@contextmanager
def venue(dialect: str, keys: list[dict[str, str]]) -> Iterator[str]:
    """Run a simulated venue without request limits; yield its base URL."""
    reader, writer = os.pipe()
    os.write(writer, json.dumps({"keys": keys}).encode())
    os.close(writer)
    flags = ["--dialect", dialect, "--speed", "max", "--no-limits", "--credentials-fd", "0"]
    command = [sys.executable, "-m", "simvenue", "serve", *flags]
    with subprocess.Popen(command, stdin=reader, stdout=subprocess.PIPE) as process:
        os.close(reader)
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["rest"]
        finally:
            process.terminate()


def _key(n: int) -> dict[str, str]:
    secret = base64.b64encode(secrets.token_bytes(64)).decode()
    return {"apiKey": f"bench{n}", "secret": secret, "password": "Phrase1!"}


def _settings(case: Case, key: dict[str, str], base_url: str, folder: Path) -> AdapterSettings:
    return AdapterSettings(
        exchange=case.venue,
        environment=f"{case.venue}_rehearsal",
        queue=case.adapter,
        endpoint="embedded",
        base_url=base_url,
        credentials=Credentials({name: Secret(value) for name, value in key.items()}),
        state_directory=folder,
    )


def _wide(profile: VenueProfile) -> VenueProfile:
    """The same rules with ceilings that are never reached: all the accounting, no waiting."""
    return replace(profile, budget=tuple(replace(rule, limit=10**9) for rule in profile.budget))


def _adapter(case: Case, settings: AdapterSettings) -> VenueAdapter:
    profile = _wide(profile_named(case.adapter))
    return VenueAdapter(profile, settings, recorder=MemoryRecorder(), clock=_Clock(), guardrails=_Nowhere(), rng=random.Random(1))


async def _ours(stack: AsyncExitStack, case: Case, settings: AdapterSettings) -> Chunk:
    adapter = _adapter(case, settings)
    stack.push_async_callback(adapter.close)
    listed = await adapter.load()
    instrument = next(i for i in listed.values() if str(i.id) == f"{case.venue}:{case.symbol}")
    trading, attempts = TradingClient(adapter, Stage.REHEARSAL), _Nowhere()
    price, quantity = instrument.ticks(PRICE), instrument.lots(AMOUNT)

    def call() -> Call:
        client_id = ClientOrderId(secrets.token_hex(16))
        order = NewOrder(client_id, instrument.id, Side.BUY, OrderType.LIMIT, quantity, price, TimeInForce.IOC)
        return lambda: trading.submit(Approved(order, 1), instrument, attempts)

    return lambda: [call() for _ in range(CHUNK)]


def _ccxt_object(case: Case, adapter: VenueAdapter, key: dict[str, str], base_url: str) -> Any:
    import ccxt.async_support

    options = {"fetchMarkets": {"types": ["spot"]}, "maxRetriesOnFailure": 0, **case.options}
    exchange: Any = getattr(ccxt.async_support, case.venue)({**key, "number": str, "enableRateLimit": False, "options": options})
    exchange.urls["api"] = {**adapter.profile.dialect.urls(base_url)}
    exchange.has["fetchCurrencies"] = case.venue == "kraken"
    return exchange


async def _ccxt(stack: AsyncExitStack, case: Case, exchange: Any) -> Chunk:
    stack.push_async_callback(exchange.close)
    await exchange.load_markets()

    def call() -> Call:
        params = {"clientOrderId": secrets.token_hex(16), "timeInForce": "IOC"}
        if case.deadline:
            params[case.deadline] = to_iso(time.time_ns() + 5 * SECOND)
        return lambda: exchange.create_order(case.symbol, "limit", "buy", AMOUNT, PRICE, params)

    return lambda: [call() for _ in range(CHUNK)]


async def _aiohttp(stack: AsyncExitStack, settings: AdapterSettings, case: Case) -> Chunk:
    """The very bytes of our own order requests, signed before the clock starts."""
    import aiohttp
    import yarl

    adapter = _adapter(case, settings)
    stack.push_async_callback(adapter.close)
    listed = await adapter.load()
    instrument = next(i for i in listed.values() if str(i.id) == f"{case.venue}:{case.symbol}")
    path, dialect = adapter.connection.path, adapter.profile.dialect
    session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    price, quantity = instrument.ticks(PRICE), instrument.lots(AMOUNT)

    def call() -> Call:
        client_id = ClientOrderId(secrets.token_hex(16))
        order = NewOrder(client_id, instrument.id, Side.BUY, OrderType.LIMIT, quantity, price, TimeInForce.IOC)
        deadline_ms = time.time_ns() // 1_000_000 + 5_000
        signed = path.sign(dialect.with_deadline(dialect.place(order, instrument), deadline_ms))
        url, body = yarl.URL(signed.url, encoded=True), None if signed.body is None else signed.body.encode()

        async def send() -> bytes:
            async with session.request(signed.method, url, data=body, headers=signed.headers) as response:
                answer = await response.read()
                assert client_id.encode() in answer or b"txid" in answer, answer
                return answer

        return send

    return lambda: [call() for _ in range(CHUNK)]


async def _measure(case: Case, base_url: str, keys: list[dict[str, str]], folder: Path, rounds: int) -> dict[str, Tally]:
    async with AsyncExitStack() as stack:
        ours, plain = (_settings(case, key, base_url, folder) for key in (keys[0], keys[2]))
        chunks = {
            "ours": await _ours(stack, case, ours),
            "ccxt": await _ccxt(stack, case, _ccxt_object(case, _adapter(case, ours), keys[1], base_url)),
            "aiohttp": await _aiohttp(stack, plain, case),
        }
        tallies = {name: Tally() for name in CONTENDERS}
        for n in range(-2, rounds):
            for name in (*CONTENDERS[n % 3 :], *CONTENDERS[: n % 3]):
                await _chunk(chunks[name](), tallies[name] if n >= 0 else Tally())
        return tallies


async def _chunk(calls: list[Call], tally: Tally) -> None:
    cpu = time.process_time()
    for call in calls:
        began = time.perf_counter()
        await call()
        tally.seconds.append(time.perf_counter() - began)
    tally.cpu_s += time.process_time() - cpu


def create_to_acknowledged(case: Case, *, rounds: int = ROUNDS, uvloop: bool = False) -> dict[str, Tally]:
    """Measure the three contenders on one venue; with `uvloop` all of them on that loop instead of asyncio's."""
    keys = [_key(n) for n in range(len(CONTENDERS))]
    loop = _uvloop() if uvloop else None
    with tempfile.TemporaryDirectory() as folder, venue(case.venue, keys) as url, asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(_measure(case, url, keys, Path(folder), rounds))


def _uvloop() -> Callable[[], asyncio.AbstractEventLoop]:
    import uvloop

    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return new_event_loop


@dataclass(frozen=True)
class Start:
    """CPU seconds and peak memory (MiB) of a fresh process that only has one exchange class."""

    cpu_s: float
    memory_mib: float


_TELL = """
import time
peak = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time(), peak / 1024)
"""
"""asked of the process itself: what the system accounts to a child includes its parent's size at the fork"""


def _start(code: str) -> Start:
    told = subprocess.run([sys.executable, "-c", code + _TELL], capture_output=True, text=True, check=True).stdout.split()
    return Start(float(told[0]), float(told[1]))


def loader_and_ccxt(name: str, runs: int = 9) -> tuple[Start, Start]:
    """Return the start of median CPU with our loader, and with `import ccxt.async_support`; in turn, one warm-up each."""
    ours = f"from golive.venues.ccxt_loader import exchange_class\nexchange_class({name!r})"
    theirs = f"import ccxt.async_support\nccxt.async_support.{name}"
    rows: tuple[list[Start], list[Start]] = ([], [])
    for n in range(runs + 1):
        for code, row in zip((ours, theirs), rows, strict=True):
            result = _start(code)
            if n:
                row.append(result)
    first, second = (sorted(row, key=lambda start: start.cpu_s)[len(row) // 2] for row in rows)
    return first, second


def print_calls(*, rounds: int = ROUNDS, uvloop: bool = False) -> None:
    print(f"{'create → ack':<12} {'':<8} {'median us':>10} {'p99 us':>10} {'CPU us':>10}   to ccxt: median, CPU (goal 1.10)")
    for case in CASES:
        tallies = create_to_acknowledged(case, rounds=rounds, uvloop=uvloop)
        base = tallies["ccxt"]
        for name, tally in tallies.items():
            ratios = f"{tally.median_us / base.median_us:.2f} {tally.cpu_us / base.cpu_us:.2f}"
            print(f"{case.venue:<12} {name:<8} {tally.median_us:>10.0f} {tally.p99_us:>10.0f} {tally.cpu_us:>10.0f}   {ratios}")


def print_starts(runs: int = 9) -> None:
    print(f"{'one class':<12} {'':<8} {'CPU s':>10} {'MiB':>10}   to ccxt: CPU, MiB (goal 0.60)")
    for case in CASES:
        ours, theirs = loader_and_ccxt(case.venue, runs)
        for name, start in (("ours", ours), ("ccxt", theirs)):
            ratios = f"{start.cpu_s / theirs.cpu_s:.2f} {start.memory_mib / theirs.memory_mib:.2f}"
            print(f"{case.venue:<12} {name:<8} {start.cpu_s:>10.3f} {start.memory_mib:>10.0f}   {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"chunks of {CHUNK} calls of each contender")
    parser.add_argument("--uvloop", action="store_true")
    chosen = parser.parse_args()
    print_calls(rounds=chosen.rounds, uvloop=chosen.uvloop)
    print_starts()


if __name__ == "__main__":
    main()
