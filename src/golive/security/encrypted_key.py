"""A private key under a passphrase, in the file form that openssl reads, with a derivation that is slow to guess at.

PKCS#8 `EncryptedPrivateKeyInfo` (RFC 5958) by PBES2 (RFC 8018): scrypt (RFC 7914), then AES-256-CBC. `cryptography` writes this
form with PBKDF2 of 2,048 rounds only, and reads both. Why these numbers: docs/decisions/0037.
"""

from __future__ import annotations

import base64
import secrets
from typing import Final

SCRYPT_N: Final = 1 << 14
"""cost; with `SCRYPT_R` 16 MiB, half of what openssl is willing to spend on a key"""
SCRYPT_R: Final = 8
SCRYPT_P: Final = 5
LABEL: Final = "ENCRYPTED PRIVATE KEY"
_SCRYPT: Final = bytes.fromhex("06092b06010401da47040b")
_PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
_AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")
_SEQUENCE, _INTEGER, _OCTETS = 0x30, 0x02, 0x04


def encrypted_key(private_key: bytes, passphrase: bytes) -> bytes:
    """Return `private_key` (PKCS#8, DER) as PEM that `passphrase` opens; salt and vector are new each time."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    from cryptography.hazmat.primitives.padding import PKCS7

    salt, vector = secrets.token_bytes(16), secrets.token_bytes(16)
    padder = PKCS7(128).padder()
    padded = padder.update(private_key) + padder.finalize()
    key = Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase)
    encryptor = Cipher(algorithms.AES256(key), modes.CBC(vector)).encryptor()
    hidden = encryptor.update(padded) + encryptor.finalize()
    derivation = _der(_SEQUENCE, _der(_OCTETS, salt), _number(SCRYPT_N), _number(SCRYPT_R), _number(SCRYPT_P))
    scheme = _der(
        _SEQUENCE,
        _der(_SEQUENCE, _SCRYPT, derivation),
        _der(_SEQUENCE, _AES_256_CBC, _der(_OCTETS, vector)),
    )
    whole = _der(_SEQUENCE, _der(_SEQUENCE, _PBES2, scheme), _der(_OCTETS, hidden))
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (LABEL.encode(), _lines(whole), LABEL.encode())


def is_slow_to_guess(pem: bytes) -> bool:
    """Say whether the passphrase of an encrypted key in PEM form goes through scrypt, at no less than our own costs.

    False for what cannot be read.
    """
    body = pem.partition(b"-----BEGIN " + LABEL.encode() + b"-----")[2].partition(b"-----END")[0]
    try:
        whole = base64.b64decode(b"".join(body.split()), validate=True)
        _, found, rest = whole.partition(_SCRYPT)
        if not found:
            return False
        costs, _ = _content(_SEQUENCE, rest)
        _, costs = _content(_OCTETS, costs)
        n, costs = _content(_INTEGER, costs)
        r, _ = _content(_INTEGER, costs)
    except ValueError:
        return False
    return int.from_bytes(n, "big") >= SCRYPT_N and int.from_bytes(r, "big") >= SCRYPT_R


def _content(tag: int, data: bytes) -> tuple[bytes, bytes]:
    """Return the content of the first DER element and what follows it. Raises ValueError for another tag or length."""
    if len(data) < 2 or data[0] != tag:
        raise ValueError(f"no DER element of tag {tag:#x}")
    head, size = 2, data[1]
    if size & 0x80:
        head += size & 0x7F
        size = int.from_bytes(data[2:head], "big")
    if len(data) < head + size:
        raise ValueError("a DER element is cut short")
    return data[head : head + size], data[head + size :]


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    told = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(told)]) + told + content


def _number(value: int) -> bytes:
    return _der(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _lines(data: bytes) -> bytes:
    text = base64.b64encode(data)
    return b"".join(text[at : at + 64] + b"\n" for at in range(0, len(text), 64))
