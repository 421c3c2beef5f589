"""Beats of a process become time that was watched, whatever is done to the wall clock and however late they come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.metrics.declaration import EXCHANGE_HEALTH, EXCHANGE_LATENCY, EXCHANGE_REQUESTS, RISK_SERVICE_UP
from golive.model.clock import SECOND, Nanos
from golive.model.indicator import FILL_RATIO
from golive.runtime.recorder import SessionRecorder
from golive.runtime.service_levels import keeper
from golive.runtime.service_levels.keeper import Beats, ServiceLevels
from golive.runtime.service_levels.tap import IndicatorTap
from golive.storage.indicator_store import DIRECTORY, read_indicator

NAME = "okx_desktop_paper"
NOW = 1_800_000_000 * SECOND


class Hands:
    """A clock whose two hands are moved by the test."""

    def __init__(self) -> None:
        self.wall, self.mono = NOW, 77 * SECOND

    def now(self) -> Nanos:
        return Nanos(self.wall)

    def monotonic(self) -> int:
        return self.mono

    def pass_(self, seconds: float, *, jump: float = 0) -> None:
        self.mono += int(seconds * SECOND)
        self.wall += int((seconds + jump) * SECOND)


@given(st.lists(st.tuples(st.integers(1, 20_000), st.integers(-5_000, 5_000)), min_size=1, max_size=30))
def test_spans_are_as_long_as_what_passed_and_near_the_wall_clock(steps: list[tuple[int, int]]) -> None:
    beats, hands = Beats(), Hands()
    assert beats.beat(hands.wall, hands.mono) is None
    before = hands.wall
    for passed_ms, jump_ms in steps:
        hands.pass_(passed_ms / 1000, jump=jump_ms / 1000)
        span = beats.beat(hands.wall, hands.mono)
        assert span is not None
        began, late, ended = span
        assert ended - began == int(passed_ms / 1000 * SECOND)
        assert began <= late <= ended
        assert (late == began) == (passed_ms <= 2500)
        assert abs(ended - hands.wall) <= SECOND, "it follows the wall clock"
        if began != before:
            assert abs(ended - hands.wall) == 0, "it begins anew where the clock jumped to, and only then"
        before = ended


class Watched:
    """A keeper without its loop: beats come when the test says so."""

    def __init__(self, home: Path) -> None:
        self.home, self.hands, self.up, self.warnings = home, Hands(), True, list[str]()
        self.tap = IndicatorTap("okx", self.hands.now)
        self.recorder = SessionRecorder()
        self.recorder.tap = self.tap
        self.risk: Callable[[], bool | None] = lambda: self.up
        self.levels = ServiceLevels(
            home, self.tap, self.hands, self.recorder, self.warnings.append,
            entrypoint=NAME, stage="paper", run_id="ab" * 16, is_up=self._is_up,
        )  # fmt: skip
        self.levels.open()
        self.beat()

    def _is_up(self) -> bool | None:
        return self.risk()

    def beat(self) -> None:
        self.levels._write(self.levels._batch())

    def seconds(self, count: int) -> None:
        for _ in range(count):
            self.hands.pass_(1)
            self.beat()

    def spans(self, indicator: str = "risk_service_up") -> list[tuple[float, float, bool]]:
        found = read_indicator(self.home, NAME, indicator, 0).spans
        return [((began - NOW) / SECOND, (ended - NOW) / SECOND, up) for began, ended, up in found]


def test_a_loop_that_was_held_up_is_down(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.seconds(5)
    watched.hands.pass_(30)
    watched.beat()
    watched.seconds(3)
    assert watched.spans() == [(0, 5, True), (5, 34, False), (34, 38, True)]


def test_a_journal_that_failed_is_down_and_a_start_is_not_watched(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.risk = lambda: None
    watched.seconds(5)
    watched.hands.pass_(20)
    watched.risk = lambda: True
    watched.beat()
    watched.seconds(4)
    watched.risk = lambda: False
    watched.seconds(2)
    assert [row[1] - row[0] for row in watched.spans()] == [5, 2]
    assert [up for _, _, up in watched.spans()][-1] is False
    assert watched.recorder.value(RISK_SERVICE_UP.name, entrypoint=NAME) == 0


def test_a_machine_that_slept_was_not_watched(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.seconds(3)
    watched.hands.pass_(1, jump=3600)
    watched.beat()
    watched.seconds(2)
    assert watched.spans() == [(0, 3, True), (3603, 3606, True)]


def test_what_series_are_told_is_kept_value_for_value(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    venue = {"exchange": "kraken", "environment": "kraken_paper"}
    took = watched.recorder.histogram(EXCHANGE_LATENCY, **venue)
    for seconds in (0.0123456789, 0.25):
        took(seconds)
    for status in ("ok", "refused", "timeout", "rate_limited", "network_error", "malformed"):
        watched.recorder.counter(EXCHANGE_REQUESTS, status=status, **venue)(1)
    watched.tap.put(FILL_RATIO, Fraction(1, 3))
    watched.recorder.create(EXCHANGE_HEALTH, **venue)
    watched.seconds(1)
    watched.recorder.set(EXCHANGE_HEALTH, 1.0, **venue)
    watched.seconds(2)
    watched.recorder.set(EXCHANGE_HEALTH, 0.0, **venue)
    watched.seconds(1)

    def kept(indicator: str, exchange: str) -> list[int]:
        return sorted(value for _, value in read_indicator(tmp_path, NAME, indicator, 0, exchange=exchange).samples)

    assert kept("bot_exchange_latency_seconds", "kraken") == [12_345_679, 250_000_000]
    assert kept("bot_exchange_request_success", "kraken") == [0, 0, 0, 0, 1_000_000_000, 1_000_000_000]
    assert kept("fill_ratio", "okx") == [333_333_333]
    assert watched.spans("bot_exchange_health_status") == [(1, 3, True), (3, 4, False)], "not before it was first probed"


def test_what_cannot_be_kept_is_told_once_kept_later_and_lost_beyond_the_limit(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    store = watched.levels._store
    assert store is not None
    store._connection.execute("CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT raise(ABORT, 'disk full'); END")
    watched.tap._limit = 3
    for _ in range(5):
        watched.tap.put(FILL_RATIO, 1.0)
        watched.seconds(1)
    assert len(watched.warnings) >= 1
    assert "disk full" in watched.warnings[0]
    store._connection.execute("DROP TRIGGER full")
    watched.seconds(1)
    found = read_indicator(tmp_path, NAME, "fill_ratio", 0)
    assert (len(found.samples), found.lost) == (3, 2)
    assert watched.spans() == [(0, 6, True)], "states wait as well"


async def test_a_run_ends_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "EVERY_S", 0.01)
    watched = Watched(tmp_path)
    task = asyncio.ensure_future(watched.levels.run())
    watched.tap.put(FILL_RATIO, 1.0)
    await asyncio.sleep(0.1)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    watched.tap.put(FILL_RATIO, 0.5)
    await watched.levels.close()
    found = read_indicator(tmp_path, NAME, "fill_ratio", 0)
    assert len(found.samples) == 2
    assert [run.in_order for run in found.runs] == [True]


def test_without_a_store_a_session_goes_on(tmp_path: Path) -> None:
    (tmp_path / DIRECTORY).mkdir(parents=True)
    (tmp_path / DIRECTORY / f"{NAME}.sqlite").mkdir()
    watched = Watched(tmp_path)
    watched.seconds(2)
    assert len(watched.warnings) == 1
    assert "service levels are not measured" in watched.warnings[0]
