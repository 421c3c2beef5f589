"""What a store of secrets holds, as a list without any secret."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonValue
from golive.observability.shape import Fragment, as_json, document_schema
from golive.storage.vault_file import VaultFile

from .kept_fingerprint import told_of_vault
from .secret_store import StoredSecrets

SCHEMA: Final = "golive.secrets.v1"


@dataclass(frozen=True, slots=True)
class ListedSecret:
    """One entry."""

    name: str
    key_id: Annotated[str, Fragment({"pattern": "^(…[^…]{0,4})?$"})]
    """`…` and at most its last four characters; empty for a text"""
    environment: str
    """type of environment that may use it; empty for a text"""
    permissions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecretList:
    """Every entry of the store."""

    store: Annotated[str, Fragment({"enum": ["keyring", "vault"]})]
    secrets: tuple[ListedSecret, ...]


def listed(store: StoredSecrets, home: Path) -> SecretList:
    """Return every entry, by name; each is opened and checked.

    PrerequisiteMissing for a store that cannot be used, and where the vault is gone that `logs/security_admin.log` tells of.
    """
    file = VaultFile(home)
    if not file.exists and (told := told_of_vault(home)):
        lacking = ", ".join(name.removeprefix("golive:") for name in told)
        raise PrerequisiteMissing(
            f"{file.path}: is gone, and logs/security_admin.log tells of what it kept: {lacking}; put it back, or set them anew"
        )
    names = [name.removeprefix("golive:") for name in store.names]
    found = [(name, stored) for name in names if (stored := store.secret(name)) is not None]
    rows = (ListedSecret(name, each.shown_id, each.environment, each.permissions) for name, each in found)
    return SecretList(store.source, tuple(rows))


def document(found: SecretList) -> dict[str, JsonValue]:
    """Return the list as its JSON document."""
    value = as_json(found)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def list_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of that document."""
    return document_schema(SCHEMA, "The secrets that are kept", SecretList)
