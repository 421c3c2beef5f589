"""A ladder of resting depth around a best price, for markets that have no recorded depth.

The quantity at a price is a fixed function of the price and of a slowly changing salt, so that a market that hardly
moved publishes a small change and the same seed gives the same book.
"""

from __future__ import annotations

from golive.model.market import Level
from golive.model.order import Side

_NEAR_LEVELS = 12
_FAR_LEVELS = 13
_MASK = (1 << 64) - 1


def nice_step(ticks: float) -> int:
    """Return the greatest of 1, 2, 5, 10, 20, 50, … that is not above `ticks`; at least 1."""
    step = 1
    while True:
        for factor in (2, 5, 10):
            if step * factor > ticks:
                return step if factor == 2 else step * (2 if factor == 5 else 5)
        step *= 10


def mix(value: int) -> int:
    """Return a well mixed 64-bit hash of an integer (the finaliser of splitmix64)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Ladder:
    """Builds the levels of both sides; `clip` is a typical quantity in lots, `price` a typical price in ticks."""

    def __init__(self, *, price: int, clip: int, seed: int) -> None:
        self._near = nice_step(price * 0.00005)
        self._far = nice_step(price * 0.0005)
        self._clip = max(1, clip)
        self._seed = mix(seed)

    def levels(self, side: Side, best: int, epoch: int) -> list[Level]:
        """Return about 25 levels of `side` from `best` outwards; every price keeps its quantity for 16 epochs."""
        sign = -side.sign
        prices = [best]
        price = best
        for step, count in ((self._near, _NEAR_LEVELS), (self._far, _FAR_LEVELS)):
            price = price // step * step if sign < 0 else -(-price // step) * step
            for _ in range(count):
                if price == prices[-1]:
                    price += sign * step
                if price <= 0:
                    break
                prices.append(price)
                price += sign * step
        return [(at, self._quantity(at, rank, epoch)) for rank, at in enumerate(prices)]

    def _quantity(self, price: int, rank: int, epoch: int) -> int:
        noise = mix(self._seed ^ price * 31 ^ ((epoch + price) >> 4)) & 0xFFFF
        shape = 2 + (rank >> 2)
        return max(1, self._clip * shape * (8192 + noise) // 65536)
