"""Paper execution of one order at a time for each instrument: reservations, fees and fills, as `golive.execution.paper`."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .exact import LIMIT, SAFE, fits, part_of, rate_of, worsened
from .layout import (
    ARRIVED,
    ASKED_FOR,
    BAD_BALANCE,
    BAD_PRICE,
    BAD_TRIGGER,
    BAR,
    BASE_FEE_FLAG,
    BASE_FEES,
    BASE_FEES_WORTH,
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    BEST,
    COST_OF,
    DENOMINATOR,
    DETAIL_TIMEFRAME,
    FEE_OF_RECEIVED,
    FEES,
    FILL_BAR,
    FILL_COUNT,
    FILL_FEE,
    FILL_FLAGS,
    FILL_LOTS,
    FILL_ORDER,
    FILL_POSITION,
    FILL_TICKS,
    FILL_TS,
    FILL_WORDS,
    FILLED,
    FILLS_NEXT,
    FREE,
    HAS_MORE,
    INSTRUMENT_SHIFT,
    IS_BUY,
    IS_BUY_FLAG,
    KEEPS_ROWS,
    LAST_BUY,
    LEVEL,
    LOTS,
    MAKER_FLAG,
    MAKER_RATE,
    MARK,
    MARKET,
    MAX_PRICE,
    MET,
    MIN_LOTS,
    MIN_NOTIONAL,
    NO_FUNDS,
    NOW,
    NUMBER,
    NUMERATOR,
    OPEN,
    PRICE_HELD,
    QUANTITY,
    QUOTE_FACTOR,
    QUOTE_PER_TICK_LOT,
    RESERVED,
    RESERVES,
    RESTS,
    SELF,
    SLIPPAGE,
    SMALL_NOTIONAL,
    STATE,
    STATUS,
    TAKER_RATE,
    TRAILING_STOP,
    TRIP,
    TRIPS,
    TURNOVER,
    TURNOVER_HIGH,
    TYPE,
    UNIT_NOTIONAL,
    WINS,
    Words,
)
from .layout import (
    LIMIT as LIMIT_ORDER,
)
from .pace import closed, moved


@compiled
def fee_of(m: Words, d: int, is_buy: int, ticks: int, lots: int, is_maker: int) -> tuple[int, int]:
    """Return (fee, whether it is in base) of a fill, in the instrument's units, as `FeeSchedule.fee`."""
    rate = m[MAKER_RATE] if is_maker else m[TAKER_RATE]
    if m[FEE_OF_RECEIVED] and (is_buy == 1) == (rate >= 0):
        return rate_of(lots * m[d + BASE_PER_LOT], rate), 1
    return rate_of(ticks * lots * m[d + UNIT_NOTIONAL], rate), 0


@compiled
def need(m: Words, d: int, price: int, lots: int) -> int:
    """Return what buying `lots` at `price` holds back; LIMIT for what nobody could pay. As `Terms.need`."""
    if not fits(price, lots, m[d + QUOTE_PER_TICK_LOT]):
        return LIMIT
    cost = price * lots * m[d + QUOTE_PER_TICK_LOT]
    if m[FEE_OF_RECEIVED] and m[TAKER_RATE] >= 0:
        return cost
    if m[FEE_OF_RECEIVED]:
        fee = max(fee_of(m, d, 1, price, lots, 1)[0], fee_of(m, d, 1, price, lots, 0)[0])
    else:
        fee = rate_of(price * lots * m[d + UNIT_NOTIONAL], max(m[MAKER_RATE], m[TAKER_RATE]))
    return cost + max(fee, 0) * m[d + QUOTE_FACTOR]


@compiled
def hold(m: Words, d: int) -> bool:
    """Reserve what the rest of a desk's order needs; False, with nothing changed, when it is not there. It holds nothing yet."""
    rest = m[d + QUANTITY] - m[d + FILLED]
    if m[d + IS_BUY]:
        more = need(m, d, m[d + PRICE_HELD], rest)
        if more > m[FREE]:
            return False
        m[FREE] -= more
        m[RESERVED] += more
    else:
        more = rest * m[d + BASE_PER_LOT]
        if more > m[d + BASE_FREE]:
            return False
        m[d + BASE_FREE] -= more
        m[d + BASE_RESERVED] += more
    m[d + RESERVES] = more
    return True


@inlined
def release(m: Words, d: int) -> None:
    held = m[d + RESERVES]
    m[d + RESERVES] = 0
    if m[d + IS_BUY]:
        m[RESERVED] -= held
        m[FREE] += held
    else:
        m[d + BASE_RESERVED] -= held
        m[d + BASE_FREE] += held


@inlined
def enter(m: Words, d: int) -> int:
    """Judge a desk's order as it reaches the venue and let it work; return why it does not, ASKED_FOR when it does."""
    kind, level = m[d + TYPE], m[d + LEVEL]
    price = level
    if kind in (MARKET, TRAILING_STOP):
        known = m[d + MET] if m[DETAIL_TIMEFRAME] else m[d + MARK]
        price = worsened(known, m[SLIPPAGE], m[d + IS_BUY]) if known else 0
    if kind != MARKET and not 0 < level <= m[d + MAX_PRICE]:
        return BAD_PRICE if kind == LIMIT_ORDER else BAD_TRIGGER
    if (
        price
        and fits(price, m[d + QUANTITY], m[d + UNIT_NOTIONAL])
        and price * m[d + QUANTITY] * m[d + UNIT_NOTIONAL] < m[d + MIN_NOTIONAL]
    ):
        return SMALL_NOTIONAL
    m[d + PRICE_HELD] = price
    if not hold(m, d):
        return NO_FUNDS
    m[d + STATE] = OPEN
    m[d + ARRIVED] = m[NOW]
    m[d + RESTS] = m[d + BEST] = 0
    return ASKED_FOR


