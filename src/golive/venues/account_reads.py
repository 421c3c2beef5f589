"""What a venue's REST side knows about our account: working and ended orders, fills, balances, page by page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from golive.model.balance import Balance
from golive.model.errors import VenueRejected, VenueUnavailable
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument

from .call_path import CallPath
from .dialect import Dialect, FillSighting, OrderSighting, Payload, Request
from .profile import VenueProfile

T = TypeVar("T", OrderSighting, FillSighting)
MAX_PAGES = 1000
"""what an account trades in days; a venue whose list goes on for longer is not believed"""
Cutoff = Callable[[int], int]
"""from the time of the newest row (ns) to the time back to which a list is wanted"""


@dataclass(slots=True)
class Begun(Generic[T]):
    """A list as far as it was read; reading it goes on from there."""

    rows: list[T] = field(default_factory=list)
    after: str = ""
    pages: int = 0


class AccountReads:
    """Reads of one account. All raise the family of the fault; an incomplete list is VenueUnavailable, never a short list."""

    def __init__(self, profile: VenueProfile, path: CallPath) -> None:
        self._label = profile.label
        self._dialect: Dialect = profile.dialect
        self._path = path

    async def balances(self) -> Mapping[str, Balance]:
        return await self._path.read(self._dialect.balances(), self._dialect.read_balances)

    async def by_client_id(self, client_order_id: ClientOrderId, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return what the venue's look-ups by client id say of the order; () when none of them knows it."""
        found: list[OrderSighting] = []
        for request in self._dialect.order_requests(client_order_id, instrument):
            found += await self._look(request, instrument)
        return tuple(order for order in found if order.client_order_id == client_order_id)

    async def _look(self, request: Request, instrument: Instrument) -> tuple[OrderSighting, ...]:
        not_found = self._dialect.not_found_codes
        try:
            return await self._path.read(request, lambda p: self._dialect.read_orders(p, instrument), expected=not_found)
        except VenueRejected as exc:
            if exc.code not in not_found:
                raise
            return ()

    async def open_orders(self, instrument: Instrument) -> tuple[OrderSighting, ...]:
        """Return all working orders of the account on this instrument, ours or not."""
        dialect = self._dialect
        return await self._pages(lambda a: dialect.open_orders(instrument, a), lambda p: dialect.read_orders(p, instrument))

    async def closed_orders(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[OrderSighting] | None = None
    ) -> tuple[OrderSighting, ...]:
        """Return the ended orders the venue still remembers; with `cutoff` at least those from that time on.

        `begun`: what was read of them before, to go on with; it is kept up to date.
        """
        dialect = self._dialect
        return await self._pages(
            lambda a: dialect.closed_orders(instrument, a),
            lambda p: dialect.read_orders(p, instrument),
            _reaches(cutoff, lambda order: order.ts),
            begun,
            f"orders of {instrument.id}",
        )

    async def fills(
        self, instrument: Instrument, cutoff: Cutoff | None = None, begun: Begun[FillSighting] | None = None
    ) -> tuple[FillSighting, ...]:
        """Return the account's fills the venue still remembers; `cutoff` and `begun` as of closed orders."""
        dialect = self._dialect
        return await self._pages(
            lambda a: dialect.fills(instrument, a),
            lambda p: dialect.read_fills(p, instrument),
            _reaches(cutoff, lambda seen: seen.fill.ts),
            begun,
            f"fills of {instrument.id}",
        )

    async def order_fills(self, order: OrderSighting, instrument: Instrument, cutoff: Cutoff | None) -> tuple[FillSighting, ...]:
        """Return the fills of one order, however much the account traded since; listed from `cutoff` on when it names none."""
        dialect = self._dialect
        found: list[FillSighting] = []
        count = len(dialect.order_fills(order, instrument, ""))
        for n in range(count):
            found += await self._pages(
                lambda a, n=n: dialect.order_fills(order, instrument, a)[n],  # type: ignore[misc]  # a default of a lambda
                lambda p: dialect.read_order_fills(p, instrument),
            )
        if not count and order.filled:
            found += await self.fills(instrument, cutoff)
        return tuple(seen for seen in found if seen.venue_order_id == order.venue_order_id)

    async def _pages(
        self,
        request: Callable[[str], Request],
        convert: Callable[[Payload], tuple[T, ...]],
        is_enough: Callable[[Sequence[T]], bool] = lambda rows: False,
        begun: Begun[T] | None = None,
        name: str = "",
    ) -> tuple[T, ...]:
        """Read pages, newest first as all venues send them, until the last one or until they are enough.

        `name`: of a list whose growing is progress; '' for one that is short or of a single order.
        """
        found: Begun[T] = Begun() if begun is None else begun
        while found.pages < MAX_PAGES:
            rows, following = await self._page(request(found.after), convert, found.after)
            found.rows.extend(rows)
            found.pages += 1
            if name:
                self._path.progress.reached(name if begun is None else f"{name}, kept", found.pages)
            if not following or is_enough(found.rows):
                return tuple(found.rows)
            found.after = following
        message = f"{self._label}: more than {MAX_PAGES} pages of {request('').path}; the list is not complete"
        raise VenueUnavailable(message, venue=self._label)

    async def _page(self, request: Request, convert: Callable[[Payload], tuple[T, ...]], after: str) -> tuple[tuple[T, ...], str]:
        return await self._path.read(request, lambda payload: (convert(payload), self._dialect.next_page(payload, after)))


def _reaches(cutoff: Cutoff | None, time: Callable[[T], int]) -> Callable[[Sequence[T]], bool]:
    """Return whether a list reaches back beyond the cutoff; never without one, then every page is read."""

    def is_enough(rows: Sequence[T]) -> bool:
        if cutoff is None or not rows:
            return False
        times = [time(row) for row in rows]
        return min(times) < cutoff(max(times))

    return is_enough
