"""One order by hand through the whole live path, step by step as each becomes durable; and the cancel of one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from golive.execution.live.effect import Refuse
from golive.model.decision import DecisionCode, Refused
from golive.model.errors import ConfigError, GoliveError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.verdict import ExitCode
from golive.orders import Order

from .adopted_order import cancel_adopted, working_adopted
from .desk import LiveDesk
from .order_following import Following, Step, instrument_of
from .order_outcome import Outcome
from .order_request import STRATEGY, OrderRequest, terms_text
from .order_risk import OrderRisk

NOT_SENT: Final = "NOT_SENT"
"""status of an order that surely never left"""
LINGER_S: Final = 0.5
LOOK_UP_S: Final = 10.0
"""how long the venue may take to tell what became of an order that cannot rest"""
TELL_S: Final = 5.0
"""how long the account may take to be read once more when the order has had its effect"""
POLL_S: Final = 0.01
_RESTING: Final = (OrderStatus.OPEN, OrderStatus.PARTIAL)
_AT_ONCE: Final = (TimeInForce.IOC, TimeInForce.FOK)
_IN_FLIGHT: Final = (OrderStatus.PLANNED, OrderStatus.SENT, OrderStatus.UNKNOWN)


async def place(
    desk: LiveDesk, risk: OrderRisk, request: OrderRequest, say: Callable[[Step], None], *, wait_s: float, stop: asyncio.Event
) -> tuple[Outcome, list[Step]]:
    """Judge an order and send it; return how it stands when it has ended or rests, when `wait_s` are over, or at `stop`.

    Raises ConfigError for an order that cannot be one, and the family of the venue's fault while nothing has been sent.
    """
    adapter = desk.plan.accounts[0].adapter
    account = desk.account(adapter)
    instrument = request.chosen(desk.instruments(adapter))
    order = request.order(desk.new_id(adapter, STRATEGY), instrument)
    async with Following(desk, order.client_order_id, say) as following:
        following.add("recovered", _recovered_text(desk))
        is_market_sale = order.side is Side.SELL and order.price is None
        await risk.read(desk, None if is_market_sale else instrument.id.symbol)
        verdict = risk.decide(order)
        risk.remember(desk.plan.operator)
        terms, worth = terms_text(order, instrument), risk.equity_text(instrument)
        if isinstance(verdict, Refused):
            account.carry(Refuse(adapter, verdict, desk.plan.clock.now()))
            why = f"{verdict.code}, {_reason(verdict, instrument)}"
            following.add("refused", f"risk ({risk.profile.name}) refuses {terms}: {why}; equity {worth}")
        else:
            following.add("judged", f"risk ({risk.profile.name}) allows {terms}; equity {worth}")
            desk.submit(verdict)
            await _understood(desk, following, wait_s, stop)
            await _looked_up(desk, following, stop)
            await _tell_risk(desk, risk, following, None if is_market_sale else instrument.id.symbol)
    return _outcome(desk, following), following.steps


async def _tell_risk(desk: LiveDesk, risk: OrderRisk, following: Following, symbol: str | None) -> None:
    """Let others see the account as the order has left it; that it cannot be read any more is told, and changes no outcome."""
    if not desk.router.knows(following.order_id):
        return
    key = desk.router.order(following.order_id).intent.instrument
    try:
        async with asyncio.timeout(TELL_S):
            await risk.tell(desk, key, symbol)
    except (GoliveError, TimeoutError) as exc:
        why = f"{exc}" or f"the venue did not answer within {TELL_S:.0f} s"
        following.add("untold", f"golive risk status shows the account as it was before this order: {why}")


def _reason(verdict: Refused, instrument: Instrument) -> str:
    if verdict.code is DecisionCode.RISK_FLIP:
        asset = instrument.base
        return f"only {verdict.limit} {asset} is held and not promised to other orders, and {verdict.value} {asset} was asked"
    return f"limit {verdict.limit}, value {verdict.value}"


async def withdraw(
    desk: LiveDesk,
    name: str,
    say: Callable[[Step], None],
    *,
    wait_s: float,
    stop: asyncio.Event,
    risk: OrderRisk | None = None,
) -> tuple[Outcome, list[Step]]:
    """Cancel the one order whose client order id begins with `name`, or whose venue order id it is; also at a blocked account.

    `risk` publishes what the account is then, where journal and venue agree.
    Raises ConfigError when no order that has not ended, or more than one, is meant.
    """
    if (adopted := working_adopted(desk, name)) is not None:
        return await cancel_adopted(desk, *adopted, say)
    order_id = _meant(desk, name)
    async with Following(desk, order_id, say) as following:
        _add_recovered(desk, following)
        desk.cancel(order_id)
        following.add("cancel", f"cancel of {order_id} is asked for; it may still be filled before that arrives")
        await _ended(desk, order_id, wait_s, stop)
        if risk is not None and all(condition.is_ready for condition in desk.conditions.values()):
            await _tell_risk(desk, risk, following, None)
    outcome = _outcome(desk, following)
    return (_uncanceled(outcome, following) if outcome.status in _RESTING else outcome), following.steps


def _uncanceled(outcome: Outcome, following: Following) -> Outcome:
    """A cancel whose order works when the command ends has done nothing that is known: that is no success."""
    why = f" ({following.cancel_problem})" if following.cancel_problem else ""
    what = f"it works at the venue for all that is known: nothing shows that its cancel had an effect{why}. Cancel it again"
    return replace(outcome, exit_code=ExitCode.UNKNOWN, next=what)


def _meant(desk: LiveDesk, name: str) -> ClientOrderId:
    working = [order.intent.client_order_id for order in desk.router.unended]
    found = [each.intent.client_order_id for each in desk.router.unended if _is_meant(each, name)]
    if len(found) != 1:
        known = ", ".join(working) or "none"
        raise ConfigError(f"{name}: {'several' if found else 'no'} order of that id has not ended; those that have not: {known}")
    return found[0]


def _is_meant(order: Order, name: str) -> bool:
    return order.intent.client_order_id.startswith(name) or order.venue_order_id == name


def _add_recovered(desk: LiveDesk, following: Following) -> None:
    """Tell how the accounts stand: a cancel leaves also where journal and venue do not agree."""
    blocked = [condition.why_not for condition in desk.conditions.values() if not condition.is_ready]
    if blocked:
        following.add("blocked", f"{'; '.join(blocked)}\n  what works can be canceled all the same")
    else:
        following.add("recovered", _recovered_text(desk))


def _recovered_text(desk: LiveDesk) -> str:
    working = len(desk.router.unended)
    names = ", ".join(account.adapter for account in desk.plan.accounts)
    return f"{names}: journal and venue agree; {working or 'no'} order{'s' if working != 1 else ''} of ours there"


async def _understood(desk: LiveDesk, following: Following, wait_s: float, stop: asyncio.Event) -> None:
    """Wait until the order has ended, or rests if it may; one that meets its price ends a moment after it is acknowledged."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    rests_since: float | None = None
    while not stop.is_set() and (now := loop.time()) < deadline:
        order = next((each for each in desk.router.unended if each.intent.client_order_id == following.order_id), None)
        if order is None:
            break
        if order.status not in _RESTING or _takes_at_once(order.intent):
            rests_since = None
        elif rests_since is None:
            rests_since = now
        elif now - rests_since >= LINGER_S:
            break
        await asyncio.sleep(POLL_S)


