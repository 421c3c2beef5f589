"""What a time of day means: one of the session's last day, its end included, because a bar's close is the bar's."""

from __future__ import annotations

import pytest

from golive.model.clock import from_iso, to_iso
from golive.runtime.explain.asked import WhenAsked, asked_for


@pytest.mark.parametrize(
    ("asked", "end", "meant"),
    [
        ("09:00", "2026-01-11T10:00:00Z", "2026-01-11T09:00:00Z"),
        ("10:00", "2026-01-11T10:00:00Z", "2026-01-11T10:00:00Z"),
        ("10:01", "2026-01-11T10:00:00Z", "2026-01-10T10:01:00Z"),
        ("00:00", "2026-01-11T00:00:00Z", "2026-01-11T00:00:00Z"),
        ("23:59", "2026-01-11T00:00:00Z", "2026-01-10T23:59:00Z"),
        ("08:00", "2026-01-10T10:00:00Z", "2026-01-10T08:00:00Z"),
        ("2026-01-10T12:00", "2026-01-11T10:00:00Z", "2026-01-10T12:00:00Z"),
    ],
)
def test_a_time_of_day_is_the_last_one_of_the_session(asked: str, end: str, meant: str) -> None:
    found = asked_for(asked)
    assert isinstance(found, WhenAsked)
    assert to_iso(found.within((from_iso("2026-01-10T09:00:00Z"), from_iso(end)))) == meant
