"""Killed right before and right after every durable step: the next life goes on, and nothing is lost or sent twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.bot import points_of_a_run
from crash.campaign import campaign, violations
from crash.report import Report
from crash.rig import ORDER_PATHS, THROTTLES
from support.long_form import only_in_proof

SEED = 2_718
KILLED, CLEAN = -9, 0

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.mark.parametrize("venue", ["okx", *only_in_proof("kraken", "bybit")])
def test_a_kill_at_every_failpoint_is_survived(venue: str, tmp_path: Path) -> None:
    report = Report(f"failpoints-{venue}", SEED)
    with campaign(venue, tmp_path, SEED) as field:
        for code in THROTTLES[venue]:
            where = {"match": ORDER_PATHS[venue], "method": "POST"}
            field.place.venue.add_fault("error", code=code, probability=0.3, **where)
        field.place.make_hostile()
        codes = field.run("--failpoints")["failpoints"]
        field.resolve()
        found = field.checked()
    report.parts |= {"venue": venue, "exit_codes": codes, **field.said}
    report.write(tmp_path)
    assert set(codes) == set(points_of_a_run())
    spared = {name for name, (killed, *_) in codes.items() if killed != KILLED}
    assert spared == (set() if THROTTLES[venue] else {"live_second_attempt_durable"})
    assert {name: after for name, (_, *after) in codes.items() if set(after) != {CLEAN}} == {}
    assert violations(found) == {}, found["examples"]
