"""Whether a machine is licensed for what it wants to do: documents, machine, what was seen before and clock in, verdict out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeVar

from golive.model.clock import MINUTE, to_iso

from .envelope import Kind, Opened, open_envelope
from .fault import GRACE, Document, Fault, FaultCode, NotBelieved
from .fields import Fields
from .fingerprint import REQUIRED, Fingerprint, Match, matched, read_fingerprint
from .issuer_key import IssuerKeys
from .mark import Marks
from .payload import Licence, read_licence
from .revocation import RevocationList, read_revocations

CLOCK_TOLERANCE_NS: Final = 5 * MINUTE
"""by which clocks of honest machines differ, or are set back"""
LIVE: Final = "live"
T = TypeVar("T")


class Standing(StrEnum):
    VALID = "valid"
    GRACE = "grace"
    """it has run out, or its list has, and the time of grace has not"""
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What this installation believes and asks for."""

    keys: IssuerKeys
    allowed_issuers: tuple[str, ...]
    """whose licences are good here; one made for development is known by its key"""
    allowed_profiles: tuple[str, ...]
    max_validity_ns: int
    grace_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What there is to judge by: the bytes of files, None for one that is not there, and what can be read of this machine."""

    licence: bytes | None
    fingerprint: bytes | None
    expected: bytes | None
    revocations: bytes | None
    factors: Mapping[str, str]
    marks: Marks = field(default_factory=Marks)
    unreadable: Mapping[Document, str] = field(default_factory=dict)
    """what is there and cannot be read, and why"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done: the profiles it takes, and whether with money at a venue. Nothing: the licence is judged by itself."""

    profiles: tuple[str, ...] = ()
    live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found; a document is None when it cannot be believed."""

    standing: Standing
    faults: tuple[Fault, ...]
    licence: Licence | None
    licence_sha256: str | None
    key_id: str | None
    """of the licence's signature"""
    revocations: RevocationList | None
    match: Match | None
    """with `fingerprint.json`"""
    profiles: tuple[str, ...]
    """what the licence and the configuration both allow"""
    good_until: int | None
    """ns UTC at which it, or its list, runs out; with grace at which that ends; None when it is not good now"""
    marks: Marks
    """to be remembered"""

    @property
    def is_good(self) -> bool:
        return self.standing is not Standing.INVALID

    @property
    def development(self) -> bool:
        return self.licence is not None and self.licence.development


def judge(held: Held, rules: Rules, now: int, wanted: Wanted | None = None) -> Judgement:
    """Return the verdict at `now`, ns UTC. Every fault is found, not the first alone."""
    wanted = wanted or Wanted()
    faults: list[Fault] = []

    def read(document: Document, data: bytes | None, kind: Kind, parse: Callable[[Fields], T]) -> tuple[Opened, T] | None:
        if document in held.unreadable:
            faults.append(Fault(document, FaultCode.MALFORMED, held.unreadable[document]))
            return None
        if data is None:
            faults.append(Fault(document, FaultCode.MISSING, "there is none"))
            return None
        try:
            opened = open_envelope(data, kind, rules.keys)
            return opened, parse(opened.payload)
        except NotBelieved as exc:
            faults.append(Fault(document, exc.code, str(exc)))
            return None

    licence = read(Document.LICENCE, held.licence, Kind.LICENCE, read_licence)
    device = read(Document.FINGERPRINT, held.fingerprint, Kind.FINGERPRINT, read_fingerprint)
    revocations = read(Document.REVOCATIONS, held.revocations, Kind.REVOCATIONS, read_revocations)
    needs_expected = licence is not None and not licence[0].key.is_development
    expected = None
    is_expected_there = held.expected is not None or Document.EXPECTED in held.unreadable
    if is_expected_there and needs_expected:  # the device that an OEM expects is no matter of development
        expected = read(Document.EXPECTED, held.expected, Kind.FINGERPRINT, read_fingerprint)
    elif needs_expected and wanted.live:
        faults.append(Fault(Document.EXPECTED, FaultCode.MISSING, "there is none; live needs config/fingerprint.expected.json"))

    if licence is not None:
        faults += _of_licence(*licence, rules, now, wanted)
        for document, other in ((Document.FINGERPRINT, device), (Document.EXPECTED, expected)):
            if other is not None:
                faults += _of_device(document, *other, licence, held.factors)
        if revocations is not None:
            faults += _of_list(*revocations, licence, held.marks, now)
            faults += _revoked(
                licence, (each[0] for each in (licence, device, expected, revocations) if each), revocations[1], held.marks
            )
    faults += _of_clock(held.marks, now)
    good_until = _good_until(licence, revocations, faults, rules.grace_ns, now)
    profiles = () if licence is None else tuple(p for p in licence[1].allowed_profiles if p in rules.allowed_profiles)
    standing = Standing.INVALID if good_until is None else Standing.GRACE if faults else Standing.VALID
    marks = held.marks.after(now)
    if licence is not None and revocations is not None and _teaches(revocations[0], licence[0], held.marks):
        taken_back = (*revocations[1].licences, *revocations[1].keys)
        marks = marks.after(now, licence[0].key.issuer, revocations[1].version, taken_back)
    return Judgement(
        standing=standing, faults=tuple(faults), licence=licence[1] if licence else None,
        licence_sha256=licence[0].sha256 if licence else None, key_id=licence[0].key.key_id if licence else None,
        revocations=revocations[1] if revocations else None, match=matched(device[1], held.factors) if device else None,
        profiles=profiles, good_until=good_until,
        marks=marks,
    )  # fmt: skip


