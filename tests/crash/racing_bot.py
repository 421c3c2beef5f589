"""The bot with another strategy: everything it does races with something else; `python -m crash.racing_bot …` as `crash.bot`.

Orders are for so much, and priced so near to the market, that they are filled in part, at once, or while they rest. Each is soon
amended, often across the market, and canceled: at once, before its answer is there, after a moment, or twice.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from functools import partial

from crash import bot
from crash.strategy import SIZES, Strategy
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots

NEAR = 0.002
"""of the price: so far on either side of it orders are placed, and amended to"""
LARGER = (1, 100, 5_000, 20_000)
"""times the usual quantity; the largest are more than the book has within `NEAR`"""
SOON_S = 0.03
STEPS_OF_AN_ORDER = ("cancel", "cancel_twice", "amend", "amend", "amend_and_cancel", "amend_and_cancel", "nothing")


class Racing(Strategy):
    """Draws orders near the market; what is to become of each is drawn with it."""

    def step(self) -> None:
        super().step()
        for name in self._resting[-1:]:
            self._race(name)

    def _race(self, name: ClientOrderId) -> None:
        what, loop, rng = self._rng.choice(STEPS_OF_AN_ORDER), asyncio.get_running_loop(), self._rng
        if what.startswith("amend"):
            loop.call_later(rng.uniform(0, SOON_S), partial(self._amend_near, name))
        if what.startswith("cancel") or what.endswith("cancel"):
            for _ in range(2 if what == "cancel_twice" else 1):
                loop.call_later(rng.choice((0.0, rng.uniform(0, SOON_S))), partial(self._desk.cancel, name))

    def _amend_near(self, name: ClientOrderId) -> None:
        if not self._desk.router.knows(name):
            return
        order = self._desk.router.order(name).intent
        away = Decimal(self._rng.uniform(-NEAR, NEAR)).quantize(Decimal("0.0001"))
        instrument = self._desk.instruments(self._place.adapter)[order.instrument]
        price = limit_ticks(instrument, order.side, str(self._prices[order.instrument] * (1 + away)))
        quantity = max(instrument.min_quantity, order.quantity // self._rng.choice((1, 2)))
        self._decisions += 1
        verdict = self._risk.decide(order._replace(price=price, quantity=quantity), self._view(), self._decisions)
        if isinstance(verdict, Approved):
            self._desk.amend(verdict)

    def _draw(self) -> NewOrder:
        order, rng = super()._draw(), self._rng
        instrument = self._desk.instruments(self._place.adapter)[order.instrument]
        if order.quantity > order_lots(instrument, SIZES[order.instrument.base]):  # one that risk is to refuse
            return order
        away = Decimal(rng.uniform(-NEAR, NEAR)).quantize(Decimal("0.0001"))
        size = Decimal(SIZES[order.instrument.base]) * rng.choice(LARGER)
        side = rng.choice(tuple(Side))
        return order._replace(
            side=side,
            type=OrderType.LIMIT,
            quantity=order_lots(instrument, str(size)),
            price=limit_ticks(instrument, side, str(self._prices[order.instrument] * (1 + away))),
            time_in_force=TimeInForce.GTC,
        )


def main(arguments: list[str]) -> int:
    """Run the bot so."""
    vars(bot)["Strategy"] = Racing
    return bot.main(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
