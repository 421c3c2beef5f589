"""Hears a desk about one order, from its recovery to its end, and tells each step once it is durable."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from golive.execution.live.effect import Reroute
from golive.execution.live.happening import Answered, Happening, Leaving, NotSent, Unprovable, Withdrawn
from golive.execution.ports import News
from golive.model.clock import MILLISECOND, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult
from golive.model.money import format_units
from golive.model.order import Fill

from .desk import LiveDesk


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened and is durable: `recovered`, `judged`, `leaves`, `answered`, a fact's event, `filled`."""

    name: str
    text: str


@dataclass(slots=True)
class Following:
    """Hears the desk about one order, and about the one it became at another venue; tells each step once it is durable."""

    desk: LiveDesk
    order_id: ClientOrderId
    say: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    never_left: bool = False
    """it is proved that no byte of it reached the venue"""
    cancel_problem: str = ""
    """why a cancel of it was not taken, as it was told last"""
    _left_mono: int = 0
    """when its newest attempt was let out, ns of the monotonic clock"""
    _waiting: asyncio.Queue[Step | None] = field(default_factory=asyncio.Queue)
    _task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Following:
        self.desk.on_happening.append(self._happened)
        self.desk.on_news.append(self._told)
        self.desk.on_reroute.append(self._rerouted)
        self._task = asyncio.create_task(self._tell())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.desk.on_happening.remove(self._happened)
        self.desk.on_news.remove(self._told)
        self.desk.on_reroute.remove(self._rerouted)
        self._waiting.put_nowait(None)
        if self._task is not None:
            await self._task

    def add(self, name: str, text: str) -> None:
        """Tell a step as soon as everything that was written before it is durable."""
        self._waiting.put_nowait(Step(name, text))

    async def _tell(self) -> None:
        while (step := await self._waiting.get()) is not None:
            for account in self.desk.plan.accounts:
                await self.desk.account(account.adapter).parts.pen.flushed()
            self.steps.append(step)
            self.say(step)

    def _happened(self, happening: Happening) -> None:
        if getattr(happening, "client_order_id", None) != self.order_id:
            return
        match happening:
            case Leaving():
                clock, deadline = self.desk.plan.clock, to_iso(happening.deadline_ms * MILLISECOND)
                self._left_mono, now = clock.monotonic(), to_iso(clock.now() // MILLISECOND * MILLISECOND)
                what = f"decision, intent and attempt {happening.n} are durable"
                self.add("leaves", f"{what}; it may leave at {now}, deadline {deadline}")
            case Answered(result=AttemptResult.NOT_SENT):
                self.never_left = True
                self.add("not_sent", f"it never left {happening.adapter}: {happening.code or 'refused here'}: {happening.detail}")
            case Answered():
                code = f" (code {happening.code})" if happening.code else ""
                named = f" as {happening.venue_order_id}" if happening.venue_order_id else ""
                detail = f": {happening.detail}" if happening.detail else ""
                took = f"after {(happening.mono - self._left_mono) // MILLISECOND} ms"
                what = f"{happening.adapter} answers attempt {happening.n} {took}"
                self.add("answered", f"{what}: {happening.result}{named}{code}{detail}")
            case NotSent():
                self.never_left = True
                self.add(
                    "not_sent", f"it never left {happening.adapter}: {happening.reason or happening.code}: {happening.detail}"
                )
            case Unprovable():
                self.add("unproved", f"its outcome is not known: {happening.detail}")
            case Withdrawn() if happening.problem:
                self.cancel_problem = happening.problem
                self.add("not_taken", f"{happening.adapter} did not take the cancel: {happening.problem}; it is asked again")
            case _:
                pass

    def _told(self, news: News) -> None:
        if news.client_order_id != self.order_id:
            return
        if isinstance(news, Fill):
            self.add("filled", self._fill_text(news))
        elif news.event == "unanswered":
            self.add("unanswered", "it may be at the venue: it is asked about, and never sent again")
        elif news.event == "not_sent":
            if not self.desk.router.knows(self.order_id):
                self.add("refused", f"the router refuses it: {news.code}")
        elif news.event == "absent":
            self.add("absent", "it is proved that the venue does not have it and never will")
        elif news.event != "accepted":  # that is the answer to its attempt
            code = f" (code {news.code})" if news.code else ""
            self.add(news.event, f"{news.event} by the venue{code}")

    def _rerouted(self, effect: Reroute) -> None:
        if effect.original == self.order_id:
            self.order_id, self.never_left = effect.approved.order.client_order_id, False
            self.add("rerouted", f"goes to {effect.to_adapter} as {self.order_id}: {effect.reason} at {effect.from_adapter}")

    def _fill_text(self, fill: Fill) -> str:
        instrument = instrument_of(self.desk, fill.instrument)
        scale = instrument.base_scale if fill.fee_asset == instrument.base else instrument.quote_scale
        return (
            f"{instrument.quantity_text(fill.quantity)} at {instrument.price_text(fill.price)}, "
            f"fee {format_units(fill.fee, scale)} {fill.fee_asset}, {fill.liquidity}"
        )


def instrument_of(desk: LiveDesk, key: InstrumentId) -> Instrument:
    """Return the instrument of this id that one of the desk's accounts trades; ConfigError when none does."""
    for account in desk.plan.accounts:
        if (found := desk.instruments(account.adapter).get(key)) is not None:
            return found
    raise ConfigError(f"{key} is not an instrument of this desk")
