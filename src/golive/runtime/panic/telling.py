"""The alerts of a panic are delivered while the rest of it is done, by this process unless another one does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from golive.config.configuration import Configuration
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import JournalError

from ..alerts.delivery import AlertDelivery
from .panic import Panic

TOLD_S: Final = 5.0
"""how long the end of a panic waits for its alerts"""


@contextmanager
def telling(panic: Panic, configuration: Configuration) -> Iterator[None]:
    """Deliver for as long as the block lasts, then a moment longer; how far that is, is told as a step."""
    delivery = AlertDelivery(panic.home, configuration, MemoryRecorder(), panic.clock, secrets=panic.secrets)
    try:
        yield
    finally:
        left, unusable = "", ""
        try:
            left = delivery.undelivered(TOLD_S)
        except JournalError as exc:
            unusable = str(exc)
        delivery.close(0)
        lost = "" if panic.is_alerted else "no alert was raised, tell people yourself; "
        if unusable:
            panic.told("alerts", "problem", f"{lost}{unusable}; what could not be kept there is told to nobody")
        elif lost:
            panic.told("alerts", "problem", f"{lost}in the outbox: {left or 'nothing'}")
        elif left:
            panic.told("alerts", "unchanged", f"{left}; they stay in the outbox: golive alerts list, golive alerts deliver")
        else:
            panic.told("alerts", "done", "delivered to every channel")
