"""Which keyrings are believed, and what is kept in one."""

from __future__ import annotations

import sys

import pytest

from golive.model.errors import PrerequisiteMissing
from golive.security.keyring_store import INDEX, USER, KeyringPlace, believed, system_backend
from support.secret_places import MemoryBackend, stored

keyring_of = pytest.importorskip("keyring")


def of_module(module: str, **attributes: object) -> object:
    return type("Keyring", (), {"__module__": module, **attributes})()


SECRET_SERVICE = of_module("keyring.backends.SecretService")


@pytest.mark.parametrize("module", ["SecretService", "macOS", "macOS.api", "Windows"])
def test_the_three_of_operating_systems_are_believed(module: str) -> None:
    backend = of_module(f"keyring.backends.{module}")
    assert believed(backend) is backend


@pytest.mark.parametrize(
    "module",
    [
        *("keyring.backends.fail", "keyring.backends.null", "keyrings.alt.file", "keyrings.alt.Windows", "other.SecretService"),
        *("keyring.backends.SecretServiceX", "keyring.backends.libsecret", "keyring.backend"),
    ],
)
def test_everything_else_counts_as_none(module: str) -> None:
    assert believed(of_module(module)) is None


def test_of_a_chain_the_first_that_is_believed_counts() -> None:
    plain, fails = of_module("keyrings.alt.file"), of_module("keyring.backends.fail")
    assert believed(of_module("keyring.backends.chainer", backends=[plain, SECRET_SERVICE, fails])) is SECRET_SERVICE
    assert believed(of_module("keyring.backends.chainer", backends=[plain, fails])) is None
    assert believed(of_module("keyring.backends.chainer")) is None


def test_the_keyring_of_a_machine_without_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert system_backend() is None
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert system_backend() is None, "without the library"


def test_what_is_put_is_found_listed_and_removed() -> None:
    backend = MemoryBackend()
    place = KeyringPlace(backend)
    assert place.names == ()
    place.put("golive:b", stored())
    place.put("golive:a", stored("other"))
    assert KeyringPlace(backend).names == ("golive:a", "golive:b")
    found = place.secret("golive:b")
    assert found is not None
    assert (found.key_id.reveal(), found.permissions) == ("key-id-0001-abcd", ("read", "trade"))
    place.remove("golive:b")
    place.remove("golive:b")
    assert KeyringPlace(backend).names == ("golive:a",)
    assert place.secret("golive:b") is None
    assert "SECRET" not in repr(place)


def test_a_locked_keyring_and_a_strange_entry_block_and_nothing_secret_is_told() -> None:
    backend = MemoryBackend()
    place = KeyringPlace(backend)
    for text in (
        "SECRET-OF-THE-KEY",
        '{"secret": "SECRET-OF-THE-KEY"}',
        '{"key_id":1,"secret":"s","passphrase":"","environment":"","permissions":[]}',
    ):
        backend.set_password("golive:b", USER, text)
        with pytest.raises(PrerequisiteMissing, match="entry golive:b") as refused:
            place.secret("golive:b")
        assert "SECRET" not in str(refused.value)
    backend.set_password(INDEX, USER, "{}")
    with pytest.raises(PrerequisiteMissing, match="which lists the others"):
        _ = place.names
    backend.locked = True
    with pytest.raises(PrerequisiteMissing, match="RuntimeError; unlock it") as refused:
        place.secret("golive:b")
    assert "SECRET" not in str(refused.value)
