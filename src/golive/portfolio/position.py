"""What trading one instrument cost and earned, by average cost and by FIFO lots; both exact, in smallest units.

Both conserve cost: `realized` − cost of what is open always equals the quote received less the quote paid. So what the two
methods realise differs, and realised + unrealised does not.

Rounding: the cost of a part is cost × part / whole, rounded down to a unit; what was rounded off stays with the rest, and the
last part takes all of it.

A position is negative when an instrument sold what came by another way (the base asset of two instruments, an asset that is also
a quote asset); its cost is then what was received for it, as a negative number.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class Position:
    """Holding of one instrument by average cost: base units and what they cost in quote units, fees included.

    `basis_known` is False once base units came or went without a declared worth; they count with a cost of 0, and statements
    then give no profit.
    """

    base_units: int = 0
    cost: int = 0
    realized: int = 0
    basis_known: bool = True

    def move(self, base: int, quote: int) -> None:
        """Take a change of `base` units for a change of `quote` units (signs as our balances change, fees included)."""
        held = self.base_units
        left = held + base
        if base > 0 <= held or base < 0 >= held:
            self.base_units = left
            self.cost -= quote
        elif left == 0:
            self.base_units, self.realized, self.cost = 0, self.realized + quote - self.cost, 0
        elif (left > 0) is (held > 0):
            cost = self.cost * -base // held
            self.base_units = left
            self.cost -= cost
            self.realized += quote - cost
        else:
            closing = quote * held // -base
            self.move(-held, closing)
            self.move(left, quote - closing)


@dataclass(slots=True)
class Lot:
    """Units bought (or, negative, sold) at once, with what is left of their cost."""

    base_units: int
    cost: int


@dataclass(slots=True)
class FifoLots:
    """The same holding as lots, oldest first; a reduction takes the oldest."""

    realized: int = 0
    lots: deque[Lot] = field(default_factory=deque)

    @property
    def base_units(self) -> int:
        return sum(lot.base_units for lot in self.lots)

    @property
    def cost(self) -> int:
        return sum(lot.cost for lot in self.lots)

    def move(self, base: int, quote: int) -> None:
        """Take a change of `base` units for a change of `quote` units (signs as our balances change, fees included)."""
        while base and self.lots and self.lots[0].base_units * base < 0:
            lot = self.lots[0]
            if abs(lot.base_units) <= abs(base):
                part = quote * lot.base_units // -base
                self.realized += part - lot.cost
                base, quote = base + lot.base_units, quote - part
                self.lots.popleft()
            else:
                cost = lot.cost * -base // lot.base_units
                self.realized += quote - cost
                lot.base_units, lot.cost = lot.base_units + base, lot.cost - cost
                return
        if base:
            self.lots.append(Lot(base, -quote))
        else:
            self.realized += quote
