"""Risk proves that it is alive by deciding about the order it is asked about, in time."""

from __future__ import annotations

from golive.model.clock import SECOND
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.instrument import Instrument
from golive.model.order import NewOrder
from golive.runtime.live.proof import answers, smallest_order
from support.wall_clock import WallClock

INSTRUMENT = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.001", min_quantity="0.002", max_quantity="100")


class SlowClock(WallClock):
    """Its monotonic time goes on by as much as is asked for."""

    ahead_ns = 0

    def monotonic(self) -> int:
        return super().monotonic() + self.ahead_ns


def test_any_decision_about_the_order_is_an_answer() -> None:
    order = smallest_order(INSTRUMENT)
    assert order.quantity == 2
    assert answers(lambda asked: Approved(asked, 1), order, WallClock())
    assert answers(lambda asked: Refused(asked, 1, DecisionCode.RISK_MISSING_INPUT, "known", "missing"), order, WallClock())
    assert not answers(lambda asked: Approved(asked._replace(quantity=3), 1), order, WallClock())


def test_a_decision_that_takes_too_long_is_none() -> None:
    clock = SlowClock()

    def decide(asked: NewOrder) -> Approved:
        clock.ahead_ns += SECOND
        return Approved(asked, 1)

    assert not answers(decide, smallest_order(INSTRUMENT), clock)
