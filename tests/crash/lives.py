"""What every bot here does alike: opens again where it fails closed for a while, says that it is ready, gets ready to fork."""

from __future__ import annotations

import asyncio
import gc
import json
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from crash.kills import BLOCKED
from golive.model.errors import GoliveError, JournalError, VenueUnavailable
from golive.runtime.live.desk import LiveDesk
from golive.runtime.live.opening import NotReady
from golive.runtime.live.plan import LivePlan

RESOLVE_S = 60.0
WARM_OPENINGS = 4


async def resolve(plan: LivePlan) -> None:
    """Open the desk, cancel what is open, wait until every order has ended, and end. RuntimeError when one has not."""
    desk = await opened(plan)
    try:
        give_up = time.monotonic() + RESOLVE_S
        for order in desk.router.unended:
            desk.cancel(order.intent.client_order_id)
        while desk.router.unended:
            if time.monotonic() > give_up:
                left = [(order.intent.client_order_id, order.status) for order in desk.router.unended]
                raise RuntimeError(f"not resolved within {RESOLVE_S:g} s: {left}")
            await asyncio.sleep(0.01)
        await desk.settled(RESOLVE_S)
    finally:
        await desk.close()


async def warm(plan: LivePlan) -> None:
    """Open a desk and close it again, so that what a life runs first is loaded and specialised before lives are forked."""
    for _ in range(WARM_OPENINGS):
        desk = await opened(plan)
        await desk.close()


async def opened(plan: LivePlan) -> LiveDesk:
    """Open the desk, again where it fails closed for a while."""
    for last in countdown(10):
        try:
            return await LiveDesk.open(plan)
        except GoliveError as why:
            if last or not is_for_now(why):
                raise
            await asyncio.sleep(0.2)
    raise AssertionError("unreachable")


@contextmanager
def failing_closed() -> Iterator[None]:
    """End as blocked where the desk may not start or go on for now: venue and journal do not agree yet, the venue cannot be
    asked, or the disk is too slow. Any other error is one."""
    try:
        yield
    except GoliveError as why:
        if not is_for_now(why):
            raise
        sys.stderr.write(f"blocked: {why}\n")
        raise SystemExit(BLOCKED) from None


def is_for_now(why: GoliveError) -> bool:
    return isinstance(why, NotReady | VenueUnavailable) or (isinstance(why, JournalError) and "not durable within" in str(why))


def prepare_to_fork() -> None:
    _share(ssl.create_default_context())
    gc.collect()
    gc.freeze()


def say_ready() -> None:
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()


def _share(context: ssl.SSLContext) -> None:
    """Give all forked lives one TLS context: to read the host's certificates anew takes a third of a life, and no byte here
    is encrypted."""
    ssl.create_default_context = lambda *_, **__: context


def patiently(ask: Callable[[], Any]) -> Any:
    """Ask before the lives begin, again where the nemesis cut it."""
    for last in countdown(20):
        try:
            return ask()
        except Exception:
            if last:
                raise
    raise AssertionError("unreachable")


def countdown(count: int) -> Iterator[bool]:
    for left in range(count, 0, -1):
        yield left == 1
