"""The account as risk is shown it before an order by hand: what the venue says it holds, at the prices of its books.

A command is a process of its own, so what risk must remember of the account's equity is kept in the order journal between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Final

from golive.model.balance import Balance
from golive.model.clock import MINUTE
from golive.model.decision import DecisionCode, Refused
from golive.model.errors import MalformedPayload
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.market import Book, Candle
from golive.model.money import EXACT, steps_down, steps_up
from golive.model.order import NewOrder, Side
from golive.orders import Order
from golive.portfolio import EquityTrack
from golive.risk import AccountView, Costs, Reference, RiskEngine
from golive.risk.costs import CostTrack
from golive.risk.statistics import PriceStatistics

EQUITY: Final = "equity"
"""the note that keeps an account's equity track; its subject is the quote asset"""
_AMOUNTS: Final = ("start", "peak", "day_start", "last")
_WEEK: Final = ("week", "week_start", "worst_week", "worst_week_loss")
Fall = tuple[int, int]
"""(fall, from) in smallest units"""
_FALLS: Final = ("worst_drawdown", "worst_today", "worst_day_loss")
REFERENCES: Final = 2
"""book and closed minute: two prices that do not come from one another"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """What an account holds, by asset, and the books of the instruments that share the order's quote asset."""

    balances: Mapping[str, Balance]
    instruments: Mapping[InstrumentId, Instrument]
    books: Mapping[InstrumentId, Book]
    asked_at: Mapping[InstrumentId, int] = field(default_factory=dict)
    """when each book was asked for: wall clock, ns UTC; the venue answers with one that is not older"""
    minutes: Mapping[InstrumentId, Candle] = field(default_factory=dict)
    """the last closed minute of what may be ordered"""
    statistics: Mapping[InstrumentId, PriceStatistics] = field(default_factory=dict)
    """of what is held, works or may be ordered, from bars of the entrypoint's timeframe"""

    def equity(self, quote: Instrument) -> int | None:
        """Return what all is worth in `quote`'s quote asset, at what it could be sold for now; None without a price.

        Smallest units. An asset that none of the instruments trades is not counted.
        """
        amount = self._units(quote.quote, quote.quote_scale)
        for key, instrument in self._priced(quote):
            units = self._units(instrument.base, instrument.base_scale)
            bids = self.books[key].bids if key in self.books else ()
            if units and not bids:
                return None
            if units:
                # Instruments of one quote asset may keep it in other units.
                value = instrument.value_of_base(units, bids[0][0])
                amount += _rescaled(value, instrument.quote_scale, quote.quote_scale)
        return amount

    def positions(self, quote: Instrument) -> dict[InstrumentId, int]:
        """Return the whole lots that are held, by instrument."""
        return {key: steps_down(self._amount(instrument.base), instrument.lot_size) for key, instrument in self._priced(quote)}

    def asks(self, quote: Instrument) -> dict[InstrumentId, int]:
        """Return what the next lot costs, in ticks, where somebody sells."""
        return {key: self.books[key].asks[0][0] for key, _ in self._priced(quote) if key in self.books and self.books[key].asks}

    def references(self, order: NewOrder) -> tuple[Reference, ...]:
        """Return what the market says of an order's price: the touch that it would meet, and the last closed minute."""
        found, book = [], self.books.get(order.instrument)
        touch = () if book is None else book.asks if order.side is Side.BUY else book.bids
        if touch and order.instrument in self.asked_at:
            found.append(Reference("book", touch[0][0], self.asked_at[order.instrument]))
        if (minute := self.minutes.get(order.instrument)) is not None:
            found.append(Reference("candle", minute.close, minute.closed_at, MINUTE))
        return tuple(found)

    def volatility(self) -> dict[InstrumentId, float]:
        """Return a year's volatility of each instrument of which enough bars are known."""
        known = ((key, each.volatility) for key, each in self.statistics.items())
        return {key: value for key, value in known if value is not None}

    def atr(self) -> dict[InstrumentId, float]:
        """Return the average true range in ticks, of each instrument of which enough bars are known."""
        known = ((key, each.atr) for key, each in self.statistics.items())
        return {key: value for key, value in known if value is not None}

    def notional(self, key: InstrumentId, ticks: int, lots: int) -> int:
        return self.instruments[key].notional(ticks, lots)

    def _priced(self, quote: Instrument) -> list[tuple[InstrumentId, Instrument]]:
        return [(key, each) for key, each in self.instruments.items() if each.quote == quote.quote]

    def _amount(self, asset: str) -> Decimal:
        held = self.balances.get(asset)
        return Decimal(0) if held is None else Decimal(held.total).scaleb(-held.scale, EXACT)

    def _units(self, asset: str, scale: int) -> int:
        return steps_down(self._amount(asset), Decimal(1).scaleb(-scale))


