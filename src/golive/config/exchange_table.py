"""What is asked of one exchange alone: its loosest thresholds (CONTRACT "Configuration"), the strategy of its runbook."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LOOSEST: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "okx": {"rate_limit_max": "0", "network_errors_max": "1", "health_min": "1.0"},
        "kraken": {"rate_limit_max": "0", "network_errors_max": "0", "health_min": "1.0"},
        "bybit": {"rate_limit_max": "0", "network_errors_max": "0", "health_min": "1.0"},
    }
)
RUNBOOK_STRATEGIES: Final[Mapping[str, str]] = MappingProxyType({"bybit": "multi_strategy_default"})
"""exchange → the strategy that its runbook names; the others leave it to the operator"""
