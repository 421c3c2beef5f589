"""The book of operators as values: hashes, proofs, locks, and what is refused when it is read back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.config.rbac import Role
from golive.model.clock import SECOND
from golive.model.errors import ConfigError, JournalError
from golive.model.secret import Secret
from golive.security.operators import (
    LOCK_NS,
    MOST_FAILURES,
    OperatorBook,
    PassphraseHash,
    changed,
    checked_name,
    checked_roles,
    decode_book,
    encode_book,
    locked_for,
    new_entry,
)

AT = "2026-01-01T00:00:00Z"
RIGHT, WRONG = Secret("correct horse battery"), Secret("incorrect horse battery")
ANNA = new_entry("anna.k", ["risk"], RIGHT, AT)
BOOK = OperatorBook({"anna.k": ANNA})


def test_a_passphrase_proves_its_owner_and_no_other_does() -> None:
    identity = BOOK.proved("anna.k", RIGHT)
    assert identity is not None
    assert (identity.name, identity.roles) == ("anna.k", frozenset({Role.RISK}))
    assert BOOK.proved("anna.k", WRONG) is None
    assert BOOK.proved("nobody", RIGHT) is None
    assert BOOK.proved("anna.k", Secret("x" * 5000)) is None


def test_two_hashes_of_one_passphrase_differ_and_show_nothing_of_it() -> None:
    one, two = PassphraseHash.of(RIGHT), PassphraseHash.of(RIGHT)
    assert one.salt != two.salt
    assert one.digest != two.digest
    assert RIGHT.reveal() not in encode_book(BOOK).decode() + repr(ANNA)


@pytest.mark.parametrize("length", [0, 11, 1025])
def test_a_passphrase_has_a_least_and_a_most_length(length: int) -> None:
    with pytest.raises(ConfigError, match="12 to 1024 characters"):
        PassphraseHash.of(Secret("x" * length))


@pytest.mark.parametrize("name", ["", "Anna", "1st", "a b", "a/b", "../a", "ä", "a" * 33, "a\n"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be an operator's name"):
        checked_name(name)


def test_roles_are_of_the_table() -> None:
    assert checked_roles(["risk", "viewer", "risk"]) == {Role.RISK, Role.VIEWER}
    with pytest.raises(ConfigError, match="there is no such role"):
        checked_roles(["root"])
    with pytest.raises(ConfigError, match="at least one --role"):
        checked_roles([])


def test_a_book_is_read_as_it_was_written() -> None:
    book = BOOK.with_entry(new_entry("bob", ["operator", "secops"], WRONG, AT))
    assert decode_book(encode_book(book), "f") == book
    assert book.is_managed
    assert not BOOK.is_managed


def test_a_new_passphrase_takes_the_place_of_the_old_one() -> None:
    book = BOOK.with_entry(changed(ANNA, WRONG, "2026-01-02T00:00:00Z"))
    assert book.proved("anna.k", RIGHT) is None
    assert book.proved("anna.k", WRONG) is not None


def test_the_last_who_could_manage_stays_unless_they_are_alone() -> None:
    sec = new_entry("sec", ["secops"], RIGHT, AT)
    with pytest.raises(ConfigError, match="last operator with role secops"):
        BOOK.with_entry(sec).without("sec")
    assert OperatorBook({"sec": sec}).without("sec").entries == {}
    with pytest.raises(ConfigError, match="there is no operator 'bob'"):
        BOOK.without("bob")


def _with(**fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda document: document["operators"][0].update(fields)


@pytest.mark.parametrize(
    "damage",
    [
        _with(n=1), _with(n=(1 << 15) + 1), _with(n=1 << 30), _with(n=True), _with(r=1), _with(p=99), _with(salt="00"), _with(scrypt="zz"),
        _with(scrypt="00"), _with(roles=["root"]), _with(roles=[]), _with(roles="risk"), _with(name="../x"), _with(added_at=None),
        lambda document: document.update(schema="other"), lambda document: document.update(operators={}),
        lambda document: document["operators"].append(document["operators"][0]), lambda document: document["operators"].append(3),
    ],
)  # fmt: skip
def test_a_damaged_book_is_refused_whole(damage: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads(encode_book(BOOK))
    damage(document)
    with pytest.raises(JournalError, match="f: cannot read the operators"):
        decode_book(json.dumps(document).encode(), "f")


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null"])
def test_what_is_no_book_is_refused(data: bytes) -> None:
    with pytest.raises(JournalError, match="restore the file"):
        decode_book(data, "f")


def test_five_failures_in_a_minute_lock_for_a_minute() -> None:
    failures = [n * SECOND for n in range(MOST_FAILURES)]
    last = failures[-1]
    assert locked_for(failures[:-1], last) == 0
    assert locked_for(failures, last) == LOCK_NS
    assert locked_for(failures, last + LOCK_NS - 1) == 1
    assert locked_for(failures, last + LOCK_NS) == 0
    assert locked_for(failures, last - SECOND) == LOCK_NS, "a clock that went back opens nothing"


def test_failures_that_are_far_apart_lock_nothing() -> None:
    failures = [n * 15 * SECOND for n in range(8)]
    assert locked_for(failures, failures[-1]) == 0


@given(st.lists(st.integers(0, 300 * SECOND), max_size=30), st.integers(0, 400 * SECOND))
def test_a_lock_never_outlasts_a_minute_and_needs_five_failures(failures: list[int], now: int) -> None:
    rest = locked_for(failures, now)
    assert 0 <= rest <= LOCK_NS
    if len(failures) < MOST_FAILURES:
        assert rest == 0
