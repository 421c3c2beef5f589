"""Taking an export of secrets into the store: each held to what the configuration uses it for, all of them kept or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from golive.config.configuration import Configuration
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import StoredSecret

from .secret_admin import Arrivals, SecretAdmin
from .secret_use import SecretUse, secret_uses


def import_secrets(
    admin: SecretAdmin,
    configuration: Configuration,
    given: Mapping[str, StoredSecret],
    source: Path,
    *,
    only: Collection[str] = (),
    replaces: bool = False,
) -> Arrivals:
    """Keep what an export gives, of its names those in `only` if there are any.

    Raises ConfigError for a name in `only` that the export has not; PrerequisiteMissing naming each that the configuration
    does not use in the way it was exported, and those that would replace another secret unless it `replaces`.
    """
    if strange := sorted(set(only) - given.keys()):
        raise ConfigError(f"{source}: has no secret {', '.join(strange)}; it has: {', '.join(sorted(given))}")
    wanted = {name: stored for name, stored in given.items() if name in only or not only}
    uses = secret_uses(configuration)
    objections = {name: _objection(uses.get(name), stored) for name, stored in sorted(wanted.items())}
    if faults := [f"{name!r:.80} {why}" for name, why in objections.items() if why]:
        raise PrerequisiteMissing(f"{source}: nothing was imported: {'; '.join(faults)}; --only NAME imports what is in order")
    return admin.put_all(wanted, replaces=replaces, note={"imported_from": source.name})


def _objection(use: SecretUse | None, stored: StoredSecret) -> str:
    if use is None:
        return "is used by nothing in the configuration"
    if use.is_key is not stored.is_key:
        return "is a key of a venue" if stored.is_key else "is no key of a venue"
    if use.is_key and stored.environment not in use.kinds:
        return f"is for environments of type {stored.environment!r:.20}, its own are {', '.join(use.kinds)}"
    return ""
