"""What to do about a finding of the doctor: a command that there is, and that mends it, run where the installation lies."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.security.licence.fault import Document, Fault, FaultCode

INSTALL: Final = "golive provision --install DIR"
CREATE_KEYS: Final = "golive keys create --auditor AGE1 --operator NAME"
AUDIT: Final = "golive audit verify --all"
_LICENCE: Final = "var/licenses/active/license.json"


def of_licence(faults: Sequence[Fault], home: Path, session: str, *, development: bool) -> str:
    """Return what mends the first fault; `session` is the command whose licence for development is made or renewed by itself."""
    fault = faults[0]
    if fault.document is Document.CLOCK:
        return "golive licence accept-clock --operator NAME"
    if fault.document is Document.REGISTRY:
        if fault.code is not FaultCode.NOT_REGISTERED:
            return AUDIT
        return f"mv var/licenses var/licenses.old && {session}" if development else INSTALL
    if development:
        return session
    if fault.document is Document.LICENCE and fault.code is FaultCode.MALFORMED and _was_for_development(home):
        return f"mv {_LICENCE} {_LICENCE}.old && {session}"
    return {
        Document.REVOCATIONS: "golive licence sync SOURCE",
        Document.FINGERPRINT: "golive licence refresh-fingerprint --operator NAME",
    }.get(fault.document, INSTALL)


def of_places(home: Path, refused: Sequence[str], *, is_read_only: bool) -> str:
    """Return what makes places below `home` ones that can be written."""
    if is_read_only:
        return f"mount -o remount,rw {_mount_point(home)}"
    told = []
    for name in refused:
        place = home / name
        if place.exists() and not place.is_dir():
            told.append(f"mv {name} {name}.old")
        elif (place if place.exists() else home).stat().st_uid != os.geteuid():
            told.append(f"chown -R {os.geteuid()} {name if place.exists() else '.'}")
        else:
            told.append(f"chmod u+rwx {name if place.exists() else '.'}")
    return "; ".join(dict.fromkeys(told))


def of_file(problem: str, path: Path, begin_anew: str) -> str:
    """Return the command that a problem with a file names itself, or how the file is put aside and begun anew.

    A copy of it that is kept elsewhere is better than a new one; only a person knows whether there is one.
    """
    named = re.search(r"\b(?:chmod|chown) \S+ \S+", problem)
    return named[0] if named else f"mv {path} {path}.old && {begin_anew}"


def _mount_point(place: Path) -> Path:
    return next(each for each in (place, *place.parents) if each.is_mount())


def _was_for_development(home: Path) -> bool:
    """Say whether licences are made for development here: the key that signs them is."""
    return (home / "var/state/keys/dev/licence.key").exists()
