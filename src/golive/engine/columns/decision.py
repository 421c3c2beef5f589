"""What a desk decides: signals, runs of inaction, sizing, the rules of risk and the order that protects, as `Engine` does."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .equity import reaches
from .exact import LIMIT, SAFE, fits, is_more, lots_of_share, part_of, share_of
from .layout import (
    APPROVED,
    AWAITING,
    BAD_COST,
    BAD_NOTIONAL,
    BELOW_MINIMUM,
    COUNTS,
    DAILY_LOSS,
    DAILY_OF,
    DAILY_PART,
    DAY_START,
    DESKS,
    DISTANCE,
    DRAWDOWN,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_OF,
    DRAWDOWN_PART,
    ENTRY_COST,
    ENTRY_LOTS,
    EQUITY,
    EXPOSED,
    FILLED,
    FINISHING,
    FULL_LOTS,
    INACTION,
    IS_BUY,
    IS_PROTECTIVE,
    KNOWN,
    LEVEL,
    LIMIT_ENTRIES,
    LOTS,
    MARK,
    MARKET,
    MAX_LOTS,
    MAX_OPEN_POSITIONS,
    MAX_POSITION,
    MIN_LOTS,
    MIN_NOTIONAL,
    MISSING_INPUT,
    NEUTRAL,
    NO_RUN,
    NONE,
    NOW,
    NUMBER,
    ON_TARGET,
    OPEN_POSITIONS,
    PASSED,
    PEAK,
    PLANNED,
    POSITION_OF,
    POSITION_PART,
    POSITION_SHARE,
    PROPOSALS,
    PROTECTION,
    QUANTITY,
    QUEUED,
    QUOTE_FACTOR,
    QUOTE_PER_TICK_LOT,
    REFUSED,
    RUN,
    RUN_BARS,
    RUN_SINCE,
    RUN_UNTIL,
    SIGNAL,
    SIGNALS,
    STANDING,
    STATE,
    STATUS,
    STOP,
    SUPERSEDED,
    TARGET_AT,
    TODAY_FALL,
    TODAY_FROM,
    TRAILING_STOP,
    TYPE,
    UNIT_NOTIONAL,
    WANTS,
    Floats,
    Table,
    Words,
)
from .layout import (
    LIMIT as LIMIT_ORDER,
)
from .saying import add, say

PARTS = 1_000_000


@compiled
def end_run(account: Words, desks: Table, log: Words, k: int) -> None:
    """Close a desk's run of inaction and note it."""
    if desks[k, RUN] != NO_RUN:
        say(account, log, INACTION, k, desks[k, RUN] | desks[k, RUN_BARS] << 5)
        add(account, log, desks[k, RUN_SINCE])
        add(account, log, desks[k, RUN_UNTIL])
        desks[k, RUN] = NO_RUN


@compiled
def idle(account: Words, desks: Table, log: Words, k: int, code: int, opened_at: int) -> None:
    """Extend the run of `code`, or end another and begin it."""
    if desks[k, RUN] != code:
        end_run(account, desks, log, k)
        desks[k, RUN], desks[k, RUN_SINCE], desks[k, RUN_BARS] = code, opened_at, 0
    desks[k, RUN_UNTIL] = account[NOW]
    desks[k, RUN_BARS] += 1


@compiled
def conclude(account: Words, desks: Table, log: Words, k: int, code: int) -> int:
    """End a signal without an order."""
    account[COUNTS + code] += 1
    say(account, log, NEUTRAL, k, code)
    desks[k, WANTS] = 0
    desks[k, STANDING] = code
    return code


@compiled
def signal(account: Words, desks: Table, log: Words, k: int, cause: int) -> None:
    """Let the desk's target ask for a decision."""
    if desks[k, WANTS]:
        conclude(account, desks, log, k, SUPERSEDED)
    desks[k, WANTS] = 1
    desks[k, SIGNALS] += 1
    say(account, log, SIGNAL, k, cause)
    add(account, log, desks[k, TARGET_AT])


