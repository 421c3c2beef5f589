"""The chain of a signal and the moment of a session, read from its store and held against the decision journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.audit.decision_event import DECISIONS, FOR_PROTECTION
from golive.engine.codec import decode_event
from golive.model.clock import SECOND, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.model.money import format_decimal
from golive.storage.session_identity import STRATEGY
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import StoredRecord

from ..journal_doubts import journal_doubts
from ..member_told import members_told
from ..session_rows import FillLine
from ..session_view import SessionView, view_session
from .asked import SignalName, WhenAsked
from .chain import BarTold, DecisionTold, DeskMoment, DeskState, IdleTold, MomentStory, OrderTold, SignalStory, SignalTold

_SIGNAL: Final = "signal_received"
_FILLED: Final = ("order_executed", "order_partially_executed")
_ENDS: Final = ("order_executed", "order_failed", "order_canceled")
_OPENED, _CLOSED = "json_extract(CAST(body AS TEXT), '$[1]')", "json_extract(CAST(body AS TEXT), '$[2]')"
_INSTRUMENT: Final = "json_extract(CAST(body AS TEXT), '$[0]')"


class _Chain:
    """One session's store while it is open: its lists, its records, its candles."""

    def __init__(self, reader: SessionReader, view: SessionView) -> None:
        self.reader = reader
        self.view = view
        self.records: Sequence[StoredRecord] = reader.records()
        self.instruments: Mapping[str, Instrument] = {str(each.id): each for each in reader.identity.terms.instruments}

    def of(self, instrument: str) -> list[StoredRecord]:
        """Return the records that tell of one instrument, in order."""
        return [record for record in self.records if record.body.get("instrument") == instrument]

    def bar(self, instrument: str, ts: int, *, closed: bool) -> BarTold | None:
        """Return the newest bar that was `closed` by a time, or else the one that the time lies in or closes."""
        when = f"{_CLOSED} <= ?2" if closed else f"{_OPENED} < ?2 AND {_CLOSED} >= ?2"
        query = f"SELECT kind, body FROM events WHERE kind = 'Candle' AND {_INSTRUMENT} = ?1 AND {when} ORDER BY seq DESC LIMIT 1"  # noqa: S608 (names of ours; values are bound)
        for kind, body in self.reader.query(query, (instrument, ts)):
            candle = decode_event(kind, body)
            assert isinstance(candle, Candle)
            return _bar(candle, self.instruments[instrument])
        return None

    def span(self) -> tuple[int, int] | None:
        """Return when the first bar opened and the last one closed; None before any."""
        query = f"SELECT min({_OPENED}), max({_CLOSED}) FROM events WHERE kind = 'Candle'"  # noqa: S608 (names of ours; values are bound)
        first, last = next(self.reader.query(query))
        return None if first is None else (int(first), int(last))

    def doubts(self, home: Path) -> tuple[str, ...]:
        """Return why what was read cannot be believed: no keys, or a decision journal that does not say the same of it all."""
        return journal_doubts(self.view.head, home, self.records)


def signal_story(path: Path, home: Path, name: SignalName) -> SignalStory:
    """Return the chain of a signal. ConfigError when the session has no such signal; JournalError when it cannot be believed."""
    view = view_session(path, home)
    with closing(SessionReader(path)) as reader:
        chain = _Chain(reader, view)
        instrument = _instrument_named(name, chain)
        records = chain.of(instrument)
        signals = _signals(records)
        wanted = f"{instrument}#{name.number}"
        if wanted not in signals:
            last = f"the last one of {instrument} is {list(signals)[-1]}" if signals else f"{instrument} had none"
            raise ConfigError(f"session {view.head.run_id[:8]} had no signal {wanted}; {last}")
        record, before = signals[wanted]
        about = [each for each in records if each.body.get("signal_id") == wanted]
        ids = [str(each.body["client_order_id"]) for each in about if each.event == "risk_check_passed"]
        orders = tuple(
            OrderTold(order=line, fills=tuple(fill for fill in view.fills if fill.client_order_id == line.client_order_id))
            for line in view.orders
            if line.client_order_id in ids
        )
        fills = [fill for each in orders for fill in each.fills]
        realized = [each.body for each in about if each.event == "realized_pnl_recorded"]
        return SignalStory(
            session=view.head,
            strategy=reader.identity.terms.rules.get(STRATEGY, ""),
            signal=_signal_told(record, before, chain, instrument),
            decision=next(iter(_decisions(_first_of(about))), None),
            orders=orders,
            position_before=_position(chain, instrument, [each for each in records if each.record_seq < record.record_seq]),
            position_after=_position(chain, instrument, [each for each in records if each.record_seq <= about[-1].record_seq]),
            fees=_fees(fills),
            realized=format_decimal(sum((Decimal(str(each["realized"])) for each in realized), Decimal(0))) if realized else None,
            realized_asset=chain.instruments[instrument].quote,
            doubts=chain.doubts(home),
        )


