import pytest

from golive.backtest.search import Axis, Space
from golive.backtest.search_rule import Rule
from golive.model.errors import ConfigError
from golive.runtime.sweep_protection import check_protection

STOP, TRAIL, PROFIT = "stop_loss_pct", "trailing_stop_pct", "take_profit_pct"
NAMES = (STOP, TRAIL, PROFIT)


def axis(name: str, *values: float) -> Axis:
    return Axis(name, min(values), max(values), values)


def check(*axes: Axis, where: tuple[str, ...] = (), method: str = "grid", **kept: float) -> None:
    check_protection(Space(axes, tuple(Rule(text, NAMES) for text in where)), kept, method, 100, 7)


@pytest.mark.parametrize("method", ["grid", "random", "bayesian"])
def test_sets_with_two_protective_orders_are_refused_with_the_condition_that_leaves_them_out(method: str) -> None:
    axes = axis(TRAIL, 0, 0.01), axis(PROFIT, 0, 0.02)
    with pytest.raises(ConfigError, match="one order only") as refused:
        check(*axes, method=method)
    said = str(refused.value)
    assert "(in the set with trailing_stop_pct 0.01, take_profit_pct 0.02)" in said
    condition = said.partition('--where "')[2].rstrip('"')
    assert condition == "trailing_stop_pct * take_profit_pct == 0"
    check(*axes, where=(condition,), method=method)


def test_three_need_three_conditions() -> None:
    axes = axis(STOP, 0, 0.01), axis(TRAIL, 0, 0.01), axis(PROFIT, 0, 0.02)
    with pytest.raises(ConfigError) as refused:
        check(*axes)
    conditions = tuple(part.partition('"')[0] for part in str(refused.value).split('--where "')[1:])
    assert len(conditions) == 3
    check(*axes, where=conditions)


def test_no_condition_is_advised_where_none_helps() -> None:
    with pytest.raises(ConfigError) as refused:
        check(axis(PROFIT, 0.01, 0.02), stop_loss_pct=0.01)
    assert "--where" not in str(refused.value)


def test_one_of_them_at_a_time_is_fine() -> None:
    check(axis(PROFIT, 0.01, 0.02), stop_loss_pct=0)
    check(axis("fast_bars", 2, 3), stop_loss_pct=0.01)
