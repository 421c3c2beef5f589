"""Execution: the service that takes approved orders, and its paper implementation."""

from .paper import LOST_AT_RESTART, PaperExecution
from .ports import ExecutionService, News
from .rule import RejectReason

__all__ = ["LOST_AT_RESTART", "ExecutionService", "News", "PaperExecution", "RejectReason"]
