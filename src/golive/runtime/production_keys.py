"""`golive keys`: who makes an installation's production keys, from when on, and what they are.

Production begins in an installation that has signed nothing yet but the acts of its people, so nothing that was signed with keys
for development is ever among its evidence (docs/decisions/0048).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from golive.audit import Entry, Soundness
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED, TAIL_CUT
from golive.config.rbac import Act
from golive.inputs import read_beside
from golive.model.clock import Clock, stamp
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.model.verdict import KeyClass
from golive.security.age_sealing import sealed_for
from golive.storage.keys import SigningKeys, installed_class
from golive.storage.production_keys import MadeKeys, finish, held_people_log, make_production_keys, unfinished
from golive.storage.security_admin import PATH as ADMIN_LOG
from golive.storage.security_admin import admin_entries, record_admin_act
from golive.storage.verification import Verifier
from golive.storage.verified import Result

from .host_signer import host_signer
from .operators import authorised

RECORD: Final = "production_keys_created"
OPTION: Final = "--auditor"
_OF_THE_LOG: Final = frozenset({HEADER_TYPE, KEY_EVOLVED, TAIL_CUT})
_OF_PEOPLE: Final = "operator_"
_SHOWN: Final = 3
_ELSEWHERE: Final = (
    "production begins in an installation of its own: another --home with config/, its people, and nothing else yet"
)
_EVIDENCE: Final = ("var/audit", "var/state/sessions", "var/state/orders")


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """The keys of an installation, as far as anybody may know them."""

    key_class: KeyClass
    seal_key: str
    """id of the key that signs seals; its public half lies in `var/audit/keys/`"""
    made: MadeKeys | None
    """None of keys for development"""
    made_at: str
    """ISO-8601 `Z`; '' of keys for development"""
    faults: tuple[str, ...]
    """what of production keys is not as it was recorded"""


def create_keys(home: Path, operator: str, passphrase: Secret, recipient: str, verifier: Verifier, clock: Clock) -> KeyFacts:
    """Make production keys in the name of somebody of role `secops`, the first root sealed for `recipient`; record them.

    A making that was cut off is finished. Raises ConfigError for what is no recipient, PrerequisiteMissing where there are such
    keys already or something was signed before, and as `authorised` does; JournalError.
    """
    sealed_for(recipient, b"", OPTION)
    if unfinished(home) is None:
        _demand_none(home)
        authorised(home, operator, passphrase, Act.KEYS_CREATE, clock=clock)
        _demand_untouched(home, verifier)
        with held_people_log(home):
            _demand_people_alone(admin_entries(home, SigningKeys.load(home)))
            made = make_production_keys(
                home, operator, recipient, lambda root: sealed_for(recipient, root, OPTION), stamp(clock.now())
            )
            _finish(home, made, clock)
    return key_facts(home)


def finish_keys(home: Path, clock: Clock) -> bool:
    """Finish a making of keys that was cut off, which was authorised then; say whether there was one. Raises JournalError."""
    made = unfinished(home)
    if made is not None:
        _finish(home, made, clock)
    return made is not None


def key_facts(home: Path) -> KeyFacts:
    """Return what the keys of an installation are. Raises JournalError when there are none, or log or keys cannot be used."""
    keys = SigningKeys.load(home)
    if keys is None:
        gone = "; restore var/state/keys from a backup" if installed_class(home) is KeyClass.PRODUCTION else " yet"
        raise JournalError(f"{home}: has no keys{gone}")
    if keys.key_class is KeyClass.DEVELOPMENT:
        return KeyFacts(keys.key_class, keys.seal_key_id, None, "", ())
    entry = next((each for each in admin_entries(home, keys) if each.type == RECORD), None)
    made = None if entry is None else _made(entry)
    if entry is None or made is None:
        return KeyFacts(keys.key_class, keys.seal_key_id, None, "", (f"{ADMIN_LOG} does not say who made these keys",))
    return KeyFacts(keys.key_class, keys.seal_key_id, made, entry.ts, tuple(_faults(home, keys, made)))


def _faults(home: Path, keys: SigningKeys, made: MadeKeys) -> list[str]:
    found = []
    if keys.logs.root != made.first_root:
        found.append(f"logs are signed by keys of {keys.logs.root}, those that were made are of {made.first_root}")
    try:
        digest = hashlib.sha256(read_beside(home / made.sealed_root)).hexdigest()
        if digest != made.sealed_root_sha256:
            found.append(f"{made.sealed_root}: is not the sealed first key that was recorded; restore it from a backup")
    except OSError as exc:
        found.append(f"{made.sealed_root}: the sealed first key cannot be read: {exc.strerror}; restore it from a backup")
    return found


def _finish(home: Path, made: MadeKeys, clock: Clock) -> None:
    def record(keys: SigningKeys) -> None:
        if not any(entry.type == RECORD for entry in admin_entries(home, keys)):
            signer = host_signer(home, clock, made.made_by, keys)
            record_admin_act(home, signer, RECORD, asdict(made), made.made_by)

    finish(home, made, record)


def _demand_none(home: Path) -> None:
    if installed_class(home) is KeyClass.PRODUCTION:
        raise PrerequisiteMissing("this installation has production keys, golive keys show; they are made once")


def _demand_untouched(home: Path, verifier: Verifier) -> None:
    """Refuse where anything but the log of people's acts was signed, or that is not sound."""
    results = verifier.everything()
    bad = [result for result in results if result.soundness is not Soundness.CLEAN]
    if bad:
        raise PrerequisiteMissing(f"{bad[0].path}: {bad[0].soundness}: {bad[0].faults[0]}; golive audit verify --all")
    found = [_named(result, home) for result in results if result.path != home / ADMIN_LOG]
    found += [str(path.relative_to(home)) for name in _EVIDENCE for path in _in(home / name)]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise PrerequisiteMissing(f"there is evidence of keys for development: {', '.join(found[:_SHOWN])}{more}; {_ELSEWHERE}")


def _in(folder: Path) -> Sequence[Path]:
    ours = {"keys", "seals"} if folder.name == "audit" else set()
    return [path for path in sorted(folder.iterdir()) if path.name not in ours] if folder.is_dir() else ()


def _named(result: Result, home: Path) -> str:
    return str(result.path.relative_to(home) if result.path.is_relative_to(home) else result.path)


def _demand_people_alone(entries: Sequence[Entry]) -> None:
    for entry in entries:
        if entry.type not in _OF_THE_LOG and not entry.type.startswith(_OF_PEOPLE):
            raise PrerequisiteMissing(f"{ADMIN_LOG}: record {entry.seq} is {entry.type!r}, signed for development; {_ELSEWHERE}")


def _made(entry: Entry) -> MadeKeys | None:
    members = {each.name: entry.body.get(each.name) for each in fields(MadeKeys)}
    if not all(type(value) is (int if name == "people_seq" else str) for name, value in members.items()):
        return None
    return MadeKeys(**members)  # type: ignore[arg-type]
