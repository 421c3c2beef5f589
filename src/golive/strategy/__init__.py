"""Strategies: the protocol, the built-in ones and their registry."""

from .protocol import Bar, Parameter, Step, Strategy, resolve_parameters
from .registry import STRATEGIES, AnyStrategy, strategy_named

__all__ = ["STRATEGIES", "AnyStrategy", "Bar", "Parameter", "Step", "Strategy", "resolve_parameters", "strategy_named"]
