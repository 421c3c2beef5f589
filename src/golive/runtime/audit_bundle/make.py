"""Making a bundle: copy, verify the copies, list, sign; the folder has its name when all of it is there."""

from __future__ import annotations

from pathlib import Path

from golive.audit import Soundness
from golive.model.clock import Clock
from golive.model.errors import JournalError
from golive.storage.log_copy import copy_log, count_in_window
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from golive.storage.whole_folder import whole_folder

from ..code_version import code_version
from .manifest import Manifest
from .parts import add_gone, add_manifest, add_sums, add_verifier, listed, listed_log

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
        gone = add_gone(folder, keys, starts)
        add_verifier(home, folder, logs, keys.own)
        manifest = Manifest(
            clock.now(), operator, code_version(), keys.own.seal_key_id, str(keys.own.key_class), *window,
            tuple(map(listed_log, logs)), gone, listed(folder),
        )  # fmt: skip
        add_manifest(folder, manifest.encoded(), keys.own)
        add_sums(folder)
    return manifest


def soundness_of(manifest: Manifest) -> frozenset[Soundness]:
    """Return what was found about all that was handed over; a log that is gone is tampered with."""
    found = {Soundness(log.soundness) for log in manifest.logs}
    return frozenset(found | {Soundness.TAMPERED} if manifest.gone else found)
