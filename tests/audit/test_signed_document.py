"""A signed document: what was signed is read back, whatever else is refused, and openssl says the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from golive.audit.canonical import canonical, parse_canonical
from golive.audit.signed_document import DocumentError, decode_signed_document, encode_signed_document

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"k": KEY.public_key().public_bytes_raw()}
DOCUMENT = encode_signed_document({"schema": "golive.test.v1", "a": "zażółć", "n": 1}, "k", KEY.sign)


def test_what_was_signed_is_read_back() -> None:
    assert decode_signed_document(DOCUMENT, "golive.test.v1", KEYS) == {
        "schema": "golive.test.v1",
        "a": "zażółć",
        "n": 1,
        "key_id": "k",
    }


def test_every_changed_bit_and_every_cut_is_refused() -> None:
    for position in range(len(DOCUMENT)):
        for bit in range(8):
            changed = bytearray(DOCUMENT)
            changed[position] ^= 1 << bit
            with pytest.raises(DocumentError):
                decode_signed_document(bytes(changed), "golive.test.v1", KEYS)
        with pytest.raises(DocumentError):
            decode_signed_document(DOCUMENT[:position], "golive.test.v1", KEYS)


def test_another_kind_another_key_and_no_signature_are_refused() -> None:
    for data, schema, keys in (
        (DOCUMENT, "golive.other.v1", KEYS),
        (DOCUMENT, "golive.test.v1", {}),
        (DOCUMENT, "golive.test.v1", {"k": Ed25519PrivateKey.generate().public_key().public_bytes_raw()}),
        (canonical({"schema": "golive.test.v1", "key_id": "k"}) + b"\n", "golive.test.v1", KEYS),
    ):
        with pytest.raises(DocumentError):
            decode_signed_document(data, schema, keys)


def test_openssl_agrees(tmp_path: Path) -> None:
    fields = parse_canonical(DOCUMENT[:-1])
    assert isinstance(fields, dict)
    signature = bytes.fromhex(str(fields.pop("signature")))
    for name, data in (
        ("message", canonical(fields)),
        ("signature", signature),
        ("key.pem", KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)),
    ):
        (tmp_path / name).write_bytes(data)
    verify = ["openssl", "pkeyutl", "-verify", "-rawin", "-in", "message", "-sigfile", "signature", "-pubin", "-inkey", "key.pem"]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "message").write_bytes(canonical(fields) + b" ")
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode != 0
