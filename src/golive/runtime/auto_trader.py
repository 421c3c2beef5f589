"""The edges of a session's auto-trader: how it starts, who confirms it, and how it follows the switch on disk."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from golive.engine.auto_trader import AutoTrader, TraderState, Transition
from golive.model.clock import Clock
from golive.model.errors import JournalError
from golive.model.event import Operator, OperatorAction
from golive.storage.auto_trade_record import SwitchReader, read_switch
from golive.storage.auto_trade_switch import AutoTradeSwitch, PublishedTrader, publish_trader

from .dispatcher import Dispatcher
from .drive import Inbox
from .evidence import Evidence
from .facts import SessionFacts
from .identity import operator_identity
from .plan import Plan

POLL_S: Final = 0.1
START_CAUSE: Final = "session_start"


def start_trader(plan: Plan, facts: SessionFacts, dispatcher: Dispatcher, clock: Clock) -> None:
    """Arm the auto-trader, and let it run or make it read-only; after a restart only what was not done before.

    What the command confirms is a session that was just armed. One that was confirmed before, by whomever, is confirmed anew by a
    person once that was withdrawn.
    """
    market, engine, inbox = facts.market, facts.engine, facts.inbox
    assert engine is not None
    assert inbox is not None
    while (stored := inbox.repeated_act()) is not None:
        dispatcher.operator(stored)
    trader = engine.auto_trader
    began = market.start_ts if market is not None and market.start_ts is not None else clock.now()

    def act(action: OperatorAction, cause: str, operator: str | None = None) -> None:
        dispatcher.operator(Operator(action, operator or operator_identity(), cause, dispatcher.clock.now or began))

    if trader.state is TraderState.STOPPED:
        act(OperatorAction.START, START_CAUSE)
    if trader.state is not TraderState.ARMED or trader.last is None or trader.last.before is not TraderState.STOPPED:
        return
    switch = read_switch(plan.home, plan.entrypoint.name, plan.entrypoint.enable_auto_trade)
    if plan.read_only is not None:
        act(OperatorAction.AUTO_TRADE_OFF, plan.read_only)
    elif not switch.enabled:
        act(OperatorAction.AUTO_TRADE_OFF, switch.cause, switch.operator)
    elif plan.confirmed_by is not None:
        act(OperatorAction.CONFIRM, plan.confirmed_by)


class SwitchWatch:
    """Makes a running session follow the switch, and publishes what its auto-trader is."""

    def __init__(
        self, plan: Plan, facts: SessionFacts, evidence: Evidence, trader: AutoTrader, inbox: Inbox, clock: Clock
    ) -> None:
        self._plan = plan
        self._facts = facts
        self._epoch = evidence.lease.epoch
        self._trader = trader
        self._inbox = inbox
        self._clock = clock
        self._published: Transition | None = None
        self._reader = SwitchReader(plan.home, plan.entrypoint.name, plan.entrypoint.enable_auto_trade)
        self._doubted: AutoTradeSwitch | None = None
        """one that was not believed at the last look: whoever turns it writes file and record one after the other"""

    async def run(self) -> None:
        """Look every `POLL_S` until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(POLL_S)

    def follow(self, dispatcher: Dispatcher, *, at_once: bool = False) -> None:
        """Let a session that is taken up again hear of a switch that is off, before anything of it can leave."""
        switch = self._reader.read()
        if not switch.enabled and self._trader.state in (TraderState.ARMED, TraderState.RUNNING):
            who, now = switch.operator or operator_identity(), dispatcher.clock.now or self._clock.now()
            dispatcher.operator(Operator(OperatorAction.AUTO_TRADE_OFF, who, switch.cause, now, at_once=at_once))

    def look(self) -> None:
        """Publish what has changed, and ask for what the switch says and the auto-trader is not."""
        self._publish()
        if self._inbox.repeats or self._inbox.has_acts:
            return
        state, plan = self._trader.state, self._plan
        switch = self._reader.read()
        if switch.fault is not None:
            before, self._doubted = self._doubted, switch
            if before != switch:
                return  # it has until the next look
            self._facts.warn(f"auto-trade is off: {switch.fault}")
        else:
            self._doubted = None
        if not switch.enabled and state in (TraderState.ARMED, TraderState.RUNNING):
            self._post(OperatorAction.AUTO_TRADE_OFF, switch.operator, switch.cause)
        elif switch.enabled and state is TraderState.READ_ONLY:
            if plan.read_only is None:
                self._post(OperatorAction.AUTO_TRADE_ON, switch.operator, switch.cause)
            elif switch.operator is not None:
                self._facts.warn(
                    f"auto-trade was switched on by {switch.operator}; this session was started read-only and cannot trade: "
                    "stop it and start it again"
                )

    def _post(self, action: OperatorAction, operator: str | None, cause: str) -> None:
        self._inbox.post(Operator(action, operator or operator_identity(), cause, self._clock.now()))

    def _publish(self) -> None:
        last = self._trader.last
        if last is self._published or last is None:
            return
        self._published = last
        seen = PublishedTrader(
            run_id=self._facts.run_id, pid=os.getpid(), epoch=self._epoch, stage=str(self._plan.stage), state=str(last.after),
            can_trade=self._plan.read_only is None, cause=last.cause, operator=last.operator, at=self._clock.now(),
        )  # fmt: skip
        try:
            publish_trader(self._plan.home, self._plan.entrypoint.name, seen)
        except JournalError as exc:
            self._facts.warn(f"what the auto-trader is cannot be published: {exc}")
