"""The proof is able to fail: each bug that is planted in the product's bot turns the checker red, in the words for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crash.campaign import Campaign, campaign, violations
from crash.report import Report
from crash.rig import ORDER_PATHS, environment

SEED = 4_711
ORDERS = ("--orders", "60", "--scale", "10")
"""with deadlines that hold on a busy machine, so that what is late is late because of the venue"""
KILLS = ("--kills", "40", "--window-ms", "100", "--ready-window-ms", "30")

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]


@pytest.mark.parametrize(
    ("bug", "what", "expected"),
    [
        ("early", KILLS, {"unknown_order", "no_allow"}),
        ("resend", ORDERS, {"duplicate"}),
        ("undecided", ORDERS, {"unknown_order", "no_allow"}),
        ("twice", ORDERS, {"fill_extra"}),
        ("hasty", ORDERS, {"lost"}),
    ],
)
def test_a_planted_bug_is_found(bug: str, what: tuple[str, ...], expected: set[str], tmp_path: Path) -> None:
    with campaign("okx", tmp_path, SEED, bot="faulty_bot") as field:
        _make_worse(field)
        _run(field, bug, *what)
        found = violations(field.checked())
    report = Report(f"planted-{bug}", SEED)
    report.parts |= {"bug": bug, **field.said}
    report.write(tmp_path)
    assert expected <= found.keys(), found


def test_without_a_bug_the_same_run_is_clean(tmp_path: Path) -> None:
    with campaign("okx", tmp_path, SEED) as field:
        _make_worse(field)
        field.run(*ORDERS)
        field.resolve()
        assert violations(field.checked()) == {}


def _make_worse(field: Campaign) -> None:
    """Let a third of the orders have no answer, and half of all be matched late."""
    where = {"match": ORDER_PATHS["okx"], "method": "POST"}
    field.place.venue.add_fault("queue", probability=0.5, seconds="0.01-0.03", **where)
    field.place.venue.add_fault("drop_after", probability=0.33, **where)


def _run(field: Campaign, bug: str, *what: str) -> None:
    """Run the faulty bot; how it ends is its own affair: some bugs are found by the product itself."""
    command = field.command("--bug", bug, *what)
    subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=100)
