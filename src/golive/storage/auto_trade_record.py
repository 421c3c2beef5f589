"""The switch of an entrypoint's auto-trade held against the last signed record of who turned it.

Whoever turns it writes both; a file that is not what the record says was changed, removed or written by hand, and means off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit.entry import Entry
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from . import security_admin
from .auto_trade_switch import AutoTradeSwitch, read_file, switch_path
from .keys import SigningKeys

SWITCHED: Final = "auto_trade_switched"
BY_COMMAND: Final = "operator_command"
"""cause of what a person turns, confirms or withdraws"""
NOT_AS_RECORDED: Final = "not_as_recorded"
_SETTLES_S: Final = 0.05
"""file and record are written one after the other: what does not fit is looked at once more after this time"""


class SwitchRecord(NamedTuple):
    """What the log says of a switch; `at` as ISO-8601."""

    enabled: bool
    cause: str
    operator: str
    at: str

    @property
    def words(self) -> str:
        return f"turned {'on' if self.enabled else 'off'} by {self.operator} at {self.at}"


def switched_body(entrypoint: str, *, enabled: bool, cause: str, at: int) -> JsonObject:
    """Return the body of a record SWITCHED; `at` wall clock, ns UTC, as in the file."""
    return {"entrypoint": entrypoint, "enabled": enabled, "cause": cause, "at": to_iso(at)}


def last_records(entries: Iterable[Entry]) -> dict[str, SwitchRecord]:
    """Return the newest record of each entrypoint's switch."""
    found = {}
    for entry in entries:
        if entry.type == SWITCHED:
            body = entry.body
            found[str(body.get("entrypoint"))] = SwitchRecord(
                body.get("enabled") is True, str(body.get("cause")), entry.operator, str(body.get("at"))
            )
    return found


def objection(home: Path, entrypoint: str, switch: AutoTradeSwitch, record: SwitchRecord | None) -> str | None:
    """Say what is wrong with the switch as its file has it, with the fix; None when the record says the same."""
    path, fix = switch_path(home, entrypoint), f"golive autotrade on --entrypoint {entrypoint} (or off) writes both anew"
    if switch.fault is not None:
        return switch.fault
    if record is None:
        nobody = f"{path} is there, though by {security_admin.PATH} nobody has turned it; {fix}"
        return None if switch.operator is None else nobody
    if switch.operator is None:
        return f"{path} is gone, though {security_admin.PATH} says that it was {record.words}; {fix}"
    assert switch.at is not None
    said = SwitchRecord(switch.enabled, switch.cause, switch.operator, to_iso(switch.at))
    if said != record:
        return f"{path} says that it was {said.words}, {security_admin.PATH} that it was {record.words}; {fix}"
    return None


class SwitchReader:
    """Reads one entrypoint's switch again and again, at the price of three looks as long as nothing has changed.

    `initial` is its value in the configuration, which holds until somebody has turned it.
    """

    def __init__(self, home: Path, entrypoint: str, initial: bool) -> None:
        self._home = home
        self._entrypoint = entrypoint
        self._initial = initial
        log = home / security_admin.PATH
        self._files = (switch_path(home, entrypoint), log, log.with_suffix(".seal.json"))
        self._seen: object = None
        self._read = AutoTradeSwitch(False)

    def read(self) -> AutoTradeSwitch:
        """Return the switch; off, and why, when it is not what the log says. A file that says off needs no log to be believed."""
        signature = tuple(map(_signature, self._files))
        if signature != self._seen:
            self._read = self._held_against_the_log()
            self._seen = signature
        return self._read

    def _held_against_the_log(self) -> AutoTradeSwitch:
        switch = read_file(self._home, self._entrypoint, self._initial)
        if not switch.enabled and switch.operator is not None:
            return switch
        try:
            record = last_records(signed_entries(self._home)).get(self._entrypoint)
            fault = objection(self._home, self._entrypoint, switch, record)
        except JournalError as exc:
            path = switch_path(self._home, self._entrypoint)
            fault = f"whether {path} is as it was written cannot be told: {exc}"
        if fault is None:
            return switch
        return AutoTradeSwitch(False, switch.cause if switch.fault else NOT_AS_RECORDED, fault=f"{fault}; until then it is off")


def read_switch(home: Path, entrypoint: str, initial: bool) -> AutoTradeSwitch:
    """Return the switch of an entrypoint, held against the log; as `SwitchReader.read`."""
    switch = SwitchReader(home, entrypoint, initial).read()
    if switch.fault is None:
        return switch
    time.sleep(_SETTLES_S)  # somebody may be turning it
    return SwitchReader(home, entrypoint, initial).read()


def mismatch(home: Path, entrypoint: str, record: SwitchRecord | None) -> str | None:
    """Say in what the switch of an entrypoint is not what the log says; None when it is, or neither says anything."""
    return objection(home, entrypoint, read_file(home, entrypoint, initial=False), record)


def allows_more(home: Path, entrypoint: str, record: SwitchRecord | None) -> bool:
    """Say whether a mismatch is more than what a command leaves that was cut off between file and record."""
    switch = read_file(home, entrypoint, initial=False)
    return switch.fault is not None or switch.enabled or record is None or not record.enabled


def signed_entries(home: Path) -> Iterable[Entry]:
    """Return the records of the log of what people did; JournalError when it is not sound or there is no key to tell."""
    keys = SigningKeys.load(home)
    return security_admin.admin_entries(home, keys)


def _signature(path: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path, follow_symlinks=False)  # noqa: PTH116 - asked ten times a second
    except FileNotFoundError:
        return None
    except OSError as exc:
        return -1, exc.errno or 0, 0
    return found.st_ino, found.st_ctime_ns, found.st_size


def switches(home: Path, records: Mapping[str, SwitchRecord]) -> list[str]:
    """Return the entrypoints that have a switch on disk or in the log."""
    folder = switch_path(home, "x").parent
    files = {path.stem for path in folder.glob("*.json") if not path.name.endswith(".session.json")}
    return sorted(files | records.keys())
