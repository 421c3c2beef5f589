"""Values found by an optimiser: the file beside the class before `buy_params` and its like, those before the defaults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form import FrameStrategy, adapted
from golive.strategy.targets import changes_of
from support.frame_strategies import SMALL, candles, classes, params

SPACED = (
    SMALL.replace("fast = IntParameter(2, 20, default=5)", 'fast = IntParameter(2, 20, default=5, space="buy")')
    .replace("default=5, ", "default=5, LOAD")
    .replace("    startup", "    buy_params = {'fast': 11, 'unknown': 3}\n    startup")
)


def small(file: dict[str, Any] | None = None, text: str = SPACED, load: str = "") -> FrameStrategy:
    (cls,) = classes(text.replace("LOAD", load))
    return adapted(cls, file)


def found(**sections: Any) -> dict[str, Any]:
    return {"strategy_name": "Small", "params": sections, "ft_stratparam_v": 1}


def test_what_was_found_is_laid_over_the_defaults_by_rank() -> None:
    assert small(text=SMALL).parameters["fast"].default == 5
    assert small().parameters["fast"].default == 11
    assert small(found(buy={"fast": 13})).parameters["fast"].default == 13
    assert small(found(sell={"fast": 13})).parameters["fast"].default == 11


def test_the_class_trades_by_what_was_found() -> None:
    history, of = candles(400), small(found(buy={"fast": 3}))
    plain = small(text=SMALL)
    said, by_hand = of.targets(history, params(of)), plain.targets(history, params(plain, fast=3))
    assert np.array_equal(said, by_hand, equal_nan=True)
    assert not np.array_equal(said, plain.targets(history, params(plain)), equal_nan=True)
    assert len(changes_of(said).index) > 4
    assert of.name == "Small"
    assert of.summary == "Crosses two averages."


def test_a_parameter_belongs_to_the_space_that_its_name_begins_with() -> None:
    text = SMALL.replace("fast =", "sell_fast =").replace("self.fast", "self.sell_fast")
    assert small(found(sell={"sell_fast": 7}), text).parameters["sell_fast"].default == 7
    assert small(found(buy={"sell_fast": 7}), text).parameters["sell_fast"].default == 5


def test_a_parameter_that_is_not_loaded_keeps_its_default_and_says_so() -> None:
    of = small(load="load=False, ")
    assert of.parameters["fast"].default == 5
    assert of.left_out == ("buy_params['fast']: the parameter says load=False",)


@pytest.mark.parametrize("value", [21, "often", None])
def test_a_value_that_the_parameter_cannot_take_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match=rf"strategy Small: fast = {value!r} of buy_params or buy is none"):
        small(found(buy={"fast": value}))


def test_a_file_takes_the_place_of_the_ways_out() -> None:
    of = small(found(roi={"0": 0.02, "30": 0}, stoploss={"stoploss": -0.07}, trailing={"trailing_stop": True}))
    assert dict(of.cls.minimal_roi) == {"0": 0.02, "30": 0}
    assert of.parameters["trailing_stop_pct"].default == 0.07
    assert of.parameters["stop_loss_pct"].default == 0
    with pytest.raises(ConfigError, match="trailing_stop_positive: a stop trails at one distance"):
        small(found(trailing={"trailing_stop": True, "trailing_stop_positive": 0.01}))


def test_a_file_of_another_shape_is_refused() -> None:
    with pytest.raises(ConfigError, match="the parameter file's buy must be a dictionary, not list"):
        small(found(buy=[]))
