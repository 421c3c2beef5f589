"""A published figure of an entrypoint."""

from __future__ import annotations

from golive.storage.risk_state import EquityFigure
from support.durable import START

FIGURE = EquityFigure(
    entrypoint="okx", stage="paper", is_simulation=False, quote_asset="USDT", quote_scale=8, equity=10**12, day_start=10**12,
    peak=10**12, at=START, pid=7, epoch=1, run_id="a" * 32, profile="balanced", risk_profile_digest="d" * 64, state="ACTIVE",
    uses=({"limit": "max_daily_loss_pct", "allowed": "0.015", "used": "0", "used_ratio": 0.0, "band": "ok"},),
)  # fmt: skip
