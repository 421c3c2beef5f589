"""Where the runbooks are: beside the program they belong to, so that what is ticked is what this version asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import golive
from golive.config.adapter_table import KNOWN_ADAPTERS
from golive.inputs import InputRefused, read_bytes
from golive.model.errors import ConfigError, JournalError
from golive.readiness.runbook import Runbook, parse_runbook

from .steps import MACHINE

RUNBOOKS: Final = (
    "DEMO_PAPER_LIVE_CHECKLIST", "LIVE_EXECUTION_CHECKLIST", "PAPER_TO_LIVE_RUNBOOK", "STAGE6_PORTFOLIO_CHECKLIST",
    "STAGE6_RESILIENCE_CHECKLIST", *sorted(f"{facts.label}_go_live" for facts in KNOWN_ADAPTERS.values()),
)  # fmt: skip
"""what is a runbook; other pages beside them are none"""


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


def read_runbook(name: str) -> WrittenRunbook:
    """Read one; ConfigError for a name that none has, and for one that is not bound as it must be."""
    if name not in RUNBOOKS:
        raise ConfigError(f"there is no runbook {name!r:.60}; there is {', '.join(RUNBOOKS)}")
    try:
        data = read_bytes(folder(), f"{name}.md")
    except InputRefused as exc:
        raise ConfigError(f"{exc.filename}: {exc.strerror}") from exc
    except OSError as exc:
        raise JournalError(f"{folder() / name}.md: cannot be read: {exc.strerror}") from exc
    return WrittenRunbook(parse_runbook(name, data.decode("utf-8"), MACHINE.keys()), hashlib.sha256(data).hexdigest())
