"""Forged, bent and expired licences by the thousand: none is accepted; as many honest ones: none is refused."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from golive.model.clock import DAY, SECOND, to_iso
from golive.model.json import JsonObject
from golive.security.licence.envelope import Kind, open_envelope, sign_envelope
from golive.security.licence.fault import FaultCode, NotBelieved
from golive.security.licence.fingerprint import digests
from golive.security.licence.judge import Standing, Wanted, judge
from golive.security.licence.payload import FIELDS, read_licence
from golive.security.licence.revocation import read_revocations
from support.licences import DUDZIAN, FINGERPRINT, LICENCE, LIST, LOCAL, MACHINE, NOW, OTHER, RULES, STRANGER, Case

GOOD = DUDZIAN.licence(LICENCE)
ENVELOPE: dict[str, Any] = json.loads(GOOD)
WANTED = Wanted(("desktop", "okx"))
COUNT = 1000


def code_of(data: bytes, kind: Kind = Kind.LICENCE) -> FaultCode | None:
    try:
        read_licence(open_envelope(data, kind, RULES.keys).payload)
    except NotBelieved as exc:
        return exc.code
    return None


def test_no_byte_of_the_file_can_be_another_one() -> None:
    assert code_of(GOOD) is None
    for position in range(len(GOOD)):
        for bits in (0x01, 0x20, 0x80):
            bent = bytearray(GOOD)
            bent[position] ^= bits
            assert code_of(bytes(bent)) is not None, (position, bits, bytes(bent[max(0, position - 20) : position + 20]))


def test_no_byte_can_be_missing_or_be_there_twice() -> None:
    signed = GOOD.replace(b"\n", b"").replace(b": ", b":").replace(b", ", b",").replace(b" ", b"")
    assert code_of(signed) is None
    for position in range(len(signed)):
        assert code_of(signed[:position] + signed[position + 1 :]) is not None, position
        assert code_of(signed[:position]) is not None, position


def signature(position: int) -> dict[str, Any]:
    raw = bytearray(base64.b64decode(ENVELOPE["sig"]))
    raw[position] ^= 1
    return {"sig": base64.b64encode(raw).decode()}


def unlike(**fields: object) -> dict[str, Any]:
    return {"payload": {**ENVELOPE["payload"], **fields}}


S = FaultCode
CLASSES: dict[str, tuple[dict[str, Any], FaultCode]] = {
    "R of the signature": (signature(0), S.SIGNATURE),
    "S of the signature": (signature(63), S.SIGNATURE),
    "no signature": ({"sig": ""}, S.MALFORMED),
    "signature of zeros": ({"sig": base64.b64encode(bytes(64)).decode()}, S.SIGNATURE),
    "signature too long": ({"sig": base64.b64encode(bytes(65)).decode()}, S.MALFORMED),
    "signature in another base64": ({"sig": ENVELOPE["sig"].replace("=", "")}, S.MALFORMED),
    "signature with a line": ({"sig": ENVELOPE["sig"] + "\n"}, S.MALFORMED),
    "signature no text": ({"sig": 7}, S.MALFORMED),
    "payload in another base64": ({"payload_b64": ENVELOPE["payload_b64"] + "===="}, S.MALFORMED),
    "payload not ASCII": ({"payload_b64": "ä" + ENVELOPE["payload_b64"]}, S.MALFORMED),
    "payload of another": ({"payload_b64": base64.b64encode(b"{}").decode()}, S.SIGNATURE),
    "copy allows more": (unlike(environments=["paper", "testnet", "live"]), S.COPY_DIFFERS),
    "copy lasts longer": (unlike(not_after="2099-01-01T00:00:00Z"), S.COPY_DIFFERS),
    "copy says 1 for true": (unlike(development=0), S.COPY_DIFFERS),
    "copy in another order": (unlike(allowed_profiles=["okx", "desktop"]), S.COPY_DIFFERS),
    "copy no object": ({"payload": []}, S.COPY_DIFFERS),
    "copy with half a letter": (unlike(customer="\ud800"), S.MALFORMED),
    "another algorithm": ({"alg": "none"}, S.MALFORMED),
    "an algorithm in small letters": ({"alg": "ed25519"}, S.MALFORMED),
    "a key nobody knows": ({"key_id": STRANGER.key_id}, S.KEY_UNKNOWN),
    "another known key": ({"key_id": OTHER.key_id}, S.SIGNATURE),
    "the key of development": ({"key_id": LOCAL.key_id}, S.SIGNATURE),
    "a field too many": ({"note": ""}, S.MALFORMED),
}


@pytest.mark.parametrize("name", CLASSES)
def test_each_class_of_bytes_is_told_by_its_name(name: str) -> None:
    changes, code = CLASSES[name]
    assert code_of(json.dumps({**ENVELOPE, **changes}).encode()) is code


@pytest.mark.parametrize("field", ["payload_b64", "payload", "sig", "key_id", "alg"])
def test_a_field_is_there_once(field: str) -> None:
    assert code_of(json.dumps({name: value for name, value in ENVELOPE.items() if name != field}).encode()) is S.MALFORMED
    twice = f"{json.dumps(ENVELOPE)[:-1]}, {json.dumps(field)}: {json.dumps(ENVELOPE[field])}}}"
    assert code_of(twice.encode()) is S.MALFORMED


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"\xff", b"{" * 100_000, b"[" * 100_000, b" " * 300_000, GOOD.decode().encode("utf-16")]
)
def test_what_is_no_envelope_is_refused(data: bytes) -> None:
    assert code_of(data) is S.MALFORMED


def test_no_kind_passes_for_another() -> None:
    for kind in (Kind.FINGERPRINT, Kind.REVOCATIONS):
        assert code_of(sign_envelope(LICENCE.as_payload(), kind, DUDZIAN.private)) is S.SIGNATURE
        assert code_of(GOOD, kind) is S.SIGNATURE


def signed(payload: JsonObject) -> bytes:
    return sign_envelope(payload, Kind.LICENCE, DUDZIAN.private)


WRONG: dict[str, list[Any]] = {
    "license_id": ["", 7, "a b", "../x", "x" * 65, None, "lic\n"],
    "issuer": ["", None, "du dzian"],
    "customer": ["", " Acme", "A\nB", "x" * 121, 5],
    "allowed_profiles": ["desktop", ["desktop", "desktop"], ["Desktop"], [7], {}, None],
    "environments": [["production"], ["live", "live"], "live"],
    "modules": [None, ["a b"]],
    "not_before": ["2026-06-01", "2026-06-01T12:00:00+00:00", "2026-06-01T12:00:00.000Z", "2026-02-30T00:00:00Z", 1, "9999-99-99T00:00:00Z"],
    "not_after": ["2026-01-01T00:00:00Z", "", None],
    "fingerprint": ["", "d" * 31, "D" * 32, None],
    "min_revocation_version": [-1, True, "10", 10**14 + 10**15, None],
    "development": [0, "false", None],
}  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
def test_a_payload_has_exactly_its_fields_each_of_its_type(field: str) -> None:
    payload = LICENCE.as_payload()
    for value in WRONG[field]:
        assert code_of(signed({**payload, field: value})) is S.MALFORMED, value
    assert code_of(signed({name: value for name, value in payload.items() if name != field})) is S.MALFORMED
    assert code_of(signed({**payload, f"{field}_": 1})) is S.MALFORMED


@pytest.mark.parametrize("change", [{"version": 0}, {"version": "1"}, {"issued": "today"}, {"licences": "lic-1"}, {"keys": [1]}, {"expires": to_iso(LIST.issued)}])  # fmt: skip
def test_a_list_has_exactly_its_fields(change: dict[str, Any]) -> None:
    with pytest.raises(NotBelieved):
        read_revocations({**LIST.as_payload(), **change})


def forged(random_: random.Random) -> Case:
    """Return a case that is bad in one way drawn at random, with random values."""
    later, before = random_.randrange(72 * 3600, 10**8) * SECOND, random_.randrange(1, 10**8) * SECOND
    ways: list[Callable[[], Case]] = [
        lambda: Case(licence=replace(LICENCE, not_before=NOW - later - 2 * DAY, not_after=NOW - later)),
        lambda: Case(licence=replace(LICENCE, not_before=NOW + before, not_after=NOW + before + DAY)),
        lambda: Case(licence_key=random_.choice((STRANGER, OTHER, LOCAL))),
        lambda: Case(list_key=random_.choice((STRANGER, OTHER, LOCAL))),
        lambda: Case(fingerprint_key=random_.choice((STRANGER, OTHER, LOCAL))),
        lambda: Case(revocations=replace(LIST, version=random_.randrange(1, 20))),
        lambda: Case(revocations=replace(LIST, licences=(f"lic-{random_.randrange(2, 99)}", "lic-1"))),
        lambda: Case(licence=replace(LICENCE, allowed_profiles=random_.choice((("desktop",), ("okx",), ("kraken", "bybit"))))),
        lambda: Case(licence=replace(LICENCE, fingerprint=random_.randbytes(16).hex())),
        lambda: Case(machine={name: random_.randbytes(8).hex() for name in MACHINE}),
        lambda: Case(licence=replace(LICENCE, issuer=random_.choice(("other", "development", "Dudzian")))),
        lambda: Case(fingerprint=replace(FINGERPRINT, factors=digests(MACHINE, random_.randbytes(32).hex()))),
    ]
    return random_.choice(ways)()


def test_of_a_thousand_bad_licences_none_is_accepted() -> None:
    drawn = random.Random(16)
    accepted = [case for case in (forged(drawn) for _ in range(COUNT)) if judge(case.held(), RULES, NOW, WANTED).is_good]
    assert accepted == []


def honest(random_: random.Random) -> tuple[Case, int]:
    """Return a good case and a moment at which it is."""
    begins = NOW - random_.randrange(0, 300 * 86_400) * SECOND
    ends = begins + random_.randrange(301 * 86_400, 400 * 86_400) * SECOND
    salt, names = random_.randbytes(32).hex(), random_.sample(sorted(MACHINE), random_.randrange(2, 6))
    machine = {name: random_.randbytes(random_.randrange(4, 12)).hex() for name in MACHINE}
    device = random_.randbytes(16).hex()
    fingerprint = replace(
        FINGERPRINT, device=device, salt=salt, factors=digests({name: machine[name] for name in names}, salt)
    )  # fmt: skip
    changed = random_.sample(names, random_.randrange(0, len(names) - 1))
    version = random_.randrange(20, 10**9)
    case = Case(
        licence=replace(
            LICENCE, license_id=f"lic-{random_.randrange(10**9)}", fingerprint=device, not_before=begins, not_after=ends,
            customer=random_.choice(("Acme", "Żółw sp. z o.o.", "株式会社")), min_revocation_version=random_.randrange(0, version),
            allowed_profiles=tuple(random_.sample(("desktop", "okx", "kraken", "bybit", "lab"), 5)),
        ),
        fingerprint=fingerprint, expected=fingerprint, machine={**machine, **dict.fromkeys(changed, "a new part")},
        revocations=replace(LIST, version=version, licences=("lic-x",)),
    )  # fmt: skip
    return case, NOW + random_.randrange(0, 86_400) * SECOND


def test_of_a_thousand_good_licences_none_is_refused() -> None:
    drawn = random.Random(17)
    for _ in range(COUNT):
        case, now = honest(drawn)
        found = judge(case.held(), RULES, now, WANTED)
        assert (found.standing, found.faults) == (Standing.VALID, ())
