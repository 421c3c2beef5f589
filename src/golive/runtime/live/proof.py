"""What proves that risk is alive before the venue's dead-man's switch is armed again: it decides about an order, in time.

Source: RELIABILITY §4.6 ("the same heartbeat that proves journal + log + risk are alive").
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from golive.model.clock import SECOND, Clock
from golive.model.decision import Approved, Refused
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side

ANSWER_S: Final = 0.25
"""how long risk may take for one decision; the event loop stands meanwhile"""
ASKED: Final = ClientOrderId("0" * 32)
"""the order that is judged and never sent"""


def smallest_order(instrument: Instrument) -> NewOrder:
    """Return an order that risk can be asked about; nobody sends it."""
    return NewOrder(ASKED, instrument.id, Side.BUY, OrderType.MARKET, instrument.min_quantity)


def answers(judge: Callable[[NewOrder], Approved | Refused], order: NewOrder, clock: Clock) -> bool:
    """Return whether risk decides about this order within its time; whatever it decides. What it raises is raised."""
    began = clock.monotonic()
    return judge(order).order == order and clock.monotonic() - began <= ANSWER_S * SECOND
