"""Time to book a fill: the exact integer ledger, the same ledger in floats, and a `Decimal` oracle that must agree to the unit.

The float ledger does what the exact one does, line for line: lookup, checks, accounts, journal; cost and lots are read
afterwards. It gets the same fills (ticks and lots) and gives the same answer (a position in lots), but its money is floats, and
it has no exact range to leave. A second one is handed fills that are floats already, which spares it every conversion. The oracle
books whole amounts in `Decimal` and knows nothing of ticks, lots or scales.
"""

from __future__ import annotations

import gc
import random
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_FLOOR, Context, Decimal

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.ids import ClientOrderId, FillId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, Side
from golive.portfolio import Ledger
from golive.portfolio.performance import Performance

FILLS = 120_000
ROUNDS = 7
START = {"USDT": Decimal(5_000_000)}
INSTRUMENT = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999"
)
_EXACT = Context(prec=60)
_DOWN = Context(prec=60, rounding=ROUND_DOWN)


def fills(count: int = FILLS, seed: int = 1) -> list[Fill]:
    """Return fills of a market that wanders: both sides, fees in base and quote, rebates; no position is ever sold short."""
    rng, price, held, out = random.Random(seed), 400_000, 0, []
    schedules = [FeeSchedule(Decimal(-1), Decimal(10), asset) for asset in FeeAsset]
    for n in range(count):
        price = max(1000, price + rng.randint(-20, 20))
        buys = held < 10**6 or (held < 10**9 and rng.random() < 0.5)
        side = Side.BUY if buys else Side.SELL
        lots = rng.randint(10_000, 5 * 10**6) if buys else rng.randint(1, min(held, 10**7))
        liquidity = Liquidity.MAKER if rng.random() < 0.3 else Liquidity.TAKER
        fee, asset = rng.choice(schedules).fee(INSTRUMENT, side, price, lots, liquidity)
        fill_id = FillId("okx", str(n))
        order_id = ClientOrderId(f"{n:032x}")
        out.append(Fill(fill_id, order_id, INSTRUMENT.id, n, side, price, lots, fee, asset, liquidity))
        held += side.sign * lots - (fee if asset == INSTRUMENT.base else 0)
    return out


# -- the same ledger in floats --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FloatFill:
    fill_id: FillId
    instrument: InstrumentId
    side: Side
    price: float
    quantity: float
    fee: float
    fee_asset: str


@dataclass(slots=True)
class FloatBalance:
    free: float = 0.0
    reserved: float = 0.0
    venue: float = 0.0
    fees: float = 0.0


@dataclass(slots=True)
class FloatPosition:
    base: float = 0.0
    cost: float = 0.0
    realized: float = 0.0

    def move(self, base: float, quote: float) -> None:
        held = self.base
        left = held + base
        if base > 0 <= held or base < 0 >= held:
            self.base = left
            self.cost -= quote
        elif left == 0:
            self.base, self.realized, self.cost = 0.0, self.realized + quote - self.cost, 0.0
        elif (left > 0) is (held > 0):
            cost = self.cost * -base / held
            self.base = left
            self.cost -= cost
            self.realized += quote - cost
        else:
            closing = quote * held / -base
            self.move(-held, closing)
            self.move(left, quote - closing)


@dataclass(slots=True)
class FloatLots:
    realized: float = 0.0
    lots: deque[list[float]] = field(default_factory=deque)

    def move(self, base: float, quote: float) -> None:
        while base and self.lots and self.lots[0][0] * base < 0:
            lot = self.lots[0]
            if abs(lot[0]) <= abs(base):
                part = quote * lot[0] / -base
                self.realized += part - lot[1]
                base, quote = base + lot[0], quote - part
                self.lots.popleft()
            else:
                cost = lot[1] * -base / lot[0]
                self.realized += quote - cost
                lot[0], lot[1] = lot[0] + base, lot[1] - cost
                return
        if base:
            self.lots.append([base, -quote])
        else:
            self.realized += quote


@dataclass(slots=True, eq=False)
class FloatHolding:
    id: InstrumentId
    base_asset: str
    quote_asset: str
    base: FloatBalance
    quote: FloatBalance
    tick_size: float
    lot_size: float
    base_unit: float
    quote_unit: float


