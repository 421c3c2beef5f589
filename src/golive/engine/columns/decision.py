"""What a desk decides: signals, runs of inaction, sizing, the rules of risk and the order that protects, as `Engine` does."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .exact import LIMIT, SAFE, fits, lots_of_share, part_of, share_of
from .judging import judge
from .layout import (
    APPROVED,
    AWAITING,
    BAD_COST,
    BAD_NOTIONAL,
    BELOW_MINIMUM,
    CODE_BITS,
    COUNTS,
    DESK_WORDS,
    DISTANCE,
    ENTRY_COST,
    ENTRY_LOTS,
    EQUITY,
    EXPOSED,
    FILLED,
    FINISHING,
    FIRST_DESK,
    FULL_LOTS,
    IDLE_BARS,
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
    MIN_LOTS,
    MIN_NOTIONAL,
    NEUTRAL,
    NO_RUN,
    NONE,
    NOW,
    NUMBER,
    ON_TARGET,
    PASSED,
    PLANNED,
    POSITION_SHARE,
    PROPOSALS,
    PROTECTION,
    QUANTITY,
    QUEUED,
    QUOTE_FACTOR,
    RATE_LIMIT,
    REFUSED,
    RUN,
    RUN_BARS,
    RUN_SINCE,
    RUN_UNTIL,
    SELF,
    SHARE,
    SIGNAL,
    SIGNALS,
    STANDING,
    STATE,
    STATUS,
    STOP,
    SUPERSEDED,
    TARGET_AT,
    TRAILING_STOP,
    TYPE,
    UNIT_NOTIONAL,
    WANTS,
    Words,
)
from .layout import (
    LIMIT as LIMIT_ORDER,
)
from .pace import allowed
from .saying import add, say

PARTS = 1_000_000


@compiled
def end_run(m: Words, d: int) -> None:
    """Close a desk's run of inaction and note it."""
    if m[d + RUN] != NO_RUN:
        m[IDLE_BARS + m[d + RUN]] += m[d + RUN_BARS]
        say(m, INACTION, m[d + SELF], m[d + RUN] | m[d + RUN_BARS] << CODE_BITS)
        add(m, m[d + RUN_SINCE])
        add(m, m[d + RUN_UNTIL])
        m[d + RUN] = NO_RUN


@inlined
def idle(m: Words, d: int, code: int, opened_at: int) -> None:
    """Extend the run of `code`, or end another and begin it."""
    if m[d + RUN] != code:
        end_run(m, d)
        m[d + RUN], m[d + RUN_SINCE], m[d + RUN_BARS] = code, opened_at, 0
    m[d + RUN_UNTIL] = m[NOW]
    m[d + RUN_BARS] += 1


@compiled
def conclude(m: Words, d: int, code: int) -> int:
    """End a signal without an order."""
    m[COUNTS + code] += 1
    say(m, NEUTRAL, m[d + SELF], code)
    m[d + WANTS] = 0
    m[d + STANDING] = code
    return code


@inlined
def signal(m: Words, d: int, cause: int) -> None:
    """Let the desk's target ask for a decision."""
    if m[d + WANTS]:
        conclude(m, d, SUPERSEDED)
    m[d + WANTS] = 1
    m[d + SIGNALS] += 1
    say(m, SIGNAL, m[d + SELF], cause)
    add(m, m[d + TARGET_AT])


@compiled
def orderable(m: Words, d: int, delta: int) -> int:
    """Return how many of `delta` lots one order may move, 0 when that is below the venue's minimum; as `orderable_lots`."""
    lots = min(abs(delta), m[d + MAX_LOTS])
    if lots < m[d + MIN_LOTS]:
        return 0
    if not fits(m[d + MARK], lots, m[d + UNIT_NOTIONAL]):
        m[STATUS] = BAD_NOTIONAL
        return 0
    return lots if m[d + MARK] * lots * m[d + UNIT_NOTIONAL] >= m[d + MIN_NOTIONAL] else 0


@inlined
def wanted(m: Words, d: int) -> int:
    """Return the lots that the desk's target asks for, as `wanted_lots`."""
    share = m[d + SHARE]
    if m[d + FULL_LOTS]:
        return lots_of_share(m[d + FULL_LOTS], share)
    equity = m[EQUITY] if m[KNOWN] else 0
    budget = share_of(equity, m[POSITION_SHARE], share) // m[d + QUOTE_FACTOR]
    if m[d + MARK] <= 0 or float(m[d + MARK]) * float(m[d + UNIT_NOTIONAL]) >= SAFE:
        return 0
    return budget // (m[d + MARK] * m[d + UNIT_NOTIONAL])


