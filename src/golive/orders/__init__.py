"""The order state machine: one transition table, used by engine, paper, live and recovery."""

from .order import Order, Orders
from .state import TRANSITIONS, OrderEvent, next_status

__all__ = ["TRANSITIONS", "Order", "OrderEvent", "Orders", "next_status"]