@dataclass(slots=True)
class Spending:
    """What trading one account cost so far; amounts in smallest quote units."""

    track: CostTrack
    fees: int
    """all that was ever paid"""

    def costs(self, risk: RiskEngine, ts: int) -> Costs | None:
        """Return fees and result of the last 30 days; None before there are so many, or when equity is not known."""
        if risk.equity is None:
            return None
        self.track.begin(ts, risk.track.day_start, self.fees)
        return self.track.costs(ts, risk.equity, self.fees)


def judged_account(
    order: NewOrder, holdings: Holdings, working: Iterable[Order], risk: RiskEngine, ts: int, spending: Spending | None = None
) -> AccountView:
    """Tell risk what the account is worth now, and return the view it judges `order` by.

    `working`: our orders that have not ended; one whose outcome is unknown counts as filled. `ts`: wall clock, ns UTC.
    """
    view = present_account(order.instrument, order.price, holdings, working, risk, ts, spending)
    return replace(view, references={order.instrument: holdings.references(order)}, references_needed=REFERENCES)


def present_account(
    key: InstrumentId,
    limit: int | None,
    holdings: Holdings,
    working: Iterable[Order],
    risk: RiskEngine,
    ts: int,
    spending: Spending | None,
) -> AccountView:
    """Tell risk what the account is worth now, and return the view of an instrument at `limit` ticks; None: at its ask."""
    instrument = holdings.instruments[key]
    equity, lots, prices = holdings.equity(instrument), holdings.positions(instrument), holdings.asks(instrument)
    worth = {key: holdings.notional(key, prices[key], count) for key, count in lots.items() if count and key in prices}
    risk.observe(equity, ts, max(worth.values(), default=0), sum(count > 0 for count in lots.values()), sum(worth.values()))
    if limit is not None and key in prices:
        prices[key] = max(prices[key], limit)
    pending: dict[Side, dict[InstrumentId, int]] = {Side.BUY: {}, Side.SELL: {}}
    for other in (working := tuple(working)):
        side = pending[other.intent.side]
        side[other.intent.instrument] = side.get(other.intent.instrument, 0) + other.remaining
    track, asked_at = risk.track, holdings.asked_at.get(key)
    return AccountView(
        equity=equity,
        day_start_equity=None if equity is None else track.day_start,
        peak_equity=None if equity is None else track.peak,
        positions=lots,
        pending_buys=pending[Side.BUY],
        prices=prices,
        notional=holdings.notional,
        worst_today=track.worst_today,
        worst_drawdown=track.worst_drawdown,
        now=ts,
        week_start_equity=None if equity is None else track.week_start,
        worst_week=track.worst_week,
        pending_sells=pending[Side.SELL],
        open_orders=len(working),
        updated={} if asked_at is None else {key: asked_at},
        volatility=holdings.volatility(),
        atr=holdings.atr(),
        costs=None if spending is None else spending.costs(risk, ts),
        flow=risk.flow,
        lot_limits=risk.profile.lot_limits(holdings.instruments.values()),
        quote_unit=10**instrument.quote_scale,
        trading_state=risk.trading_state,
    )


