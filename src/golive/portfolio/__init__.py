"""The exact ledger: balances, positions, profit and loss, equity, drawdown."""

from .curve import EquityCurve
from .drawdown import EquityTrack
from .ledger import Balance, Ledger, Position

__all__ = ["Balance", "EquityCurve", "EquityTrack", "Ledger", "Position"]
