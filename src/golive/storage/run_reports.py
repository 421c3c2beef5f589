"""The run reports of an installation, as their sessions left them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

_NAME: Final = re.compile(r"run_local_bot_(?P<mode>[a-z]+)_(?P<started>\d{8}T\d{6}Z)_(?P<run>[0-9a-f]{8})\.json")


def newest_report(
    folder: Path, *, mode: str | None = None, entrypoint: str | None = None, run_id: str | None = None
) -> JsonObject | None:
    """Return the report of the session that began last among those that fit, None without one; `run_id` may be its first digits.

    A run that was refused before it began is no session, unless it is asked for by its id. Raises JournalError for a report that
    cannot be read.
    """
    named = [(match, path) for path in folder.glob("*.json") if (match := _NAME.fullmatch(path.name))]
    for match, path in sorted(named, key=lambda each: (each[0]["started"], each[1].stat().st_mtime_ns), reverse=True):
        if mode not in (None, match["mode"]) or (run_id is not None and run_id[:8] != match["run"][: len(run_id)]):
            continue
        report = _read(path)
        wanted = entrypoint in (None, report.get("entrypoint")) and str(report.get("run_id", "")).startswith(run_id or "")
        if wanted and (run_id is not None or report.get("status") != "blocked"):
            return report
    return None


def _read(path: Path) -> JsonObject:
    try:
        report = parse_json(read_beside(path))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: the run report cannot be read: {exc}") from exc
    if not isinstance(report, dict):
        raise JournalError(f"{path}: the run report is not an object")
    return report
