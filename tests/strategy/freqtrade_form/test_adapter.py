"""Classes of the form as strategies: history, sessions, parameters, errors, and a run of the engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form import FrameStrategy, adapted
from golive.strategy.freqtrade_form.frame import Window, frame_of_columns
from golive.strategy.targets import changes_of, targets_of
from support.frame_strategies import FIVE_MINUTES, SAMPLE, SMALL, bars, candles, classes, params, strategy


def said_by_a_session(of: FrameStrategy, given_params: Any, history: CandleColumns) -> list[float]:
    state = of.initial(given_params)
    return [of.step(state, bar, given_params) for bar in bars(history)]


def test_an_unchanged_file_is_a_strategy_with_its_parameters_and_stop() -> None:
    sample = strategy(SAMPLE)
    assert (sample.name, sample.timeframe, sample.bar_ns) == ("BouncingBands", "5m", FIVE_MINUTES)
    assert sample.summary == "Buys a recovery from below the bands, sells at the middle."
    assert sample.parameters["stop_loss_pct"].default == 0.02
    assert sample.parameters["trailing_stop_pct"].default == 0
    assert sample.parameters["buy_rsi"].default == 45
    assert sample.parameters["trend"].high == 1
    assert sample.warm_up(params(sample)) == 121
    assert [each.split(":")[0] for each in sample.left_out] == ["order_types", "order_time_in_force", "plot_config"]


def test_history_trades_and_warms_up() -> None:
    sample, history = strategy(SAMPLE), candles(2000)
    targets = sample.targets(history, params(sample))
    assert np.isnan(targets[:120]).all()
    assert not np.isnan(targets[120:]).any()
    assert len(changes_of(targets).index) > 10


def test_a_session_says_what_history_says() -> None:
    sample, history = strategy(SAMPLE), candles(400)
    targets = sample.targets(history, params(sample))
    assert len(changes_of(targets).index) > 3
    assert np.array_equal(said_by_a_session(sample, params(sample), history), targets, equal_nan=True)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 1000), st.integers(2, 19))
def test_a_window_that_has_moved_on_says_what_history_says(seed: int, fast: int) -> None:
    small, history = strategy(SMALL), candles(90, seed)
    state, given_params = small.initial(params(small, fast=fast)), params(small, fast=fast)
    state.window = Window(40, FIVE_MINUTES)  # averages of 20 bars are whole in it, and it moves on twice
    said = [small.step(state, bar, given_params) for bar in bars(history)]
    assert np.array_equal(said, small.targets(history, given_params), equal_nan=True)


def test_parameters_reach_the_class_and_stay_out_of_each_other() -> None:
    small, history = strategy(SMALL), candles(600)
    default = small.targets(history, params(small))
    other = small.targets(history, params(small, fast=12))
    assert not np.array_equal(default, other, equal_nan=True)
    assert np.array_equal(small.targets(history, params(small)), default, equal_nan=True)


def test_targets_over_history_come_from_the_class_at_once() -> None:
    small, history = strategy(SMALL), candles(300)
    changes = targets_of(small, params(small), history, compiled=True)
    assert np.array_equal(changes.at_every_bar(300), small.targets(history, params(small)), equal_nan=True)


def test_the_frame_has_the_forms_columns_and_the_floats_of_a_session() -> None:
    history = candles(5)
    frame = frame_of_columns(history)
    assert list(frame.columns) == ["date", "open", "high", "low", "close", "volume"]
    assert str(frame["date"].dtype) == "datetime64[ms, UTC]"
    assert frame["date"].astype("int64").tolist() == [ts // 10**6 for ts in history.opened_at.tolist()]
    window = Window(3, FIVE_MINUTES)
    for bar in bars(history):
        window.append(bar)
    assert window.frame().equals(frame[2:].reset_index(drop=True))


@pytest.mark.parametrize("planted", ['dataframe["close"].shift(-1)', 'dataframe["close"].rolling(3, center=True).mean()'])
def test_looking_ahead_shows_as_a_past_that_the_future_changes(planted: str) -> None:
    honest, history = strategy(SMALL), candles(400)
    ahead = strategy(SMALL.replace("ta.SMA(dataframe, timeperiod=self.fast.value)", planted))

    def past_holds(of: FrameStrategy) -> bool:
        whole = of.targets(history, params(of))
        cuts = range(150, 400, 3)
        return all(np.array_equal(of.targets(history.between(0, cut), params(of)), whole[:cut], equal_nan=True) for cut in cuts)

    assert past_holds(honest)
    assert not past_holds(ahead)


def test_the_names_of_version_2_still_work() -> None:
    old = SMALL.replace("populate_entry_trend", "populate_buy_trend").replace("populate_exit_trend", "populate_sell_trend")
    old = old.replace("enter_long", "buy").replace("exit_long", "sell").replace("timeframe = ", "ticker_interval = ")
    new, history = strategy(SMALL), candles(300)
    assert np.array_equal(
        strategy(old).targets(history, params(strategy(old))), new.targets(history, params(new)), equal_nan=True
    )


def test_candles_of_another_timeframe_are_refused() -> None:
    small = strategy(SMALL)
    with pytest.raises(ConfigError, match="strategy Small is for candles of 5m, not of 1 minutes"):
        small.targets(candles(100, timeframe_ns=FIVE_MINUTES // 5), params(small))
    bar = bars(candles(1))[0]
    with pytest.raises(ConfigError, match="is for candles of 5m; one closed at"):
        small.step(small.initial(params(small)), bar._replace(ts=bar.ts + FIVE_MINUTES // 5), params(small))


def test_fewer_candles_than_the_warm_up_are_all_warming_up() -> None:
    small = strategy(SMALL)
    for count in (0, 1, 30):
        assert np.isnan(small.targets(candles(count), params(small))).all()
    assert not math.isnan(small.targets(candles(31), params(small))[30])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('dataframe["slow"] = ', 'dataframe["slow"] = dataframe["nothing"] + ', r"populate_indicators failed at strategies/user_file\.py:15: KeyError"),
        ("        return dataframe", "        return None", "populate_indicators must return the dataframe, not NoneType"),
        ("        return dataframe", "        return dataframe.dropna()", "populate_indicators must give back the candles it was given"),
        ('dataframe["slow"] = ', 'dataframe["pair"] = metadata["pair"]; dataframe["slow"] = ', "a strategy is not told which pair"),
        ("ta.SMA(dataframe, timeperiod=20)", "ta.CDLDOJI(dataframe)", r"talib\.abstract\.CDLDOJI is not among the indicators"),
    ],
)  # fmt: skip
def test_what_goes_wrong_in_the_class_is_said_with_its_place(old: str, new: str, said: str) -> None:
    broken = strategy(SMALL.replace(old, new, 1))
    with pytest.raises(ConfigError, match=said):
        broken.targets(candles(100), params(broken))


def test_a_parameter_named_as_an_order_parameter_is_refused() -> None:
    with pytest.raises(ConfigError, match="the parameter position_pct is Golive's own"):
        strategy(SMALL.replace("fast = IntParameter", "position_pct = IntParameter"))


def test_only_the_last_classes_of_a_file_are_strategies() -> None:
    text = SMALL + '\n\nclass Wider(Small):\n    """Wider."""\n    startup_candle_count = 60\n'
    assert [cls.__name__ for cls in classes(text)] == ["Wider"]
    assert adapted(classes(text)[0]).warm_up(None) == 61


def test_bot_start_is_called_once_for_each_object() -> None:
    text = SMALL + "\n    def bot_start(self, **kwargs):\n        self.started = getattr(self, 'started', 0) + 1\n"
    of = strategy(text)
    first, second = of.initial(params(of)), of.initial(params(of))
    assert (first.instance.started, second.instance.started) == (1, 1)  # type: ignore[attr-defined]
    assert first.instance is not second.instance
