"""Keeps the connections of one feed standing: brings them up, notices their loss, rebuilds them, gives up in the end.

A lost connection, a broken sequence or a message that makes no sense is followed by a bounded number of reconnections
with fresh subscriptions; when they are used up, the stream has failed and its owner is told once.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from golive.model.clock import SECOND, Clock
from golive.model.errors import MagnitudeError, MalformedPayload, VenueError, VenueUnavailable

from .ccxt_client import Ccxt, exception_names
from .classify import Evidence, Fault, error, judge
from .dialect import Feed, Link
from .feed_connection import FeedConnection, Opening
from .masking import Masking
from .meaning import Meaning
from .meter import Meter
from .profile import VenueProfile

STABLE_NS: Final = 30 * SECOND
"""a connection that stood this long has used up none of its reconnections"""
RESTORE_S: Final = 90.0
"""what was missed must be read within this time, waits for the request budget included"""


@dataclass(frozen=True, slots=True)
class StreamSetting:
    """What every stream of one adapter shares; durations in seconds."""

    profile: VenueProfile
    client: Ccxt
    meter: Meter
    clock: Clock
    rng: random.Random
    timeout_s: float
    silence_s: float
    sandbox: bool
    masking: Masking


class StreamOwner(Protocol):
    """What a kind of stream adds to the keeping of its connections."""

    async def opening(self, link: Link) -> Opening:
        """Return what to say on a fresh connection of `link`; may ask the venue for a token."""
        ...

    async def restored(self, link: Link, *, again: bool) -> None:
        """Everything is acknowledged; `again` after a loss: make whole what was missed before the link counts as standing."""
        ...

    def arrived(self, key: str) -> None: ...

    def lost(self, link: Link) -> None: ...

    def failed(self, failure: BaseException) -> None:
        """The stream is over; `failure` is what a waiter is to be told."""
        ...


class Keeper:
    """Holds one connection per link of the feed. `failure` is set when the stream is lost for good."""

    def __init__(self, setting: StreamSetting, feed: Feed, owner: StreamOwner, *, name: str) -> None:
        self._setting = setting
        self._name = name
        self._feed = feed
        self._owner = owner
        self.failure: VenueError | None = None
        self._connections = [
            FeedConnection(feed, link, silence_s=setting.silence_s, arrived=owner.arrived, crashed=self.crash)
            for link in feed.links
        ]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Bring every connection up, one after the other; raise the family of the fault that stays."""
        try:
            for connection in self._connections:
                await self._establish(connection, again=False)
        except BaseException:
            await self.close()
            raise
        self._tasks = [asyncio.create_task(self._keep(connection)) for connection in self._connections]
        for task in self._tasks:
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Close all connections; idempotent."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for connection in self._connections:
            await connection.close()

    # connecting

    async def _establish(self, connection: FeedConnection, *, again: bool) -> None:
        """Bring one connection up, in a bounded number of attempts; raise the last fault's error.

        One `warning` when that took more than one attempt or repaired a loss; one `error` for a stream that fails.
        """
        policy = self._setting.profile.retry
        for attempt in range(1, policy.attempts + 1):
            problem = await self._attempt(connection, again=again)
            if problem is None:
                if attempt > 1 or again:
                    self._setting.meter.recovered()
                return
            last = attempt == policy.attempts
            if isinstance(problem, VenueError):  # of a call, which has counted and repeated it
                if last or not isinstance(problem, VenueUnavailable):
                    raise problem
            elif last or not problem.consequence.repeat_read:
                self._count_failure(problem)
                raise error(self._setting.profile, problem, write=False)
            await asyncio.sleep(self._pause(attempt))

    async def _attempt(self, connection: FeedConnection, *, again: bool) -> Fault | VenueError | None:
        try:
            fault = await self._open(connection)
            if fault is None:
                async with asyncio.timeout(RESTORE_S):
                    await self._owner.restored(connection.link, again=again)
                return None
        except VenueError as exc:
            await connection.close()
            return exc
        except (MalformedPayload, MagnitudeError) as exc:
            fault = self._judged(Evidence(str(exc), transport=Meaning.MALFORMED))
        except TimeoutError:
            detail = f"{connection.link.access}: what was missed could not be read within {RESTORE_S:g} s"
            fault = self._judged(Evidence(detail, transport=Meaning.TIMED_OUT))
        await connection.close()
        self._setting.meter.link_lost(fault)
        return fault

    async def _open(self, connection: FeedConnection) -> Fault | None:
        """Connect, log in and subscribe once; the fault when that failed."""
        import ccxt

        setting, link = self._setting, connection.link
        opening = await self._owner.opening(link)
        self._feed.reset(link)
        urls = setting.client.urls["api"]
        assert isinstance(urls, Mapping)
        url = setting.profile.dialect.stream_url(urls, link.access, sandbox=setting.sandbox)
        try:
            await asyncio.wait_for(connection.open(setting.client, url, opening), setting.timeout_s)
        except TimeoutError:
            detail = f"{link.access}: subscription not confirmed within {setting.timeout_s:g} s"
            return self._judged(Evidence(detail, transport=Meaning.TIMED_OUT))
        except OSError as exc:  # CCXT lets this one through: the connection was cut between its opening and our first message
            return self._judged(Evidence(f"{link.access}: {exc}"[:2000], transport=Meaning.INTERRUPTED))
        except ccxt.BaseError as exc:
            return self._judged(connection.evidence or Evidence(str(exc)[:2000], exceptions=exception_names(exc)))
        setting.meter.link_opened()
        return None

    async def _keep(self, connection: FeedConnection) -> None:
        """Watch one connection and rebuild it; ends only by cancellation or with `failure` set."""
        setting = self._setting
        source = f"{self._name} stream {connection.link.access}"
        faults = 0
        while True:
            begun = setting.clock.monotonic()
            fault = self._judged(await connection.lost())
            setting.meter.link_lost(fault)
            setting.meter.reconnect_required(True, source=source, reason=str(fault.meaning))
            self._owner.lost(connection.link)
            await connection.close()
            faults = 1 if setting.clock.monotonic() - begun >= STABLE_NS else faults + 1
            if faults > setting.profile.retry.attempts:
                self._count_failure(fault)
                self._fail(error(setting.profile, fault, write=False))
                return
            await asyncio.sleep(self._pause(faults))
            try:
                await self._establish(connection, again=True)
            except VenueError as exc:
                self._fail(exc)
                return
            setting.meter.reconnect_required(False, source=source)

    def _judged(self, evidence: Evidence) -> Fault:
        return judge(self._setting.profile, self._setting.masking.evidence(evidence))

    def _pause(self, attempt: int) -> float:
        return self._setting.profile.retry.pause_s(attempt, self._setting.rng)

    # failing

    def _count_failure(self, fault: Fault) -> None:
        if self.failure is None:
            self._setting.meter.failed(critical=fault.consequence.critical)

    def _fail(self, failure: VenueError) -> None:
        self.failure = failure
        self._owner.failed(failure)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (bug := task.exception()) is not None:
            self.crash(bug)

    def give_up(self, cause: Exception) -> None:
        """What the stream owes cannot be had from the venue: end it."""
        if isinstance(cause, VenueError):
            self._fail(cause)
            return
        fault = self._judged(Evidence(str(cause), transport=Meaning.MALFORMED))
        self._count_failure(fault)
        self._fail(error(self._setting.profile, fault, write=False))

    def crash(self, bug: BaseException) -> None:
        """Something outside the venue's reach failed, such as the sink: end the stream and tell the waiter what."""
        label = self._setting.profile.label
        self.failure = VenueUnavailable(f"{label}: the stream's reader failed: {bug!r}", venue=label)
        self.failure.__cause__ = bug
        self._owner.failed(bug)
