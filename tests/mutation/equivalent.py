"""Mutants that change nothing anybody could see, by name, each with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SET_BEFORE_READ: Final = "the first return, or range, sets it before anybody reads it"
_EQUAL_SHARE: Final = "keeps an equal share instead of the one before; all that is told of it are shares"

_SHARE_ALONE: Final = "of these limits only the share is read, not what is used of it"

EQUIVALENT: Final[Mapping[str, str]] = {
    "golive.risk.costs:CostTrack.begin: 1 -> 2 (2)": "of two days the second is the one that has just begun, never older than 30 days",
    "golive.risk.cross:limits: allowed is not None and share is not None -> allowed is not None or share is not None": (
        "the share is made from the limit: both are there, or none"
    ),
    "golive.risk.cross:stands: 0 -> 1": _SHARE_ALONE,
    "golive.risk.cross:stands: 0 -> 1 (2)": _SHARE_ALONE,
    "golive.risk.cross:stands: 0 -> 1 (3)": _SHARE_ALONE,
    "golive.risk.cross:stands: 0 -> 1 (4)": _SHARE_ALONE,
    "golive.risk.engine:RiskEngine.__init__: 1 -> 2": "a share of nothing, of whatever whole",
    "golive.risk.engine:RiskEngine.__init__: 1 -> 2 (2)": "a share of nothing, of whatever whole",
    "golive.risk.engine:RiskEngine.observe: largest_position * whole > largest * equity -> largest_position * whole >= largest * equity": _EQUAL_SHARE,
    "golive.risk.engine:RiskEngine.observe: exposure * whole > most * equity -> exposure * whole >= most * equity": _EQUAL_SHARE,
    "golive.risk.engine:RiskEngine.present_uses: 1 -> 2": (
        "from a start of 1 or less nothing can have been lost while equity is at least 1: nothing, of whatever whole"
    ),
    "golive.risk.flow:OrderFlow.executed: times[0] <= ts - MINUTE -> times[0] < ts - MINUTE": (
        "keeps one that is a minute old until the next; whoever counts leaves it out"
    ),
    "golive.risk.limit_state:_volatility: view.equity < 0 -> view.equity <= 0": "an equity of 0 is false, and said to be unknown before",
    "golive.risk.limit_state:_volatility: 0 -> 1": "an equity of 0 is false, and said to be unknown before",
    "golive.risk.rules.host:cross_entrypoint: 0 -> 1": "stands for a start that is not asked for; only whether one is missing is looked at",
    "golive.risk.rules.loss:cost_ratio: costs.profit > 0 -> costs.profit >= 0": "any fee exceeds every share of a profit of 0",
    "golive.risk.rules.objection:share_text: part >= 0 -> part > 0": "nothing is rounded to nothing in either direction",
    "golive.risk.rules.objection:share_text: 0 -> 1 (2)": "nothing is rounded to nothing in either direction",
    "golive.risk.rules.price:price_collar: 0 -> 1 (2)": "the first fresh source sets it; without one the order is refused before",
    "golive.risk.rules.price:price_collar: ticks < furthest -> ticks <= furthest": "takes an equal price instead of the one before",
    "golive.risk.rules.price:price_collar: ticks > furthest -> ticks >= furthest": "takes an equal price instead of the one before",
    "golive.risk.rules.standing:missing_input: equity > 0 -> equity >= 0": "an equity of 0 is false, and refused before",
    "golive.risk.rules.standing:missing_input: day_start > 0 -> day_start >= 0": "a start of 0 is false, and refused before",
    "golive.risk.rules.standing:missing_input: peak > 0 -> peak >= 0": "a peak of 0 is false, and refused before",
    "golive.risk.statistics:PriceStatistics.__init__: self._variance = 0.0 -> pass": _SET_BEFORE_READ,
    "golive.risk.statistics:PriceStatistics.__init__: 0.0 -> 1.0": _SET_BEFORE_READ,
    "golive.risk.statistics:PriceStatistics.__init__: self._atr = 0.0 -> pass": _SET_BEFORE_READ,
    "golive.risk.statistics:PriceStatistics.__init__: 0.0 -> 1.0 (3)": _SET_BEFORE_READ,
}
