"""Taking an installation's seals to a place that it cannot write: `golive audit collect`, run by another user or on another host.

A log is verified against what was collected of it before, so one that was rolled back, rewritten or removed since is found, even
where everything on this host was rolled back together. Of such a log nothing more is taken.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import Fault, Soundness, worst
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .files import make_directory, write_atomic
from .public_keys import PUBLIC_DIRECTORY, read_public_key
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import keep_copy, read_copies
from .verified import Result, VerificationKeys

KEYS: Final = "keys"
"""folder of the public keys that were taken with the first seals"""


@dataclass(frozen=True, slots=True)
class Collected:
    """What became of one log: seals taken now, the newest of them, and what keeps more from being taken."""

    name: str
    taken: int
    sealed_seq: int | None
    faults: tuple[Fault, ...]

    @property
    def soundness(self) -> Soundness:
        """What lies behind the newest seal is not asked: no key of MACs is needed here."""
        return worst(self.faults)


def collection_keys(home: Path, to: Path) -> VerificationKeys:
    """Return the keys that seals collected here are verified with: those taken first, never what lies in `home` now.

    The first collection takes the keys that the installation publishes. Raises JournalError when none are there.
    """
    pinned = to / KEYS
    if not any(pinned.glob("*.json")):
        published = sorted((home / PUBLIC_DIRECTORY).glob("*.json"))
        if not published:
            raise JournalError(f"{home / PUBLIC_DIRECTORY}: no public key, so there is nothing to collect yet")
        for path in published:
            read_public_key(path)
            write_atomic(pinned / path.name, read_beside(path), durable_name=True)
    seal = dict(read_public_key(path) for path in sorted(pinned.glob("*.json")))
    return VerificationKeys(seal=seal, places=(home / SEALS,), outside=(to,))


def collect(home: Path, to: Path, results: Sequence[Result], keys: VerificationKeys) -> list[Collected]:
    """Take the seals of every log that agrees with those taken before. `results` were verified with `keys`.

    Raises JournalError when the place cannot be written, or another collection writes it.
    """
    with _alone(to):
        return [_of_log(home, to, name, [*found]) for name, found in _by_log(results).items()]


def _by_log(results: Sequence[Result]) -> Mapping[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.log_id or str(result.path), []).append(result)
    return found


def _of_log(home: Path, to: Path, name: str, results: list[Result]) -> Collected:
    faults = tuple(fault for result in results for fault in result.faults if _counts(fault, result))
    sealed = max((result.sealed_seq for result in results if result.sealed_seq is not None), default=None)
    taken = 0
    if not any(fault.soundness is Soundness.TAMPERED for fault in faults) and all(result.log_id for result in results):
        here = set(read_copies(to, name))
        for document in read_copies(home / SEALS, name):
            if document not in here:
                keep_copy(to, name, document)
                taken += 1
    return Collected(name, taken, sealed, faults)


def _counts(fault: Fault, result: Result) -> bool:
    """Say whether a fault lies in what seals cover: a tail that is being written is not judged here."""
    if fault.soundness is Soundness.TORN_TAIL:
        return False
    return fault.soundness is Soundness.TAMPERED or result.sealed_seq is None


@contextmanager
def _alone(to: Path) -> Iterator[None]:
    make_directory(to)
    descriptor = os.open(to, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as exc:
        raise JournalError(f"{to}: another collection is writing here; wait for it") from exc
    finally:
        os.close(descriptor)