@compiled
def orderable(account: Words, desks: Table, k: int, delta: int) -> int:
    """Return how many of `delta` lots one order may move, 0 when that is below the venue's minimum; as `orderable_lots`."""
    lots = min(abs(delta), desks[k, MAX_LOTS])
    if lots < desks[k, MIN_LOTS]:
        return 0
    if not fits(desks[k, MARK], lots, desks[k, UNIT_NOTIONAL]):
        account[STATUS] = BAD_NOTIONAL
        return 0
    return lots if desks[k, MARK] * lots * desks[k, UNIT_NOTIONAL] >= desks[k, MIN_NOTIONAL] else 0


@compiled
def wanted(account: Words, desks: Table, k: int, target: float) -> int:
    """Return the lots that a target asks for, as `wanted_lots`."""
    share = round(target * 1_000_000.0)
    if desks[k, FULL_LOTS]:
        return lots_of_share(desks[k, FULL_LOTS], share)
    equity = account[EQUITY] if account[KNOWN] else 0
    budget = share_of(equity, account[POSITION_SHARE], share) // desks[k, QUOTE_FACTOR]
    if desks[k, MARK] <= 0 or float(desks[k, MARK]) * float(desks[k, UNIT_NOTIONAL]) >= SAFE:
        return 0
    return budget // (desks[k, MARK] * desks[k, UNIT_NOTIONAL])


@compiled
def propose(account: Words, desks: Table, targets: Floats, log: Words, k: int) -> int:
    """Take the decision that a waiting signal asks for; return the code of inaction, NO_RUN when an order was judged."""
    held = desks[k, LOTS]
    lots = wanted(account, desks, k, targets[k])
    quantity = orderable(account, desks, k, lots - held)
    if quantity == 0:
        return conclude(account, desks, log, k, BELOW_MINIMUM)
    is_buy = 1 if lots > held else 0
    if is_buy and account[LIMIT_ENTRIES]:
        decide(account, desks, log, k, LIMIT_ORDER, 1, quantity, desks[k, MARK])
    else:
        decide(account, desks, log, k, MARKET, is_buy, quantity, 0)
    desks[k, WANTS] = 0
    return NO_RUN


@compiled
def protect(account: Words, desks: Table, log: Words, k: int) -> None:
    """Propose the order that protects what is held, when nothing else is going on."""
    if not account[PROTECTION] or not desks[k, ENTRY_LOTS] or desks[k, WANTS] or desks[k, EXPOSED] or account[FINISHING]:
        return
    if desks[k, STATE] != NONE:
        return
    quantity = orderable(account, desks, k, desks[k, LOTS])
    if quantity == 0:
        return
    decide(account, desks, log, k, account[PROTECTION], 0, quantity, _level(account, desks, k))
    desks[k, IS_PROTECTIVE] = 1


