"""A venue adapter wired for a test: real call path, in-memory recorder, guardrail events kept in a list."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from golive.metrics.recorder import MemoryRecorder
from golive.model.json import JsonObject
from golive.model.secret import Credentials
from golive.venues import AdapterSettings, VenueAdapter, VenueProfile, profile_named
from support.wall_clock import WallClock

ENVIRONMENT = "okx_paper"


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

    def requests(self, status: str) -> float | None:
        return self.recorder.value("bot_exchange_requests_total", exchange="okx", environment=ENVIRONMENT, status=status)

    def errors(self, severity: str) -> float | None:
        return self.recorder.value("bot_exchange_errors_total", exchange="okx", environment=ENVIRONMENT, severity=severity)

    @property
    def rate_limited(self) -> float | None:
        return self.recorder.value("bot_exchange_rate_limited_total", exchange="okx", environment=ENVIRONMENT)

    @property
    def health(self) -> float | None:
        return self.recorder.value("bot_exchange_health_status", exchange="okx", environment=ENVIRONMENT)

    @property
    def reconnect_required(self) -> float | None:
        return self.recorder.value("bot_exchange_reconnect_required", exchange="okx")


def quick(profile: VenueProfile) -> VenueProfile:
    """The same profile with read retries of milliseconds, for tests of what happens and not of how long it takes."""
    return replace(profile, retry=replace(profile.retry, base_s=0.01, cap_s=0.02, jitter_s=(0.0, 0.001)))


@contextlib.asynccontextmanager
async def okx_rig(
    base_url: str, credentials: Credentials | None = None, *, profile: VenueProfile | None = None, **settings: Any
) -> AsyncIterator[Rig]:
    """Yield an adapter for the venue at `base_url`; retries are quick unless `profile` says otherwise."""
    recorder, guardrails = MemoryRecorder(), KeptEvents()
    adapter = VenueAdapter(
        quick(profile_named("okx_spot")) if profile is None else profile,
        AdapterSettings(
            exchange="okx",
            environment=ENVIRONMENT,
            queue="okx_spot",
            endpoint="embedded",
            base_url=base_url,
            credentials=credentials,
            **settings,
        ),
        recorder=recorder,
        clock=WallClock(),
        guardrails=guardrails,
        rng=random.Random(7),
    )
    try:
        yield Rig(adapter, recorder, guardrails)
    finally:
        await adapter.close()
