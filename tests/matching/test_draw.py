"""Draws are reproducible by seed and number alone."""

from __future__ import annotations

from collections import Counter

from golive.matching.draw import _mixed, draw


def test_the_mixer_is_splitmix64() -> None:
    golden = 0x9E3779B97F4A7C15
    first = [_mixed((1234567 + n * golden) & (2**64 - 1)) for n in range(3)]
    assert first == [6457827717110365317, 3203168211198807973, 9817491932198370423], "published test vector, seed 1234567"


def test_a_draw_is_even_and_differs_by_seed_and_number() -> None:
    counts = Counter(draw(7, n, 10) for n in range(10_000))
    assert sorted(counts) == list(range(10))
    assert max(counts.values()) - min(counts.values()) < 200
    assert [draw(7, n, 1000) for n in range(20)] != [draw(8, n, 1000) for n in range(20)]
    assert draw(7, 5, 1000) == draw(7, 5, 1000)
