"""The sign of life of a session, and its series as a file: whole, on time, without what no longer holds when it ends."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from golive.metrics.declaration import BUILD_INFO, EXCHANGE_HEALTH, EXCHANGE_REQUESTS, HEARTBEAT, RISK_USED
from golive.model.clock import SECOND, Nanos
from golive.runtime import session_pulse
from golive.runtime.facts import SessionFacts
from golive.runtime.session_pulse import SessionPulse

BEGAN = 1_700_000_000 * SECOND
NAME = "okx_desktop_paper"


class Clock:
    def __init__(self) -> None:
        self.moment = Nanos(BEGAN)

    def now(self) -> Nanos:
        return self.moment

    def monotonic(self) -> int:
        return self.moment


def facts() -> SessionFacts:
    told = SessionFacts("run", BEGAN, 0, "okx", "okx_paper", "127.0.0.1")
    told.recorder.count(EXCHANGE_REQUESTS, 7, exchange="okx", environment="okx_paper", status="ok")
    told.recorder.set(EXCHANGE_HEALTH, 1, exchange="okx", environment="okx_paper")
    told.recorder.set(RISK_USED, 0.5, entrypoint=NAME, limit="max_position_pct")
    told.recorder.set(BUILD_INFO, 1, version="1", revision="2")
    return told


async def turned(pulse: SessionPulse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it turn until it has written its file once."""
    monkeypatch.setattr(session_pulse, "BEAT_S", 0.0)
    task = asyncio.ensure_future(pulse.run())
    for _ in range(2000):
        await asyncio.sleep(0.002)
        if pulse.path.exists():
            break
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_turn_of_the_loop_is_a_beat_and_every_fifteenth_writes_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, clock = facts(), Clock()
    pulse = SessionPulse(tmp_path, NAME, told, clock)
    assert told.recorder.value(HEARTBEAT.name, entrypoint=NAME) == 0, "there from the start"
    clock.moment = Nanos(clock.moment + 3 * SECOND // 2)
    await turned(pulse, monkeypatch)
    assert told.recorder.value(HEARTBEAT.name, entrypoint=NAME) == 1_700_000_001.5
    lines = pulse.path.read_text().splitlines()
    assert pulse.path == tmp_path / "metrics/session_okx_desktop_paper.prom"
    assert f'bot_exchange_health_status{{entrypoint="{NAME}",exchange="okx",environment="okx_paper"}} 1' in lines
    assert f'risk_used_ratio{{entrypoint="{NAME}",limit="max_position_pct"}} 0.5' in lines
    assert f'golive_journal_stalled_seconds{{entrypoint="{NAME}"}} 0' in lines
    assert stat.S_IMODE(pulse.path.stat().st_mode) == 0o644, "a collector of another user reads it"
    assert told.warnings == []


def test_what_no_longer_holds_leaves_the_file_at_the_end(tmp_path: Path) -> None:
    pulse = SessionPulse(tmp_path, NAME, facts(), Clock())
    pulse.end()
    kinds = {line.split()[2]: line.split()[3] for line in pulse.path.read_text().splitlines() if line.startswith("# TYPE")}
    assert kinds == {"bot_exchange_requests_total": "counter", "golive_build_info": "gauge"}


async def test_nothing_is_written_over_the_last_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = SessionPulse(tmp_path, NAME, facts(), Clock())
    pulse.end()
    last = pulse.path.read_bytes()
    monkeypatch.setattr(session_pulse, "EXPORT_BEATS", 1)
    await turned(pulse, monkeypatch)
    await asyncio.sleep(0.05)
    assert pulse.path.read_bytes() == last


def test_a_file_that_cannot_be_written_is_a_warning_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file")
    told = facts()
    SessionPulse(tmp_path, NAME, told, Clock()).end()
    [warning] = told.warnings
    assert warning.startswith("metrics are not exported: ")
