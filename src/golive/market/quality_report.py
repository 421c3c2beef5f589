"""The data quality report: a judgement as the JSON document `golive.data_quality.v1`, below `audit/ai_decision/data_quality/`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.inputs import parse_json, read_beside
from golive.model.clock import SECOND, stamp, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonValue

from .durable import make_folder, write_atomic
from .quality import Issue, Quality, Status

SCHEMA: Final = "golive.data_quality.v1"
FOLDER: Final = Path("audit/ai_decision/data_quality")
JOB_NAME: Final = "data_quality"
_DECIMALS: Final = 4
"""of a ratio. Source: CONTRACT, "General"."""
_ROLES: Final = ("risk", "compliance")
_STAMPED: Final = re.compile(r"\d{8}T\d{6,12}Z\.json")


@dataclass(frozen=True, slots=True)
class FileRows:
    """One file by itself."""

    path: str
    sha256: str
    rows: int
    stored_rows: int
    """of them in the store now, whether they were new or not"""
    status: Status
    issues: Sequence[Issue]
    problem: str | None
    """why nothing of it was stored; None when something was"""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What was judged."""

    instrument: str
    """okx:BTC/USDT"""
    timeframe: str | None
    """None for a file that does not say it"""
    path: str
    """the folder of a stored series; a file of which nothing was stored"""
    sha256: str
    """of the file; of a stored series, over the digests of its parts"""
    file: FileRows | None = None
    """what an import brought into the series"""


def report_document(quality: Quality, dataset: Dataset, *, source: str, tags: Sequence[str], now: int) -> dict[str, JsonValue]:
    """Return the document; `now` is the wall clock in ns. Nobody has signed it yet."""
    summary = quality.summary
    return {
        "schema": SCHEMA,
        "report_id": f"{JOB_NAME}-{_file_stamp(now)}",
        "generated_at": to_iso(now),
        "job_name": JOB_NAME,
        "model_id": None,
        "dataset_sha256": dataset.sha256,
        "sign_off": {role: {"status": "pending", "signed_by": None, "timestamp": None, "notes": ""} for role in _ROLES},
        "source": source,
        "tags": list(tags),
        "dataset": {
            "instrument": dataset.instrument,
            "timeframe": dataset.timeframe,
            "path": dataset.path,
            **({} if dataset.file is None else {"file": _file_json(dataset.file)}),
        },
        "summary": {
            "status": str(summary.status),
            "observed_rows": summary.observed_rows,
            "expected_rows": summary.expected_rows,
            "missing_rows": summary.missing_rows,
            "total_gaps": summary.total_gaps,
            "missing_ratio": round(summary.missing_ratio, _DECIMALS),
            "ok_ratio": round(summary.ok_ratio, _DECIMALS),
            "frequency_seconds": summary.frequency_seconds,
            "first_timestamp": None if summary.first_timestamp is None else to_iso(summary.first_timestamp),
            "last_timestamp": None if summary.last_timestamp is None else to_iso(summary.last_timestamp),
        },
        "issues": _issues_json(quality.issues),
    }


def _file_json(file: FileRows) -> dict[str, JsonValue]:
    return {
        "path": file.path,
        "sha256": file.sha256,
        "rows": file.rows,
        "stored_rows": file.stored_rows,
        "status": str(file.status),
        "issues": _issues_json(file.issues),
        "problem": file.problem,
    }


def _issues_json(issues: Sequence[Issue]) -> list[JsonValue]:
    return [
        {"code": issue.code, "message": issue.message, "severity": issue.severity, "details": dict(issue.details)}
        for issue in issues
    ]


def write_report(home: Path, document: Mapping[str, JsonValue], now: int) -> Path:
    """Write a report under a name of its own, made of the time; return its path. Raises JournalError."""
    folder = home / FOLDER
    make_folder(folder)
    while (path := folder / f"{_file_stamp(now)}.json").exists():
        now += 1000  # two reports in one microsecond
    write_atomic(path, json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n")
    return path


def latest_report(audit_root: Path | None = None) -> Path | None:
    """Return the newest report by its file name, None when there is none; see `load_latest_data_quality_report`."""
    root = FOLDER.parent if audit_root is None else audit_root
    named = [path for path in (root / FOLDER.name).glob("*.json") if _STAMPED.fullmatch(path.name)]
    return max(named, key=lambda path: path.name, default=None)


def load_latest_data_quality_report(audit_root: Path | None = None) -> dict[str, JsonValue] | None:
    """Return the newest report by its file name, None when there is none.

    Args:
        audit_root: the folder that holds `data_quality/`; `audit/ai_decision` of the working directory when None.

    Raises:
        TypeError: the file holds something else than a JSON object.
        JournalError: the file cannot be read, or is no JSON.
    """
    path = latest_report(audit_root)
    return None if path is None else read_report(path)


def read_report(path: Path) -> dict[str, JsonValue]:
    """Return one report; raises as `load_latest_data_quality_report` does."""
    try:
        found = parse_json(read_beside(path))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: the data-quality report cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise TypeError(f"{path}: a data-quality report is a JSON object, not a {type(found).__name__}")
    return found


def _file_stamp(now: int) -> str:
    """YYYYmmddTHHMMSSffffffZ"""
    return f"{stamp(now)[:-1]}{now % SECOND // 1000:06d}Z"
