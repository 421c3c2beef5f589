"""Sending one message and waiting for what the audit says became of it at its channels."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from golive.audit import Entry
from golive.config.configuration import Configuration
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertMessage, AlertOutcome
from golive.model.clock import Clock
from golive.storage.alert_audit import alert_files, rows_of
from golive.storage.alert_outbox import AlertOutbox

from ..secret_store import StoredSecrets
from .delivery import AlertDelivery
from .policy import audit_place

_LOOK_S: Final = 0.05


def send_and_wait(
    home: Path,
    configuration: Configuration,
    message: AlertMessage,
    channels: Collection[str],
    clock: Clock,
    *,
    wait_s: float,
    store: StoredSecrets,
) -> Mapping[str, Entry]:
    """Put a message into the outbox, unless it lies there, and return by channel the audit's row that it was taken there.

    A channel of which the audit does not say so in time is left out. Whichever process delivers, the audit has the row. Raises
    JournalError when outbox or audit cannot be used.
    """
    directory = home / audit_place(configuration).directory
    with closing(AlertOutbox.open(home)) as outbox:  # before a second thread opens one that is not made yet
        if not outbox.has(message.alert_id):
            outbox.put(message)
    delivery = AlertDelivery(home, configuration, MemoryRecorder(), clock, secrets=store)
    try:
        deadline = time.monotonic() + wait_s
        while True:
            delivery.wake()
            found = _delivered(directory, message.alert_id, channels)
            if len(found) == len(channels) or time.monotonic() >= deadline:
                return found
            time.sleep(_LOOK_S)
    finally:
        delivery.close(0)


def _delivered(directory: Path, alert_id: str, channels: Collection[str]) -> Mapping[str, Entry]:
    """Return what the two newest files of the audit say."""
    found: dict[str, Entry] = {}
    for path in alert_files(directory)[-2:]:
        for entry in rows_of(path):
            channel = entry.body.get("channel")
            is_about = entry.body.get("alert_id") == alert_id and channel in channels
            if is_about and entry.body.get("outcome") == AlertOutcome.DELIVERED.value:
                found.setdefault(str(channel), entry)
    return found
