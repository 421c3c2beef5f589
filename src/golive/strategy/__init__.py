"""Strategies: the protocol, the built-in ones and their registry."""

from .order_parameters import ORDER_PARAMETERS, with_order_parameters
from .protocol import WARMING_UP, Bar, FillSeen, Parameter, Strategy, TradeSeen, bound, resolve_parameters
from .registry import STRATEGIES, strategy_named

__all__ = [
    "ORDER_PARAMETERS",
    "STRATEGIES",
    "WARMING_UP",
    "Bar",
    "FillSeen",
    "Parameter",
    "Strategy",
    "TradeSeen",
    "bound",
    "resolve_parameters",
    "strategy_named",
    "with_order_parameters",
]
