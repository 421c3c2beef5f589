"""A paper session of its own process at a simulated venue of its own process, on bars of a second, and what its store tells."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from golive.engine.codec import CommandDigest, decode_event
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.runtime.bootstrap import plan_session
from golive.runtime.floor import open_engine
from golive.runtime.options import RunOptions
from support.golive_process import Home, Process

ENDPOINT = "GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT"
TIDE = '''
"""In and out, all the time."""
from golive.strategy.callbacks import Callbacks


class Tide(Callbacks):
    name, summary = "tide", "holds a position four bars long, then none for two"

    def on_start(self, params):
        self.bars = 0

    def on_candle(self, bar):
        self.bars += 1
        return 1.0 if self.bars % 6 < 4 else 0.0
'''


def tidal(home: Home, *, protection: str = "") -> None:
    """Let the shipped entrypoints trade `tide` on bars of a second, and buy without a history of prices."""
    folder = home.path / "strategies"
    folder.mkdir()
    (folder / "tide.py").write_text(TIDE)
    parameters = "{position_pct: 0.02" + (f", {protection}" if protection else "") + "}"
    home.edit("core.yaml", "strategies:\n", f'strategies:\n  tide:\n    timeframe: "1s"\n    parameters: {parameters}\n')
    home.edit("runtime.yaml", "strategy: multi_strategy_default", "strategy: tide")
    core = home.path / "config/core.yaml"
    without = re.sub(r"    (target_volatility|stop_loss_atr_multiple|trade_risk_pct): .*\n", "", core.read_text())
    core.write_text(without)


@dataclass
class PaperSession:
    """Sessions of one home: paper against a venue, or demo on the embedded one; `store` is that of the newest."""

    home: Home
    endpoint: str | None
    """None: demo"""
    speed: str = "1"
    process: Process | None = None

    @property
    def mode(self) -> Literal["demo", "paper"]:
        return "demo" if self.endpoint is None else "paper"

    @property
    def env(self) -> dict[str, str]:
        return {} if self.endpoint is None else {ENDPOINT: self.endpoint}

    @property
    def length(self) -> tuple[str, ...]:
        return ("--candles", "100000") if self.endpoint is None else ("--max-runtime", "0")

    @property
    def store(self) -> Path:
        stores = (self.home.path / "var/state/sessions").glob(f"{self.mode}_*.sqlite")
        return max(stores, key=lambda path: path.stat().st_mtime_ns)

    def start(self, *words: str) -> None:
        """Start or resume it, and return when it looks at the market; AssertionError with what it said when it does not."""
        ready = self.home.path / "ready.json"
        ready.unlink(missing_ok=True)
        options = ["--speed", self.speed, "--timeframe", "1s", "--symbol", "BTC/USDT", "--ready-file", str(ready), *self.length]
        self.process = self.home.start(self.mode, *options, *words, env=self.env)
        deadline = time.monotonic() + 60
        while not ready.exists():
            if self.process.poll() is not None:
                raise AssertionError("".join(self.process.communicate()))
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.communicate(timeout=20)

    def end(self) -> dict[str, Any]:
        """End it in order and return its report."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        stdout, stderr = self.process.communicate(timeout=60)
        assert stdout, stderr
        report = json.loads(stdout)
        assert isinstance(report, dict)
        return report

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True)) as database:
            return database.execute(query, values).fetchall()

    def events(self) -> list[tuple[str, list[Any]]]:
        """Return what the session was told, in order: kind, and what stands in it."""
        return [(kind, json.loads(body)) for kind, body in self.ask("SELECT kind, body FROM events ORDER BY seq")]

    def records(self, event: str) -> list[dict[str, Any]]:
        return [json.loads(body) for (body,) in self.ask("SELECT body FROM records WHERE event = ? ORDER BY record_seq", event)]

    def submitted(self, side: str, *, after: str | None = None) -> int:
        """Count the orders of a side that have left; `after` the newest record of that event."""
        since = 0 if after is None else self.ask("SELECT max(record_seq) FROM records WHERE event = ?", after)[0][0]
        query = "SELECT body FROM records WHERE event = 'order_submitted' AND record_seq > ?"
        return sum(json.loads(body)["side"] == side for (body,) in self.ask(query, since))

    @property
    def position(self) -> int:
        """Lots held, as the fills say."""
        signed = self.ask("SELECT coalesce(sum(CASE side WHEN 'buy' THEN quantity ELSE -quantity END), 0) FROM fills")
        return int(signed[0][0])

    @property
    def sold(self) -> bool:
        """Whether the last position was sold, but for what a fee has left of it."""
        return 0 <= self.position * 100 < max([lots for (lots,) in self.ask("SELECT quantity FROM fills")], default=0)

    def wait(self, holds: Callable[[], bool]) -> None:
        """Wait until it holds, as long as the session runs."""
        assert self.process is not None
        for _ in range(6000):
            if holds():
                return
            assert self.process.poll() is None, "".join(self.process.communicate())
            time.sleep(0.01)
        raise AssertionError("it never came to hold")


@contextlib.contextmanager
def paper_session(home: Home, endpoint: str | None, speed: str = "1") -> Iterator[PaperSession]:
    session = PaperSession(home, endpoint, speed)
    try:
        yield session
    finally:
        if session.process is not None and session.process.poll() is None:
            session.kill()


def opened(home: Home) -> Home:
    """Pass the demo that opens paper."""
    demo = home.run("demo", "--candles", "60", "--timeframe", "1s", "--symbol", "BTC/USDT")
    assert demo.code == 0, demo.stderr + demo.stdout[-3000:]
    return home


def replayed_commands(session: PaperSession, report: dict[str, Any]) -> str:
    """Return the digest of the commands that the stored events lead to in a fresh engine."""
    ids = iter([row[0] for row in session.ask("SELECT client_order_id FROM decisions ORDER BY decision_seq")])
    options = RunOptions(mode=session.mode, timeframe="1s", symbol="BTC/USDT", speed=session.speed)
    plan = plan_session(options, session.home.path / "config/runtime.yaml", session.home.path, session.env)
    [grid] = report["outcome"]["market"]["instruments"]
    instrument = Instrument.from_text(
        grid["instrument"], tick_size=grid["tick_size"], lot_size=grid["lot_size"], min_quantity=grid["min_quantity"],
        max_quantity="9999999999",
    )  # fmt: skip
    engine = open_engine(plan, [instrument], lambda _: ClientOrderId(next(ids)))
    digest = CommandDigest()
    for kind, body in session.ask("SELECT kind, body FROM events ORDER BY seq"):
        digest.update(engine.process(decode_event(kind, body)))
    return digest.hexdigest()
