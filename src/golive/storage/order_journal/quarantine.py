"""A journal in which a whole verification found a fault: remembered beside it, so that no later start takes it for sound.

The newest seal covers rows that a start does not read again; only a whole verification sees that one of them was changed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from ..failpoint import reach
from ..files import write_atomic
from ..keys import SigningKeys
from .database import Database
from .place import JournalPlace
from .seal import read_sealed
from .verify import Verification

WHOLE_ROWS: Final = 50_000
"""as many rows are verified whole before a journal is used: 1 to 4 s"""
MOST_FAULTS: Final = 20


def mark_of(journal: Path) -> Path:
    """Return where it is remembered that the journal in this file is not sound."""
    return journal.with_suffix(".quarantine")


def refuse_quarantined(journal: Path) -> None:
    """Raise JournalError when a whole verification has found a fault in this journal, now or in an earlier run."""
    mark = mark_of(journal)
    try:
        document = json.loads(mark.read_text())
        faults, time = [str(each) for each in document["faults"]], str(document["time"])
    except FileNotFoundError:
        return
    except (OSError, ValueError, LookupError, TypeError) as exc:
        raise JournalError(f"{mark}: cannot be read: {exc}; {_fix(mark)}") from exc
    raise JournalError(f"{journal}: in quarantine since {time}: {'; '.join(faults)}; {_fix(mark)}")


def quarantined(journal: Path, faults: Sequence[str], time: str) -> JournalError:
    """Remember what was found, durable on return; return the error to raise or to tell. `time` is ISO text."""
    mark, said = mark_of(journal), "; ".join(faults)
    try:
        reach("orders.quarantine.before")
        write_atomic(mark, json.dumps({"time": time, "faults": list(faults)}).encode() + b"\n", durable_name=True)
        reach("orders.quarantine.after")
    except JournalError as exc:
        return JournalError(f"{journal}: {said}; {exc}; restore journal and seal from one backup")
    return JournalError(f"{journal}: {said}; {_fix(mark)}")


def verify_whole(database: Database, place: JournalPlace, keys: SigningKeys, time: str) -> None:
    """Raise JournalError, and remember why, when anything in a journal shows that it was changed."""
    sealed = read_sealed(place.seal, place.log_id, keys.seal_keys)
    work = Verification(database, keys, sealed, is_shared=place.url is not None)
    if found := list(islice(work.faults(), MOST_FAULTS)):
        raise quarantined(place.path, found, time)


def _fix(mark: Path) -> str:
    return f"orders may be missing from what we know: restore journal and seal from one backup, then remove {mark}"
