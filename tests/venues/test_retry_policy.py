"""The pauses between attempts of a read are those of CONTRACT, I/O queue: `min(base·2^(n−1), cap)` and a jitter."""

from __future__ import annotations

from random import Random

import pytest

from golive.venues import profile_named

DRAWS = 400


@pytest.mark.parametrize(
    ("adapter", "attempts", "base", "cap", "low", "high", "of_the_delay"),
    [
        ("okx_spot", 5, 0.2, 2.0, 0.05, 0.3, False),
        ("kraken_spot", 3, 0.5, 4.0, 0.0, 0.15, True),
        ("bybit_spot", 5, 0.15, 1.5, 0.05, 0.25, False),
    ],
)
def test_each_venue_pauses_as_its_contract_says(
    adapter: str, attempts: int, base: float, cap: float, low: float, high: float, of_the_delay: bool
) -> None:
    policy, rng = profile_named(adapter).retry, Random(7)
    assert policy.attempts == attempts
    for n in range(1, 7):
        delay = min(base * 2 ** (n - 1), cap)
        least, most = (delay * (1 + low), delay * (1 + high)) if of_the_delay else (delay + low, delay + high)
        drawn = [policy.pause_s(n, rng) for _ in range(DRAWS)]
        assert least <= min(drawn) < least + (most - least) / 10
        assert most - (most - least) / 10 < max(drawn) <= most
