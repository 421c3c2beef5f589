"""A live desk's sign of life, and the longest wait of its journals between two exports."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from golive.metrics.declaration import LIVE_HEARTBEAT, LIVE_JOURNAL_STALLED
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.runtime.live.pulse import DeskPulse
from support.live_desk import QUICK, account_plan, live_plan, live_venue, trader
from support.trading_desk import until


def test_the_longest_wait_stands_until_it_was_exported() -> None:
    recorder = MemoryRecorder()
    pulse = DeskPulse(recorder, ["okx", "kraken"])

    def stalled(exchange: str = "okx") -> float | None:
        return recorder.value(LIVE_JOURNAL_STALLED.name, exchange=exchange)

    assert stalled() == recorder.value(LIVE_HEARTBEAT.name, exchange="okx") == 0, "there from the start"
    for wait, shown in ((0.1, 0.1), (0.3, 0.3), (0.0, 0.3)):
        pulse.beat(7 * SECOND, {"okx": wait, "kraken": 0.0})
        assert (stalled(), stalled("kraken")) == (shown, 0)
    pulse.exported()
    assert stalled() == 0.3, "what was written stays until the next turn"
    pulse.beat(8 * SECOND, {"okx": 0.05, "kraken": 0.0})
    assert stalled() == 0.05
    assert recorder.value(LIVE_HEARTBEAT.name, exchange="okx") == 8
    pulse.end()
    assert (stalled(), recorder.value(LIVE_HEARTBEAT.name, exchange="okx")) == (0, 0)


async def test_a_desk_beats_while_it_runs_and_is_silent_on_purpose_when_it_ended(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        path = tmp_path / "metrics/live_router.prom"
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        plan = replace(plan, timing=replace(QUICK, export_s=0.05))

        def heartbeat() -> float:
            found = re.search(r'^live_heartbeat_timestamp_seconds\{exchange="okx"\} (\S+)$', path.read_text(), re.MULTILINE)
            return float(found[1]) if found else -1

        async with trader(plan):
            await until(lambda: path.exists() and heartbeat() > 1e9)
            assert abs(heartbeat() - plan.clock.now() / SECOND) < 30
        assert heartbeat() == 0