@inlined
def propose(m: Words, d: int) -> int:
    """Take the decision that a waiting signal asks for; return the code of inaction, NO_RUN when an order was judged."""
    held = m[d + LOTS]
    lots = wanted(m, d)
    quantity = orderable(m, d, lots - held)
    if quantity == 0:
        return conclude(m, d, BELOW_MINIMUM)
    is_buy = 1 if lots > held else 0
    if is_buy and m[LIMIT_ENTRIES]:
        decide(m, d, LIMIT_ORDER, 1, quantity, m[d + MARK])
    else:
        decide(m, d, MARKET, is_buy, quantity, 0)
    m[d + WANTS] = 0
    return NO_RUN


@compiled
def protect(m: Words, d: int) -> None:
    """Propose the order that protects what is held, when nothing else is going on."""
    if not m[PROTECTION] or not m[d + ENTRY_LOTS] or m[d + WANTS] or m[d + EXPOSED] or m[FINISHING]:
        return
    if m[d + STATE] != NONE:
        return
    quantity = orderable(m, d, m[d + LOTS])
    if quantity == 0:
        return
    decide(m, d, m[PROTECTION], 0, quantity, _level(m, d))
    m[d + IS_PROTECTIVE] = 1


@inlined
def _level(m: Words, d: int) -> int:
    """Return the trigger, or how far a trailing stop trails, as `Protection.level`."""
    cost, lots, distance = m[d + ENTRY_COST], m[d + ENTRY_LOTS], m[DISTANCE]
    share = distance if m[PROTECTION] == TRAILING_STOP else PARTS + distance
    if m[PROTECTION] == STOP:
        share = PARTS - distance
    ticks, rest = cost // lots, cost % lots
    if float(ticks) * float(share) >= SAFE:
        m[STATUS] = BAD_COST
        return 1
    more, is_exact = part_of(rest, share, lots)
    parts = ticks * share + more
    if m[PROTECTION] == STOP:
        return max(1, parts // PARTS)
    return parts // PARTS if is_exact and parts % PARTS == 0 else parts // PARTS + 1


@inlined
def decide(m: Words, d: int, kind: int, is_buy: int, lots: int, level: int) -> None:
    """Ask the rules about an order and say what they answer; an allowed one is planned."""
    end_run(m, d)
    m[PROPOSALS] += 1
    code, part, whole = judge(m, d, is_buy, lots)
    m[COUNTS + code] += 1
    say(m, PASSED if code == APPROVED else REFUSED, m[d + SELF], kind | is_buy << 3 | code << 4)
    add(m, lots)
    add(m, m[d + MARK])
    add(m, level)
    if code != APPROVED:
        add(m, part)
        add(m, whole)
        m[d + STANDING] = code
        return
    if m[RATE_LIMIT] >= 0:
        allowed(m)
    m[d + STATE], m[d + NUMBER] = PLANNED, m[PROPOSALS]
    m[d + TYPE], m[d + IS_BUY], m[d + QUANTITY], m[d + LEVEL] = kind, is_buy, lots, level
    m[d + FILLED] = m[d + IS_PROTECTIVE] = 0
    m[FIRST_DESK + m[AWAITING] * DESK_WORDS + QUEUED] = d
    m[AWAITING] += 1
    m[d + STANDING] = ON_TARGET


@inlined
def traded(m: Words, d: int, price: int, lots: int) -> None:
    """Follow what the position cost, as `Desk.traded`; BAD_COST when that leaves the exact range."""
    m[d + EXPOSED] = 0
    if not m[PROTECTION]:
        return
    if m[d + IS_BUY]:
        m[d + ENTRY_LOTS] += lots
        if not fits(price, lots, 1) or m[d + ENTRY_COST] + price * lots >= LIMIT:
            m[STATUS] = BAD_COST
        else:
            m[d + ENTRY_COST] += price * lots
    elif m[d + LOTS] < m[d + MIN_LOTS]:
        m[d + ENTRY_LOTS] = m[d + ENTRY_COST] = 0