@compiled
def _level(account: Words, desks: Table, k: int) -> int:
    """Return the trigger, or how far a trailing stop trails, as `Protection.level`."""
    cost, lots, distance = desks[k, ENTRY_COST], desks[k, ENTRY_LOTS], account[DISTANCE]
    share = distance if account[PROTECTION] == TRAILING_STOP else PARTS + distance
    if account[PROTECTION] == STOP:
        share = PARTS - distance
    ticks, rest = cost // lots, cost % lots
    if float(ticks) * float(share) >= SAFE:
        account[STATUS] = BAD_COST
        return 1
    more, is_exact = part_of(rest, share, lots)
    parts = ticks * share + more
    if account[PROTECTION] == STOP:
        return max(1, parts // PARTS)
    return parts // PARTS if is_exact and parts % PARTS == 0 else parts // PARTS + 1


@compiled
def decide(account: Words, desks: Table, log: Words, k: int, kind: int, is_buy: int, lots: int, level: int) -> None:
    """Ask the rules about an order and say what they answer; an allowed one is planned."""
    end_run(account, desks, log, k)
    account[PROPOSALS] += 1
    code, part, whole = judge(account, desks, k, is_buy, lots)
    account[COUNTS + code] += 1
    say(account, log, PASSED if code == APPROVED else REFUSED, k, kind | is_buy << 3 | code << 4)
    add(account, log, lots)
    add(account, log, desks[k, MARK])
    add(account, log, level)
    if code != APPROVED:
        add(account, log, part)
        add(account, log, whole)
        desks[k, STANDING] = code
        return
    desks[k, STATE], desks[k, NUMBER] = PLANNED, account[PROPOSALS]
    desks[k, TYPE], desks[k, IS_BUY], desks[k, QUANTITY], desks[k, LEVEL] = kind, is_buy, lots, level
    desks[k, FILLED] = desks[k, IS_PROTECTIVE] = 0
    desks[account[AWAITING], QUEUED] = k
    account[AWAITING] += 1
    desks[k, STANDING] = ON_TARGET


@compiled
def judge(account: Words, desks: Table, k: int, is_buy: int, lots: int) -> tuple[int, int, int]:
    """Return the first objection of `golive.risk.rules` as (code, part, whole); APPROVED when there is none.

    Of MISSING_INPUT, part says what is missing: 1 equity, 2 day start, 4 peak.
    """
    if not is_buy:  # a sell is never of more than what is held
        return APPROVED, 0, 0
    equity, day_start, peak = account[EQUITY], account[DAY_START], account[PEAK]
    missing = 7
    if account[KNOWN]:
        missing = (1 if equity <= 0 else 0) | (2 if day_start <= 0 else 0) | (4 if peak <= 0 else 0)
    if missing:
        return MISSING_INPUT, missing, 0
    if reaches(day_start - equity, day_start, account[DAILY_PART], account[DAILY_OF]):
        return DAILY_LOSS, day_start - equity, day_start
    if reaches(account[TODAY_FALL], account[TODAY_FROM], account[DAILY_PART], account[DAILY_OF]):
        return DAILY_LOSS, account[TODAY_FALL], account[TODAY_FROM]
    if reaches(peak - equity, peak, account[DRAWDOWN_PART], account[DRAWDOWN_OF]):
        return DRAWDOWN, peak - equity, peak
    if reaches(account[DRAWDOWN_FALL], account[DRAWDOWN_FROM], account[DRAWDOWN_PART], account[DRAWDOWN_OF]):
        return DRAWDOWN, account[DRAWDOWN_FALL], account[DRAWDOWN_FROM]
    if not fits(desks[k, MARK], desks[k, LOTS] + lots, desks[k, QUOTE_PER_TICK_LOT]):
        account[STATUS] = BAD_NOTIONAL
        return APPROVED, 0, 0
    notional = desks[k, MARK] * (desks[k, LOTS] + lots) * desks[k, QUOTE_PER_TICK_LOT]
    if is_more(notional, account[POSITION_OF], equity, account[POSITION_PART]):
        return MAX_POSITION, notional, equity
    count = 0
    for j in range(account[DESKS]):
        is_pending = desks[j, STATE] != NONE and desks[j, IS_BUY] and desks[j, FILLED] < desks[j, QUANTITY]
        if j == k or desks[j, LOTS] > 0 or is_pending:
            count += 1
    if count > account[OPEN_POSITIONS]:
        return MAX_OPEN_POSITIONS, count, 0
    return APPROVED, 0, 0


@compiled
def traded(account: Words, desks: Table, k: int, price: int, lots: int) -> None:
    """Follow what the position cost, as `Desk.traded`; BAD_COST when that leaves the exact range."""
    desks[k, EXPOSED] = 0
    if not account[PROTECTION]:
        return
    if desks[k, IS_BUY]:
        desks[k, ENTRY_LOTS] += lots
        if not fits(price, lots, 1) or desks[k, ENTRY_COST] + price * lots >= LIMIT:
            account[STATUS] = BAD_COST
        else:
            desks[k, ENTRY_COST] += price * lots
    elif desks[k, LOTS] < desks[k, MIN_LOTS]:
        desks[k, ENTRY_LOTS] = desks[k, ENTRY_COST] = 0
