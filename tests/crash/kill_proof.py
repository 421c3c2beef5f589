"""The kill proof of one venue's rules, shared by the three test files that run side by side."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

from crash.campaign import campaign, violations
from crash.control_arm import run_naive
from crash.report import IS_LONG, Report
from crash.rig import THROTTLES

KILLS = "GOLIVE_CRASH_KILLS"
"""environment variable: forked kills instead of the usual ones, to try something out"""
FORKED = int(os.environ.get(KILLS, "10000" if IS_LONG else "2000"))
PROCESSES = min(1_000 if IS_LONG else 34, FORKED)
"""per venue; together at least 100"""
MOST_S = 14_400 if IS_LONG else 1800
START_MS, READY_MS, READY_EVERY = 60.0, 30.0, 3
PROCESS_S, PROCESS_READY_S = 1.5, 0.1
LIVES_READY = 0.25
"""least share of the kills that must strike a bot that was ready, else they prove nothing about sending"""

LEAST_SECOND = 0.005
"""of the kills: least share of orders that left a second time, after an answer that says *not processed*"""


def prove(venue: str, folder: Path, seed: int) -> None:
    """Kill the bot `FORKED` times as a fork and `PROCESSES` times as a process; everything must be accounted for.

    Void when a naive bot, killed in a rig of the same seed, places no order twice.
    """
    report = Report(f"kill-{venue}", seed)
    with campaign(venue, folder, seed) as field:
        field.place.make_hostile()
        field.kill_forked(FORKED, START_MS, READY_MS, READY_EVERY)
        field.kill_processes(PROCESSES, PROCESS_S, PROCESS_READY_S, Random(f"{seed}|processes"))
        field.resolve()
        found = field.checked()
    control = run_naive(venue, "record", folder / "control", seed)
    report.parts |= {"venue": venue, **field.said, "control": control}
    report.write(folder)
    assert control["checked"]["counts"]["duplicate"] > 0, "the run is void: in this rig a naive bot places no order twice"
    assert violations(found) == {}, found["examples"]
    assert field.said["forked"]["killed_ready"] >= LIVES_READY * FORKED, "most bots died before they sent anything"
    assert found["looked_at"]["orders"] > FORKED / 6
    assert found["looked_at"]["requests"] > FORKED / 6
    if THROTTLES[venue]:
        assert found["looked_at"]["second_attempts"] >= LEAST_SECOND * FORKED, "too few orders were sent a second time"
    assert min(found["looked_at"][what] for what in ("absent", "asked_after_unknown", "unanswered", "refused")) > 0
