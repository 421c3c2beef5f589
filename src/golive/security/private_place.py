"""Whose the places of an installation are: secrets this user's alone, configuration and registers nobody else's to change."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final


@dataclass(frozen=True, slots=True)
class Place:
    """A folder below the project's directory, and the mode bits that neither it nor anything in it may have."""

    name: str
    folder_mask: int
    file_mask: int
    folder_mode: int
    file_mode: int


PRIVATE: Final = (0o077, 0o077, 0o700, 0o600)
UNCHANGED: Final = (0o022, 0o022, 0o755, 0o644)
PLACES: Final = (
    Place("secrets", *PRIVATE),
    Place("var/state/keys", *PRIVATE),
    Place("var/security", *UNCHANGED),
    Place("var/licenses", *UNCHANGED),
    Place("config", *UNCHANGED),
    Place("strategies", *UNCHANGED),
)
MOST_FILES: Final = 10_000
"""of one place; nobody has so many secrets"""


@dataclass(frozen=True, slots=True)
class Trespass:
    """A file or folder that others own, may change, or may read where they must not; and what mends it."""

    path: str
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}; {self.mend}"


def trespasses(home: Path, places: tuple[Place, ...] = PLACES) -> tuple[Trespass, ...]:
    """Return what is not as it must be, place by place, sorted by path; a place that is not there is none.

    A link in a private place is one, whatever it leads to: what it names can be exchanged elsewhere.
    """
    return tuple(each for place in places for each in sorted(_of_place(home, place), key=lambda found: found.path))


def _of_place(home: Path, place: Place) -> Iterator[Trespass]:
    root = home / place.name
    if not root.exists() and not root.is_symlink():
        return
    yield from _of_entry(home, root, place)
    if root.is_symlink() or not root.is_dir():
        return
    seen = 0
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            seen += 1
            if seen > MOST_FILES:
                yield Trespass(place.name, f"more than {MOST_FILES} files", "look into it: they were not all examined")
                return
            yield from _of_entry(home, Path(folder) / name, place)


def _of_entry(home: Path, path: Path, place: Place) -> Iterator[Trespass]:
    shown = path.relative_to(home).as_posix()
    try:
        found = path.lstat()
    except OSError as exc:
        yield Trespass(shown, f"cannot be examined: {exc.strerror}", "look into it")
        return
    if stat.S_ISLNK(found.st_mode):
        yield Trespass(shown, "a symbolic link", f'run: cp --remove-destination "$(readlink -f {shown})" {shown}')
        return
    is_folder = stat.S_ISDIR(found.st_mode)
    if not is_folder and not stat.S_ISREG(found.st_mode):
        yield Trespass(shown, "neither a file nor a folder", f"look into it, then: rm {shown}")
        return
    if found.st_uid not in (os.geteuid(), 0):
        yield Trespass(shown, f"belongs to user {found.st_uid}", f"look into it, then: chown {os.geteuid()} {shown}")
    if found.st_mode & (place.folder_mask if is_folder else place.file_mask):
        may = "use" if place.file_mask & 0o044 else "change"
        mode = place.folder_mode if is_folder else place.file_mode
        yield Trespass(shown, f"others may {may} it (mode {stat.S_IMODE(found.st_mode):04o})", f"run: chmod {mode:o} {shown}")


def is_root() -> bool:
    """Whether this process may do everything: what it writes nobody else may touch, and what it is made to do nothing stops."""
    return os.geteuid() == 0
