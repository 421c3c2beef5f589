"""`oem_provision_license.py --verify`: everything about this installation's licence, as a table and as evidence."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import canonical
from golive.model.clock import stamp, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.verdict import Verdict
from golive.security.licence.envelope import Kind, open_envelope
from golive.security.licence.fault import GRACE, Document, Fault, FaultCode, NotBelieved
from golive.security.licence.issuer_key import IssuerKeys
from golive.security.licence.judge import LIVE, Held, Judgement, Wanted, judge
from golive.security.licence.payload import Licence, read_licence
from golive.storage.decision_step import record_step
from golive.storage.files import write_atomic
from golive.storage.keys import SigningKeys
from golive.storage.licence_files import EXPECTED, REGISTRY, registered

from ..host_signer import host_signer
from ..identity import operator_identity
from .desk import LicenceDesk
from .document import FileTold, LicenceVerification, faults_told, licence_told, match_told

FOLDER: Final = Path("var/audit/licences")
STEP: Final = "licence_verified"
Row = tuple[str, str, str]
"""what was looked at, `ok`, `grace`, `note` or `FAULT`, and in words"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was found; `faults` are those of the judgement, the expected fingerprint and the registry."""

    judgement: Judgement
    faults: tuple[Fault, ...]
    rows: tuple[Row, ...]
    document: JsonObject

    @property
    def is_valid(self) -> bool:
        return self.judgement.is_good and all((each.document, each.code) in GRACE for each in self.faults)


def verify(desk: LicenceDesk) -> tuple[Examination, Path]:
    """Examine, record the verdict, and leave `var/audit/licences/verify_<stamp>.json`: the second of what is returned.

    The step `licence_verified` is appended to the decision log of live orders: `ok` for a licence that is valid and allows live,
    else `blocked`. One for development allows no more than a rehearsal: its step says `development`. Nothing is made or renewed.
    Raises JournalError when keys or a log cannot be used, or the evidence cannot be written.
    """
    now, began = desk.clock.now(), desk.clock.monotonic()
    desk.check(Wanted(), "verify", renews=False)
    found = examine(desk)
    path = _place(desk.home / FOLDER, now)
    write_atomic(path, canonical(found.document) + b"\n", durable_name=True)
    is_development = found.judgement.development
    is_good = found.is_valid and (is_development or found.document["live_allowed"] is True)
    status = Verdict.OK if is_good else Verdict.BLOCKED
    latency_ms = (desk.clock.monotonic() - began) // 1_000_000
    signer = host_signer(desk.home, desk.clock, operator_identity())
    facts: JsonObject | None = {"development": True} if is_development else None
    record_step(desk.home, signer, STEP, status, latency_ms, [*desk.paths.values(), path], facts=facts)
    return found, path


def examine(desk: LicenceDesk) -> Examination:
    """Look at licence, machine, list and every record of the registry; nothing is written."""
    held, now, rules = desk.held(), desk.clock.now(), desk.rules()
    found = judge(held, rules, now)
    registry, records = _registry(desk.home, rules.keys, found)
    faults = [*found.faults, *registry]
    is_absent = held.expected is None and Document.EXPECTED not in held.unreadable
    if found.licence is not None and not found.development and is_absent:
        text = f"there is none: put the issuer's {EXPECTED.name} into {EXPECTED.parent}/"
        faults.append(Fault(Document.EXPECTED, FaultCode.MISSING, text))
    rows = tuple(_rows(found, tuple(faults), records))
    is_valid = found.is_good and all((each.document, each.code) in GRACE for each in faults)
    document = _document(desk, held, found, tuple(faults), records, is_valid=is_valid, now=now)
    return Examination(judgement=found, faults=tuple(faults), rows=rows, document=document)


