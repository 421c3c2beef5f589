"""One action: flag, answers, fencing who does not answer, ending it, brake, settling, record; each told with its time.

Nothing that fails ends it early: what could not be confirmed is said at the end (exit 6).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from golive.model.clock import Clock, to_iso
from golive.model.emergency import ALL, TradingState
from golive.model.errors import GoliveError, JournalError
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode
from golive.storage.emergency_ack import Ack
from golive.storage.emergency_flag import FlagReading
from golive.storage.emergency_journal import PANIC

from ..emergency import CONFIGURATION, HostEmergency
from .ending import Fenced, Stopped, end, fence_off, wait_for_answers, wait_until_done
from .glance import glanced_entrypoints
from .writers import Writer, holds_of, writers_of

ANSWER_S: Final = 0.25
"""who does not answer within this time of the flag is ended"""
DONE_S: Final = 5.0
"""who answers has this long to see the end of its entries"""

State = Literal["done", "unchanged", "problem"]


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
    """monotonic seconds at which the flag was durable"""
    reading: FlagReading = field(default_factory=FlagReading)
    _fenced: dict[int, tuple[Writer, Fenced]] = field(default_factory=dict)
    """processes that did not answer in time, with what was fenced off of them at once"""
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
        """
        self.began_at = self.clock.now()
        host = HostEmergency(self.home, clock=self.clock, operator=self.operator)

        def durable(reading: FlagReading) -> None:
            self._durable(reading)
            self._fence_the_silent(None if entrypoints is None or scope == ALL else self._all_under(scope, entrypoints))

        try:
            activation = host.switch_on(self.reason, self.operator, scope, self.state, durable=durable)
        except GoliveError as exc:
            self.told("flag", "problem", f"{exc}; every process that could send is ended instead")
            return
        for problem in activation.problems:
            self.told("record", "problem", problem)

    def _durable(self, reading: FlagReading) -> None:
        self.flagged, self.reading = time.monotonic(), reading
        modes = "; ".join(
            f"{mode.scope} {mode.state} since {to_iso(mode.since)} ({mode.operator}: {mode.reason})"
            for mode in reading.emergencies.modes
        )
        self.told("flag", "done", modes)

    def _all_under(self, profile: str, entrypoints: Sequence[str]) -> tuple[str, ...]:
        """Return the entrypoints that the mode is on for: those asked for, and all under the same risk profile."""
        under = glanced_entrypoints(self.home / CONFIGURATION, profile, os.environ)
        if under:
            self.told("scope", "done", f"every entrypoint under {profile}: {', '.join(under)}")
        self._beside = tuple(dict.fromkeys((*self._beside, *under)))
        return tuple(dict.fromkeys((*entrypoints, *self._beside)))

    # 2: the processes

    def _fence_the_silent(self, entrypoints: Sequence[str] | None) -> None:
        """See that who does not answer sends no entry; ending it takes longer, and comes after the record."""
        try:
            writers = writers_of(holds_of(self.home, entrypoints, None if entrypoints is None else ()))
        except JournalError:
            return  # `stop_writers` meets it, too, and says so
        writers = [writer for writer in writers if writer.pid not in self._fenced]
        answers = self._answers(writers)
        for writer in (each for each in writers if each.pid not in answers):
            self._fenced[writer.pid] = writer, fence_off(writer)
            self.told("processes", "unchanged", f"{writer.names} (process {writer.pid}) did not answer: it is fenced off")

    def _answers(self, writers: list[Writer]) -> dict[int, Ack]:
        if self.flagged is None:
            return {}
        return wait_for_answers(self.home, writers, self.reading.calls, self.began_at, self.flagged + ANSWER_S)

    def _end_the_fenced(self, writers: dict[int, Writer]) -> Iterator[Stopped]:
        """End who was fenced off already; of what it holds beside that, nothing was yet."""
        for pid, (writer, fenced) in self._fenced.items():
            more = Writer(pid, tuple(hold for hold in writers[pid].holds if hold not in writer.holds)) if pid in writers else None
            if more is None:
                yield self._told_of(end(writer, fenced))
            else:
                yield self._told_of(end(writer.beside(more), fenced + fence_off(more)))

    def stop_writers(self, entrypoints: Sequence[str] | None, accounts: Sequence[str] | None, *, end_all: bool) -> list[Stopped]:
        """See that no process lets an entry out any more; with `end_all` that none goes on, because its locks are needed.

        `entrypoints`: those that hold one of these or of their risk profile's others, or one of `accounts`; None: all.
        """
        names = None if entrypoints is None else (*entrypoints, *self._beside)
        try:
            found = writers_of(holds_of(self.home, names, accounts))
        except JournalError as exc:
            self.told("processes", "problem", str(exc))
            found = []
            if not self._fenced:
                return []
        if not found and not self._fenced:
            self.told("processes", "unchanged", "none that could send an order is running")
            return []
        stopped = list(self._end_the_fenced({writer.pid: writer for writer in found}))
        writers = [writer for writer in found if writer.pid not in self._fenced]
        flagged = self.flagged
        since, calls = self.began_at, self.reading.calls
        answers = self._answers(writers)
        for writer in (each for each in writers if each.pid not in answers):
            self.told(
                "processes", "unchanged", f"{writer.names} (process {writer.pid}) did not answer: it is fenced off and ended"
            )
            stopped.append(self._told_of(end(writer)))
        for writer in (each for each in writers if each.pid in answers):
            self.told("processes", "done", f"{writer.names} (process {writer.pid}) answered: no entry leaves it")
            deadline = (flagged or time.monotonic()) + DONE_S
            done = wait_until_done(self.home, writer, calls, since, deadline)
            if not done.is_sure:
                self.told("processes", "unchanged", f"{writer.names}: {done.detail}; it is fenced off and ended")
            stopped.append(self._told_of(end(writer) if end_all or not done.is_sure else done))
        return stopped

    def _told_of(self, stopped: Stopped) -> Stopped:
        name = f"{stopped.writer.names} (process {stopped.writer.pid})"
        self.told("processes", "done" if stopped.is_sure else "problem", f"{name} {stopped.how}: {stopped.detail}")
        return stopped

    # last: the record

    def sign(self, body: JsonObject) -> None:
        """Write down all of it (`panic_body`), signed; a record that cannot be written is a problem of its own."""
        try:
            HostEmergency(self.home, clock=self.clock, operator=self.operator).record(PANIC, body)
        except GoliveError as exc:
            self.told("signed", "problem", str(exc))
        else:
            self.told("signed", "done", "var/audit/emergency/emergency.jsonl")