_BUY = Side.BUY
_DUST = -1e-6


class FloatLedger:
    """What the exact ledger does, in floats."""

    def __init__(self, spec: Instrument, start: float) -> None:
        self.balances = {spec.base: FloatBalance(), spec.quote: FloatBalance(start)}
        holding = FloatHolding(
            spec.id, spec.base, spec.quote, self.balances[spec.base], self.balances[spec.quote], float(spec.tick_size),
            float(spec.lot_size), 10**-spec.base_scale, 10**-spec.quote_scale,
        )  # fmt: skip
        self.holdings = {spec.id: holding}
        self._recent = holding
        self.journal: list[tuple[Fill | FloatFill, float]] = []

    def apply(self, fill: Fill) -> int:
        holding = self._recent
        if holding.id is not fill.instrument:
            holding = self._recent = self.holdings[fill.instrument]
        base, quote, lots, price = holding.base, holding.quote, fill.quantity, fill.price
        fee: float = fill.fee
        if lots <= 0 or price <= 0:
            raise ValueError(f"fill {fill.fill_id.trade_id} has no positive price and quantity")
        if fill.side is _BUY:
            base_change = bought = lots * holding.lot_size
            quote_change = received = -bought * price * holding.tick_size
        else:
            base_change = bought = -lots * holding.lot_size
            quote_change = received = -bought * price * holding.tick_size
        payer, fee_asset = None, fill.fee_asset
        if fee_asset == holding.base_asset:
            fee *= holding.base_unit
            base_change -= fee
            charged = base
        elif fee_asset == holding.quote_asset:
            fee *= holding.quote_unit
            quote_change -= fee
            charged = quote
        else:
            charged = payer = self.balances[fee_asset]
        base_free, quote_free = base.free + base_change, quote.free + quote_change
        if base_free < _DUST or quote_free < _DUST:
            raise ValueError(f"fill {fill.fill_id.trade_id} would leave a negative balance")
        if payer is not None:
            payer.free -= fee
        charged.fees += fee
        base.free, quote.free = base_free, quote_free
        base.venue -= bought
        quote.venue -= received
        after = round((base_free + base.reserved) / holding.lot_size)
        self.journal.append((fill, after))
        return after

    def apply_floats(self, fill: FloatFill) -> float:
        """Book a fill without any conversion; return the position in base."""
        holding = self._recent
        if holding.id is not fill.instrument:
            holding = self._recent = self.holdings[fill.instrument]
        base, quote, quantity, price, fee = holding.base, holding.quote, fill.quantity, fill.price, fill.fee
        if quantity <= 0 or price <= 0:
            raise ValueError(f"fill {fill.fill_id.trade_id} has no positive price and quantity")
        if fill.side is _BUY:
            base_change = bought = quantity
            quote_change = received = -quantity * price
        else:
            base_change = bought = -quantity
            quote_change = received = quantity * price
        payer, fee_asset = None, fill.fee_asset
        if fee_asset == holding.base_asset:
            base_change -= fee
            charged = base
        elif fee_asset == holding.quote_asset:
            quote_change -= fee
            charged = quote
        else:
            charged = payer = self.balances[fee_asset]
        base_free, quote_free = base.free + base_change, quote.free + quote_change
        if base_free < _DUST or quote_free < _DUST:
            raise ValueError(f"fill {fill.fill_id.trade_id} would leave a negative balance")
        if payer is not None:
            payer.free -= fee
        charged.fees += fee
        base.free, quote.free = base_free, quote_free
        base.venue -= bought
        quote.venue -= received
        after = base_free + base.reserved
        self.journal.append((fill, after))
        return after


