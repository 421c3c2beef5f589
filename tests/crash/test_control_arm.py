"""The rig is able to fail: bots that do what is commonly done place orders twice in it, under the same faults and kills.

The protocol `record` runs beside each kill proof, in the rig of the same seed (`kill_proof.py`); Bybit's ids are unique for
ever, so the same id is never taken twice there and it has no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crash.control_arm import run_naive
from crash.report import IS_LONG, Report

SEED = 20_240
RUNS = (("okx", ("resend", "query")), ("kraken", ("resend",)))
LEAST_ORDERS = 50

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600 if IS_LONG else 180)]


def _is_enough(checked: Mapping[str, Any]) -> bool:
    return bool(checked["looked_at"]["orders"] >= LEAST_ORDERS)


@pytest.mark.parametrize(("venue", "protocols"), RUNS, ids=[name for name, _ in RUNS])
def test_naive_protocols_place_orders_twice(venue: str, protocols: tuple[str, ...], tmp_path: Path) -> None:
    report = Report(f"control-arm-{venue}", SEED)
    checked = []
    for protocol in protocols:
        report.parts[protocol] = found = run_naive(venue, protocol, tmp_path / protocol, SEED, _is_enough)
        checked.append(found["checked"])
    report.write(tmp_path)
    assert min(each["looked_at"]["orders"] for each in checked) >= LEAST_ORDERS, "the run is void: too few orders"
    assert sum(each["counts"]["duplicate"] for each in checked) > 0, "the run is void: this rig finds no duplicates"
    assert [each["counts"]["phantom"] for each in checked] == [0] * len(protocols)
