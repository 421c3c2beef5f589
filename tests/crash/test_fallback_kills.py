"""An order that its venue does not take goes to another one, under kills: one order exists of each decision, over both venues."""

from __future__ import annotations

from pathlib import Path

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
        field.said["killed_beside"] = field.run("--kills", str(KILLS), *WINDOW)
        field.places[0].is_direct = False
        field.said["killed"] = field.run("--kills", str(KILLS), *WINDOW)
        field.resolve()
        found = field.checked()
    report.parts |= {"venues": [place.name for place in field.places], **field.said, "counted": counted, "checked": found}
    report.write(tmp_path)
    unwanted = {kind: count for kind, count in violations(counted).items() if kind.startswith(("two_", "fallback_"))}
    assert unwanted == {}, counted["examples"]
    assert violations(found) == {}, found["examples"]
    assert min(field.said[what]["killed_ready"] for what in ("killed", "killed_beside")) >= KILLS / 4
    looked = found["looked_at"]
    assert counted["looked_at"]["counted"] > ORDERS / 10
    assert set(looked["fallbacks"]) == REASONS
    assert sum(looked["fallbacks"].values()) > sum(counted["looked_at"]["fallbacks"].values()), (
        "none went on in a life that was killed"
    )
    assert min(looked[what] for what in ("fallbacks_at_venue", "unknown_stayed", "throttled_stayed")) > 0


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("fallback_of_unknown", {"two_venues", "fallback_wrong"}),
        ("fallback_unwritten", {"fallback_unwritten"}),
        ("fallback_uncounted", {"fallback_uncounted"}),
    ],
)
def test_a_planted_bug_is_found(bug: str, expected: set[str], tmp_path: Path) -> None:
    with two_venues(tmp_path, SEED, "faulty_bot", "--bug", bug) as field:
        if bug == "fallback_of_unknown":
            field.leave_unanswered()
        field.try_to_run("--orders", "40")
        found = field.checked(*(("--metrics", str(field.home / EXPORT)) if bug == "fallback_uncounted" else ()))
    report = Report(f"planted-{bug}", SEED)
    report.parts |= {"bug": bug, "expected": sorted(expected), "checked": found}
    report.write(tmp_path)
    assert expected <= violations(found).keys(), found
