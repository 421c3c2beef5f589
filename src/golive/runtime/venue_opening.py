"""From a resolved entrypoint to what opens its venue: options of an embedded venue, keys for it, the adapter."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import Recorder
from golive.model.clock import Clock
from golive.model.errors import ConfigError
from golive.model.secret import Credentials, SecretAlphabet, SecretForm, SecretStore
from golive.security.embedded import EmbeddedSecretStore
from golive.venues.adapter import VenueAdapter
from golive.venues.ports import GuardrailSink
from golive.venues.profile import VenueProfile
from golive.venues.settings import AdapterSettings

from .embedded_venue import VenueOptions
from .start_balance import start_balances

VENUE_STATE: Final = Path("var/state/venues")
"""where all processes of a host share request budgets and nonces, relative to home"""
_PLAIN: Final = SecretForm(SecretAlphabet.ALPHANUMERIC, 32)


@dataclass(frozen=True, slots=True)
class AdapterParts:
    """What every adapter of one process shares."""

    recorder: Recorder
    clock: Clock
    guardrails: GuardrailSink
    home: Path
    seed: int


def embedded_secrets(keys: Iterable[tuple[str, VenueProfile]]) -> EmbeddedSecretStore:
    """Return a store that makes the named keychain keys, each in the form its venue gives its own."""
    return EmbeddedSecretStore(
        {key: {name: profile.credential_forms.get(name, _PLAIN) for name in profile.credential_fields} for key, profile in keys}
    )


def venue_options(
    entrypoint: ResolvedEntrypoint,
    *,
    seed: int,
    speed: str = "1",
    steps: int | None = None,
    data: Path | None = None,
    volume_unit: str = "base",
) -> VenueOptions:
    """Return how to start the embedded venue of an entrypoint; by default a generated market at the wall clock's pace."""
    fees = None if entrypoint.paper is None else entrypoint.paper.fees
    return VenueOptions(
        dialect=entrypoint.exchange,
        speed=speed,
        seed=seed,
        steps=steps,
        symbols=[i.symbol for i in entrypoint.instruments],
        timeframe=entrypoint.timeframe,
        data=data,
        volume_unit=volume_unit,
        balances=start_balances(entrypoint),
        fees_bps=None if fees is None else (Decimal(fees.maker_bps), Decimal(fees.taker_bps)),
    )


def open_adapter(
    profile: VenueProfile,
    entrypoint: ResolvedEntrypoint,
    parts: AdapterParts,
    *,
    endpoint: str,
    base_url: str | None,
    credentials: Credentials | None,
    sandbox: bool,
) -> VenueAdapter:
    """Return the adapter; its metrics exist from now on, and nothing is sent yet."""
    settings = settings_of(
        entrypoint, endpoint=endpoint, base_url=base_url, credentials=credentials, sandbox=sandbox, home=parts.home
    )
    return VenueAdapter(
        profile,
        settings,
        recorder=parts.recorder,
        clock=parts.clock,
        guardrails=parts.guardrails,
        rng=random.Random(parts.seed),  # noqa: S311 (draws that come again; no secret)
    )


def settings_of(
    entrypoint: ResolvedEntrypoint,
    *,
    endpoint: str,
    base_url: str | None,
    credentials: Credentials | None,
    sandbox: bool,
    home: Path,
) -> AdapterSettings:
    """Return what the adapter of an entrypoint needs to know; all processes of one home share budgets and nonces."""
    io = entrypoint.io
    return AdapterSettings(
        exchange=entrypoint.exchange,
        environment=entrypoint.environment,
        queue=io.queue,
        endpoint=endpoint,
        base_url=base_url,
        sandbox=sandbox,
        signing=entrypoint.signing,
        credentials=credentials,
        max_concurrency=io.max_concurrency,
        burst=io.burst,
        rate_limit_warning_seconds=io.rate_limit_warning_seconds,
        timeout_warning_seconds=io.timeout_warning_seconds,
        stale_after_seconds=entrypoint.stale_after_seconds,
        state_directory=home / VENUE_STATE,
    )


def key_of(secrets: SecretStore, profile: VenueProfile, entrypoint: ResolvedEntrypoint) -> Credentials:
    """Return the key of an entrypoint, or raise ConfigError naming what the key file lacks."""
    key = entrypoint.keychain_key
    credentials = secrets.credentials(key)
    if credentials is None:
        raise ConfigError(
            f"the key file has no key for {key}: give one key that may trade, or name the one that is meant with "
            f'"account": "{key}"'
        )
    return key_fields(credentials, profile, entrypoint)


def key_fields(credentials: Credentials, profile: VenueProfile, entrypoint: ResolvedEntrypoint) -> Credentials:
    """Return the fields of a key that its venue asks for, or raise ConfigError naming those that it lacks."""
    missing = [name for name in profile.credential_fields if name not in credentials.fields]
    if missing:
        key = entrypoint.keychain_key
        raise ConfigError(f"the key of {key} lacks {', '.join(missing)}, which {entrypoint.exchange} asks for")
    return Credentials({name: credentials.fields[name] for name in profile.credential_fields})
