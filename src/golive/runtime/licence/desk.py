"""One installation's licence: gathers what there is to judge by, judges it, remembers what was seen, and records the verdict."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeAlias

from golive.config.licensing_section import Licensing
from golive.model.clock import DAY, MINUTE, Clock, to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.security.licence.fault import Document
from golive.security.licence.issuer_key import SHIPPED, IssuerKey, key_table
from golive.security.licence.judge import Held, Judgement, Rules, Standing, Wanted, judge
from golive.security.licence.machine import machine_factors
from golive.security.licence.mark import Marks, encode_marks
from golive.storage.keys import SigningKeys
from golive.storage.licence_files import (
    EXPECTED,
    read_document,
    write_documents,
    write_marks,
)
from golive.storage.security_admin import record_admin_act

from ..host_signer import host_signer
from ..identity import operator_identity
from .development import DevelopmentIssuer
from .memory import CLOCK_ACCEPTED, REFUSED, VERIFIED, kept_marks, remembered, told_by_log

HOUR: Final = 60 * MINUTE
_STEP_NS: Final = MINUTE
"""how far the clock has to go on before that is written down again"""
Traces: TypeAlias = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceDesk:
    """`machine` is where the kernel's files are, `issuers` the keys that ship with the program."""

    home: Path
    licensing: Licensing
    clock: Clock
    machine: Path = Path("/")
    issuers: tuple[IssuerKey, ...] = field(default=SHIPPED)

    @property
    def paths(self) -> dict[Document, Path]:
        """Where the documents are."""
        place = self.licensing.license
        return {
            Document.LICENCE: self.home / place.license_path,
            Document.FINGERPRINT: self.home / place.fingerprint_path,
            Document.REVOCATIONS: self.home / place.revocation_list_path,
            Document.EXPECTED: self.home / EXPECTED,
        }

    def traces(self) -> Traces:
        """Return what tells whether a document was replaced since; None for one that is not there."""
        return tuple(map(_trace, self.paths.values()))

    def rules(self) -> Rules:
        """Return what this installation believes: shipped keys, those of its configuration, and its own for development."""
        section = self.licensing
        own = [IssuerKey(key.issuer, bytes.fromhex(key.public_key)) for key in section.license.issuer_keys]
        own += DevelopmentIssuer.key_of(self.home)
        return Rules(
            keys=key_table([*self.issuers, *own]), allowed_issuers=section.license.allowed_issuers,
            allowed_profiles=section.license.allowed_profiles, max_validity_ns=section.license.max_validity_days * DAY,
            grace_ns=section.grace_period_hours * HOUR,
        )  # fmt: skip

    def held(self) -> Held:
        """Read what there is to judge by; what cannot be read is named in it. JournalError when the keys cannot be used."""
        found: dict[Document, bytes | None] = {}
        unreadable: dict[Document, str] = {}
        for document, path in self.paths.items():
            try:
                found[document] = read_document(path)
            except JournalError as exc:
                found[document], unreadable[document] = None, str(exc)
        return Held(
            licence=found[Document.LICENCE], fingerprint=found[Document.FINGERPRINT], expected=found[Document.EXPECTED],
            revocations=found[Document.REVOCATIONS], factors=machine_factors(self.machine), marks=remembered(self.home),
            unreadable=unreadable,
        )  # fmt: skip

    def check(self, wanted: Wanted, purpose: str, *, renews: bool = True) -> Judgement:
        """Judge; with `renews` a licence for development is made or renewed first where that is enough. Remember and record.

        What is good for development only stands in the registry, and nothing more is written about it. Raises JournalError when
        keys, marks or log cannot be used.
        """
        held, rules = self.held(), self.rules()
        found = judge(held, rules, self.clock.now(), wanted)
        if renews and found.standing is not Standing.VALID and not wanted.live and self._may_make_development(held, found):
            DevelopmentIssuer(self.home, self.clock).issue(self.licensing, self.paths, held.factors)
            held = replace(self.held(), factors=held.factors)
            found = judge(held, self.rules(), self.clock.now(), wanted)
        if not found.development:
            self._record(found, wanted, purpose)
            self.remember(held.marks, found)
        return found

    def demand(self, wanted: Wanted, purpose: str) -> Judgement:
        """As `check`; PrerequisiteMissing naming every fault when there is no good licence."""
        found = self.check(wanted, purpose)
        if not found.is_good:
            raise PrerequisiteMissing(refusal(found))
        return found

    def accept_clock(self, operator: str) -> Marks:
        """Let the clock as it stands be the latest one seen, at a named person's word; recorded first.

        Lists and what they took back are kept; PrerequisiteMissing when neither marks nor log tell of them.
        """
        now, before = self.clock.now(), remembered(self.home)
        known = before if before.is_believed else told_by_log(self.home)
        if not known.is_believed:
            raise PrerequisiteMissing(f"the clock is not accepted: {known.doubt}")
        marks = replace(known, clock=now)
        body: JsonObject = {**marks.told(), "before": to_iso(before.clock), "was_doubted": before.doubt}
        self._admin(CLOCK_ACCEPTED, body, operator)
        write_marks(self.home, encode_marks(marks, self._keys().mac_key))
        return marks

    def install(self, files: dict[Document, bytes]) -> None:
        """Put documents into place, each whole. Raises JournalError."""
        write_documents({self.paths[document]: data for document, data in files.items()})

    def _may_make_development(self, held: Held, found: Judgement) -> bool:
        """Say whether nothing but what was made here would be replaced."""
        return not held.unreadable and (found.development or (held.licence is None and held.marks == Marks()))

    def _keys(self) -> SigningKeys:
        return SigningKeys.load_or_create(self.home)

    def remember(self, before: Marks, found: Judgement, *, at_once: bool = False) -> None:
        """Keep what was seen, when it is news, or `at_once`. Raises JournalError."""
        if found.licence is None or not before.is_believed:
            return
        after, kept = found.marks, kept_marks(self.home) or Marks()  # which may be older ones than the log tells of
        if at_once or replace(after, clock=kept.clock) != kept or after.clock >= kept.clock + _STEP_NS:
            write_marks(self.home, encode_marks(after, self._keys().mac_key))

    def _record(self, found: Judgement, wanted: Wanted, purpose: str) -> None:
        licence, revocations, marks = found.licence, found.revocations, found.marks
        body: JsonObject = {
            "purpose": purpose, "standing": str(found.standing), "license_id": licence.license_id if licence else None,
            "licence_sha256": found.licence_sha256, "list_version": revocations.version if revocations else None,
            "wanted": [*wanted.profiles, *(["live"] if wanted.live else [])],
            "faults": [f"{each.document}:{each.code}" for each in found.faults],
            "changed_factors": list(found.match.changed) if found.match else [],
            **marks.told(), "doubt": marks.doubt,
        }  # fmt: skip
        self._admin(VERIFIED if found.is_good else REFUSED, body, operator_identity())

    def _admin(self, type_: str, body: JsonObject, operator: str) -> None:
        record_admin_act(self.home, host_signer(self.home, self.clock, operator), type_, body, operator)


def refusal(found: Judgement) -> str:
    """Say in one line why there is no good licence, and what shows more."""
    told = "; ".join(str(each) for each in found.faults)
    return f"no valid licence: {told}. Everything about it: python oem_provision_license.py --verify"


def _trace(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
