"""One order on its way out: durable first, then fenced, then sent once, then classified (START-HERE "Sending an order")."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from golive.execution.live.effect import Change, Place, Withdraw
from golive.execution.live.happening import Answered, Changed, Leaving, NotSent, Waited, Withdrawn
from golive.model.clock import Clock
from golive.model.decision import DecisionCode
from golive.model.errors import JournalError, VenueError, VenueUnavailable
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.live_order import AttemptResult, FallbackReason
from golive.storage.failpoint import reach
from golive.storage.order_journal import AnswerItem, AttemptItem, DecidedItem

from .answer import DETAIL_LENGTH, Outcome, outcome_of
from .parts import Parts
from .pen import Pending
from .roster import Ours

_NOT_PROCESSED: Final = "not_processed:"


class _Moment(NamedTuple):
    """When something was, by both clocks, ns."""

    ts: int
    mono: int

    @classmethod
    def now(cls, clock: Clock) -> _Moment:
        return cls(clock.now(), clock.monotonic())


class Sender:
    """Carries out the router's `Place`, `Change` and `Withdraw` for one account; one call per order at a time."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._name = parts.name
        self._client = parts.client
        self._pen = parts.pen
        self._readiness = parts.readiness
        self._roster = parts.roster
        self._clock = parts.clock
        self._tell = parts.tell

    # new orders

    def refuse(self, place: Place, reason: FallbackReason | None, detail: str, code: str = "") -> None:
        """The order never leaves: its decision and intent are kept all the same, without an attempt.

        With a reason another venue may have it; without one `code` says what holds it back.
        """
        ours = self._plan(place)
        self._pen.write(self._decided(place, ours, None))
        self._tell(NotSent(self._name, place.approved.order.client_order_id, reason, detail, self._clock.monotonic(), code=code))

    async def place(self, place: Place, waited_ns: int) -> None:
        """Make decision, intent and attempt durable, send, and tell how it ended."""
        order = place.approved.order
        try:
            deadline_ms = self._client.deadlines.new_ms()
        except VenueError as exc:
            self.refuse(place, FallbackReason.NEVER_SENT, str(exc))
            return
        ours = self._plan(place)
        ours.deadline_ms = ours.first_deadline_ms = deadline_ms
        self._tell(Waited(self._name, order.client_order_id, waited_ns))
        try:
            pending = self._pen.begin(self._decided(place, ours, deadline_ms))
        except JournalError as exc:
            self._never_left(order.client_order_id, 1, deadline_ms, str(exc))
            return
        await self._attempt(place, ours, deadline_ms, pending)

    def _plan(self, place: Place) -> Ours:
        decided_at = self._clock.now() - (self._clock.monotonic() - place.decided_mono)
        return self._roster.add(Ours(place.approved.order, decided_at))

    def _decided(self, place: Place, ours: Ours, deadline_ms: int | None) -> DecidedItem:
        return DecidedItem(
            place.approved, ours.planned_at, place.decided_mono, route=place.route, deadline_ms=deadline_ms,
            reference_price=self._parts.plan.reference_price(place.approved.order.client_order_id),
        )  # fmt: skip

    def _never_left(self, client_order_id: ClientOrderId, n: int, deadline_ms: int, detail: str, code: str = "") -> None:
        """Attempt `n` was written, or is about to be, and did not leave; one that was held back goes to no other venue either."""
        self._pen.write(self._not_sent(client_order_id, n, detail))
        now, reason = self._clock.monotonic(), None if code else FallbackReason.NEVER_SENT
        self._tell(NotSent(self._name, client_order_id, reason, detail, now, n=n, deadline_ms=deadline_ms, code=code))

    def _not_sent(self, client_order_id: ClientOrderId, n: int, detail: str) -> AnswerItem:
        now, result = _Moment.now(self._clock), AttemptResult.NOT_SENT
        return AnswerItem(client_order_id, n, result, "", detail[:DETAIL_LENGTH], ts=now.ts, mono=now.mono)

    async def _attempt(self, place: Place, ours: Ours, deadline_ms: int, pending: Pending) -> None:
        """Get the order's place at the venue's door while its attempt is made durable, and let it out when both are there."""
        order = place.approved.order
        loop, budget_s = asyncio.get_running_loop(), place.budget_ms / 1000
        budget = asyncio.timeout(None)  # it begins when the call leaves; until then the attempt's deadline bounds all waits

        def lets_out() -> None:
            attempts.left_mono = self._clock.monotonic()
            budget.reschedule(loop.time() + budget_s)

        attempts = _Attempts(self._parts, ours, 1, lets_out)
        first = _FirstAttempt(self._parts, order.client_order_id, deadline_ms, pending)

        async def landed() -> None:
            await first.landed()
            lets_out()

        venue_order_id: VenueOrderId | None = None
        try:
            async with budget:
                venue_order_id = await self._client.submit(
                    place.approved,
                    self._parts.instruments[order.instrument],
                    attempts,
                    deadline_ms=deadline_ms,
                    landed=landed,
                )
            outcome = Outcome(AttemptResult.ACCEPTED if venue_order_id else AttemptResult.UNKNOWN, "", "")
        except TimeoutError:
            outcome = _too_late(place.budget_ms, may_have_left=first.may_have_left and not attempts.is_refused)
        except Exception as exc:  # noqa: BLE001 - whatever it was, the order may be at the venue
            outcome = Outcome(AttemptResult.NOT_SENT, "", "") if first.lost is not None else self._judged(exc)
        answered = _Moment.now(self._clock)
        await self._parts.turnstile.through()
        if not await first.was_let_out():
            self._never_left(order.client_order_id, 1, deadline_ms, str(first.lost), first.held_back)
            return
        reach("live_order_answered")
        self._answered(order.client_order_id, attempts, outcome, venue_order_id, answered)

    def _judged(self, error: Exception) -> Outcome:
        fallback = self._parts.account.profile.fallback_codes.get(getattr(error, "code", ""))
        if isinstance(error, JournalError):
            self._pen.give_up(error)
        elif not isinstance(error, VenueError):
            self._parts.broken(error)
        return outcome_of(error, is_breaker_open=self._readiness.is_breaker_open, fallback=fallback)

    def _answered(
        self,
        name: ClientOrderId,
        attempts: _Attempts,
        outcome: Outcome,
        venue_order_id: VenueOrderId | None,
        at: _Moment,
    ) -> None:
        n = attempts.n
        result = outcome.result
        if result is AttemptResult.NOT_PROCESSED:  # there is no further attempt after this one
            result = AttemptResult.REJECTED
        if attempts.is_refused:
            self._stayed_refused(name, attempts, outcome.detail)
            return
        if venue_order_id is not None:
            self._roster.learn(name, venue_order_id)
        left = None if result is AttemptResult.NOT_SENT else attempts.left_mono
        self._pen.write(
            AnswerItem(name, n, result, outcome.code, outcome.detail, venue_order_id, ts=at.ts, mono=at.mono, left_mono=left)
        )
        self._tell(Answered(self._name, name, n, result, outcome.code, outcome.detail, at.mono, venue_order_id, outcome.fallback))
        if result is not AttemptResult.ACCEPTED or not self._readiness.is_calm:
            self._readiness.look()

    def _stayed_refused(self, name: ClientOrderId, attempts: _Attempts, detail: str) -> None:
        """The venue has surely not processed the first attempt, and no second one has left."""
        if (refusal := attempts.refusal(name)) is not None:
            self._pen.write(refusal)
        if attempts.n > attempts.left:
            self._never_left(name, attempts.n, attempts.deadline_ms, detail)
        else:
            self._tell(NotSent(self._name, name, FallbackReason.NEVER_SENT, detail, self._clock.monotonic()))

    # orders that are there

    async def change(self, change: Change) -> None:
        """Amend: the decision durable, one attempt, its answer told."""
        order, n = change.approved.order, change.n
        ours = self._roster.get(order.client_order_id)
        if ours is None or ours.has_ended:  # while this waited for its turn; nothing of it may be written any more
            self._tell(Changed(self._name, order.client_order_id, n, AttemptResult.NOT_SENT, "", "it has ended"))
            return
        now = self._clock.now() - (self._clock.monotonic() - change.decided_mono)
        try:
            _require_no_emergency(self._parts, order.client_order_id)
            deadline_ms = self._client.deadlines.new_ms()
        except (VenueError, JournalError) as exc:
            self._tell(Changed(self._name, order.client_order_id, n, AttemptResult.NOT_SENT, "", str(exc)))
            return
        decided = DecidedItem(change.approved, now, change.decided_mono, deadline_ms=deadline_ms, amendment=n)
        try:
            pending = self._pen.begin(decided)
            self._tell(Leaving(self._name, order.client_order_id, n, deadline_ms))  # its row comes before that of any end
            await self._pen.landed(pending)
            self._pen.require_lease()
            _require_no_emergency(self._parts, order.client_order_id)
        except JournalError as exc:
            self._pen.write(self._not_sent(order.client_order_id, n, str(exc)))
            self._tell(Changed(self._name, order.client_order_id, n, AttemptResult.NOT_SENT, "", str(exc)))
            return
        ours.deadline_ms, ours.shall, ours.is_changing = deadline_ms, order, True
        attempts = _Attempts(self._parts, ours, n, lambda: None)

        async def landed() -> None:
            attempts.left_mono = self._clock.monotonic()

        instrument, budget_s = self._parts.instruments[order.instrument], self._parts.plan.timing.amend_budget_s
        try:
            async with asyncio.timeout(budget_s):
                is_taken = await self._client.amend(
                    change.approved, instrument, attempts, n=n, deadline_ms=deadline_ms, landed=landed
                )
            outcome = (
                Outcome(AttemptResult.ACCEPTED, "", "")
                if is_taken
                else Outcome(AttemptResult.REJECTED, "", "there was nothing left to change")
            )
        except TimeoutError:
            outcome = Outcome(AttemptResult.UNKNOWN, "", f"no answer within {budget_s:g} s")
        except Exception as exc:  # noqa: BLE001 - whatever it was, the change may have been made
            outcome = self._judged(exc)
        if outcome.result is AttemptResult.ACCEPTED:
            ours.intent = order
        if outcome.result is not AttemptResult.UNKNOWN:
            ours.shall, ours.is_changing = None, False
        left, at = None if outcome.result is AttemptResult.NOT_SENT else attempts.left_mono, _Moment.now(self._clock)
        answer = AnswerItem(
            order.client_order_id, n, outcome.result, outcome.code, outcome.detail,
            ts=at.ts, mono=at.mono, left_mono=left,
        )  # fmt: skip
        self._pen.write(answer)
        self._tell(Changed(self._name, order.client_order_id, n, outcome.result, outcome.code, outcome.detail))

    async def withdraw(self, withdraw: Withdraw, *, is_first: bool) -> bool:
        """Ask once for a cancel; return whether the venue gave its word. Only the first failure is told."""
        name = withdraw.client_order_id
        try:
            found = await self._client.cancel(name, self._parts.instruments[self._roster[name].intent.instrument])
        except (VenueError, JournalError) as exc:
            if is_first:
                self._tell(Withdrawn(self._name, name, False, str(exc)[:DETAIL_LENGTH]))
            return False
        self._tell(Withdrawn(self._name, name, found))
        return True


