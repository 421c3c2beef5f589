"""What a session reads from venues: embedded venues where the endpoint says so, one adapter per monitored entrypoint."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import Recorder
from golive.model.clock import Clock
from golive.model.secret import Credentials, SecretStore
from golive.security.embedded import EmbeddedSecretStore
from golive.venues.adapter import VenueAdapter
from golive.venues.ports import GuardrailSink
from golive.venues.registry import profile_named
from golive.venues.settings import AdapterSettings

from .embedded_venue import EmbeddedVenue, VenueOptions
from .options import DEFAULT_CANDLES
from .plan import EMBEDDED, Plan


@dataclass(slots=True)
class VenueAccess:
    """The open adapters by entrypoint name; `close` ends them and the embedded venues."""

    plan: Plan
    recorder: Recorder
    clock: Clock
    guardrails: GuardrailSink
    adapters: dict[str, VenueAdapter] = field(default_factory=dict)
    secret_source: str | None = None
    _embedded: dict[str, EmbeddedVenue] = field(default_factory=dict)
    _secrets: SecretStore = field(default_factory=EmbeddedSecretStore)

    async def open(self) -> None:
        """Start embedded venues and construct every adapter; no venue is called yet.

        Raises ConfigError (data, flags, sandbox) and VenueUnavailable (an embedded venue does not come up).
        """
        for entrypoint in (self.plan.entrypoint, *self.plan.others):
            selected = entrypoint.name == self.plan.entrypoint.name
            endpoint = self.plan.endpoint if selected else entrypoint.endpoint
            base_url, credentials = entrypoint.base_url, None
            if endpoint == EMBEDDED:
                credentials = self._secrets.credentials(entrypoint.keychain_key)
                base_url = (await self._venue(entrypoint, credentials)).rest
            if selected and credentials is not None:
                self.secret_source = self._secrets.source
            self.adapters[entrypoint.name] = self._adapter(entrypoint, endpoint, base_url, credentials)

    @property
    def main(self) -> VenueAdapter:
        """The adapter of the entrypoint that trades."""
        return self.adapters[self.plan.entrypoint.name]

    @property
    def embedded(self) -> EmbeddedVenue | None:
        """The embedded venue of the entrypoint that trades, if it has one."""
        return self._embedded.get(self.plan.entrypoint.keychain_key)

    async def close(self) -> None:
        for adapter in self.adapters.values():
            await adapter.close()
        for venue in self._embedded.values():
            await venue.close()

    def _steps(self) -> int | None:
        """Lock-step ends with its market; a generated one needs an end, a recorded one has its own."""
        options = self.plan.options
        if options.candles is None and options.data is None and self.plan.lock_step:
            return DEFAULT_CANDLES
        return options.candles

    def _sandbox(self, entrypoint: ResolvedEntrypoint) -> bool:
        return self.plan.sandbox if entrypoint.name == self.plan.entrypoint.name else entrypoint.sandbox_mode

    async def _venue(self, entrypoint: ResolvedEntrypoint, credentials: Credentials | None) -> EmbeddedVenue:
        """Return the embedded venue that knows this entrypoint's key; one per key."""
        key = entrypoint.keychain_key
        if key not in self._embedded:
            assert credentials is not None
            options, selected = self.plan.options, entrypoint.name == self.plan.entrypoint.name
            self._embedded[key] = await EmbeddedVenue.start(
                VenueOptions(
                    dialect=entrypoint.exchange,
                    speed=self.plan.speed if selected else "1",
                    seed=options.seed,
                    steps=self._steps(),
                    symbols=[i.symbol for i in entrypoint.instruments],
                    timeframe=entrypoint.timeframe,
                    data=options.data if selected else None,
                    volume_unit=options.volume_unit or "base",
                    balances=self.plan.start_balances if selected else {},
                ),
                credentials,
                demo_key=self._sandbox(entrypoint),
            )
        return self._embedded[key]

    def _adapter(
        self, entrypoint: ResolvedEntrypoint, endpoint: str, base_url: str | None, credentials: Credentials | None
    ) -> VenueAdapter:
        sandbox = self._sandbox(entrypoint)
        io = entrypoint.io
        settings = AdapterSettings(
            exchange=entrypoint.exchange,
            environment=entrypoint.environment,
            queue=io.queue,
            endpoint=endpoint,
            base_url=base_url,
            sandbox=sandbox,
            credentials=credentials,
            max_concurrency=io.max_concurrency,
            burst=io.burst,
            rate_limit_warning_seconds=io.rate_limit_warning_seconds,
            timeout_warning_seconds=io.timeout_warning_seconds,
            stale_after_seconds=entrypoint.stale_after_seconds,
        )
        return VenueAdapter(
            profile_named(entrypoint.adapter), settings, recorder=self.recorder, clock=self.clock, guardrails=self.guardrails,
            rng=random.Random(self.plan.options.seed),
        )  # fmt: skip
