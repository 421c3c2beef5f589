"""How a run lies in memory, for the code that `golive.matching.compiled` compiles: one array of 64-bit integers.

One argument so hands the whole run to compiled code; a desk is known by the place where its record begins.

    account    the terms of the run, the cash, the equity and its falls, counters
    desks      a record for each instrument: its grid, its balance, its order, its signal
    fills      a record for each fill
    log        what was said, in the order it was said: entries, each of a length of its own

Prices in ticks, quantities in lots, cash in the smallest units of the quote asset, times in ns UTC. A log entry begins with a
head, `kind | instrument << 8 | detail << 24`, and the time of all entries is that of the last TIME before them.
"""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSequence, Sequence
from typing import Final, TypeAlias

from golive.model.decision import DecisionCode
from golive.model.order import OrderType

Words: TypeAlias = MutableSequence[int]
"""numpy int64, one dimension"""
Table: TypeAlias = MutableMapping[tuple[int, int], int]
"""numpy int64, two dimensions"""
Column: TypeAlias = Sequence[int]
"""numpy int64, one dimension, read only"""
Floats: TypeAlias = MutableSequence[float]
"""numpy float64, one dimension"""

CODES: Final = (
    DecisionCode.APPROVED,
    DecisionCode.RISK_DAILY_LOSS,
    DecisionCode.RISK_DRAWDOWN,
    DecisionCode.RISK_MAX_POSITION,
    DecisionCode.RISK_MAX_OPEN_POSITIONS,
    DecisionCode.RISK_MISSING_INPUT,
    DecisionCode.WARMING_UP,
    DecisionCode.ON_TARGET,
    DecisionCode.BELOW_MINIMUM,
    DecisionCode.ORDER_WORKING,
    DecisionCode.STOPPED_OUT,
    DecisionCode.SUPERSEDED,
    DecisionCode.SESSION_ENDED,
    DecisionCode.RISK_WEEKLY_LOSS,
    DecisionCode.SYMBOL_LOCKED,
    DecisionCode.OUTSIDE_TRADING_WINDOW,
    DecisionCode.RISK_MAX_QUANTITY,
    DecisionCode.RISK_MAX_NOTIONAL,
    DecisionCode.RISK_PORTFOLIO_EXPOSURE,
    DecisionCode.RISK_TARGET_VOLATILITY,
    DecisionCode.RISK_STOP_DISTANCE,
    DecisionCode.RISK_TRADE_RISK,
    DecisionCode.RISK_MESSAGE_RATE,
    DecisionCode.RISK_OPEN_ORDERS,
    DecisionCode.RISK_REPEATED_EXECUTION,
    DecisionCode.COOLDOWN,
    DecisionCode.STOP_LOSS_GUARD,
    DecisionCode.CONSECUTIVE_LOSSES,
    DecisionCode.RISK_COST_RATIO,
)
"""codes of decisions and inaction by number"""
(
    APPROVED, DAILY_LOSS, DRAWDOWN, MAX_POSITION, MAX_OPEN_POSITIONS, MISSING_INPUT, WARMING_UP, ON_TARGET, BELOW_MINIMUM,
    ORDER_WORKING, STOPPED_OUT, SUPERSEDED, SESSION_ENDED, WEEKLY_LOSS, LOCKED, OUTSIDE_WINDOW, MAX_QUANTITY, MAX_NOTIONAL,
    MAX_EXPOSURE, TARGET_VOLATILITY, STOP_DISTANCE, TRADE_RISK, MESSAGE_RATE, OPEN_ORDERS, REPEATED_EXECUTION, COOLDOWN,
    STOP_GUARD, LOSSES_IN_A_ROW, COST_RATIO,
) = range(29)  # fmt: skip
NO_ATR: Final = 8
"""MISSING_INPUT: the average true range of the instrument is not known; smaller bits are amounts of the account"""
NO_VOLATILITY: Final = 16
"""MISSING_INPUT: nor is a volatility; the number of its instrument is in the second word"""

REASONS: Final = ("", "NO_LIQUIDITY", "INSUFFICIENT_FUNDS", "PRICE_INVALID", "TRIGGER_INVALID", "NOTIONAL_BELOW_MINIMUM")
"""why an order ended or never began, by number, in the words of paper execution"""
ASKED_FOR, NO_LIQUIDITY, NO_FUNDS, BAD_PRICE, BAD_TRIGGER, SMALL_NOTIONAL = range(6)

TYPES: Final = (OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.TRAILING_STOP, OrderType.TAKE_PROFIT)
MARKET, LIMIT, STOP, TRAILING_STOP, TAKE_PROFIT = range(5)

