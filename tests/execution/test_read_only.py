"""Execution that cannot execute."""

from __future__ import annotations

import pytest

from golive.execution import ExecutionService
from golive.execution.read_only import ReadOnlyExecution
from golive.model.errors import IllegalTransition
from golive.model.order import Side
from golive.orders import Orders
from support.trading import START, approved, candle, client_order_id, order


def test_it_hears_the_market_and_says_nothing() -> None:
    execution: ExecutionService = ReadOnlyExecution()
    assert list(execution.on_market(candle(0, "1", "2", "1", "2"))) == []
    assert list(execution.on_time(START)) == []
    assert execution.next_due is None
    assert list(execution.restore([], [], [], (), START)) == []


def test_an_order_in_it_is_a_broken_invariant() -> None:
    execution: ExecutionService = ReadOnlyExecution()
    bought = order(1, Side.BUY, "1")
    for deed in (execution.submit, execution.amend):
        with pytest.raises(IllegalTransition, match="read-only"):
            deed(approved(bought), START)
    with pytest.raises(IllegalTransition, match="read-only"):
        execution.cancel(client_order_id(1), START)
    orders = Orders()
    orders.plan(bought, START)
    with pytest.raises(IllegalTransition, match="read-only"):
        execution.restore(orders, [], [], (), START)
