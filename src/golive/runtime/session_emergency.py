"""A session in emergency mode: the flag becomes an act in its inbox, which the engine follows as it would in a replay."""

from __future__ import annotations

from collections.abc import Callable

from golive.engine import Engine
from golive.engine.auto_trader import TraderState
from golive.metrics.declaration import RISK_EMERGENCY
from golive.model.clock import Clock
from golive.model.command import Alert
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.event import Operator, OperatorAction
from golive.model.order import Side

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
        self._dispatcher: Dispatcher | None = None
        self.watch = EmergencyWatch(
            plan.home, clock, entrypoint=plan.entrypoint.name, risk_profile=plan.risk_profile.name,
            changed=self._changed, open_entries=self._open_entries,
        )  # fmt: skip

    def begin(self, dispatcher: Dispatcher) -> None:
        """Look at the flag before anything can be confirmed: what is on is the session's first act, unless it runs again."""
        self._dispatcher = None if self._inbox.repeats else dispatcher
        self.watch.look()
        self._dispatcher = None

    def _changed(self, mode: EmergencyMode | None) -> None:
        self._facts.recorder.set(RISK_EMERGENCY, mode is not None, profile=self._plan.risk_profile.name)
        is_halted = self._engine.auto_trader.state is TraderState.HALTED
        if mode is not None:
            self._facts.emergencies.append(mode)
            self._alert(emergency_alert(self._plan.entrypoint.name, mode))
            ends = mode.state is TradingState.HALTED
            if not is_halted:
                self._act(OperatorAction.EMERGENCY, mode.operator, mode.reason, self._stop if ends else _nothing)
            elif ends:
                self._stop()
        elif is_halted:
            who = HostEmergency(self._plan.home, clock=self._clock).lifted_by()
            self._act(OperatorAction.CLEAR_EMERGENCY, who, LIFTED, _nothing)

    def _act(self, action: OperatorAction, operator: str, cause: str, done: Callable[[], None]) -> None:
        market = self._facts.market
        began = market.start_ts if market is not None and market.start_ts is not None else self._clock.now()
        if self._dispatcher is None:
            self._inbox.post(Operator(action, operator, cause, began), done)
        else:
            self._dispatcher.operator(Operator(action, operator, cause, self._dispatcher.clock.now or began))
            done()

    def _open_entries(self) -> int:
        """Count what may still buy; an act that the engine has not taken yet counts as one."""
        is_waiting = self._engine.auto_trader.state not in (TraderState.HALTED, TraderState.STOPPED)
        return is_waiting + sum(order.intent.side is Side.BUY for order in self._engine.orders.unended.values())


def _nothing() -> None:
    """There is nothing to do afterwards."""
