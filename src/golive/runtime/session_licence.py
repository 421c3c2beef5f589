"""A session's licence: nothing starts without a good one, and one that lapses while it runs leaves reductions only.

It is judged at the start, every hour, at the moment at which it or its list runs out, and soon after one of its documents was
replaced: a list that takes it back counts within seconds of `golive licence sync`. What changed becomes an act in the session's
inbox, which the engine follows as it would in a replay. A session is never stopped for its licence: what is held must be able to
go.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from golive.engine import Engine
from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND, Clock, to_iso
from golive.model.command import Alert
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.event import Operator, OperatorAction
from golive.model.verdict import Stage
from golive.security.licence.judge import Judgement, Wanted

from .dispatcher import Dispatcher
from .drive import Inbox
from .identity import operator_identity
from .licence.desk import LicenceDesk, Traces, refusal
from .plan import Plan
from .prerequisite import blocking

EVERY_S: Final = 3600.0
GLANCE_S: Final = 1.0
"""how often it is seen whether a document was replaced; one is judged once none was for as long"""
DESKTOP: Final = "desktop"
"""the profile that running here takes, beside the label of the venue"""
CATEGORY: Final = "licence"


class SessionLicence:
    """`demand` at the start, `begin` before anything can leave, `run` beside the session.

    `every_s` is how often it judges, `glance_s` how often it sees whether there is a reason to.
    """

    def __init__(
        self, plan: Plan, clock: Clock, *, alert: Callable[[Alert], None] = lambda alert: None,
        warn: Callable[[str], None] = lambda text: None, every_s: float = EVERY_S, glance_s: float = GLANCE_S,
        desk: LicenceDesk | None = None,
    ) -> None:  # fmt: skip
        self._plan = plan
        self._clock = clock
        self._alert = alert
        self._warn = warn
        self._every_s = every_s
        self._glance_s = glance_s
        self._good_until: int | None = None
        """ns UTC at which there is something new to judge without anybody doing anything"""
        self._judged: Traces | None = None
        """of the documents as they were judged last"""
        self._desk = desk or LicenceDesk(home=plan.home, licensing=plan.config.runtime.licensing, clock=clock)
        self.lapse: str | None = None
        """why there is no good licence now; None while there is, or none is needed"""

    @property
    def is_needed(self) -> bool:
        """Whether a licence is asked for; a dry run of live trades nothing and constructs nothing that could."""
        return self._plan.config.runtime.licensing.enforcement and not self._plan.is_live_dry_run

    def demand(self) -> None:
        """Raise PrerequisiteMissing without a good licence.

        A session that is taken up again may hold something, so it goes on, with reductions only.
        """
        if not self.is_needed:
            return
        self._judged = self._desk.traces()
        with blocking("whether there is a licence is not known"):
            found = self._desk.check(self._wanted, "start")
        if not found.is_good and not self._plan.options.resume:
            raise PrerequisiteMissing(refusal(found))
        self._take(found)

    def begin(self, engine: Engine, dispatcher: Dispatcher, inbox: Inbox) -> None:
        """Let a session that is taken up again know what holds now, before anything can leave or when it has caught up."""
        if not self.is_needed:
            return
        if not inbox.repeats:
            self._tell(engine, dispatcher.operator, dispatcher.clock.now or self._clock.now())
            return
        then = inbox.when_caught_up

        def caught_up() -> None:
            then()
            self._tell(engine, dispatcher.operator, dispatcher.clock.now, at_once=True)

        inbox.when_caught_up = caught_up

    async def run(self, engine: Engine, inbox: Inbox) -> None:
        """Judge whenever there may be news, until canceled."""
        seen = None
        next_at = self._clock.monotonic() + int(self._every_s * SECOND)
        while True:
            await asyncio.sleep(min(self._every_s, self._glance_s))
            if not self.is_needed:
                continue
            before, seen = seen, self._desk.traces()
            has_run_out = self._good_until is not None and self._clock.now() >= self._good_until
            if self._clock.monotonic() >= next_at or has_run_out or (seen != self._judged and seen == before):
                self._judged = seen
                await asyncio.to_thread(self._look)
                next_at = self._clock.monotonic() + int(self._every_s * SECOND)
            if not inbox.repeats and not inbox.has_acts:
                self._tell(engine, inbox.post, self._clock.now())

    @property
    def _wanted(self) -> Wanted:
        return Wanted((DESKTOP, self._plan.entrypoint.exchange), live=self._plan.stage is Stage.LIVE)

    def _look(self) -> None:
        try:
            self._take(self._desk.check(self._wanted, "session"))
        except JournalError as exc:  # unknown is not valid
            self._good_until = None
            self._lapsed(f"whether there is a licence is not known: {exc}")

    def _take(self, found: Judgement) -> None:
        self._good_until = found.good_until
        if not found.is_good:
            self._lapsed(refusal(found))
            return
        self.lapse = None
        if found.faults:
            self._warn(f"the licence is good in grace only: {'; '.join(map(str, found.faults))}")
        if found.match is not None and found.match.changed:
            self._warn(f"the licence's fingerprint: {found.match}")

    def _lapsed(self, why: str) -> None:
        if self.lapse is None:
            title = f"{self._plan.entrypoint.name} has no valid licence and only reduces"
            self._alert(Alert(CATEGORY, AlertSeverity.CRITICAL, title, why))
            self._warn(f"reductions only since {to_iso(self._clock.now())}: {why}")
        self.lapse = why

    def _tell(self, engine: Engine, post: Callable[[Operator], None], ts: int, *, at_once: bool = False) -> None:
        """Let the engine hear what it does not know yet."""
        if self.lapse is not None and engine.risk.licence_lapse is None:
            post(Operator(OperatorAction.LICENCE_LOST, operator_identity(), self.lapse, ts, at_once=at_once))
        elif self.lapse is None and engine.risk.licence_lapse is not None:
            post(Operator(OperatorAction.LICENCE_BACK, operator_identity(), "valid", ts, at_once=at_once))
