"""What `golive gate status` shows a person: the gate, one row for each check, and below them why and what to do next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TextIO

from golive.model.clock import to_iso
from golive.readiness.finding import Status

from .terminal import clean

if TYPE_CHECKING:
    from golive.readiness.checklist_report import ItemDocument
    from golive.readiness.finding import Finding
    from golive.readiness.gate_status import GateDocument, GateStatus

_SHOWN: Final = {Status.NOT_APPLICABLE: "n/a"}
_COLOURS: Final = {Status.OK: "32", Status.BLOCKED: "1;31", Status.UNKNOWN: "33", Status.NOT_APPLICABLE: "2"}
_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_MOST: Final = 34
_DIGEST: Final = re.compile(r"[0-9a-f]{32,}")


def print_status(status: GateStatus, stream: TextIO) -> None:
    """Print it; colours only on a terminal."""
    colour = stream.isatty()
    stream.write(f"{status.entrypoint} ({status.environment}, {status.stage}) at {to_iso(status.checked_at)}\n")
    stream.write(f"gate: {clean(gate_line(status.gate))}\n")
    stream.write("".join(f"nothing may be ordered: {clean(each)}\n" for each in status.halts) + "\n")
    rows = [("check", "state", "asked", "measured", "threshold", "evidence", "owner"), *(_row(each) for each in status.items)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        if colour and number:
            cells[1] = f"\x1b[{_COLOURS[status.items[number - 1].status]}m{cells[1]}\x1b[0m"
        stream.write("  ".join(cells).rstrip() + "\n")
    stream.write("\n")
    for item in status.items:
        if item.reasons:
            stream.write(f"{item.id}: {clean(item.reasons[0])}{_more(item.reasons)}\n")
            stream.write(f"    next: {clean(item.next_command)}\n" if item.next_command else "")
    missing = sum(item.asked and item.status in (Status.BLOCKED, Status.UNKNOWN) for item in status.items)
    asked = sum(item.asked for item in status.items)
    told = f"{missing} of {asked} asked checks are not green" if missing else f"all {asked} asked checks are green"
    stream.write(f"{status.status} (exit {status.exit_code}): {told}\n")
    if status.written is not None:
        stream.write(f"signed report: {status.written}\n")


def gate_line(gate: GateDocument) -> str:
    """Say in one line whether it is open, since when, by whom, until when, or why not."""
    if gate.state == "open":
        assert gate.since is not None
        assert gate.until is not None
        return (
            f"open until {to_iso(gate.until)}, opened at {to_iso(gate.since)} by {' and '.join(gate.operators)} ({gate.report})"
        )
    since = "" if gate.since is None else f" since {to_iso(gate.since)}"
    return f"shut{since}: {gate.because}{f' (by {gate.closed_by})' if gate.closed_by else ''}"


def refusal_text(entrypoint: str, findings: Sequence[Finding]) -> str:
    """Say why a gate stays as it is: a line for each check that is not green, and what to run next."""
    lines = [f"{each.id} is {each.status}: {each.reasons[0]}\n    next: {each.next_command}" for each in findings]
    return "\n".join([f"the gate of {entrypoint} is not opened: {len(findings)} of its checks are not green", *lines])


def _row(item: ItemDocument) -> tuple[str, ...]:
    state = _SHOWN.get(item.status, str(item.status))
    asked = "yes" if item.asked else "no"
    owner = ", ".join(item.owner)
    return (item.id, state, asked, _short(item.measured), _short(item.threshold), "".join(_age(item)), owner)


def _age(item: ItemDocument) -> Iterator[str]:
    """Say how old the oldest evidence is."""
    if item.evidence:
        seconds = max(each.age_seconds for each in item.evidence)
        size, unit = next((unit for unit in _UNITS if abs(seconds) >= unit[0]), _UNITS[-1])
        yield f"{seconds / size:.0f} {unit}"


def _short(value: object) -> str:
    text = clean(_words(value))
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _words(value: object) -> str:
    """Tell a value in words instead of brackets; `--json` has it whole."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(each)}" for name, each in value.items()) or "-"
    if isinstance(value, list | tuple):
        return " ".join(map(_words, value)) or "-"
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return f"{value[:8]}…"
    return "-" if value in (None, "") else str(value)


def _more(reasons: Sequence[str]) -> str:
    return f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
