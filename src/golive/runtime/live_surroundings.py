"""What a command that opens a live desk brings with it: clock, metrics, guardrail log and the outbox of alerts."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertMessage
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.order import NewOrder
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.guardrail_log import GuardrailLog

from .clock import SystemClock
from .live_plan import Surroundings


@contextlib.contextmanager
def surroundings(
    home: Path, entrypoint: ResolvedEntrypoint, judge: Callable[[NewOrder], Approved | Refused], operator: str
) -> Iterator[Surroundings]:
    """Open guardrail log and alert outbox for as long as the block lasts; JournalError when one of them cannot be used."""
    clock = SystemClock()
    with contextlib.ExitStack() as undo:
        guardrails = GuardrailLog(home / entrypoint.io.log_directory, clock)
        undo.callback(guardrails.close)
        outbox = AlertOutbox.open(home)
        undo.callback(outbox.close)

        def alert(given: Alert) -> None:
            key = f"{given.category}|{given.severity}|{given.title}"
            context = {"entrypoint": entrypoint.name}
            outbox.put(
                AlertMessage(uuid.uuid4().hex, given.category, given.severity, given.title, given.body, clock.now(), key, context)
            )

        yield Surroundings(
            clock=clock, recorder=MemoryRecorder(), guardrails=guardrails, alert=alert, judge=judge, operator=operator
        )
