"""Opens the venue of a download: public reads only, no key; an embedded one is started with the past that is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.declaration import EXCHANGE_REQUESTS, REQUEST_STATUSES
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE, Clock
from golive.model.errors import ConfigError
from golive.venues.adapter import VenueAdapter
from golive.venues.profile import VenueProfile

from ..embedded_venue import EmbeddedVenue
from ..venue_check.examination import KeptRefusals
from ..venue_opening import VENUE_STATE, AdapterParts, embedded_secrets, open_adapter, venue_options
from .plan import EMBEDDED_BEGAN, DownloadPlan


@dataclass(frozen=True, slots=True)
class OpenVenue:
    """An open venue, and what its calls counted."""

    adapter: VenueAdapter
    recorder: MemoryRecorder
    refusals: KeptRefusals

    @property
    def requests(self) -> int:
        """Calls so far, however they ended."""
        settings = self.adapter.settings
        labels = {"exchange": settings.exchange, "environment": settings.environment}
        counts = (self.recorder.value(EXCHANGE_REQUESTS.name, **labels, status=status) for status in REQUEST_STATUSES)
        return int(sum(count or 0.0 for count in counts))


@contextlib.asynccontextmanager
async def open_venue(
    entrypoint: ResolvedEntrypoint, profile: VenueProfile, home: Path, clock: Clock, *, seed: int, embedded_until: int
) -> AsyncIterator[OpenVenue]:
    """Yield the open venue. An embedded one has a past from EMBEDDED_BEGAN to `embedded_until` (ns) and stands still there.

    Raises ConfigError when the state directory cannot be used, VenueUnavailable when an embedded venue does not come up.
    """
    directory = home / VENUE_STATE
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ConfigError(f"the state directory {directory} cannot be used: {exc.strerror or exc}") from exc
    async with contextlib.AsyncExitStack() as stack:
        base_url = entrypoint.base_url
        if entrypoint.endpoint == "embedded":
            secrets = embedded_secrets([(entrypoint.keychain_key, profile)])
            credentials = secrets.credentials(entrypoint.keychain_key)
            assert credentials is not None
            still = replace(
                venue_options(entrypoint, seed=seed, speed="max"),
                timeframe="1m",
                start=embedded_until,
                history=(embedded_until - EMBEDDED_BEGAN) // MINUTE,
            )
            venue = await EmbeddedVenue.start(still, credentials)
            stack.push_async_callback(venue.close)
            base_url = venue.rest
        recorder, refusals = MemoryRecorder(), KeptRefusals()
        adapter = open_adapter(
            profile, entrypoint, AdapterParts(recorder, clock, refusals, home, seed),
            endpoint=entrypoint.endpoint, base_url=base_url, credentials=None, sandbox=entrypoint.sandbox_mode,
        )  # fmt: skip
        stack.push_async_callback(adapter.close)
        yield OpenVenue(adapter, recorder, refusals)


def embedded_until(plan: DownloadPlan) -> int:
    """Return where the embedded market stands: a candle behind the end, because the newest one may count as running."""
    assert plan.until is not None
    return max(plan.until, EMBEDDED_BEGAN + plan.length) + plan.length
