"""API keys of the venue: which exist, what they may do, from where, whose account they open."""

from __future__ import annotations

import base64
import ipaddress
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from golive.model.clock import from_iso

from .errors import UsageError

PERMISSIONS = ("read", "trade", "withdraw")
_FIELDS = {"apiKey", "secret", "password", "permissions", "demo", "account", "ipAllowlist", "expiresAt"}


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key; `demo` keys belong to the demo environment. Its secrets stay out of repr."""

    api_key: str
    permissions: tuple[str, ...]
    demo: bool
    account: str
    secret: str
    password: str = ""
    """the passphrase of venues that have one"""
    ip_allowlist: tuple[str, ...] = ()
    """addresses and networks (CIDR) it may be used from; empty: any"""
    expires_at: str | None = None
    """ISO-8601 `Z`; None: never"""

    def __repr__(self) -> str:
        return f"ApiKey({self.api_key!r}, {self.permissions}, demo={self.demo}, account={self.account!r})"

    def allows(self, address: str) -> bool:
        """Say whether the key may be used from this address."""
        if not self.ip_allowlist:
            return True
        try:
            given = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(given in ipaddress.ip_network(entry, strict=False) for entry in self.ip_allowlist)

    def is_expired(self, wall: int) -> bool:
        """Say whether the key's time is over at wall clock `wall`, ns."""
        return self.expires_at is not None and wall >= from_iso(self.expires_at)


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
    """Make a random key with read and trade permission; its secret is base64 text, which every dialect accepts."""
    secret = base64.b64encode(secrets.token_bytes(64)).decode()
    return ApiKey(secrets.token_hex(16), ("read", "trade"), False, "main", secret, secrets.token_hex(8))


def read_keys(text: str, origin: str) -> KeyRing:
    """Read the credentials document `{"keys":[{"apiKey","secret","password","permissions":[…],"demo":false}]}`.

    `account` (optional) names whose balances the key opens: `main`, for demo keys `demo`. Optional as well: `password`,
    `ipAllowlist` (a list of addresses or networks) and `expiresAt` (ISO-8601 `Z`). UsageError names the field.
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
    unknown = entry.keys() - _FIELDS
    if unknown:
        raise UsageError(f"{where}: unknown field {sorted(unknown)[0]!r}")
    permissions = entry.get("permissions", ["read", "trade"])
    if not isinstance(permissions, list) or any(p not in PERMISSIONS for p in permissions):
        raise UsageError(f"{where}: field 'permissions' must be a list out of {', '.join(PERMISSIONS)}")
    demo, account = entry.get("demo", False), entry.get("account", "")
    if not isinstance(demo, bool) or not isinstance(account, str):
        raise UsageError(f"{where}: field 'demo' must be true or false and 'account' a text")
    return ApiKey(
        api_key=_text(entry, "apiKey", where),
        permissions=tuple(permissions),
        demo=demo,
        account=account or ("demo" if demo else "main"),
        secret=_text(entry, "secret", where),
        password=_text(entry, "password", where) if entry.get("password") else "",
        ip_allowlist=_networks(entry.get("ipAllowlist", []), where),
        expires_at=_moment(entry.get("expiresAt"), where),
    )


def _text(entry: Mapping[str, object], field: str, where: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not value:
        raise UsageError(f"{where}: field {field!r} must be a non-empty text")
    return value


def _networks(value: object, where: str) -> tuple[str, ...]:
    problem = f"{where}: field 'ipAllowlist' must be a list of addresses or networks like 127.0.0.1 or 10.0.0.0/8"
    if not isinstance(value, list):
        raise UsageError(problem)
    for item in value:
        try:
            ipaddress.ip_network(str(item), strict=False)
        except ValueError as exc:
            raise UsageError(f"{problem}, not {item!r}") from exc
    return tuple(str(item) for item in value)


def _moment(value: object, where: str) -> str | None:
    if value is None:
        return None
    try:
        from_iso(str(value))
    except ValueError as exc:
        raise UsageError(f"{where}: field 'expiresAt' must be ISO-8601 UTC ending in Z: {exc}") from exc
    return str(value)
