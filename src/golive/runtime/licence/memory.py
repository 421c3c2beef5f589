"""What an installation remembers of lists and clocks: its marks, raised by every record that tells of either."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.security.licence.mark import Marks, decode_marks
from golive.storage.keys import SigningKeys
from golive.storage.licence_files import INSTALLED as AS_INSTALLED
from golive.storage.licence_files import MARKS, RECORD, REGISTRY, read_document, shows_an_installed_one
from golive.storage.security_admin import PATH as ADMIN_LOG
from golive.storage.security_admin import admin_entries
from golive.storage.verified import entries_with

VERIFIED: Final = "licence_verified"
REFUSED: Final = "licence_refused"
INSTALLED: Final = "licence_installed"
LIST_SYNCED: Final = "licence_list_synced"
CLOCK_ACCEPTED: Final = "licence_clock_accepted"


def remembered(home: Path) -> Marks:
    """Return what was seen before: by the marks, and whatever the signed log or the registry tells beyond them.

    The file may be gone or an older one put back. JournalError when the log is not what was written.
    """
    kept = kept_marks(home)
    if kept is None:
        return _with_registry(home, told_by_log(home))
    return _with_registry(home, _with_log(home, kept)) if kept.is_believed else kept


def kept_marks(home: Path) -> Marks | None:
    """Return what the file of marks alone says; None when there is none."""
    try:
        data = read_document(home / MARKS)
    except JournalError as exc:
        return Marks(doubt=str(exc))
    if data is None:
        return None
    keys = SigningKeys.load(home)
    if keys is None:
        return Marks(doubt=f"{home / MARKS}: the keys that sealed it are gone")
    return decode_marks(data, keys.mac_key)


def told_by_log(home: Path) -> Marks:
    """Return what the signed log says was seen; marks that are not believed when it is gone and a real licence was here."""
    marks = _with_log(home, Marks())
    if not marks.lists and shows_an_installed_one(home):
        gone = f"{ADMIN_LOG} and {MARKS} say nothing of lists, yet a licence in {REGISTRY} was installed"
        return Marks(doubt=f"what was seen before is gone: {gone}; restore the log and its seal from a backup")
    return marks


def _with_log(home: Path, kept: Marks) -> Marks:
    """Raise marks to what the signed log tells; of its clocks those count that came after the last one accepted by a person."""
    marks = Marks()
    if any(entries_with(home / ADMIN_LOG, b'"type":"licence_')):
        types = (CLOCK_ACCEPTED, INSTALLED, LIST_SYNCED, VERIFIED, REFUSED)
        for entry in admin_entries(home, SigningKeys.load(home), types):
            if entry.body.get("doubt"):  # it tells of documents alone, which may have been turned back
                continue
            if entry.type == CLOCK_ACCEPTED:
                marks = _told(entry.body, replace(marks, clock=0))
            elif entry.body.get("license_id", "") is not None:
                marks = _told(entry.body, marks)
    return _told(marks.told(), kept) if marks != Marks() else kept


def _with_registry(home: Path, marks: Marks) -> Marks:
    """Raise marks to the versions of lists that the licences which were installed here demand; the registry may be unsound."""
    for entry in entries_with(home / REGISTRY, b'"development":false'):
        licence = entry.body.get("licence")
        payload = licence.get("payload") if isinstance(licence, dict) else None
        if entry.type != RECORD or entry.body.get("act") != AS_INSTALLED or not isinstance(payload, dict):
            continue
        issuer, version = payload.get("issuer"), payload.get("min_revocation_version")
        if isinstance(issuer, str) and type(version) is int and marks.is_believed:
            marks = marks.after(marks.clock, issuer, version)
    return marks


def _told(body: JsonObject, marks: Marks) -> Marks:
    """Raise marks to what a record of the log says."""
    clock, lists, taken_back = (body.get(name) for name in ("clock", "lists", "taken_back"))
    marks = marks.after(from_iso(clock)) if isinstance(clock, str) else marks
    for issuer, version in lists.items() if isinstance(lists, dict) else ():
        marks = marks.after(marks.clock, issuer, version if type(version) is int else 0)
    for issuer, ids in taken_back.items() if isinstance(taken_back, dict) else ():
        named = (each for each in ids if isinstance(each, str)) if isinstance(ids, list) else ()
        marks = marks.after(marks.clock, issuer, 0, named)
    return marks
