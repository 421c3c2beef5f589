"""What the configuration uses secrets for: which names it knows, what belongs to each, and whether a stored one may be used."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from golive.config.adapter_table import KNOWN_ADAPTERS
from golive.config.configuration import Configuration
from golive.config.endpoint import EMBEDDED
from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Credentials, Secret, StoredSecret
from golive.venues.registry import profile_named

from .failure import ValidationFailed
from .plan import Plan
from .secret_store import StoredSecrets
from .venue_check.target import every_entrypoint
from .venue_opening import key_fields


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretUse:
    """One name: the environments whose key it is, or none where it is the URL of alert channels."""

    name: str
    environments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """types of those environments, without repetition: paper, testnet, live"""
    venue: str = ""
    """label of their venue"""
    has_passphrase: bool = False
    """whether its keys have a passphrase, too"""
    required: tuple[str, ...] = ()
    """what a key of these environments must be allowed"""
    channels: tuple[str, ...] = ()
    is_sent: bool = False
    """whether any of its environments leads to a venue that does not make its keys itself"""

    @property
    def is_key(self) -> bool:
        return bool(self.environments)


def secret_uses(configuration: Configuration) -> Mapping[str, SecretUse]:
    """Return every name that the configuration mentions, sorted."""
    core = configuration.core
    uses: dict[str, SecretUse] = {}
    for key in sorted({each.keychain_key for each in core.environments.values()}):
        users = {name: each for name, each in sorted(core.environments.items()) if each.keychain_key == key}
        adapter = next(iter(users.values())).exchange
        profiles = (core.permission_profiles[each.permission_profile] for each in users.values())
        uses[key] = SecretUse(
            name=key,
            environments=tuple(users),
            kinds=tuple(sorted({each.environment for each in users.values()})),
            venue=KNOWN_ADAPTERS[adapter].label,
            is_sent=any(each.endpoint != EMBEDDED for each in users.values()),
            has_passphrase="password" in profile_named(adapter).credential_fields,
            required=tuple(sorted({need for profile in profiles for need in profile.required_permissions})),
        )
    for name in sorted({each.url_secret for each in core.alerts.channels.values()} - uses.keys()):
        channels = tuple(sorted(channel for channel, each in core.alerts.channels.items() if each.url_secret == name))
        uses[name] = SecretUse(name=name, channels=channels)
    return dict(sorted(uses.items()))


def use_of(configuration: Configuration, name: str) -> SecretUse:
    """Return what a name is used for; ConfigError naming the known ones when the configuration does not mention it."""
    uses = secret_uses(configuration)
    if name not in uses:
        raise ConfigError(
            f"the configuration uses no secret {name!r:.40}: a name is the keychain_key of an environment or the url_secret of "
            f"an alert channel; there are: {', '.join(uses)}"
        )
    return uses[name]


def kind_of(use: SecretUse, asked: str | None) -> str:
    """Return the type of environment that a key is for; ConfigError when it has to be said, or is none of its environments'."""
    if asked is None and len(use.kinds) == 1:
        return use.kinds[0]
    if asked not in use.kinds:
        raise ConfigError(f"give --environment, one of {', '.join(use.kinds)}: the types of the environments that use {use.name}")
    return asked


def new_key(use: SecretUse, fields: Sequence[Secret], kind: str, permissions: Collection[str]) -> StoredSecret:
    """Return what is to be kept of a key: `fields` are key id, secret and, where there is one, passphrase."""
    key_id, secret, *rest = fields
    allowed = tuple(sorted(permissions or use.required))
    return StoredSecret(key_id, secret, rest[0] if rest else Secret(""), kind, allowed)


def new_text(text: Secret) -> StoredSecret:
    """Return what is to be kept of a secret that is no key."""
    return StoredSecret(Secret(""), text, Secret(""), "", ())


def checked_key(store: StoredSecrets, entrypoint: ResolvedEntrypoint) -> StoredSecret | None:
    """Return the stored key of an entrypoint, None when there is none.

    Raises ValidationFailed (exit 4), naming the key, for one of another type of environment, and for one that is said to lack a
    permission or to have one that is forbidden; PrerequisiteMissing for a store that cannot be used.
    """
    name = entrypoint.keychain_key
    stored = store.secret(name)
    if stored is None:
        return None
    if not stored.is_key:
        raise ValidationFailed(
            f"secret {name!r} in the {store.source} is no key of a venue; set it anew: golive secrets set {name}"
        )
    if stored.environment != entrypoint.environment_type:
        raise ValidationFailed(
            f"key {name!r} in the {store.source} is for environments of type {stored.environment}, and {entrypoint.environment} "
            f"is {entrypoint.environment_type}; set the right one: golive secrets set {name}"
        )
    checked_permissions(name, stored.permissions, entrypoint, f"as it was set in the {store.source}")
    return stored


def stored_credentials(store: StoredSecrets, entrypoint: ResolvedEntrypoint) -> Credentials | None:
    """Return the fields of an entrypoint's stored key that its venue asks for, None when there is no such key.

    Raises as `checked_key`; ValidationFailed, too, for a key without a field that the venue asks for.
    """
    stored = checked_key(store, entrypoint)
    if stored is None:
        return None
    try:
        return key_fields(stored.credentials, profile_named(entrypoint.adapter), entrypoint)
    except ConfigError as exc:
        raise ValidationFailed(f"{exc}; golive secrets set {entrypoint.keychain_key}") from exc


def ask_beforehand(plan: Plan, store: StoredSecrets) -> None:
    """Let the passphrase be typed before the session begins, if it will need it; whatever is wrong the session says itself."""
    keys = {each.keychain_key for each in plan.others if each.endpoint != EMBEDDED}
    if plan.endpoint != EMBEDDED and plan.options.credentials is None:
        keys.add(plan.entrypoint.keychain_key)
    names = keys | {each.url_secret for each in plan.config.core.alerts.channels.values()}
    with contextlib.suppress(PrerequisiteMissing):
        if any(store.holds(name) for name in names) and store.source == "vault":
            store.passphrase()


def checked_permissions(name: str, declared: Collection[str], entrypoint: ResolvedEntrypoint, whence: str) -> None:
    """Raise ValidationFailed, naming the key, when what it is said to be allowed is not what the environment demands."""
    lacking = sorted(set(entrypoint.required_permissions) - set(declared))
    excess = sorted(set(entrypoint.forbidden_permissions) & set(declared))
    words = [f"lacks {', '.join(lacking)}"] if lacking else []
    words += [f"must not have {', '.join(excess)}"] if excess else []
    if words:
        raise ValidationFailed(f"key {name!r} {' and '.join(words)}, {whence}; {entrypoint.environment} demands otherwise")


def entrypoints_using(configuration: Configuration, use: SecretUse) -> tuple[ResolvedEntrypoint, ...]:
    """Return one entrypoint for each environment of a key that has any."""
    found: dict[str, ResolvedEntrypoint] = {}
    for each in every_entrypoint(configuration):
        if each.environment in use.environments:
            found.setdefault(each.environment, each)
    return tuple(found.values())
