"""The proof is able to fail: each bug that is planted in the product's bot turns the checker red, in the words for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crash.campaign import Campaign, campaign, violations
from crash.report import Report
from crash.rig import environment

SEED = 4_711
ORDERS = ("--orders", "150")
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
        field.place.make_hostile()
        _run(field, bug, *what)
        found = violations(field.checked())
    report = Report(f"planted-{bug}", SEED)
    report.parts |= {"bug": bug, **field.said}
    report.write(tmp_path)
    assert expected <= found.keys(), found


def test_without_a_bug_the_same_run_is_clean(tmp_path: Path) -> None:
    with campaign("okx", tmp_path, SEED) as field:
        field.place.make_hostile()
        field.run(*ORDERS)
        field.resolve()
        assert violations(field.checked()) == {}


def _run(field: Campaign, bug: str, *what: str) -> None:
    """Run the faulty bot; how it ends is its own affair: some bugs are found by the product itself."""
    command = field.command("--bug", bug, *what)
    subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=200)
