"""RFC 8785: the published examples, the limits, and that reading gives back what was written."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.audit.canonical import CanonicalError, _write, canonical, number_text, parse_canonical
from golive.model.decision import DecisionCode
from golive.model.json import JsonValue

# RFC 8785 appendix B.
NUMBERS = {
    "0000000000000000": "0", "8000000000000000": "0", "0000000000000001": "5e-324", "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308", "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992", "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000", "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23", "44b52d02c7e14af7": "1.0000000000000001e+23", "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000", "444b1ae4d6e2ef50": "1e+21", "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001", "41b3de4355555553": "333333333.3333332", "41b3de4355555554": "333333333.33333325",
    "41b3de4355555555": "333333333.3333333", "41b3de4355555556": "333333333.3333334", "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333", "43143ff3c1cb0959": "1424953923781206.2",
}  # fmt: skip


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_the_rfc_lists_them(bits: str, text: str) -> None:
    assert number_text(struct.unpack(">d", bytes.fromhex(bits))[0]) == text


def test_the_example_of_section_3_2_2_comes_out_byte_for_byte() -> None:
    value: JsonValue = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical(value) == expected.encode()


def test_keys_are_sorted_by_utf_16_code_units() -> None:
    # RFC 8785 §3.2.3: the emoji's surrogate D83D sorts before U+FB33, though its code point is higher.
    keys = ["€", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "ö"]
    written = json.loads(canonical(dict.fromkeys(keys, 0)), object_pairs_hook=lambda pairs: [key for key, _ in pairs])
    assert written == ["\r", "1", "\u0080", "ö", "€", "\U0001f600", "\ufb33"]


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, 2**53, -(2**53), 1e20, "\ud800", {"\ud800": 1}, {1: 2}, b"x", object(), {"a": {1, 2}}],
)
def test_what_has_no_canonical_form_is_refused(value: JsonValue) -> None:
    with pytest.raises(CanonicalError):
        canonical(value)
    with pytest.raises(CanonicalError):
        canonical({"nested": [value]})


def test_nesting_deeper_than_64_is_refused() -> None:
    value: JsonValue = 1
    for _ in range(64):
        value = [value]
    assert canonical(value)
    with pytest.raises(CanonicalError, match="64"):
        canonical([value])


def test_text_enums_are_written_as_their_text() -> None:
    assert canonical({"code": DecisionCode.APPROVED}) == b'{"code":"APPROVED"}'


@pytest.mark.parametrize(
    "data",
    [
        b'{"b":1,"a":2}', b'{"a": 1}', b'{"a":1,"a":1}', b'{"a":1,"a":2}', b"[1.0]", b"[1e2]", b"[-0]", b'["\\u0041"]', b'["\\/"]',
        b"[9007199254740992]", b"[100000000000000000000]", b"[NaN]", b"[1,]", b'["\xff"]', b"", b"[1]\n", b" [1]", b"\xef\xbb\xbf[1]",
        b'["\\ud800"]', b'["\\u000F"]',
    ],
)  # fmt: skip
def test_the_strict_reader_refuses_every_other_spelling(data: bytes) -> None:
    with pytest.raises(CanonicalError):
        parse_canonical(data)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: not 2**53 - 1 < abs(x) < 1e21)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | FLOATS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_reading_gives_back_what_was_written(value: JsonValue) -> None:
    data = canonical(value)
    assert parse_canonical(data) == value
    assert canonical(parse_canonical(data)) == data


@given(VALUES)
def test_the_fast_path_writes_what_the_plain_writer_writes(value: JsonValue) -> None:
    parts: list[str] = []
    _write(value, parts)
    assert canonical(value) == "".join(parts).encode()


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.0}', '{"a":-2.50}', '{"a":1e16}', '{"a":1.5E5}', '{"a":9007199254740993}', '{"a":-9007199254740992}', "[1.0]",
        '{"a":[1,1e16]}', '{"\ue000":1,"\U00010000":2}', '{"a":{"\uffff":1,"\U0001f600":2}}',
        '{"a":' * 65 + "1" + "}" * 65, "[" * 66 + "]" * 66, '{"a":[' * 33 + "]}" * 33,
    ],
)  # fmt: skip
def test_what_one_library_would_write_back_alike_is_refused_all_the_same(text: str) -> None:
    """Each is what `orjson` makes of its value, so only the rules of RFC 8785, and ours of size and depth, speak against it."""
    with pytest.raises(CanonicalError):
        parse_canonical(text.encode())
