"""What a session has found out so far; the report is made of it, at the end and while it runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from golive.engine import Engine
from golive.execution.live.router import LiveExecutionRouter
from golive.market.intel import MarketIntelAggregator
from golive.model.clock import SECOND
from golive.model.decision import REFUSALS, DecisionCode
from golive.model.emergency import EmergencyMode
from golive.model.errors import VenueError
from golive.model.redaction import redacted
from golive.model.stage_record import StageRecord
from golive.observability.divergence import DivergenceSection
from golive.observability.log_words import LogEvent
from golive.observability.measured import MeasuredProbe
from golive.observability.outcome import Outcome
from golive.venues.failover import FailoverStatus

from .broken import Broken
from .dispatcher import Dispatcher
from .drive import Inbox
from .host_seen import HostSeen
from .log import Log, SilentLog
from .market_facts import MarketFacts
from .outcome import MarketSpan, outcome_of
from .recorder import SessionRecorder
from .restart import Restart
from .session_journal import SessionJournal
from .shadow_book import ShadowBook

if TYPE_CHECKING:
    from .live_session.session_desk import SessionDesk


@dataclass(slots=True)
class SessionFacts:
    """Mutable and owned by the session; None and empty mean that it has not come so far."""

    run_id: str
    started_at: int
    """wall clock, ns UTC"""
    began: int
    """monotonic ns"""
    exchange: str
    environment: str
    endpoint_host: str
    recorder: SessionRecorder = field(default_factory=SessionRecorder)
    log: Log = field(default_factory=SilentLog)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    blocked: str | None = None
    validation_failed: bool = False
    internal_error: bool = False
    venue_lost: bool = False
    secret_source: str | None = None
    credentials_validated: bool = False
    permissions: tuple[str, ...] = ()
    market: MarketFacts | None = None
    metrics_endpoint: str | None = None
    stage_record: StageRecord | None = None
    restart: Restart | None = None
    """of a session that was cut off and is taken up again"""
    broken_before: tuple[Broken, ...] = ()
    """what it had found broken before that"""
    venue_url: str | None = None
    venue_pid: int | None = None
    probes: list[MeasuredProbe] = field(default_factory=list)
    failover: dict[str, FailoverStatus] = field(default_factory=dict)
    """by entrypoint, when the session was last looked at"""
    engine: Engine | None = None
    dispatcher: Dispatcher | None = None
    inbox: Inbox | None = None
    journal: SessionJournal | None = None
    shadow: ShadowBook | None = None
    live: SessionDesk | None = None
    """what a session's orders really leave by; None where they do not"""
    router: LiveExecutionRouter | None = None
    """of a session of a live environment; in one that only looks no account stands behind it"""
    intel: MarketIntelAggregator | None = None
    """hears each closed bar of a session of a live environment"""
    live_ended: str | None = None
    """why live trading was ended, and what is to be done next"""
    emergencies: list[EmergencyMode] = field(default_factory=list)
    """emergency modes that held for the session's risk profile at any time of it"""
    host: HostSeen = field(default_factory=HostSeen)
    """of a session that reads the others of its host"""
    steps: int = 0
    startup_seconds: float = 0.0
    drive_began: int | None = None
    drive_ended: int | None = None

    @property
    def has_run(self) -> bool:
        """Whether the auto-trader was running at any time: a session without that is evidence of nothing."""
        return self.engine is not None and self.engine.auto_trader.has_run

    @property
    def was_refused_everything(self) -> bool:
        """Whether orders were asked for and risk allowed none: such a session shows nothing of how they are executed."""
        decisions = {} if self.engine is None else self.engine.decisions
        return not decisions.get(DecisionCode.APPROVED) and not REFUSALS.isdisjoint(decisions)

    def outcome(self) -> Outcome | None:
        """Return the outcome so far; None before the session saw a market."""
        if self.engine is None or self.dispatcher is None or self.market is None or self.inbox is None:
            return None
        span = MarketSpan(self.inbox.first_ts, self.inbox.last_ts)
        return outcome_of(self.engine, self.market, span, self.dispatcher.digest.hexdigest())

    def divergence(self) -> DivergenceSection | None:
        """Return how far the session is from its shadow so far; None without one."""
        if self.shadow is None or self.engine is None:
            return None
        return self.shadow.section({key: desk.mark for key, desk in self.engine.desks.items()})

    def warn(self, text: str) -> None:
        """Add a warning, once; it is told at that moment, too."""
        text = redacted(text)
        if text not in self.warnings:
            self.warnings.append(text)
            self.log.say(LogEvent.SESSION_WARNING, reason=text)

    def err(self, text: str) -> None:
        """Add an error that is a verdict and no fault of ours, once."""
        if text not in self.errors:
            self.errors.append(text)

    def end_live(self, why: str) -> None:
        """Note that live trading was ended, and why; the first reason is the one to tell."""
        if self.live_ended is None:
            self.live_ended = redacted(why)
        self.err(redacted(why))

    def fail(self, error: Exception) -> None:
        """Note that a broken invariant, a journal or the strategy ended the session: whatever else was found, it is an error."""
        self.internal_error = True
        self.log.say(LogEvent.INTERNAL_ERROR, reason=f"{type(error).__name__}: {error}", error=error)
        self.errors.append(f"{type(error).__name__}: {error}")

    def lose_venue(self, error: VenueError) -> None:
        """Note that the venue that is traded on could not be reached any more."""
        self.venue_lost = True
        self.errors.append(f"{type(error).__name__}: {error}")

    def fail_once(self, error: Exception) -> None:
        """Note a failure that is met again each time somebody looks."""
        if f"{type(error).__name__}: {error}" not in self.errors:
            self.fail(error)

    def driven_seconds(self) -> float:
        """Return how long the session has been looking at the market."""
        if self.drive_began is None:
            return 0.0
        return ((self.drive_ended or time.monotonic_ns()) - self.drive_began) / SECOND

    def requests(self) -> int:
        return self.recorder.requests(self.exchange, self.environment)
