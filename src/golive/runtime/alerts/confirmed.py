"""Sending one message and waiting for what the audit says became of it at one channel."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Final

from golive.audit import Entry, Soundness
from golive.config.configuration import Configuration
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertMessage, AlertOutcome
from golive.model.clock import Clock
from golive.storage.alert_audit import alert_files, rows_of
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys

from ..secret_store import StoredSecrets
from .delivery import AlertDelivery
from .policy import audit_place

_LOOK_S: Final = 0.05


def send_and_wait(
    home: Path,
    configuration: Configuration,
    message: AlertMessage,
    channel: str,
    clock: Clock,
    *,
    wait_s: float,
    store: StoredSecrets,
) -> Entry | None:
    """Put a message into the outbox and return the audit's row that `channel` took it; None when it says so not in time.

    Whichever process delivers, the audit has the row. Raises JournalError when outbox or audit cannot be used.
    """
    delivery = AlertDelivery(home, configuration, MemoryRecorder(), clock, secrets=store)
    try:
        with closing(AlertOutbox.open(home)) as outbox:
            outbox.put(message)
        deadline = time.monotonic() + wait_s
        while True:
            delivery.wake()
            found = delivered_row(home / audit_place(configuration).directory, message.alert_id, channel)
            if found is not None or time.monotonic() >= deadline:
                return found
            time.sleep(_LOOK_S)
    finally:
        delivery.close(0)


def delivered_row(directory: Path, alert_id: str, channel: str) -> Entry | None:
    """Return the row of the two newest files of the audit that says that a channel took this alert."""
    for path in reversed(alert_files(directory)[-2:]):
        for entry in rows_of(path):
            body = entry.body
            wanted = (alert_id, channel, AlertOutcome.DELIVERED.value)
            if (body.get("alert_id"), body.get("channel"), body.get("outcome")) == wanted:
                return entry
    return None


def audit_is_sound(home: Path, configuration: Configuration) -> bool:
    """Say whether the audit of alerts is there and all of it is what was written."""
    results = Verifier(home, VerificationKeys.of_home(home), alerts=audit_place(configuration).directory).alert_audit()
    return bool(results) and all(each.soundness is Soundness.CLEAN for each in results)
