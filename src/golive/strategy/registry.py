"""The strategies that a configuration may name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.errors import ConfigError

from .bollinger_reversion import BollingerReversion
from .breakout import Breakout
from .dca import Dca
from .donchian_trend import DonchianTrend
from .ema_cross import EmaCross
from .grid import Grid
from .multi_strategy import MultiStrategy
from .protocol import Strategy
from .rsi_reversion import RsiReversion
from .volatility_target import VolatilityTarget

_BUILT_IN: Final = (
    BollingerReversion(), Breakout(), Dca(), DonchianTrend(), EmaCross(), Grid(), MultiStrategy(), RsiReversion(),
    VolatilityTarget(),
)  # fmt: skip

STRATEGIES: Final[Mapping[str, Strategy]] = {strategy.name: strategy for strategy in _BUILT_IN}


def strategy_named(name: str) -> Strategy:
    """Return a registered strategy; ConfigError naming the known ones otherwise."""
    try:
        return STRATEGIES[name]
    except KeyError:
        raise ConfigError(f"strategy {name!r} is not registered; known: {', '.join(sorted(STRATEGIES))}") from None
