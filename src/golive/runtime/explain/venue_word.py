"""What an order's venue says of it now: asked read-only, with nothing at hand that could send an order."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.endpoint import is_loopback_host
from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import DAY, MILLISECOND, Clock
from golive.model.errors import GoliveError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.security import KeyFileStore
from golive.storage.guardrail_log import GuardrailLog
from golive.venues.account_reads import AccountReads
from golive.venues.adapter import VenueAdapter
from golive.venues.lookup import Resolver

from ..live_plan import account_plan
from .adopted_comparison import FollowedOrder, compared_adopted
from .story import Testimony
from .venue_comparison import SentOrder, compared
from .witnesses import testimony

MARGIN_MS = 5000
"""how much earlier than our decision an order is looked for: the venue's clock is not ours"""


async def venue_word(
    order: SentOrder | FollowedOrder,
    configuration: Configuration,
    asker: str | None = None,
    *,
    home: Path,
    key_file: Path,
    clock: Clock,
) -> Testimony:
    """Return what the venue says; why it was not asked where it cannot be.

    `asker` is the entrypoint that asks if it trades on the order's account; otherwise whichever does. Raises ConfigError for an
    unusable key file and for an entrypoint that does not exist.
    """
    entrypoint = _entrypoint_of(order, configuration, asker)
    if entrypoint is None:
        return testimony("venue", "not_asked", "no_entrypoint", account=order.account, environment=order.environment)
    host = entrypoint.endpoint_host or ""
    if not is_loopback_host(host):
        return testimony("venue", "not_asked", "not_on_this_machine", host=host)
    account = account_plan(entrypoint, KeyFileStore(key_file, [host]), home)
    guardrails = GuardrailLog(home / entrypoint.io.log_directory, clock)
    adapter = VenueAdapter(
        account.profile,
        account.settings,
        recorder=MemoryRecorder(),
        clock=clock,
        guardrails=guardrails,
        rng=random.Random(0),  # noqa: S311 (draws that come again; no secret)
    )
    ask = _of_sent(order, adapter) if isinstance(order, SentOrder) else _of_adopted(order, adapter)
    try:
        return await ask((await adapter.load())[InstrumentId.parse(order.instrument)])
    except (GoliveError, KeyError) as exc:
        return testimony("venue", "unknown", "venue_silent", problem=f"{type(exc).__name__}: {exc}")
    finally:
        await adapter.close()
        guardrails.close()


def _of_sent(order: SentOrder, adapter: VenueAdapter) -> Callable[[Instrument], Awaitable[Testimony]]:
    async def ask(instrument: Instrument) -> Testimony:
        path, profile = adapter.connection.path, adapter.profile
        resolver = Resolver(AccountReads(profile, path), path, profile)
        since_ms = order.decided_at // MILLISECOND - MARGIN_MS
        return compared(order, await resolver.lookup(order.client_order_id, instrument, since_ms), instrument)

    return ask


def _of_adopted(order: FollowedOrder, adapter: VenueAdapter) -> Callable[[Instrument], Awaitable[Testimony]]:
    since = order.adopted_at - DAY  # it may have ended before it was adopted

    async def ask(instrument: Instrument) -> Testimony:
        reads = AccountReads(adapter.profile, adapter.connection.path)
        working = await reads.open_orders(instrument)
        for seen in (*working, *await reads.closed_orders(instrument, lambda newest: since)):
            if seen.venue_order_id == order.venue_order_id:
                fills = await reads.order_fills(seen, instrument, lambda newest: since)
                return compared_adopted(order, seen, fills, instrument)
        return compared_adopted(order, None, (), instrument)

    return ask


def _entrypoint_of(
    order: SentOrder | FollowedOrder, configuration: Configuration, asker: str | None
) -> ResolvedEntrypoint | None:
    """Return the entrypoint `asker` if it trades on the order's account, else the first that does; None when none does."""
    everyone = sorted(configuration.runtime.trading.entrypoints)
    for name in everyone if asker is None else [asker, *everyone]:
        each = configuration.resolve(name)
        if (each.adapter, each.environment, each.keychain_key) == (order.adapter, order.environment, order.account):
            return each
    return None
