"""The delivery of one process: its thread takes turns with those of other processes, one of which delivers for the host."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from golive.alerts.courier import Courier, create_alert_metrics
from golive.alerts.escalation import RetryPolicy, unacknowledged_reason
from golive.config.configuration import Configuration
from golive.metrics.declaration import ALERT_HEALTH_ERRORS
from golive.metrics.recorder import Recorder
from golive.model.alert import AlertMessage
from golive.model.clock import DAY, Clock
from golive.model.emergency import ALL, EmergencyMode, TradingState
from golive.model.errors import JournalError
from golive.model.secret import Secret
from golive.notify.channel import AppriseChannel
from golive.notify.lanes import LIMIT_S, Lanes
from golive.notify.worker import DeliveryWorker
from golive.security.alert_urls import AlertUrlFile
from golive.storage.alert_audit import FileAlertAuditLog
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.files import LOG_FILE, PRIVATE_DIRECTORY, make_directory

from ..emergency import HostEmergency
from ..host_signer import host_signer
from ..live.alerting import to_stderr
from ..secret_store import StoredSecrets, handed
from .policy import alert_policy, audit_place

SYSTEM: Final = "golive"
"""who switches emergency mode on when nobody acknowledges"""
LOCK: Final = Path("var/state/alerts/delivery.lock")
"""held by the process that delivers; relative to home"""
CLOSE_S: Final = 3.0
"""how long the end of a process waits for alerts that can be delivered now"""
CHECKS_S: Final = (30.0, 300.0)
"""when channels are looked at for the first time, and how often after that"""
KEPT_NS: Final = 30 * DAY
"""how long the outbox remembers alerts of which nothing is left to be done"""


class AlertUrls:
    """URLs of channels: from the store of secrets, and where it has none of that name from the private file."""

    def __init__(self, store: StoredSecrets, file: AlertUrlFile) -> None:
        self._store = store
        self._file = file

    def url(self, name: str) -> Secret | None:
        """Return the URL kept under `name`, None when there is none; GoliveError when store or file cannot be used."""
        stored = self._store.secret(name) if self._store.holds(name) else None
        return self._file.url(name) if stored is None else stored.secret


class AlertDelivery:
    """Delivers what is in the outbox of `home` for as long as it is open. It raises nothing; only `settle` and `close` wait."""

    def __init__(
        self,
        home: Path,
        configuration: Configuration,
        recorder: Recorder,
        clock: Clock,
        *,
        limit_s: float = LIMIT_S,
        checks_s: tuple[float, float] = CHECKS_S,
        retry: RetryPolicy | None = None,
        say: Callable[[str], None] = to_stderr,
        secrets: StoredSecrets | None = None,
    ) -> None:
        """`secrets`: where URLs of channels are looked up before the private file; None: what this process is handed opens it."""
        self._home = home
        self.urls = AlertUrls(secrets or StoredSecrets(home, handed), AlertUrlFile(home))
        self._configuration = configuration
        self._policy = alert_policy(configuration)
        self._recorder = recorder
        self._clock = clock
        self._limit_s = limit_s
        self._checks_s = checks_s
        self._retry = retry
        self._say = say
        self._owes_flag = False
        create_alert_metrics(recorder, sorted(self._policy.channels))
        for channel in self._policy.channels:
            recorder.create(ALERT_HEALTH_ERRORS, channel=channel)
        self._worker = DeliveryWorker(self._turn, say)
        self._worker.start()

    def wake(self) -> None:
        """Look at the outbox at once."""
        self._worker.wake()

    def settle(self, timeout_s: float) -> bool:
        """Wait until nothing can be delivered now, by whichever process; False when that takes longer. Blocks."""
        deadline = time.monotonic() + timeout_s
        try:
            outbox = AlertOutbox.open(self._home)
        except JournalError:
            return False
        try:
            while True:
                self._worker.wake()
                if outbox.is_settled(self._clock.now()):
                    return True
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)
        except JournalError:
            return False
        finally:
            outbox.close()

    def deliver_all(self, timeout_s: float) -> str:
        """Try at once whatever waits for another attempt, and go on until all is delivered, and what nobody acknowledged in time
        has switched emergency mode on; as `undelivered`. Blocks.
        """
        deadline = time.monotonic() + timeout_s
        try:
            outbox = AlertOutbox.open(self._home)
            try:
                outbox.hasten(self._clock.now())
            finally:
                outbox.close()
            while True:
                rest_s = deadline - time.monotonic()
                left = self.undelivered(max(0.0, rest_s))
                if not left or not self._policy.channels or rest_s <= 0:
                    return left
                time.sleep(min(0.1, rest_s))
        except JournalError as exc:
            return str(exc)

    def undelivered(self, timeout_s: float) -> str:
        """Wait as `settle`, then say in words what is not delivered; '' when everything is. Blocks.

        Raises JournalError when the outbox cannot be used: what could not be kept there waits nowhere.
        """
        settled = self.settle(timeout_s)
        outbox = AlertOutbox.open(self._home)
        try:
            left, nowhere = outbox.undelivered(self._clock.now()), "" if self._policy.channels else "there is no channel"
        finally:
            outbox.close()
        return left or nowhere or ("" if settled else "the audit of alerts cannot be written")

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Wait a moment for what can be delivered now, and end; the rest is delivered by the next process. Blocks."""
        self.settle(timeout_s)
        self._worker.close(1.0)

    def _turn(self) -> _Turn | None:
        descriptor = _locked(self._home)
        if descriptor is None:
            return None
        try:
            return _Turn(self, descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    def _escalate(self, messages: Sequence[AlertMessage], timeout_seconds: int) -> None:
        """Switch auto-trade off and emergency mode on; JournalError when the flag cannot be written: who runs hears of no other.

        Called again after that it waits for the flag alone: record and alert are not repeated at each try.
        """
        host = HostEmergency(self._home, clock=self._clock, operator=SYSTEM)
        reason = unacknowledged_reason(messages, timeout_seconds)
        if self._owes_flag:
            host.flag.switch_on(EmergencyMode(TradingState.REDUCING, reason, SYSTEM, ALL, self._clock.now()))
        done = host.switch_on(reason, SYSTEM)
        self._owes_flag = bool(done.flag_fault)
        on = "is on" if not done.flag_fault else "is on by its record alone" if done.recorded else "was called for"
        self._say(f"emergency mode {on}: {reason}")
        for problem in done.problems:
            self._say(f"emergency mode {on}, but: {problem}")
        if done.flag_fault:
            raise JournalError(done.flag_fault)

    def _courier(self, outbox: AlertOutbox, audit: FileAlertAuditLog, channels: dict[str, AppriseChannel]) -> Courier:
        lanes = Lanes(channels, self._worker.wake, limit_s=self._limit_s)
        return Courier(
            outbox, audit, lanes, self._policy, self._recorder, self._clock.now, self._escalate, self._say, retry=self._retry
        )  # fmt: skip


class _Turn:
    """This process delivers: the lock is held from here to `close`."""

    def __init__(self, delivery: AlertDelivery, descriptor: int) -> None:
        home, configuration = delivery._home, delivery._configuration
        place = audit_place(configuration)
        self._channels = {
            name: AppriseChannel(name, each.url_secret, delivery.urls.url)
            for name, each in configuration.core.alerts.channels.items()
        }
        self._recorder = delivery._recorder
        self._descriptor = descriptor
        first_s, self._check_s = delivery._checks_s
        self._check_at = time.monotonic() + first_s
        self._audit = FileAlertAuditLog(
            home, host_signer(home, delivery._clock, SYSTEM), place.directory, place.retention_days
        )  # fmt: skip
        self._outbox = AlertOutbox.open(home)
        try:
            self._outbox.forget(delivery._clock.now() - KEPT_NS)
            self._courier = delivery._courier(self._outbox, self._audit, self._channels)
        except BaseException:
            self._outbox.close()
            raise

    def step(self) -> bool:
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + self._check_s
            self._check()
        return self._courier.step()

    def close(self) -> None:
        self._audit.close()
        self._outbox.close()
        os.close(self._descriptor)

    def _check(self) -> None:
        """Count the channels that could not be used now."""
        for name, channel in self._channels.items():
            try:
                channel.check()
            except Exception:  # noqa: BLE001 (a plug-in may raise what it likes; the counter is the answer)
                self._recorder.count(ALERT_HEALTH_ERRORS, channel=name)


def _locked(home: Path) -> int | None:
    """Return the lock of the one that delivers, None while another process holds it; the kernel frees it when that ends."""
    path = home / LOCK
    make_directory(path.parent, PRIVATE_DIRECTORY)
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
    except OSError as exc:
        raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
