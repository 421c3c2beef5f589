"""Finding out what became of orders: asked until the venue answers, and never believed before absence is proved."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from golive.execution.live.happening import Happening, Seen, Unprovable, Vanished
from golive.model.errors import OutcomeUnknown, VenueError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.venues.dialect import Lookup
from golive.venues.trading import TradingClient

from .roster import Ours, Roster
from .sightings import news_of

CLOCK_MARGIN_MS: Final = 1000
"""how much earlier than its first attempt an order is looked for: a deadline may be off by that much"""


class Asker:
    """One task per order that is asked about; they end with its venue's word; one that leaves a question leads to the next."""

    def __init__(
        self,
        name: str,
        client: TradingClient,
        roster: Roster,
        instruments: Mapping[InstrumentId, Instrument],
        tell: Callable[[Happening], None],
        broken: Callable[[Exception], None],
        *,
        order_deadline_s: float,
        pauses_s: tuple[float, float],
    ) -> None:
        """`order_deadline_s`: from the beginning of an attempt to its deadline; `pauses_s`: the first and the longest pause
        while the venue cannot be asked.
        """
        self._name = name
        self._client = client
        self._roster = roster
        self._instruments = instruments
        self._tell = tell
        self._broken = broken
        self._reach_ms = int(order_deadline_s * 1000) + CLOCK_MARGIN_MS
        self._pauses_s = pauses_s
        self._tasks: dict[ClientOrderId, asyncio.Task[None]] = {}
        self._telling: ClientOrderId | None = None
        self._pauses: dict[ClientOrderId, float] = {}
        """of orders whose last answer left a question: how long before the next one"""
        self._later: dict[ClientOrderId, asyncio.TimerHandle] = {}
        self.unprovable: dict[ClientOrderId, str] = {}
        """orders whose fate asking cannot find out, and why"""

    @property
    def is_idle(self) -> bool:
        return not self._tasks and not self._later

    def ask(self, client_order_id: ClientOrderId, *, terms: bool = False) -> None:
        """Begin to ask about an order, unless that is going on; with `terms` for those of an order, see `Ask`."""
        if client_order_id == self._telling:
            self._ask_later(client_order_id, terms)
        elif client_order_id not in self._tasks:
            if (later := self._later.pop(client_order_id, None)) is not None:
                later.cancel()
            task = asyncio.create_task(self._asked(client_order_id, terms))
            self._tasks[client_order_id] = task
            task.add_done_callback(lambda _: self._ended(client_order_id, task))

    def _ask_later(self, client_order_id: ClientOrderId, terms: bool) -> None:
        """Its answer, which is being told, leaves a question: ask again after a pause that grows."""
        pause, longest = self._pauses.get(client_order_id, self._pauses_s[0]), self._pauses_s[1]
        self._pauses[client_order_id] = min(2 * pause, longest)
        ask = partial(self.ask, client_order_id, terms=terms)
        self._later[client_order_id] = asyncio.get_running_loop().call_later(pause, ask)

    async def settled(self) -> None:
        """Return once nothing is being asked any more; an order may be due to be asked again."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Ask no more; what is not known stays in the journal as it is."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        for later in self._later.values():
            later.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, client_order_id: ClientOrderId, task: asyncio.Task[None]) -> None:
        if self._tasks.get(client_order_id) is task:
            del self._tasks[client_order_id]
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._broken(bug if isinstance(bug, Exception) else RuntimeError(repr(bug)))

    async def _asked(self, client_order_id: ClientOrderId, terms: bool) -> None:
        ours = self._roster[client_order_id]
        pause, longest = self._pauses_s
        has_told = False
        while True:
            try:
                found, has_terms = await self._resolved(ours, terms)
            except OutcomeUnknown as exc:
                self._conclude(client_order_id, partial(self._give_up, client_order_id, str(exc)))
                return
            except VenueError as exc:
                if not has_told:
                    has_told = True
                    self._tell(Unprovable(self._name, client_order_id, str(exc), False))
                await asyncio.sleep(pause)
                pause = min(2 * pause, longest)
            else:
                self._conclude(client_order_id, partial(self._answer, ours, found, has_terms))
                return

    def _conclude(self, client_order_id: ClientOrderId, tell: Callable[[], None]) -> None:
        """Tell what asking has come to. It is over before it is told, so that what is told may lead to the next question."""
        del self._tasks[client_order_id]
        self._telling = client_order_id
        try:
            tell()
        finally:
            self._telling = None
        if client_order_id not in self._later:
            self._pauses.pop(client_order_id, None)

    async def _resolved(self, ours: Ours, terms: bool) -> tuple[Lookup, bool]:
        """Return what the venue has, and whether its terms are final; the stream may show those that were asked for before."""
        since_ms = ours.first_deadline_ms - self._reach_ms
        instrument = self._instruments[ours.intent.instrument]
        # until the stream has shown the new terms, or nothing can come of the amendment any more: the venue tells when that is
        while terms and ours.is_changing and not await self._client.has_passed(ours.deadline_ms):  # noqa: ASYNC110
            await asyncio.sleep(self._pauses_s[0])
        is_final = terms and await self._client.has_passed(ours.deadline_ms)
        return await self._client.resolve(ours.intent.client_order_id, instrument, ours.deadline_ms, since_ms=since_ms), is_final

    def _give_up(self, client_order_id: ClientOrderId, detail: str) -> None:
        self.unprovable[client_order_id] = detail
        self._tell(Unprovable(self._name, client_order_id, detail, True))

    def _answer(self, ours: Ours, found: Lookup, terms: bool) -> None:
        name = ours.intent.client_order_id
        if found.is_absent:
            self._tell(Vanished(self._name, name))
            return
        if found.order is not None:
            self._roster.learn(name, found.order.venue_order_id)
        news = news_of(found, name, terms=terms)
        if terms:
            ours.shall, ours.is_changing = None, False
        self._tell(Seen(self._name, name, news, None if found.order is None else found.order.filled))
