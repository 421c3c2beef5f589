"""Named people: proving who one is, and keeping the book of operators. Every use stands in `logs/security_admin.log`.

Whatever needs a named person of a role calls `authorised`; a role that is not in `config/rbac.py` for the act is refused.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from golive.config.rbac import Act, roles_for
from golive.model.clock import SECOND, Clock, to_iso
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.security.operators import (
    LOCK_NS,
    OperatorBook,
    OperatorEntry,
    OperatorIdentity,
    changed,
    checked_name,
    decode_book,
    encode_book,
    locked_for,
    new_entry,
    with_signing_key,
)
from golive.storage import session_tokens
from golive.storage.operator_file import OperatorFile
from golive.storage.security_admin import record_admin_act

from .clock import SystemClock
from .host_signer import host_signer
from .identity import operator_identity


def authorised(home: Path, name: str, passphrase: Secret, act: Act, *, clock: Clock | None = None) -> OperatorIdentity:
    """Return who `name` is, once `passphrase` proves it and one of their roles may do `act`; the use is recorded first.

    Raises PrerequisiteMissing (exit 3) with one message for a wrong name and a wrong passphrase, another for a name that is
    locked and for a role that may not; JournalError when book or log cannot be used.
    """
    identity = authenticate(home, name, passphrase, purpose=act, clock=clock)
    if identity.may(act):
        return identity
    _record(home, clock or SystemClock(), "operator_refused", {"name": name, "reason": "role", "purpose": str(act)}, name)
    held = ", ".join(sorted(identity.roles))
    raise PrerequisiteMissing(f"{name} may not do {act}: it takes role {' or '.join(roles_for(act))}, {name} has {held}")


def authenticate(home: Path, name: str, passphrase: Secret, *, purpose: str, clock: Clock | None = None) -> OperatorIdentity:
    """Return who `name` is when `passphrase` proves it, whatever they may do; raises as `authorised`.

    Five failures in a minute lock the name, known or not, for a minute.
    """
    clock = clock or SystemClock()
    file = OperatorFile(home)
    with file.locked():
        now = clock.now()
        if (rest := locked_for(file.failures(name), now)) > 0:
            _record(home, clock, "operator_refused", {**_whose(name), "reason": "locked", "purpose": purpose})
            raise PrerequisiteMissing(
                f"this operator is locked after too many failures; try again in {math.ceil(rest / SECOND)} seconds"
            )
        book = _book(file)
        identity = book.proved(name, passphrase)
        if identity is None:
            file.note_failure(name, now, 2 * LOCK_NS)
            _record(home, clock, "operator_refused", {**_whose(name), "reason": "proof", "purpose": purpose})
            hint = "" if book.entries else "; there are no operators yet: golive operator add NAME --role ROLE"
            raise PrerequisiteMissing(f"name or passphrase of the operator is wrong{hint}")
        file.forget_failures(name)
    roles: JsonObject = {"name": name, "roles": sorted(identity.roles), "purpose": purpose}
    _record(home, clock, "operator_authenticated", roles, name)
    return identity


def operators(home: Path) -> tuple[OperatorEntry, ...]:
    """Return everybody who has a name here, by name; JournalError when the book cannot be read."""
    return tuple(entry for _, entry in sorted(_book(OperatorFile(home)).entries.items()))


def add_operator(
    home: Path, name: str, roles: Sequence[str], passphrase: Secret, *, by: OperatorIdentity | None, clock: Clock | None = None
) -> OperatorEntry:
    """Add a person; ConfigError for one who is there already, and for what cannot be a name, roles or a passphrase.

    Once somebody has role `secops`, `by` must be one of them (PrerequisiteMissing).
    """
    clock = clock or SystemClock()
    entry = new_entry(name, roles, passphrase, to_iso(clock.now()))
    with _managed(home, by) as (file, book):
        if name in book.entries:
            raise ConfigError(f"{name} is an operator already; golive operator remove {name} comes first")
        _record(home, clock, "operator_added", {"name": name, "roles": sorted(entry.roles)}, _who(by))
        file.write(encode_book(book.with_entry(entry)))
    return entry


def remove_operator(home: Path, name: str, *, by: OperatorIdentity | None, clock: Clock | None = None) -> None:
    """Remove a person; ConfigError when there is none of that name or nobody could manage the book then."""
    checked_name(name)
    with _managed(home, by) as (file, book):
        rest = book.without(name)
        clock = clock or SystemClock()
        _record(home, clock, "operator_removed", {"name": name}, _who(by))
        file.write(encode_book(rest))
        _end_sessions(home, name, clock)


def change_passphrase(
    home: Path, name: str, passphrase: Secret, *, by: OperatorIdentity, old: Secret | None = None, clock: Clock | None = None
) -> None:
    """Give a person a new passphrase: their own act, or that of somebody with role `secops`.

    `old`: the person's own, which keeps their signing key; without it the key is gone and a new one has to be made.
    """
    clock = clock or SystemClock()
    if by.name != name and not by.may(Act.OPERATOR_MANAGE):
        raise PrerequisiteMissing(f"{by.name} may not change the passphrase of {name}")
    file = OperatorFile(home)
    with file.locked():
        book = _book(file)
        entry = changed(book.demand(name), passphrase, to_iso(clock.now()), old)
        _record(home, clock, "operator_passphrase_changed", {"name": name}, by.name)
        file.write(encode_book(book.with_entry(entry)))
        file.forget_failures(name)
        _end_sessions(home, name, clock)


def make_signing_key(home: Path, by: OperatorIdentity, passphrase: Secret, *, clock: Clock | None = None) -> OperatorEntry:
    """Give a person who has been authenticated a new signing key under their `passphrase`; one that was there is replaced."""
    file = OperatorFile(home)
    with file.locked():
        book = _book(file)
        entry = with_signing_key(book.demand(by.name), passphrase)
        assert entry.signing is not None
        body: JsonObject = {"name": by.name, "public_key": entry.signing.public}
        _record(home, clock or SystemClock(), "operator_signing_key_made", body, by.name)
        file.write(encode_book(book.with_entry(entry)))
    return entry


def needs_manager(home: Path) -> bool:
    """Say whether the book is changed only with the consent of somebody of role `secops`."""
    return _book(OperatorFile(home)).is_managed


def record_act(home: Path, type_: str, body: JsonObject, operator: str, *, clock: Clock | None = None) -> None:
    """Record what a named person does, before it is done; JournalError when it cannot be."""
    _record(home, clock or SystemClock(), type_, body, operator)


@contextmanager
def _managed(home: Path, by: OperatorIdentity | None) -> Iterator[tuple[OperatorFile, OperatorBook]]:
    file = OperatorFile(home)
    with file.locked():
        book = _book(file)
        if book.is_managed and (by is None or not by.may(Act.OPERATOR_MANAGE)):
            takes = ", ".join(roles_for(Act.OPERATOR_MANAGE))
            raise PrerequisiteMissing(f"the book of operators is managed by role {takes}: give --operator NAME of that role")
        yield file, book


def _book(file: OperatorFile) -> OperatorBook:
    data = file.read()
    return OperatorBook({}) if data is None else decode_book(data, str(file.path))


def _end_sessions(home: Path, name: str, clock: Clock) -> None:
    """Revoke the session tokens of a person whose name or passphrase has ended; nothing to do where none was ever issued."""
    if (home / session_tokens.PATH).exists():
        with closing(session_tokens.SessionTokens(home)) as tokens:
            tokens.revoke_all_of(name, clock.now())


def _who(by: OperatorIdentity | None) -> str:
    return operator_identity() if by is None else by.name


def _whose(name: str) -> JsonObject:
    """What was given as a name may be a slip of the keyboard, such as a passphrase."""
    return {"name_sha256": hashlib.sha256(name.encode()).hexdigest()}


def _record(home: Path, clock: Clock, type_: str, body: JsonObject, operator: str | None = None) -> None:
    who = operator or operator_identity()
    record_admin_act(home, host_signer(home, clock, who), type_, body, who)
