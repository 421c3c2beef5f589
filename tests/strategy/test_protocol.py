"""What a strategy is given."""

from __future__ import annotations

import pytest

from golive.strategy import bound


def test_parameters_of_the_same_names_are_of_one_type() -> None:
    """Made anew for each set of a sweep, the exit code of an interrupted one would be left to chance."""
    one, other = bound({"fast": 1.0, "slow": 2.0}), bound({"fast": 3.0, "slow": 4.0})
    assert type(one) is type(other)
    assert type(one) is not type(bound({"slow": 2.0, "fast": 1.0}))
    assert (one.fast, other.slow) == (1.0, 4.0)
    with pytest.raises(AttributeError):
        one.fast = 2.0
