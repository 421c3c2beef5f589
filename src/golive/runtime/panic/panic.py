"""One action: flag, answers, fencing who does not answer, ending it, brake, settling, record; each told with its time.

Nothing that fails ends it early: what could not be confirmed is said at the end (exit 6).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from golive.model.clock import Clock, to_iso
from golive.model.emergency import ALL, TradingState
from golive.model.errors import GoliveError
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode
from golive.storage.emergency_flag import FlagReading
from golive.storage.emergency_journal import PANIC

from ..emergency import CONFIGURATION, Activation, HostEmergency

if TYPE_CHECKING:
    from ..secret_store import StoredSecrets
    from .ending import Stopped
    from .processes import Processes

State = Literal["done", "unchanged", "problem"]


class Call(NamedTuple):
    """One call of emergency mode: which processes have to answer, and by when."""

    calls: int
    """how many calls the flag has counted, this one too"""
    since: int
    """wall clock, ns UTC"""
    flagged: float
    """monotonic seconds at which the flag was durable"""


@dataclass(frozen=True, slots=True)
class PanicStep:
    """What was done; `at_ms` counts from the start of the command."""

    at_ms: int
    what: str
    state: State
    detail: str


@dataclass(slots=True)
class Panic:
    """One panic and what it came to. `say` is called with each step as it is done."""

    home: Path
    clock: Clock
    operator: str
    reason: str
    say: Callable[[PanicStep], None] = lambda step: None
    state: TradingState = TradingState.REDUCING
    steps: list[PanicStep] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    began_at: int = 0
    flagged: float | None = None
    """monotonic seconds at which the flag was durable; None: it is not, and nobody's answer to it counts"""
    reading: FlagReading = field(default_factory=FlagReading)
    secrets: StoredSecrets | None = None
    """where keys of accounts and URLs of channels come from; None: what this process is handed opens it"""
    is_alerted: bool = True
    """whether the alert of each call is in the outbox"""
    _processes: Processes | None = None
    _beside: tuple[str, ...] = ()
    """entrypoints under the same risk profile as the one that was asked for"""

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.UNKNOWN if any(step.state == "problem" for step in self.steps) else ExitCode.OK

    def told(self, what: str, state: State, detail: str) -> None:
        step = PanicStep(round((time.monotonic() - self.began) * 1000), what, state, detail)
        self.steps.append(step)
        self.say(step)

    # 1: the flag

    def switch_on(self, scope: str = ALL, entrypoints: Sequence[str] | None = None) -> None:
        """Write the flag: the first effect, before anything else is read or asked. Who has not answered it in time is fenced off
        before the flag is recorded or told: of the processes that hold `entrypoints` or another one of this scope, or of all.
        Where it cannot be written, all of those are, and record, auto-trade and alert are done all the same.
        """
        self.began_at = self.clock.now()
        host = HostEmergency(self.home, clock=self.clock, operator=self.operator)

        def fence() -> None:
            names = None if entrypoints is None or scope == ALL else self._all_under(scope, entrypoints)
            self.processes.fence_the_silent(names, self._call)

        def durable(reading: FlagReading) -> None:
            self._durable(reading)
            fence()

        def unwritten(fault: str) -> None:
            self.flagged = None
            self.told("flag", "problem", f"{fault}; every process that could send is ended instead")
            fence()

        activation = host.switch_on(self.reason, self.operator, scope, self.state, durable=durable, unwritten=unwritten)
        if activation.flag_fault:
            self._tell_without_flag(activation)
        self.is_alerted &= activation.told
        for problem in activation.problems:
            self.told("record", "problem", problem)

    def _tell_without_flag(self, activation: Activation) -> None:
        if activation.recorded:
            self.told("record", "done", "the signed journal says that it is on: whoever starts from now on holds to that")
        else:
            self.told("record", "problem", "neither flag nor record: whoever starts from now on is not held back")
        if activation.auto_trade_off:
            self.told("auto-trade", "done", "the switch of every entrypoint that it is for is off")

    def _durable(self, reading: FlagReading) -> None:
        self.flagged, self.reading = time.monotonic(), reading
        modes = "; ".join(
            f"{mode.scope} {mode.state} since {to_iso(mode.since)} ({mode.operator}: {mode.reason})"
            for mode in reading.emergencies.modes
        )
        self.told("flag", "done", modes)

    def _all_under(self, profile: str, entrypoints: Sequence[str]) -> tuple[str, ...]:
        """Return the entrypoints that the mode is on for: those asked for, and all under the same risk profile."""
        from .glance import glanced_entrypoints

        under = glanced_entrypoints(self.home / CONFIGURATION, profile, os.environ)
        if under:
            self.told("scope", "done", f"every entrypoint under {profile}: {', '.join(under)}")
        self._beside = tuple(dict.fromkeys((*self._beside, *under)))
        return tuple(dict.fromkeys((*entrypoints, *self._beside)))

    # 2: the processes

    @property
    def processes(self) -> Processes:
        """Who could send an order. What it takes to look at them is imported when the flag stands."""
        if self._processes is None:
            from .processes import Processes

            self._processes = Processes(self.home, self.told)
        return self._processes

    def stop_writers(self, entrypoints: Sequence[str] | None, accounts: Sequence[str] | None, *, end_all: bool) -> list[Stopped]:
        """See that no process lets an entry out any more; with `end_all` that none goes on, because its locks are needed.

        `entrypoints`: those that hold one of these or of their risk profile's others, or one of `accounts`; None: all.
        """
        names = None if entrypoints is None else (*entrypoints, *self._beside)
        return self.processes.stop(names, accounts, self._call, end_all=end_all)

    @property
    def _call(self) -> Call | None:
        return None if self.flagged is None else Call(self.reading.calls, self.began_at, self.flagged)

    # last: the record

    def sign(self, body: JsonObject) -> None:
        """Write down all of it (`panic_body`), signed; a record that cannot be written is a problem of its own."""
        try:
            HostEmergency(self.home, clock=self.clock, operator=self.operator).record(PANIC, body)
        except GoliveError as exc:
            self.told("signed", "problem", str(exc))
        else:
            self.told("signed", "done", "var/audit/emergency/emergency.jsonl")