def _of_licence(opened: Opened, licence: Licence, rules: Rules, now: int, wanted: Wanted) -> Iterator[Fault]:
    def fault(code: FaultCode, text: str) -> Fault:
        return Fault(Document.LICENCE, code, text)

    if licence.issuer != opened.key.issuer:
        yield fault(FaultCode.ISSUER, f"it says issuer {licence.issuer}, its key is that of {opened.key.issuer}")
    if licence.development is not opened.key.is_development:
        yield fault(FaultCode.DEVELOPMENT, "development is only what this installation's own key signs, and all of that")
    if not opened.key.is_development and licence.issuer not in rules.allowed_issuers:
        yield fault(FaultCode.ISSUER, f"issuer {licence.issuer} is not in licensing.license.allowed_issuers")
    if now < licence.not_before:
        yield fault(FaultCode.NOT_YET, f"it begins on {to_iso(licence.not_before)}")
    if now >= licence.not_after:
        yield fault(FaultCode.EXPIRED, f"it ended on {to_iso(licence.not_after)}; install a new one")
    if licence.not_after - licence.not_before > rules.max_validity_ns:
        yield fault(FaultCode.TOO_LONG, "it is good for longer than licensing.license.max_validity_days")
    if lacking := [p for p in wanted.profiles if p not in licence.allowed_profiles or p not in rules.allowed_profiles]:
        where = "the licence" if set(lacking) - set(licence.allowed_profiles) else "licensing.license.allowed_profiles"
        yield fault(FaultCode.PROFILE, f"{where} does not allow {', '.join(lacking)}")
    if wanted.live and LIVE not in licence.environments:
        yield fault(FaultCode.ENVIRONMENT, "it does not allow environment live")
    if wanted.live and (licence.development or opened.key.is_development):
        yield fault(FaultCode.DEVELOPMENT, "a licence for development never allows live")


def _of_device(
    document: Document, opened: Opened, device: Fingerprint, licence: tuple[Opened, Licence], factors: Mapping[str, str]
) -> Iterator[Fault]:
    if opened.key.issuer != licence[0].key.issuer:
        yield Fault(document, FaultCode.ISSUER, f"it is of issuer {opened.key.issuer}, the licence of {licence[0].key.issuer}")
    if not opened.key.is_development and device.required < REQUIRED:
        yield Fault(document, FaultCode.MALFORMED, f"it requires fewer than {REQUIRED} factors")
    if device.device != licence[1].fingerprint:
        yield Fault(document, FaultCode.OTHER_DEVICE, f"it is of device {device.device[:8]}…, the licence is for another")
    match = matched(device, factors)
    if not match.is_enough:
        mend = "after a change of hardware: golive licence refresh-fingerprint"
        yield Fault(document, FaultCode.OTHER_MACHINE, f"this is not that machine: {match}; {mend}")


