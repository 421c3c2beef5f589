"""What changes an installation's licence: installing one, a newer list of revocations, a fingerprint taken anew."""

from __future__ import annotations

import http.client
from dataclasses import replace
from pathlib import Path
from typing import IO, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from golive.config.endpoint import is_loopback_host
from golive.model.clock import stamp, to_iso
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.security.licence.envelope import Kind, open_envelope
from golive.security.licence.fault import Document, NotBelieved
from golive.security.licence.fingerprint import Match, read_fingerprint
from golive.security.licence.judge import Held, Judgement, judge
from golive.security.licence.revocation import RevocationList
from golive.security.operators import OperatorIdentity
from golive.storage.licence_files import INSTALLED as AS_INSTALLED
from golive.storage.licence_files import MOST_BYTES, read_document, register

from ..host_signer import host_signer
from ..identity import operator_identity
from ..operators import record_act
from .desk import LicenceDesk, refusal
from .development import DevelopmentIssuer, registered_body
from .issuance import EXPECTED_FILE, FINGERPRINT_FILE, LICENCE_FILE, LIST_FILE, write_request
from .memory import INSTALLED, LIST_SYNCED

TIMEOUT_S: Final = 10.0
REQUESTS: Final = Path("var/licenses/requests")
_FILES: Final = {
    Document.FINGERPRINT: FINGERPRINT_FILE,
    Document.REVOCATIONS: LIST_FILE,
    Document.EXPECTED: EXPECTED_FILE,
    Document.LICENCE: LICENCE_FILE,
}
"""in the order in which they are put into place: the licence comes last"""


def install(desk: LicenceDesk, folder: Path, operator: OperatorIdentity) -> Judgement:
    """Put the documents in `folder` into place, once they are good together on this machine; recorded and registered first.

    `fingerprint.expected.json` may be missing there. Raises PrerequisiteMissing for documents that are not good, and then nothing
    is changed; ConfigError for a folder without them.
    """
    given = {document: data for document, name in _FILES.items() if (data := _document(folder / name)) is not None}
    for document, name in _FILES.items():
        if document not in given and document is not Document.EXPECTED:
            raise ConfigError(f"{folder / name}: there is no such file; give the folder that --issue wrote")
    held = desk.held()
    held = replace(
        held, licence=given[Document.LICENCE], fingerprint=given[Document.FINGERPRINT], revocations=given[Document.REVOCATIONS],
        expected=given.get(Document.EXPECTED, held.expected), unreadable={},
    )  # fmt: skip
    found = judge(held, desk.rules(), desk.clock.now())
    if not found.is_good or found.licence is None:
        raise PrerequisiteMissing(f"nothing was installed: {refusal(found)}")
    body: JsonObject = {
        "license_id": found.licence.license_id,
        "licence_sha256": found.licence_sha256,
        "key_id": found.key_id,
        **found.marks.told(),
    }
    record_act(desk.home, INSTALLED, body, operator.name, clock=desk.clock)
    signer = host_signer(desk.home, desk.clock, operator.name)
    register(desk.home, signer, registered_body(given[Document.LICENCE], found.licence, AS_INSTALLED), operator.name)
    desk.remember(held.marks, found, at_once=True)
    desk.install(given)
    return found


def sync(desk: LicenceDesk, source: str) -> RevocationList:
    """Take a newer list of revocations from a file or URL; its signature is all the authority it needs.

    A list that takes this very licence back is taken like any other. Raises PrerequisiteMissing for one that is not newer, not of
    the licence's issuer, stale or not believed (recorded), and for a source that does not answer; ConfigError for no such source.
    """
    data = _fetched(source) if "://" in source else _document(Path(source))
    if data is None:
        raise ConfigError(f"{source}: there is no such file")
    held, rules, now = desk.held(), desk.rules(), desk.clock.now()
    before = judge(held, rules, now)
    after = judge(replace(held, revocations=data, unreadable=_but(held, Document.REVOCATIONS)), rules, now)
    faults = [each.text for each in after.faults if each.document is Document.REVOCATIONS]
    if after.licence is None:
        faults.append("there is no licence here that it could be for")
    elif data != held.revocations:
        faults += _not_newer(before.revocations, after.revocations)
    if not held.marks.is_believed:
        faults.append(held.marks.doubt)
    if faults or after.revocations is None:
        body: JsonObject = {"source": source, "faults": list(faults)}
        record_act(desk.home, "licence_list_refused", body, operator_identity(), clock=desk.clock)
        raise PrerequisiteMissing(f"{source}: the revocation list is not taken: {'; '.join(faults)}")
    taken = after.revocations
    body = {
        "source": source, "version": taken.version, "expires": to_iso(taken.expires), "licences": list(taken.licences),
        "keys": list(taken.keys), **after.marks.told(),
    }  # fmt: skip
    record_act(desk.home, LIST_SYNCED, body, operator_identity(), clock=desk.clock)
    desk.remember(held.marks, after, at_once=True)
    desk.install({Document.REVOCATIONS: data})
    return taken


