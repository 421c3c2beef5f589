"""Bybit's code table against CCXT's own table of the pinned version: where they differ, the difference is meant."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from golive.model.errors import OutcomeUnknown, VenueRejected
from golive.venues.bybit import CODES, PROFILE
from golive.venues.classify import Evidence, error, judge
from golive.venues.meaning import CONSEQUENCES, EXCEPTION_MEANINGS, Meaning

MEANT = {
    "auth": Meaning.AUTHENTICATION,
    "subscribe": Meaning.REQUEST,
    "-1": Meaning.CLOCK,
    "10019": Meaning.UNAVAILABLE,
    "170032": Meaning.UNAVAILABLE,
    "170227": Meaning.ORDER_RULE,
    "10009": Meaning.THROTTLED,
    "10014": Meaning.DUPLICATE,
    "10016": Meaning.UNAVAILABLE,
    "10000": Meaning.TIMED_OUT,
    "10429": Meaning.THROTTLED,
    "429": Meaning.THROTTLED,
    "12141": Meaning.DUPLICATE,
    "-1021": Meaning.CLOCK,
    "170005": Meaning.THROTTLED,
    "170001": Meaning.UNAVAILABLE,
    "170031": Meaning.UNAVAILABLE,
    "170105": Meaning.ORDER_RULE,
    "170130": Meaning.ORDER_RULE,
    "170144": Meaning.UNAVAILABLE,
    "170146": Meaning.TIMED_OUT,
    "170147": Meaning.TIMED_OUT,
    "170191": Meaning.UNAVAILABLE,
    "110030": Meaning.DUPLICATE,
    "110072": Meaning.DUPLICATE,
    "170141": Meaning.DUPLICATE,
    "110008": Meaning.NOT_FOUND,
    "110010": Meaning.NOT_FOUND,
    "170139": Meaning.NOT_FOUND,
    "170142": Meaning.NOT_FOUND,
    "170143": Meaning.NOT_FOUND,
    "170190": Meaning.NOT_FOUND,
}
"""where CCXT has another class, or none but its catch-all; Bybit's page decides: a duplicate may be live, a busy server
proves nothing"""


@cache
def ccxt_table() -> dict[str, str]:
    import ccxt

    described: Any = ccxt.bybit().exceptions
    return {code: cls.__name__ for code, cls in described["exact"].items()}


def meaning_by_ccxt(code: str) -> Meaning:
    return EXCEPTION_MEANINGS[ccxt_table().get(code, "ExchangeError")]


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_listed_code_means_what_ccxt_says_or_what_bybits_page_says(code: str) -> None:
    assert CODES[code].meaning is MEANT.get(code, meaning_by_ccxt(code))


def test_every_meant_difference_is_one() -> None:
    assert {code for code in MEANT if meaning_by_ccxt(code) is MEANT[code]} == set()


def test_what_ccxt_takes_for_a_network_fault_is_never_proof_that_nothing_was_executed() -> None:
    faults = {Meaning.INTERRUPTED, Meaning.TIMED_OUT, Meaning.UNAVAILABLE, Meaning.THROTTLED}
    for code, name in ccxt_table().items():
        if EXCEPTION_MEANINGS[name] in faults and code in CODES:
            assert CODES[code].http == frozenset(), code


@pytest.mark.parametrize("code", sorted(CODES))
@pytest.mark.parametrize("status", [200, 400, 403, 429, 500, 502])
def test_a_refusal_of_an_order_is_definite_only_with_a_proven_pair_of_code_and_status(code: str, status: int) -> None:
    fault = judge(PROFILE, Evidence("x", codes=(code,), http_status=status))
    failure = error(PROFILE, fault, write=True, client_order_id="ab")
    definite = status in CODES[code].http and issubclass(CONSEQUENCES[CODES[code].meaning].write_family, VenueRejected)
    assert isinstance(failure, VenueRejected) == definite
    assert isinstance(failure, OutcomeUnknown) != definite


def test_every_paper_rejection_has_a_code_that_refuses_an_order_or_names_a_duplicate() -> None:
    refusing = {Meaning.ORDER_RULE, Meaning.FUNDS, Meaning.DUPLICATE}
    assert {CODES[code].meaning for code in PROFILE.reject_codes.values()} == refusing


def test_what_a_cancel_may_find_gone_is_told_as_not_found() -> None:
    dialect = PROFILE.dialect
    assert {CODES[code].meaning for code in dialect.gone_codes | dialect.not_found_codes} == {Meaning.NOT_FOUND}
