"""From the configuration to a live desk: which stage an entrypoint opens, which accounts it trades on, with which keys.

Everything wrong here is found before anything is opened: ConfigError (exit 2) for what a person must change, PrerequisiteMissing
(exit 3) for a stage that does not open yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.endpoint import is_loopback_host
from golive.config.resolved import ResolvedEntrypoint
from golive.execution.live.degradation import DegradePolicy
from golive.execution.live.route import Route
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import Clock
from golive.model.command import Alert
from golive.model.decision import Approved, Refused
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.order import NewOrder
from golive.model.secret import Credentials, SecretStore
from golive.model.verdict import Stage
from golive.security import KeyFileStore
from golive.storage.keys import SigningKeys
from golive.venues.ports import GuardrailSink, OpenGate
from golive.venues.profile import VenueProfile
from golive.venues.registry import profile_named

from .code_version import code_version
from .evidence import configuration_sha384
from .live.plan import AccountPlan, LivePlan
from .risk_limits import risk_profile_of
from .routes import routes_of
from .secret_store import StoredSecrets
from .secret_use import stored_credentials
from .service_levels.tap import IndicatorTap
from .venue_opening import key_of, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a desk needs from the process that opens it."""

    clock: Clock
    recorder: MemoryRecorder
    guardrails: GuardrailSink
    alert: Callable[[Alert], None]
    judge: Callable[[NewOrder], Approved | Refused]
    operator: str
    tap: IndicatorTap | None = None
    """where what service levels are judged by is put"""
    secrets: StoredSecrets | None = None
    """where keys come from when no key file is given"""


def stage_of(configuration: Configuration, entrypoint: ResolvedEntrypoint, gate_pass: OpenGate | None = None) -> Stage:
    """Return the stage in which orders of this entrypoint really leave; production takes a pass of its gate.

    Raises ConfigError for a paper environment and for values that an environment variable replaced, PrerequisiteMissing for
    the venues' sandboxes and for production.
    """
    name, kind = entrypoint.name, entrypoint.environment_type
    if kind == "paper":
        raise ConfigError(
            f"{name} trades on paper: its orders are never sent. Name an entrypoint whose environment is of type live and whose "
            f"endpoint is a simulated venue on this machine, such as http://127.0.0.1:8080"
        )
    if configuration.overrides:
        variables = ", ".join(each.variable for each in configuration.overrides)
        raise ConfigError(f"orders that are really sent follow the files alone; unset {variables}")
    if kind == "testnet":
        raise PrerequisiteMissing(
            f"{name} trades in the venue's sandbox, where orders are sent only through a gate, and this version has none yet: "
            f"nothing was started. golive run --mode live --read-only looks at it with keys of the secret store"
        )
    if entrypoint.endpoint_host is None or not is_loopback_host(entrypoint.endpoint_host):
        if gate_pass is not None and gate_pass.entrypoint == name:
            return Stage.LIVE
        raise PrerequisiteMissing(
            f"{name} leads to production: live trading opens only through its gate, for a session and never by hand: nothing "
            f"was started. To rehearse, give its environment the base URL of a simulated venue on this machine"
        )
    return Stage.REHEARSAL


