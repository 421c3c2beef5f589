"""The commands of a run, rebuilt from its log in the words of a session's engine, one by one and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from golive.engine.auto_trader import AutoTrader
from golive.engine.notes import ended_body, fill_body, order_body, purpose_of
from golive.engine.round_trip import RoundTrips
from golive.matching.columns import IntColumn
from golive.model.alert import AlertSeverity
from golive.model.clock import to_iso
from golive.model.command import Alert, Cancel, Command, Record, SetTimer, Submit
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.event import Operator, OperatorAction
from golive.model.ids import FillId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.order import Fill, Liquidity, NewOrder, Side
from golive.orders import Order
from golive.risk.restated import restated

from . import layout as at
from .objections import Objections
from .reading import Entry, Stops, entries_of, run_of
from .result import ColumnRun

_CAUSES: Final = ("target_changed", "order_unfilled")


@dataclass(slots=True)
class _Desk:
    """What the log has said of one instrument so far."""

    instrument: Instrument
    signals: int = 0
    signal_id: str = ""
    order: Order | None = None
    approval: Approved | None = None

    @property
    def working(self) -> Order:
        assert self.order is not None
        return self.order


class _Reader:
    """Turns entries into commands."""

    def __init__(self, run: ColumnRun, fills: IntColumn) -> None:
        self._run = run
        self._terms = run.terms
        self._fills = fills
        self._desks = [_Desk(instrument) for instrument in run.instruments]
        self._objections = Objections(run.terms.profile, run.instruments)
        self._entry_ttl = int(run.terms.parameters.get("entry_ttl_bars", 0.0)) * run.terms.timeframe_ns
        self._stops = Stops(run)
        self._ledger = run.terms.ledger(run.instruments)
        self._trips = RoundTrips(self._ledger)
        self._trader = AutoTrader()
        self._seq = self._proposals = self._fill = 0
        self._read: Mapping[int, Callable[[Entry, _Desk], Iterator[Command]]] = {
            at.SIGNAL: self._signal,
            at.NEUTRAL: self._neutral,
            at.INACTION: self._inaction,
            at.PASSED: self._judged,
            at.REFUSED: self._judged,
            at.SUBMITTED: self._submitted,
            at.CANCEL: self._cancel,
            at.CANCELED: self._canceled,
            at.FAILED: self._failed,
            at.FILLED_: self._filled,
            at.LOSS: self._loss,
            at.FINISH: self._finish,
        }

    def commands(self) -> Iterator[Command]:
        for action, cause in ((OperatorAction.START, "session_start"), (OperatorAction.CONFIRM, "session_command")):
            yield from self._acted(Operator(action, self._terms.operator, cause, self._run.began))
        for entry in entries_of(self._run.log):
            yield from self._read[entry.kind](entry, self._desks[entry.desk])

    def _record(self, ts: int, event: str, body: Mapping[str, JsonValue], verdict: Approved | Refused | None = None) -> Record:
        self._seq += 1
        return Record(self._seq, ts, event, body, verdict)

    def _signal(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        desk.signals += 1
        desk.signal_id = f"{desk.instrument.id}#{desk.signals}"
        target = float(self._run.targets[entry.words[0]])
        body = {
            "instrument": str(desk.instrument.id), "signal_id": desk.signal_id, "target": f"{target:.6g}",
            "cause": _CAUSES[entry.detail],
        }  # fmt: skip
        yield self._record(entry.ts, "signal_received", body)

    def _neutral(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        body = {"instrument": str(desk.instrument.id), "signal_id": desk.signal_id, "code": str(at.CODES[entry.detail])}
        yield self._record(entry.ts, "signal_neutral", body)

    def _inaction(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        run = run_of(entry)
        body: dict[str, JsonValue] = {
            "instrument": str(desk.instrument.id), "code": str(run.code), "from": to_iso(run.since), "to": to_iso(run.until),
            "bars": run.bars,
        }  # fmt: skip
        yield self._record(entry.ts, "inaction", body)

    def _judged(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        kind, side, number = at.TYPES[entry.detail & 7], entry.detail >> 3 & 1, entry.detail >> 4
        quantity, reference, level, *judged = entry.words
        self._proposals += 1
        instrument = desk.instrument
        order = NewOrder(
            self._terms.new_id(self._proposals), instrument.id, Side.BUY if side else Side.SELL, kind, quantity,
            level if kind.has_price else None, signal_id=desk.signal_id, trigger=level if kind.has_trigger else None,
            trail=level if kind.sleeps and not kind.has_trigger else None,
        )  # fmt: skip
        code, seq = at.CODES[number], self._seq + 1
        body: dict[str, JsonValue] = {
            "instrument": str(instrument.id), "side": str(order.side), "quantity": instrument.quantity_text(quantity),
            "price": None if order.price is None else instrument.price_text(order.price), "signal_id": desk.signal_id,
            "reference_price": instrument.price_text(reference), "client_order_id": order.client_order_id, "code": code,
            "purpose": purpose_of(order),
        }  # fmt: skip
        if code is DecisionCode.APPROVED:
            desk.approval, desk.order = restated(order, seq), Order(order, self._proposals, entry.ts)
            yield self._record(entry.ts, "risk_check_passed", body, desk.approval)
        else:
            limit, value = self._objections.words(instrument, number, *judged)
            verdict = Refused(order, seq, code, limit, value)
            yield self._record(entry.ts, "risk_rejected", {**body, "limit": limit, "value": value}, verdict)

    def _submitted(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        assert desk.approval is not None
        order = desk.working
        yield Submit(desk.approval)
        yield self._record(order.planned_at, "order_submitted", order_body(desk.instrument, order.intent))
        if order.intent.price is not None and self._entry_ttl:
            yield SetTimer(f"entry_ttl:{order.intent.client_order_id}", order.planned_at + self._entry_ttl)

    def _cancel(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        yield Cancel(desk.working.intent.client_order_id)

    def _canceled(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        body = ended_body(desk.instrument, desk.working.intent, self._code(entry.detail))
        yield self._record(entry.ts, "order_canceled", body)

    def _failed(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        code = self._code(entry.detail & 255)
        yield self._record(entry.ts, "order_failed", ended_body(desk.instrument, desk.working.intent, code))
        if entry.detail >> 8:
            title = f"the position in {desk.instrument.id} has no protective order"
            yield Alert("execution", AlertSeverity.CRITICAL, title, f"the venue refused it: {code}")

    def _filled(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        fill, intent = self._next_fill(desk), desk.working.intent
        held = self._ledger.apply(fill)
        body = fill_body(desk.instrument, intent, fill, desk.working.planned_at)
        yield self._record(entry.ts, "order_executed" if entry.detail else "order_partially_executed", body)
        for event, told in self._trips.after(fill, intent, held):
            yield self._record(entry.ts, event, told)

    def _next_fill(self, desk: _Desk) -> Fill:
        row = self._fills[self._fill].tolist()
        self._fill += 1
        flags, instrument, intent = row[at.FILL_FLAGS], desk.instrument, desk.working.intent
        return Fill(
            FillId(self._terms.label, f"paper-{self._fill}"), intent.client_order_id, instrument.id, row[at.FILL_TS], intent.side,
            row[at.FILL_TICKS], row[at.FILL_LOTS], row[at.FILL_FEE],
            instrument.base if flags & at.BASE_FEE_FLAG else instrument.quote,
            Liquidity.MAKER if flags & at.MAKER_FLAG else Liquidity.TAKER,
        )  # fmt: skip

    def _loss(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        for use in self._stops.reached(entry):
            title = f"{use.limit} reached: {use.used} of {use.allowed}"
            yield Alert("risk", AlertSeverity.CRITICAL, title, "risk-increasing orders are refused")

    def _finish(self, entry: Entry, desk: _Desk) -> Iterator[Command]:
        yield from self._acted(Operator(OperatorAction.STOP, "session", "session_end", entry.ts))

    def _acted(self, operator: Operator) -> Iterator[Command]:
        moved = self._trader.act(operator)
        assert moved is not None
        yield self._record(operator.ts, "auto_trader_transition", moved.body)

    def _code(self, reason: int) -> str:
        name = at.REASONS[reason]
        return self._terms.codes.get(name, name)


def commands_of(run: ColumnRun, fills: IntColumn) -> Iterator[Command]:
    """Yield what the engine asks for in a session over the same candles, from the confirmation to the end."""
    return _Reader(run, fills).commands()
