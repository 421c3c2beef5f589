"""A named person says that they have seen an alert; recorded before it counts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from golive.model.clock import Clock
from golive.model.errors import ConfigError
from golive.security.operators import OperatorIdentity
from golive.storage.alert_outbox import AlertOutbox

from ..operators import record_act


def acknowledge(home: Path, alert_ids: Sequence[str], operator: OperatorIdentity, clock: Clock) -> tuple[str, ...]:
    """Acknowledge alerts, or with no id every critical one that waits for it; return their ids.

    Raises ConfigError for an id that no alert waiting for acknowledgement has, before anything is acknowledged.
    """
    outbox = AlertOutbox.open(home)
    try:
        waiting = [message.alert_id for message in outbox.unacknowledged()]
        chosen: list[str] = []
        for text in alert_ids:
            fitting = [each for each in waiting if each.startswith(text)]
            if len(fitting) != 1:
                why = "several alerts begin like this" if fitting else "no alert that waits for it has this id"
                raise ConfigError(f"{text}: {why}; golive alerts list --unacknowledged shows those that wait")
            chosen += fitting
        chosen = chosen if alert_ids else waiting
        for alert_id in chosen:
            record_act(home, "alert_acknowledged", {"alert_id": alert_id}, operator.name, clock=clock)
            outbox.acknowledge(alert_id, operator.name, clock.now())
        return tuple(chosen)
    finally:
        outbox.close()