def live_plan(
    configuration: Configuration, name: str, *, home: Path, key_file: Path | None, around: Surroundings,
    gate_pass: OpenGate | None = None, falls_back: bool = True,
) -> LivePlan:  # fmt: skip
    """Return the desk of an entrypoint; its keys are read, and nothing is opened.

    With `falls_back` False its orders go to no other venue, whatever the routes allow.

    Raises ConfigError and PrerequisiteMissing, see the module; JournalError when the signing keys under home cannot be used.
    """
    entrypoint = configuration.resolve(name)
    stage = stage_of(configuration, entrypoint, gate_pass)
    routes = routes_of(configuration, entrypoint)
    if not falls_back:
        routes = tuple(replace(each, allow_fallback=False) for each in routes)
    members = _members(configuration, entrypoint, routes)
    secrets = _secrets(key_file, members, around.secrets)
    profile = risk_profile_of(entrypoint)
    live = configuration.core.execution.live_router
    return LivePlan(
        home=home,
        stage=stage,
        entrypoint=entrypoint.name,
        risk_profile=profile.name,
        risk_profile_digest=profile.digest,
        operator=around.operator,
        code_version=code_version(),
        keys=SigningKeys.load_or_create(home),
        accounts=tuple(account_plan(each, secrets, home) for each in members),
        routes=routes,
        judge=around.judge,
        clock=around.clock,
        recorder=around.recorder,
        guardrails=around.guardrails,
        alert=around.alert,
        tap=around.tap,
        config_sha384=configuration_sha384(configuration.file_digest),
        risk_log=Path(entrypoint.decision_log_path),
        journal_url=configuration.core.execution.order_journal.url,
        max_queue_size=live.max_queue_size,
        max_queue_wait_seconds=float(live.max_queue_wait_seconds),
        degrade=DegradePolicy(live.degrade),
        degrade_after_s=float(live.degrade_after_seconds),
        latency_alert_ms=live.metrics.latency_alert_threshold_ms,
        fallback_alert=live.metrics.fallback_alert_threshold,
        dead_man_switch_seconds=live.dead_man_switch_seconds,
        export_path=Path(live.metrics.export_path),
        gate_pass=gate_pass,
    )


def _members(
    configuration: Configuration, entrypoint: ResolvedEntrypoint, routes: Sequence[Route]
) -> tuple[ResolvedEntrypoint, ...]:
    """Return the entrypoint itself and one for each other venue that its orders may be sent to.

    Those are venues of routes that fall back from the entrypoint's own. Raises ConfigError when the configuration has none, or
    several, of type live for one of them.
    """
    everyone = [configuration.resolve(name) for name in sorted(configuration.runtime.trading.entrypoints)]
    wanted = dict.fromkeys(adapter for route in routes for adapter in route.after(entrypoint.adapter))
    members = [entrypoint]
    for adapter in wanted:
        found = {each.environment: each for each in everyone if each.adapter == adapter and each.environment_type == "live"}
        if len(found) != 1:
            known = ", ".join(sorted(found)) or "none"
            raise ConfigError(
                f"a route of {entrypoint.name} leads to {adapter}, which needs exactly one environment of type live with an "
                f"entrypoint; there are: {known}"
            )
        member = next(iter(found.values()))
        stage_of(configuration, member)
        members.append(member)
    return tuple(members)


def _secrets(key_file: Path | None, members: Sequence[ResolvedEntrypoint], store: StoredSecrets | None) -> SecretStore:
    """Return the key file that is given, or else the store, if it has a key for each of the accounts."""
    if key_file is None:
        if store is not None and all(store.holds(each.keychain_key) for each in members):
            return store
        raise ConfigError(
            "give the keys of the simulated venue with --credentials FILE, the file that serves simvenue serve, or keep them: "
            + ", ".join(f"golive secrets set {each.keychain_key}" for each in members)
        )
    return KeyFileStore(key_file, [each.endpoint_host or "" for each in members])


def _key(secrets: SecretStore, profile: VenueProfile, entrypoint: ResolvedEntrypoint) -> Credentials:
    if not isinstance(secrets, StoredSecrets):
        return key_of(secrets, profile, entrypoint)
    found = stored_credentials(secrets, entrypoint)
    if found is None:
        key = entrypoint.keychain_key
        raise PrerequisiteMissing(f"there is no key {key} any more; golive secrets set {key}")
    return found


def account_plan(entrypoint: ResolvedEntrypoint, secrets: SecretStore, home: Path) -> AccountPlan:
    """Return the account of an entrypoint with its keys.

    Raises ConfigError when the file lacks them; ValidationFailed for stored ones that are not for it; PrerequisiteMissing when
    the store cannot be opened.
    """
    profile = profile_named(entrypoint.adapter)
    credentials = _key(secrets, profile, entrypoint)
    settings = settings_of(
        entrypoint, endpoint=entrypoint.endpoint, base_url=entrypoint.base_url, credentials=credentials,
        sandbox=entrypoint.sandbox_mode, home=home,
    )  # fmt: skip
    return AccountPlan(
        profile=profile,
        settings=settings,
        account=entrypoint.keychain_key,
        symbols=tuple(instrument.symbol for instrument in entrypoint.instruments),
        required_permissions=entrypoint.required_permissions,
        forbidden_permissions=entrypoint.forbidden_permissions,
    )
