"""Licence × list × clock × machine × what is wanted: the verdict of each pair of bends is the worse of two that a table states.

The table says of each bend by itself what the contract says of it; nothing of it comes from the code that judges.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from golive.model.clock import DAY, MINUTE, SECOND
from golive.security.licence.fault import Document, FaultCode
from golive.security.licence.fingerprint import digests
from golive.security.licence.judge import Wanted, judge
from golive.security.licence.mark import Marks
from support.licences import (
    DUDZIAN_2,
    FINGERPRINT,
    HOUR,
    LICENCE,
    LIST,
    LOCAL,
    MACHINE,
    NOW,
    OTHER,
    RULES,
    SALT,
    STRANGER,
    Case,
)

Bend = tuple[Callable[[Case], Case], str, frozenset[tuple[str, str]]]
"""what is bent, what the contract says of it (`ok`, `grace`, `no`), and the faults that must be named"""


def bend(verdict: str, *faults: str, **changes: object) -> Bend:
    named = frozenset((document, code) for document, code in (fault.split(":") for fault in faults))
    return (lambda case: case.bent(**changes)), verdict, named


def licence(**changes: object) -> object:
    return replace(LICENCE, **changes)  # type: ignore[arg-type]  # a bend names fields of a licence


def listed(**changes: object) -> object:
    return replace(LIST, **changes)  # type: ignore[arg-type]  # as above


LICENCES: Mapping[str, Bend] = {
    "valid": bend("ok"),
    "signed by the second key": bend("ok", licence_key=DUDZIAN_2),
    "in its last second": bend("ok", licence=licence(not_after=NOW + SECOND)),
    "ended this moment": bend("grace", "licence:expired", licence=licence(not_after=NOW)),
    "ended 71 hours ago": bend("grace", "licence:expired", licence=licence(not_after=NOW - 71 * HOUR)),
    "ended 72 hours ago": bend("no", "licence:expired", licence=licence(not_after=NOW - 72 * HOUR)),
    "begins in a second": bend("no", "licence:not_yet", licence=licence(not_before=NOW + SECOND)),
    "good for too long": bend("no", "licence:too_long", licence=licence(not_after=NOW + 371 * DAY)),
    "good for the most": bend("ok", licence=licence(not_after=NOW + 370 * DAY)),
    "missing": bend("no", "licence:missing", licence=None),
    "signed by a stranger": bend("no", "licence:key_unknown", licence_key=STRANGER),
    "says another issuer": bend("no", "licence:issuer", licence=licence(issuer="other")),
    "without the exchange": bend("no", "licence:profile", licence=licence(allowed_profiles=("desktop", "kraken"))),
    "without desktop": bend("no", "licence:profile", licence=licence(allowed_profiles=("okx",))),
    "for another device": bend(
        "no", "fingerprint:other_device", "expected fingerprint:other_device", licence=licence(fingerprint="c" * 32)
    ),
    "demands a newer list": bend("no", "revocation list:too_old", licence=licence(min_revocation_version=30)),
    "calls itself development": bend("no", "licence:development", licence=licence(development=True)),
}
LISTS: Mapping[str, Bend] = {
    "fresh": bend("ok"),
    "newer": bend("ok", revocations=listed(version=29)),
    "signed by the second key": bend("ok", list_key=DUDZIAN_2),
    "stale this moment": bend("grace", "revocation list:stale", revocations=listed(issued=NOW - DAY, expires=NOW)),
    "stale for 71 hours": bend(
        "grace", "revocation list:stale", revocations=listed(issued=NOW - 5 * DAY, expires=NOW - 71 * HOUR)
    ),
    "stale for 72 hours": bend("no", "revocation list:stale", revocations=listed(issued=NOW - 5 * DAY, expires=NOW - 72 * HOUR)),
    "missing": bend("no", "revocation list:missing", revocations=None),
    "rolled back": bend("no", "revocation list:rolled_back", revocations=listed(version=19)),
    "of another issuer": bend("no", "revocation list:issuer", list_key=OTHER),
    "of a stranger": bend("no", "revocation list:key_unknown", list_key=STRANGER),
    "of this machine's own issuer": bend("no", "revocation list:issuer", list_key=LOCAL),
    "in the future": bend("no", "revocation list:not_yet", revocations=listed(issued=NOW + 6 * MINUTE)),
    "good for eight days": bend("no", "revocation list:malformed", revocations=listed(expires=NOW + 7 * DAY)),
    "takes the licence back": bend("no", "licence:revoked", revocations=listed(licences=("lic-0", "lic-1"))),
    "takes another back": bend("ok", revocations=listed(licences=("lic-0",))),
}
CLOCKS: Mapping[str, Bend] = {
    "on": bend("ok"),
    "five minutes back": bend("ok", marks=Marks({"dudzian": 20}, NOW + 5 * MINUTE)),
    "set back": bend("no", "clock:rolled_back", marks=Marks({"dudzian": 20}, NOW + 5 * MINUTE + SECOND)),
    "marks not believed": bend("no", "clock:marks", marks=Marks({"dudzian": 20}, NOW, "not written by this installation")),
}


def other(*names: str) -> dict[str, str]:
    return {**MACHINE, **{name: f"another {name}" for name in names}}


BOTH_OTHER = ("fingerprint:other_machine", "expected fingerprint:other_machine")
MACHINES: Mapping[str, Bend] = {
    "the same": bend("ok"),
    "a new card": bend("ok", machine=other("mac")),
    "two factors left": bend("ok", machine=other("mac", "disk", "board")),
    "one factor left": bend("no", *BOTH_OTHER, machine=other("mac", "disk", "board", "cpu")),
    "another": bend("no", *BOTH_OTHER, machine=other(*MACHINE)),
    "says nothing": bend("no", *BOTH_OTHER, machine={}),
    "written differently": bend("ok", machine={name: f" {value.upper()} " for name, value in MACHINE.items()}),
    "fingerprint missing": bend("no", "fingerprint:missing", fingerprint=None),
    "fingerprint of another device": bend("no", "fingerprint:other_device", fingerprint=replace(FINGERPRINT, device="e" * 32)),
    "expected another machine": bend(
        "no", "expected fingerprint:other_machine",
        expected=replace(FINGERPRINT, factors=digests({**other(*MACHINE)}, SALT)),
    ),
    "requires one factor": bend("no", "fingerprint:malformed", fingerprint=replace(FINGERPRINT, required=1)),
    "fingerprint by a stranger": bend(
        "no", "fingerprint:key_unknown", "expected fingerprint:key_unknown", fingerprint_key=STRANGER
    ),
}  # fmt: skip
WORSE = ("ok", "grace", "no")
STANDING = {"ok": "valid", "grace": "grace", "no": "invalid"}
DIMENSIONS = (LICENCES, LISTS, CLOCKS, MACHINES)
WANTED = Wanted(("desktop", "okx"))
UNREAD = {(str(document), code) for document in Document for code in ("missing", "key_unknown")} | {
    ("revocation list", "malformed")
}
"""faults of documents of which nothing is known"""


def pairs() -> set[tuple[str, ...]]:
    """Every pair of bends, with nothing else bent; each case is one name of each table."""
    neutral = [next(iter(table)) for table in DIMENSIONS]
    found = set()
    for one, two in itertools.combinations(range(len(DIMENSIONS)), 2):
        for names in itertools.product(DIMENSIONS[one], DIMENSIONS[two]):
            case = list(neutral)
            case[one], case[two] = names
            found.add(tuple(case))
    return found


def sample(count: int) -> set[tuple[str, ...]]:
    """Cases in which all four are bent as it comes."""
    drawn = random.Random(9)
    return {tuple(drawn.choice(list(table)) for table in DIMENSIONS) for _ in range(count)}


def test_the_verdict_is_the_worst_of_the_table_and_every_fault_is_named() -> None:
    cases = sorted(pairs() | sample(500))
    assert len(cases) > 1000
    for names in cases:
        case, worst, faults = Case(), "ok", set[tuple[str, str]]()
        for table, name in zip(DIMENSIONS, names, strict=True):
            change, says, its = table[name]
            case, worst, faults = change(case), max(worst, says, key=WORSE.index), faults | its
        found = judge(case.held(), RULES, NOW, WANTED)
        told = {(str(each.document), str(each.code)) for each in found.faults}
        assert found.standing == STANDING[worst], names
        assert found.is_good is (found.good_until is not None), names
        gone = {document for document, _ in faults & UNREAD}
        if "licence" not in gone:  # a document that cannot be believed is compared with nothing
            certain = {fault for fault in faults if fault[0] not in gone or fault in UNREAD}
            if "revocation list" in gone:
                certain -= {("licence", "revoked")}
            assert certain <= told <= faults, names


LIVE: Mapping[str, tuple[Case, str, frozenset[tuple[str, str]]]] = {
    "entitled": (Case(), "ok", frozenset()),
    "paper only": (Case(licence=replace(LICENCE, environments=("paper",))), "no", frozenset({("licence", "environment")})),
    "no expected fingerprint": (Case(expected=None), "no", frozenset({("expected fingerprint", "missing")})),
    "in grace": (Case(licence=replace(LICENCE, not_after=NOW)), "grace", frozenset({("licence", "expired")})),
}


@pytest.mark.parametrize("name", LIVE)
def test_live_takes_its_own_entitlement_and_the_expected_device(name: str) -> None:
    case, verdict, named = LIVE[name]
    found = judge(case.held(), RULES, NOW, Wanted(("desktop", "okx"), live=True))
    assert found.standing == STANDING[verdict]
    assert {(str(each.document), str(each.code)) for each in found.faults} == named


def development(**changes: object) -> Case:
    made = replace(LICENCE, issuer="development", development=True, environments=("paper", "testnet", "live"))
    mine = replace(made, **changes)  # type: ignore[arg-type]  # as above
    return Case(licence=mine, licence_key=LOCAL, fingerprint_key=LOCAL, list_key=LOCAL, expected=None, marks=Marks())


def test_what_was_made_for_development_is_good_for_paper_and_never_for_live() -> None:
    held = development().held()
    assert judge(held, RULES, NOW, WANTED).standing == "valid"
    found = judge(held, RULES, NOW, Wanted(("desktop", "okx"), live=True))
    assert found.standing == "invalid"
    assert {(each.document, each.code) for each in found.faults} == {
        (Document.LICENCE, FaultCode.DEVELOPMENT), (Document.EXPECTED, FaultCode.MISSING),
    } - {(Document.EXPECTED, FaultCode.MISSING)}  # fmt: skip


@pytest.mark.parametrize("issuer", ["dudzian", "development"])
@pytest.mark.parametrize("says", [True, False])
def test_the_development_key_signs_development_only(issuer: str, says: bool) -> None:
    is_good = issuer == "development" and says
    found = judge(development(issuer=issuer, development=says).held(), RULES, NOW, WANTED)
    assert found.is_good is is_good


@pytest.mark.parametrize("who", ["licence_key", "list_key", "fingerprint_key"])
def test_a_key_that_is_taken_back_signs_nothing_any_more(who: str) -> None:
    case = Case(revocations=replace(LIST, keys=(DUDZIAN_2.key_id,)))
    assert judge(case.held(), RULES, NOW, WANTED).standing == "valid"
    found = judge(case.bent(**{who: DUDZIAN_2}).held(), RULES, NOW, WANTED)
    assert (Document.LICENCE, FaultCode.KEY_REVOKED) in {(each.document, each.code) for each in found.faults}
    assert not found.is_good


def test_the_configuration_allows_no_more_than_it_says() -> None:
    found = judge(Case().held(), replace(RULES, allowed_profiles=("desktop",)), NOW, WANTED)
    assert {(each.document, each.code) for each in found.faults} == {(Document.LICENCE, FaultCode.PROFILE)}
    assert found.profiles == ("desktop",)
