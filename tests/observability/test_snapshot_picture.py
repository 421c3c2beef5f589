"""What the picture of the dashboards says of a series: a line for what moved, words for what stood still."""

from __future__ import annotations

import pytest

from golive.model.clock import SECOND
from golive.observability.dashboard_snapshot import SnapshotDashboard, SnapshotPanel, SnapshotQuery, SnapshotSeries
from golive.observability.snapshot_picture import Stretch, picture


def drawn(values: tuple[str | None, ...], unit: str) -> str:
    series = SnapshotSeries(legend="okx_live", labels={}, values=values)
    panel = SnapshotPanel(
        title="Latency", description="", unit=unit, limit=None, queries=(SnapshotQuery(expression="x", series=(series,)),)
    )
    stretch = Stretch(0, (len(values) - 1) * SECOND, 1.0)
    return picture("Golive", stretch, (), 1, (SnapshotDashboard(name="d", title="D", panels=(panel,)),))


@pytest.mark.parametrize(
    ("values", "unit", "said", "has_line"),
    [
        (("1", "1", "1"), "short", "okx_live: 1 throughout", False),
        (("1", None, "1"), "short", "okx_live: 1 at 2 of 3 moments", False),
        (("0.00475", "0.004750000000000001", "0.00475"), "s", "okx_live: 4.75 ms throughout", False),
        (("0.00475", "0.00476", "0.00475"), "s", "okx_live: 4.75 ms to 4.76 ms", True),
        (("0", "1", "1"), "short", "okx_live: 0 to 1", True),
        ((None, "NaN", "+Inf"), "short", "okx_live: no number", False),
    ],
)  # fmt: skip
def test_a_line_is_drawn_for_what_moved(values: tuple[str | None, ...], unit: str, said: str, has_line: bool) -> None:
    shown = drawn(values, unit)
    assert f">{said}</text>" in shown
    assert ('class="plot"' in shown) is has_line
