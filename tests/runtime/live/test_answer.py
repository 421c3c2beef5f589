"""What each family of errors proves about an order that was on its way."""

from __future__ import annotations

import inspect

import pytest

from golive.model import errors
from golive.model.errors import (
    AuthenticationFailed,
    GoliveError,
    InsufficientFunds,
    InvalidOrder,
    JournalError,
    MagnitudeError,
    MalformedPayload,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.live_order import AttemptResult as R
from golive.model.live_order import FallbackReason as F
from golive.runtime.live.answer import DETAIL_LENGTH, outcome_of


@pytest.mark.parametrize(
    ("error", "result", "fallback"),
    [
        (OutcomeUnknown("lost", code="x"), R.UNKNOWN, None),
        (VenueError("something", code="x"), R.UNKNOWN, None),
        (MalformedPayload("odd"), R.UNKNOWN, None),
        (MagnitudeError("odd"), R.UNKNOWN, None),
        (GoliveError("odd"), R.UNKNOWN, None),
        (RuntimeError("a bug"), R.UNKNOWN, None),
        (KeyError("a bug"), R.UNKNOWN, None),
        (VenueUnavailable("no connection"), R.NOT_SENT, F.NEVER_SENT),
        (RateLimited("our own budget"), R.NOT_SENT, F.NEVER_SENT),
        (RateLimited("theirs", code="50011"), R.NOT_PROCESSED, None),
        (InvalidOrder("a rule we know"), R.NOT_SENT, None),
        (JournalError("the lease has lapsed"), R.NOT_SENT, None),
        (InvalidOrder("their word", code="51000"), R.REJECTED, None),
        (InsufficientFunds("their word", code="51008"), R.REJECTED, None),
        (AuthenticationFailed("their word", code="50113"), R.REJECTED, None),
        (VenueRejected("their word", code="51022"), R.REJECTED, None),
    ],
)
def test_each_error_proves_what_its_family_says(error: Exception, result: R, fallback: F | None) -> None:
    outcome = outcome_of(error, is_breaker_open=False, fallback=None)
    assert (outcome.result, outcome.fallback) == (result, fallback)


def test_a_reason_of_the_venue_is_handed_on_with_a_rejection_alone() -> None:
    assert (
        outcome_of(VenueRejected("x", code="51022"), is_breaker_open=False, fallback=F.SYMBOL_HALTED).fallback is F.SYMBOL_HALTED
    )
    assert outcome_of(OutcomeUnknown("x", code="51022"), is_breaker_open=False, fallback=F.SYMBOL_HALTED).fallback is None


def test_what_an_open_breaker_kept_here_says_so() -> None:
    assert outcome_of(VenueUnavailable("open"), is_breaker_open=True, fallback=None).fallback is F.BREAKER_OPEN


def test_every_family_of_errors_has_an_outcome_and_only_proofs_are_more_than_unknown() -> None:
    families = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, GoliveError)]
    proofs = {
        "JournalError",
        "RateLimited",
        "VenueUnavailable",
        "VenueRejected",
        "InsufficientFunds",
        "InvalidOrder",
        "AuthenticationFailed",
    }
    for family in families:
        outcome = outcome_of(family("words"), is_breaker_open=False, fallback=None)
        assert (outcome.result is not R.UNKNOWN) == (family.__name__ in proofs), family


def test_a_detail_is_cut() -> None:
    assert len(outcome_of(OutcomeUnknown("x" * 5000), is_breaker_open=False, fallback=None).detail) == DETAIL_LENGTH
