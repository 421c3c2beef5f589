"""An operator's act that was taken is kept: who asked is told only when it is on disk."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.fee import FeeSchedule
from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Record
from golive.model.event import Operator, OperatorAction
from golive.model.order import Fill, OrderUpdate
from golive.portfolio import Ledger
from golive.runtime.dispatcher import Dispatcher
from golive.runtime.drive import Inbox, _hear
from support.trading import BALANCES, BTC, BTC_ID, START, confirm, engine_for


class Diary:
    """A journal that notes what was asked of it, in order; what is durable is so a moment later."""

    def __init__(self) -> None:
        self.rows: list[str] = []

    def event(self, seq: int, kind: str, body: bytes) -> None:
        self.rows.append(kind)

    def record(self, record: Record) -> None:
        self.rows.append(record.event)

    def news(self, news: Fill | OrderUpdate) -> None:
        self.rows.append("news")

    async def durable(self, record_seq: int) -> None:
        await asyncio.sleep(0)
        self.rows.append(f"durable {record_seq}")


@pytest.mark.parametrize(
    ("action", "record"),
    [
        (OperatorAction.WITHDRAW, "auto_trader_transition"),
        (OperatorAction.AUTO_TRADE_OFF, "auto_trader_transition"),
        (OperatorAction.REARM, "risk_rearmed"),
    ],
)
async def test_who_asked_is_told_when_the_act_is_on_disk(action: OperatorAction, record: str) -> None:
    diary, engine = Diary(), engine_for()
    paper = PaperExecution(
        label="okx", models={BTC_ID: BarModel()}, account=Ledger([BTC], BALANCES), codes={}, recorder=MemoryRecorder(),
        fees=FeeSchedule(Decimal(8), Decimal(10)),
    )  # fmt: skip
    dispatcher = Dispatcher(engine=engine, execution=paper, journal=diary, alert=lambda _: None, bars={})
    dispatcher.operator(confirm())
    diary.rows.clear()
    inbox = Inbox()
    inbox.post(Operator(action, "anna", "operator_command", START), lambda: diary.rows.append("told"))
    await _hear(inbox, dispatcher)
    assert diary.rows == ["Operator", record, f"durable {engine.record_seq}", "told"]
