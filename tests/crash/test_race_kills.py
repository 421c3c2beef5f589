"""Cancels and amendments that race with fills, with answers that do not come, and with kills: the end is the ledger's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from crash.campaign import Campaign, campaign, violations
from crash.report import IS_LONG, Report
from crash.rig import environment
from support.long_form import only_in_proof

SEED = 8_675_309
KILLS = 2_000 if IS_LONG else 50
ORDERS = 2_000 if IS_LONG else 150
WINDOW_MS, READY_MS = 90.0, 120.0
CANCELS = {"okx": "*/trade/cancel-order", "kraken": "*/CancelOrder", "bybit": "*/order/cancel"}
AMENDS = {"okx": "*/trade/amend-order", "kraken": "*/AmendOrder", "bybit": "*/order/amend"}
RACES = (
    "canceled_filled",
    "canceled_in_part",
    "canceled_while_unknown",
    "amended_filled",
    "amended_unanswered",
    "amended_and_canceled",
)
"""each must have been met at each venue"""

MOST_RUNS = 5
"""of a bot with a bug, as soon some symbol is frozen, and it places no more; of a sound one, until enough was met"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(7200 if IS_LONG else 300)]


def make_racy(field: Campaign) -> None:
    """Cancels and amendments are carried out late, not answered, answered late, or lost."""
    name = field.place.name
    for paths in (CANCELS, AMENDS):
        where = {"match": paths[name], "method": "POST"}
        field.place.venue.add_fault("queue", probability=0.3, seconds="0-0.03", **where)
        field.place.venue.add_fault("drop_after", probability=0.1, **where)
        field.place.venue.add_fault("drop_before", probability=0.1, **where)
        field.place.venue.add_fault("delay", probability=0.15, seconds="0.03-0.2", **where)


@pytest.mark.parametrize("venue", ["okx", "kraken", *only_in_proof("bybit")])
def test_what_races_ends_as_the_ledger_says(venue: str, tmp_path: Path) -> None:
    report = Report(f"race-kills-{venue}", SEED)
    with campaign(venue, tmp_path, SEED, bot="racing_bot") as field:
        field.place.make_hostile()
        make_racy(field)
        killed_ready = 0
        for number in range(MOST_RUNS):  # until each race has been met
            field.said[f"unkilled_{number}"] = field.run("--orders", str(ORDERS), "--seed", str(SEED + number))
            field.said[f"killed_{number}"] = killed = field.kill_forked(KILLS, WINDOW_MS, READY_MS, seed=SEED + number)
            killed_ready += killed["killed_ready"]
            met = field.checked()["looked_at"]["races"]
            if killed_ready >= KILLS / 4 and all(met[what] for what in RACES):
                break
        struck = {
            f"{what} {each['kind']}": each["struck"]
            for each in field.place.venue.control("faults")["faults"]
            for what, paths in (("cancel", CANCELS), ("amend", AMENDS))
            if each["match"] == paths[venue]
        }
        field.resolve()
        found = field.checked()
    report.parts |= {"venue": venue, "struck": struck, **field.said}
    report.write(tmp_path)
    assert violations(found) == {}, found["examples"]
    assert {what: count for what, count in found["looked_at"]["races"].items() if what in RACES and not count} == {}
    assert {what: count for what, count in struck.items() if what.startswith("cancel") and not count} == {}
    assert killed_ready >= KILLS / 4


@pytest.mark.parametrize(("bug", "expected"), [("cancel_deaf", {"fill_missing"}), ("amend_believed", {"other_terms"})])
def test_a_planted_bug_is_found(bug: str, expected: set[str], tmp_path: Path) -> None:
    report = Report(f"planted-{bug}", SEED)
    with campaign("okx", tmp_path, SEED, bot="faulty_bot") as field:
        make_racy(field)
        for run in range(MOST_RUNS):
            command = field.command("--bug", bug, "--orders", "80", "--scale", "10", seed=SEED + run)
            subprocess.run(command, env=environment(), capture_output=True, check=False, timeout=100)
            found = field.checked()
            if expected <= violations(found).keys():
                break
    report.parts |= {"bug": bug, "expected": sorted(expected), **field.said}
    report.write(tmp_path)
    assert expected <= violations(found).keys(), found
