"""A session that really ran, the event driver and the compiled driver: the same commands and fills over the same candles."""

from __future__ import annotations

import math
import os
import random
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golive.backtest.event_driver import EventDriver
from golive.backtest.spec import client_order_id
from golive.config.runtime_file import PaperProfile
from golive.engine.codec import CommandDigest, decode_event
from golive.engine.columns import Terms, run_columns
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeSchedule
from golive.metrics.recorder import MemoryRecorder
from golive.model.event import Operator
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.model.order import Fill
from golive.runtime.bootstrap import plan_session
from golive.runtime.floor import open_engine, open_paper
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from golive.strategy import bound
from golive.strategy.targets import targets_of
from golive.venues.registry import profile_named
from support.forked_golive import ForkedHome
from support.golive_process import Home

pytestmark = pytest.mark.e2e_demo_paper
FOLDER = os.environ.get("GOLIVE_RECORDED_DATA")
needs_data = pytest.mark.skipif(FOLDER is None, reason="GOLIVE_RECORDED_DATA names no folder with recorded market data")
FillRow = tuple[int, int, int, int, int, str, str, str]


@dataclass(frozen=True)
class Session:
    """What a session left: its plan, instrument, candles, when it was confirmed, its commands and fills."""

    plan: Plan
    paper: PaperProfile
    instrument: Instrument
    candles: CandleColumns
    began: int
    commands_sha256: str
    fills: list[FillRow]


def session_of(home: Home, mode: Any, report: dict[str, Any]) -> Session:
    store = max((home.path / "var/state/sessions").glob(f"{mode}_*.sqlite"), key=lambda path: path.stat().st_mtime_ns)
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        events = [decode_event(kind, body) for kind, body in database.execute("SELECT kind, body FROM events ORDER BY seq")]
    database.close()
    [grid] = report["outcome"]["market"]["instruments"]
    instrument = Instrument.from_text(
        grid["instrument"], tick_size=grid["tick_size"], lot_size=grid["lot_size"], min_quantity=grid["min_quantity"],
        max_quantity="9999999999",
    )  # fmt: skip
    plan = plan_session(RunOptions(mode=mode), home.path / "config/runtime.yaml", home.path, {})
    rows = [
        (event.opened_at, event.open, event.high, event.low, event.close, event.volume)
        for event in events
        if isinstance(event, Candle)
    ]
    columns = (np.ascontiguousarray(column) for column in np.array(rows, dtype=np.int64).T)
    [began] = [event.ts for event in events if isinstance(event, Operator)][:1]
    assert plan.entrypoint.paper is not None
    return Session(
        plan, plan.entrypoint.paper, instrument, CandleColumns(instrument, plan.timeframe_ns, *columns), began,
        report["outcome"]["decisions"]["commands_sha256"], [row_of(event) for event in events if isinstance(event, Fill)],
    )  # fmt: skip


def row_of(fill: Fill) -> FillRow:
    return (
        fill.ts, fill.price, fill.quantity, fill.fee, int(fill.side == "buy"), fill.fee_asset, str(fill.liquidity),
        fill.fill_id.trade_id,
    )  # fmt: skip


def by_events(session: Session) -> tuple[str, list[FillRow]]:
    plan, digest = session.plan, CommandDigest()
    engine = open_engine(plan, [session.instrument], client_order_id)
    execution = open_paper(plan, [session.instrument], "bar", profile_named(plan.entrypoint.adapter), MemoryRecorder())
    EventDriver(engine, execution, on_commands=digest.update).run([session.candles], began=session.began)
    return digest.hexdigest(), [row_of(fill) for fill, _ in engine.fills]


def by_columns(session: Session) -> tuple[str, list[FillRow]]:
    plan, fees, venue = session.plan, session.paper.fees, profile_named(session.plan.entrypoint.adapter)
    assert fees is not None
    terms = Terms(
        parameters=plan.parameters, profile=plan.risk_profile, start_balances=plan.start_balances,
        fees=FeeSchedule(fees.maker_bps, fees.taker_bps, venue.fee_asset), timeframe_ns=plan.timeframe_ns,
        codes=venue.reject_codes, label=plan.entrypoint.exchange,
    )  # fmt: skip
    changes = targets_of(plan.strategy, bound(plan.parameters), session.candles, compiled=True)
    run = run_columns([session.candles], [changes], terms, began=session.began)
    digest = CommandDigest()
    digest.update(run.commands())
    assets, fills = (session.instrument.quote, session.instrument.base), run.fills
    rows = zip(*(column.tolist() for column in fills), strict=True)
    made = [
        (ts, ticks, lots, fee, is_buy, assets[in_base], "maker" if is_maker else "taker", f"paper-{number}")
        for number, (ts, _, _, _, is_buy, ticks, lots, fee, in_base, is_maker, _) in enumerate(rows, 1)
    ]
    return digest.hexdigest(), made


def assert_three_ways_equal(session: Session) -> None:
    assert session.fills
    for digest, fills in (by_events(session), by_columns(session)):
        assert fills == session.fills
        assert digest == session.commands_sha256


def test_a_session_over_made_candles_is_what_both_drivers_say(tmp_path: Path) -> None:
    home, data = ForkedHome(tmp_path), tmp_path / "candles.csv"
    write_candles(data, 500)
    report = home.run("demo", "--data", str(data), "--volume-unit", "base").report
    assert_three_ways_equal(session_of(home, "demo", report))


@pytest.mark.recorded
@needs_data
def test_a_paper_session_over_recorded_candles_is_what_both_drivers_say(tmp_path: Path) -> None:
    home, words = ForkedHome(tmp_path), ("--candles", "700", "--volume-unit", "quote")
    data = str(Path(FOLDER or "") / "btc-perp_1m_2022-01.csv")
    assert home.run("demo", *words, "--data", data).code == 0
    report = home.run("paper", *words, "--data", data).report
    assert report["status"] == "success", report["errors"]
    assert_three_ways_equal(session_of(home, "paper", report))


def write_candles(path: Path, count: int) -> None:
    """Write a market that swings enough to be traded; every 97th candle is missing, some trade next to nothing."""
    draw = random.Random(5)
    close, lines = 40_000.0, ["timestamp,open,high,low,close,volume"]
    for n in range(count):
        open_, close = close, close * (1 + 0.004 * math.sin(n / 25) / 3 + draw.gauss(0, 0.0008))
        high, low = max(open_, close) * (1 + draw.random() * 5e-4), min(open_, close) * (1 - draw.random() * 5e-4)
        volume = 0.01 if n % 13 == 0 else draw.random() * 20
        if n % 97:
            lines.append(f"{1_704_067_200_000 + n * 60_000},{open_:.1f},{high:.1f},{low:.1f},{close:.1f},{volume:.4f}")
    path.write_text("\n".join(lines) + "\n")