# ── account: the terms ──────────────────────────────────────────────────────────────────────────────────────────────────
(
    DESKS, TIMEFRAME, DETAIL_TIMEFRAME, POSITION_SHARE, ENTRY_TTL, LIMIT_ENTRIES, PROTECTION, DISTANCE, MAKER_RATE, TAKER_RATE,
    FEE_OF_RECEIVED, SLIPPAGE, PART, PART_OF, DAILY_PART, DAILY_OF, DRAWDOWN_PART, DRAWDOWN_OF, POSITION_PART, POSITION_OF,
    OPEN_POSITIONS, PERIOD, KEEPS_ROWS,
) = range(23)  # fmt: skip
"""DETAIL_TIMEFRAME: 0 without detail"""
# ── account: now ────────────────────────────────────────────────────────────────────────────────────────────────────────
(
    FREE, RESERVED, NOW, KNOWN, EQUITY, DAY_NUMBER, DAY_START, PEAK, DRAWDOWN_FALL, DRAWDOWN_FROM, TODAY_FALL, TODAY_FROM,
    LOSS_FALL, LOSS_FROM, LARGEST, LARGEST_OF, MOST_OPEN, DAILY_BREACHED, DRAWDOWN_BREACHED, FINISHING, AWAITING, PROPOSALS,
    STATUS, SAID_AT, EQUITY_ROWS, SAMPLE_ROWS, NEXT_SAMPLE, FILL_COUNT, FEES, TURNOVER, TURNOVER_HIGH, HAS_WHOLE,
    ROW_EQUITY, HORIZON,
) = range(30, 64)  # fmt: skip
"""HORIZON: the row before which neither a day nor a sampling period ends, 0 when that is not known"""
# ── account: limits that a profile may do without; an OF of 0, and a number of −1, mean that it does ──────────────────────
(
    HAS_MORE, WEEKLY_PART, WEEKLY_OF, EXPOSURE_PART, EXPOSURE_OF, NOTIONAL_PART, NOTIONAL_OF, QUOTE_UNIT, RISK_PART, RISK_OF,
    COST_PART, COST_OF, VOLATILITY_LIMIT, HAS_VOLATILITY, ATR_MULTIPLE, HAS_ATR_MULTIPLE, BARS_A_YEAR, FOLLOWS_PRICES,
    ORDERS_LIMIT, RATE_LIMIT, REPEATED_LIMIT, COOLDOWN_NS, GUARD_LIMIT, GUARD_NS, STREAK_LIMIT, HAS_WINDOWS,
) = range(64, 90)  # fmt: skip
"""HAS_MORE: any of them is set; VOLATILITY_LIMIT, ATR_MULTIPLE and BARS_A_YEAR are the words of floats"""
LAST_DESK, FILLS_START, FILLS_NEXT, FILLS_END, LOG_START, LOGGED, LOG_END = range(90, 97)
"""where the other regions lie, and where the next fill and the next entry go"""
IS_REGULAR, FIRST_OPENED, PER_DESK = 97, 98, 99
"""of the rows at hand: whether each step is a timeframe after the one before, when the first opened, and how many there are of
each instrument, one instrument after the other, all opened at the same times; PER_DESK is 0 when they are mixed"""
# ── account: what those limits remember ─────────────────────────────────────────────────────────────────────────────────
(
    WEEK_NUMBER, WEEK_START, WEEK_FALL, WEEK_FROM, WEEK_LOSS_FALL, WEEK_LOSS_FROM, WEEKLY_BREACHED, EXPOSURE, EXPOSURE_WHOLE,
    SEEN_DAY, COST_FIRST, COST_DAYS, BASE_FEES_WORTH, STREAK, STREAK_DAY, RATE_NEXT, STOPS_NEXT, CURRENT,
) = range(100, 118)  # fmt: skip
"""EXPOSURE / EXPOSURE_WHOLE: the most that all positions were worth, and equity then; SEEN_DAY: the UTC day of the last look at
the account; CURRENT: the desk that takes a candle right now, 0 for none"""
COUNTS: Final = 120
"""decisions by code"""
IDLE_BARS: Final = 152
"""bars of inaction by code"""
COST_RING, COST_RING_DAYS = 184, 32
"""(day, equity, fees) of the beginnings of days"""
RATE_RING, RATE_RING_TIMES = 280, 64
"""(time, how many) of orders that were allowed"""
STOP_RING, STOP_RING_TIMES = 408, 256
"""when protective stops have fired"""
WINDOWS: Final = 664
"""a bit for each minute of the week, 32 a word, from Monday on: whether risk may be increased"""
WINDOW_WORDS: Final = 315
FIRST_DESK: Final = 980

