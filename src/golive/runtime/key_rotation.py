"""Rotating an API key: the new one is asked at the venue, then kept, then the register says so.

In this order a crash leaves a register that says less than is true, never more; the same command, given the same key again,
completes it: it writes the registers that do not tell of that key yet. A key that each of them tells of is none to rotate to,
for its 90 days have begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.endpoint import EMBEDDED
from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import Clock, to_iso
from golive.model.errors import ConfigError, VenueUnavailable
from golive.model.secret import StoredSecret
from golive.security.rotation import (
    KEY_ROTATED,
    KeyRotation,
    addresses_sha256,
    checked_addresses,
    known_since,
    newest,
    told_addresses,
)
from golive.storage.files import make_directory
from golive.venues.dialect import KeyFacts
from golive.venues.registry import profile_named

from .failure import ValidationFailed
from .host_signer import host_signer
from .identity import operator_identity
from .kept_fingerprint import ROTATED
from .key_probe import record_probe
from .permission import require_permissions
from .rotation import records_of, register_of
from .secret_admin import SecretAdmin
from .secret_use import SecretUse, checked_permissions, entrypoints_using, kind_of
from .venue_check.examination import SEED, KeptRefusals
from .venue_opening import VENUE_STATE, AdapterParts, key_fields, open_adapter

PROBE_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it, by environment."""

    store: str
    rotations: Mapping[str, KeyRotation]
    permissions: tuple[str, ...]
    """as the venue tells them"""
    addresses: tuple[str, ...] | None
    """as the venue tells them; None where it tells none"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotator:
    """Rotates keys of one installation. `environment`: the only one to rotate for; None = all that use the key."""

    configuration: Configuration
    admin: SecretAdmin
    clock: Clock
    environment: str | None = None

    def rotate(self, use: SecretUse, new: StoredSecret, stated: Sequence[str] = ()) -> Rotated:
        """Ask the venue with the new key, keep it, write the register; `stated` is its IP allow-list as the operator says it.

        Raises ConfigError for a key that no venue outside this process is asked with, for one that the registers tell of already,
        and for what is no address; ValidationFailed
        (exit 4) for permissions that are not as they must be and an allow-list that is not as stated; VenueError when the venue
        refuses the key (AuthenticationFailed) or does not answer. Nothing was changed then.
        """
        addresses = checked_addresses(stated)
        entrypoints = self.demand_ready(use, new.environment)
        for each in entrypoints:
            checked_permissions(use.name, new.permissions, each, "as it is said to be")
        signer = host_signer(self.admin.home, self.clock, self._operator)
        registers = {each.environment: register_of(self.configuration, self.admin.home, each.environment) for each in entrypoints}
        records = {name: records_of(register, signer.keys) for name, register in registers.items()}
        before = _before(use.name, new.fingerprint, records)
        old = self.admin.store.secret(use.name)
        facts = [self._asked(each, new) for each in entrypoints]
        for told in facts:
            _check_addresses(use.name, told, addresses)
        now = self.clock.now()
        allowed = addresses or told_addresses(facts[0].addresses or ())
        rotations = {
            name: KeyRotation(
                keychain_key=use.name,
                rotated_at=now,
                old_key_fingerprint=_old_fingerprint(old, new, before[name]),
                new_key_fingerprint=new.fingerprint,
                ip_allowlist_sha256=addresses_sha256(allowed),
            )
            for name in before
        }
        store = self.admin.put(use.name, new, ROTATED)
        for name in before:
            registers[name].append(signer, [(KEY_ROTATED, rotations[name].body(), self._operator)])
        for each, told in zip(entrypoints, facts, strict=True):
            record_probe(self.admin.home, self.clock, each, new.fingerprint, told, self._operator)
        return Rotated(store, rotations, facts[0].permissions, facts[0].addresses)

    def demand_ready(self, use: SecretUse, kind: str | None) -> tuple[ResolvedEntrypoint, ...]:
        """Return the entrypoints whose venues are to be asked; raises as `rotate`, before anybody is asked for a secret."""
        self.admin.demand_consent()
        if not use.is_key:
            raise ConfigError(f"{use.name} is the URL of an alert channel, no key of a venue: golive secrets set {use.name}")
        kind = kind_of(use, kind)
        found = [each for each in entrypoints_using(self.configuration, use) if each.environment_type == kind]
        if self.environment is not None:
            found = [each for each in found if each.environment == self.environment]
        asked = tuple(each for each in found if each.endpoint != EMBEDDED)
        if not asked:
            raise ConfigError(
                f"no environment that uses {use.name} leads to a venue that could be asked with the key: endpoint embedded "
                "makes its keys itself, anew for each run; there is nothing to rotate"
            )
        return asked

    @property
    def _operator(self) -> str:
        return operator_identity() if self.admin.by is None else self.admin.by.name

    def _asked(self, entrypoint: ResolvedEntrypoint, new: StoredSecret) -> KeyFacts:
        facts = asyncio.run(self._private_read(entrypoint, new))
        require_permissions(
            entrypoint.keychain_key, facts.permissions,
            required=entrypoint.required_permissions, forbidden=entrypoint.forbidden_permissions,
        )  # fmt: skip
        return facts

    async def _private_read(self, entrypoint: ResolvedEntrypoint, new: StoredSecret) -> KeyFacts:
        profile, home = profile_named(entrypoint.adapter), self.admin.home
        make_directory(home / VENUE_STATE)
        adapter = open_adapter(
            profile, entrypoint, AdapterParts(MemoryRecorder(), self.clock, KeptRefusals(), home, SEED),
            endpoint=entrypoint.endpoint, base_url=entrypoint.base_url,
            credentials=key_fields(new.credentials, profile, entrypoint), sandbox=entrypoint.sandbox_mode,
        )  # fmt: skip
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                return await adapter.key_facts()
        except TimeoutError:
            raise VenueUnavailable(f"{entrypoint.environment}: the venue did not answer within {PROBE_TIMEOUT_S:g} s") from None
        finally:
            await adapter.close()


def _check_addresses(name: str, told: KeyFacts, stated: tuple[str, ...]) -> None:
    if not stated or told.addresses is None:
        return
    if (found := told_addresses(told.addresses)) != stated:
        shown = ", ".join(found) or "none: the key may be used from anywhere"
        raise ValidationFailed(f"key {name!r}: the venue's IP allow-list ({shown}) is not what --ip says ({', '.join(stated)})")


def _before(name: str, fingerprint: str, records: Mapping[str, Sequence[KeyRotation]]) -> Mapping[str, KeyRotation | None]:
    """Return the newest record of a key in each register that does not tell of the new one yet, by environment.

    ConfigError when each of them does, and for a key that one of them has seen replaced: it is not new.
    """
    since = {each: known_since(rows, name, fingerprint) for each, rows in records.items()}
    last = {each: newest(rows, name) for each, rows in records.items()}
    lacking = {each: last[each] for each, at in since.items() if at is None}
    for each, at in since.items():
        newer = last[each]
        if at is not None and (not lacking or (newer is not None and newer.new_key_fingerprint != fingerprint)):
            raise ConfigError(
                f"{name}: this key is in use since {to_iso(at)}, as the register of {each} tells, so it is none to rotate to: "
                f"make a new one at the venue; golive secrets set {name} keeps this one again, and its 90 days go on"
            )
    return lacking


def _old_fingerprint(old: StoredSecret | None, new: StoredSecret, last: KeyRotation | None) -> str:
    """Return the fingerprint of the key that was there before; an interrupted rotation has put the new one there already."""
    if old is not None and old.is_key and old.fingerprint != new.fingerprint:
        return old.fingerprint
    return "" if last is None else last.new_key_fingerprint


def register_path(configuration: Configuration, home: Path, environment: str) -> str:
    """Return where the register of an environment is, relative to home."""
    return str(register_of(configuration, home, environment).path.relative_to(home))