def moment_story(path: Path, home: Path, asked: WhenAsked) -> MomentStory:
    """Return what all desks did on the bar that a time lies in or closes; the very first moment is of the first bar.

    ConfigError when the session saw no bar then; JournalError as `signal_story`.
    """
    view = view_session(path, home)
    with closing(SessionReader(path)) as reader:
        chain = _Chain(reader, view)
        span = chain.span()
        if span is None:
            raise ConfigError(f"session {view.head.run_id[:8]} has seen no bar yet")
        at = asked.within(span)
        if not span[0] <= at <= span[1]:
            nearest = span[0] if at < span[0] else span[1]
            raise ConfigError(
                f"session {view.head.run_id[:8]} saw no bar at {to_iso(at)}: its bars are from {to_iso(span[0])} to "
                f"{to_iso(span[1])}; the nearest is at {to_iso(nearest // SECOND * SECOND)}. Another session: --session RUN_ID"
            )
        desks = tuple(_desk(chain, instrument, max(at, span[0] + 1)) for instrument in chain.instruments)
        return MomentStory(session=view.head, at=at, desks=desks, doubts=chain.doubts(home))


def origin_of(path: Path, home: Path, signal_id: str) -> SignalTold | None:
    """Return the signal that an order of a session was made for; None when its store does not have it."""
    view = view_session(path, home)
    with closing(SessionReader(path)) as reader:
        chain = _Chain(reader, view)
        instrument = signal_id.rpartition("#")[0]
        if instrument not in chain.instruments:
            return None
        found = _signals(chain.of(instrument)).get(signal_id)
        return None if found is None else _signal_told(*found, chain, instrument)


def _desk(chain: _Chain, instrument: str, at: int) -> DeskMoment:
    bar = chain.bar(instrument, at, closed=False)
    opened, closed = (at, at) if bar is None else (bar.opened_at, bar.closed_at)
    records = chain.of(instrument)
    by_then = [each for each in records if each.ts <= closed]
    on_bar = [each for each in by_then if opened < each.ts and (each.event in DECISIONS or each.event == _SIGNAL)]
    seen = by_then if not on_bar else [each for each in by_then if each.record_seq < on_bar[0].record_seq]
    signals = [each for each in by_then if each.event == _SIGNAL]
    before = [each for each in seen if each.event == _SIGNAL]
    runs = [each for each in records if each.event == "inaction"]
    fills = [fill for fill in chain.view.fills if fill.instrument == instrument]
    return DeskMoment(
        instrument=instrument,
        bar=bar,
        target=None if not signals else str(signals[-1].body["target"]),
        target_before=None if not before else str(before[-1].body["target"]),
        signal_id=None if not signals else str(signals[-1].body["signal_id"]),
        idle=next((run for run in map(_idle, runs) if run.since <= opened and closed <= run.until), None),
        decisions=tuple(_decisions(on_bar)),
        fills=tuple(fill for fill in fills if opened < fill.ts <= closed),
        before=_state(chain, instrument, seen),
        after=_state(chain, instrument, by_then),
    )


