"""What all parts of one open account share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from golive.execution.live.happening import Happening
from golive.model.clock import Clock
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.movement import movements
from golive.model.order import Fill
from golive.storage.order_journal import FillItem
from golive.venues.adapter import VenueAdapter
from golive.venues.trading import TradingClient

from .pen import Pen
from .plan import AccountPlan, LivePlan
from .readiness import Readiness
from .roster import Roster
from .turnstile import Turnstile


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One account's own things."""

    plan: LivePlan
    account: AccountPlan
    adapter: VenueAdapter
    client: TradingClient
    instruments: dict[InstrumentId, Instrument]
    pen: Pen
    readiness: Readiness
    roster: Roster
    tell: Callable[[Happening], None]
    may_leave: Callable[[ClientOrderId], str]
    """the router's last word on a queued order: the code of what holds it back, '' when it may leave"""
    broken: Callable[[Exception], None]
    """something failed that no rule foresees: the account stops"""

    turnstile: Turnstile = field(default_factory=Turnstile)
    """for whoever has just got an answer, or takes the next order"""
    booked: dict[str, Decimal] = field(default_factory=dict)
    """what the fills since the journal was opened have added, by asset"""

    def book(self, fill: Fill) -> None:
        """Count a fill and make it durable; nobody waits for that."""
        for asset, amount in movements(fill, self.instruments[fill.instrument]).items():
            self.booked[asset] = self.booked.get(asset, Decimal(0)) + amount
        self.pen.write(FillItem(fill))

    @property
    def name(self) -> str:
        return self.account.adapter

    @property
    def clock(self) -> Clock:
        return self.plan.clock
