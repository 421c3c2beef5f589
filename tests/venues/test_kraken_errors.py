"""Kraken's error texts: what each means, what it proves about an order, and that nothing unknown proves anything."""

from __future__ import annotations

import pytest

from golive.model.errors import (
    AuthenticationFailed,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.venues.classify import Evidence, Fault, ban_of, error, judge
from golive.venues.kraken import PROFILE
from golive.venues.kraken_errors import CODES, NOT_PROCESSED, codes_of
from golive.venues.meaning import Meaning

ROWS: list[tuple[str, Meaning, type[VenueError]]] = [
    ("EAPI:Invalid signature", Meaning.AUTHENTICATION, AuthenticationFailed),
    ("EAPI:Invalid key", Meaning.AUTHENTICATION, AuthenticationFailed),
    ("EGeneral:Permission denied", Meaning.PERMISSION, AuthenticationFailed),
    ("EAccount:Invalid permissions:XBT trading restricted for DE.", Meaning.PERMISSION, AuthenticationFailed),
    ("EAPI:Invalid nonce", Meaning.CLOCK, AuthenticationFailed),
    ("EAPI:Rate limit exceeded", Meaning.THROTTLED, RateLimited),
    ("EOrder:Rate limit exceeded", Meaning.THROTTLED, RateLimited),
    ("EGeneral:Too many requests", Meaning.THROTTLED, OutcomeUnknown),
    ("EGeneral:Temporary lockout", Meaning.THROTTLED, OutcomeUnknown),
    ("EService: Throttled: 1795225833", Meaning.THROTTLED, OutcomeUnknown),
    ("EOrder:Insufficient funds", Meaning.FUNDS, InsufficientFunds),
    ("EOrder:Unknown order", Meaning.NOT_FOUND, OutcomeUnknown),
    ("EOrder:Tick size check failed", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Invalid price", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Invalid price:Invalid price argument", Meaning.ORDER_RULE, InvalidOrder),
    ("EGeneral:Invalid arguments:price", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Order minimum not met", Meaning.ORDER_RULE, InvalidOrder),
    ("EGeneral:Invalid arguments:volume minimum not met", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Cost minimum not met", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Post only order", Meaning.ORDER_RULE, InvalidOrder),
    ("EOrder:Orders limit exceeded", Meaning.ORDER_RULE, InvalidOrder),
    ("EQuery:Invalid asset pair", Meaning.ORDER_RULE, InvalidOrder),
    ("EQuery:Unknown asset pair", Meaning.ORDER_RULE, InvalidOrder),
    ("EGeneral:Invalid arguments:cl_ord_id", Meaning.DUPLICATE, OutcomeUnknown),
    ("EGeneral:Invalid arguments:cl_ord_id is in use", Meaning.DUPLICATE, OutcomeUnknown),
    ("EGeneral:Invalid arguments", Meaning.REQUEST, OutcomeUnknown),
    ("EGeneral:Invalid arguments:deadline", Meaning.REQUEST, OutcomeUnknown),
    ("EOrder:Invalid order", Meaning.ORDER_RULE, OutcomeUnknown),
    ("EService:Unavailable", Meaning.UNAVAILABLE, OutcomeUnknown),
    ("EService:Busy", Meaning.UNAVAILABLE, OutcomeUnknown),
    ("EService:Market in cancel_only mode", Meaning.HALTED, VenueRejected),
    ("EService:Market in post_only mode", Meaning.UNAVAILABLE, OutcomeUnknown),
    ("EService:Deadline elapsed", Meaning.TIMED_OUT, OutcomeUnknown),
    ("EService:Something new", Meaning.UNAVAILABLE, OutcomeUnknown),
    ("EGeneral:Internal error", Meaning.UNAVAILABLE, OutcomeUnknown),
    ("EOrder:Something new", Meaning.UNRECOGNISED, OutcomeUnknown),
    ("EOrder:Insufficient fundsish", Meaning.UNRECOGNISED, OutcomeUnknown),
]
"""every row of VENUES §5 and what was added to it: text, meaning, what an order answered with it is"""


def judged(text: str, *, http: int = 200, exceptions: tuple[str, ...] = ("ExchangeError",)) -> Fault:
    return judge(PROFILE, Evidence("detail", codes_of(text), exceptions, http, body=f'{{"error":["{text}"]}}'))


@pytest.mark.parametrize(("text", "meaning", "family"), ROWS, ids=[row[0] for row in ROWS])
def test_a_text_means_and_proves_what_the_table_says(text: str, meaning: Meaning, family: type[VenueError]) -> None:
    fault = judged(text)
    assert fault.meaning is meaning
    assert type(error(PROFILE, fault, write=True)) is family


@pytest.mark.parametrize("text", [row[0] for row in ROWS])
def test_no_text_proves_anything_under_an_http_status_it_does_not_come_with(text: str) -> None:
    fault = judged(text, http=503)
    assert not fault.proven
    assert type(error(PROFILE, fault, write=True)) is OutcomeUnknown


def test_only_the_two_counters_of_kraken_permit_a_second_attempt() -> None:
    permitted = {text for text, _, _ in ROWS if judged(text).not_processed}
    assert permitted == NOT_PROCESSED == {"EAPI:Rate limit exceeded", "EOrder:Rate limit exceeded"}


def test_nothing_the_service_says_of_itself_is_proof_but_that_it_takes_cancels_alone() -> None:
    said = [code for code, rule in CODES.items() if code.startswith(("EService", "EDatabase", "EGeneral:Internal")) and rule.http]
    assert said == ["EService:Market in cancel_only mode"]


def test_only_a_lockout_bans() -> None:
    banned = {text: ban for text, _, _ in ROWS if (ban := ban_of(PROFILE, judged(text).evidence)) is not None}
    assert set(banned) == {"EGeneral:Temporary lockout"}
    assert banned["EGeneral:Temporary lockout"].pause_s == 900


@pytest.mark.parametrize(
    ("meaning", "family"),
    [
        ("EService:Busy", VenueUnavailable),
        ("EAPI:Rate limit exceeded", RateLimited),
        ("EQuery:Unknown asset pair", VenueRejected),
    ],
)
def test_a_read_fails_with_the_family_of_its_meaning(meaning: str, family: type[VenueError]) -> None:
    assert isinstance(error(PROFILE, judged(meaning), write=False), family)


def test_paper_rejections_carry_texts_of_the_table() -> None:
    assert {codes_of(text)[-1] for text in PROFILE.reject_codes.values()} <= CODES.keys()
