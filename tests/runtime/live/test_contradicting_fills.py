"""One fill told with two prices or two fees: somebody must look, and the account takes no orders until then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.order import Fill, OrderStatus
from golive.runtime.live.opening import NotReady
from golive.venues.account_stream import AccountStream
from golive.venues.dialect import AccountEvent, FillSighting
from support.live_desk import QUICK, account_plan, live_plan, live_venue, trader, truth

OKX = "okx_spot"


@pytest.mark.parametrize("figure", ["price", "fee"])
async def test_a_fill_that_rest_tells_with_other_figures_than_the_push_stops_the_account_at_once(
    figure: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed = AccountStream._pushed

    def lying(stream: AccountStream, event: AccountEvent) -> None:
        if isinstance(event, FillSighting):
            fill = event.fill
            told = fill._replace(price=fill.price + 1) if figure == "price" else fill._replace(fee=fill.fee + 1)
            event = replace(event, fill=told)
        pushed(stream, event)

    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue)], timing=replace(QUICK, audit_s=0.5))
        with monkeypatch.context() as patched:
            patched.setattr(AccountStream, "_pushed", lying)
            async with trader(plan) as at:
                order = at.order(price=None)
                name = order.order.client_order_id
                at.desk.submit(order)
                await until(lambda: not at.desk.conditions[OKX].is_ready)
                assert at.status(name) is OrderStatus.FILLED
                assert sum(isinstance(item, Fill) for item in at.news) == 1, "booked once"
                assert "told twice, with different amounts" in at.desk.conditions[OKX].why_not
                assert [alert.title for alert in at.alerts] == [f"Order {name} contradicts itself"]
                assert at.desk.router.frozen
                refused = await at.sent()
                assert truth(venue, refused) == []
        with pytest.raises(NotReady):
            async with trader(plan):
                pass


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - bounded
            await asyncio.sleep(0.01)
