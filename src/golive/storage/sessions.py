"""The session stores of an installation: all of them, the newest one, and the newest one that never ended."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from golive.model.errors import JournalError
from golive.model.verdict import Stage

from .session_identity import PROFILE_DIGEST
from .session_reader import OtherVersion, SessionReader

SESSIONS: Final = Path("var/state/sessions")
_NAME: Final = re.compile(r"(?P<stage>[a-z]+)_(?P<entrypoint>.+)_(?P<started>\d{8}T\d{6}Z)_(?P<run>[0-9a-f]{8})\.sqlite")


def session_stores(
    home: Path, *, stage: Stage | None = None, entrypoint: str | None = None, run_id: str | None = None
) -> list[Path]:
    """Return the stores of the sessions that fit, newest first; of `run_id` the first digits are enough."""
    found: list[tuple[str, int, Path]] = []
    for path in (home / SESSIONS).glob("*.sqlite"):
        name = _NAME.fullmatch(path.name)
        if name is None:
            continue
        wanted = stage in (None, name["stage"]) and entrypoint in (None, name["entrypoint"])
        if wanted and (run_id is None or run_id[:8] == name["run"][: len(run_id)]):
            found.append((name["started"], path.stat().st_ctime_ns, path))
    return [path for *_, path in sorted(found, reverse=True)]


def find_session(
    home: Path, *, stage: Stage | None = None, entrypoint: str | None = None, run_id: str | None = None
) -> Path | None:
    """Return the store of the newest session that fits, None when there is none.

    Raises JournalError when `run_id` fits more than one session, or a store cannot be read.
    """
    stores = session_stores(home, stage=stage, entrypoint=entrypoint, run_id=run_id)
    if run_id is None:
        return stores[0] if stores else None
    exact = [path for path in stores if _run_id(path).startswith(run_id)]
    if len(exact) > 1:
        raise JournalError(f"run {run_id} is not one session: {', '.join(sorted(_run_id(path) for path in exact))}")
    return exact[0] if exact else None


def unfinished_session(home: Path, stage: Stage, entrypoint: str, *, newest_only: bool = False) -> Path | None:
    """Return the newest session of this stage and entrypoint that did not end in order, None when all did.

    With `newest_only` no other than the newest session is looked at. Stores of another version cannot be gone on with, and are
    passed over.
    """
    stores = session_stores(home, stage=stage, entrypoint=entrypoint)
    for path in stores[:1] if newest_only else stores:
        try:
            with closing(SessionReader(path)) as reader:
                if not reader.has_ended:
                    return path
        except OtherVersion:
            continue
    return None


class ProfileUsed(NamedTuple):
    """The risk profile that a session was started with."""

    name: str
    digest: str


def last_profile(home: Path, entrypoint: str) -> ProfileUsed | None:
    """Return the risk profile of the newest session of an entrypoint, of any stage; None when there is none that says it."""
    for path in session_stores(home, entrypoint=entrypoint):
        try:
            with closing(SessionReader(path)) as reader:
                digest = reader.identity.terms.rules.get(PROFILE_DIGEST)
                return None if digest is None else ProfileUsed(reader.risk_profile, digest)
        except OtherVersion:
            continue
    return None


def last_commit_ns(path: Path) -> int:
    """Return when a store was last written to by its session, wall clock ns; `recovery` keeps that time when it folds."""
    log = path.with_name(f"{path.name}-wal")
    return max(each.stat().st_mtime_ns for each in (path, log) if each.exists())


def _run_id(path: Path) -> str:
    with closing(SessionReader(path)) as reader:
        return reader.identity.run_id
