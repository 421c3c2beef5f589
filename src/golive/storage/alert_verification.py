"""Verifying the audit of alerts: its files, and what outbox and self-tests tell of it."""

from __future__ import annotations

from pathlib import Path

from golive.audit import Chain

from .alert_audit import alert_files, chain_before
from .lost_alerts import lost_alerts
from .verified import Result, VerificationKeys, verify_series


def verify_alert_audit(home: Path, keys: VerificationKeys, directory: Path) -> list[Result]:
    """Verify the files of the audit in `directory`, oldest first, and hold against it what outbox and self-tests tell of it."""
    lost = list(lost_alerts(home, directory, lambda: alert_files(directory)))
    files = alert_files(directory)
    return [*verify_series(files, keys, chain_before(files, Chain(keys.mac))), *lost]
