"""The synchronous core: transition rules that tie strategy, risk, orders and portfolio."""

from .engine import Engine

__all__ = ["Engine"]
