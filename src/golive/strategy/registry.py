"""The strategies that a configuration may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.errors import ConfigError

from .ema_cross import EmaCross
from .multi_strategy import MultiStrategy
from .protocol import Strategy

STRATEGIES: Final[Mapping[str, Strategy]] = {strategy.name: strategy for strategy in (EmaCross(), MultiStrategy())}


def strategy_named(name: str) -> Strategy:
    """Return a registered strategy; ConfigError naming the known ones otherwise."""
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ConfigError(f"strategy {name!r} is not registered; known: {', '.join(sorted(STRATEGIES))}") from None
