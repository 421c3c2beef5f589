"""Emergency mode of this host: switching it on and off, durably first, and saying so; every process follows the flag by itself.

The flag is the mode. Record and alert follow it, and their failure never takes it back. Where the flag cannot be written the
record alone holds it on, for who starts from then on.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.audit.entry import Entry
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import Clock, from_iso, to_iso
from golive.model.emergency import ALL, UNSPECIFIED, Emergencies, EmergencyMode, TradingState
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject, JsonValue
from golive.model.redaction import redacted
from golive.model.text import printable
from golive.storage.emergency_flag import EmergencyFlag, FlagReading
from golive.storage.emergency_journal import (
    ACTIVATED,
    ALERT_TITLES,
    CANNOT_TELL,
    CLEAR_ASKED,
    CLEARED,
    FLAG_FAULT,
    LOST,
    OLDER,
    EmergencyJournal,
    lacking,
    unrecorded,
)

from .clock import SystemClock
from .host_signer import host_signer
from .identity import operator_identity

if TYPE_CHECKING:
    from golive.risk.emergency import NamedOperator

CONFIGURATION: Final = Path("config/runtime.yaml")
"""relative to home; where there is none, no entrypoint has a switch"""
CATEGORY: Final = "emergency"
CHANNELS: Final = ("all", "sec-alerts")
"""who is told, past any throttle"""


@dataclass(frozen=True, slots=True)
class Activation:
    """What switching on came to. `problems`: what could not be switched off, recorded or told, whatever became of the flag."""

    reading: FlagReading
    """what the flag says, or should say"""
    was_on: bool
    """nothing has changed by this call"""
    problems: tuple[str, ...] = ()
    flag_fault: str = ""
    """why the flag could not be written; '' when it stands"""
    auto_trade_off: bool = True
    recorded: bool = True
    told: bool = True
    """the alert is in the outbox"""


@dataclass(frozen=True, slots=True)
class FirstWord:
    """One operator has agreed to lifting `scope` (what is on of it); until `until` (wall clock, ns) a second one has to."""

    operator: str
    scope: str
    until: int


@dataclass(frozen=True, slots=True)
class Lifted:
    """Emergency mode was lifted for `scope`, the scopes that were on; `reading` is what is still on."""

    first: str
    second: str
    scope: str
    reading: FlagReading
    problems: tuple[str, ...] = ()
    """what could not be told"""


class HostEmergency:
    """Emergency mode under `home`; also the `EmergencySwitch` of a `RiskEngine` that shall switch the whole host."""

    def __init__(self, home: Path, *, clock: Clock | None = None, operator: str | None = None) -> None:
        self._home = home
        self._clock = clock or SystemClock()
        self._operator = operator or operator_identity()
        self.flag = EmergencyFlag(home)

    # what is on

    def reading(self) -> FlagReading:
        """Return what is on; where less is on than the journal says, the flag is lost or an older one: then it is on for all.

        Lifting is recorded before the flag is written and switching on after it, so at no moment does the journal say more.
        """
        reading = self.flag.read()
        return reading if reading.problem else self._with_what_is_in_doubt(reading)

    def read(self) -> Emergencies:
        return self.reading().emergencies

    def _with_what_is_in_doubt(self, reading: FlagReading) -> FlagReading:
        """Return what the flag says, and all scopes where that cannot be all that is on by the journal."""
        lacks, doubt = TradingState.ACTIVE, OLDER if reading.calls else LOST
        try:
            entries = reversed(self._journal().entries())
            last = next((entry for entry in entries if entry.type in (ACTIVATED, CLEARED)), None)
            if last is not None:
                lacks = lacking(last.body.get("modes"), reading.emergencies)
        except JournalError as exc:
            lacks = TradingState.REDUCING
            doubt = f"{CANNOT_TELL}: {exc}"
        if lacks is TradingState.ACTIVE:
            return reading
        return FlagReading(reading.emergencies.activated(EmergencyMode(lacks, doubt, "golive", ALL, 0)), reading.calls, doubt)

    # switching on

    def activate(
        self,
        reason: str = UNSPECIFIED,
        operator: str | None = None,
        scope: str = ALL,
        state: TradingState = TradingState.REDUCING,
    ) -> Emergencies:
        """As `switch_on`; JournalError for anything that could not be written, recorded or told: the rest is done."""
        activation = self.switch_on(reason, operator, scope, state)
        if activation.flag_fault or activation.problems:
            raise JournalError("; ".join(filter(None, (activation.flag_fault, *activation.problems))))
        return activation.reading.emergencies

    def switch_on(
        self,
        reason: str = UNSPECIFIED,
        operator: str | None = None,
        scope: str = ALL,
        state: TradingState = TradingState.REDUCING,
        *,
        durable: Callable[[FlagReading], None] = lambda reading: None,
        unwritten: Callable[[str], None] = lambda fault: None,
    ) -> Activation:
        """Switch on: the flag first, then auto-trade, record and alert. What fails of it ends nothing: the answer tells.

        `durable` is called as soon as the flag stands, `unwritten` with the reason as soon as it cannot be written.
        """
        who = printable(operator or self._operator)
        mode = EmergencyMode(state, redacted(printable(reason)), who, scope, self._clock.now())
        before = self.flag.read()
        reading, fault = self._written(mode, before)  # what cannot be read is on, and stays so by this, under its reason
        if fault:
            unwritten(fault)
        else:
            durable(reading)
        problems: list[str] = []
        if not before.problem and (before := self._with_what_is_in_doubt(before)).problem:  # the journal may be long
            for lost in before.emergencies.modes:
                reading, unkept = self._written(lost, reading)
                problems += [unkept] if unkept and not fault else []
        was_on = not before.problem and before.emergencies == reading.emergencies

        def tried(step: Callable[[], object]) -> bool:
            try:
                step()
            except JournalError as exc:
                problems.append(str(exc))
                return False
            return True

        def off() -> bool:
            return tried(lambda: self._switch_auto_trade_off(reading.emergencies, who, mode))

        is_off = not fault and off()
        also: JsonObject = {FLAG_FAULT: fault} if fault else {}
        recorded = tried(lambda: self._record_activation(mode, reading, was_on, who, **also))
        is_off = off() if fault else is_off  # the record is what holds it on then, so it comes first
        told = tried(lambda: self._alert(mode, was_on, fault, recorded))
        return Activation(reading, was_on, tuple(problems), fault, is_off, recorded, told)

    def _written(self, mode: EmergencyMode, before: FlagReading) -> tuple[FlagReading, str]:
        """Write the flag; return what it says, and why not where it cannot be written."""
        try:
            return self.flag.switch_on(mode), ""
        except JournalError as exc:
            return FlagReading(before.emergencies.activated(mode), before.calls), str(exc)

    def _switch_auto_trade_off(self, emergencies: Emergencies, signed_by: str, by: EmergencyMode | None = None) -> None:
        """Turn off the switch of each entrypoint that it holds for, so that nothing trades by itself once it is lifted."""
        from .emergency_auto_trade import switch_auto_trade_off  # slow to import, and the flag comes first

        switch_auto_trade_off(self._home, self._clock, signed_by, emergencies, by)

    def _record_activation(
        self, mode: EmergencyMode, reading: FlagReading, was_on: bool, signed_by: str, **also: JsonValue
    ) -> None:
        """`also`: `cut_off`, the call itself did not get that far, and who lifts it writes its record; or FLAG_FAULT."""
        body: JsonObject = {
            "scope": mode.scope, "state": mode.state.value, "reason": mode.reason, "operator": mode.operator,
            "calls": reading.calls, "was_on": was_on, "modes": _told(reading.emergencies),
        }  # fmt: skip
        self._journal().append(ACTIVATED, {**body, **also}, signed_by)

    def _alert(self, mode: EmergencyMode, was_on: bool, fault: str, recorded: bool) -> None:
        effect = "nothing leaves at all" if mode.state is TradingState.HALTED else "entries are refused and canceled"
        said = f"{effect[0].upper()}{effect[1:]} until two operators lift it."
        title = ALERT_TITLES[was_on]
        if fault and recorded:
            said = f"Its flag could not be written ({fault}); by its record it is on for who starts from now on."
        elif fault:
            title = "Emergency mode was called for and holds nobody"
            said = f"Neither flag nor record could be written ({fault}); only what ran then was stopped."
        self.tell(f"{title} ({mode.scope})", f"{mode.operator}: {mode.reason}. {said}")

    def tell(self, title: str, body: str, severity: AlertSeverity = AlertSeverity.CRITICAL) -> None:
        """Put an alert into the outbox that no throttle may hold back: each has a key of its own. Raises JournalError."""
        from golive.storage.alert_outbox import AlertOutbox

        alert_id = uuid.uuid4().hex
        context: JsonObject = {"channels": list(CHANNELS), "throttle": "never"}
        outbox = AlertOutbox.open(self._home)
        try:
            outbox.put(
                AlertMessage(alert_id, CATEGORY, severity, title, body, self._clock.now(), f"{CATEGORY}|{alert_id}", context)
            )
        finally:
            outbox.close()

    def record(self, type_: str, body: JsonObject) -> None:
        """Write a record into the signed journal of emergency mode; JournalError when it cannot be."""
        self._journal().append(type_, body, self._operator)

    # lifting

    def deactivate(self, first: NamedOperator, second: NamedOperator, scope: str = ALL) -> Emergencies:
        """Lift a scope at the word of two operators who are both here; return what is still on.

        Raises PrerequisiteMissing when these two may not, JournalError when it cannot be recorded or written.
        """
        from golive.risk.emergency import lifting_objection

        if (objection := lifting_objection(first, second)) is not None:
            raise PrerequisiteMissing(objection)
        self._complete(self.reading(), second.name)
        return self._lift(first, second, scope, self.reading()).reading.emergencies

    def agree(self, operator: NamedOperator, scope: str = ALL) -> FirstWord | Lifted:
        """Take one operator's word for lifting a scope; with a fitting one of the last 15 minutes it is lifted.

        Raises PrerequisiteMissing when nothing is on or the two do not fit, JournalError when journal or flag cannot be used.
        """
        from golive.risk.emergency import LIFTING_WINDOW_NS, lifting_objection

        reading = self.reading()
        if not _is_on(reading.emergencies, scope):
            raise PrerequisiteMissing("emergency mode is not on" if scope == ALL else f"emergency mode is not on for {scope}")
        self._complete(reading, operator.name)
        first = self._first_word(reading, scope)
        if first is None:
            body: JsonObject = {"scope": scope, "calls": reading.calls, "roles": sorted(map(str, operator.roles))}
            self._journal().append(CLEAR_ASKED, body, operator.name)
            return FirstWord(operator.name, _lifts(reading, scope), self._clock.now() + LIFTING_WINDOW_NS)
        if (objection := lifting_objection(first, operator)) is not None:
            raise PrerequisiteMissing(f"{objection} (until {to_iso(first.until)})")
        return self._lift(first, operator, scope, reading)

    def _complete(self, reading: FlagReading, who: str) -> None:
        """Do what a call had not done that was cut off, before it can be lifted: its record first, then auto-trade off.

        Both may be done again, so this may be cut off as well. Raises JournalError: what cannot be completed is not lifted.
        """
        flag = self.flag.read()
        if not flag.problem and (left := unrecorded(self._journal().entries(), flag.emergencies)):
            newest = max(left, key=lambda mode: mode.since)
            self._record_activation(newest, flag, was_on=False, signed_by=who, cut_off=True)
        self._switch_auto_trade_off(reading.emergencies, who)

    def lifting_of(self, scope: str) -> tuple[str, str | None]:
        """Return who has lifted a scope last, and when: (`anna, bert`, ISO-8601); (`unknown`, None) where that is not known."""
        try:
            for entry in reversed(self._journal().entries()):
                names = entry.body.get("operators")
                if entry.type == CLEARED and isinstance(names, list) and entry.body.get("scope") in (ALL, scope):
                    return ", ".join(map(str, names)), entry.ts
        except JournalError:
            pass
        return "unknown", None

    def _first_word(self, reading: FlagReading, scope: str) -> _Word | None:
        """Return the newest word for lifting this scope that still counts: it is not older than 15 minutes, and nothing was
        switched on or off since.
        """
        from golive.risk.emergency import LIFTING_WINDOW_NS

        for entry in reversed(self._journal().entries()):
            if entry.type in (ACTIVATED, CLEARED):
                return None
            if entry.type == CLEAR_ASKED and entry.body.get("scope") == scope and entry.body.get("calls") == reading.calls:
                word = _Word.of(entry)
                return word if 0 <= self._clock.now() - word.at < LIFTING_WINDOW_NS else None
        return None

    def _lift(self, first: NamedOperator, second: NamedOperator, scope: str, reading: FlagReading) -> Lifted:
        """Record, then write the flag: a crash in between leaves it on."""
        left = reading.emergencies.lifted(scope)
        body: JsonObject = {
            "scope": scope, "calls": reading.calls, "operators": [first.name, second.name],
            "roles": {first.name: sorted(map(str, first.roles)), second.name: sorted(map(str, second.roles))},
            "lifted": _told(reading.emergencies), "modes": _told(left),
        }  # fmt: skip
        self._journal().append(CLEARED, body, second.name)
        after = self.flag.switch_off(scope, reading.calls)
        lifted = _lifts(reading, scope)
        try:
            self.tell(f"Emergency mode is lifted ({lifted})", f"By {first.name} and {second.name}.", AlertSeverity.WARNING)
        except JournalError as exc:
            return Lifted(first.name, second.name, lifted, after, (str(exc),))
        return Lifted(first.name, second.name, lifted, after)

    def _journal(self) -> EmergencyJournal:
        return EmergencyJournal(self._home, host_signer(self._home, self._clock, self._operator))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word for lifting, as the journal has it."""

    name: str
    roles: Sequence[str]
    at: int

    @property
    def until(self) -> int:
        from golive.risk.emergency import LIFTING_WINDOW_NS

        return self.at + LIFTING_WINDOW_NS

    @classmethod
    def of(cls, entry: Entry) -> _Word:
        roles = entry.body.get("roles")
        return cls(entry.operator, tuple(map(str, roles)) if isinstance(roles, list) else (), from_iso(entry.ts))


def _is_on(emergencies: Emergencies, scope: str) -> bool:
    return bool(emergencies.modes) if scope == ALL else any(mode.scope == scope for mode in emergencies.modes)


def _lifts(reading: FlagReading, scope: str) -> str:
    """Return the scopes that are on and that lifting `scope` ends."""
    return ", ".join(mode.scope for mode in reading.emergencies.modes) if scope == ALL else scope


def _told(emergencies: Emergencies) -> list[JsonObject]:
    return [
        {
            "scope": mode.scope, "state": mode.state.value, "reason": mode.reason, "operator": mode.operator,
            "since": to_iso(mode.since),
        }
        for mode in emergencies.modes
    ]  # fmt: skip
