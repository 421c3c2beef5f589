"""What the announcement of a window says of its start, its people and its checks."""

from __future__ import annotations

from dataclasses import replace

from golive.model.clock import MINUTE, SECOND, to_iso
from golive.readiness.finding import Finding, Status
from golive.readiness.window.announcement import Announcement, announcement_text, announcement_title

MADE = 1_800_000_000 * SECOND
TOLD = Announcement(
    entrypoint="okx_desktop_live", environment="okx_live", stage="live", endpoint_host="www.okx.com", starts_at=MADE + 60 * MINUTE,
    made_at=MADE, operators=("anna", "carl"), on_call=("cora",), digests={"code_version": "1.0"},
    findings=(
        Finding("mtls", Status.BLOCKED, ("a reason",), next_command="a command"), Finding("router", Status.OK),
        Finding("io_queue", Status.OK), Finding("incident_comms", Status.UNKNOWN, ("a reason",), next_command="a command"),
        Finding("cloud", Status.NOT_APPLICABLE),
    ),
)  # fmt: skip


def test_it_says_where_when_and_by_whom_trading_starts() -> None:
    lines = announcement_text(TOLD).splitlines()
    assert "| środowisko | `okx_live` (produkcja, host `www.okx.com`) |" in lines
    assert f"| start | {to_iso(MADE + 60 * MINUTE)} |" in lines
    assert f"| ogłoszono | {to_iso(MADE)} |" in lines
    assert {"| operatorzy | anna, carl |", "| dyżur | cora |", "| code_version | `1.0` |"} <= set(lines)
    assert announcement_title(TOLD) == f"Go-live: okx_desktop_live, start {to_iso(MADE + 60 * MINUTE)}"
    rehearsed = announcement_text(replace(TOLD, stage="rehearsal"))
    assert "(próba na giełdzie symulowanej na tej maszynie, host" in rehearsed


def test_it_counts_the_checks_and_names_those_that_are_not_green() -> None:
    lines = announcement_text(TOLD).splitlines()
    assert "ok: 2, nie dotyczy: 1, zablokowane: 1, nieznane: 1." in lines
    assert [each for each in lines if each.startswith("- ")] == ["- `mtls`: zablokowane", "- `incident_comms`: nieznane"]
