"""The encrypted vault: what is put there comes out, under its own name, with its own passphrase, and in no other way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from golive.audit import canonical
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.security.vault import LEAST, Costs, Vault, vault_names
from support.secret_places import CHEAP, PASSPHRASE, stored

WHERE = "secrets/vault.json"
NAMES = ("golive:okx_paper_trading", "golive:kraken_paper_trading")


def opened(data: bytes, passphrase: Secret = PASSPHRASE) -> Vault:
    return Vault.open(data, WHERE, passphrase, CHEAP)


@pytest.fixture(scope="module")
def full() -> Vault:
    vault = Vault.create(WHERE, PASSPHRASE, CHEAP)
    for number, name in enumerate(NAMES):
        vault = vault.with_secret(name, stored(f"key-id-{number}-abcd", f"SECRET-{number}-OF-THE-KEY", "A-PASSPHRASE"))
    return vault


def test_a_secret_comes_out_as_it_was_put_and_nothing_of_it_stands_in_the_file(full: Vault) -> None:
    data = full.encode()
    again = opened(data)
    assert again.names == tuple(sorted(NAMES)) == vault_names(data, WHERE)
    found = again.secret(NAMES[0])
    assert found is not None
    assert (found.secret.reveal(), found.passphrase.reveal()) == ("SECRET-0-OF-THE-KEY", "A-PASSPHRASE")
    assert (found.environment, found.permissions) == ("paper", ("read", "trade"))
    assert again.secret("golive:other") is None
    for text in (b"SECRET", b"key-id", b"PASSPHRASE", b"correct horse"):
        assert text not in data
    assert "SECRET" not in f"{again!r}{found!r}"


def test_the_same_secret_is_never_sealed_alike_and_one_that_is_removed_is_gone(full: Vault) -> None:
    again = full.with_secret(NAMES[0], stored())
    once, twice = (json.loads(each.with_secret(NAMES[0], stored()).encode())["entries"][NAMES[0]] for each in (full, again))
    assert once["nonce"] != twice["nonce"]
    assert once["ciphertext"] != twice["ciphertext"]
    assert opened(full.without(NAMES[0]).encode()).names == (NAMES[1],)


def test_a_wrong_passphrase_is_told_as_such(full: Vault) -> None:
    for wrong in ("correct horse batterx", "", "x" * 5000):
        with pytest.raises(PrerequisiteMissing, match=r"secrets/vault\.json: the passphrase of the vault is wrong"):
            opened(full.encode(), Secret(wrong))


def test_a_short_passphrase_makes_no_vault() -> None:
    with pytest.raises(ConfigError, match="12 to 1024 characters, this one has 5"):
        Vault.create(WHERE, Secret("short"), CHEAP)


def edited(full: Vault, change: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(full.encode())
    change(document)
    return canonical(document) + b"\n"


def swap(document: dict[str, Any]) -> None:
    one, other = (document["entries"][name] for name in NAMES)
    document["entries"] = {NAMES[0]: other, NAMES[1]: one}


def flip(text: str, at: int = -1) -> str:
    letters = list(text)
    letters[at] = "0" if letters[at] != "0" else "1"
    return "".join(letters)


def flip_entry(part: str) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["entries"][NAMES[0]][part] = flip(document["entries"][NAMES[0]][part])

    return change


TAMPERED: tuple[tuple[str, Callable[[dict[str, Any]], object], str], ...] = (
    ("two entries are swapped", swap, "entry golive:kraken_paper_trading does not open"),
    ("a ciphertext is changed", flip_entry("ciphertext"), "entry golive:okx_paper_trading does not open: it is damaged"),
    ("a nonce is changed", flip_entry("nonce"), "entry golive:okx_paper_trading does not open"),
    ("an entry is taken out", lambda d: d["entries"].pop(NAMES[0]), "an entry was taken out or put in"),
    (
        "an entry is renamed",
        lambda d: d["entries"].update({"golive:x": d["entries"].pop(NAMES[0])}),
        "entry golive:x does not open",
    ),
    ("the mac is changed", lambda d: d.update(mac=flip(d["mac"])), "is not what was written"),
    ("fewer passes", lambda d: d["kdf"].update(iterations=0), "Argon2id costs"),
    ("less memory", lambda d: d["kdf"].update(memory_kib=8), "Argon2id costs"),
    ("a machine's whole memory", lambda d: d["kdf"].update(memory_kib=1 << 30), "Argon2id costs"),
    ("more passes", lambda d: d["kdf"].update(iterations=2), "the passphrase of the vault is wrong"),
    ("another salt", lambda d: d["kdf"].update(salt=flip(d["kdf"]["salt"])), "salt or key id were changed"),
    ("another key id", lambda d: d.update(key_id=flip(d["key_id"])), "salt or key id were changed"),
    ("another function", lambda d: d["kdf"].update(name="pbkdf2"), "is no vault as Golive writes it"),
    ("another version", lambda d: d.update(schema="golive.vault.v0"), "is no vault as Golive writes it"),
    ("a field more", lambda d: d.update(note="x"), "is no vault as Golive writes it"),
    ("a truth for a number", lambda d: d["kdf"].update(lanes=True), "is no vault as Golive writes it"),
    ("no entries", lambda d: d.update(entries=[]), "is no vault as Golive writes it"),
)


@pytest.mark.parametrize(("what", "change", "told"), TAMPERED, ids=[each[0] for each in TAMPERED])
def test_a_changed_file_is_refused_with_what_is_wrong(
    full: Vault, what: str, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    with pytest.raises(PrerequisiteMissing, match=told) as refused:
        opened(edited(full, change))
    assert str(refused.value).startswith(WHERE)
    assert "SECRET" not in str(refused.value)


def test_a_vault_cut_short_anywhere_is_refused(full: Vault) -> None:
    data = full.encode()
    for end in range(0, len(data) - 1, 37):
        with pytest.raises(PrerequisiteMissing, match="cut short"):
            opened(data[:end])


@settings(max_examples=40)
@drawn(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(at: int, bit: int) -> None:
    data = bytearray(_FULL)
    data[at % (len(data) - 1)] ^= 1 << bit
    with pytest.raises(PrerequisiteMissing):
        opened(bytes(data))


_FULL = Vault.create(WHERE, PASSPHRASE, CHEAP).with_secret(NAMES[0], stored()).encode()


def test_an_entry_of_another_vault_does_not_open(full: Vault) -> None:
    other = json.loads(Vault.create(WHERE, PASSPHRASE, CHEAP).with_secret(NAMES[0], stored()).encode())
    with pytest.raises(PrerequisiteMissing, match="entry golive:okx_paper_trading does not open"):
        opened(edited(full, lambda d: d["entries"].update({NAMES[0]: other["entries"][NAMES[0]]})))


def test_what_golive_makes_costs_what_the_standard_recommends_and_less_is_refused() -> None:
    assert Costs(memory_kib=1 << 16, iterations=3, lanes=4) == LEAST
    cheap = Vault.create(WHERE, PASSPHRASE, CHEAP).encode()
    with pytest.raises(PrerequisiteMissing, match=r"Argon2id costs \(64 KiB, 1 passes, 1 lanes\)"):
        Vault.open(cheap, WHERE, PASSPHRASE)
    real = Vault.create(WHERE, PASSPHRASE).encode()
    assert Vault.open(real, WHERE, PASSPHRASE).names == ()


def test_secrets_are_compared_whole_and_shown_by_their_end() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("ä") != Secret("a")
    assert Secret("\udcff") == Secret("\udcff") != Secret("?")
    assert stored("0123456789abcdef").shown_id == "…cdef"
    assert stored("1234567").shown_id == "…7"
    assert stored("123").shown_id == "…"
    assert stored("").shown_id == ""
    assert stored("a").fingerprint != stored("b").fingerprint
