"""Where the runbooks are: beside the program they belong to, so that what is ticked is what this version asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import golive
from golive.inputs import InputRefused, read_bytes
from golive.model.errors import ConfigError, JournalError
from golive.readiness.runbook import Runbook, parse_runbook

from .steps import MACHINE

_SHARED = ("README", "exchange_go_live")
"""pages beside the runbooks that are none"""


@dataclass(frozen=True, slots=True)
class WrittenRunbook:
    """A runbook, and the digest of the document it was read from."""

    book: Runbook
    sha256: str


def folder() -> Path:
    """Return the folder of the documents: in the installed package, or in the sources. Raises ConfigError."""
    package = Path(golive.__file__).parent
    for place in (package / "documents/runbooks", package.parents[1] / "docs/runbooks"):
        if place.is_dir():
            return place
    raise ConfigError("the runbooks are not installed with the program; install it anew: make -B setup")


def names() -> tuple[str, ...]:
    """Return the names of all runbooks, sorted."""
    return tuple(sorted(path.stem for path in folder().glob("*.md") if path.stem not in _SHARED))


def read_runbook(name: str) -> WrittenRunbook:
    """Read one; ConfigError for a name that none has, and for one that is not bound as it must be."""
    known = names()
    if name not in known:
        raise ConfigError(f"there is no runbook {name!r:.60}; there is {', '.join(known)}")
    try:
        data = read_bytes(folder(), f"{name}.md")
    except InputRefused as exc:
        raise ConfigError(f"{exc.filename}: {exc.strerror}") from exc
    except OSError as exc:
        raise JournalError(f"{folder() / name}.md: cannot be read: {exc.strerror}") from exc
    return WrittenRunbook(parse_runbook(name, data.decode("utf-8"), MACHINE.keys()), hashlib.sha256(data).hexdigest())
