"""Risk: the profile, its rules and the engine that alone can approve an order."""

from .engine import LimitUse, RiskEngine
from .profile import LIMITS, RiskProfile
from .rules import RULES
from .view import AccountView

__all__ = ["LIMITS", "RULES", "AccountView", "LimitUse", "RiskEngine", "RiskProfile"]
