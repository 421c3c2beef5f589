"""API keys of the venue: which exist, what they may do, whose account they open."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from .errors import UsageError

PERMISSIONS = ("read", "trade", "withdraw")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key; `demo` keys belong to the demo environment. Its secrets stay out of repr."""

    api_key: str
    permissions: tuple[str, ...]
    demo: bool
    account: str
    secret: str
    password: str

    def __repr__(self) -> str:
        return f"ApiKey({self.api_key!r}, {self.permissions}, demo={self.demo}, account={self.account!r})"


class KeyRing:
    """All keys by their public name."""

    def __init__(self, keys: Sequence[ApiKey]) -> None:
        self._keys = {key.api_key: key for key in keys}

    def get(self, api_key: str) -> ApiKey | None:
        return self._keys.get(api_key)

    @property
    def keys(self) -> tuple[ApiKey, ...]:
        return tuple(self._keys.values())

    @property
    def accounts(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(key.account for key in self._keys.values()))


def fresh_key() -> ApiKey:
    """Make a random key with read and trade permission."""
    return ApiKey(secrets.token_hex(16), ("read", "trade"), False, "main", secrets.token_hex(16).upper(), secrets.token_hex(8))


def read_keys(text: str, origin: str) -> KeyRing:
    """Read the credentials document `{"keys":[{"apiKey","secret","password","permissions":[…],"demo":false}]}`.

    `account` (optional) names whose balances the key opens: `main`, for demo keys `demo`. UsageError names the field.
    """
    try:
        document = json.loads(text)
    except ValueError as exc:
        raise UsageError(f'{origin}: not JSON ({exc}); expected {{"keys": [...]}}') from exc
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise UsageError(f"{origin}: field 'keys' must be a list with at least one key")
    keys = [_key(entry, f"{origin}: keys[{index}]") for index, entry in enumerate(entries)]
    if len({key.api_key for key in keys}) < len(keys):
        raise UsageError(f"{origin}: two keys have the same apiKey")
    return KeyRing(keys)


def _key(entry: object, where: str) -> ApiKey:
    if not isinstance(entry, dict):
        raise UsageError(f"{where} must be an object")
    unknown = entry.keys() - {"apiKey", "secret", "password", "permissions", "demo", "account"}
    if unknown:
        raise UsageError(f"{where}: unknown field {sorted(unknown)[0]!r}")
    texts = {}
    for field in ("apiKey", "secret", "password"):
        value = entry.get(field)
        if not isinstance(value, str) or not value:
            raise UsageError(f"{where}: field {field!r} must be a non-empty text")
        texts[field] = value
    permissions = entry.get("permissions", ["read", "trade"])
    if not isinstance(permissions, list) or any(p not in PERMISSIONS for p in permissions):
        raise UsageError(f"{where}: field 'permissions' must be a list out of {', '.join(PERMISSIONS)}")
    demo, account = entry.get("demo", False), entry.get("account", "")
    if not isinstance(demo, bool) or not isinstance(account, str):
        raise UsageError(f"{where}: field 'demo' must be true or false and 'account' a text")
    return ApiKey(
        texts["apiKey"], tuple(permissions), demo, account or ("demo" if demo else "main"), texts["secret"], texts["password"]
    )
