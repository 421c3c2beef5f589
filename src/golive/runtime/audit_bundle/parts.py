"""What every folder for an auditor has beside its logs: seals of logs that are gone, keys, the verifier, lists, signature."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from golive.audit import worst
from golive.inputs import open_beside, read_beside
from golive.storage.files import MOST_LOG, make_directory
from golive.storage.kept_seals import logs_without
from golive.storage.keys import SigningKeys
from golive.storage.log_copy import KEPT, CopiedLog
from golive.storage.log_series import files_of
from golive.storage.public_keys import PUBLIC_DIRECTORY, read_public_key
from golive.storage.second_verifier import NAME, second_verifier
from golive.storage.verified import VerificationKeys, log_id_of

from .manifest import BundledFile, BundledLog
from .readme import readme

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
SUMS: Final = "SHA256SUMS"
KEYS: Final = "keys"
_DER: Final = bytes.fromhex("302a300506032b6570032100")


def add_verifier(home: Path, folder: Path, logs: Sequence[CopiedLog], keys: SigningKeys) -> None:
    """Add public keys, the first key as it is sealed for an auditor, the second verifier, and a README for these logs."""
    make_directory(folder / KEYS)
    for path in sorted((home / PUBLIC_DIRECTORY).glob("*.json")):
        key_id, public = read_public_key(path)
        (folder / KEYS / f"{key_id}.json").write_bytes(read_beside(path))
        text = base64.b64encode(_DER + public).decode()
        (folder / KEYS / f"{key_id}.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
    for sealed in sorted((home / PUBLIC_DIRECTORY).glob("*.age")):
        (folder / KEYS / sealed.name).write_bytes(read_beside(sealed))
    (folder / NAME).write_bytes(second_verifier())
    (folder / "README.md").write_text(readme(logs, keys.seal_key_id), encoding="utf-8")


def add_gone(folder: Path, keys: VerificationKeys, starts: Sequence[Path]) -> tuple[str, ...]:
    """Hand over what is kept of logs that are gone: that they were there is evidence, too."""
    there = {log_id_of(file) for start in starts for file in files_of(start)[:1]}
    gone = tuple(logs_without(keys, there))
    for path in gone:
        make_directory(folder / KEPT)
        (folder / KEPT / path.name).write_bytes(read_beside(path))
    return tuple(str(KEPT / path.name) for path in gone)


def add_manifest(folder: Path, manifest: bytes, keys: SigningKeys) -> None:
    """Write the manifest and its signature."""
    (folder / MANIFEST).write_bytes(manifest)
    (folder / SIGNATURE).write_bytes(keys.sign(manifest))


def add_sums(folder: Path) -> None:
    """List every file for sha256sum; the last one to be written."""
    (folder / SUMS).write_bytes(sums_of(listed(folder, but=(SUMS,))))


def sums_of(files: Sequence[BundledFile]) -> bytes:
    """Return the list as sha256sum reads it."""
    return "".join(f"{each.sha256}  {each.path}\n" for each in files).encode()


def listed(folder: Path, but: Collection[str] = ()) -> tuple[BundledFile, ...]:
    """Return every file of the folder, by name, but those named."""
    files = ((path, str(path.relative_to(folder))) for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(_file(path, name) for path, name in files if name not in but)


def listed_log(log: CopiedLog) -> BundledLog:
    """Return what the manifest says of a log."""
    faults = [fault for result in log.results for fault in result.faults]
    sealed = [result.sealed_seq for result in log.results if result.sealed_seq is not None]
    return BundledLog(
        log.log_id, tuple(map(str, log.files)), None if log.kept is None else str(log.kept),
        sum(result.records for result in log.results), log.in_window, max(sealed, default=None),
        str(worst(faults)), tuple(f"{result.path.name}: {fault}" for result in log.results for fault in result.faults),
    )  # fmt: skip


def _file(path: Path, name: str) -> BundledFile:
    with open_beside(path, most=MOST_LOG) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BundledFile(name, path.stat().st_size, digest)
