"""What records of a gate say: every order of them, and what no record may do."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest

from golive.audit import Entry
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED, TAIL_CUT
from golive.model.clock import MINUTE, SECOND, to_iso
from golive.readiness.gate_state import CLOSED, KEPT, OPENED, Opened, Shut, at, read_gate

T0 = 1_767_225_600 * SECOND
LENA = {"name": "lena", "roles": ["live_activator"]}
CARL = {"name": "carl", "roles": ["compliance"]}
OPENING: Mapping[str, Any] = {
    "operators": [LENA, CARL], "checked_at": to_iso(T0), "expires_at": to_iso(T0 + 15 * MINUTE), "report": "r.json",
    "report_sha256": "0" * 64, "bound": {"code_version": "1"},
}  # fmt: skip


def entry(seq: int, type_: str, body: Mapping[str, Any], ts: int = T0) -> Entry:
    return Entry(body, "0" * 32, 0, "k", f"{seq:064x}", "0", "somebody", "", seq, to_iso(ts), type_)


def kept(seq: int, opened_seq: int, at_: int = T0 + 5 * MINUTE, until: int | None = None) -> Entry:
    body = {"opened_seq": opened_seq, "checked_at": to_iso(at_), "expires_at": to_iso(until or at_ + 15 * MINUTE)}
    return entry(seq, KEPT, body, at_)


def closed(seq: int) -> Entry:
    return entry(seq, CLOSED, {"reason": "stop", "by": "olga"})


def opening(seq: int = 1, **changed: Any) -> Entry:
    return entry(seq, OPENED, {**OPENING, **changed})


def is_open(*records: Entry, now: int = T0 + MINUTE) -> bool:
    return isinstance(at(read_gate(records), now), Opened)


def test_every_order_of_four_records_is_open_only_behind_an_opening_that_nothing_shut() -> None:
    names = {"o": OPENED, "k": KEPT, "c": CLOSED, "t": TAIL_CUT, "e": KEY_EVOLVED, "x": "gate_of_tomorrow"}
    for word in map("".join, product(names, repeat=4)):
        opened_seq, expected, records = 0, False, []
        for seq, letter in enumerate(word, 1):
            if letter == "o":
                opened_seq, expected = seq, True
                records.append(opening(seq))
            elif letter == "k":
                records.append(kept(seq, opened_seq, T0))
            elif letter == "c":
                records.append(closed(seq))
                expected = False
            else:
                records.append(entry(seq, names[letter], {}))
                expected = expected and letter == "e"
        assert is_open(*records) is expected, word


def test_a_look_keeps_the_opening_that_it_names_and_no_other() -> None:
    assert not is_open(opening(1), kept(2, 7), now=T0 + 16 * MINUTE)
    assert is_open(opening(1), kept(2, 1), now=T0 + 16 * MINUTE)
    assert not is_open(opening(1), kept(2, 1), now=T0 + 20 * MINUTE)
    assert not is_open(opening(1), closed(2), kept(3, 1))
    assert is_open(opening(1), closed(2), opening(3))
    assert not is_open(opening(1), opening(3), kept(4, 1), now=T0 + 16 * MINUTE)


def test_whatever_a_record_says_it_stands_for_a_quarter_of_an_hour_at_most() -> None:
    long = to_iso(T0 + 600 * MINUTE)
    assert not is_open(opening(1, expires_at=long), now=T0 + 15 * MINUTE)
    assert not is_open(opening(1), kept(2, 1, T0 + MINUTE, T0 + 600 * MINUTE), now=T0 + 16 * MINUTE)
    assert not is_open(opening(1, expires_at=to_iso(T0 - MINUTE)))


def test_a_clock_behind_the_records_shuts_it() -> None:
    assert is_open(opening(1), now=T0 - 4 * SECOND)
    assert not is_open(opening(1), now=T0 - 6 * SECOND)


PAIRS: dict[str, list[dict[str, Any]]] = {
    "one": [LENA],
    "none": [],
    "three": [LENA, CARL, {"name": "olga", "roles": ["operator"]}],
    "the same": [LENA, LENA],
    "the same name": [LENA, {"name": "lena", "roles": ["compliance"]}],
    "one role": [LENA, {"name": "leo", "roles": ["live_activator"]}],
    "nobody who activates": [CARL, {"name": "olga", "roles": ["operator"]}],
    "no role that may": [LENA, {"name": "rita", "roles": ["risk"]}],
}


@pytest.mark.parametrize("pair", PAIRS)
def test_an_opening_by_two_who_may_not_opens_nothing(pair: str) -> None:
    state = read_gate([opening(1, operators=PAIRS[pair])])
    assert isinstance(state, Shut)
    assert state.is_doubt


@pytest.mark.parametrize("name", OPENING)
@pytest.mark.parametrize("value", [None, 7, "yesterday", [], [1]])
def test_an_opening_that_cannot_be_understood_is_an_error(name: str, value: object) -> None:
    if (name, value) in (("report", "yesterday"), ("report_sha256", "yesterday")):
        return
    try:
        assert not is_open(opening(1, **{name: value})), "operators may be an empty list, and open nothing"
    except ValueError as exc:
        assert str(exc).startswith("record 1 (gate_opened) cannot be understood")  # noqa: PT017
    with pytest.raises(ValueError, match=r"record 2 \(gate_closed\)"):
        read_gate([opening(1), entry(2, CLOSED, {"by": "olga"})])


def test_a_header_alone_was_never_opened() -> None:
    state = read_gate([entry(1, HEADER_TYPE, {})])
    assert isinstance(state, Shut)
    assert state.because == "it was never opened"
