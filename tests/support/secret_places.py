"""What tests of stored secrets share: cheap costs, a key, a home with a vault, and backends like those of `keyring`."""

from __future__ import annotations

from pathlib import Path

from golive.model.clock import Clock
from golive.model.secret import Secret, StoredSecret
from golive.runtime.secret_admin import SecretAdmin
from golive.security.keyring_store import Backend
from golive.security.vault import Costs
from support.durable import ToldClock

CHEAP = Costs(memory_kib=64, iterations=1, lanes=1)
PASSPHRASE = Secret("correct horse battery")


def stored(
    key_id: str = "key-id-0001-abcd",
    secret: str = "SECRET-OF-THE-KEY",
    passphrase: str = "",
    environment: str = "paper",
    permissions: tuple[str, ...] = ("read", "trade"),
) -> StoredSecret:
    return StoredSecret(Secret(key_id), Secret(secret), Secret(passphrase), environment, permissions)


def given(passphrase: Secret = PASSPHRASE) -> SecretGiven:
    return SecretGiven(passphrase)


class SecretGiven:
    """A passphrase source that counts how often it is asked."""

    def __init__(self, passphrase: Secret) -> None:
        self.passphrase = passphrase
        self.times = 0

    def __call__(self) -> Secret | None:
        self.times += 1
        return self.passphrase


def admin_of(home: Path, clock: Clock | None = None, backend: Backend | None = None) -> SecretAdmin:
    """Return the administration of a home's secrets, with costs that tests can afford."""
    return SecretAdmin.of_home(
        home, clock or ToldClock(), passphrase=given(), new_passphrase=given(), backend=lambda: backend, costs=CHEAP
    )


class MemoryBackend:
    """A backend that keeps what it is given."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.fails_at: frozenset[str] = frozenset()
        """services that cannot be put"""

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise RuntimeError("locked, and here is what I know: SECRET-OF-THE-KEY")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if service in self.fails_at:
            raise RuntimeError("refused")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]
