"""The strategies that a configuration may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from golive.model.errors import ConfigError

from .multi_strategy import MultiStrategy
from .protocol import Strategy

# A registry is where differently typed states meet; each strategy is only ever given its own state back.
AnyStrategy = Strategy[Any]

STRATEGIES: Final[Mapping[str, AnyStrategy]] = {strategy.name: strategy for strategy in (MultiStrategy(),)}


def strategy_named(name: str) -> AnyStrategy:
    """Return a registered strategy; ConfigError naming the known ones otherwise."""
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ConfigError(f"strategy {name!r} is not registered; known: {', '.join(sorted(STRATEGIES))}") from None
