"""What is not carried over is found before anything runs, all of it in one list."""

from __future__ import annotations

import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form.unsupported import left_out, refusals
from support.frame_strategies import SAMPLE, SMALL, classes, strategy


def with_body(lines: str) -> str:
    """A small strategy whose class has these lines too."""
    return SMALL + "\n" + "\n".join(f"    {line}" for line in lines.splitlines()) + "\n"


def named(text: str) -> list[str]:
    (cls,) = classes(text)
    return [reason.split(":")[0] for reason in refusals(cls)]


def test_a_usual_strategy_has_nothing_against_it() -> None:
    assert named(SMALL) == named(SAMPLE) == []


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        ("can_short = True", "can_short = True"),
        ("process_only_new_candles = False", "process_only_new_candles = False"),
        ("trailing_stop = True\ntrailing_stop_positive = 0.01", "trailing_stop_positive"),
        ("trailing_stop = True\ntrailing_only_offset_is_reached = True", "trailing_only_offset_is_reached"),
        ("use_custom_stoploss = True", "use_custom_stoploss = True (custom_stoploss)"),
        ("use_custom_roi = True", "use_custom_roi = True (custom_roi)"),
        ("position_adjustment_enable = True", "position_adjustment_enable = True (adjust_trade_position)"),
        ("protections = [{'method': 'CooldownPeriod'}]", "protections"),
        ("freqai_info = {}", "freqai_info"),
        ("def custom_exit(self, *args, **kwargs): return None", "custom_exit"),
        ("def custom_stake_amount(self, **kwargs): return 1", "custom_stake_amount"),
        ("def confirm_trade_entry(self, **kwargs): return True", "confirm_trade_entry"),
        ("def bot_loop_start(self, **kwargs): pass", "bot_loop_start"),
        ("def order_filled(self, **kwargs): pass", "order_filled"),
        ("def set_freqai_targets(self, dataframe, **kwargs): return dataframe", "set_freqai_targets"),
        ("def informative_pairs(self): return [('ETH/USDT', '1h')]", "informative_pairs"),
        ("def informative_pairs(self): return [(p, '1h') for p in self.pairs]", "informative_pairs"),
        ("def seen(self): return self.dp.current_whitelist()", "dp"),
        ("def seen(self):\n    def inner(): return self.wallets\n    return inner", "wallets"),
        ("timeframe = ''", "timeframe"),
    ],
)
def test_each_thing_that_decides_trades_and_is_not_carried_over_is_named(lines: str, name: str) -> None:
    assert named(with_body(lines)) == [name]


def test_an_informative_method_is_named() -> None:
    text = SMALL.replace("IStrategy, IntParameter", "IStrategy, IntParameter, informative")
    found = named(text + "\n    @informative('1h')\n    def populate_1h(self, dataframe, metadata): return dataframe\n")
    assert found == ["@informative"]


def test_merging_other_candles_is_named() -> None:
    text = SMALL.replace("IStrategy, IntParameter", "IStrategy, IntParameter, merge_informative_pair")
    assert named(text.replace("return dataframe", "return merge_informative_pair(dataframe)", 1)) == ["merge_informative_pair"]


def test_a_class_without_signals_is_named() -> None:
    assert named(SMALL.replace("def populate_entry_trend", "def other")) == ["populate_entry_trend"]


def test_everything_is_said_at_once() -> None:
    text = with_body("can_short = True\ndef custom_exit(self): pass\ndef leverage(self): pass")
    with pytest.raises(ConfigError) as caught:
        strategy(text)
    said = str(caught.value)
    assert said.startswith("strategy Small cannot run here")
    assert "\n  - can_short = True: spot cannot short" in said
    assert "\n  - custom_exit: " in said
    assert "leverage" not in said


def test_what_changes_nothing_is_listed_and_stops_nothing() -> None:
    text = with_body(
        "order_types = {'entry': 'limit'}\ndef leverage(self): pass\ndef custom_stoploss(self, trade): return trade.x"
    )
    (cls,) = classes(text)
    assert refusals(cls) == []
    assert [each.split(":")[0] for each in left_out(cls)] == ["leverage", "order_types", "custom_stoploss"]
    assert strategy(text).left_out == tuple(left_out(cls))


def test_what_a_base_of_the_file_has_counts_as_the_classes_own() -> None:
    text = SMALL.replace("class Small(IStrategy)", "class Base(IStrategy):\n    can_short = True\n\nclass Small(Base)")
    assert named(text) == ["can_short = True"]
