"""When each attempt was written down, let out and answered: never out before it was written, never answered before it was out.

A row's time is taken when it is composed, so these times cannot tell whether it was durable by then.
"""

from __future__ import annotations

from pathlib import Path

from .finding import Findings
from .journal import connect

CLOCK_STEP_NS = 5_000_000
"""how far wall clock and monotonic clock may be apart: they are read one after the other, and a process may be set aside in between"""
NEVER_LEFT = "not_sent"


def check_times(path: Path, findings: Findings) -> None:
    """Compare the times of each answered attempt with each other and with its decision's, and of each end."""
    connection = connect(path)
    try:
        answered = connection.execute(
            "SELECT w.client_order_id, w.n, w.result, a.ts, w.ts, w.mono, w.left_mono, a.seq, w.seq FROM answers AS w"
            " JOIN attempts AS a ON a.client_order_id = w.client_order_id AND a.n = w.n"
        ).fetchall()
        ends = connection.execute(
            "SELECT e.client_order_id, e.ts, max(a.ts), e.seq, max(a.seq) FROM ends AS e JOIN attempts AS a ON a.client_order_id = e.client_order_id"
            " GROUP BY e.client_order_id, e.ts, e.seq"
        ).fetchall()
    finally:
        connection.close()
    measured = 0
    for name, n, result, written, ts, mono, left, attempt, answer in answered:
        if attempt > answer:
            findings.add("wrong_time", f"{name}: attempt {n} is row {attempt}, its answer row {answer}")
        if result == NEVER_LEFT or left is None:
            if result in ("accepted", "not_processed") or left is not None:
                findings.add("wrong_time", f"{name}: attempt {n} was {result}, let out at {left}")
            continue
        measured += 1
        if left > mono or ts - (mono - left) < written - CLOCK_STEP_NS:
            findings.add("wrong_time", f"{name}: attempt {n} written at {written}, out at {ts - (mono - left)}, answered at {ts}")
    for name, ended, attempted, end, last in ends:
        if ended < attempted - CLOCK_STEP_NS or end < last:
            findings.add("wrong_time", f"{name}: ended at {ended} (row {end}), attempted at {attempted} (row {last})")
    findings.looked_at["timed_attempts"] = measured
