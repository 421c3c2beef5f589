"""JSON from outside: one meaning or none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.inputs import NotStrictJson, parse_json

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(ANY, st.booleans())
def test_every_document_is_read_as_the_standard_library_reads_it(value: object, is_ascii: bool) -> None:
    data = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", errors="surrogatepass")
    try:
        data.decode()
    except UnicodeDecodeError:
        with pytest.raises(NotStrictJson, match="is not UTF-8"):
            parse_json(data)
    else:
        assert parse_json(data) == json.loads(data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a": 1, "a": 1}', "holds the key 'a' twice"), (b'[{"x": {"b": 1, "c": 2, "b": 3}}]', "holds the key 'b' twice"),
        (b'{"a": NaN}', "NaN"), (b"[Infinity]", "Infinity"), (b"[-Infinity]", "-Infinity"), (b"[1e999]", "beyond every number"),
        (b"\xff", "not UTF-8"), (b"", "is not JSON"), (b"{", "is not JSON"), (b"{} {}", "is not JSON"), (b"[1,]", "is not JSON"),
        (b"\xef\xbb\xbf{}", "is not JSON"), (b"// a comment\n{}", "is not JSON"), (b"[" * 65 + b"]" * 65, "nests deeper than 64"),
        (b'{"k":' * 100_000, "nests deeper"), (b'"' + b"a" * 200 + b'"', "longer than 100 bytes"), (b"[" + b"9" * 5000 + b"]", "longer"),
    ],
)  # fmt: skip
def test_what_has_two_meanings_or_none_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NotStrictJson, match=why):
        parse_json(data, most=100 if why.startswith("longer") else 1 << 20)


def test_a_number_of_more_digits_than_python_reads_is_refused_and_no_error_of_python() -> None:
    with pytest.raises(NotStrictJson, match="is not JSON"):
        parse_json(b"[" + b"9" * 5000 + b"]")


def test_an_error_quotes_nothing_of_what_was_read() -> None:
    with pytest.raises(NotStrictJson) as caught:
        parse_json(b'{"password": "hunter2-and-more" oops}')
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ['"\\ud800"', '{"a":"\\uDFFF"}', '["x\\uD83Dy"]', '{"\\ud800":1}'])
def test_half_a_character_is_refused(text: str) -> None:
    with pytest.raises(NotStrictJson, match="surrogate"):
        parse_json(text.encode())


def test_both_halves_and_a_backslash_that_only_looks_like_one_are_taken() -> None:
    assert parse_json(b'["\\ud83d\\ude00", "\\\\ud800"]') == ["\U0001f600", "\\ud800"]
