"""From the engine's state to the deterministic half of a report: what was decided, ordered, filled and earned.

Equal seed, data and configuration give equal bytes: no wall clock, no run id, no key, no client order id goes in here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from golive.engine import Engine
from golive.model.decision import REFUSALS
from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.order import Fill
from golive.observability.equity import EquityTrace
from golive.observability.outcome import (
    BalanceRow,
    BreachRow,
    Decisions,
    EquityOutcome,
    FillRow,
    InactionRun,
    InstrumentGrid,
    LimitStateRow,
    MarketOutcome,
    OrderRow,
    Outcome,
    Pnl,
    PositionRow,
    RiskLimitRow,
    RiskOutcome,
)
from golive.orders import Order
from golive.portfolio import Ledger, check_books
from golive.risk.limit_state import STOOD_AT

from .market_facts import MarketFacts


@dataclass(frozen=True, slots=True)
class MarketSpan:
    """The first and last moment of market time that the session saw, ns UTC; None before any."""

    first_ts: int | None
    last_ts: int | None


def outcome_of(engine: Engine, facts: MarketFacts, span: MarketSpan, commands_sha256: str) -> Outcome:
    """Return the report's `outcome`."""
    instruments = [desk.instrument for desk in engine.desks.values()]
    sequence = {order.intent.client_order_id: order.sequence for order in engine.orders}
    return Outcome(
        market=_market(engine, facts, span, instruments),
        decisions=_decisions(engine, commands_sha256),
        orders=tuple(_order(order, engine) for order in engine.orders),
        fills=tuple(
            _fill(n, fill, after, sequence[fill.client_order_id], engine) for n, (fill, after) in enumerate(engine.fills, 1)
        ),
        balances=_balances(engine.ledger),
        positions=_positions(engine),
        pnl=_pnl(engine),
        equity=_equity(engine, instruments[0]),
        risk=_risk(engine, span),
        breaches=tuple(BreachRow(b.limit, b.ts, b.allowed, b.used) for b in engine.breaches),
    )


def check_accounts_agree(ours: Ledger, venue: Ledger) -> None:
    """Compare our ledger with the execution side's account, and each with its own postings.

    Raises MagnitudeError naming the asset that differs, JournalError naming the account that its postings do not make.
    """
    check_books(ours)
    check_books(venue)
    for asset, balance in ours.balances.items():
        other = venue.balances[asset].total
        if balance.total != other:
            raise MagnitudeError(
                f"the ledger holds {ours.text(asset, balance.total)} {asset}, the execution account {venue.text(asset, other)}"
            )


def _market(engine: Engine, facts: MarketFacts, span: MarketSpan, instruments: list[Instrument]) -> MarketOutcome:
    return MarketOutcome(
        source=facts.source,
        fill_model=facts.fill_model,
        timeframe=facts.timeframe,
        instruments=tuple(
            InstrumentGrid(str(i.id), i.price_text(1), i.quantity_text(1), i.quantity_text(i.min_quantity)) for i in instruments
        ),
        candles=engine.candles,
        first_ts=span.first_ts,
        last_ts=span.last_ts,
        data=facts.data,
        data_sha256=facts.data_sha256,
        volume_unit=facts.volume_unit,
    )


def _decisions(engine: Engine, commands_sha256: str) -> Decisions:
    by_code = {str(code): count for code, count in sorted(engine.decisions.items())}
    return Decisions(
        signals=engine.signals,
        approved=by_code.get("APPROVED", 0),
        refused=sum(count for code, count in by_code.items() if code in REFUSALS),
        by_code=by_code,
        inaction=tuple(
            InactionRun(str(key), str(run.code), from_=run.since, to=run.until, bars=run.bars) for key, run in engine.runs()
        ),
        commands_sha256=commands_sha256,
    )


def _order(order: Order, engine: Engine) -> OrderRow:
    intent = order.intent
    instrument = engine.ledger.instruments[intent.instrument]
    return OrderRow(
        seq=order.sequence,
        ts=order.planned_at,
        instrument=str(instrument.id),
        side=intent.side,
        type=intent.type,
        quantity=instrument.quantity_text(intent.quantity),
        price=None if intent.price is None else instrument.price_text(intent.price),
        status=order.status,
        filled=instrument.quantity_text(order.filled),
        code=order.code,
    )


def _fill(number: int, fill: Fill, position_after: int, order_seq: int, engine: Engine) -> FillRow:
    instrument = engine.ledger.instruments[fill.instrument]
    return FillRow(
        seq=number,
        ts=fill.ts,
        order_seq=order_seq,
        fill_id=fill.fill_id.trade_id,
        instrument=str(instrument.id),
        side=fill.side,
        quantity=instrument.quantity_text(fill.quantity),
        price=instrument.price_text(fill.price),
        fee=instrument.base_text(fill.fee) if fill.fee_asset == instrument.base else instrument.quote_text(fill.fee),
        fee_asset=fill.fee_asset,
        liquidity=fill.liquidity,
        position_after=instrument.quantity_text(position_after),
    )


def _balances(ledger: Ledger) -> dict[str, BalanceRow]:
    return {
        asset: BalanceRow(
            ledger.text(asset, ledger.start[asset]), ledger.text(asset, balance.total), ledger.text(asset, balance.reserved)
        )
        for asset, balance in sorted(ledger.balances.items())
    }


def _positions(engine: Engine) -> tuple[PositionRow, ...]:
    ledger, rows = engine.ledger, []
    for key, desk in engine.desks.items():
        lots = ledger.total_lots(key)
        if lots == 0 or not desk.mark:
            continue
        spec = desk.instrument
        average = ledger.positions[key].cost // ledger.notional(key, 1, lots)
        rows.append(
            PositionRow(
                str(key), spec.quantity_text(lots), spec.price_text(average), spec.price_text(desk.mark),
                ledger.text(ledger.quote, ledger.value(key, desk.mark)),
            )
        )  # fmt: skip
    return tuple(rows)


def _pnl(engine: Engine) -> Pnl:
    ledger, track = engine.ledger, engine.risk.track
    start = track.start if track.start is not None else ledger.start[ledger.quote]
    end = engine.risk.equity if engine.risk.equity is not None else start
    realized = sum(position.realized for position in ledger.positions.values())
    fall, peak = track.worst_drawdown

    def text(units: int) -> str:
        return ledger.text(ledger.quote, units)

    return Pnl(
        quote_asset=ledger.quote,
        start_equity=text(start),
        end_equity=text(end),
        net=text(end - start),
        realized=text(realized),
        unrealized=text(end - start - realized),
        fees=text(ledger.fees_in_quote),
        traded_notional=text(ledger.traded_notional),
        return_ratio=round((end - start) / start, 4) if start else 0.0,
        max_drawdown_ratio=round(fall / peak, 4) if peak else 0.0,
    )


def _equity(engine: Engine, first: Instrument) -> EquityOutcome:
    ledger = engine.ledger
    trace = EquityTrace(lambda units: ledger.text(ledger.quote, units), first.price_text)
    for ts, equity, price in engine.curve.rows():
        trace.add(ts, equity, price)
    return trace.outcome()


def _risk(engine: Engine, span: MarketSpan) -> RiskOutcome:
    states = engine.limit_states(span.last_ts or 0)
    others = tuple(LimitStateRow(**asdict(state)) for state in states if state.limit not in STOOD_AT)
    limits = tuple(RiskLimitRow(u.limit, u.allowed, u.used, u.used_ratio, u.band) for u in engine.risk.uses())
    return RiskOutcome(engine.risk.profile.name, engine.risk.state, limits, others)
