"""An order that its venue does not take goes to another one, under kills: one order exists of each decision, over both venues."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.campaign import violations
from crash.report import IS_LONG, Report
from crash.two_venues import two_venues

SEED = 27_183
KILLS = 1_000 if IS_LONG else 30
"""through the network, and as many beside it, at a venue that is away now and then"""
ORDERS = 2_000 if IS_LONG else 200
MOST_RUNS = 5
WINDOW = ("--window-ms", "150", "--ready-window-ms", "120")
REASONS = {"queue_full", "never_sent", "breaker_open", "symbol_halted"}
"""of the first venue; each must have been met"""
EXPORT = "metrics/live_router.prom"

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200 if IS_LONG else 300)]


def test_a_fallback_makes_one_order_over_both_venues(tmp_path: Path) -> None:
    report = Report("fallback-kills", SEED)
    with two_venues(tmp_path, SEED) as field:
        field.make_hostile()
        field.go_directly()
        field.said["unkilled"] = field.run("--orders", str(ORDERS))
        for run in range(MOST_RUNS):  # until an outage has found no order of some symbol on its way: then its circuit opens
            field.said[f"unkilled_singly_{run}"] = field.run("--orders", str(ORDERS), "--singly", "--seed", str(SEED + run))
            counted = field.checked("--metrics", str(field.home / EXPORT))
            if "breaker_open" in counted["looked_at"]["fallbacks"]:
                break
        ready = {"killed_beside": 0, "killed": 0}
        for what in tuple(ready):
            field.places[0].is_direct = what == "killed_beside"
            for run in range(MOST_RUNS):  # a busy machine has few lives ready in time
                toll = field.said[f"{what}_{run}"] = field.run("--kills", str(KILLS), *WINDOW, "--seed", str(SEED + run))
                ready[what] += toll["killed_ready"]
                if ready[what] >= KILLS / 4 and (what == "killed_beside" or _is_enough(field.checked()["looked_at"], counted)):
                    break
        field.resolve()
        found = field.checked()
    report.parts |= {"venues": [place.name for place in field.places], **field.said, "counted": counted, "checked": found}
    report.write(tmp_path)
    unwanted = {kind: count for kind, count in violations(counted).items() if kind.startswith(("two_", "fallback_"))}
    assert unwanted == {}, counted["examples"]
    assert violations(found) == {}, found["examples"]
    assert min(ready.values()) >= KILLS / 4, ready
    assert counted["looked_at"]["counted"] > ORDERS / 10
    assert _is_enough(found["looked_at"], counted), found["looked_at"]


def _is_enough(looked: Mapping[str, Any], counted: Mapping[str, Any]) -> bool:
    """Return whether each reason was met, more went on than before any life was killed, and each outcome that stays was met."""
    in_killed_lives = sum(looked["fallbacks"].values()) - sum(counted["looked_at"]["fallbacks"].values())
    stayed = [looked[what] for what in ("fallbacks_at_venue", "unknown_stayed", "throttled_stayed")]
    return set(looked["fallbacks"]) == REASONS and in_killed_lives > 0 and min(stayed) > 0


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("fallback_of_unknown", {"two_venues", "fallback_wrong"}),
        ("fallback_unwritten", {"fallback_unwritten"}),
        ("fallback_uncounted", {"fallback_uncounted"}),
    ],
)
def test_a_planted_bug_is_found(bug: str, expected: set[str], tmp_path: Path) -> None:
    report = Report(f"planted-{bug}", SEED)
    with two_venues(tmp_path, SEED, "faulty_bot", "--bug", bug) as field:
        if bug == "fallback_of_unknown":
            field.leave_unanswered()
        flags = ("--metrics", str(field.home / EXPORT)) if bug == "fallback_uncounted" else ()
        for run in range(
            1 if flags else MOST_RUNS
        ):  # counters begin anew with each run; on a busy machine few orders get to either venue
            field.try_to_run("--orders", "40", "--seed", str(SEED + run))
            found = field.checked(*flags)
            if expected <= violations(found).keys():
                break
    report.parts |= {"bug": bug, "expected": sorted(expected), "checked": found}
    report.write(tmp_path)
    assert expected <= violations(found).keys(), found