def in_amounts(refused: Refused, instrument: Instrument) -> Refused:
    """Return a refusal whose limit and value are lots with amounts of the base asset instead: the words of a person."""
    if refused.code not in (DecisionCode.RISK_FLIP, DecisionCode.RISK_MAX_QUANTITY):
        return refused
    limit, value = (instrument.quantity_text(int(lots)) for lots in (refused.limit, refused.value))
    return replace(refused, limit=limit, value=value)


def track_body(track: EquityTrack, asset: str, scale: int, costs: CostTrack | None = None) -> JsonObject:
    """Return the body of the note that keeps a track, and equity and fees at the beginning of each day; numbers as text."""
    texts = {name: _text(value) for name, value in asdict(track).items()}
    days: list[JsonValue] = [f"{day}/{equity}/{fees}" for day, equity, fees in (costs.days if costs else ())]
    return {"subject": asset, "scale": str(scale), **texts, "days": days}


def stored_track(notes: Mapping[str, JsonObject], asset: str, scale: int) -> EquityTrack:
    """Return the track that a journal keeps, or a new one; one in other units is converted, rounded against us.

    Raises MalformedPayload when the note cannot be read: what risk would not remember it must not forget.
    """
    body = notes.get(f"{EQUITY}:{asset}")
    if body is None or "peak" not in body:
        return EquityTrack()
    try:
        amounts = {name: int(str(body[name])) for name in ("scale", *_AMOUNTS, "day")}
        drawdown, today, worst_day = (_fall(str(body[name])) for name in _FALLS)
    except (ValueError, KeyError) as exc:
        raise MalformedPayload(f"the journal's note of equity in {asset} cannot be read: {exc}") from exc
    start, peak, day_start, last = (_rescaled(amounts[name], amounts["scale"], scale) for name in _AMOUNTS)
    return EquityTrack(
        start, peak, amounts["day"], day_start, last, drawdown, today, worst_day, *_week(body, amounts["scale"], scale)
    )


def stored_costs(notes: Mapping[str, JsonObject], asset: str, scale: int) -> CostTrack:
    """Return what a journal keeps of equity and fees day by day; nothing of a note from before they were kept.

    Raises MalformedPayload when it cannot be read.
    """
    body = notes.get(f"{EQUITY}:{asset}", {})
    days = body.get("days", [])
    try:
        if not isinstance(days, list):
            raise ValueError("days are not a list")
        read = [[int(part) for part in str(text).split("/")] for text in days]
        source = int(str(body["scale"])) if read else scale
        return CostTrack((day, _rescaled(equity, source, scale), _rescaled(fees, source, scale)) for day, equity, fees in read)
    except (ValueError, KeyError) as exc:
        raise MalformedPayload(f"the journal's note of equity in {asset} cannot be read: {exc}") from exc


def _week(body: JsonObject, scale: int, target: int) -> tuple[int, int, Fall, Fall]:
    """Return the week of a track; of a note from before weeks were followed, one that begins with the next day."""
    if not all(name in body for name in _WEEK):
        return -1, 0, (0, 1), (0, 1)
    week, start, worst, worst_ever = (str(body[name]) for name in _WEEK)
    return int(week), _rescaled(int(start), scale, target), _fall(worst), _fall(worst_ever)


def _fall(text: str) -> Fall:
    part, _, whole = text.partition("/")
    return int(part), int(whole)


def _text(value: int | tuple[int, int] | None) -> str:
    if isinstance(value, tuple):
        return f"{value[0]}/{value[1]}"
    return str(value or 0)


def _rescaled(units: int, scale: int, target: int) -> int:
    """Return an amount in units of 10^-target, rounded up where those are larger: a peak never shrinks."""
    return steps_up(Decimal(units).scaleb(-scale, EXACT), Decimal(1).scaleb(-target))
