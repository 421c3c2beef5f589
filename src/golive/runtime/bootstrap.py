"""The one place that joins concrete classes: from options and files to a finished run."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from golive.storage.config_files import load_configuration

from .clock import SystemClock
from .gate import Looks
from .live_session.wiring import bootstrap_environment, bootstrap_frontend_services
from .log import Log
from .options import RunOptions
from .plan import Plan, plan_run
from .secret_store import StoredSecrets
from .session import Session
from .session_ports import Progress, RunResult, ServeMetrics

__all__ = ["bootstrap_environment", "bootstrap_frontend_services", "plan_session", "run_session"]


def plan_session(options: RunOptions, runtime_file: Path, home: Path, environ: Mapping[str, str]) -> Plan:
    """Read the configuration and join it with the options; ConfigError for whatever does not fit."""
    return plan_run(options, load_configuration(runtime_file, environ), runtime_file, home)


def run_session(
    plan: Plan, progress: Progress, serve_metrics: ServeMetrics, log: Log | None = None, store: StoredSecrets | None = None,
    looks: Looks | None = None,
) -> RunResult:  # fmt: skip
    """Run one session in an event loop of its own and return its report and exit code.

    `store` is what it takes secrets from, `looks` what looks at the gate of live.
    """

    async def main() -> RunResult:
        return await Session(plan, SystemClock(), progress, serve_metrics, log, store, looks).run()

    return asyncio.run(main())
