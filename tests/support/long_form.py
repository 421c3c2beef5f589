"""Cases of the long form of a proof (`make proof`): each is like one that `make test` runs, of another venue or another kind of fault."""

from __future__ import annotations

import pytest
from _pytest.mark import ParameterSet


def only_in_proof(*values: object) -> list[ParameterSet]:
    """Return these values of one parameter as cases of the long form."""
    return [pytest.param(value, marks=pytest.mark.slow) for value in values]
