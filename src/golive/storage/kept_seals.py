"""What the places that keep seals say of a log: its sound seals, what is wrong there, and logs that are gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from golive.audit import Chain, Fault, Seal, SealError, Soundness, read_seal, verify_seal
from golive.model.errors import JournalError

from .seal_copies import copies_path, logs_in, read_copies
from .segments import last_closing

if TYPE_CHECKING:
    from .verified import VerificationKeys


class KeptSeals(NamedTuple):
    """What is kept of one log."""

    sound: list[Seal]
    faults: list[Fault]


def kept_seals(keys: VerificationKeys, log_id: str, beside: bytes | None = None) -> KeptSeals:
    """Return what all places keep of a log. A seal was in this installation's own place before it lay `beside` the log."""
    kept = KeptSeals([], [])
    for place in (*keys.places, *keys.outside) if log_id else ():
        documents = read_copies(place, log_id)
        if beside is not None and place in keys.places and beside not in documents:
            gone = Soundness.TAMPERED if documents else Soundness.CANNOT_SAY
            text = f"{copies_path(place, log_id)}: the seal beside the log is not among those kept there"
            kept.faults.append(Fault(gone, 0, None, text))
        _take(documents, copies_path(place, log_id), keys, log_id, kept)
    return kept


def _take(documents: Iterable[bytes], path: Path, keys: VerificationKeys, log_id: str, kept: KeptSeals) -> None:
    for number, document in enumerate(documents, 1):
        try:
            kept.sound.append(checked_seal(document, keys, log_id))
        except SealError as exc:
            kept.faults.append(Fault(Soundness.TAMPERED, 0, None, f"{path}: line {number} is no seal of this log: {exc}"))
        except KeyError as exc:
            text = f"{path}: line {number}: the public key {exc} of the seal is not at hand"
            kept.faults.append(Fault(Soundness.CANNOT_SAY, 0, None, text))


def checked_seal(document: bytes, keys: VerificationKeys, log_id: str) -> Seal:
    """Return a seal of this log that one of the known keys has signed. Raises SealError; KeyError for an unknown key."""
    seal = verify_seal(document, keys.seal[read_seal(document)[0].key_id])
    if seal.log_id != log_id:
        raise SealError(f"it is one of {seal.log_id!r}")
    return seal


def lost_tail(keys: VerificationKeys, chain: Chain, last: Path) -> list[Fault]:
    """Say what seals have of a log behind its `last` file, when that is closed and none follows: files that are gone."""
    if not chain.closed or _goes_on(last):
        return []
    newest = max((seal.last_seq for seal in kept_seals(keys, chain.log_id).sound), default=0)
    if newest <= chain.seq:
        return []
    text = f"ends with seq {chain.seq}, yet a seal in a second place covers seq {newest}: a file is gone"
    return [Fault(Soundness.TAMPERED, 0, None, text)]


def _goes_on(last: Path) -> bool:
    """Say whether the file that a closed one names is there by now: others wrote while it was read."""
    try:
        return (last.parent / last_closing(last)).exists()
    except JournalError:
        return False


def logs_without(keys: VerificationKeys, log_ids: Collection[str]) -> Iterator[Path]:
    """Yield the files of kept seals whose log is none of these."""
    places = (*keys.places, *keys.outside)
    known = {copies_path(place, log_id) for place in places for log_id in log_ids if log_id}
    return (path for place in places for path in logs_in(place) if path not in known)
