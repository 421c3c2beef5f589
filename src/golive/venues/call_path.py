"""The one instrumented path of every call to a venue: budget, turn, queue, circuit, signing, sending, judging, counting.

CCXT's `fetch2` is replaced by this path, so what CCXT calls on its own goes through the same gate; and because the
replacement refuses everything but GET, CCXT's own order methods cannot send. Reads are repeated by policy, writes
make exactly one attempt (the second one that an allow-listed answer permits is the caller's, `trading.py`).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from golive.model.clock import MILLISECOND, SECOND, Clock
from golive.model.errors import AuthenticationFailed, MagnitudeError, MalformedPayload, VenueRejected

from .admission import NotAdmitted, Patience
from .after_fault import demanded_rest, pause_before_next
from .budget import RequestBudget
from .ccxt_client import Ccxt
from .circuit import Circuit
from .classify import AttemptFailed, Evidence, Fault, error, judge
from .dialect import Payload, Request
from .masking import Masking
from .meaning import Meaning
from .meter import Meter
from .nonce import NonceTurn
from .profile import VenueProfile
from .queue import IoQueue
from .reading import Reading
from .reading_progress import ReadingProgress
from .reserve import as_read
from .signed import Signed
from .signing import Signer
from .venue_time import VenueTime

if TYPE_CHECKING:
    from .transport import HttpTransport

T = TypeVar("T")
NONE_EXPECTED: frozenset[str] = frozenset()
_NO_TURN: Final = nullcontext()
REST = "rest"
"""the source of this path among those that may need a reconnection"""


@dataclass(frozen=True, slots=True)
class _Done(Generic[T]):
    value: T


class _Terms(NamedTuple):
    """On which terms a call waits to leave: what it counts in, and for how long at most."""

    scopes: Mapping[str, int]
    patience_s: float


class CallPath:
    """Carries every call of one adapter; nothing else in Golive talks to the venue over HTTP."""

    def __init__(
        self,
        profile: VenueProfile,
        client: Ccxt,
        transport: HttpTransport,
        *,
        queue: IoQueue,
        budget: RequestBudget,
        circuit: Circuit,
        meter: Meter,
        clock: Clock,
        rng: random.Random,
        has_credentials: bool,
        masking: Masking,
        signer: Signer,
        turn: NonceTurn | None = None,
    ) -> None:
        self._profile = profile
        self._client = client
        self._reading = Reading(profile, client, clock)
        self._signer = signer
        self._transport = transport
        self._queue = queue
        self._budget = budget
        self._circuit = circuit
        self._meter = meter
        self._clock = clock
        self._rng = rng
        self._has_credentials = has_credentials
        self._masking = masking
        self._turn = turn
        self.venue_time = VenueTime(clock, error_ms=profile.time_error_ms, tolerance_s=profile.time_tolerance_s)
        self.progress = ReadingProgress()

    @property
    def clock_offset_ms(self) -> int:
        """Venue time minus our wall clock; 0 while the venue has not told its time."""
        return self.venue_time.now_ms() - self._clock.now() // MILLISECOND

    # reads

    async def read(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        *,
        expected: frozenset[str] = NONE_EXPECTED,
        inspect: Callable[[Signed], None] | None = None,
    ) -> T:
        """Return the converted answer, repeating transient faults by policy.

        A refusal with an `expected` code raises VenueRejected without counting an error. Raises the family of the
        last fault otherwise; an answer that `convert` cannot read is a fault like any other. Each attempt waits for
        at most the policy's longest `Retry-After` before it leaves, and leaves room for orders and cancels.
        """
        terms = _Terms(as_read(request.scopes), self._profile.retry.max_retry_after_s)
        return await self._repeated(request, convert, expected, inspect, terms)

    async def _repeated(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        expected: frozenset[str],
        inspect: Callable[[Signed], None] | None,
        terms: _Terms,
    ) -> T:
        policy = self._profile.retry
        attempt = 0
        while True:
            attempt += 1
            result = await self._attempt(request, convert, expected, terms, None, inspect)
            if not isinstance(result, Fault):
                if attempt > 1:
                    self._meter.recovered()
                return result.value
            if result.code in expected:
                if attempt > 1:
                    self._meter.recovered()
                raise self._gave_up(result, write=False, expected=True)
            pause = pause_before_next(self._profile, result, attempt, self._rng) if self._circuit.is_closed else None
            if pause is None or attempt >= policy.attempts:
                if result.consequence.transport:
                    self._meter.reconnect_required(True, source=REST, reason=f"{request.path}: {result.meaning}")
                raise self._gave_up(result, write=False, expected=False)
            if result.meaning is Meaning.CLOCK and self._turn is None:  # a refused nonce needs a new one, not the time
                await self.resync_clock()
            await asyncio.sleep(pause)

    async def resync_clock(self) -> int:
        """Ask the venue for its time and sign with it from now on; return venue minus ours, in ms.

        Like an order it leaves no room for others, because an order may wait for it.
        """
        dialect = self._profile.dialect
        sent = answered = 0  # monotonic; what the call waits for before it leaves says nothing about the venue's clock

        def leaves(_: Signed) -> None:
            nonlocal sent
            sent = self._clock.monotonic()

        def read(payload: Payload) -> int:
            nonlocal answered
            answered = self._clock.monotonic()
            return dialect.read_time(payload)

        asked = dialect.time()
        terms = _Terms(asked.scopes, self._profile.retry.max_retry_after_s)
        told_ms = await self._repeated(asked, read, NONE_EXPECTED, leaves, terms)
        self.venue_time.learn(told_ms, sent, answered)
        return self.clock_offset_ms

    # writes

    async def write(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        *,
        before_send: Callable[[], Awaitable[Request]] | None = None,
        inspect: Callable[[Signed], None] | None = None,
        client_order_id: str = "",
        may_follow: bool = False,
        expected: frozenset[str] = NONE_EXPECTED,
        patience_s: float | None = None,
    ) -> T:
        """Make one attempt; raise OutcomeUnknown unless the answer proves otherwise.

        `before_send` runs when budget, turn and slot are held and returns the request that leaves instead, in the
        same budget scopes (now with its deadline); `inspect` sees the signed request and may refuse it by raising;
        `may_follow`: after a *not processed* answer the caller makes another attempt, so the call has not failed yet.
        A refusal with an `expected` code raises VenueRejected without counting an error.
        Raises RateLimited without a code, never sent, when all waits, `before_send`, signing and the way to a connection
        together take longer than `patience_s`, the profile's `order_patience_s` unless given, counted from this call.
        """
        terms = _Terms(request.scopes, self._profile.order_patience_s if patience_s is None else patience_s)
        result = await self._attempt(request, convert, expected, terms, before_send, inspect)
        if not isinstance(result, Fault):
            return result.value
        if may_follow and result.not_processed:
            raise error(self._profile, result, write=True, client_order_id=client_order_id)
        raise self._gave_up(result, write=True, expected=result.code in expected, client_order_id=client_order_id)

    async def repeatable_write(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        *,
        inspect: Callable[[Signed], None],
        expected: frozenset[str],
    ) -> T:
        """Make a write that does no harm when it happens twice (a cancel): repeated by the policy of reads.

        Each attempt waits for no longer than the client's time-out before it leaves; it raises RateLimited otherwise.
        """
        terms = _Terms(request.scopes, self._transport.timeout_s)
        return await self._repeated(request, convert, expected, inspect, terms)

    def _gave_up(self, fault: Fault, *, write: bool, expected: bool, client_order_id: str = "") -> Exception:
        if not expected:
            self._meter.failed(critical=fault.consequence.critical)
            return error(self._profile, fault, write=write, client_order_id=client_order_id)
        return VenueRejected(
            f"{self._profile.label}: {fault.evidence.detail}",
            venue=self._profile.label,
            code=fault.code,
            client_order_id=client_order_id,
            http_status=fault.evidence.http_status,
        )

    # what CCXT calls

    async def fetch2(
        self,
        path: str,
        api: str | Sequence[str] = "public",
        method: str = "GET",
        params: Mapping[str, object] | None = None,
        config: object = None,
    ) -> Payload:
        """Stand in for CCXT's method of this name; refuses everything but GET."""
        access = api if isinstance(api, str) else api[0]
        if method != "GET":
            raise VenueRejected(f"{self._profile.label}: this client only reads; {method} {path} was not sent")
        request = Request(path, {k: str(v) for k, v in (params or {}).items()}, "GET", access == "private")
        return await self.read(request, lambda payload: payload)

    # one attempt

    async def _attempt(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        expected: frozenset[str],
        terms: _Terms,
        before_send: Callable[[], Awaitable[Request]] | None = None,
        inspect: Callable[[Signed], None] | None = None,
    ) -> _Done[T] | Fault:
        if request.private and not self._has_credentials:
            raise AuthenticationFailed(f"{self._profile.label}: {request.path} needs credentials and none are configured")
        patience = Patience(terms.patience_s, self._clock)
        try:
            self._budget.refuse_if_paused(terms.patience_s)
            while True:
                result = await self._way_out(request, convert, expected, terms, patience, before_send, inspect)
                if result is not None:
                    return result
        except NotAdmitted as refusal:
            self._meter.not_admitted(refusal.reason, what=f"{request.method} {request.path}")
            meaning = Meaning.NOT_SENT if refusal.remaining_s is None else Meaning.PAUSED
            return judge(self._profile, Evidence(refusal.reason, retry_after_s=refusal.remaining_s, transport=meaning))

    async def _way_out(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        expected: frozenset[str],
        terms: _Terms,
        patience: Patience,
        before_send: Callable[[], Awaitable[Request]] | None,
        inspect: Callable[[Signed], None] | None,
    ) -> _Done[T] | Fault | None:
        """Hold everything a call needs to leave, and leave; None when the venue wanted to be left alone meanwhile.

        The budget is waited for first and the slot last, so that a call without room holds up nobody's turn and no slot.
        """
        asked = self._clock.monotonic()
        async with self._budget.take(terms.scopes, patience_s=patience.left_s), self._turn_of(request, patience):
            self._meter.budget_waited((self._clock.monotonic() - asked) / SECOND)
            async with self._queue.slot(patience.left_s):
                try:
                    self._budget.refuse_if_paused(0.0)
                except NotAdmitted:
                    return None
                return await self._admitted(request, convert, expected, patience, before_send, inspect)

    def _turn_of(self, request: Request, patience: Patience) -> AbstractAsyncContextManager[None]:
        return _NO_TURN if self._turn is None or not request.private else self._turn.held(patience.left_s)

    async def _admitted(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        expected: frozenset[str],
        patience: Patience,
        before_send: Callable[[], Awaitable[Request]] | None,
        inspect: Callable[[Signed], None] | None,
    ) -> _Done[T] | Fault:
        if not self._circuit.admit():
            return judge(self._profile, Evidence("circuit open: not sent", transport=Meaning.NOT_SENT))
        begun = self._clock.monotonic()
        try:
            leaving = request if before_send is None else await before_send()
            begun = self._clock.monotonic()
            value = await self._exchange(leaving, convert, _look(patience, before_send, inspect))
        except AttemptFailed as failed:
            fault = judge(self._profile, self._masking.evidence(failed.evidence))
        except BaseException:
            self._circuit.abandoned()
            raise
        else:
            self._circuit.answered()
            self._meter.attempt_ok((self._clock.monotonic() - begun) / SECOND)
            if self._meter.reconnection.is_required:
                self._meter.reconnect_required(False, source=REST)
            return _Done(value)
        self._record(fault, (self._clock.monotonic() - begun) / SECOND, request, expected)
        return fault

    def _record(self, fault: Fault, seconds: float, request: Request, expected: frozenset[str]) -> None:
        what = f"{request.method} {request.path}"
        pause_s, ban = self._heed(fault, what)
        self._meter.attempt_failed(fault, seconds, what=what, expected=fault.code in expected, pause_s=pause_s, ban=ban)
        if fault.consequence.transport:
            self._circuit.failed()
        else:
            self._circuit.answered()

    def _heed(self, fault: Fault, what: str) -> tuple[float, bool]:
        """Leave the venue alone as its answer demands, this whole host; return for how long, and whether it is a ban."""
        seconds, is_ban = demanded_rest(self._profile, fault)
        if seconds is None:
            return 0.0, False
        self._budget.pause(seconds, f"{what}: HTTP {fault.evidence.http_status}, code {fault.code or 'none'}", ban=is_ban)
        return seconds, is_ban

    async def _exchange(
        self,
        request: Request,
        convert: Callable[[Payload], T],
        look: Callable[[Signed], None] | None,
    ) -> T:
        signed = self.sign(request)
        if look is not None:
            look(signed)
        last_look = None if look is None else partial(look, signed)  # again: waiting for a connection takes its time
        answer = await self._transport.send(signed, request.max_bytes, last_look)
        payload = self._reading.payload(signed, answer)
        try:
            return convert(payload)
        except (MalformedPayload, MagnitudeError) as exc:
            evidence = Evidence(str(exc), http_status=answer.status, transport=Meaning.MALFORMED)
            raise AttemptFailed(evidence) from exc

    def sign(self, request: Request) -> Signed:
        """Return the request as it would leave; AuthenticationFailed for credentials that cannot sign."""
        self._client.options["timeDifference"] = -self.clock_offset_ms  # a step of our wall clock moves no signature
        try:
            return self._signer.sign(request)
        except (ValueError, TypeError) as exc:  # a secret that is no base64; the text could quote it
            self._meter.failed(critical=True)
            detail = f"{request.path} cannot be signed with these credentials ({type(exc).__name__}): not sent"
            raise AuthenticationFailed(f"{self._profile.label}: {detail}") from None


def _look(
    patience: Patience, before_send: Callable[[], Awaitable[Request]] | None, inspect: Callable[[Signed], None] | None
) -> Callable[[Signed], None] | None:
    """Return what is demanded of a signed request right before it leaves: that it is still in time, and that `inspect` lets it.

    A time that a venue bounds an order by is taken when it is signed, so it is looked at after that. None: a read.
    """
    if before_send is None and inspect is None:
        return None

    def look(signed: Signed) -> None:
        patience.require()
        if inspect is not None:
            inspect(signed)

    return look