@inlined
def affordable(m: Words, d: int, price: int, lots: int) -> int:
    """Return how many of `lots` can be paid for at `price`, as `PaperAccount.affordable`."""
    if not m[d + IS_BUY]:
        return lots
    funds = m[FREE] + m[d + RESERVES]
    cost = need(m, d, price, lots)
    if cost <= funds:
        return lots
    per_lot = float(price) * float(m[d + QUOTE_PER_TICK_LOT])
    if cost >= LIMIT:  # no fee stands in it then
        lots = funds // (price * m[d + QUOTE_PER_TICK_LOT]) if per_lot < SAFE else 0
    else:
        lots = part_of(funds, lots, cost)[0]
    while lots and need(m, d, price, lots) > funds:
        lots -= 1
    return lots


@inlined
def book(m: Words, d: int, price: int, lots: int, is_maker: int) -> None:
    """Book a fill of a desk's order, which holds nothing afterwards; BAD_BALANCE when a balance leaves the exact range."""
    is_buy = m[d + IS_BUY]
    release(m, d)
    if not fits(price, lots, m[d + QUOTE_PER_TICK_LOT]):
        m[STATUS] = BAD_BALANCE
        return
    fee, in_base = fee_of(m, d, is_buy, price, lots, is_maker)
    notional = price * lots * m[d + QUOTE_PER_TICK_LOT]
    base, quote = lots * m[d + BASE_PER_LOT], -notional
    if not is_buy:
        base, quote = -base, -quote
    if in_base:
        base -= fee
        m[d + BASE_FEES] += fee
        if m[COST_OF]:
            m[BASE_FEES_WORTH] += _worth_of_fee(m, d, fee, price)
    else:
        charged = fee * m[d + QUOTE_FACTOR]
        quote -= charged
        m[FEES] += charged
    free, base_free = m[FREE] + quote, m[d + BASE_FREE] + base
    if min(free, base_free) < 0 or max(free + m[RESERVED], base_free + m[d + BASE_RESERVED]) >= LIMIT:
        m[STATUS] = BAD_BALANCE
        return
    if m[HAS_MORE]:
        moved(m, d, base, quote)
    m[FREE], m[d + BASE_FREE] = free, base_free
    m[d + FILLED] += lots
    m[d + LOTS] = after = (base_free + m[d + BASE_RESERVED]) // m[d + BASE_PER_LOT]
    if m[HAS_MORE]:
        closed(m, d)
        if is_buy and m[d + FILLED] == lots:
            m[d + LAST_BUY] = m[NOW]
    if m[KEEPS_ROWS]:
        _write(m, d, price, lots, is_maker, fee, in_base)
    _count(m, d, notional, quote, after)


@compiled
def _worth_of_fee(m: Words, d: int, fee: int, price: int) -> int:
    """Return what a fee in the base asset was worth at the price of its fill, rounded down."""
    size = abs(fee)
    lots, dust = size // m[d + BASE_PER_LOT], size % m[d + BASE_PER_LOT]
    above, below = dust * m[d + NUMERATOR], m[d + DENOMINATOR]
    part, is_exact = part_of(above % below, price, below)
    value = lots * m[d + QUOTE_PER_TICK_LOT] * price + above // below * price + part
    if fee >= 0:
        return value
    return -value if is_exact else -value - 1


@inlined
def _write(m: Words, d: int, price: int, lots: int, is_maker: int, fee: int, in_base: int) -> None:
    """Write a booked fill down."""
    row = m[FILLS_NEXT]
    m[row + FILL_TS] = m[NOW]
    m[row + FILL_BAR] = m[d + BAR]
    m[row + FILL_ORDER] = m[d + NUMBER]
    flags = m[d + IS_BUY] * IS_BUY_FLAG | is_maker * MAKER_FLAG | in_base * BASE_FEE_FLAG
    m[row + FILL_FLAGS] = flags | m[d + SELF] << INSTRUMENT_SHIFT
    m[row + FILL_TICKS] = price
    m[row + FILL_LOTS] = lots
    m[row + FILL_FEE] = fee
    m[row + FILL_POSITION] = m[d + LOTS]
    m[FILLS_NEXT] = row + FILL_WORDS


@inlined
def _count(m: Words, d: int, notional: int, quote: int, after: int) -> None:
    """Count the fill; a round trip ends with a sell that leaves less than the venue takes, and won when it brought in more than
    it cost."""
    m[FILL_COUNT] += 1
    m[TURNOVER] += notional
    if m[TURNOVER] >= LIMIT:
        m[TURNOVER] -= LIMIT
        m[TURNOVER_HIGH] += 1
    m[d + TRIP] += quote
    if not m[d + IS_BUY] and after < m[d + MIN_LOTS]:
        m[d + TRIPS] += 1
        m[d + WINS] += m[d + TRIP] > 0
        m[d + TRIP] = 0
