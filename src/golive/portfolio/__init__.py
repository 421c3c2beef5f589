"""The exact ledger: double entry of balances, positions, profit and loss, equity, exposure, drawdown."""

from .account import Account, Balance, Posting
from .books import check_books, digest_of, replay, state_of, trial_balance
from .curve import EquityCurve
from .drawdown import EquityTrack
from .entry import Entry, Flow, Journaled
from .exposure import Exposure, exposure_of
from .ledger import Ledger
from .position import FifoLots, Lot, Position
from .statement import AccountLine, BalanceLine, PositionLine, ProfitLine, Statement, account_lines, price_of, statement_of
from .valuation import Price

__all__ = [
    "Account",
    "AccountLine",
    "Balance",
    "BalanceLine",
    "Entry",
    "EquityCurve",
    "EquityTrack",
    "Exposure",
    "FifoLots",
    "Flow",
    "Journaled",
    "Ledger",
    "Lot",
    "Position",
    "PositionLine",
    "Posting",
    "Price",
    "ProfitLine",
    "Statement",
    "account_lines",
    "check_books",
    "digest_of",
    "exposure_of",
    "price_of",
    "replay",
    "state_of",
    "statement_of",
    "trial_balance",
]
