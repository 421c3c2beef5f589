"""What to do about a bundle that is not sound, or is to be renewed: one command line for all that was found."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.model.verdict import Verdict
from golive.security.bundle_check import AUTHORITY, ENCRYPT_ANEW, NOT_ENCRYPTED, RENEW, BundleCheck
from golive.security.certificate_maker import LeafRole

from .place import BundlePlace, mode_mends, shown

TELLS_WHERE: Final = "golive audit verify --all"
_RECORDS: Final = frozenset({"record", "register.sound", "revocation.sound"})


def next_step(place: BundlePlace, checks: Sequence[BundleCheck], *, renewal_due: bool) -> str:
    """Return the command that mends the gravest thing that was found; empty where nothing is to be done."""
    bad = {check.id: check for check in checks if check.verdict is not Verdict.OK}
    if not bad:
        return _renew(place) if renewal_due else ""
    if _RECORDS & bad.keys():
        return TELLS_WHERE
    if "files" in bad:
        return _without_what_is_no_file(place)
    if "modes" in bad:
        return "; ".join(mode_mends(place))
    if AUTHORITY in bad:
        return _replace(place)
    if "ca.key" in bad:
        return _encrypt(place) if NOT_ENCRYPTED in bad["ca.key"].detail else _replace(place)
    server = place.certificates[LeafRole.SERVER]
    if server.exists() and not any(check.id == "server.san" for check in checks):  # it is damaged: its names are not known
        return f"rm {shown(place, server)} && {_renew(place)} --host NAME"
    return _renew(place)


def _renew(place: BundlePlace) -> str:
    return RENEW if place.keys[AUTHORITY].exists() else f"{RENEW} --ca-key FILE"


def _replace(place: BundlePlace) -> str:
    """Return how a new authority comes: the list of what was revoked goes with the folder, and is still asked for."""
    folder = shown(place, place.directory)
    revoked = f" && cp -p {folder}.old/{place.revoked.stem}* {folder}/" if place.revoked.exists() else ""
    return f"mv {folder} {folder}.old && golive mtls generate{revoked}"


def _encrypt(place: BundlePlace) -> str:
    key = shown(place, place.keys[AUTHORITY])
    return f"{ENCRYPT_ANEW.replace('OLD', key).replace('NEW', f'{key}.new')} && chmod 600 {key}.new && mv {key}.new {key}"


def _without_what_is_no_file(place: BundlePlace) -> str:
    """Return how to be rid of a link, pipe or folder in place of a file of the bundle."""
    for path in (place.certificates[AUTHORITY], place.keys[AUTHORITY]):
        if _is_no_file(path):
            return _replace(place)
    leaves = [path for role in LeafRole for path in (place.certificates[role], place.keys[role])]
    odd = [shown(place, path) for path in (*leaves, place.metadata) if _is_no_file(path)]
    return f"rm -r {' '.join(odd)} && {_renew(place)}" if odd else f"ls -la {shown(place, place.directory)}"


def _is_no_file(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
