"""The switch of auto-trade turned as `golive autotrade` does it: file and signed record."""

from __future__ import annotations

from pathlib import Path

from golive.runtime.operators import record_act
from golive.storage.auto_trade_record import SWITCHED, switched_body
from golive.storage.auto_trade_switch import AutoTradeSwitch, turn_switch
from support.wall_clock import WallClock

CAUSE = "operator_command"


def recorded(home: Path, name: str, *, enabled: bool, at: int, operator: str = "ben") -> None:
    """Write the record alone."""
    record_act(home, SWITCHED, switched_body(name, enabled=enabled, cause=CAUSE, at=at), operator, clock=WallClock())


def turned(home: Path, name: str, *, enabled: bool, at: int = 7, operator: str = "ben") -> AutoTradeSwitch:
    """Write both, the record first."""
    recorded(home, name, enabled=enabled, at=at, operator=operator)
    return turn_switch(home, name, enabled=enabled, operator=operator, cause=CAUSE, at=at)