class FloatPerformance:
    """What the exact ledger reads from its journal, in floats."""

    def __init__(self, holdings: dict[InstrumentId, FloatHolding]) -> None:
        self._holdings = holdings
        self.positions = {key: FloatPosition() for key in holdings}
        self.fifo = {key: FloatLots() for key in holdings}
        self.fills = dict.fromkeys(holdings, 0)
        self.turnover = dict.fromkeys((holding.quote_asset for holding in holdings.values()), 0.0)
        self.fees_in_quote = dict.fromkeys(self.turnover, 0.0)
        self.third_fees: defaultdict[str, float] = defaultdict(float)

    def read(self, journal: Sequence[tuple[Fill | FloatFill, float]]) -> None:
        for item in journal:
            self._take_fill(item[0])

    def _take_fill(self, fill: Fill | FloatFill) -> None:
        key = fill.instrument
        holding, sign = self._holdings[key], fill.side.sign
        quantity, price = fill.quantity * holding.lot_size, fill.price * holding.tick_size
        notional = quantity * price
        base, quote = sign * quantity, -sign * notional
        self.turnover[holding.quote_asset] += notional
        if fill.fee_asset == holding.base_asset:
            fee = fill.fee * holding.base_unit
            base -= fee
            self.fees_in_quote[holding.quote_asset] += fee * price
        elif fill.fee_asset == holding.quote_asset:
            fee = fill.fee * holding.quote_unit
            quote -= fee
            self.fees_in_quote[holding.quote_asset] += fee
        else:
            self.third_fees[fill.fee_asset] += fill.fee
        self.positions[key].move(base, quote)
        self.fifo[key].move(base, quote)
        self.fills[key] += 1


def _float_fill(fill: Fill) -> FloatFill:
    scale = INSTRUMENT.base_scale if fill.fee_asset == INSTRUMENT.base else INSTRUMENT.quote_scale
    return FloatFill(
        fill.fill_id, fill.instrument, fill.side, float(INSTRUMENT.price_text(fill.price)),
        float(INSTRUMENT.quantity_text(fill.quantity)), fill.fee / 10**scale, fill.fee_asset,
    )  # fmt: skip


# -- the oracle -----------------------------------------------------------------------------------------------------------


class DecimalLedger:
    """Whole amounts in `Decimal`: balances, fees, average cost and FIFO lots; a part of a cost is rounded down to `unit`."""

    def __init__(self, instrument: Instrument, start: Decimal) -> None:
        self.total: defaultdict[str, Decimal] = defaultdict(Decimal, {instrument.quote: start})
        self.fees: defaultdict[str, Decimal] = defaultdict(Decimal)
        self.cost = self.realized = self.fifo_realized = Decimal(0)
        self.lots: deque[tuple[Decimal, Decimal]] = deque()
        self._instrument = instrument
        self._unit = Decimal(1).scaleb(-instrument.quote_scale)

    def apply(self, side: Side, price: Decimal, quantity: Decimal, fee: Decimal, fee_asset: str) -> None:
        base_asset, quote_asset = self._instrument.base, self._instrument.quote
        held = self.total[base_asset]
        base = quantity if side is Side.BUY else -quantity
        quote = -base * price
        base -= fee if fee_asset == base_asset else 0
        quote -= fee if fee_asset == quote_asset else 0
        self.total[base_asset] += base
        self.total[quote_asset] += quote
        self.fees[fee_asset] += fee
        if base >= 0:
            self.cost -= quote
            self.lots.append((base, -quote))
            return
        sold = self._part(self.cost, -base, held)
        self.cost -= sold
        self.realized += quote - sold
        self._sell_lots(-base, quote)

    def _sell_lots(self, sold: Decimal, proceeds: Decimal) -> None:
        while sold:
            units, cost = self.lots.popleft()
            taken = min(units, sold)
            received = proceeds if taken == sold else self._part(proceeds, taken, sold)
            gone = cost if taken == units else self._part(cost, taken, units)
            self.fifo_realized += received - gone
            if taken < units:
                self.lots.appendleft((units - taken, cost - gone))
            sold, proceeds = sold - taken, proceeds - received

    def _part(self, amount: Decimal, part: Decimal, whole: Decimal) -> Decimal:
        exact = _EXACT.divide(_EXACT.multiply(amount, part), whole)
        return exact.quantize(self._unit, ROUND_FLOOR, _DOWN)


