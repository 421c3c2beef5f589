"""Execution: the service that takes approved orders, and its paper implementation."""

from .paper import PaperExecution, RejectReason
from .ports import ExecutionService, News

__all__ = ["ExecutionService", "News", "PaperExecution", "RejectReason"]
