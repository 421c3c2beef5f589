"""The interpreter under a live desk: threads take turns quickly, full collections only while no order is on its way."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Iterator

import pytest

from golive.model.clock import SECOND
from golive.runtime.live.interpreter import FULL_EVERY, SWITCH_INTERVAL_S, Steadiness


@pytest.fixture
def as_it_comes() -> Iterator[None]:
    interval, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.005)
    gc.set_threshold(700, 10, 10)
    yield
    gc.unfreeze()
    sys.setswitchinterval(interval)
    gc.set_threshold(*thresholds)


@pytest.mark.usefixtures("as_it_comes")
def test_threads_take_turns_quickly_and_nothing_old_is_collected_again() -> None:
    Steadiness(lambda: 0).begin()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_INTERVAL_S, rel=0.05)
    assert gc.get_threshold() == (700, 10, FULL_EVERY)
    assert gc.get_freeze_count() > 0


@pytest.mark.usefixtures("as_it_comes")
def test_a_shorter_interval_that_somebody_has_set_stays() -> None:
    sys.setswitchinterval(0.0001)
    Steadiness(lambda: 0).begin()
    assert sys.getswitchinterval() == pytest.approx(0.0001, rel=0.05)


class Ring:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.me = self


def old_garbage() -> weakref.ref[Ring]:
    """Garbage of the oldest generation."""
    ring = Ring()
    found = weakref.ref(ring)
    gc.collect(1)
    return found


@pytest.mark.usefixtures("as_it_comes")
def test_garbage_is_collected_when_it_is_time_and_nothing_is_on_its_way() -> None:
    now = 0
    steadiness = Steadiness(lambda: now, rest_s=10)
    steadiness.begin()
    garbage = old_garbage()
    now = 9 * SECOND
    steadiness.look(is_idle=True)
    assert garbage() is not None
    now = 10 * SECOND
    steadiness.look(is_idle=False)
    assert garbage() is not None
    now = 11 * SECOND
    steadiness.look(is_idle=True)
    assert garbage() is None
    again = old_garbage()
    now = 20 * SECOND
    steadiness.look(is_idle=True)
    assert again() is not None