def _too_late(budget_ms: int, *, may_have_left: bool) -> Outcome:
    if may_have_left:
        return Outcome(AttemptResult.UNKNOWN, "", f"no answer within the budget of {budget_ms} ms")
    detail = f"it could not leave within the budget of {budget_ms} ms"
    return Outcome(AttemptResult.NOT_SENT, "", detail, FallbackReason.NEVER_SENT)


class _FirstAttempt:
    """Decision, intent and first attempt of one order on their way to the disk; nothing of it leaves before `landed`."""

    def __init__(self, parts: Parts, client_order_id: ClientOrderId, deadline_ms: int, pending: Pending) -> None:
        self._parts = parts
        self._name = client_order_id
        self._deadline_ms = deadline_ms
        self._pending = pending
        self.may_have_left = False
        self.lost: JournalError | None = None
        """why it must not leave"""
        self.held_back = ""
        """the code of an emergency that came while it waited"""

    async def was_let_out(self) -> bool:
        """Return whether it has landed, also for one that the venue's door was closed to before: it is written down."""
        if not self.may_have_left and self.lost is None:
            with suppress(JournalError):
                await self.landed()
        return self.may_have_left

    async def landed(self) -> None:
        """Return when all is durable and the account is still ours: from then on it may leave. JournalError: it must not."""
        pen = self._parts.pen
        try:
            await pen.landed(self._pending)
            pen.require_lease()
            self._look_a_last_time()
        except JournalError as exc:
            self.lost = exc
            raise
        except asyncio.CancelledError:
            self.lost = JournalError("its time was over before it was durable")
            raise
        reach("live_order_durable")
        self.may_have_left = True
        self._parts.tell(Leaving(self._parts.name, self._name, 1, self._deadline_ms))

    def _look_a_last_time(self) -> None:
        """Hold an order back that emergency mode has caught between its turn and its venue's door."""
        try:
            _require_no_emergency(self._parts, self._name)
        except JournalError:
            self.held_back = DecisionCode.EMERGENCY_MODE
            raise


