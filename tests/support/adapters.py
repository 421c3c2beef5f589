"""A venue adapter wired for a test: real call path, in-memory recorder, guardrail events kept in a list."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from golive.metrics.recorder import MemoryRecorder
from golive.model.json import JsonObject
from golive.model.secret import Credentials
from golive.venues import AdapterSettings, VenueAdapter, VenueProfile, profile_named
from support.wall_clock import WallClock

ENVIRONMENT = "okx_paper"
ADAPTERS = {"okx": "okx_spot", "kraken": "kraken_spot", "bybit": "bybit_spot"}
"""venue label → adapter id"""


_signing: list[Literal["ccxt", "direct"]] = ["ccxt"]
"""the last one counts"""


@contextlib.contextmanager
def signing_by(path: Literal["ccxt", "direct"]) -> Iterator[None]:
    """Let every adapter made in this block sign and send this way, unless its own settings say otherwise."""
    _signing.append(path)
    try:
        yield
    finally:
        _signing.pop()


@dataclass
class KeptEvents:
    """Guardrail events as they came."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None:
        self.events.append({"level": level, "event": event, "message": message, "queue": queue, "fields": dict(fields)})

    def names(self) -> list[str]:
        return [event["event"] for event in self.events]


@dataclass
class Rig:
    """An adapter and everything it reports to."""

    adapter: VenueAdapter
    recorder: MemoryRecorder
    guardrails: KeptEvents
    venue: str = "okx"
    environment: str = ENVIRONMENT

    @property
    def _labels(self) -> dict[str, str]:
        return {"exchange": self.venue, "environment": self.environment}

    def requests(self, status: str) -> float | None:
        return self.recorder.value("bot_exchange_requests_total", **self._labels, status=status)

    def errors(self, severity: str) -> float | None:
        return self.recorder.value("bot_exchange_errors_total", **self._labels, severity=severity)

    @property
    def rate_limited(self) -> float | None:
        return self.recorder.value("bot_exchange_rate_limited_total", **self._labels)

    @property
    def health(self) -> float | None:
        return self.recorder.value("bot_exchange_health_status", **self._labels)

    @property
    def reconnect_required(self) -> float | None:
        return self.recorder.value("bot_exchange_reconnect_required", exchange=self.venue)


def quick(profile: VenueProfile) -> VenueProfile:
    """The same profile with read retries of milliseconds, for tests of what happens and not of how long it takes."""
    return replace(profile, retry=replace(profile.retry, base_s=0.01, cap_s=0.02, jitter_s=(0.0, 0.001)))


def unhurried(venue: str) -> VenueProfile:
    """The venue's profile without request budgets, for a simulated venue that has no limits either; quick retries."""
    return replace(quick(profile_named(ADAPTERS[venue])), budget=())


@contextlib.asynccontextmanager
async def rig(
    venue: str, base_url: str, credentials: Credentials | None = None, *, profile: VenueProfile | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """Yield an adapter of `okx`, `kraken` or `bybit` for the venue at `base_url`; retries are quick unless `profile` says otherwise."""
    recorder, guardrails = MemoryRecorder(), KeptEvents()
    environment = f"{venue}_paper"
    adapter = VenueAdapter(
        quick(profile_named(ADAPTERS[venue])) if profile is None else profile,
        AdapterSettings(
            exchange=venue,
            environment=environment,
            queue=ADAPTERS[venue],
            endpoint="embedded",
            base_url=base_url,
            credentials=credentials,
            **{"signing": _signing[-1], **settings},
        ),
        recorder=recorder,
        clock=WallClock(),
        guardrails=guardrails,
        rng=random.Random(7),
    )
    try:
        yield Rig(adapter, recorder, guardrails, venue, environment)
    finally:
        await adapter.close()


@contextlib.asynccontextmanager
async def okx_rig(
    base_url: str, credentials: Credentials | None = None, *, profile: VenueProfile | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """Yield an OKX adapter, see `rig`."""
    async with rig("okx", base_url, credentials, profile=profile, **settings) as made:
        yield made
