"""Signatures of licences, lists and seals against Wycheproof's vectors, and each class of forgery on documents of ours."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from golive.audit import Seal, SealError, canonical, sign_seal, signature_holds, verify_seal
from golive.audit.signature import SMALL_ORDER, is_strict_point
from golive.security.licence.envelope import Kind, open_envelope, sign_envelope
from golive.security.licence.fault import FaultCode, NotBelieved
from golive.security.licence.issuer_key import IssuerKey, key_table

VECTORS = Path(__file__).parents[1] / "security/vectors/ed25519_wycheproof.json"
PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
SIGNER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
PUBLIC = SIGNER.public_key().public_bytes_raw()
SEAL = Seal("risk", 10, 3, "ab" * 32, "cd" * 32, "2026-06-01T12:00:00Z", "key-1")


@dataclass(frozen=True)
class Vector:
    number: int
    result: str
    flag: str
    public: bytes
    message: bytes
    signature: bytes


def vectors() -> Iterator[Vector]:
    for number, result, flag, *texts in json.loads(VECTORS.read_text())["tests"]:
        yield Vector(number, result, flag, *map(bytes.fromhex, texts))


def test_every_published_vector_is_judged_as_it_says() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for each in vectors():
        holds = signature_holds(each.public, each.signature, each.message)
        assert holds is (each.result == "valid" or (each.flag == "MixedOrderPublicKey" and each.result == "acceptable")), (
            each.number
        )
        seen[each.result, each.flag] += 1
    assert sum(seen.values()) == 210
    assert seen["acceptable", "SmallOrderPublicKey"] == 8  # RFC 8032 leaves them open: we refuse them
    assert seen["invalid", "SignatureMalleability"] == 8


def forger() -> bytes:
    """Return Wycheproof's signature that holds for every message under the key that is the identity."""
    return next(each.signature for each in vectors() if each.public == b"\x01" + bytes(31))


def scalar(number: int) -> bytes:
    return number.to_bytes(32, "little")


def forgeries(good: bytes, public: bytes) -> dict[str, tuple[bytes, bytes]]:
    """Return (public key, signature) of each class, beside a good signature."""
    r, s = good[:32], int.from_bytes(good[32:], "little")
    first = int.from_bytes(r, "little")
    return {
        "malleable": (public, r + scalar(s + ORDER)),
        "s of all ones": (public, r + b"\xff" * 32),
        "negated": (public, r + scalar(ORDER - s)),
        "zero": (public, bytes(64)),
        "shorter": (public, good[:-1]),
        "longer": (public, good + b"\0"),
        "twice": (public, good + good),
        "none": (public, b""),
        "of another point": (public, scalar(first ^ (1 << 255)) + good[32:]),
        "identity as R": (public, b"\x01" + bytes(31) + good[32:]),
        "R beyond the prime": (public, scalar(PRIME + 3) + good[32:]),
        "the key that signs everything": (b"\x01" + bytes(31), forger()),
        "the same, written another way": (scalar(PRIME + 1), forger()),
        "the same with a sign": (b"\x01" + bytes(30) + b"\x80", forger()),
        "a key of order two": (scalar(PRIME - 1), forger()),
        "a key off the curve": (scalar(2), good),
        "half a key": (public[:16], good),
        "no key": (b"", good),
    }  # fmt: skip


CLASSES = sorted(forgeries(SIGNER.sign(b""), PUBLIC))


def sealed(public: bytes, change: Callable[[bytes], bytes]) -> bool:
    fields = json.loads(sign_seal(SEAL, SIGNER))
    document = canonical({**fields, "signature": change(bytes.fromhex(fields["signature"])).hex()}) + b"\n"
    try:
        verify_seal(document, public)
    except SealError:
        return False
    return True


def opened(public: bytes, kind: Kind, change: Callable[[bytes], bytes]) -> bool:
    fields = json.loads(sign_envelope({"a": 1}, kind, SIGNER))
    key = IssuerKey("dudzian", public)
    fields |= {"key_id": key.key_id, "sig": base64.b64encode(change(base64.b64decode(fields["sig"]))).decode()}
    try:
        open_envelope(json.dumps(fields).encode(), kind, key_table([key]))
    except NotBelieved as exc:
        return exc.code not in (FaultCode.SIGNATURE, FaultCode.MALFORMED)
    return True


@pytest.mark.parametrize("name", CLASSES)
def test_no_class_of_forged_signatures_passes_in_a_licence_a_list_or_a_seal(name: str) -> None:
    public = forgeries(SIGNER.sign(b""), PUBLIC)[name][0]

    def change(good: bytes) -> bytes:
        return forgeries(good, PUBLIC)[name][1]

    assert not sealed(public, change)
    assert [kind for kind in Kind if opened(public, kind, change)] == []
    message = b"any"
    assert not signature_holds(public, change(SIGNER.sign(message)), message)


def test_what_was_signed_passes_and_the_forgery_would_where_nobody_looks_at_the_key() -> None:
    assert sealed(PUBLIC, bytes)
    assert all(opened(PUBLIC, kind, bytes) for kind in Kind)
    Ed25519PublicKey.from_public_bytes(b"\x01" + bytes(31)).verify(forger(), b"whatever the library is asked")  # raises nothing


def test_points_of_small_order_are_the_eight_that_there_are() -> None:
    published = {each.public for each in vectors() if each.flag == "SmallOrderPublicKey"}
    assert len(published) == 8
    assert {int.from_bytes(point, "little") % 2**255 for point in published} == SMALL_ORDER
    assert not any(is_strict_point(point) for point in published)
    assert is_strict_point(PUBLIC)
