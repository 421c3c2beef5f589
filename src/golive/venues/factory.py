"""Builds the CCXT object of one adapter, every setting explicit. CCXT is imported here, when it is needed.

Order matters: sandbox first, then our own base URL, because the sandbox switch replaces `urls['api']`.
Source: VENUES §1 and §11.6.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from golive.model.clock import MILLISECOND, Clock
from golive.model.errors import ConfigError
from golive.model.secret import Credentials

from .budget import ProcessBudget, RequestBudget
from .call_path import CallPath
from .ccxt_client import Ccxt
from .circuit import Circuit
from .form import flat_form
from .host_budget import HostBudget
from .masking import Masking
from .meter import Meter
from .nonce import NonceTurn
from .profile import VenueProfile
from .queue import IoQueue
from .reserve import with_reserve
from .settings import AdapterSettings
from .signing import CcxtSigner, Signer, SigningTerms

if TYPE_CHECKING:
    from .transport import HttpTransport


def build_client(profile: VenueProfile, settings: AdapterSettings, clock: Clock, transport: HttpTransport) -> Ccxt:
    """Return a CCXT object that signs with the settings' credentials for the settings' endpoint.

    Raises ConfigError when a credential field is missing.
    """
    from .ccxt_loader import exchange_class

    config: dict[str, object] = {
        "number": str,
        "enableRateLimit": False,
        "timeout": int(settings.timeout_s * 1000),
        "session": transport.session,
        "options": {**profile.ccxt_options, "maxRetriesOnFailure": 0},
        **_credentials(profile, settings.credentials),
    }
    client = cast(Ccxt, exchange_class(profile.ccxt_id)(config))
    if settings.sandbox:
        client.set_sandbox_mode(True)
    if settings.url is not None:
        client.urls["api"] = profile.dialect.urls(settings.url)
    client.milliseconds = lambda: clock.now() // MILLISECOND
    client.timeout_on_exit = 0
    return client


def _credentials(profile: VenueProfile, credentials: Credentials | None) -> dict[str, str]:
    if credentials is None:
        return {}
    missing = [name for name in profile.credential_fields if name not in credentials.fields]
    if missing:
        raise ConfigError(
            f"{profile.name}: the credentials lack {', '.join(missing)}; needed: {', '.join(profile.credential_fields)}"
        )
    return {name: credentials.fields[name].reveal() for name in profile.credential_fields}


def _transport(settings: AdapterSettings, *, secure: bool) -> HttpTransport:
    if settings.signing == "direct":
        from .direct_http import DirectTransport

        return DirectTransport(timeout_s=settings.timeout_s, secure=secure)
    from .transport import HttpTransport

    return HttpTransport(timeout_s=settings.timeout_s, secure=secure)


def _direct_signer(profile: VenueProfile, settings: AdapterSettings, client: Ccxt) -> Signer:
    """Return the venue's own signer, for the very place that CCXT's configuration names."""
    assert profile.signer is not None

    def nonce() -> int:
        return client.incrementing_nonce()

    terms = SigningTerms(
        base_url="",
        credentials=_credentials(profile, settings.credentials),
        headers=dict(client.prepare_request_headers(None)),
        venue_now_ms=lambda: client.milliseconds() - cast(int, client.options["timeDifference"]),
        nonce=nonce,
        options=client.options,
    )
    asked = profile.dialect.time()
    theirs, target = CcxtSigner(client).sign(asked).url, profile.signer(terms).sign(asked).url
    if not theirs.endswith(target):
        raise ConfigError(f"{profile.name}: the direct path asks {target} where CCXT asks {theirs}")
    return profile.signer(replace(terms, base_url=theirs.removesuffix(target)))


def build_budget(profile: VenueProfile, settings: AdapterSettings, clock: Clock) -> RequestBudget:
    """Return the budget that the host's processes share, or this process's own without a state directory."""
    rules = with_reserve(profile.budget)
    if settings.state_directory is None:
        return ProcessBudget(rules, clock)
    return HostBudget(
        rules,
        settings.state_directory,
        profile.name,
        key=settings.key_digest,
        address=settings.address,
        wall=clock.now,
    )


def build_turn(profile: VenueProfile, settings: AdapterSettings, clock: Clock) -> NonceTurn | None:
    """Return the nonces and turns of a venue that wants its private calls one at a time, else None."""
    if not profile.serial_private or settings.credentials is None:
        return None
    return NonceTurn(
        lambda: clock.now() // MILLISECOND,
        folder=settings.state_directory,
        adapter=profile.name,
        key=settings.key_digest,
    )


@dataclass(frozen=True, slots=True)
class Connection:
    """What an adapter holds only inside a running event loop."""

    transport: HttpTransport
    client: Ccxt
    path: CallPath
    budget: RequestBudget
    turn: NonceTurn | None

    async def close(self) -> None:
        await self.client.close()
        await self.transport.close()
        await self.budget.close()
        if self.turn is not None:
            self.turn.close()


def connect(
    profile: VenueProfile,
    settings: AdapterSettings,
    *,
    meter: Meter,
    circuit: Circuit,
    clock: Clock,
    rng: random.Random,
    budget: RequestBudget | None = None,
) -> Connection:
    """Build session, CCXT object and call path of one adapter; the path takes the place of CCXT's `fetch2`.

    Nothing is sent yet. Raises ConfigError for missing credential fields, a bad base URL, a sandbox the venue lacks.
    """
    base = settings.url
    if settings.sandbox and profile.sandbox is None:
        raise ConfigError(f"{profile.name} has no sandbox; set adapter_settings.sandbox_mode: auto or false")
    if settings.signing == "direct" and profile.signer is None:
        raise ConfigError(f"{profile.name} has no direct path; set adapter_settings.signing: ccxt")
    _credentials(profile, settings.credentials)  # refuse before a session exists that nobody would close
    transport = _transport(settings, secure=base is None or base.startswith("https:"))
    client = build_client(profile, settings, clock, transport)
    client.urlencode_nested = flat_form(client.urlencode_nested)
    budget = build_budget(profile, settings, clock) if budget is None else budget
    turn = build_turn(profile, settings, clock)
    if turn is not None:
        client.incrementing_nonce = turn.next
    signer = CcxtSigner(client) if settings.signing == "ccxt" else _direct_signer(profile, settings, client)
    path = CallPath(
        profile,
        client,
        transport,
        queue=IoQueue(settings.max_concurrency, settings.burst, clock=clock, observer=meter),
        budget=budget,
        circuit=circuit,
        meter=meter,
        clock=clock,
        rng=rng,
        has_credentials=settings.credentials is not None,
        masking=Masking(settings.credentials),
        signer=signer,
        turn=turn,
    )
    client.fetch2 = path.fetch2
    return Connection(transport, client, path, budget, turn)
