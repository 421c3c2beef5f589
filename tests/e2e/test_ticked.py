"""Every box of the exchanges' runbooks and of those to live is ticked at the end of the way, but those that need what is not there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from support.ticked import books, rehearse, still_open
from support.walk import walking

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
OPEN: Final = {
    "check paper_labs",  # no Paper Labs
    "machine slo_report",  # no operator console; a short window
    "machine dashboard_snapshot",  # no Prometheus here
}


@pytest.mark.parametrize("dialect", ["okx", "kraken", "bybit"])
def test_all_boxes_are_ticked_but_those_of_parts_that_are_not_there(tmp_path: Path, dialect: str) -> None:
    with walking(tmp_path / "home", dialect) as walk:
        rehearse(walk)
        found = list(still_open(walk, books(walk)))
    assert [each for each in found if each.bound not in OPEN or each.status != "unknown" or not each.why] == []
