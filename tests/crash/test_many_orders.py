"""Many orders: each with exactly one ALLOW decision durable and earlier in sequence, none that no intent asked for, none refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.campaign import campaign, violations
from crash.report import IS_LONG, Report

SEED = 50_000
ORDERS = 100_000 if IS_LONG else 25_000
"""drawn: about a tenth of them risk refuses"""
SCALE = "10"
"""nothing is killed or cut here, and deadlines of 30 ms would keep half of the orders of a busy machine from leaving"""

CALLS = "24"
"""at a time, so that the venue is kept busy and one commit carries several orders"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600 if IS_LONG else 900)]


def test_each_order_has_one_decision_before_it(tmp_path: Path) -> None:
    report = Report("many-orders", SEED)
    with campaign("okx", tmp_path, SEED) as field:
        field.place.is_direct = True
        field.said["placed"] = field.run("--orders", str(ORDERS), "--scale", SCALE, "--calls", CALLS, "--signing", "direct")
        field.resolve("--scale", SCALE)
        found = field.checked()
    report.parts |= {"venue": "okx", "scale": f"1:{SCALE}", **field.said}
    report.write(tmp_path)
    assert violations(found) == {}, found["examples"]
    assert found["looked_at"]["refused"] > ORDERS / 50
    assert found["looked_at"]["intents"] + found["looked_at"]["refused"] == ORDERS
    assert found["looked_at"]["orders"] > ORDERS / 2
