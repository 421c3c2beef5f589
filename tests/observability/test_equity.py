"""The equity curve in bounded memory."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.model.clock import MINUTE, to_iso
from golive.observability.equity import EquityTrace
from golive.observability.outcome import NOTHING_SHA256, EquityOutcome

Row = tuple[int, int, int]


def traced(rows: list[Row]) -> EquityOutcome:
    trace = EquityTrace(str, lambda ticks: f"p{ticks}")
    for row in rows:
        trace.add(*row)
    return trace.outcome()


def walk(count: int, seed: int) -> list[Row]:
    value, rows = 1_000_000, []
    for n in range(count):
        value += (n * seed * 2_654_435_761 >> 7) % 201 - 100
        rows.append((n * MINUTE, value, n))
    return rows


def test_an_empty_curve_has_the_digest_of_nothing() -> None:
    assert traced([]) == EquityOutcome(0, NOTHING_SHA256, ())
    assert hashlib.sha256(b"").hexdigest() == NOTHING_SHA256


def test_a_short_curve_is_kept_whole() -> None:
    rows = walk(400, 3)
    assert traced(rows).points == tuple((ts, str(equity), f"p{price}") for ts, equity, price in rows)


def test_the_digest_covers_every_point_also_those_not_kept() -> None:
    rows = walk(5000, 3)
    lines = "".join(f"{to_iso(ts)},{equity},p{price}\n" for ts, equity, price in rows)
    assert traced(rows).sha256 == hashlib.sha256(lines.encode()).hexdigest()
    ts, equity, price = rows[2345]
    assert traced([*rows[:2345], (ts, equity + 1, price), *rows[2346:]]).sha256 != traced(rows).sha256


@settings(max_examples=30)
@given(st.integers(1, 6000), st.integers(1, 1000))
def test_ends_and_extremes_of_any_curve_are_kept_in_a_thousand_points(count: int, seed: int) -> None:
    rows = walk(count, seed)
    outcome = traced(rows)
    kept = [int(equity) for _, equity, _ in outcome.points]
    assert outcome.count == count
    assert len(outcome.points) <= 1000
    assert [p[0] for p in outcome.points] == sorted({p[0] for p in outcome.points})
    assert (outcome.points[0][0], outcome.points[-1][0]) == (rows[0][0], rows[-1][0])
    assert (min(kept), max(kept)) == (min(r[1] for r in rows), max(r[1] for r in rows))


def test_asking_for_the_outcome_midway_changes_nothing() -> None:
    trace, rows = EquityTrace(str, str), walk(3000, 7)
    for row in rows:
        trace.add(*row)
        if row[2] % 700 == 0:
            trace.outcome()
    straight = EquityTrace(str, str)
    for row in rows:
        straight.add(*row)
    assert trace.outcome() == straight.outcome()
