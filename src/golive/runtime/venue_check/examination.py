"""One examination of one venue: opens it, asks everything in an order that wastes no time, closes it again."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError, VenueUnavailable
from golive.model.json import JsonObject
from golive.model.secret import Credentials
from golive.observability.measured import AdapterFailover
from golive.venues.dialect import KeyFacts
from golive.venues.masking import Masking
from golive.venues.registry import profile_named

from ..embedded_venue import EmbeddedVenue
from ..identity import operator_identity
from ..key_probe import record_probe
from ..secret_store import StoredSecrets
from ..secret_use import stored_credentials
from ..venue_opening import VENUE_STATE, AdapterParts, embedded_secrets, open_adapter, venue_options
from .asked import (
    KEY_CHECKS,
    Examined,
    account_stream_row,
    clock_row,
    key_rows,
    limits_row,
    markets_row,
    sandbox_row,
    stream_addresses,
    stream_row,
    switch_row,
    time_request,
    unasked,
)
from .network import DNS, TLS, Host, dns_row, public_trust, tls_row
from .row import Row, Status, VenueCheck, exit_code_of, overall, shown_key, unknown, without_secrets

SEED: Final = 7
_STREAMS: Final = ("market_stream", "account_stream")
_ASKED: Final = ("clock_skew", *KEY_CHECKS, "markets", *_STREAMS)
_ORDER: Final = (
    DNS, TLS, "clock_skew", "rate_limits", *KEY_CHECKS, "markets", *_STREAMS, "sandbox_marker", "dead_man_switch",
)  # fmt: skip


@dataclass(slots=True)
class KeptRefusals:
    """A sink of guardrail events that keeps the venue's refusals in words, for the row about limits."""

    words: list[str] = field(default_factory=list)

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None:
        if event == "REFUSED":
            self.words.append(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """How a venue is examined. `timeout_s` bounds every single question; `trust` gives the TLS context to verify with."""

    home: Path
    clock: Clock
    timeout_s: float = 10.0
    store: StoredSecrets | None = None
    """where the key of a venue that is not embedded comes from"""
    trust: Callable[[], ssl.SSLContext] = public_trust

    async def of(self, entrypoint: ResolvedEntrypoint) -> VenueCheck:
        """Examine the venue of an entrypoint where its configuration says it is; an embedded venue is started for it.

        Raises ConfigError for an adapter that does not exist, an embedded venue that refuses its options, or a home whose
        state directory cannot be used; ValidationFailed for a stored key that is not for this environment; PrerequisiteMissing
        for a store that cannot be opened; JournalError when the venue's answer about a stored key cannot be written down.
        """
        self._prepare_state()
        profile = profile_named(entrypoint.adapter)
        if entrypoint.endpoint != "embedded":
            found = None if self.store is None else stored_credentials(self.store, entrypoint)
            if found is None or self.store is None:
                return await self.at(entrypoint, entrypoint.base_url, None)
            return await self.at(entrypoint, entrypoint.base_url, found, self.store.source, self._noting(entrypoint, self.store))
        secrets = embedded_secrets([(entrypoint.keychain_key, profile)])
        credentials = secrets.credentials(entrypoint.keychain_key)
        assert credentials is not None
        began = self.clock.monotonic()
        try:
            options = venue_options(entrypoint, seed=SEED)
            venue = await EmbeddedVenue.start(options, credentials, demo_key=entrypoint.sandbox_mode)
        except VenueUnavailable as exc:
            fix = "run it alone to see why: golive simvenue serve --dialect " + entrypoint.exchange
            rows = [unknown(check, str(exc), fix) if check == DNS else unasked([check], "not asked")[0] for check in _ORDER]
            return self._document(entrypoint, None, rows, began)
        try:
            return await self.at(entrypoint, venue.rest, credentials, secrets.source)
        finally:
            await venue.close()

    def _noting(self, entrypoint: ResolvedEntrypoint, store: StoredSecrets) -> Callable[[KeyFacts | str], None]:
        """Return what writes down the venue's answer about the stored key: the evidence of its permissions."""
        stored = store.secret(entrypoint.keychain_key)
        assert stored is not None, "its fields were read just now"
        masking, fingerprint = Masking(stored.credentials), stored.fingerprint

        def note(answer: KeyFacts | str) -> None:
            said = masking.text(answer) if isinstance(answer, str) else answer
            record_probe(self.home, self.clock, entrypoint, fingerprint, said, operator_identity())

        return note

    def _prepare_state(self) -> None:
        """Without the directory of shared budgets no call may leave, and every row would say so in other words."""
        directory = self.home / VENUE_STATE
        fix = "make it a directory that this user may write to, or give another --home"
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise ConfigError(f"the state directory {directory} cannot be used: {exc.strerror or exc}; {fix}") from exc
        if not os.access(directory, os.W_OK | os.X_OK):
            raise ConfigError(f"the state directory {directory} cannot be written to; {fix}")

    async def at(
        self,
        entrypoint: ResolvedEntrypoint,
        base_url: str | None,
        credentials: Credentials | None,
        secret_source: str = "",
        heard: Callable[[KeyFacts | str], None] = lambda answer: None,
    ) -> VenueCheck:
        """Examine the venue at `base_url` (None: the venue's own hosts) with these credentials.

        `heard` is told what it answers about the key.
        """
        began, recorder, refusals = self.clock.monotonic(), MemoryRecorder(), KeptRefusals()
        adapter = open_adapter(
            profile_named(entrypoint.adapter), entrypoint, AdapterParts(recorder, self.clock, refusals, self.home, SEED),
            endpoint=entrypoint.endpoint, base_url=base_url, credentials=credentials, sandbox=entrypoint.sandbox_mode,
        )  # fmt: skip
        try:
            examined = Examined(entrypoint, adapter, self.clock, secret_source, self.timeout_s, heard)
            rows = await self._rows(examined)
            failover = AdapterFailover(**asdict(adapter.failover_status))
            rows += [sandbox_row(examined, recorder), switch_row(examined), limits_row(examined, recorder, refusals.words)]
        finally:
            await adapter.close()
        return self._document(entrypoint, credentials, rows, began, failover)

    async def _rows(self, examined: Examined) -> list[Row]:
        """Ask from the outside in, and stop asking where the way ends."""
        hosts = [Host.of(time_request(examined.adapter)[1])]
        way = [await dns_row(hosts, self.timeout_s)]
        if way[0].status is Status.UNKNOWN:
            return [*way, *unasked([TLS, *_ASKED], "not asked: the venue's name was not found")]
        way.append(await tls_row(hosts, self.trust, self.timeout_s))
        if way[1].status in (Status.FAILED, Status.UNKNOWN):
            return [*way, *unasked(_ASKED, "not asked: there is no trusted connection")]
        clock, answers = await clock_row(examined)
        if not answers:
            return [*way, clock, *unasked(_ASKED[1:], "not asked: the venue does not answer")]
        markets, instruments = await markets_row(examined)
        keys = await key_rows(examined)
        if instruments:
            hosts += [Host.of(url) for url in stream_addresses(examined, instruments)]
            way = [await dns_row(hosts, self.timeout_s), await tls_row(hosts, self.trust, self.timeout_s)]
        streams = [await stream_row(examined, instruments), await account_stream_row(examined, instruments)]
        return [*way, clock, markets, *keys, *streams]

    def _document(
        self,
        entrypoint: ResolvedEntrypoint,
        credentials: Credentials | None,
        rows: list[Row],
        began: int,
        failover: AdapterFailover | None = None,
    ) -> VenueCheck:
        ordered = sorted((without_secrets(row, credentials) for row in rows), key=lambda row: _ORDER.index(row.check))
        status = overall(ordered)
        return VenueCheck(
            entrypoint=entrypoint.name,
            environment=entrypoint.environment,
            adapter=entrypoint.adapter,
            exchange=entrypoint.exchange,
            endpoint=entrypoint.endpoint,
            evidence_class=entrypoint.evidence_class,
            keychain_key=entrypoint.keychain_key,
            api_key=shown_key(credentials),
            checked_at=self.clock.now(),
            duration_seconds=(self.clock.monotonic() - began) / SECOND,
            failover_status=failover,
            status=status,
            exit_code=exit_code_of(status),
            checks=tuple(ordered),
        )
