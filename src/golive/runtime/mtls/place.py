"""Where the bundle lies, by the configuration, and its files read with care."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.mtls_section import Mtls
from golive.inputs.safe_open import read_bytes
from golive.model.errors import JournalError
from golive.model.verdict import Verdict
from golive.security.bundle_check import AUTHORITY, BundleCheck, BundleFiles
from golive.security.certificate_maker import BUNDLE, LeafRole

METADATA: Final = f"{BUNDLE}-metadata.json"
REVOKED: Final = f"{BUNDLE}-revoked.json"
_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class BundlePlace:
    """The paths of one bundle."""

    home: Path
    directory: Path
    certificates: dict[str, Path]
    keys: dict[str, Path]
    metadata: Path
    register: Path
    revoked: Path

    @classmethod
    def of(cls, home: Path, section: Mtls) -> BundlePlace:
        """Return where `execution.mtls` puts everything; the authority's key has its certificate's name and `-key`."""
        directory = home / section.bundle_directory
        authority = section.ca_certificate.removesuffix(".pem")
        return cls(
            home=home,
            directory=directory,
            certificates={
                AUTHORITY: directory / section.ca_certificate,
                LeafRole.SERVER: directory / section.server_certificate,
                LeafRole.CLIENT: directory / section.client_certificate,
            },
            keys={
                AUTHORITY: directory / f"{authority}-key.pem",
                LeafRole.SERVER: directory / section.server_key,
                LeafRole.CLIENT: directory / section.client_key,
            },
            metadata=directory / METADATA,
            register=home / section.rotation_registry,
            revoked=directory / REVOKED,
        )

    @property
    def exists(self) -> bool:
        """Whether any file of a bundle is there: then nothing is generated over it."""
        return any(
            path.exists() or path.is_symlink() for path in (*self.certificates.values(), *self.keys.values(), self.metadata)
        )

    def files(self) -> BundleFiles:
        """Read the bundle; JournalError for a file that is there and cannot be read, or is no regular one."""
        return BundleFiles(
            certificates={role: content(path) for role, path in self.certificates.items()},
            keys={role: content(path) for role, path in self.keys.items()},
            metadata=content(self.metadata),
        )

    def mode_check(self) -> BundleCheck:
        """Look at who may use the folder (0700) and the keys (0600), and change the certificates."""
        wrong = [fault for fault, _ in _mode_faults(self)]
        told = "; ".join(wrong) or "folder 0700, keys 0600, all of this user and changed by nobody else"
        return BundleCheck("modes", Verdict.BREACHED if wrong else Verdict.OK, told)


def content(path: Path) -> bytes | None:
    """Return what a file of the bundle holds, None when it is not there; links are not followed. Raises JournalError."""
    try:
        return read_bytes(path.parent, path.name, most=_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def shown(place: BundlePlace, path: Path) -> str:
    """Return a path as it is told: below the home where it is."""
    return str(path.relative_to(place.home) if path.is_relative_to(place.home) else path)


def mode_mends(place: BundlePlace) -> list[str]:
    """Return the commands that give every file the owner and mode that it must have."""
    return [mend for _, mend in _mode_faults(place)]


def _mode_faults(place: BundlePlace) -> Iterator[tuple[str, str]]:
    wanted = [(place.directory, 0o700), *((path, 0o600) for path in place.keys.values())]
    wanted += [(path, 0o644) for path in (*place.certificates.values(), place.metadata)]
    for path, most in wanted:
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue
        name = shown(place, path)
        if found.st_uid != os.geteuid():
            yield f"{name} belongs to user {found.st_uid}", f"chown {os.geteuid()} {name}"
        if stat.S_IMODE(found.st_mode) & ~most:
            yield f"{name} has mode {stat.S_IMODE(found.st_mode):04o}: chmod {most:o} {name}", f"chmod {most:o} {name}"
