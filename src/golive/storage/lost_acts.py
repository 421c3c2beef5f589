"""Acts of people that a register has and `logs/security_admin.log` has not: the log is gone, begun anew, or an older one.

Each was recorded in the log first. Who removes the log has to remove these registers, too, and then they are missed where they
are needed: a bundle without its register, keys that were never rotated, a licence that nobody registered.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Entry, Soundness
from golive.audit.entry import EntryError, decode_entry
from golive.audit.register import RegisterError, journal_of
from golive.inputs.safe_open import read_beside

from . import licence_files, security_admin
from .verified import Result, entries, of_file

_CERTIFICATES: Final = Path("var/security/tls_rotation.json")
_KEYS: Final = "var/data/*/security/rotation_log.json"


class _Act(NamedTuple):
    type: str
    of: str
    """what it was done with"""


def lost_acts(home: Path) -> Iterator[Result]:
    """Yield a result for the log of people's acts when it lacks one that a register tells of.

    The log is read after its witnesses. What cannot be read has been reported by its own verification.
    """
    told = [*_of_licences(home), *_of_registers(home)]
    if not told:
        return
    path = home / security_admin.PATH
    recorded = {act for entry in entries(path) for act in _acts(entry)}
    lost = [(act, file, seq) for act, file, seq in told if act not in recorded]
    if lost:
        act, file, seq = lost[0]
        more = f", and {len(lost) - 1} more tell the like" if len(lost) > 1 else ""
        text = (
            f"{'has no record' if path.exists() else 'is gone, with its record'} {act.type} of {act.of:.64}, of which "
            f"{file.relative_to(home)} seq {seq} tells{more}; put the log and its seal back from a copy"
        )
        yield Result(path, (of_file(Soundness.CANNOT_SAY, text),))


def _acts(entry: Entry) -> Iterator[_Act]:
    name = {"licence_installed": "license_id", "certificate_revoked": "serial", "secret_rotated": "fingerprint"}.get(entry.type)
    if name is not None:
        yield _Act(entry.type, str(entry.body.get(name)))


def _of_licences(home: Path) -> Iterator[tuple[_Act, Path, int]]:
    path = home / licence_files.REGISTRY
    for entry in entries(path):
        is_installed = entry.type == licence_files.RECORD and entry.body.get("act") == licence_files.INSTALLED
        if is_installed and entry.body.get("development") is False:
            yield _Act("licence_installed", str(entry.body.get("license_id"))), path, entry.seq


def _of_registers(home: Path) -> Iterator[tuple[_Act, Path, int]]:
    for entry in _register(home / _CERTIFICATES):
        if entry.type == "certificate_revoked":
            yield _Act(entry.type, str(entry.body.get("serial"))), home / _CERTIFICATES, entry.seq
    for path in sorted(home.glob(_KEYS)):
        for entry in _register(path):
            if fingerprint := entry.body.get("new_key_fingerprint"):
                yield _Act("secret_rotated", str(fingerprint)), path, entry.seq


def _register(path: Path) -> Iterator[Entry]:
    try:
        lines = journal_of(read_beside(path)).split(b"\n")[:-1]
    except (OSError, RegisterError):
        return
    for line in lines:
        try:
            yield decode_entry(line)[0]
        except EntryError:
            continue