def _registry(home: Path, keys: IssuerKeys, found: Judgement) -> tuple[list[Fault], int]:
    """Return what is wrong with the registry, and how many licences it has; each is verified like an active one."""
    try:
        entries = registered(home, SigningKeys.load(home))
    except JournalError as exc:
        return [Fault(Document.REGISTRY, FaultCode.MALFORMED, str(exc))], 0
    faults = []
    digests = set()
    for entry in entries:
        digests.add(entry.body.get("licence_sha256"))
        try:
            licence = _registered_licence(entry.body, keys)
        except NotBelieved as exc:
            faults.append(Fault(Document.REGISTRY, exc.code, f"record {entry.seq}: {exc}"))
            continue
        if licence.license_id != entry.body.get("license_id"):
            faults.append(Fault(Document.REGISTRY, FaultCode.COPY_DIFFERS, f"record {entry.seq}: names another licence"))
    if found.licence is not None and found.licence_sha256 not in digests:
        mend = "install it with oem_provision_license.py --install"
        faults.append(Fault(Document.REGISTRY, FaultCode.NOT_REGISTERED, f"the active licence is not in {REGISTRY}; {mend}"))
    return faults, len(entries)


def _registered_licence(body: JsonObject, keys: IssuerKeys) -> Licence:
    data = json.dumps(body.get("licence")).encode()
    return read_licence(open_envelope(data, Kind.LICENCE, keys).payload)


def _rows(found: Judgement, faults: tuple[Fault, ...], records: int) -> Iterator[Row]:
    by = {document: [fault for fault in faults if fault.document is document] for document in Document}

    def told(document: Document, good: str) -> Iterator[Row]:
        for fault in by[document]:
            yield str(document), "grace" if (document, fault.code) in GRACE and found.is_good else "FAULT", fault.text
        if not by[document]:
            yield str(document), "ok", good

    licence = found.licence
    if licence is None:
        yield from told(Document.LICENCE, "")
    else:
        yield from told(
            Document.LICENCE,
            f"{licence.license_id} of {licence.issuer} for {licence.customer}, until {to_iso(licence.not_after)}",
        )
        yield (
            "allows",
            "note",
            f"{', '.join(found.profiles) or 'nothing'}; environments {', '.join(licence.environments) or 'none'}",
        )
        if licence.development:
            yield "development", "note", "made on this machine for itself: good for demo and paper, never for live"
    yield from told(Document.FINGERPRINT, str(found.match) if found.match else "")
    if licence is None or not licence.development:
        yield from told(Document.EXPECTED, "the same machine" if licence else "not looked at")
    revocations = found.revocations
    good = f"version {revocations.version}, until {to_iso(revocations.expires)}" if revocations else ""
    yield from told(Document.REVOCATIONS, good)
    yield from told(Document.CLOCK, "not behind what was seen here before")
    yield from told(Document.REGISTRY, f"{records} licence{'' if records == 1 else 's'}, each signed")


def _document(
    desk: LicenceDesk, held: Held, found: Judgement, faults: tuple[Fault, ...], records: int, *, is_valid: bool, now: int
) -> JsonObject:
    data = {
        Document.LICENCE: held.licence, Document.FINGERPRINT: held.fingerprint, Document.REVOCATIONS: held.revocations,
        Document.EXPECTED: held.expected,
    }  # fmt: skip
    files = {
        str(document): FileTold(path=path.relative_to(desk.home).as_posix(), sha256=_sha256(data[document]))
        for document, path in desk.paths.items()
    }
    licence, revocations = found.licence, found.revocations
    return LicenceVerification(
        verified_at=now, valid=is_valid, standing=str(found.standing), good_until=found.good_until, key_id=found.key_id,
        licence=licence_told(licence), profiles=tuple(sorted(found.profiles)),
        live_allowed=licence is not None and not licence.development and LIVE in licence.environments,
        list_version=None if revocations is None else revocations.version, fingerprint=match_told(found.match),
        registry_records=records, files=files, faults=faults_told(faults),
    ).as_document()  # fmt: skip


def _sha256(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _place(folder: Path, now: int) -> Path:
    """Return a name that is free: evidence is never replaced."""
    path = folder / f"verify_{stamp(now)}.json"
    number = 2
    while path.exists():
        path, number = folder / f"verify_{stamp(now)}_{number}.json", number + 1
    return path
