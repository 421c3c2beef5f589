"""A session in emergency mode: the flag becomes an act in its inbox, which the engine follows as it would in a replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from golive.engine import Engine
from golive.engine.auto_trader import TraderState
from golive.metrics.declaration import RISK_EMERGENCY
from golive.model.clock import Clock
from golive.model.command import Alert
from golive.model.emergency import ALL, EmergencyMode, TradingState
from golive.model.event import Operator, OperatorAction
from golive.model.order import Side
from golive.observability.log_words import LogEvent

from .auto_trader import SwitchWatch
from .dispatcher import Dispatcher
from .drive import Inbox
from .emergency import HostEmergency
from .emergency_watch import EmergencyWatch, emergency_alert
from .facts import SessionFacts
from .plan import Plan

LIFTED = "two operators have lifted it"


class SessionEmergency:
    """Follows the flag from before the auto-trader is armed until the session's end. `stop` ends a session that is halted."""

    def __init__(
        self, plan: Plan, facts: SessionFacts, engine: Engine, inbox: Inbox, clock: Clock, *,
        alert: Callable[[Alert], None], stop: Callable[[], None],
    ) -> None:  # fmt: skip
        self._plan = plan
        self._facts = facts
        self._engine = engine
        self._inbox = inbox
        self._clock = clock
        self._alert = alert
        self._stop = stop
        self._is_on = False
        self._dispatcher: Dispatcher | None = None
        self.watch = EmergencyWatch(
            plan.home, clock, entrypoint=plan.entrypoint.name, risk_profile=plan.risk_profile.name,
            changed=self._changed, open_entries=self._open_entries,
        )  # fmt: skip

    def begin(self, dispatcher: Dispatcher) -> None:
        """Look at the flag before anything can leave: what is on is the session's first act, unless it runs again."""
        self._dispatcher = dispatcher
        self.watch.look()
        self._dispatcher = None

    def follow(self, dispatcher: Dispatcher) -> None:
        """Let a session that ran again hear, now that it has caught up, what the flag says."""
        self._dispatcher = dispatcher
        self._turn(self.watch.mode, at_once=True)
        self._dispatcher = None

    def _changed(self, mode: EmergencyMode | None) -> None:
        self._facts.recorder.set(RISK_EMERGENCY, mode is not None, profile=self._plan.risk_profile.name)
        if mode is not None:
            self._facts.log.say(LogEvent.EMERGENCY_ON, scope=mode.scope, operator=mode.operator, reason=mode.reason)
            self._note(mode)
            self._alert(emergency_alert(self._plan.entrypoint.name, mode))
        elif self._is_on:
            self._facts.log.say(LogEvent.EMERGENCY_OFF)
        self._is_on = mode is not None
        if not self._inbox.repeats:
            self._turn(mode)

    def _note(self, mode: EmergencyMode) -> None:
        """Keep what the verdict needs; a mode that the session was in before it was cut off may be there already."""
        same = (mode.scope, mode.operator, mode.reason)
        if same not in ((each.scope, each.operator, each.reason) for each in self._facts.emergencies):
            self._facts.emergencies.append(mode)

    def _turn(self, mode: EmergencyMode | None, *, at_once: bool = False) -> None:
        is_halted = self._engine.auto_trader.state is TraderState.HALTED
        if mode is not None:
            ends = mode.state is TradingState.HALTED
            if not is_halted:
                act = Operator(OperatorAction.EMERGENCY, mode.operator, mode.reason, 0, mode.scope, at_once)
                self._act(act, self._stop if ends else _nothing)
            elif ends:
                self._stop()
        elif is_halted:
            heard = self._engine.risk.emergency
            scope = ALL if heard is None else heard.scope
            who, _ = HostEmergency(self._plan.home, clock=self._clock).lifting_of(scope)
            self._act(Operator(OperatorAction.CLEAR_EMERGENCY, who, LIFTED, 0, scope, at_once), _nothing)

    def _act(self, act: Operator, done: Callable[[], None]) -> None:
        market = self._facts.market
        began = market.start_ts if market is not None and market.start_ts is not None else self._clock.now()
        if self._dispatcher is None:
            self._inbox.post(replace(act, ts=began), done)
        else:
            self._dispatcher.operator(replace(act, ts=self._dispatcher.clock.now or began))
            done()

    def _open_entries(self) -> int:
        """Count what may still buy; an act that the engine has not taken yet counts as one."""
        is_waiting = self._inbox.repeats or self._engine.auto_trader.state not in (TraderState.HALTED, TraderState.STOPPED)
        return is_waiting + sum(order.intent.side is Side.BUY for order in self._engine.orders.unended.values())


def hear_before_anything_leaves(emergency: SessionEmergency, switch: SwitchWatch, dispatcher: Dispatcher, inbox: Inbox) -> None:
    """Tell the engine of emergency mode, and of a switch that was turned off while nobody was there to hear of it.

    A session that runs again hears of it at the moment at which it has caught up.
    """
    emergency.begin(dispatcher)
    if not inbox.repeats:
        switch.follow(dispatcher)
        return

    def caught_up() -> None:
        emergency.follow(dispatcher)
        switch.follow(dispatcher, at_once=True)

    inbox.when_caught_up = caught_up


def _nothing() -> None:
    """There is nothing to do afterwards."""
