"""Risk: the profile, its rules and the engine that alone can approve an order."""

from .band import LimitUse
from .engine import RiskEngine
from .flow import OrderFlow
from .limit_state import Committed, LimitState, committed, limit_states
from .profile import LIMITS, RiskProfile
from .rules import RULES
from .view import AccountView, Commitment, Costs, Reference

__all__ = [
    "LIMITS", "RULES", "AccountView", "Commitment", "Committed", "Costs", "LimitState", "LimitUse", "OrderFlow", "Reference",
    "RiskEngine", "RiskProfile", "committed", "limit_states",
]  # fmt: skip
