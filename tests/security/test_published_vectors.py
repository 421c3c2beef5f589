"""The pieces that our seals, chains and vaults are composed of, against published vectors."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from golive.audit.canonical import canonical
from golive.audit.entry import sign
from golive.model.errors import PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.security.stored_secret import encode_secret
from golive.security.vault import SCHEMA, Costs, Vault
from golive.storage.order_journal.row import row_mac
from support.secret_places import stored

GCM = Path(__file__).parent / "vectors/aes_256_gcm_wycheproof.json"
RFC_4231 = [
    ("0b" * 20, b"Hi There".hex(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (b"Jefe".hex(), b"what do ya want for nothing?".hex(), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
    ("aa" * 20, "dd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (bytes(range(1, 26)).hex(), "cd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    (
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First".hex(),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        "aa" * 131,
        (
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed"
            b" before being used by the HMAC algorithm."
        ).hex(),
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
]
"""key, message, HMAC-SHA256: RFC 4231 §4.2 to 4.4, 4.5, 4.7, 4.8"""
RFC_9106_COSTS = Costs(memory_kib=32, iterations=3, lanes=4)
RFC_9106_ROOT = bytes.fromhex("03aab965c12001c9d7d0d2de33192c0494b684bb148196d73c1df1acaf6d0c2e")
"""Argon2id of 32 bytes 01, salt 16 bytes 02, without secret and associated data: OpenSSL's addition to the vectors of RFC 9106"""
RFC_5869 = (
    "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
    "f0f1f2f3f4f5f6f7f8f9",
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
)
"""pseudo-random key, info, output: RFC 5869 §A.1"""


@pytest.mark.parametrize(("key", "message", "mac"), RFC_4231)
def test_records_and_rows_are_signed_as_the_standard_says(key: str, message: str, mac: str) -> None:
    raw, text = bytes.fromhex(key), bytes.fromhex(message)
    assert sign(raw, text) == mac
    assert {row_mac(raw, text[:cut], text[cut:]).hex() for cut in range(len(text) + 1)} == {mac}


def test_the_cipher_of_the_vault_judges_every_published_vector_as_it_says() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for number, result, flag, *texts in json.loads(GCM.read_text())["tests"]:
        aes, nonce, associated, plain, ciphertext, tag = map(bytes.fromhex, texts)
        try:
            opens = AESGCM(aes).decrypt(nonce, ciphertext + tag, associated) == plain
        except InvalidTag:
            opens = False
        assert opens is (result == "valid"), number
        assert (AESGCM(aes).encrypt(nonce, plain, associated) == ciphertext + tag) is opens, number
        seen[result, flag] += 1
    assert (sum(seen.values()), seen["invalid", "ModifiedTag"]) == (66, 27)


def expanded(root: bytes, info: bytes, length: int) -> bytes:
    """Return HKDF-Expand of RFC 5869 §2.3 with SHA-256, written out."""
    output = block = b""
    while len(output) < length:
        block = hmac.digest(root, block + info + bytes([len(output) // 32 + 1]), "sha256")
        output += block
    return output[:length]


def by_hand(plain: bytes, name: str, nonce: bytes) -> tuple[bytes, bytes]:
    """Return a vault with one entry whose root key is that of RFC 9106, and the sealed entry, made without code of the vault."""
    key_id = expanded(RFC_9106_ROOT, b"golive vault|id", 16).hex()
    key = expanded(RFC_9106_ROOT, b"golive vault|entry", 32)
    sealed = AESGCM(key).encrypt(nonce, plain, canonical([SCHEMA, name, key_id]))
    return document(key_id, name, nonce, sealed), sealed


def document(key_id: str, name: str, nonce: bytes, sealed: bytes) -> bytes:
    costs: JsonObject = {"name": "argon2id", "salt": "02" * 16, "memory_kib": 32, "iterations": 3, "lanes": 4}
    entries: JsonObject = {name: {"nonce": nonce.hex(), "ciphertext": sealed.hex()}}
    unsigned: JsonObject = {"schema": SCHEMA, "kdf": costs, "key_id": key_id, "entries": entries}
    mac = hmac.digest(expanded(RFC_9106_ROOT, b"golive vault|whole", 32), canonical(unsigned), "sha256").hex()
    return canonical({**unsigned, "mac": mac}) + b"\n"


def test_a_vault_written_by_hand_from_published_keys_opens_and_with_no_modified_tag() -> None:
    prk, info, output = map(bytes.fromhex, RFC_5869)
    assert expanded(prk, info, len(output)) == output
    passphrase, name, nonce = Secret("\x01" * 32), "okx_paper_trading", b"\x05" * 12
    kept = stored("key-id-abcd", "SECRET-OF-THE-KEY", "")
    data, sealed = by_hand(encode_secret(kept), name, nonce)
    assert Vault.open(data, "v", passphrase, RFC_9106_COSTS).secret(name) == kept
    key_id = expanded(RFC_9106_ROOT, b"golive vault|id", 16).hex()
    tag = int.from_bytes(sealed[-16:], "big")
    wrong = [tag ^ (1 << bit) for bit in range(0, 128, 5)]
    wrong += [tag ^ (2**128 - 1), 0, 2**128 - 1, tag ^ int("80" * 16, 16), tag ^ int("01" * 16, 16)]
    for each in wrong:  # the ways of Wycheproof's ModifiedTag
        bent = document(key_id, name, nonce, sealed[:-16] + each.to_bytes(16, "big"))
        opened = Vault.open(bent, "v", passphrase, RFC_9106_COSTS)  # its MAC is right: only the tag is not
        with pytest.raises(PrerequisiteMissing, match="does not open"):
            opened.secret(name)
