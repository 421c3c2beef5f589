"""Reading JSON that somebody hostile wrote: whatever it is, in a time that grows with its length alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MalformedPayload
from golive.venues.strict_json import MAX_DEPTH, parse

HOSTILE = {
    "a string that is not closed": b"[" * 70 + b'"' + b'\\"' * 500_000,
    "strings that are not closed, one after the other": b"[" * 70 + b'"\\"' * 500_000,
    "a backslash at its end": b"[" * 70 + b'"' + b"\\",
    "brackets alone": b"[" * 500_000 + b"]" * 500_000,
    "brackets that are never closed": b'{"a":' * 200_000,
    "a key twice, after many": b"{" + b",".join(b'"%d":1' % n for n in range(60_000)) + b',"59999":1}',
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_answer_of_a_megabyte_is_refused_before_anybody_notices(what: str) -> None:
    with pytest.raises(MalformedPayload):
        parse(HOSTILE[what])


@given(st.integers(1, 2 * MAX_DEPTH), st.text(st.sampled_from('[]{}"\\ab'), max_size=40))
def test_only_what_nests_counts_and_text_does_not(depth: int, text: str) -> None:
    value: object = text
    for n in range(depth):
        value = [value] if n % 2 else {"[": value}
    body = json.dumps([value] + [[]] * MAX_DEPTH).encode()
    if depth + 1 > MAX_DEPTH:
        with pytest.raises(MalformedPayload, match="nests deeper"):
            parse(body)
    else:
        assert parse(body) == json.loads(body)
