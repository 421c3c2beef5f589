"""A session without sockets or disk: a strategy that says what it was told to, its engine, and paper execution over bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE
from golive.model.command import Cancel, Command, Submit
from golive.model.event import Durable, Event
from golive.model.market import Candle
from golive.model.order import NewOrder, OrderUpdate
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from golive.strategy import Bar, Parameter, Strategy, with_order_parameters
from golive.strategy.protocol import FillSeen, TradeSeen
from support.trading import BTC, BTC_ID, START, client_order_id, confirm, start

OPEN = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 10)


@dataclass
class Script:
    """A strategy that says what it was told to say."""

    targets: Sequence[float]
    name: str = "script"
    summary: str = "for tests"
    parameters: Mapping[str, Parameter] = field(default_factory=lambda: with_order_parameters({}))

    def initial(self, params: Any) -> list[int]:
        return [0]

    def step(self, state: list[int], bar: Bar, params: Any) -> float:
        state[0] += 1
        return self.targets[state[0] - 1]

    def warm_up(self, params: Any) -> int:
        return 1


class Listener(Script):
    """A script that also keeps what it hears."""

    def initial(self, params: Any) -> list[Any]:
        return [0, []]

    def on_fill(self, state: list[Any], fill: FillSeen, params: Any) -> None:
        state[1].append(fill)

    def on_trade(self, state: list[Any], trade: TradeSeen, params: Any) -> None:
        state[1].append(trade)


class Session:
    """Engine and paper execution over bars, everything durable at once; keeps what was asked for, bar by bar."""

    def __init__(
        self,
        targets: Sequence[float],
        refusing: bool = False,
        script: Callable[[Sequence[float]], Strategy] = Script,
        **parameters: float,
    ) -> None:
        strategy = script(targets)
        values = {name: each.default for name, each in strategy.parameters.items()}
        self.engine = Engine(
            instruments=(BTC,), strategy=strategy, parameters={**values, "position_quantity": 1.0, **parameters}, profile=OPEN,
            start_balances={"USDT": Decimal(1_000_000)}, timeframe_ns=MINUTE, new_id=client_order_id,
        )  # fmt: skip
        self.paper = PaperExecution(
            label="okx", models={BTC_ID: BarModel(slippage=ConstantSlippage(Decimal(0)), participation=(1, 1))},
            account=Ledger((BTC,), {"USDT": Decimal(1_000_000)}), fees=FeeSchedule(Decimal(0), Decimal(0), FeeAsset.QUOTE),
            codes={}, recorder=MemoryRecorder(),
        )  # fmt: skip
        self.refusing = refusing
        self.ts = START
        self.commands: list[Command] = []
        self.process(start())
        self.process(confirm())

    def bar(self, open_: int, high: int, low: int, close: int, volume: int = 10**12) -> list[Command]:
        """Take the next one-minute bar, prices in ticks; return the commands it led to."""
        before = len(self.commands)
        candle = Candle(BTC_ID, self.ts, self.ts + MINUTE, open_, high, low, close, volume)
        self.ts += MINUTE
        for news in self.paper.on_market(candle):
            self.process(news)
        self.process(candle)
        while self.engine.awaiting_durable:
            self.process(Durable(self.engine.record_seq, self.ts))
        return self.commands[before:]

    def flat(self, price: int) -> list[Command]:
        return self.bar(price, price, price, price)

    def process(self, event: Event) -> None:
        commands = self.engine.process(event)
        self.commands += commands
        for command in commands:
            if isinstance(command, Submit):
                order = command.approved.order
                if self.refusing and order.type.sleeps:
                    self.process(OrderUpdate(order.client_order_id, self.ts, "rejected", code="no triggers here"))
                    continue
                for news in self.paper.submit(command.approved, self.ts):
                    self.process(news)
            elif isinstance(command, Cancel):
                for news in self.paper.cancel(command.client_order_id, self.ts):
                    self.process(news)

    @property
    def working(self) -> NewOrder | None:
        order = self.engine.orders.working(BTC_ID)
        return None if order is None else order.intent

    @property
    def held(self) -> int:
        return self.engine.ledger.total_lots(BTC_ID)
