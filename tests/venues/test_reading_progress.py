"""Progress is what goes further back than ever before."""

from __future__ import annotations

from golive.venues.reading_progress import ReadingProgress


def test_a_list_that_is_read_anew_is_no_progress_until_it_goes_deeper() -> None:
    progress = ReadingProgress()
    told: list[tuple[str, int]] = []
    for name, depth in [("a", 1), ("a", 2), ("a", 1), ("a", 2), ("b", 1), ("a", 3)]:
        progress.listener = lambda each=(name, depth): told.append(each)
        progress.reached(name, depth)
    assert told == [("a", 1), ("a", 2), ("b", 1), ("a", 3)]