def _takes_at_once(order: NewOrder) -> bool:
    return order.type is OrderType.MARKET or order.time_in_force in _AT_ONCE


async def _looked_up(desk: LiveDesk, following: Following, stop: asyncio.Event) -> None:
    """Ask the venue for an order that works when it should have ended: its stream may have lost that."""
    name = following.order_id
    order = next((each for each in desk.router.unended if each.intent.client_order_id == name), None)
    if order is None or order.status not in _RESTING or not _takes_at_once(order.intent):
        return
    following.add("asked", "it should have ended by now and nothing was heard of that: the venue is asked for it")
    owner = next(each for each in desk.plan.accounts if desk.account(each.adapter).parts.roster.get(name) is not None)
    desk.account(owner.adapter).asker.ask(name)
    await _ended(desk, name, LOOK_UP_S, stop)


async def _ended(desk: LiveDesk, order_id: ClientOrderId, wait_s: float, stop: asyncio.Event) -> None:
    """A working order is settled while it rests, so its end is waited for itself."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while any(each.intent.client_order_id == order_id for each in desk.router.unended):
        if stop.is_set() or loop.time() >= deadline:
            return
        await asyncio.sleep(POLL_S)


def _outcome(desk: LiveDesk, following: Following) -> Outcome:
    if not desk.router.knows(following.order_id):
        return Outcome(client_order_id=following.order_id, status="REFUSED", filled="0", exit_code=ExitCode.BLOCKED, next="")
    order = desk.router.order(following.order_id)
    instrument = instrument_of(desk, order.intent.instrument)
    filled = f"{instrument.quantity_text(order.filled)} of {instrument.quantity_text(order.intent.quantity)} {instrument.base}"
    return Outcome(
        client_order_id=following.order_id,
        status=NOT_SENT if following.never_left and order.status is OrderStatus.ABSENT else str(order.status),
        filled=filled,
        exit_code=_exit_code(order),
        next=_next(order),
    )


def _exit_code(order: Order) -> ExitCode:
    status = order.status
    if status in _IN_FLIGHT or (status in _RESTING and _takes_at_once(order.intent)):
        return ExitCode.UNKNOWN
    return ExitCode.VALIDATION_FAILED if status in (OrderStatus.REJECTED, OrderStatus.ABSENT) else ExitCode.OK


def _next(order: Order) -> str:
    status = order.status
    if status in _RESTING and _takes_at_once(order.intent):
        return (
            "an order that cannot rest has an end, and it was not told yet: the next start asks for it, so run golive reconcile"
        )
    if status in _IN_FLIGHT:
        return (
            "it may be at the venue. It is never sent again; its symbol takes no new order until its fate is known. The next "
            "start asks the venue until it is found or its absence is proved: run golive reconcile"
        )
    if status in _RESTING:
        return "it rests at the venue and is taken over by the next start; cancel it with golive order cancel"
    return ""
