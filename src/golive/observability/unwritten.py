"""Codes that nothing is decided with, and events that no session writes, in this version; and why. The contract declares them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NO_MODELS: Final = "no models run yet"

UNWRITTEN: Final[Mapping[str, str]] = {
    "GATE_BLOCKED": "a session behind a shut gate ends before anything is decided (exit 3), and one whose gate closes is ended",
    "risk_adjusted": (
        "risk changes no order: one that is too large is refused whole (`risk_rejected`), and `adjustments.max_quantity` in "
        "`logs/risk_decisions.jsonl` says what would have passed"
    ),
    "model_change": _NO_MODELS,
    "ai_walk_forward_report": _NO_MODELS,
    "ai_drift_report": _NO_MODELS,
    "portfolio_rebalance": (
        "nothing is rebalanced: the shares of an allocation stand in the configuration, and with others it is another strategy"
    ),
}
"""by name, in the order of the tables of `decision_words`; a test reads the sources to hold this against them"""
