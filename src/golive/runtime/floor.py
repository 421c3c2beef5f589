"""The trading floor of one session: engine, paper execution, bars and dispatcher over one set of instruments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from golive.config.runtime_file import PaperProfile
from golive.engine import Engine
from golive.execution import ExecutionService, PaperExecution
from golive.market.bars import BarBuilder
from golive.matching.bar import BarModel
from golive.matching.book import OrderBook
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency, LatencyModel
from golive.matching.model import MarketModel
from golive.matching.slippage import ConstantSlippage
from golive.metrics.recorder import MemoryRecorder, Recorder
from golive.model.command import Alert, Record
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.money import LIMIT, steps_up
from golive.portfolio import Ledger
from golive.venues.profile import VenueProfile

from .dispatcher import Dispatcher, Journal
from .market_facts import FillModel
from .plan import Plan, needs_trades
from .service_levels.risk_service import timed_risk

_NS: Final = Decimal("0.000001")
"""of a millisecond"""
_RICHES: Final = LIMIT // 4
"""smallest units of each asset: more than orders cost, and far enough from what a ledger can hold"""
BOOK_LATENCY_MS: Final = Decimal(50)
"""each way, where books are traded and the profile says nothing: more than a host near the venue has, so fills are no better"""


def open_engine(
    plan: Plan, instruments: Sequence[Instrument], new_id: Callable[[int], ClientOrderId], recorder: Recorder | None = None
) -> Engine:
    """Return the engine of a plan; the same plan, instruments and ids replay a recorded event log.

    With a `recorder` each decision of risk is timed.
    """
    return Engine(
        instruments=instruments,
        strategy=plan.strategy,
        parameters=plan.parameters,
        profile=plan.risk_profile,
        start_balances=plan.start_balances,
        timeframe_ns=plan.timeframe_ns,
        new_id=new_id,
        risk=None if recorder is None else timed_risk(plan.risk_profile, plan.entrypoint.name, recorder),
        canary=plan.canary,
    )


def open_paper(
    plan: Plan, instruments: Sequence[Instrument], fill_model: FillModel, venue: VenueProfile, recorder: Recorder
) -> PaperExecution:
    """Return paper execution with an account of its own; it rejects with `venue`'s codes and charges in its fee asset."""
    paper = plan.entrypoint.paper
    assert paper is not None
    assert paper.fees is not None
    return PaperExecution(
        label=plan.entrypoint.exchange,
        models={i.id: _model(fill_model, venue) for i in instruments},
        account=Ledger(instruments, plan.start_balances),
        fees=FeeSchedule(Decimal(paper.fees.maker_bps), Decimal(paper.fees.taker_bps), venue.fee_asset),
        codes=venue.reject_codes,
        recorder=recorder,
        latency=_latency(paper, fill_model),
    )


def open_ideal(plan: Plan, instruments: Sequence[Instrument], fill_model: FillModel, venue: VenueProfile) -> PaperExecution:
    """Return the optimist beside a session: no latency, no slippage, all of a bar's volume, no memory of liquidity taken.

    It has its own metrics, which nobody sees, and more money than any order costs.
    """
    paper = plan.entrypoint.paper
    assert paper is not None
    assert paper.fees is not None
    scales = Ledger(instruments, {}).scales
    rich = {asset: Decimal(_RICHES).scaleb(-scale) for asset, scale in scales.items()}
    return PaperExecution(
        label=plan.entrypoint.exchange,
        models={i.id: _ideal_model(fill_model, venue) for i in instruments},
        account=Ledger(instruments, rich),
        fees=FeeSchedule(Decimal(paper.fees.maker_bps), Decimal(paper.fees.taker_bps), venue.fee_asset),
        codes=venue.reject_codes,
        recorder=MemoryRecorder(),
    )


def _model(fill_model: FillModel, venue: VenueProfile) -> MarketModel:
    if fill_model == "bar":
        return BarModel()
    return DepthModel(lambda: OrderBook(remembers_taken=True, estimates_queue=True), self_trade=venue.self_trade)


def _ideal_model(fill_model: FillModel, venue: VenueProfile) -> MarketModel:
    if fill_model == "bar":
        return BarModel(slippage=ConstantSlippage(Decimal(0)), participation=(1, 1))
    return DepthModel(lambda: OrderBook(estimates_queue=True), venue.self_trade, offers_again=True)


def _latency(paper: PaperProfile, fill_model: FillModel) -> LatencyModel | None:
    """Return how long messages take; an order decided on a bar waits for the open of the next one without that."""
    default = BOOK_LATENCY_MS if fill_model == "book" else Decimal(0)
    each_way = steps_up(default if paper.latency_ms is None else paper.latency_ms, _NS, "latency_ms")
    return ConstantLatency(each_way, each_way) if each_way else None


def open_dispatcher(
    plan: Plan,
    instruments: Sequence[Instrument],
    engine: Engine,
    execution: ExecutionService,
    journal: Journal,
    alert: Callable[[Alert], None],
    on_decision: Callable[[Record], None] | None = None,
) -> Dispatcher:
    """Tie them together; bars are built here when the timeframe comes from trades."""
    bars = {i.id: BarBuilder(i, plan.timeframe_ns) for i in instruments} if needs_trades(plan) else {}
    made = Dispatcher(engine=engine, execution=execution, journal=journal, alert=alert, bars=bars)
    made.on_decision = on_decision
    return made
