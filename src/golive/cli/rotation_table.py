"""The state of rotations as a person reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from golive.model.clock import to_iso

if TYPE_CHECKING:
    from golive.runtime.rotation import RotationReport

DAY_S = 86_400


def print_rotation(report: RotationReport, stdout: TextIO) -> None:
    """Print one line per environment: verdict, key, when it is due, and what to do."""
    for row in report.keys:
        words = [row.reason] if row.reason else []
        if row.due_at is not None and not row.reason:
            words = [f"due {to_iso(row.due_at)}, in {row.due_seconds / DAY_S:.0f} days"]
        if row.next_command:
            words.append(row.next_command)
        stdout.write(f"{row.verdict:<14} {row.environment:<16} {row.keychain_key:<24} {'; '.join(words)}\n")
    stdout.write(f"{report.verdict}\n")
