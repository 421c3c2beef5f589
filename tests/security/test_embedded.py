"""The embedded secret store: real random keys in each venue's own form, one pair per keychain key, never shown."""

from __future__ import annotations

import base64
import re
import uuid

import pytest

from golive.model.secret import SecretAlphabet, SecretForm, SecretStore
from golive.runtime.venue_opening import embedded_secrets
from golive.security import EmbeddedSecretStore
from golive.venues.registry import profile_named

ALPHANUMERIC = SecretForm(SecretAlphabet.ALPHANUMERIC, 18)
FORMS = {
    "with_passphrase": {
        "apiKey": SecretForm(SecretAlphabet.UUID, 36),
        "secret": SecretForm(SecretAlphabet.HEX_UPPER, 32),
        "password": SecretForm(SecretAlphabet.PASSPHRASE, 26),
    },
    "bytes": {"apiKey": SecretForm(SecretAlphabet.BASE64, 42), "secret": SecretForm(SecretAlphabet.BASE64, 64)},
    "letters": {"apiKey": ALPHANUMERIC, "secret": SecretForm(SecretAlphabet.ALPHANUMERIC, 36)},
}


def fields(keychain_key: str) -> dict[str, str]:
    credentials = EmbeddedSecretStore(FORMS).credentials(keychain_key)
    assert credentials is not None
    return {name: secret.reveal() for name, secret in credentials.fields.items()}


def test_a_key_with_a_passphrase_has_every_kind_of_character_in_it() -> None:
    made = fields("with_passphrase")
    assert set(made) == {"apiKey", "secret", "password"}
    assert str(uuid.UUID(made["apiKey"])) == made["apiKey"]
    assert re.fullmatch(r"[0-9A-F]{32}", made["secret"])
    assert len(made["password"]) == 26
    assert all(re.search(kind, made["password"]) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


def test_a_key_of_bytes_is_base64_of_that_many_bytes() -> None:
    made = fields("bytes")
    assert {name: len(base64.b64decode(text, validate=True)) for name, text in made.items()} == {"apiKey": 42, "secret": 64}


def test_a_key_of_letters_and_digits_has_the_sizes_asked_for() -> None:
    made = fields("letters")
    assert re.fullmatch("[A-Za-z0-9]{18}", made["apiKey"])
    assert re.fullmatch("[A-Za-z0-9]{36}", made["secret"])


def test_a_key_that_no_embedded_venue_uses_does_not_exist() -> None:
    assert EmbeddedSecretStore(FORMS).credentials("okx_live_trading") is None


@pytest.mark.parametrize("key", sorted(FORMS))
def test_a_keychain_key_keeps_its_pair_and_others_get_their_own(key: str) -> None:
    store = EmbeddedSecretStore({"a": FORMS[key], "b": FORMS[key]})
    assert store.credentials("a") is store.credentials("a") is not None
    made = set()
    for each in (EmbeddedSecretStore({"a": FORMS[key], "b": FORMS[key]}) for _ in range(20)):
        for name in ("a", "b"):
            credentials = each.credentials(name)
            assert credentials is not None
            made.add(credentials.fields["secret"].reveal())
    assert len(made) == 40


def test_it_is_a_secret_store_that_says_where_it_stands_and_shows_nothing() -> None:
    store: SecretStore = EmbeddedSecretStore(FORMS)
    credentials = store.credentials("bytes")
    assert store.source == "embedded"
    assert credentials is not None
    for value in credentials.fields.values():
        assert value.reveal() not in f"{store!r} {credentials!r} {credentials}"


@pytest.mark.parametrize(
    ("adapter", "form"),
    [
        ("okx_spot", {"apiKey": r"[0-9a-f-]{36}", "secret": r"[0-9A-F]{32}", "password": r".{8,32}"}),
        ("kraken_spot", {"apiKey": r"[A-Za-z0-9+/]{56}", "secret": r"[A-Za-z0-9+/]{86}=="}),
        ("bybit_spot", {"apiKey": r"[A-Za-z0-9]{18}", "secret": r"[A-Za-z0-9]{36}"}),
    ],
)
def test_the_key_of_each_venue_looks_like_one_of_its_own(adapter: str, form: dict[str, str]) -> None:
    credentials = embedded_secrets([("a_key", profile_named(adapter))]).credentials("a_key")
    assert credentials is not None
    assert set(credentials.fields) == set(form)
    assert all(re.fullmatch(form[name], secret.reveal()) for name, secret in credentials.fields.items())
