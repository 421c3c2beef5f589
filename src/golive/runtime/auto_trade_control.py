"""What a person does to the auto-trade of an entrypoint: turns its switch, confirms its session, and sees what either is.

Switching off and withdrawing only take risk away, and are done before they are recorded; switching on and confirming are recorded
first. A running session follows by itself (`auto_trader.SwitchWatch`, `operator_watch`); here is only waited for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from golive.config.resolved import ResolvedEntrypoint
from golive.engine.auto_trader import TraderState
from golive.model.clock import Clock
from golive.model.errors import PrerequisiteMissing
from golive.model.event import OperatorAction
from golive.model.json import JsonValue
from golive.model.verdict import ExitCode
from golive.observability.shape import Count, Fragment, Instant, as_json, document_schema
from golive.storage.auto_trade_record import BY_COMMAND, SWITCHED, read_switch, switched_body
from golive.storage.auto_trade_switch import AutoTradeSwitch, PublishedTrader, published_trader, turn_switch
from golive.storage.lease import lease_holder, newest_epoch
from golive.storage.operator_inbox import OperatorMessage, put_message, wait_until_taken, withdraw_message

from .emergency import HostEmergency
from .operators import record_act

SCHEMA: Final = "golive.auto_trade.v1"
FOLLOWS_S: Final = 2.0
"""longer than a session takes to follow"""
_POLL_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class SwitchTold:
    enabled: bool
    cause: str
    operator: str | None
    """null: it has the value of the configuration, or is not believed (`fault`)"""
    at: Instant | None
    fault: str | None
    """why the switch is not believed, which is off; null when it is"""


@dataclass(frozen=True, slots=True)
class SessionTold:
    """The session that runs now."""

    run_id: str
    pid: Count
    stage: str
    state: Annotated[str, Fragment({"enum": [str(state) for state in TraderState]})]
    can_trade: bool
    """false: nothing that could order was constructed; it takes a new session to trade"""
    cause: str
    operator: str
    since: Instant


@dataclass(frozen=True, slots=True)
class AutoTradeTold:
    entrypoint: str
    configured: bool
    """what enable_auto_trade says"""
    switch: SwitchTold
    session: SessionTold | None
    """null: none runs"""
    followed: bool | None
    """whether the running session has done what was asked; null when nothing was, or none runs"""
    exit_code: Annotated[int, Fragment({"enum": [0, 6]})]


def auto_trade_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of what `golive autotrade` prints."""
    return document_schema(SCHEMA, "Auto-trade of an entrypoint", AutoTradeTold)


def auto_trade_document(told: AutoTradeTold) -> dict[str, JsonValue]:
    """Return what `golive autotrade` prints as one JSON document."""
    body = as_json(told)
    assert isinstance(body, dict)
    return {"schema": SCHEMA, **body}


