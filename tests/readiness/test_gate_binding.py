"""What differs from what a gate was bound to: everything, also what this version has no name for."""

from __future__ import annotations

import pytest

from golive.readiness.gate_binding import differences


@pytest.mark.parametrize(
    ("bound", "now", "says"),
    [
        ({"code_version": "1"}, {"code_version": "1"}, ()),
        ({"code_version": "1"}, {"code_version": "2"}, ("the code was changed (was 1, is 2)",)),
        ({"code_version": "1"}, {}, ("the code was changed (was 1, is nothing)",)),
        ({}, {"weather": "rain"}, ("weather was changed (was nothing, is rain)",)),
        ({"weather": "sun"}, {"weather": "rain"}, ("weather was changed (was sun, is rain)",)),
        (
            {"certificates": {"ca": "1"}},
            {"certificates": {"ca": "2"}},
            ("a certificate of the bundle was changed (was ca 1, is ca 2)",),
        ),
        ({"core_sha256": "a" * 64}, {"core_sha256": "b" * 64}, ("core.yaml was changed (was aaaaaaaaaaaa…, is bbbbbbbbbbbb…)",)),
    ],
)
def test_each_difference_is_named_with_both_values(
    bound: dict[str, object], now: dict[str, object], says: tuple[str, ...]
) -> None:
    assert differences(bound, now) == says  # type: ignore[arg-type]  # JSON, each of them