# ── desks: the grid ─────────────────────────────────────────────────────────────────────────────────────────────────────
(
    MIN_LOTS, MAX_LOTS, MIN_NOTIONAL, MAX_PRICE, UNIT_NOTIONAL, QUOTE_FACTOR, QUOTE_PER_TICK_LOT, BASE_PER_LOT, NUMERATOR,
    DENOMINATOR, FULL_LOTS, SELF,
) = range(12)  # fmt: skip
"""UNIT_NOTIONAL: of a tick and a lot in the instrument's own units; NUMERATOR / DENOMINATOR: cash per base unit and tick"""
# ── desks: now ──────────────────────────────────────────────────────────────────────────────────────────────────────────
(
    BASE_FREE, BASE_RESERVED, LOTS, MARK, VALUE, BASE_FEES, ENTRY_LOTS, ENTRY_COST, EXPOSED, WANTS, STANDING, HAS_TARGET,
    TARGET_AT, BAR, CHANGE, LAST_CHANGE, RUN, RUN_SINCE, RUN_UNTIL, RUN_BARS, QUEUED, ANSWER, TRIP, TRIPS, WINS, BARS_HELD,
    SIGNALS, SHARE,
) = range(12, 40)  # fmt: skip
# ── desks: the order ────────────────────────────────────────────────────────────────────────────────────────────────────
(
    STATE, NUMBER, TYPE, IS_BUY, QUANTITY, FILLED, LEVEL, PRICE_HELD, RESERVES, ARRIVED, RESTS, BEST, DUE, IS_PROTECTIVE,
    MET,
) = range(40, 55)  # fmt: skip
"""LEVEL: limit price, trigger or trail; BEST: 0 while a trailing stop has seen no price; DUE: 0 without a timer; MET: the last
close of detail, which is all the venue knows; 0 before there is one"""
# ── desks: what limits remember ─────────────────────────────────────────────────────────────────────────────────────────
(
    MOVES, VARIANCE, ATR, IS_LOCKED, MOST_LOTS, LAST_BUY, IS_THROTTLED, LOST_AT, COST, EARNED,
) = range(55, 65)  # fmt: skip
"""MOVES: where its prices' statistics begin; VARIANCE, ATR: the words of two floats, NaN while not known; MOST_LOTS: of one
order, −1 without a limit; LAST_BUY: when a buy was executed last; LOST_AT: when a position was closed with a loss last, −1 for
never; COST: what is held has cost; EARNED: what was earned since nothing was held; both as `golive.portfolio.position`"""
DESK_WORDS: Final = 66

NONE, PLANNED, OPEN = range(3)
"""states of the order; one that has ended is NONE"""
NO_RUN: Final = -1

# ── what happens to a row ───────────────────────────────────────────────────────────────────────────────────────────────
WHOLE, DETAIL, COARSE = range(3)
"""a candle for everything; one for execution and the mark; one for the strategy alone"""

# ── how a run of the kernel ended ───────────────────────────────────────────────────────────────────────────────────────
DONE, FULL, BAD_NOTIONAL, BAD_EQUITY, BAD_BALANCE, BAD_COST, NO_ROOM, BAD_CANDLE = range(8)

# ── log ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────
TIME: Final = 0
"""ns UTC"""
SIGNAL: Final = 1
"""detail: 0 target changed, 1 order unfilled; row of the target among all changes"""
NEUTRAL: Final = 2
"""detail: code"""
INACTION: Final = 3
"""detail: code | bars << CODE_BITS; since, until"""
CODE_BITS: Final = 6
PASSED: Final = 4
"""detail: type | is_buy << 3 | code << 4; quantity, reference price, level"""
REFUSED: Final = 5
"""the same, and the part and the whole that were judged"""
SUBMITTED: Final = 6
CANCEL: Final = 7
CANCELED: Final = 8
"""detail: reason"""
FAILED: Final = 9
"""detail: reason | was protective << 8"""
FILLED_: Final = 10
"""detail: 1 when the order is complete"""
LOSS: Final = 11
"""a fall near its limit: worst day's fall and what it fell from, the same of the worst drawdown and of the worst week"""
FINISH: Final = 12
"""the data have ended; of no instrument"""
LENGTHS: Final = (2, 2, 1, 3, 4, 6, 1, 1, 1, 1, 1, 7, 1)
ROOM: Final = 320
"""words that one instrument can say in one step, at most"""

# ── fills ───────────────────────────────────────────────────────────────────────────────────────────────────────────────
FILL_TS, FILL_BAR, FILL_ORDER, FILL_FLAGS, FILL_TICKS, FILL_LOTS, FILL_FEE, FILL_POSITION = range(8)
FILL_WORDS: Final = 8
IS_BUY_FLAG: Final = 1
MAKER_FLAG: Final = 2
BASE_FEE_FLAG: Final = 4
INSTRUMENT_SHIFT: Final = 8
