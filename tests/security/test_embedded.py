"""The embedded secret store: real random keys of OKX's form, one pair per keychain key, never shown."""

from __future__ import annotations

import re
import uuid

from golive.model.secret import SecretStore
from golive.security import EmbeddedSecretStore


def test_a_key_pair_has_the_form_of_an_okx_key() -> None:
    fields = EmbeddedSecretStore().credentials("okx_desktop_paper").fields
    assert set(fields) == {"apiKey", "secret", "password"}
    assert str(uuid.UUID(fields["apiKey"].reveal())) == fields["apiKey"].reveal()
    assert re.fullmatch(r"[0-9A-F]{32}", fields["secret"].reveal())
    password = fields["password"].reveal()
    assert 8 <= len(password) <= 32
    assert all(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))


def test_a_keychain_key_keeps_its_pair_and_others_get_their_own() -> None:
    store = EmbeddedSecretStore()
    assert store.credentials("a") is store.credentials("a")
    stores = [EmbeddedSecretStore() for _ in range(20)]
    secrets = {s.credentials(key).fields["secret"].reveal() for s in stores for key in ("a", "b")}
    assert len(secrets) == 40


def test_it_is_a_secret_store_that_says_where_it_stands_and_shows_nothing() -> None:
    store: SecretStore = EmbeddedSecretStore()
    credentials = store.credentials("a")
    assert store.source == "embedded"
    assert credentials is not None
    for value in credentials.fields.values():
        assert value.reveal() not in f"{store!r} {credentials!r} {credentials}"
