"""The kill proof of one venue's rules, shared by the three test files that run side by side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from crash.campaign import campaign, violations
from crash.control_arm import run_naive
from crash.report import IS_LONG, Report
from crash.rig import THROTTLES, ambient

KILLS = "GOLIVE_CRASH_KILLS"
"""environment variable: forked kills instead of the usual ones, to try something out"""
FORKED = int(os.environ.get(KILLS, "10000" if IS_LONG else "1000"))
PROCESSES = min(1_000 if IS_LONG else 34, FORKED)
"""per venue; together at least 100"""
MOST_S = 14_400 if IS_LONG else 1800
START_MS, READY_MS, READY_EVERY = 60.0, 30.0, 3
PROCESS_S, PROCESS_READY_S = 1.5, 0.1
LIVES_READY = 0.25
"""least share of the kills that must strike a bot that was ready, else they prove nothing about sending"""

LEAST_SECOND = 0.005
"""of the kills: least share of orders that left a second time, after an answer that says *not processed*"""
LEAST_UNKNOWN = 0.005
"""of many kills: least share of orders whose outcome a life did not know and asked for"""
JUDGED_FROM, MANY = 500, 2_000
"""kills: with fewer than the first no floor is judged, from the second on the rare things must have been met too"""
NOT_JUDGED = "not judged"


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
    control = run_naive(venue, "record", folder / "control", seed, lambda checked: checked["counts"]["duplicate"] > 0)
    report.parts |= {"venue": venue, **field.said, "control": control}
    floors = too_little(venue, FORKED, field.said, found["looked_at"])
    report.parts["floors"] = floors if FORKED >= JUDGED_FROM else NOT_JUDGED
    report.write(folder)
    assert control["checked"]["counts"]["duplicate"] > 0, "the run is void: in this rig a naive bot places no order twice"
    assert violations(found) == {}, found["examples"]
    assert report.parts["floors"] in (NOT_JUDGED, {}), f"too little was met to prove anything: {report.parts['floors']}"


def too_little(venue: str, kills: int, said: Mapping[str, Any], looked_at: Mapping[str, Any]) -> dict[str, str]:
    """Return what was met less often than so many kills must meet it, each with what there was and the floor."""
    met = {"killed_ready": said["forked"]["killed_ready"], **looked_at}
    floors: dict[str, float] = {"killed_ready": LIVES_READY * kills, "orders": kills / 6, "requests": kills / 6}
    floors |= dict.fromkeys(("absent", "asked_after_unknown", "unanswered", "refused"), 1)
    if THROTTLES[venue]:
        floors["second_attempts"] = LEAST_SECOND * kills
    if kills >= MANY:
        floors["asked_after_unknown"] = LEAST_UNKNOWN * kills
        kinds = {fault["kind"] for fault in ambient(venue)}
        met |= {f"fault {kind}": said["faults"].get(kind, 0) for kind in kinds}
        floors |= {f"fault {kind}": 1 for kind in kinds}
    return {what: f"{met[what]}, at least {floor:g}" for what, floor in sorted(floors.items()) if met[what] < floor}
