"""Auto-trade in emergency mode: the switch of every entrypoint that it holds for is off, and that is signed for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from golive.model.clock import Clock
from golive.model.emergency import Emergencies, EmergencyMode
from golive.model.errors import ConfigError, JournalError
from golive.storage.auto_trade_record import (
    SWITCHED,
    SwitchRecord,
    last_records,
    mismatch,
    read_switch,
    signed_entries,
    switched_body,
)
from golive.storage.auto_trade_switch import turn_switch
from golive.storage.config_files import load_configuration
from golive.storage.emergency_journal import CAUSE
from golive.storage.journal_file import Draft
from golive.storage.security_admin import record_admin_acts

from .emergency import CONFIGURATION
from .host_signer import host_signer


def switch_auto_trade_off(
    home: Path, clock: Clock, signed_by: str, emergencies: Emergencies, by: EmergencyMode | None = None
) -> tuple[str, ...]:
    """Turn off, and sign for, the switch of each entrypoint that a mode of `emergencies` holds for; return whose it did.

    What is off and signed for stays as it is, so a call that was cut off is completed by the next one. `by` is the call whose
    reason and operator the records name; None: of each entrypoint the mode that holds for it. Raises JournalError.
    """
    runtime_file = home / CONFIGURATION
    if not runtime_file.exists():
        return ()
    try:
        configuration = load_configuration(runtime_file, os.environ)
    except ConfigError as exc:
        raise JournalError(f"auto-trade was not switched off, because it is not known whose there is: {exc}") from exc
    records, at = _records(home), clock.now()
    turned: list[Draft] = []
    for name in configuration.runtime.trading.entrypoints:
        holding = emergencies.of(configuration.resolve(name).risk_profile)
        if holding is not None and not _is_off(home, name, records):
            mode = by or holding
            cause = f"{CAUSE}{mode.reason}"
            turn_switch(home, name, enabled=False, operator=mode.operator, cause=cause, at=at)
            turned.append((SWITCHED, switched_body(name, enabled=False, cause=cause, at=at), mode.operator))
    if turned:
        record_admin_acts(home, host_signer(home, clock, signed_by), turned)
    return tuple(str(body["entrypoint"]) for _, body, _ in turned)


def _records(home: Path) -> Mapping[str, SwitchRecord] | None:
    """Return who turned which switch last; None where the log is not to be believed, in which nothing can be recorded either."""
    try:
        return last_records(signed_entries(home))
    except JournalError:
        return None


def _is_off(home: Path, name: str, records: Mapping[str, SwitchRecord] | None) -> bool:
    switch = read_switch(home, name, initial=True)
    if switch.enabled or switch.fault is not None:
        return False
    return records is None or mismatch(home, name, records.get(name)) is None
