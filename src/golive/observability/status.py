"""From what was found to one status and one exit code; the worst kind of ending wins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from golive.model.verdict import ExitCode, RunStatus, Verdict

from .windows import WARMING_UP


@dataclass(frozen=True, slots=True)
class Decision:
    """`status` of the report and the process's exit code; they part only under `--allow-unknown`."""

    status: RunStatus
    exit_code: ExitCode


def decide_status(
    verdicts: Iterable[str],
    *,
    phase: str,
    allow_unknown: bool = False,
    blocked: bool = False,
    validation_failed: bool = False,
    internal_error: bool = False,
    running: bool = False,
) -> Decision:
    """Return how the run ended.

    Args:
        verdicts: status of the exchange metrics and of whatever else judges the run: `ok`, `breached`, `unknown`,
            `blocked`, `not_applicable`; anything else (`not_configured` too), or no verdict at all, cannot say.
        phase: `warming_up` or `stable`.
        allow_unknown: exit 0 for `unknown`, in `warming_up` only; the status stays `unknown` and opens nothing.
        running: the report is refreshed while the run goes on; what is not breached is not known yet.
    """
    if internal_error:
        return _plain(RunStatus.ERROR)
    found = set(verdicts)
    if blocked or Verdict.BLOCKED in found:
        return _plain(RunStatus.BLOCKED)
    if validation_failed:
        return _plain(RunStatus.VALIDATION_FAILED)
    if Verdict.BREACHED in found:
        return _plain(RunStatus.BREACHED)
    if not running and found and found <= {Verdict.OK, Verdict.NOT_APPLICABLE}:
        return _plain(RunStatus.SUCCESS)
    accepted = allow_unknown and phase == WARMING_UP and not running
    return Decision(RunStatus.UNKNOWN, ExitCode.OK if accepted else ExitCode.UNKNOWN)


def _plain(status: RunStatus) -> Decision:
    return Decision(status, status.exit_code)
