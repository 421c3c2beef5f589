"""The guardrail reports of an installation, `guardrails_<stamp>.{json,md}`: written once, never replaced, read newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.inputs import parse_json, read_beside
from golive.model.clock import stamp
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import write_atomic

_NAME: Final = re.compile(r"guardrails_(?P<started>\d{8}T\d{6}Z)(_[0-9a-f]{8})?\.json")


@dataclass(frozen=True, slots=True)
class GuardrailFiles:
    """Where one report stands."""

    json: Path
    markdown: Path


def guardrail_files(folder: Path, started_at: int, run_id: str) -> GuardrailFiles:
    """Return where the report of a run goes that began at `started_at` (ns UTC).

    The run's first digits are added when another one that began in the same second has the name already.
    """
    stem = f"guardrails_{stamp(started_at)}"
    if (folder / f"{stem}.json").exists():
        stem += f"_{run_id[:8]}"
    return GuardrailFiles(folder / f"{stem}.json", folder / f"{stem}.md")


def write_guardrail_files(files: GuardrailFiles, document: JsonObject, markdown: str) -> None:
    """Write both; raise JournalError when one cannot be written."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomic(files.json, text.encode())
    write_atomic(files.markdown, markdown.encode())


def stored_guardrail_reports(folder: Path) -> Iterator[tuple[Path, JsonObject]]:
    """Yield the stored reports, that of the run which began last first; JournalError when one cannot be read."""
    found = [(match["started"], path) for path in folder.glob("guardrails_*.json") if (match := _NAME.fullmatch(path.name))]
    for _, path in sorted(found, key=lambda each: (each[0], each[1].stat().st_mtime_ns), reverse=True):
        try:
            report = parse_json(read_beside(path))
        except (OSError, ValueError, RecursionError) as exc:
            raise JournalError(f"{path}: the guardrail report cannot be read ({exc}); move the file away") from exc
        if not isinstance(report, dict):
            raise JournalError(f"{path}: the guardrail report is not an object; move the file away")
        yield path, report
