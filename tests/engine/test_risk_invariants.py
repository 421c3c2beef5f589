"""No sequence of approved orders breaks a limit: random targets, prices, fills and silences through engine and paper execution.

What was approved is judged by a model that stands outside (`support/risk_reference.py`). Orders fill in parts, some are never
answered and resolved much later, and now and then the engine is replaced by one that was told the stored events again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import DAY, SECOND
from golive.model.command import Cancel, Command, Submit
from golive.model.decision import DecisionCode
from golive.model.event import Durable, Event, Operator, OperatorAction
from golive.model.ids import InstrumentId
from golive.model.market import Candle
from golive.model.order import OrderStatus, OrderUpdate
from golive.portfolio import Ledger
from golive.risk import RiskProfile
from golive.strategy import Bar, Parameter, with_order_parameters
from support.risk_reference import Reference, counters
from support.trading import START, client_order_id, confirm, instrument_named, start

CASH = 100_000
INSTRUMENTS = tuple(instrument_named(f"okx:{base}/USDT") for base in ("AAA", "BBB", "CCC"))
FIRST_CLOSE = 10_000


class Step(NamedTuple):
    """One bar of one instrument, and what becomes of the orders that leave after it."""

    place: int
    change: int
    """per mille"""
    volume: int
    target: float
    gap: int
    """seconds of silence before the bar"""
    fate: str
    """`fill`, `silence` (no answer: UNKNOWN), `resolve` (answers come now), `restart`, `rearm`"""


def _steps(seed: int, changes: Sequence[int], gaps: Sequence[int]) -> list[Step]:
    """Return 25 to 90 steps; from a seed, because hypothesis takes longer to draw them than the engine to take them."""
    rng = Random(seed)
    fates = ["fill", "fill", "fill", "silence", "resolve", "restart", "rearm"]
    return [
        Step(rng.randrange(len(INSTRUMENTS)), rng.choice(changes), rng.choice([0, 3_000_000, 10**12]),
             rng.choice([0.0, 0.25, 0.5, 1.0]), rng.choice(gaps), rng.choice(fates))
        for _ in range(rng.randint(25, 90))
    ]  # fmt: skip


class Told:
    """A strategy that says what the next step says; of no memory of its own, so that events told again lead to the same."""

    name, summary = "told", "for tests"
    parameters: Mapping[str, Parameter] = with_order_parameters({})

    def __init__(self) -> None:
        self.targets: dict[tuple[int, float], float] = {}

    def initial(self, params: Any) -> None:
        return None

    def step(self, state: None, bar: Bar, params: Any) -> float:
        return self.targets[bar.ts, bar.close]

    def warm_up(self, params: Any) -> int:
        return 1


class Trader:
    """Engine, paper execution and the model beside them."""

    def __init__(self, profile: RiskProfile, **parameters: float) -> None:
        self.profile, self.strategy = profile, Told()
        values = {name: each.default for name, each in self.strategy.parameters.items()}
        self.parameters = {**values, "position_pct": 0.6, **parameters}
        self.engine = self._engine()
        keys = [each.id for each in INSTRUMENTS]
        self.paper = PaperExecution(
            label="okx", models={key: BarModel(slippage=ConstantSlippage(Decimal(0)), participation=(1, 1)) for key in keys},
            account=Ledger(INSTRUMENTS, {"USDT": Decimal(CASH)}), fees=FeeSchedule(Decimal(2), Decimal(5), FeeAsset.QUOTE),
            codes={}, recorder=MemoryRecorder(),
        )  # fmt: skip
        self.reference = Reference(INSTRUMENTS, CASH, profile, SECOND)
        self.events: list[Event] = []
        self.silent: list[str] = []
        self.codes: set[DecisionCode] = set()
        self.ts, self.closes = START, [FIRST_CLOSE] * len(INSTRUMENTS)
        self.drops = False
        self.process(start())
        self.process(confirm())

    def _engine(self) -> Engine:
        return Engine(
            instruments=INSTRUMENTS, strategy=self.strategy, parameters=self.parameters, profile=self.profile,
            start_balances={"USDT": Decimal(CASH)}, timeframe_ns=SECOND, new_id=client_order_id,
        )  # fmt: skip

    def take(self, step: Step) -> None:
        if step.fate == "restart":
            self.restart()
        elif step.fate == "resolve":
            self.resolve()
        elif step.fate == "rearm":
            self.process(Operator(OperatorAction.REARM, "tester", "test", self.ts))
        self.drops = step.fate == "silence"
        instrument = INSTRUMENTS[step.place]
        before = self.closes[step.place]
        close = self.closes[step.place] = max(1000, before * (1000 + step.change) // 1000)
        opened = self.ts + step.gap * SECOND
        self.ts = opened + SECOND
        candle = Candle(instrument.id, opened, self.ts, before, max(before, close), min(before, close), close, step.volume)
        self.strategy.targets[self.ts, close * float(instrument.tick_size)] = step.target
        for news in self.paper.on_market(candle):
            self.process(news)
        self.process(candle)
        while self.engine.awaiting_durable:
            self.process(Durable(self.engine.record_seq, self.ts))

    def process(self, event: Event) -> None:
        self.events.append(event)
        self.reference.heard(event)
        commands = self.engine.process(event)
        self.reference.read(commands)
        self._obey(commands)

    def _obey(self, commands: Sequence[Command]) -> None:
        for command in commands:
            if isinstance(command, Submit) and self.drops:
                self.silent.append(command.approved.order.client_order_id)
                self.process(OrderUpdate(command.approved.order.client_order_id, self.ts, "unanswered"))
            elif isinstance(command, Submit):
                for news in self.paper.submit(command.approved, self.ts):
                    self.process(news)
            elif isinstance(command, Cancel):
                for news in self.paper.cancel(command.client_order_id, self.ts):
                    self.process(news)

    def resolve(self) -> None:
        """What was never answered turns out never to have arrived."""
        for name in self.silent:
            self.process(OrderUpdate(client_order_id=name, ts=self.ts, event="absent"))  # type: ignore[arg-type]
        self.silent.clear()

    def restart(self) -> None:
        """Go on with an engine that was told everything again: it remembers the same."""
        again = self._engine()
        for event in self.events:
            again.process(event)
        assert counters(again.risk) == counters(self.engine.risk)
        assert again.orders.pending == self.engine.orders.pending
        assert again.decisions == self.engine.decisions
        self.engine = again


def _run(steps: Sequence[Step], profile: RiskProfile, **parameters: float) -> Trader:
    trader = Trader(profile, **parameters)
    for step in steps:
        trader.take(step)
    assert {o.intent.instrument for o in trader.engine.orders if o.status is OrderStatus.UNKNOWN} <= {i.id for i in INSTRUMENTS}
    return trader


SHARES = st.sampled_from([Decimal(text) for text in ("0", "0.05", "0.15", "0.3", "0.6", "1")])
BASE = RiskProfile("drawn", Decimal(1), Decimal(1), Decimal(1), 3)


def _maybe(values: Sequence[Any]) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, None, *values])


SIZES = st.fixed_dictionaries({
    "max_position_pct": SHARES, "max_open_positions": st.integers(0, 3), "portfolio_exposure_pct": st.one_of(st.none(), SHARES),
    "target_volatility": _maybe([Decimal(1), Decimal(10), Decimal(50)]), "max_order_notional": _maybe([Decimal(5_000), Decimal(40_000)]),
    "max_order_quantity": st.sampled_from([{}, {"AAA": Decimal(100)}]), "symbol_locks": st.sampled_from([(), ("BBB/USDT",)]),
})  # fmt: skip
PACES = st.fixed_dictionaries({
    "max_orders_per_minute": _maybe([1, 3]), "duplicate_window_seconds": _maybe([Decimal(2), Decimal(600)]),
    "max_open_orders": _maybe([0, 1, 2]), "repeated_execution_limit": _maybe([1, 2]),
    "trading_windows": st.sampled_from([(), ("mon-sun 00:00-12:00",)]),
})  # fmt: skip
LOSSES = st.fixed_dictionaries({
    "max_daily_loss_pct": st.sampled_from([Decimal("0.002"), Decimal("0.02"), Decimal(1)]),
    "weekly_loss_pct": _maybe([Decimal("0.003"), Decimal("0.03")]),
    "hard_drawdown_pct": st.sampled_from([Decimal("0.004"), Decimal("0.04"), Decimal(1)]),
    "cooldown_after_loss_minutes": _maybe([Decimal(1), Decimal(600)]), "max_consecutive_losses": _maybe([1, 2]),
})  # fmt: skip
CALM, WILD = (-3, -1, 0, 1, 3), (-40, -15, -5, 0, 5, 15, 40)


SEEDS = st.integers(0, 2**32)


@given(SEEDS, SIZES, st.sampled_from([0.0, 1.0]))
def test_no_approved_order_breaks_a_limit_of_size(seed: int, limits: dict[str, Any], rests: float) -> None:
    _run(_steps(seed, WILD, (0, 0, 1, 30)), dataclasses.replace(BASE, **limits), limit_entries=rests)


@given(SEEDS, PACES, st.sampled_from([0.0, 1.0]))
def test_no_approved_order_breaks_a_limit_of_pace(seed: int, limits: dict[str, Any], rests: float) -> None:
    fixed = {"limit_entries": rests, "position_quantity": 100.0}  # the same quantity again and again
    _run(_steps(seed, CALM, (0, 0, 0, 2, 59, 3600)), dataclasses.replace(BASE, **limits), **fixed)


@given(SEEDS, LOSSES, SIZES)
def test_no_approved_order_breaks_a_limit_of_loss(seed: int, limits: dict[str, Any], sizes: dict[str, Any]) -> None:
    _run(_steps(seed, WILD, (0, 1, 3600, DAY // SECOND)), dataclasses.replace(BASE, **{**sizes, **limits}))


def test_the_draws_meet_every_limit_that_the_model_knows() -> None:
    """A property that never comes near a limit proves nothing."""
    met: set[DecisionCode] = set()
    groups = (
        (WILD, (0, 0, 1, 30), SIZES, 0.0),
        (CALM, (0, 0, 0, 2, 59, 3600 * 6), PACES, 100.0),
        (WILD, (0, 1, 3600), LOSSES, 0.0),
    )
    for changes, gaps, drawn, fixed in groups:

        @settings(max_examples=100)
        @given(SEEDS, drawn, st.just((changes, gaps)), st.just(fixed))
        def collect(seed: int, limits: dict[str, Any], of: tuple[Sequence[int], Sequence[int]], fixed: float) -> None:
            trader = _run(_steps(seed, *of), dataclasses.replace(BASE, **limits), position_quantity=fixed)
            met.update(trader.engine.decisions)

        collect()
    code = DecisionCode
    wanted = {
        code.APPROVED, code.RISK_DAILY_LOSS, code.RISK_WEEKLY_LOSS, code.RISK_DRAWDOWN, code.RISK_MAX_POSITION,
        code.RISK_MAX_OPEN_POSITIONS, code.RISK_PORTFOLIO_EXPOSURE, code.RISK_TARGET_VOLATILITY, code.RISK_MAX_NOTIONAL,
        code.RISK_MAX_QUANTITY, code.RISK_MESSAGE_RATE, code.RISK_OPEN_ORDERS, code.RISK_REPEATED_EXECUTION,
        code.RISK_MISSING_INPUT, code.SYMBOL_LOCKED, code.OUTSIDE_TRADING_WINDOW, code.COOLDOWN, code.CONSECUTIVE_LOSSES,
        code.RISK_DUPLICATE,
    }  # fmt: skip
    assert met >= wanted, wanted - met


def test_the_model_sees_what_a_rule_would_let_pass() -> None:
    """The same model, told of tighter limits than those in force, objects."""
    steps = [Step(0, 0, 10**12, 0.0, 0, "fill"), Step(0, 0, 10**12, 1.0, 0, "fill"), Step(1, 0, 10**12, 1.0, 0, "fill")] * 2
    for limits in (
        {"max_position_pct": Decimal("0.59")}, {"portfolio_exposure_pct": Decimal("0.59")}, {"max_order_notional": Decimal(50_000)},
        {"max_orders_per_minute": 0}, {"max_open_orders": 0}, {"symbol_locks": ("AAA/USDT",)}, {"max_open_positions": 0},
        {"max_daily_loss_pct": Decimal(0)}, {"hard_drawdown_pct": Decimal(0)}, {"max_order_quantity": {"AAA": Decimal(1)}},
    ):  # fmt: skip
        trader = Trader(BASE)
        trader.reference.profile = dataclasses.replace(BASE, **limits)
        try:
            for step in steps:
                trader.take(step)
        except AssertionError:
            continue
        raise RuntimeError(f"the model is blind to {limits}")


def test_instruments_are_named_as_the_model_does() -> None:
    assert [each.id for each in INSTRUMENTS] == [InstrumentId("okx", base, "USDT") for base in ("AAA", "BBB", "CCC")]
