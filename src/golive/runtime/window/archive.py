"""The archive of a window, `var/audit/live/<YYYYMMDD>/`: made whole or not at all, and held against its own lists."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from golive.audit.signature import signature_holds
from golive.inputs import parse_json, read_bytes
from golive.model.clock import from_iso, stamp
from golive.model.errors import ConfigError, JournalError
from golive.model.json import JsonObject
from golive.storage.files import MOST_LOG, make_directory, write_atomic

from ..audit_bundle.parts import MANIFEST, SIGNATURE, SUMS, listed, sums_of
from .manifest import SCHEMA

DIRECTORY: Final = Path("var/audit/live")
"""relative to home"""
SUMMARY: Final = "migration_summary.json"
SUMMARY_SIGNATURE: Final = "migration_summary.json.sig"
UNLISTED: Final = (MANIFEST, SIGNATURE, SUMMARY, SUMMARY_SIGNATURE, SUMS)
"""files that the manifest does not list: they are made after it, and signed themselves"""
_MOST: Final = 64 << 20
_NAME: Final = re.compile(r"\d{8}(-[1-9]\d{0,3})?")


@dataclass(frozen=True, slots=True)
class MadeArchive:
    """An archive that is there. `manifest` is what its manifest says, once its signature holds."""

    folder: Path
    """relative to home"""
    manifest: dict[str, Any]
    manifest_sha256: str


def free_folder(home: Path, closed_at: int) -> Path:
    """Return the folder for a window that was closed at `closed_at`, ns UTC: that of the day, or the day's next one."""
    day = stamp(closed_at)[:8]
    names = (day, *(f"{day}-{number}" for number in range(2, 1000)))
    found = next((name for name in names if not (home / DIRECTORY / name).exists()), None)
    if found is None:
        raise JournalError(f"{DIRECTORY / day}: a thousand windows of one day; look what closes them")
    return DIRECTORY / found


def made_archive(home: Path, entrypoint: str, closed_at: str, keys: Mapping[str, bytes]) -> MadeArchive | None:
    """Return the archive of the window of `entrypoint` that was closed at `closed_at`, ISO-8601; None while there is none."""
    for path in sorted((home / DIRECTORY).glob(f"*/{MANIFEST}")):
        data = path.read_bytes()
        try:
            manifest: Any = parse_json(data)
            named = (manifest["schema"], manifest["entrypoint"], manifest["closed_at"]) == (SCHEMA, entrypoint, closed_at)
        except (ValueError, KeyError, TypeError):
            continue
        if named and _is_signed(path.with_name(SIGNATURE), data, keys):
            return MadeArchive(path.parent.relative_to(home), manifest, hashlib.sha256(data).hexdigest())
    return None


def newest_archive(home: Path, name: str = "") -> Path | None:
    """Return the archive called `name`, or the newest one, relative to home; None where there is none.

    Raises ConfigError for a name that none has.
    """
    folder = home / DIRECTORY
    found = [each for each in folder.iterdir() if _NAME.fullmatch(each.name)] if folder.is_dir() else []
    there = {each.name: each.relative_to(home) for each in found}
    if not name:
        return max(there.values(), key=_order, default=None)
    if name not in there:
        raise ConfigError(f"there is no archive {name!r:.40} in {DIRECTORY}; there is {', '.join(sorted(there)) or 'none'}")
    return there[name]


def remove_unfinished(home: Path) -> None:
    """Remove what a closing that was killed has left; the caller holds the lock of closings."""
    for left in (home / DIRECTORY).glob(".*.tmp"):
        shutil.rmtree(left, ignore_errors=True)


def add_file(home: Path, folder: Path, path: str, name: str) -> str:
    """Copy a file below home into the folder as `name`, and return its SHA-256. Raises OSError."""
    data = read_bytes(home, path, most=_MOST)
    make_directory((folder / name).parent)
    (folder / name).write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def add_json(folder: Path, name: str, document: JsonObject) -> bytes:
    """Write a document into the folder, and return its bytes."""
    data = json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
    (folder / name).write_bytes(data)
    return data


def publish_summary(home: Path, folder: Path) -> None:
    """Put the summary of an archive beside the archives, with its signature: that of the newest window. Raises JournalError."""
    for name in (SUMMARY_SIGNATURE, SUMMARY):
        write_atomic(home / DIRECTORY / name, (home / folder / name).read_bytes(), durable_name=True)


def archive_faults(folder: Path, keys: Mapping[str, bytes]) -> tuple[str, ...]:
    """Say what is not as it was archived: nothing when lists, digests and signatures agree. `keys`: Ed25519 keys by id."""
    try:
        return tuple(_faults(folder, keys))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        return (f"{folder.name}: cannot be examined: {exc}",)


def _order(folder: Path) -> tuple[str, int]:
    """Return the day of an archive and its number in that day."""
    day, _, number = folder.name.partition("-")
    return day, int(number or 1)


def _faults(folder: Path, keys: Mapping[str, bytes]) -> Iterator[str]:
    if folder.is_symlink() or not folder.is_dir():
        yield f"{folder.name}: there is no such archive"
        return
    manifest = read_bytes(folder, MANIFEST, most=MOST_LOG)
    document: Any = parse_json(manifest)
    if document.get("schema") != SCHEMA or not _is_signed(folder / SIGNATURE, manifest, keys):
        yield f"{MANIFEST}: its signature does not hold"
        return
    files = listed(folder)
    here = {each.path: each.sha256 for each in files}
    yield from _differences(MANIFEST, {each["path"]: each["sha256"] for each in document["files"]}, here, UNLISTED)
    if read_bytes(folder, SUMS, most=_MOST) != sums_of([each for each in files if each.path != SUMS]):
        yield f"{SUMS}: does not list these files"
    summary = read_bytes(folder, SUMMARY)
    if not _is_signed(folder / SUMMARY_SIGNATURE, summary, keys, document["key_id"]):
        yield f"{SUMMARY}: its signature does not hold"
    told: Any = parse_json(summary)
    if told["archive"]["manifest_sha256"] != hashlib.sha256(manifest).hexdigest():
        yield f"{SUMMARY}: it is the summary of another archive"
    if from_iso(told["window"]["closed_at"]) != from_iso(document["closed_at"]):
        yield f"{SUMMARY}: it is the summary of another window"


def _differences(of: str, wanted: dict[str, str], here: dict[str, str], apart: Iterable[str]) -> Iterator[str]:
    for name in sorted(wanted.keys() | (here.keys() - set(apart))):
        if name not in here:
            yield f"{name}: is gone"
        elif name not in wanted:
            yield f"{name}: is not listed in {of}"
        elif wanted[name] != here[name]:
            yield f"{name}: is not the file that {of} lists"


def _is_signed(signature: Path, data: bytes, keys: Mapping[str, bytes], key_id: str = "") -> bool:
    """Say whether one of our keys signed these bytes: the one they name, or `key_id`."""
    try:
        document: Any = parse_json(data)
        key = keys.get(key_id or document["key_id"])
        return key is not None and signature_holds(key, read_bytes(signature.parent, signature.name), data)
    except (OSError, ValueError, KeyError, TypeError):
        return False