def _state(chain: _Chain, instrument: str, records: Sequence[StoredRecord]) -> DeskState:
    """Return how a desk stood when these records of it had been written, all of before the last among them."""
    ordered = {str(each.body["client_order_id"]) for each in records if each.event == "risk_check_passed"}
    ended = {str(each.body["client_order_id"]) for each in records if each.event in _ENDS}
    return DeskState(
        position=_position(chain, instrument, records),
        open_orders=tuple(line for line in chain.view.orders if line.client_order_id in ordered - ended),
    )


def _first_of(about: Iterable[StoredRecord]) -> Iterator[StoredRecord]:
    """Yield what was decided about a signal itself: the orders that protect a position have its id, and are none of it."""
    return (each for each in about if each.body.get("purpose") != FOR_PROTECTION)


def _decisions(records: Iterable[StoredRecord]) -> Iterator[DecisionTold]:
    for record in records:
        if record.event not in DECISIONS:
            continue
        body = record.body

        def text(name: str, body: Mapping[str, object] = body) -> str | None:
            return None if body.get(name) is None else str(body[name])

        yield DecisionTold(
            record_seq=record.record_seq,
            ts=record.ts,
            event=record.event,
            code=str(body["code"]),
            limit=text("limit"),
            value=text("value"),
            reference_price=text("reference_price"),
            client_order_id=text("client_order_id"),
            signal_id=str(body["signal_id"]),
            purpose=text("purpose"),
        )


def _signals(records: Iterable[StoredRecord]) -> dict[str, tuple[StoredRecord, StoredRecord | None]]:
    """Return the signals among the records by id, each with the one before it."""
    found: dict[str, tuple[StoredRecord, StoredRecord | None]] = {}
    before = None
    for record in records:
        if record.event == _SIGNAL:
            found[str(record.body["signal_id"])] = (record, before)
            before = record
    return found


def _signal_told(record: StoredRecord, before: StoredRecord | None, chain: _Chain, instrument: str) -> SignalTold:
    return SignalTold(
        signal_id=str(record.body["signal_id"]),
        instrument=instrument,
        ts=record.ts,
        cause=str(record.body["cause"]),
        target=str(record.body["target"]),
        target_before=None if before is None else str(before.body["target"]),
        members=members_told(record.body),
        bar=chain.bar(instrument, record.ts, closed=True),
    )


def _instrument_named(name: SignalName, chain: _Chain) -> str:
    found = [key for key in chain.instruments if name.fits(InstrumentId.parse(key))]
    if len(found) != 1:
        traded = ", ".join(chain.instruments)
        raise ConfigError(f"session {chain.view.head.run_id[:8]} does not trade {name.instrument}; it trades {traded}")
    return found[0]


def _idle(record: StoredRecord) -> IdleTold:
    body = record.body
    since, until = from_iso(str(body["from"])), from_iso(str(body["to"]))
    members = members_told(body)
    return IdleTold(code=str(body["code"]), since=since, until=until, bars=int(str(body["bars"])), members=members)


def _bar(candle: Candle, instrument: Instrument) -> BarTold:
    price = instrument.price_text
    return BarTold(
        opened_at=candle.opened_at,
        closed_at=candle.closed_at,
        open=price(candle.open),
        high=price(candle.high),
        low=price(candle.low),
        close=price(candle.close),
        volume=instrument.quantity_text(candle.volume),
    )


def _position(chain: _Chain, instrument: str, records: Iterable[StoredRecord]) -> str:
    """Return what was held of an instrument when these records had been written, all of before the last among them."""
    after = {fill.fill_id: fill.position_after for fill in chain.view.fills if fill.instrument == instrument}
    held = [after[str(each.body["fill_id"])] for each in records if each.event in _FILLED and str(each.body["fill_id"]) in after]
    if held:
        return held[-1]
    spec = chain.instruments[instrument]
    start = chain.reader.identity.terms.start_balances.get(spec.base, Decimal(0))
    return spec.quantity_text(spec.lots_down(format_decimal(start)))


def _fees(fills: Iterable[FillLine]) -> dict[str, str]:
    total: dict[str, Decimal] = {}
    for fill in fills:
        total[fill.fee_asset] = total.get(fill.fee_asset, Decimal(0)) + Decimal(fill.fee)
    return {asset: format_decimal(amount) for asset, amount in sorted(total.items())}
