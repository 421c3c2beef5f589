"""Parameters of the form as declared numbers."""

from __future__ import annotations

import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form.parameters import (
    BooleanParameter,
    CategoricalParameter,
    DecimalParameter,
    IntParameter,
    RealParameter,
    parameters_of,
)
from golive.strategy.protocol import Parameter


class Declared:
    rsi = IntParameter(5, 50, default=30, space="buy", optimize=True, load=True)
    pair = IntParameter([1, 9], default=2)
    width = DecimalParameter(0.5, 2.5, default=1.2345, decimals=2, space="sell")
    share = RealParameter(0.0, 1.0, default=0.25)
    kind = CategoricalParameter(["ema", "sma", "wma"], default="sma", space="buy")
    guard = BooleanParameter(default=False)


def test_each_kind_is_declared_with_its_range() -> None:
    declared = {name: each.declared(name) for name, each in parameters_of(Declared).items()}
    assert declared == {
        "rsi": Parameter(30, 5, 50, "rsi", whole=True),
        "pair": Parameter(2, 1, 9, "pair", whole=True),
        "width": Parameter(1.23, 0.5, 2.5, "width"),
        "share": Parameter(0.25, 0, 1, "share"),
        "kind": Parameter(1, 0, 2, "kind: 0 = 'ema', 1 = 'sma', 2 = 'wma'", whole=True),
        "guard": Parameter(0, 0, 1, "guard: 0 = False, 1 = True", whole=True),
    }


def test_numbers_become_the_strategys_values() -> None:
    found = parameters_of(Declared)
    assert found["rsi"].from_number(7.0) == 7
    assert isinstance(found["rsi"].from_number(7.0), int)
    assert found["width"].from_number(1.999) == 2.0
    assert found["kind"].from_number(2.0) == "wma"
    assert found["guard"].from_number(1.0) is True


@pytest.mark.parametrize(
    "make",
    [
        lambda: IntParameter(5, default=5),
        lambda: CategoricalParameter(["one"]),
        lambda: CategoricalParameter(["a", "b"], default="c"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(make: object) -> None:
    with pytest.raises(ConfigError):
        make()  # type: ignore[operator]
