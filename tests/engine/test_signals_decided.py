"""Each signal ends in exactly one decision, whatever the market does, risk refuses, operators press and restarts cut."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.audit.decision_event import demand_event
from golive.audit.signal_check import Told, signal_faults
from golive.backtest.event_driver import EventDriver
from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Command, Record
from golive.model.errors import MagnitudeError
from golive.model.event import Event, Operator, OperatorAction
from golive.model.market import Candle
from golive.portfolio import Ledger
from support.column_parity import Case, Written, drawn_case

PRESSED = tuple(each for each in OperatorAction if each not in (OperatorAction.START, OperatorAction.STOP))

ENDS = ("order_executed", "order_canceled", "order_failed")


def engine_of(case: Case, kind: type[Engine] = Engine) -> Engine:
    terms = case.terms
    return kind(
        instruments=[each.instrument for each in case.candles], strategy=Written(case.targets), parameters=terms.parameters,
        profile=terms.profile, start_balances=terms.start_balances, timeframe_ns=terms.timeframe_ns, new_id=terms.new_id,
    )  # fmt: skip


class Pressed(Engine):
    """An engine whose operators press something after some bars; it keeps what it was told."""

    draw: Random
    told: list[Event]

    def process(self, event: Event) -> list[Command]:
        self.told.append(event)
        commands = super().process(event)
        if type(event) is Candle and self.draw.random() < 0.03:
            legal = [each for each in PRESSED if self.auto_trader.allows(each)]
            pressed = Operator(self.draw.choice(legal), "anna", "test", event.closed_at)
            self.told.append(pressed)
            commands = [*commands, *super().process(pressed)]
        return commands


def session(case: Case, seed: int) -> tuple[list[Event], list[Record]]:
    """Run a case from confirmation to stop; return the events of the engine and its records."""
    terms, instruments = case.terms, [each.instrument for each in case.candles]
    engine = engine_of(case, Pressed)
    assert isinstance(engine, Pressed)
    engine.draw, engine.told = Random(seed), []
    model = {
        i.id: BarModel(slippage=ConstantSlippage(terms.slippage_bps), participation=terms.participation) for i in instruments
    }
    paper = PaperExecution(
        label=terms.label, models=model, account=Ledger(instruments, terms.start_balances), fees=terms.fees, codes=terms.codes,
        recorder=MemoryRecorder(),
    )  # fmt: skip
    commands: list[Command] = []
    EventDriver(engine, paper, on_commands=commands.extend).run(case.candles)
    return engine.told, [each for each in commands if isinstance(each, Record)]


def told(records: list[Record]) -> list[Told]:
    return [Told(each.seq, each.event, each.body) for each in records]


def assert_each_order_ends_once(records: list[Record]) -> None:
    """Every order that risk allowed ends in exactly one record; one that left says so first."""
    approved = [each.body["client_order_id"] for each in records if each.event == "risk_check_passed"]
    ended = [each.body["client_order_id"] for each in records if each.event in ENDS]
    assert sorted(map(str, ended)) == sorted(map(str, approved))
    left = {each.body["client_order_id"] for each in records if each.event == "order_submitted"}
    assert left >= {each.body["client_order_id"] for each in records if each.event in ("order_executed", "order_canceled")}


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0, max_value=2**32), st.floats(min_value=0, max_value=1))
def test_every_signal_ends_in_exactly_one_decision_also_over_a_restart(seed: int, cut: float) -> None:
    case = drawn_case(seed, with_detail=False)
    try:
        events, records = session(case, seed)
    except MagnitudeError:
        return
    assert list(signal_faults(told(records), ended=True)) == []
    assert sum(each.event == "signal_received" for each in records) == sum(
        each.event == "signal_neutral" or each.body.get("purpose") == "target" for each in records
    )
    for each in records:
        demand_event(each.event, each.body)
    assert_each_order_ends_once(records)
    before = events[: round(cut * len(events))]
    engine = engine_of(drawn_case(seed, with_detail=False))
    replayed = [each for event in before for each in engine.process(event) if isinstance(each, Record)]
    assert list(signal_faults(told(replayed), ended=False)) == []
    replayed += [each for event in events[len(before) :] for each in engine.process(event) if isinstance(each, Record)]
    assert replayed == records
