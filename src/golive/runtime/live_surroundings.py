"""What a command that opens a live desk brings with it: clock, metrics, guardrail log and the outbox of alerts."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from golive.alerts.message import message_of
from golive.config.configuration import Configuration
from golive.config.endpoint import is_loopback_host
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.errors import JournalError
from golive.model.order import NewOrder
from golive.model.verdict import Stage
from golive.observability.log_words import LogEvent
from golive.storage.alert_intake import AlertIntake
from golive.storage.guardrail_log import GuardrailLog
from golive.storage.indicator_store import Batch, append

from .alerts.delivery import CLOSE_S, AlertDelivery
from .clock import SystemClock
from .live_plan import Surroundings
from .log import ProcessLog
from .recorder import TappedRecorder
from .secret_store import StoredSecrets, handed
from .service_levels.tap import IndicatorTap


@contextlib.contextmanager
def surroundings(
    home: Path,
    configuration: Configuration,
    entrypoint: ResolvedEntrypoint,
    judge: Callable[[NewOrder], Approved | Refused],
    operator: str,
    *,
    told_s: float = CLOSE_S,
    secrets: StoredSecrets | None = None,
) -> Iterator[Surroundings]:
    """Open guardrail log and alert outbox, and deliver alerts, for as long as the block lasts; its end waits up to `told_s` for
    them.

    `secrets` is where keys and URLs of channels come from; None: what this process is handed opens it. Raises JournalError when
    log or outbox cannot be used.
    """
    clock, recorder = SystemClock(), TappedRecorder()
    store = secrets or StoredSecrets(home, handed)
    with contextlib.ExitStack() as undo:
        guardrails = GuardrailLog(home / entrypoint.io.log_directory, clock)
        undo.callback(guardrails.close)
        intake = AlertIntake(home)
        delivery = AlertDelivery(home, configuration, recorder, clock, secrets=store)
        undo.callback(delivery.close, told_s)
        undo.callback(intake.close)

        log = ProcessLog(home, clock, _nothing, context={"entrypoint": entrypoint.name, "pid": str(os.getpid())})

        def alert(given: Alert) -> None:
            intake.put(message_of(given, uuid.uuid4().hex, clock.now(), {"entrypoint": entrypoint.name}))
            severity = str(given.severity)
            log.say(LogEvent.ALERT_RAISED, severity=severity, category=given.category, title=given.title, body=given.body)
            delivery.wake()

        recorder.tap = tap = IndicatorTap(entrypoint.exchange, clock.now)
        undo.callback(_keep, home, entrypoint, tap, clock)
        yield Surroundings(
            clock=clock, recorder=recorder, guardrails=guardrails, alert=alert, judge=judge, operator=operator, tap=tap,
            secrets=store,
        )  # fmt: skip


def _nothing(line: str) -> None:
    """A command has a console of its own."""


def _keep(home: Path, entrypoint: ResolvedEntrypoint, tap: IndicatorTap, clock: Clock) -> None:
    """Keep what a command has measured; what cannot be kept costs nothing but that it is not known."""
    samples, lost = tap.take()
    if samples:
        with contextlib.suppress(JournalError):
            append(home, entrypoint.name, stage=_stage(entrypoint), batch=Batch(clock.now(), samples, lost=lost))


def _stage(entrypoint: ResolvedEntrypoint) -> Stage:
    if entrypoint.environment_type != Stage.LIVE:
        return Stage(entrypoint.environment_type)
    host = entrypoint.endpoint_host
    return Stage.REHEARSAL if host is not None and is_loopback_host(host) else Stage.LIVE
