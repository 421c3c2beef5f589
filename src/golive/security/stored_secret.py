"""The value of one entry of a secret store, `{key_id, secret, passphrase, environment, permissions[]}`: written and read."""

from __future__ import annotations

import json
from typing import Final

from golive.audit import canonical
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret, StoredSecret

_TEXTS: Final = ("key_id", "secret", "passphrase", "environment")
_FIELDS: Final = frozenset({*_TEXTS, "permissions"})
MAX_FIELD: Final = 4096
"""bytes of UTF-8 in one field, all permissions being one; the longest keys of venues have some hundred"""


def entry_name(keychain_key: str) -> str:
    """Return under which name a secret stands in every store: `golive:<keychain_key>`."""
    return f"golive:{keychain_key}"


def encode_secret(stored: StoredSecret) -> bytes:
    """Return the bytes that are kept; they are a secret themselves. ConfigError for a field that is too long."""
    demand_bounded(stored)
    return canonical(
        {
            "key_id": stored.key_id.reveal(),
            "secret": stored.secret.reveal(),
            "passphrase": stored.passphrase.reveal(),
            "environment": stored.environment,
            "permissions": list(stored.permissions),
        }
    )


def demand_bounded(stored: StoredSecret) -> None:
    """Raise ConfigError naming the field, never its value, when one is longer than any key or URL."""
    fields = {
        "key_id": stored.key_id.reveal(),
        "secret": stored.secret.reveal(),
        "passphrase": stored.passphrase.reveal(),
        "environment": stored.environment,
        "permissions": " ".join(stored.permissions),
    }
    for field, text in fields.items():
        if (length := len(text.encode(errors="surrogatepass"))) > MAX_FIELD:
            raise ConfigError(
                f"{field} has {length} bytes, at most {MAX_FIELD} are kept; was another file given? nothing was changed"
            )


def decode_secret(data: bytes, where: str) -> StoredSecret:
    """Read what `encode_secret` wrote; PrerequisiteMissing naming `where` and the field, never a value, otherwise."""
    try:
        value = json.loads(data)
    except ValueError:  # the error of the parser quotes what it read
        raise PrerequisiteMissing(f"{where}: is not JSON; set it anew with golive secrets set") from None
    if not isinstance(value, dict) or value.keys() != _FIELDS:
        raise PrerequisiteMissing(
            f"{where}: its fields are not {', '.join(sorted(_FIELDS))}; set it anew with golive secrets set"
        )
    permissions = value["permissions"]
    wrong = [field for field in _TEXTS if not isinstance(value[field], str)]
    if not isinstance(permissions, list) or not all(isinstance(each, str) for each in permissions):
        wrong.append("permissions")
    if wrong or not value["secret"]:
        field = wrong[0] if wrong else "secret"
        raise PrerequisiteMissing(
            f"{where}: field {field!r} is missing or of the wrong kind; set it anew with golive secrets set"
        )
    return StoredSecret(
        Secret(value["key_id"]), Secret(value["secret"]), Secret(value["passphrase"]), value["environment"], tuple(permissions)
    )
