"""Making a bundle: copy, verify the copies, list, sign; the folder has its name when all of it is there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit import Soundness, worst
from golive.inputs import open_beside, read_beside
from golive.model.clock import Clock
from golive.model.errors import JournalError
from golive.storage.files import MOST_LOG, make_directory
from golive.storage.kept_seals import logs_without
from golive.storage.keys import PUBLIC_DIRECTORY, SigningKeys, read_public_key
from golive.storage.log_copy import KEPT, CopiedLog, copy_log, count_in_window
from golive.storage.log_series import files_of
from golive.storage.second_verifier import NAME, second_verifier
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys, log_id_of
from golive.storage.whole_folder import whole_folder

from ..code_version import code_version
from .manifest import BundledFile, BundledLog, Manifest
from .readme import readme

_DER: Final = bytes.fromhex("302a300506032b6570032100")
Window = tuple[int | None, int | None]


def make_bundle(home: Path, out: Path, verifier: Verifier, window: Window, clock: Clock, operator: str) -> Manifest:
    """Make the folder `out` of every log that has records in the window (ns UTC, the end not included).

    Raises ConfigError when `out` holds something, JournalError when there is nothing to hand over or a file cannot be read.
    """
    keys = VerificationKeys.of_home(home)
    if keys.own is None:
        raise JournalError(f"{home}: has no keys yet, so nothing was signed here")
    starts = verifier.log_starts()
    with whole_folder(out) as folder:
        logs = [copy_log(home, start, folder, keys, window) for start in starts if count_in_window(start, *window)]
        if not logs:
            raise JournalError("no log has a record in that window; nothing was made")
        gone = _copy_gone(folder, keys, starts)
        _copy_keys(home, folder)
        (folder / NAME).write_bytes(second_verifier())
        (folder / "README.md").write_text(readme(logs, keys.own.seal_key_id), encoding="utf-8")
        manifest = Manifest(
            clock.now(), operator, code_version(), keys.own.seal_key_id, str(keys.own.key_class), *window,
            tuple(map(_log, logs)), gone, tuple(_file(folder, path) for path in _files(folder)),
        )  # fmt: skip
        _sign(folder, manifest.encoded(), keys.own)
    return manifest


def _copy_gone(folder: Path, keys: VerificationKeys, starts: Sequence[Path]) -> tuple[str, ...]:
    """Hand over what is kept of logs that are gone: that they were there is evidence, too."""
    there = {log_id_of(file) for start in starts for file in files_of(start)[:1]}
    gone = tuple(logs_without(keys, there))
    for path in gone:
        make_directory(folder / KEPT)
        (folder / KEPT / path.name).write_bytes(read_beside(path))
    return tuple(str(KEPT / path.name) for path in gone)


def _copy_keys(home: Path, folder: Path) -> None:
    make_directory(folder / "keys")
    for path in sorted((home / PUBLIC_DIRECTORY).glob("*.json")):
        key_id, public = read_public_key(path)
        (folder / "keys" / f"{key_id}.json").write_bytes(read_beside(path))
        text = base64.b64encode(_DER + public).decode()
        (folder / "keys" / f"{key_id}.pem").write_text(f"-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")


def _sign(folder: Path, manifest: bytes, keys: SigningKeys) -> None:
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "manifest.json.sig").write_bytes(keys.sign(manifest))
    listed = [_file(folder, path) for path in _files(folder)]
    (folder / "SHA256SUMS").write_text("".join(f"{each.sha256}  {each.path}\n" for each in listed), encoding="utf-8")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _file(folder: Path, path: Path) -> BundledFile:
    with open_beside(path, most=MOST_LOG) as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return BundledFile(str(path.relative_to(folder)), path.stat().st_size, digest)


def _log(log: CopiedLog) -> BundledLog:
    faults = [fault for result in log.results for fault in result.faults]
    sealed = [result.sealed_seq for result in log.results if result.sealed_seq is not None]
    return BundledLog(
        log.log_id, tuple(map(str, log.files)), None if log.kept is None else str(log.kept),
        sum(result.records for result in log.results), log.in_window, max(sealed, default=None),
        str(worst(faults)), tuple(f"{result.path.name}: {fault}" for result in log.results for fault in result.faults),
    )  # fmt: skip


def soundness_of(manifest: Manifest) -> frozenset[Soundness]:
    """Return what was found about all that was handed over; a log that is gone is tampered with."""
    found = {Soundness(log.soundness) for log in manifest.logs}
    return frozenset(found | {Soundness.TAMPERED} if manifest.gone else found)
