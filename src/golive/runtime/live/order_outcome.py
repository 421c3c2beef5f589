"""How a command about one order ended."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.ids import ClientOrderId
from golive.model.verdict import ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a command about one order ended."""

    client_order_id: ClientOrderId
    status: str
    """an order status, or `REFUSED`"""
    filled: str
    exit_code: ExitCode
    next: str
    """what happens now, in words; '' when nothing does"""
