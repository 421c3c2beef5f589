"""What is switched on disk, held against the signed records of who switched it: auto-trade, and emergency mode."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golive.audit import Soundness
from golive.model.emergency import TradingState

from . import security_admin
from .auto_trade_record import allows_more, last_records, mismatch, switches
from .auto_trade_switch import switch_path
from .emergency_flag import EmergencyFlag
from .emergency_journal import ACTIVATED, CLEARED, FLAG_FAULT, PATH, lacking
from .verified import Result, entries, of_file


def verify_switches(home: Path) -> Iterator[Result]:
    """Yield a result for each switch that is not as its records say; the journals themselves are verified elsewhere.

    One that permits more than was signed for is tampered with. One that permits less is left by a command that was cut off.
    """
    records = last_records(entries(home / security_admin.PATH))
    for name in switches(home, records):
        record = records.get(name)
        if (text := mismatch(home, name, record)) is not None:
            soundness = Soundness.TAMPERED if allows_more(home, name, record) else Soundness.CANNOT_SAY
            yield Result(switch_path(home, name), (of_file(soundness, text),))
    if (told := _flag_fault(home)) is not None:
        yield Result(EmergencyFlag(home).path, (of_file(*told),))


def _flag_fault(home: Path) -> tuple[Soundness, str] | None:
    reading = EmergencyFlag(home).read()
    last = None
    for entry in entries(home / PATH):
        last = entry if entry.type in (ACTIVATED, CLEARED) else last
    if reading.problem:
        return Soundness.TAMPERED, f"{reading.problem}; it is taken for on, for all"
    modes = [] if last is None else last.body.get("modes")
    if lacking(modes, reading.emergencies) is not TradingState.ACTIVE:
        if last is not None and (fault := last.body.get(FLAG_FAULT)) is not None:
            text = (
                f"the flag could not be written when emergency mode was switched on last ({fault}); by {PATH} it is on, for all"
            )
            return Soundness.CANNOT_SAY, text
        gone = "is gone" if EmergencyFlag(home).signature() is None else "says less"
        text = f"the flag {gone}, yet the last record of {PATH} says that more is on; it is taken for on, for all"
        return Soundness.TAMPERED, text
    more = [mode.scope for mode in reading.emergencies.modes if not _has(modes, mode.scope, mode.state)]
    if more:
        text = f"emergency mode is on for {', '.join(more)}, and {PATH} has no record of it: a command was cut off before it"
        return Soundness.CANNOT_SAY, text
    return None


def _has(modes: object, scope: str, state: TradingState) -> bool:
    return isinstance(modes, list) and any(row.get("scope") == scope and row.get("state") == state.value for row in modes)
