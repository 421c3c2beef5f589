"""The proof is able to fail: each bug that is planted in the product's bot turns the checker red, in the words for it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.campaign import Campaign, campaign, violations
from crash.report import Report
from crash.rig import LATEST, ORDER_PATHS, THROTTLES, environment

SEED = 4_711
CALM: tuple[str, ...] = ("--orders", "50", "--scale", "10")
"""with deadlines that hold on a busy machine, so that what is late is late because of the venue"""
SCALED = ("--orders", "100", "--scale", "30")
FEW = ("--orders", "15", "--scale", "10")
KILLS = ("--kills", "60", "--window-ms", "100", "--ready-window-ms", "30")
LEAST_ORDERS = 15
"""a run with fewer proves nothing"""
UNANSWERED: Mapping[str, Any] = {"kind": "drop_after", "probability": 0.33}
QUEUED = {"kind": "queue", "probability": 0.5, "seconds": "0.01-0.03"}
LATE = {"kind": "queue", "probability": 0.5, "seconds": "0-0.4"}
LATE_KRAKEN = {"kind": "queue", "probability": 0.3, "seconds": LATEST["kraken"]}
SLOW = {"kind": "delay", "probability": 0.3, "seconds": "0.3-0.5"}
"""the order is carried out; its answer comes when the bot waits for it no more"""
THROTTLED = {"kind": "error", "probability": 0.4}
"""answered as not processed"""
WORSE = (QUEUED, UNANSWERED)

MOST_RUNS = 4
"""on a busy machine few orders of a run get as far as its bug"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("bug", "venue", "faults", "what", "expected"),
    [
        ("early", "okx", WORSE, KILLS, {"unknown_order", "no_allow", "sent_undurable"}),
        ("resend", "okx", WORSE, CALM, {"duplicate", "sent_undurable"}),
        ("undecided", "okx", WORSE, CALM, {"unknown_order", "no_allow", "sent_undurable"}),
        ("twice", "okx", WORSE, CALM, {"fill_extra"}),
        ("nodeadline", "okx", (LATE, UNANSWERED), SCALED, {"lost"}),
        pytest.param("nodeadline", "kraken", (LATE_KRAKEN, UNANSWERED), SCALED, {"lost"}, marks=pytest.mark.slow),
        ("impatient", "okx", (SLOW,), SCALED, {"duplicate", "sent_undurable"}),
        ("latecomer", "okx", (SLOW,), SCALED, {"wrong_answer"}),
        ("otherside", "okx", (), FEW, {"other_terms"}),
        pytest.param("doublesize", "okx", (), FEW, {"other_terms"}, marks=pytest.mark.slow),
        pytest.param("wrongprice", "okx", (), FEW, {"other_terms"}, marks=pytest.mark.slow),
        ("second_undurable", "okx", (THROTTLED,), KILLS, {"sent_undurable"}),
        pytest.param("third", "okx", (THROTTLED,), CALM, {"sent_undurable"}, marks=pytest.mark.slow),
        ("renamed", "okx", (THROTTLED,), CALM, {"unknown_order", "sent_undurable"}),
    ],
)
def test_a_planted_bug_is_found(
    bug: str, venue: str, faults: tuple[Mapping[str, Any], ...], what: tuple[str, ...], expected: set[str], tmp_path: Path
) -> None:
    report = Report(f"planted-{bug}-{venue}", SEED)
    with campaign(venue, tmp_path, SEED, bot="faulty_bot") as field:
        _make_worse(field, faults)
        for run in range(MOST_RUNS):
            _run(field, bug, *what, seed=SEED + run)
            found = violations(field.checked())
            if expected <= found.keys():
                break
    report.parts |= {"bug": bug, "expected": sorted(expected), **field.said}
    report.write(tmp_path)
    assert expected <= found.keys(), found


@pytest.mark.parametrize(
    ("venue", "faults", "what"),
    [
        ("okx", WORSE, CALM),
        pytest.param("okx", (LATE, UNANSWERED), SCALED, marks=pytest.mark.slow),
        pytest.param("kraken", (LATE_KRAKEN, UNANSWERED), SCALED, marks=pytest.mark.slow),
        ("okx", (SLOW,), SCALED),
        ("okx", (THROTTLED,), CALM),
        pytest.param("okx", (THROTTLED,), KILLS, marks=pytest.mark.slow),
    ],
    ids=["okx-worse", "okx-late", "kraken-late", "okx-slow", "okx-throttled", "okx-throttled-kills"],
)
def test_without_a_bug_the_same_run_is_clean(
    venue: str, faults: tuple[Mapping[str, Any], ...], what: tuple[str, ...], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    report = Report(f"planted-none-{request.node.callspec.id}", SEED)
    with campaign(venue, tmp_path, SEED) as field:
        _make_worse(field, faults)
        field.run(*what)
        field.resolve()
        found = field.checked()
    report.parts |= {"bug": "", **field.said}
    report.write(tmp_path)
    assert violations(found) == {}, found["examples"]
    assert found["looked_at"]["orders"] >= LEAST_ORDERS
    assert found["looked_at"]["requests"] >= LEAST_ORDERS
    assert bool(found["looked_at"]["second_attempts"]) is (THROTTLED in faults)


def _make_worse(field: Campaign, faults: tuple[Mapping[str, Any], ...]) -> None:
    """Let these strike requests to place an order; without a code of its own an error is the venue's *not processed*."""
    name = field.place.name
    where = {"match": ORDER_PATHS[name], "method": "POST"}
    for fault in faults:
        code = {"code": THROTTLES[name][0]} if fault["kind"] == "error" else {}
        field.place.venue.add_fault(**fault, **code, **where)


def _run(field: Campaign, bug: str, *what: str, seed: int) -> None:
    """Run the faulty bot; how it ends is its own affair: some bugs are found by the product itself."""
    command = field.command("--bug", bug, *what, seed=seed)
    subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=100)