def _require_no_emergency(parts: Parts, client_order_id: ClientOrderId) -> None:
    if parts.may_leave(client_order_id) == DecisionCode.EMERGENCY_MODE:
        raise JournalError("held back: emergency mode came before it left")


class _Attempts:
    """The `AttemptJournal` of one order: its first attempt is durable already, a second is made so after its first answer."""

    def __init__(self, parts: Parts, ours: Ours, n: int, lets_out: Callable[[], None]) -> None:
        """`n` has left already; `lets_out` is called when another one may leave."""
        self._parts = parts
        self._name = parts.name
        self._pen = parts.pen
        self._tell = parts.tell
        self._clock = parts.clock
        self._ours = ours
        self._lets_out = lets_out
        self._code = ""
        self._has_told = False
        self.n = self.left = n
        """the last attempt that was written, and the last that was let out"""
        self.deadline_ms = 0
        """of the second attempt, once it is on its way to the disk"""
        self.left_mono: int | None = None
        """when that was, ns of the monotonic clock"""
        self._refused: _Moment | None = None
        """when the first attempt was answered as not processed"""

    @property
    def is_refused(self) -> bool:
        """Whether the first attempt was answered as not processed, and no second one was let out."""
        return bool(self._code) and self.left == 1

    def refusal(self, client_order_id: ClientOrderId) -> AnswerItem | None:
        """Tell the answer to the first attempt and return it to be written down; None when that was done."""
        if self._has_told or self._refused is None:
            return None
        self._has_told = True
        result, detail = AttemptResult.NOT_PROCESSED, "documented as refused before the engine saw it"
        at = self._refused
        self._tell(Answered(self._name, client_order_id, 1, result, self._code, detail, at.mono))
        return AnswerItem(client_order_id, 1, result, self._code, detail, ts=at.ts, mono=at.mono, left_mono=self.left_mono)

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        """Make the second attempt durable if the order may still leave; VenueUnavailable when it may not: it does not leave."""
        if (refusal := self.refusal(client_order_id)) is not None:
            self._pen.write(refusal)
        self._require_leave(client_order_id)
        self.n, self.deadline_ms = n, deadline_ms
        await self._pen.durable(AttemptItem(client_order_id, n, deadline_ms))
        reach("live_second_attempt_durable")
        self._require_leave(client_order_id)
        self._pen.require_lease()
        self._ours.deadline_ms = deadline_ms
        self.left = n
        self._lets_out()
        self._tell(Leaving(self._name, client_order_id, n, deadline_ms))

    def _require_leave(self, client_order_id: ClientOrderId) -> None:
        """Ask again: since the first attempt the order may have been canceled, its symbol frozen, the account blocked."""
        why = self._parts.may_leave(client_order_id) or self._parts.readiness.why_not
        if why:
            raise VenueUnavailable(f"not sent again: {why}", venue=self._name, client_order_id=client_order_id)

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        """Learn the code that allows a second attempt; how the last one ended is told by what `submit` returns or raises."""
        if answer.startswith(_NOT_PROCESSED):
            self._code = answer.removeprefix(_NOT_PROCESSED)
            self._refused = self._refused or _Moment.now(self._clock)
