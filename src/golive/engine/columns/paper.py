"""Paper execution of one order at a time for each instrument: reservations, fees and fills, as `golive.execution.paper`."""

from __future__ import annotations

from golive.matching.compiled import compiled

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
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    BEST,
    FEE_OF_RECEIVED,
    FEES,
    FILL_BAR,
    FILL_COUNT,
    FILL_FEE,
    FILL_FLAGS,
    FILL_LOTS,
    FILL_ORDER,
    FILL_POSITION,
    FILL_ROWS,
    FILL_TICKS,
    FILL_TS,
    FILLED,
    FREE,
    INSTRUMENT_SHIFT,
    IS_BUY,
    IS_BUY_FLAG,
    LEVEL,
    LOTS,
    MAKER_FLAG,
    MAKER_RATE,
    MARK,
    MARKET,
    MAX_PRICE,
    MIN_NOTIONAL,
    NO_FUNDS,
    NOW,
    NUMBER,
    OPEN,
    PRICE_HELD,
    QUANTITY,
    QUOTE_FACTOR,
    QUOTE_PER_TICK_LOT,
    RESERVED,
    RESERVES,
    RESTS,
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
    Table,
    Words,
)
from .layout import (
    LIMIT as LIMIT_ORDER,
)


@compiled
def fee_of(account: Words, desks: Table, k: int, is_buy: int, ticks: int, lots: int, is_maker: int) -> tuple[int, int]:
    """Return (fee, whether it is in base) of a fill, in the instrument's units, as `FeeSchedule.fee`."""
    rate = account[MAKER_RATE] if is_maker else account[TAKER_RATE]
    if account[FEE_OF_RECEIVED] and (is_buy == 1) == (rate >= 0):
        return rate_of(lots * desks[k, BASE_PER_LOT], rate), 1
    return rate_of(ticks * lots * desks[k, UNIT_NOTIONAL], rate), 0


@compiled
def need(account: Words, desks: Table, k: int, price: int, lots: int) -> int:
    """Return what buying `lots` at `price` holds back; LIMIT for what nobody could pay. As `Terms.need`."""
    if not fits(price, lots, desks[k, QUOTE_PER_TICK_LOT]):
        return LIMIT
    cost = price * lots * desks[k, QUOTE_PER_TICK_LOT]
    if account[FEE_OF_RECEIVED] and account[TAKER_RATE] >= 0:
        return cost
    maker = fee_of(account, desks, k, 1, price, lots, 1)[0]
    taker = fee_of(account, desks, k, 1, price, lots, 0)[0]
    return cost + max(maker, taker, 0) * desks[k, QUOTE_FACTOR]


@compiled
def hold(account: Words, desks: Table, k: int) -> bool:
    """Reserve what the rest of a desk's order needs; False, with nothing changed, when it is not there. It holds nothing yet."""
    rest = desks[k, QUANTITY] - desks[k, FILLED]
    if desks[k, IS_BUY]:
        more = need(account, desks, k, desks[k, PRICE_HELD], rest)
        if more > account[FREE]:
            return False
        account[FREE] -= more
        account[RESERVED] += more
    else:
        more = rest * desks[k, BASE_PER_LOT]
        if more > desks[k, BASE_FREE]:
            return False
        desks[k, BASE_FREE] -= more
        desks[k, BASE_RESERVED] += more
    desks[k, RESERVES] = more
    return True


@compiled
def release(account: Words, desks: Table, k: int) -> None:
    held = desks[k, RESERVES]
    desks[k, RESERVES] = 0
    if desks[k, IS_BUY]:
        account[RESERVED] -= held
        account[FREE] += held
    else:
        desks[k, BASE_RESERVED] -= held
        desks[k, BASE_FREE] += held


