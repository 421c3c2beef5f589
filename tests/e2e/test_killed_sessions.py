"""The long form of the crash proof: sessions killed at random moments leave journals that recover and verify."""

from __future__ import annotations

import json
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from support.golive_process import Home

pytestmark = pytest.mark.slow
KILLS = 40


@pytest.mark.timeout(1200)
def test_a_session_killed_at_any_moment_leaves_nothing_that_does_not_verify(tmp_path: Path) -> None:
    home, rng = Home(tmp_path), random.Random()
    for _ in range(KILLS):
        process = home.start("demo", "--candles", "200000")
        time.sleep(rng.uniform(0.2, 4.0))
        process.kill()
        process.communicate(timeout=10)
    done = home.run("demo", "--candles", "300")
    assert done.code == 0, done.stderr
    verified = home.golive("audit", "verify", "--all")
    assert verified.code == 0, verified.stdout + verified.stderr
    stores = sorted((home.path / "var/state/sessions").glob("*.sqlite"))
    intents = 0
    for store in stores:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
            orphans = database.execute(
                "SELECT count(*) FROM fills WHERE client_order_id NOT IN (SELECT client_order_id FROM intents)"
            )
            assert orphans.fetchone()[0] == 0, "a fill without a durable intent"
            intents += database.execute("SELECT count(*) FROM intents").fetchone()[0]
    assert intents > 0
    assert len(stores) > KILLS // 2, "most sessions were killed after they had begun"
    assert json.loads((home.path / done.report["report_json"]).read_text())["status"] == "success"
