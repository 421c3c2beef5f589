"""A published figure of an entrypoint, and the account it is of."""

from __future__ import annotations

from pathlib import Path

from golive.model.clock import DAY, week_of_day
from golive.runtime.host_figures import kind_of
from golive.storage.host_account import SCALE, HostAccount, write_account
from golive.storage.risk_state import EquityFigure, publish_figure
from support.durable import START

FIGURE = EquityFigure(
    entrypoint="okx", stage="paper", is_simulation=False, quote_asset="USDT", quote_scale=8, equity=10**12, day_start=10**12,
    peak=10**12, at=START, pid=7, epoch=1, run_id="a" * 32, profile="balanced", risk_profile_digest="d" * 64, state="ACTIVE",
    uses=({"limit": "max_daily_loss_pct", "allowed": "0.015", "used": "0", "used_ratio": 0.0, "band": "ok"},),
)  # fmt: skip


def publish(home: Path, figure: EquityFigure) -> None:
    """Leave what a session leaves every second: its figure and its account, which is as old as the figure."""
    publish_figure(home, figure)
    if figure.equity is not None and not figure.is_simulation:
        write_account(home, account_of(figure))


def account_of(figure: EquityFigure) -> HostAccount:
    """Return the account of a first session, whose week began with its day."""
    unit, whole, day = 10**figure.quote_scale, 10**SCALE, figure.at // DAY
    equity, start, peak = (each * whole // unit for each in (figure.equity or 0, figure.day_start, figure.peak))
    return HostAccount(
        entrypoint=figure.entrypoint, money=kind_of(figure.stage), quote_asset=figure.quote_asset, run_id=figure.run_id, earned=0,
        equity=equity, peak=peak, day=day, day_start=start, week=week_of_day(day), week_start=start, at=figure.at,
    )  # fmt: skip