@compiled
def enter(account: Words, desks: Table, k: int) -> int:
    """Judge a desk's order as it reaches the venue and let it work; return why it does not, ASKED_FOR when it does."""
    kind, level = desks[k, TYPE], desks[k, LEVEL]
    price = level
    if kind in (MARKET, TRAILING_STOP):
        price = worsened(desks[k, MARK], account[SLIPPAGE], desks[k, IS_BUY])
    if kind != MARKET and not 0 < level <= desks[k, MAX_PRICE]:
        return BAD_PRICE if kind == LIMIT_ORDER else BAD_TRIGGER
    if (
        fits(price, desks[k, QUANTITY], desks[k, UNIT_NOTIONAL])
        and price * desks[k, QUANTITY] * desks[k, UNIT_NOTIONAL] < desks[k, MIN_NOTIONAL]
    ):
        return SMALL_NOTIONAL
    desks[k, PRICE_HELD] = price
    if not hold(account, desks, k):
        return NO_FUNDS
    desks[k, STATE] = OPEN
    desks[k, ARRIVED] = account[NOW]
    desks[k, RESTS] = desks[k, BEST] = 0
    return ASKED_FOR


@compiled
def affordable(account: Words, desks: Table, k: int, price: int, lots: int) -> int:
    """Return how many of `lots` can be paid for at `price`, as `PaperAccount.affordable`."""
    if not desks[k, IS_BUY]:
        return lots
    funds = account[FREE] + desks[k, RESERVES]
    cost = need(account, desks, k, price, lots)
    if cost <= funds:
        return lots
    per_lot = float(price) * float(desks[k, QUOTE_PER_TICK_LOT])
    if cost >= LIMIT:  # no fee stands in it then
        lots = funds // (price * desks[k, QUOTE_PER_TICK_LOT]) if per_lot < SAFE else 0
    else:
        lots = part_of(funds, lots, cost)[0]
    while lots and need(account, desks, k, price, lots) > funds:
        lots -= 1
    return lots


@compiled
def book(account: Words, desks: Table, fills: Table, k: int, price: int, lots: int, is_maker: int) -> None:
    """Book a fill of a desk's order, which holds nothing afterwards; BAD_BALANCE when a balance leaves the exact range."""
    is_buy = desks[k, IS_BUY]
    release(account, desks, k)
    if not fits(price, lots, desks[k, QUOTE_PER_TICK_LOT]):
        account[STATUS] = BAD_BALANCE
        return
    fee, in_base = fee_of(account, desks, k, is_buy, price, lots, is_maker)
    notional = price * lots * desks[k, QUOTE_PER_TICK_LOT]
    base, quote = lots * desks[k, BASE_PER_LOT], -notional
    if not is_buy:
        base, quote = -base, -quote
    if in_base:
        base -= fee
        desks[k, BASE_FEES] += fee
    else:
        charged = fee * desks[k, QUOTE_FACTOR]
        quote -= charged
        account[FEES] += charged
    free, base_free = account[FREE] + quote, desks[k, BASE_FREE] + base
    if min(free, base_free) < 0 or max(free + account[RESERVED], base_free + desks[k, BASE_RESERVED]) >= LIMIT:
        account[STATUS] = BAD_BALANCE
        return
    account[FREE], desks[k, BASE_FREE] = free, base_free
    desks[k, FILLED] += lots
    desks[k, LOTS] = after = (base_free + desks[k, BASE_RESERVED]) // desks[k, BASE_PER_LOT]
    row = account[FILL_ROWS]
    fills[row, FILL_TS] = account[NOW]
    fills[row, FILL_BAR] = desks[k, BAR]
    fills[row, FILL_ORDER] = desks[k, NUMBER]
    fills[row, FILL_FLAGS] = is_buy * IS_BUY_FLAG | is_maker * MAKER_FLAG | in_base * BASE_FEE_FLAG | k << INSTRUMENT_SHIFT
    fills[row, FILL_TICKS] = price
    fills[row, FILL_LOTS] = lots
    fills[row, FILL_FEE] = fee
    fills[row, FILL_POSITION] = after
    account[FILL_ROWS] = row + 1
    _count(account, desks, k, notional, quote, after)


@compiled
def _count(account: Words, desks: Table, k: int, notional: int, quote: int, after: int) -> None:
    """Count the fill; a round trip ends when no lot is held, and won when it brought in more than it cost."""
    account[FILL_COUNT] += 1
    account[TURNOVER] += notional
    if account[TURNOVER] >= LIMIT:
        account[TURNOVER] -= LIMIT
        account[TURNOVER_HIGH] += 1
    desks[k, TRIP] += quote
    if after == 0:
        desks[k, TRIPS] += 1
        desks[k, WINS] += desks[k, TRIP] > 0
        desks[k, TRIP] = 0
