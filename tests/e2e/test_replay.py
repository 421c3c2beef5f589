"""A session that really ran is replayed from its event log to identical commands."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from golive.engine.codec import CommandDigest, decode_event
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.runtime.bootstrap import plan_session
from golive.runtime.floor import open_engine
from golive.runtime.options import RunOptions
from support.forked_golive import ForkedHome
from support.golive_process import ALONE

pytestmark = pytest.mark.e2e_demo_paper


def test_the_recorded_event_log_replays_to_identical_commands(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    report = home.run("demo", "--candles", "600", *ALONE).report
    [store] = (home.path / "var/state/sessions").glob("demo_*.sqlite")
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
        events = database.execute("SELECT kind, body FROM events ORDER BY seq").fetchall()
        ids = [row[0] for row in database.execute("SELECT client_order_id FROM decisions ORDER BY decision_seq")]
    database.close()
    assert sum(kind == "Fill" for kind, _ in events) == len(report["outcome"]["fills"]) > 0

    plan = plan_session(RunOptions(mode="demo"), home.path / "config/runtime.yaml", home.path, {})
    [grid] = report["outcome"]["market"]["instruments"]
    instrument = Instrument.from_text(
        grid["instrument"], tick_size=grid["tick_size"], lot_size=grid["lot_size"], min_quantity=grid["min_quantity"],
        max_quantity="9999999999",
    )  # fmt: skip
    known = iter(ids)
    engine = open_engine(plan, [instrument], lambda _: ClientOrderId(next(known)))
    digest = CommandDigest()
    for kind, body in events:
        digest.update(engine.process(decode_event(kind, body)))
    assert digest.hexdigest() == report["outcome"]["decisions"]["commands_sha256"]
    assert json.dumps(report["outcome"]["equity"]["count"]) == str(len(engine.curve))
