"""When each attempt was written down, let out and answered: never out before it was written, never answered before it was out."""

from __future__ import annotations

from pathlib import Path

from .finding import Findings
from .journal import connect

CLOCK_STEP_NS = 20_000_000
"""how far wall clock and monotonic clock may drift apart on a machine that keeps time while an attempt is on its way"""
NEVER_LEFT = "not_sent"


def check_times(path: Path, findings: Findings) -> None:
    """Compare the times of each answered attempt with each other and with its decision's, and of each end."""
    connection = connect(path)
    try:
        answered = connection.execute(
            "SELECT w.client_order_id, w.n, w.result, a.ts, w.ts, w.mono, w.left_mono FROM answers AS w"
            " JOIN attempts AS a ON a.client_order_id = w.client_order_id AND a.n = w.n"
        ).fetchall()
        ends = connection.execute(
            "SELECT e.client_order_id, e.ts, max(a.ts) FROM ends AS e JOIN attempts AS a ON a.client_order_id = e.client_order_id"
            " GROUP BY e.client_order_id, e.ts"
        ).fetchall()
    finally:
        connection.close()
    measured = 0
    for name, n, result, written, ts, mono, left in answered:
        if result == NEVER_LEFT or left is None:
            if result in ("accepted", "not_processed") or left is not None:
                findings.add("wrong_time", f"{name}: attempt {n} was {result}, let out at {left}")
            continue
        measured += 1
        if left > mono or ts - (mono - left) < written - CLOCK_STEP_NS:
            findings.add("wrong_time", f"{name}: attempt {n} written at {written}, out at {ts - (mono - left)}, answered at {ts}")
    for name, ended, attempted in ends:
        if ended < attempted - CLOCK_STEP_NS:
            findings.add("wrong_time", f"{name}: ended at {ended}, attempted at {attempted}")
    findings.looked_at["timed_attempts"] = measured