def disagreements(ledger: Ledger, booked: Sequence[Fill]) -> list[str]:
    """Book the same fills in `Decimal` and return every figure that differs from the ledger's, however little."""
    spec = INSTRUMENT
    oracle = DecimalLedger(spec, START[spec.quote])
    scales = {spec.base: spec.base_scale, spec.quote: spec.quote_scale}
    for fill in booked:
        fee = Decimal(fill.fee).scaleb(-scales[fill.fee_asset])
        oracle.apply(fill.side, fill.price * spec.tick_size, fill.quantity * spec.lot_size, fee, fill.fee_asset)
    position, fifo = ledger.positions[spec.id], ledger.performance.fifo[spec.id]
    pairs = {
        **{f"balance of {asset}": (ledger.balances[asset].total, asset, oracle.total[asset]) for asset in scales},
        **{f"fees in {asset}": (ledger.balances[asset].fees, asset, oracle.fees[asset]) for asset in scales},
        "average cost": (position.cost, spec.quote, oracle.cost),
        "realised by average cost": (position.realized, spec.quote, oracle.realized),
        "realised by FIFO": (fifo.realized, spec.quote, oracle.fifo_realized),
        "cost of the open lots": (fifo.cost, spec.quote, sum((cost for _, cost in oracle.lots), Decimal(0))),
        "open lots": (len(fifo.lots) * 10 ** scales[spec.base], spec.base, Decimal(len(oracle.lots))),
    }
    return [
        f"{what}: {ledger.text(asset, units)}, oracle {expected}"
        for what, (units, asset, expected) in pairs.items()
        if Decimal(ledger.text(asset, units)) != expected
    ]


# -- measuring ------------------------------------------------------------------------------------------------------------


def _seconds(book: Callable[[], object]) -> float:
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        book()
        return time.process_time() - began
    finally:
        gc.enable()


def _book_exact(booked: Sequence[Fill]) -> Ledger:
    ledger = Ledger([INSTRUMENT], START)
    apply = ledger.apply
    for fill in booked:
        apply(fill)
    return ledger


def _book_in_floats(booked: Sequence[Fill]) -> FloatLedger:
    ledger = FloatLedger(INSTRUMENT, float(START[INSTRUMENT.quote]))
    apply = ledger.apply
    for fill in booked:
        apply(fill)
    return ledger


def _book_float_fills(booked: Sequence[FloatFill]) -> FloatLedger:
    ledger = FloatLedger(INSTRUMENT, float(START[INSTRUMENT.quote]))
    apply = ledger.apply_floats
    for fill in booked:
        apply(fill)
    return ledger


def print_ledger(rounds: int = ROUNDS) -> None:
    """Print µs a fill of both ledgers, run in turn, with the ratio of their best; and the oracle's verdict."""
    booked = fills()
    float_fills = [_float_fill(fill) for fill in booked]
    exact, floats = _book_exact(booked), _book_in_floats(booked)
    steps: dict[str, tuple[Callable[[], object], Callable[[], object], str]] = {
        "book": (lambda: _book_exact(booked), lambda: _book_in_floats(booked), "<= 1.25x"),
        "book, floats handed floats": (lambda: _book_exact(booked), lambda: _book_float_fills(float_fills), ""),
        "read cost, lots and fees": (
            lambda: Performance(exact.journal, exact.holdings, {}).caught_up(),
            lambda: FloatPerformance(floats.holdings).read(floats.journal),
            "",
        ),
    }
    for what, (ours, theirs, goal) in steps.items():
        pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(rounds)]
        per_fill, per_float = (min(column) / len(booked) * 1e6 for column in zip(*pairs, strict=True))
        floor = f"in floats {per_float:.2f} µs"
        print(f"{f'ledger: {what}, µs a fill':<52} {per_fill:>16.2f}  {goal:>12}  {floor:>28}  {per_fill / per_float:>7.2f}x")
    digest = _seconds(lambda: exact.journal_sha256) / len(booked) * 1e6
    print(f"{'ledger: digest of the journal, µs a fill':<52} {digest:>16.2f}")
    found = disagreements(exact, booked)
    verdict = "DIFFERS" if found else "equal"
    print(f"{f'ledger: {len(booked):,} fills against Decimal':<52} {verdict:>16}  {'equal':>12}")
    for line in found:
        print(f"  {line}")


if __name__ == "__main__":
    print_ledger()
