"""Collections are rare inside, and as they were afterwards, however it ended."""

from __future__ import annotations

import gc

import pytest

from golive.runtime.collection import rare_collections


def _seen_inside() -> tuple[int, int]:
    with rare_collections():
        return gc.get_threshold()[0], gc.get_freeze_count()


def _fail_inside() -> None:
    with rare_collections():
        raise KeyError


def test_collections_are_rare_inside_and_as_before_afterwards() -> None:
    before = gc.get_threshold()
    young, frozen = _seen_inside()
    assert young > before[0]
    assert frozen > 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
    with pytest.raises(KeyError):
        _fail_inside()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)


def test_collections_that_are_off_stay_off() -> None:
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        assert _seen_inside()[0] == 0
    finally:
        gc.set_threshold(*before)
