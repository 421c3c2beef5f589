"""Approvals of runs over history, said again from their log: nothing of them is ever sent.

The compiled driver of the engine follows the same rules as `RiskEngine` and writes numbers; where somebody asks for its commands,
they are rebuilt from those. No other room may use this (an import contract says so).
"""

from __future__ import annotations

from golive.model.decision import Approved
from golive.model.order import NewOrder


def restated(order: NewOrder, decision_seq: int) -> Approved:
    """Return the approval of an order that a run over history has allowed and logged."""
    return Approved(order, decision_seq)