class AutoTradeControl:
    """One entrypoint's auto-trade in the hands of `operator`, who was proved before where that is needed."""

    def __init__(self, home: Path, entrypoint: ResolvedEntrypoint, operator: str, clock: Clock) -> None:
        self._home = home
        self._entrypoint = entrypoint
        self._name = entrypoint.name
        self._operator = operator
        self._clock = clock

    def status(self, followed: bool | None = None) -> AutoTradeTold:
        """Return switch and session as they are now."""
        seen = self.session()
        session = None if seen is None else SessionTold(
            seen.run_id, seen.pid, seen.stage, seen.state, seen.can_trade, seen.cause, seen.operator, seen.at
        )  # fmt: skip
        return AutoTradeTold(
            entrypoint=self._name,
            configured=self._entrypoint.enable_auto_trade,
            switch=SwitchTold(*self.switch()),
            session=session,
            followed=followed,
            exit_code=ExitCode.UNKNOWN if followed is False else ExitCode.OK,
        )

    def switch(self) -> AutoTradeSwitch:
        """Return the switch."""
        return read_switch(self._home, self._name, self._entrypoint.enable_auto_trade)

    def session(self) -> PublishedTrader | None:
        """Return what the session that runs now has published; None when none runs, or it has not said anything yet."""
        if lease_holder(self._home, self._name) is None:
            return None
        seen = published_trader(self._home, self._name)
        return seen if seen is not None and seen.epoch == newest_epoch(self._home, self._name) else None

    def switch_off(self) -> AutoTradeTold:
        """Turn the switch off, which withdraws the confirmation too, and wait until the session that runs has followed."""
        at = self._clock.now()
        self._turn(at, enabled=False)
        self._record_turn(at, enabled=False)
        return self.status(self._wait(lambda seen: seen.state not in (TraderState.ARMED, TraderState.RUNNING)))

    def switch_on(self) -> AutoTradeTold:
        """Turn the switch on; a session that runs is armed by it and needs a confirmation anew.

        Raises PrerequisiteMissing in emergency mode.
        """
        reading = HostEmergency(self._home, clock=self._clock).reading()
        if reading.emergencies.modes:
            raise PrerequisiteMissing("emergency mode is on; it is cleared before auto-trade is switched on (golive risk status)")
        at = self._clock.now()
        self._record_turn(at, enabled=True)
        self._turn(at, enabled=True)
        return self.status(self._wait(lambda seen: seen.state != TraderState.READ_ONLY or not seen.can_trade))

    def confirm(self) -> AutoTradeTold:
        """Confirm the session that runs; PrerequisiteMissing, with what to do, when there is nothing to confirm."""
        seen = self._session_to_confirm()
        if seen.state == TraderState.RUNNING:
            return self.status(followed=True)
        self._record("auto_trade_confirmed", run_id=seen.run_id)
        return self._ask(OperatorAction.CONFIRM, TraderState.RUNNING)

    def withdraw(self) -> AutoTradeTold:
        """Withdraw the confirmation of the session that runs; PrerequisiteMissing when none runs."""
        seen = self._running_session()
        if seen.state != TraderState.RUNNING:
            return self.status(followed=True)
        told = self._ask(OperatorAction.WITHDRAW, TraderState.ARMED)
        self._record("auto_trade_withdrawn", run_id=seen.run_id)
        return told

    def _running_session(self) -> PublishedTrader:
        seen = self.session()
        if seen is None:
            raise PrerequisiteMissing(f"no session of {self._name} runs; a confirmation is for a session that does")
        return seen

    def _session_to_confirm(self) -> PublishedTrader:
        seen = self._running_session()
        if not seen.can_trade:
            raise PrerequisiteMissing(
                f"the session of {self._name} was started read-only ({seen.cause}) and cannot trade; stop it and start it anew"
            )
        if seen.state == TraderState.HALTED:
            raise PrerequisiteMissing(f"the session of {self._name} is halted by emergency mode, which is cleared first")
        if seen.state == TraderState.READ_ONLY or not self.switch().enabled:
            raise PrerequisiteMissing(f"auto-trade is off; run: golive autotrade on --entrypoint {self._name}")
        return seen

    def _ask(self, action: OperatorAction, wanted: TraderState) -> AutoTradeTold:
        message = put_message(self._home, self._name, OperatorMessage(action, self._operator, BY_COMMAND, self._clock.now()))
        if not wait_until_taken(message, FOLLOWS_S):
            withdraw_message(message)
            return self.status(followed=False)
        return self.status(self._wait(lambda seen: seen.state == wanted))

    def _turn(self, at: int, *, enabled: bool) -> None:
        turn_switch(self._home, self._name, enabled=enabled, operator=self._operator, cause=BY_COMMAND, at=at)

    def _record_turn(self, at: int, *, enabled: bool) -> None:
        body = switched_body(self._name, enabled=enabled, cause=BY_COMMAND, at=at)
        record_act(self._home, SWITCHED, body, self._operator, clock=self._clock)

    def _record(self, event: str, **facts: JsonValue) -> None:
        record_act(self._home, event, {"entrypoint": self._name, **facts}, self._operator, clock=self._clock)

    def _wait(self, has_followed: Callable[[PublishedTrader], bool]) -> bool | None:
        """Wait until the session that runs has followed; None when none runs."""
        deadline = time.monotonic() + FOLLOWS_S
        while (seen := self.session()) is not None:
            if has_followed(seen):
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return None
