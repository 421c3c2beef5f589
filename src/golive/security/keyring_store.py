"""The keyring of the operating system as a place of secrets, where there is one that can be believed.

`keyring` chooses a backend by itself, and what it chooses on a machine without one may keep nothing (`null`), fail, or write
plain text into a file (`keyrings.alt`). So three are believed, by their modules, also inside a chain: the Secret Service of a
desktop, macOS' Keychain, Windows' Credential Manager. Everything else counts as no keyring.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Protocol

from golive.model.errors import PrerequisiteMissing
from golive.model.secret import StoredSecret

from .stored_secret import decode_secret, encode_secret

BELIEVED: Final = ("keyring.backends.SecretService", "keyring.backends.macOS", "keyring.backends.Windows")
"""modules of backends"""
USER: Final = "golive"
"""the user name under which each entry stands; its service is the entry's name"""
INDEX: Final = "golive:"
"""the entry that lists the names of the others, for a keyring lists nothing; no secret can have this name"""


class Backend(Protocol):
    """What we use of a backend of `keyring`."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


def believed(backend: object) -> Backend | None:
    """Return the backend, or the first within a chain, that can be believed; None when there is none."""
    if type(backend).__module__ == "keyring.backends.chainer":
        chained = getattr(backend, "backends", ())
        return next((each for each in map(believed, chained if isinstance(chained, Iterable) else ()) if each is not None), None)
    module = type(backend).__module__
    is_believed = any(module == name or module.startswith(f"{name}.") for name in BELIEVED)
    return backend if is_believed else None  # type: ignore[return-value]


def system_backend() -> Backend | None:
    """Return the keyring of this session; None without the extra `keyring`, and without one that can be believed.

    On Linux it is reached over the session's bus; without one the library, slow to import, is not even asked.
    """
    if sys.platform == "linux" and not _has_session_bus(os.environ):
        return None
    try:
        import keyring
    except ImportError:
        return None
    return believed(keyring.get_keyring())


def _has_session_bus(environ: Mapping[str, str]) -> bool:
    runtime = environ.get("XDG_RUNTIME_DIR")
    return bool(environ.get("DBUS_SESSION_BUS_ADDRESS")) or (runtime is not None and (Path(runtime) / "bus").exists())


class KeyringPlace:
    """Entries in a believed backend. PrerequisiteMissing when it is locked, or does not answer."""

    source: Final = "keyring"

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    @property
    def names(self) -> tuple[str, ...]:
        text = self._get(INDEX)
        try:
            names = json.loads(text or "[]")
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise PrerequisiteMissing(
                f"the keyring: entry {INDEX!r}, which lists the others, is not what Golive writes; remove it"
            )
        return tuple(sorted(names))

    def secret(self, name: str) -> StoredSecret | None:
        """Return the entry of this name, None when there is none."""
        text = self._get(name)
        return None if text is None else decode_secret(text.encode(), f"the keyring: entry {name}")

    def put(self, name: str, stored: StoredSecret) -> None:
        """Keep an entry; its name is listed first, so that one that was half put is seen."""
        self._list({*self.names, name})
        self._set(name, encode_secret(stored).decode())

    def put_all(self, secrets: Mapping[str, StoredSecret]) -> None:
        """Keep several entries; when one cannot be put those before it are as they were, or the error names them."""
        before = {name: self.secret(name) for name in secrets}
        for at, (name, stored) in enumerate(secrets.items(), 1):
            try:
                self.put(name, stored)
            except PrerequisiteMissing as exc:
                if left := [each for each in list(secrets)[:at] if not self._put_back(each, before[each])]:
                    raise PrerequisiteMissing(f"{exc}; these were changed all the same: {', '.join(left)}") from exc
                raise

    def _put_back(self, name: str, stored: StoredSecret | None) -> bool:
        """Let an entry be what it was; say whether it is."""
        try:
            if stored is None:
                self.remove(name)
            elif self.secret(name) != stored:
                self.put(name, stored)
        except PrerequisiteMissing:
            return False
        return True

    def remove(self, name: str) -> None:
        """Remove an entry; harmless when there is none."""
        if self._get(name) is not None:
            try:
                self._backend.delete_password(name, USER)
            except Exception as exc:  # noqa: BLE001 (each backend has errors of its own, all of one meaning)
                raise _unusable(exc) from None
        self._list({*self.names} - {name})

    def _list(self, names: set[str]) -> None:
        self._set(INDEX, json.dumps(sorted(names)))

    def _get(self, name: str) -> str | None:
        try:
            return self._backend.get_password(name, USER)
        except Exception as exc:  # noqa: BLE001 (as above)
            raise _unusable(exc) from None

    def _set(self, name: str, text: str) -> None:
        try:
            self._backend.set_password(name, USER, text)
        except Exception as exc:  # noqa: BLE001 (as above)
            raise _unusable(exc) from None

    def __repr__(self) -> str:
        return f"KeyringPlace({type(self._backend).__module__})"


def _unusable(exc: Exception) -> PrerequisiteMissing:
    return PrerequisiteMissing(f"the keyring of this session cannot be used: {type(exc).__name__}; unlock it, and try again")