def _of_list(opened: Opened, found: RevocationList, licence: tuple[Opened, Licence], marks: Marks, now: int) -> Iterator[Fault]:
    def fault(code: FaultCode, text: str) -> Fault:
        return Fault(Document.REVOCATIONS, code, text)

    if opened.key.issuer != licence[0].key.issuer:
        yield fault(FaultCode.ISSUER, f"it is of issuer {opened.key.issuer}, the licence of {licence[0].key.issuer}")
    if found.issued > now + CLOCK_TOLERANCE_NS:
        yield fault(FaultCode.NOT_YET, f"it was issued on {to_iso(found.issued)}, in the future of this clock")
    if now >= found.expires:
        yield fault(FaultCode.STALE, f"it ran out on {to_iso(found.expires)}; golive licence sync takes a newer one")
    seen = marks.lists.get(opened.key.issuer, 0)
    if found.version < seen:
        yield fault(FaultCode.ROLLED_BACK, f"version {found.version} came after {seen}, which was seen here")
    elif lacking := sorted(marks.taken_back.get(opened.key.issuer, frozenset()) - {*found.licences, *found.keys}):
        yield fault(FaultCode.ROLLED_BACK, f"it no longer names {', '.join(lacking)}, which an earlier one took back for good")
    if _is_of_lost_key(opened, marks):
        yield fault(FaultCode.KEY_REVOKED, f"it is signed by {opened.key.key_id}, a key that an earlier one took back")
    if found.version < licence[1].min_revocation_version:
        yield fault(FaultCode.TOO_OLD, f"version {found.version}; the licence demands {licence[1].min_revocation_version}")


def _teaches(revocations: Opened, licence: Opened, marks: Marks) -> bool:
    """Say whether what a list says is to be remembered: it is of the licence's issuer, by a key that they did not lose."""
    return revocations.key.issuer == licence.key.issuer and not _is_of_lost_key(revocations, marks)


def _is_of_lost_key(opened: Opened, marks: Marks) -> bool:
    return opened.key.key_id in marks.taken_back.get(opened.key.issuer, frozenset())


def _revoked(licence: tuple[Opened, Licence], signed: Iterable[Opened], found: RevocationList, marks: Marks) -> Iterator[Fault]:
    before = marks.taken_back.get(licence[0].key.issuer, frozenset())
    if licence[1].license_id in before.union(found.licences):
        yield Fault(Document.LICENCE, FaultCode.REVOKED, f"its issuer has taken {licence[1].license_id} back")
    for key_id in sorted({each.key.key_id for each in signed} & before.union(found.keys)):
        yield Fault(Document.LICENCE, FaultCode.KEY_REVOKED, f"the issuer has taken the key {key_id} back")


def _of_clock(marks: Marks, now: int) -> Iterator[Fault]:
    if not marks.is_believed:
        yield Fault(Document.CLOCK, FaultCode.MARKS, marks.doubt)
    if now < marks.clock - CLOCK_TOLERANCE_NS:
        mend = "set the clock right; if it was wrong then: golive licence accept-clock"
        yield Fault(Document.CLOCK, FaultCode.ROLLED_BACK, f"it was {to_iso(marks.clock)} here before; {mend}")


def _good_until(
    licence: tuple[Opened, Licence] | None,
    revocations: tuple[Opened, RevocationList] | None,
    faults: list[Fault],
    grace_ns: int,
    now: int,
) -> int | None:
    """Return until when it is good, None when it is not now: any fault but those of time ends it, and those after the grace."""
    if licence is None or revocations is None or any((each.document, each.code) not in GRACE for each in faults):
        return None
    ends = min(licence[1].not_after, revocations[1].expires) + (grace_ns if faults else 0)
    return ends if now < ends else None
