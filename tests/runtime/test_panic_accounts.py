"""Which accounts a panic works on together: those that only one desk can hold at a time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from golive.risk import RiskProfile
from golive.runtime.live.order_risk import OrderRisk
from golive.runtime.panic.accounts import Desk, sharing
from support.live_desk import account_at, live_plan
from support.venue_process import new_key
from support.wall_clock import WallClock

HALF = Decimal("0.5")


def desk(home: Path, *names: str) -> Desk:
    accounts = [account_at(name, "http://127.0.0.1:1", new_key(dialect=name)) for name in names]
    return Desk(live_plan(home, accounts), OrderRisk(RiskProfile("test", HALF, HALF, HALF, 3), WallClock()))


def test_each_account_is_worked_on_by_itself_unless_routes_join_it_to_another(tmp_path: Path) -> None:
    okx, kraken, bybit = (desk(tmp_path, name) for name in ("okx", "kraken", "bybit"))
    assert sharing([]) == []
    assert [len(group) for group in sharing([okx, kraken, bybit])] == [1, 1, 1]
    both = desk(tmp_path, "okx", "kraken")
    groups = sharing([okx, bybit, kraken, both])
    assert [[sorted(each.accounts) for each in group] for group in groups] == [
        [["bybit_spot_bybit_key"]],
        [["okx_spot_okx_key"], ["kraken_spot_kraken_key"], ["kraken_spot_kraken_key", "okx_spot_okx_key"]],
    ]
