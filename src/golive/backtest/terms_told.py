"""What history was traded under, as every document of a backtest, a sweep or a walk-forward tells it."""

from __future__ import annotations

from golive.model.clock import MILLISECOND
from golive.model.json import JsonValue
from golive.model.money import format_decimal

from .spec import BacktestSpec


def terms_of(spec: BacktestSpec, timeframe: str) -> dict[str, JsonValue]:
    """Return what was traded under."""
    share, whole = spec.participation
    return {
        "timeframe": timeframe,
        "maker_bps": format_decimal(spec.fees.maker_bps),
        "taker_bps": format_decimal(spec.fees.taker_bps),
        "fee_asset": str(spec.fees.asset),
        "slippage_bps": format_decimal(spec.slippage_bps),
        "participation": f"{share}/{whole}",
        "latency_ms": spec.latency_ns / MILLISECOND,
        "start_balances": {asset: format_decimal(amount) for asset, amount in sorted(spec.start_balances.items())},
        "risk_profile": spec.profile.name,
        "risk_profile_sha256": spec.profile.digest,
        "fill_model": "bar",
    }