def request_fingerprint(desk: LicenceDesk, operator: OperatorIdentity) -> Path | Match:
    """Take the fingerprint of this machine anew; recorded first.

    That of a licence for development is signed here, and how it matches is returned. Any other is signed by its issuer: returned
    is the file to send to them. PrerequisiteMissing without a licence that is believed.
    """
    held = desk.held()
    found = judge(held, desk.rules(), desk.clock.now())
    if found.licence is None:
        raise PrerequisiteMissing(f"there is no licence whose fingerprint could be taken anew: {refusal(found)}")
    body: JsonObject = {
        "license_id": found.licence.license_id, "development": found.development,
        "changed_factors": list(found.match.changed) if found.match else [],
        "absent_factors": list(found.match.absent) if found.match else [],
    }  # fmt: skip
    record_act(desk.home, "licence_fingerprint_requested", body, operator.name, clock=desk.clock)
    if found.development:
        DevelopmentIssuer(desk.home, desk.clock).issue(desk.licensing, desk.paths, held.factors)
        match = judge(desk.held(), desk.rules(), desk.clock.now()).match
        assert match is not None, "it was made a moment ago"
        return match
    path = desk.home / REQUESTS / f"fingerprint_{stamp(desk.clock.now())}.json"
    write_request(path, desk.clock, device=found.licence.fingerprint, root=desk.machine)
    return path


def install_fingerprint(desk: LicenceDesk, signed: Path, operator: OperatorIdentity) -> Match:
    """Put a fingerprint that the issuer has signed into place; recorded first.

    Raises PrerequisiteMissing for one that is not of this machine and licence, or older than the one that is here.
    """
    data = _document(signed)
    if data is None:
        raise ConfigError(f"{signed}: there is no such file")
    held, rules, now = desk.held(), desk.rules(), desk.clock.now()
    found = judge(replace(held, fingerprint=data, unreadable=_but(held, Document.FINGERPRINT)), rules, now)
    faults = [each.text for each in found.faults if each.document is Document.FINGERPRINT]
    if found.licence is None:
        faults.append("there is no licence here that it could be for")
    if not faults and held.fingerprint is not None:
        try:
            here = read_fingerprint(open_envelope(held.fingerprint, Kind.FINGERPRINT, rules.keys).payload)
            given = read_fingerprint(open_envelope(data, Kind.FINGERPRINT, rules.keys).payload)
            if given.issued < here.issued:
                faults.append(f"it was taken on {to_iso(given.issued)}, before the one that is here")
        except NotBelieved:
            pass  # what is here cannot be believed, so anything good may take its place
    if faults or found.match is None:
        raise PrerequisiteMissing(f"{signed}: the fingerprint is not taken: {'; '.join(faults)}")
    body: JsonObject = {"strength": found.match.strength, "same_factors": list(found.match.same)}
    record_act(desk.home, "licence_fingerprint_refreshed", body, operator.name, clock=desk.clock)
    desk.install({Document.FINGERPRINT: data})
    return found.match


def _not_newer(here: RevocationList | None, given: RevocationList | None) -> list[str]:
    if here is None or given is None or given.version > here.version:
        return []
    return [f"version {given.version} is not newer than {here.version}, which is here"]


def _but(held: Held, document: Document) -> dict[Document, str]:
    return {each: why for each, why in held.unreadable.items() if each is not document}


def _document(path: Path) -> bytes | None:
    try:
        return read_document(path)
    except JournalError as exc:
        raise ConfigError(str(exc)) from exc


class _NoRedirect(HTTPRedirectHandler):
    """Where a list comes from is what the operator wrote, nothing that a server says."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> None:
        return None


def _fetched(url: str) -> bytes:
    """Return what an URL answers, at most as much as a list may have."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname and is_loopback_host(parts.hostname))
    if not is_safe or not parts.hostname or parts.username is not None:
        raise ConfigError(f"{parts.scheme}://{parts.hostname}: give a file, https, or http on this machine, without a password")
    try:
        with build_opener(_NoRedirect).open(Request(url), timeout=TIMEOUT_S) as response:  # noqa: S310 (the scheme was looked at above)
            data: bytes = response.read(MOST_BYTES + 1)
    except HTTPError as exc:
        raise PrerequisiteMissing(f"{url}: answered {exc.code}; no list was taken") from exc
    except (URLError, OSError, http.client.HTTPException) as exc:
        raise PrerequisiteMissing(f"{url}: cannot be reached: {getattr(exc, 'reason', exc)}") from exc
    if len(data) > MOST_BYTES:
        raise PrerequisiteMissing(f"{url}: answers with more than {MOST_BYTES} bytes")
    return data
