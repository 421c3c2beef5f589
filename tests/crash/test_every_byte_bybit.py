"""Bybit: the network is cut at every byte of an order's request and of its response; see `every_byte.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from crash.every_byte import prove, prove_absences

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.mark.slow
async def test_an_order_cut_at_any_byte_is_placed_once_or_not_at_all_and_we_know_which(tmp_path: Path) -> None:
    await prove("bybit", tmp_path)


async def test_an_order_that_comes_late_is_not_believed_absent(tmp_path: Path) -> None:
    await prove_absences("bybit", tmp_path)
