"""Paper sessions on the record of a home: signed stage record, report and store, as a session leaves them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from golive.model.clock import SECOND, Nanos, stamp, to_iso
from golive.model.verdict import Stage
from golive.observability.report import document_bytes
from golive.observability.report_digest import report_sha256
from golive.observability.shape import as_json
from golive.storage.session_identity import SessionTerms
from golive.storage.session_store import SessionStore
from golive.storage.stage_records import StageRecords
from support.durable import BTC, ENTRYPOINT, RISK, ToldClock, identity, keys_of, signer_of, stage_record

LIMITS = {
    "max_daily_loss_pct": "0.001", "weekly_loss_pct": "0.001", "hard_drawdown_pct": "0.001", "max_position_pct": "0.042",
    "max_open_positions": "1", "portfolio_exposure_pct": "0.042",
}  # fmt: skip


def report_of(used: dict[str, str], window: str = "ok") -> dict[str, Any]:
    rows = [{"limit": name, "allowed": "1", "used": value} for name, value in used.items()]
    return {"stage_record": None, "paper_exchange_windows": [{"status": window}], "outcome": {"risk": {"limits": rows}}}


def passed_session(
    home: Path,
    digest: str,
    *,
    begin: int,
    seconds: int,
    speed: str = "1",
    used: dict[str, str] | None = None,
    stage: Stage = Stage.PAPER,
    **members: Any,
) -> str:
    """Leave a session that passed, its report with other `members` if any are given; return where its report is."""
    run = f"{begin % 16**8:08x}"
    name = f"logs/e2e/run_local_bot_{stage}_{stamp(Nanos(begin))}_{run}.json"
    report = {**report_of(used or LIMITS), **members}
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    end = begin + seconds * SECOND
    record = replace(
        stage_record(stage, digest=digest), report=name, report_sha256=report_sha256(report), speed=speed,
        ok_window_seconds=seconds if speed == "1" else 0, started_at=to_iso(begin), finished_at=to_iso(end),
    )  # fmt: skip
    path.write_bytes(document_bytes({**report, "stage_record": as_json(record)}))
    StageRecords(home, signer_of(home, ToldClock(end)), operator="anna").append(record)
    return name


def failed_session(home: Path, digest: str, *, begin: int, run: str = "f" * 32, **rules: str) -> Path:
    """Leave the sealed store of a session that left no stage record; return it."""
    return _stored(home, begin, run, {"trading digest": digest, **rules}, SessionStore.close)


def running_session(home: Path, digest: str, *, begin: int, run: str = "f" * 32) -> Path:
    """Leave the store of a session that has not ended; return it."""
    return _stored(home, begin, run, {"trading digest": digest}, SessionStore.release)


def _stored(home: Path, begin: int, run: str, rules: dict[str, str], leave: Callable[[SessionStore], None]) -> Path:
    told = {"scope": "all", "read-only": "no", **rules}
    whose = replace(
        identity(run, Stage.PAPER), started_at=begin, terms=SessionTerms(rules=told, instruments=(BTC,), start_balances={})
    )
    leave(SessionStore.create(home, whose, keys_of(home), RISK, ToldClock(begin + 60 * SECOND)))
    (found,) = (home / "var/state/sessions").glob(f"paper_{ENTRYPOINT}_*_{run[:8]}.sqlite")
    return found
