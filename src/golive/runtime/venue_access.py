"""What a session reads from venues: one adapter per monitored entrypoint, opened side by side.

Only the entrypoint that trades can hold a session up. A monitored venue that does not come up, or comes up late, is said
in the report and keeps nobody waiting. Keys of venues that are not embedded come from the store of secrets, or for the traded one
from a key file.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from golive.config.endpoint import EMBEDDED
from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import Recorder
from golive.model.clock import Clock
from golive.model.errors import GoliveError
from golive.model.secret import Credentials, SecretStore
from golive.security.key_file import KeyFileStore
from golive.venues.adapter import VenueAdapter
from golive.venues.failover import FailoverStatus
from golive.venues.ports import GuardrailSink
from golive.venues.profile import VenueProfile
from golive.venues.registry import profile_named

from .embedded_venue import EmbeddedVenue, VenueOptions
from .options import DEFAULT_CANDLES
from .plan import Plan
from .secret_store import StoredSecrets
from .secret_use import stored_credentials
from .venue_opening import AdapterParts, embedded_secrets, key_of, open_adapter, venue_options


@dataclass(slots=True)
class VenueAccess:
    """The adapters by entrypoint name, and their embedded venues; `close` ends all of them.

    `warn` is told, once, why a venue beside the traded one could not be opened.
    """

    plan: Plan
    recorder: Recorder
    clock: Clock
    guardrails: GuardrailSink
    warn: Callable[[str], None]
    store: StoredSecrets
    adapters: dict[str, VenueAdapter] = field(default_factory=dict)
    secret_source: str | None = None
    _profiles: dict[str, VenueProfile] = field(default_factory=dict)
    _secrets: SecretStore | None = None
    _embedded: dict[str, asyncio.Task[EmbeddedVenue]] = field(default_factory=dict)
    _opening: dict[str, asyncio.Task[VenueAdapter | None]] = field(default_factory=dict)

    async def open(self) -> None:
        """Begin to open every venue and return when the one that is traded on is open; no venue is called yet.

        Raises ConfigError (unknown adapter, data, flags, sandbox) and VenueUnavailable (its embedded venue does not come up).
        """
        everyone = (self.plan.entrypoint, *self.plan.others)
        self._profiles = {each.name: profile_named(each.adapter) for each in everyone}
        embedded = [each for each in everyone if self._endpoint(each) == EMBEDDED]
        self._secrets = embedded_secrets((each.keychain_key, self._profiles[each.name]) for each in embedded)
        self._opening = {each.name: asyncio.create_task(self._open_beside(each)) for each in self.plan.others}
        await self._open(self.plan.entrypoint)

    async def adapter(self, name: str) -> VenueAdapter | None:
        """Return the adapter of an entrypoint as soon as it is open; None when its venue did not come up."""
        if name in self._opening:
            await asyncio.wait([self._opening[name]])
            return self._opening[name].result()
        return self.adapters.get(name)

    @property
    def main(self) -> VenueAdapter:
        """The adapter of the entrypoint that trades."""
        return self.adapters[self.plan.entrypoint.name]

    @property
    def embedded(self) -> EmbeddedVenue | None:
        """The embedded venue of the entrypoint that trades, if it has one and it came up."""
        task = self._embedded.get(self.plan.entrypoint.keychain_key)
        return task.result() if task is not None and _came_up(task) else None

    def failover(self) -> dict[str, FailoverStatus]:
        """Return the state of every open adapter by entrypoint, now."""
        return {name: adapter.failover_status for name, adapter in sorted(self.adapters.items())}

    async def close(self) -> None:
        """Close adapters, then end the embedded venues, all at the same time; idempotent."""
        for opening in self._opening.values():
            opening.cancel()
        await asyncio.gather(*self._opening.values(), return_exceptions=True)
        await asyncio.gather(*(adapter.close() for adapter in self.adapters.values()))
        for starting in self._embedded.values():
            starting.cancel()
        await asyncio.gather(*self._embedded.values(), return_exceptions=True)
        await asyncio.gather(*(task.result().close() for task in self._embedded.values() if _came_up(task)))
        self._embedded.clear()

    # opening one of them

    async def _open_beside(self, entrypoint: ResolvedEntrypoint) -> VenueAdapter | None:
        """Open a venue that is only monitored; what goes wrong is a warning and leaves it unmeasured."""
        try:
            return await self._open(entrypoint)
        except GoliveError as exc:
            self.warn(f"the venue of {entrypoint.name} could not be opened and is not measured: {exc}")
            return None

    async def _open(self, entrypoint: ResolvedEntrypoint) -> VenueAdapter:
        selected, endpoint = self._is_selected(entrypoint), self._endpoint(entrypoint)
        base_url, credentials = entrypoint.base_url, None
        if endpoint == EMBEDDED:
            assert self._secrets is not None
            credentials = self._secrets.credentials(entrypoint.keychain_key)
            assert credentials is not None
            base_url = (await self._venue(entrypoint, credentials)).rest
        store: SecretStore | None = self._secrets
        if endpoint != EMBEDDED and not (selected and self.plan.options.credentials is not None):
            store, credentials = self.store, await asyncio.to_thread(stored_credentials, self.store, entrypoint)
        if selected and self.plan.options.credentials is not None:
            store = KeyFileStore(self.plan.options.credentials, [entrypoint.endpoint_host or entrypoint.endpoint])
            credentials = key_of(store, self._profiles[entrypoint.name], entrypoint)
        if selected and credentials is not None and store is not None:
            self.secret_source = store.source
        parts = AdapterParts(self.recorder, self.clock, self.guardrails, self.plan.home, self.plan.options.seed)
        adapter = self.adapters[entrypoint.name] = open_adapter(
            self._profiles[entrypoint.name], entrypoint, parts,
            endpoint=endpoint, base_url=base_url, credentials=credentials, sandbox=self._sandbox(entrypoint),
        )  # fmt: skip
        return adapter

    async def _venue(self, entrypoint: ResolvedEntrypoint, credentials: Credentials) -> EmbeddedVenue:
        """Return the embedded venue that knows this entrypoint's key; one per key, also when two ask at once."""
        key = entrypoint.keychain_key
        if key not in self._embedded:
            options = self._options(entrypoint)
            self._embedded[key] = asyncio.create_task(
                EmbeddedVenue.start(options, credentials, demo_key=self._sandbox(entrypoint))
            )
        return await asyncio.shield(self._embedded[key])

    def _options(self, entrypoint: ResolvedEntrypoint) -> VenueOptions:
        """The traded market is what the run asks for; the others are generated and go on at the pace of the wall clock."""
        options = self.plan.options
        if not self._is_selected(entrypoint):
            return venue_options(entrypoint, seed=options.seed)
        return venue_options(
            entrypoint,
            seed=options.seed,
            speed=self.plan.speed,
            steps=self._steps(),
            data=options.data,
            volume_unit=options.volume_unit or "base",
        )

    def _steps(self) -> int | None:
        """Lock-step ends with its market; a generated one needs an end, a recorded one has its own."""
        options = self.plan.options
        if options.candles is None and options.data is None and self.plan.lock_step:
            return DEFAULT_CANDLES
        return options.candles

    def _is_selected(self, entrypoint: ResolvedEntrypoint) -> bool:
        return entrypoint.name == self.plan.entrypoint.name

    def _endpoint(self, entrypoint: ResolvedEntrypoint) -> str:
        return self.plan.endpoint if self._is_selected(entrypoint) else entrypoint.endpoint

    def _sandbox(self, entrypoint: ResolvedEntrypoint) -> bool:
        return self.plan.sandbox if self._is_selected(entrypoint) else entrypoint.sandbox_mode


def _came_up(task: asyncio.Task[EmbeddedVenue]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is None
