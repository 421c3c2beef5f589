"""Limits as tables: everything in one where there is room, else those without a use in one of their own; what refuses says why."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from golive.cli.risk_limit_table import WIDE, limit_tables
from golive.runtime.risk_rows import LimitRow, limit_rows

RATE: dict[str, Any] = {
    "limit": "max_orders_per_minute", "code": "RISK_MESSAGE_RATE", "unit": "orders/min", "allowed": "60", "used": "60",
    "used_ratio": 1.0, "band": "warn", "refuses": True, "note": "",
}  # fmt: skip
SHUT: dict[str, Any] = {
    "limit": "repeated_execution_limit", "code": "RISK_REPEATED_EXECUTION", "unit": "orders/min", "allowed": "10", "used": "10",
    "used_ratio": 1.0, "band": "warn", "refuses": True, "note": "shut until re-armed: okx:BTC/USDT buy",
}  # fmt: skip
COLLAR: dict[str, Any] = {
    "limit": "price_collar_pct", "code": "RISK_PRICE_COLLAR", "unit": "of price", "allowed": "0.02", "used": None,
    "used_ratio": None, "band": None, "refuses": False, "note": "judged per order",
}  # fmt: skip
WINDOW: dict[str, Any] = {
    **COLLAR, "limit": "trading_windows", "unit": "UTC", "allowed": "mon-fri 08:00-20:00", "used": "closed", "refuses": True,
    "note": "",
}  # fmt: skip
LOSS: dict[str, Any] = {"limit": "max_daily_loss_pct", "allowed": "0.015", "used": "0.003", "used_ratio": 0.2, "band": "ok"}
ROWS = limit_rows([COLLAR, RATE, WINDOW, SHUT, LOSS])


def printed(rows: tuple[LimitRow, ...], width: int) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width)
    for part in limit_tables(rows, width):
        console.print(part)
    return stream.getvalue().splitlines()


def row(lines: list[str], limit: str) -> list[str]:
    [found] = [line for line in lines if line.startswith(f"│ {limit} ")]
    return [cell.strip() for cell in found.strip("│").split("│")]


def test_limits_are_read_the_most_used_first_and_those_without_a_use_last() -> None:
    assert [each.limit for each in ROWS] == [
        "max_orders_per_minute", "repeated_execution_limit", "max_daily_loss_pct", "price_collar_pct", "trading_windows",
    ]  # fmt: skip
    assert (ROWS[2].code, ROWS[2].unit, ROWS[2].refuses) == ("RISK_DAILY_LOSS", "of equity", False)


def test_where_there_is_room_all_is_one_table() -> None:
    lines = printed(ROWS, WIDE)
    assert row(lines, "max_orders_per_minute") == [
        "max_orders_per_minute",
        "60",
        "60 orders/min",
        "█" * 10,
        "100.0 %",
        "refuses",
        RATE["code"],
    ]
    assert row(lines, "price_collar_pct") == [
        "price_collar_pct",
        "–",
        "0.02 of price",
        "judged per order",
        "",
        "",
        COLLAR["code"],
    ]
    assert row(lines, "trading_windows")[1:3] == ["closed", "mon-fri 08:00-20:00 UTC"]
    assert row(lines, "trading_windows")[5] == "refuses"
    assert lines[-1] == "  repeated_execution_limit refuses now: shut until re-armed: okx:BTC/USDT buy"


@pytest.mark.parametrize("width", [80, WIDE - 1])
def test_a_narrow_terminal_cuts_nothing(width: int) -> None:
    lines = printed(ROWS, width)
    assert not any("…" in line for line in lines)
    assert row(lines, "max_daily_loss_pct") == ["max_daily_loss_pct", "0.003", "0.015", "██░░░░░░░░", "20.0 %", "ok"]
    assert row(lines, "price_collar_pct") == ["price_collar_pct", "0.02 of price", "judged per order"]
    assert row(lines, "trading_windows") == ["trading_windows", "closed: mon-fri 08:00-20:00 UTC", "refuses"]


@pytest.mark.parametrize("width", [80, WIDE])
def test_a_number_looks_the_same_wherever_it_is_shown(width: int) -> None:
    [cell] = row(printed(limit_rows([LOSS | {"allowed": "0.10"}]), width), "max_daily_loss_pct")[2:3]
    assert cell.split()[0] == "0.1"
