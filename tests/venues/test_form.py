"""The form encoder writes the very bytes that CCXT writes: they are signed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.venues.ccxt_loader import exchange_class
from golive.venues.form import flat_form

CCXT = exchange_class("kraken")()
VALUES = st.one_of(st.text(max_size=8), st.from_regex(r"[A-Za-z0-9_.~:+/ -]{0,12}", fullmatch=True))
NESTED = st.one_of(
    VALUES, st.integers(), st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), VALUES, max_size=2)
)


@given(st.dictionaries(st.text(max_size=6), NESTED, max_size=6))
def test_every_form_is_byte_for_byte_that_of_ccxt(params: dict[str, object]) -> None:
    assert flat_form(CCXT.urlencode_nested)(params) == CCXT.urlencode_nested(params)


def test_flat_text_does_not_need_ccxt_at_all() -> None:
    def refuse(_: object) -> str:
        pytest.fail("flat text was left to the slow encoder")

    order = {"nonce": "1732182312345", "pair": "XBTUSD", "deadline": "2026-11-21T09:58:12.123Z", "oflags": "post,fciq"}
    assert flat_form(refuse)(order) == CCXT.urlencode_nested(order)
