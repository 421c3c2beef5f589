"""What the commands of `golive audit` share: what the configuration says of logs, and how findings are told."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .options import Location
from .terminal import clean

if TYPE_CHECKING:
    from golive.audit import Soundness
    from golive.storage.live_verifier import LiveBounds
    from golive.storage.verification import Verifier
    from golive.storage.verified import Result

NOT_AS_IT_SHOULD_BE: Final = 1
SHOWN: Final = 5
"""Faults shown per file; the first one names the first bad record."""


def configured(where: Location) -> tuple[LiveBounds, Path, Path]:
    """Return what the configuration says about live orders, its risk log and its audit of alerts; the defaults without one.

    Raises ConfigError for one that is not valid.
    """
    from golive.storage.alert_audit import DIRECTORY
    from golive.storage.config_files import load_configuration
    from golive.storage.live_verifier import LiveBounds
    from golive.storage.verification import RISK_LOG

    if not where.runtime_file.exists():
        return LiveBounds(), RISK_LOG, DIRECTORY
    configuration = load_configuration(where.runtime_file, os.environ)
    execution = configuration.core.execution
    bounds = LiveBounds(execution.live_router.metrics.latency_alert_threshold_ms, execution.order_journal.url)
    audits = [Path(each.alert_audit.directory) for each in configuration.core.environments.values()]
    return bounds, Path(configuration.runtime.risk.decision_log.path), audits[0]


def verifier_of(where: Location) -> Verifier:
    """Return who verifies the logs of an installation with all keys it has. Raises ConfigError, JournalError."""
    from golive.storage.verification import Verifier
    from golive.storage.verified import VerificationKeys

    bounds, risk_log, alerts = configured(where)
    return Verifier(where.home, VerificationKeys.of_home(where.home), risk_log, bounds, alerts)


def told(result: Result, home: Path) -> str:
    """Return the line that says what was found about a file, and a line for each of its first faults."""
    absolute = result.path.absolute()
    name = absolute.relative_to(home) if absolute.is_relative_to(home) else result.path
    sealed = "not sealed" if result.sealed_seq is None else f"sealed up to seq {result.sealed_seq}"
    lines = [f"{result.soundness.replace('_', ' '):<13} {clean(str(name))} ({result.records} records, {sealed})"]
    lines += [f"              {clean(str(fault))}" for fault in result.faults[:SHOWN]]
    if len(result.faults) > SHOWN:
        lines.append(f"              … and {len(result.faults) - SHOWN} more")
    return "\n".join(lines)


def exit_code(kinds: Collection[Soundness]) -> int:
    """Return the exit code for everything that was found."""
    from golive.audit import Soundness

    if {Soundness.TAMPERED, Soundness.OUT_OF_BOUNDS} & set(kinds):
        return NOT_AS_IT_SHOULD_BE
    return ExitCode.OK if set(kinds) == {Soundness.CLEAN} else ExitCode.UNKNOWN


def window_of(since: str | None, until: str | None) -> tuple[int | None, int | None]:
    """Return the window that `--since` and `--until` name, ns UTC; ConfigError for one that ends before it begins."""
    from golive.runtime.download.moment import moment

    begins = None if since is None else moment(since, "--since")
    ends = None if until is None else moment(until, "--until")
    if begins is not None and ends is not None and ends <= begins:
        raise ConfigError(f"--until {until}: is not after --since {since}")
    return begins, ends


def named_file(path: Path, home: Path) -> Path:
    """Return the file that an operator names: from the working directory as in a shell, else from home, as messages name it."""
    below = home / path
    return below if not path.exists() and (below.exists() or below.with_suffix(".seal.json").exists()) else path
