"""The error table: every CCXT class has a meaning, every meaning a consequence, and writes are judged by proof only."""

from __future__ import annotations

import ccxt
import pytest
from ccxt.base import errors as ccxt_errors

from golive.metrics.declaration import REQUEST_STATUSES
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
from golive.venues.classify import Evidence, error, judge
from golive.venues.meaning import CONSEQUENCES, EXCEPTION_MEANINGS, Meaning
from golive.venues.okx import CODES, PROFILE


def walk(tree: dict[str, dict[str, object]]) -> list[str]:
    names = []
    for name, below in tree.items():
        names += [name, *walk(below)]  # type: ignore[arg-type]  # a nested tree
    return names


def test_every_ccxt_exception_class_has_a_meaning_and_no_meaning_is_of_a_class_that_is_gone() -> None:
    in_tree = set(walk(ccxt_errors.error_hierarchy))
    defined = {name for name, value in vars(ccxt_errors).items() if isinstance(value, type) and issubclass(value, ccxt.BaseError)}
    assert set(EXCEPTION_MEANINGS) == in_tree == defined


def test_every_class_used_by_the_venues_own_table_of_ccxt_is_known() -> None:
    exceptions = ccxt.okx().exceptions
    for table in exceptions.values():
        assert {cls.__name__ for cls in table.values()} <= set(EXCEPTION_MEANINGS)


def test_every_meaning_has_a_consequence_with_a_declared_status() -> None:
    assert set(CONSEQUENCES) == set(Meaning)
    assert {c.status for c in CONSEQUENCES.values()} | {"ok"} == set(REQUEST_STATUSES)


@pytest.mark.parametrize("meaning", Meaning)
def test_only_transport_and_throttle_and_clock_faults_of_reads_are_repeated(meaning: Meaning) -> None:
    repeated = {"not_sent", "interrupted", "timed_out", "malformed", "unavailable", "throttled", "clock"}
    assert CONSEQUENCES[meaning].repeat_read == (meaning in repeated)
    assert CONSEQUENCES[meaning].transport == (meaning in repeated - {"throttled", "clock"})


WRITES: list[tuple[str, Evidence, type[VenueError]]] = [
    ("no connection", Evidence("", transport=Meaning.NOT_SENT), VenueUnavailable),
    ("dropped after sending", Evidence("", transport=Meaning.INTERRUPTED), OutcomeUnknown),
    ("time-out", Evidence("", transport=Meaning.TIMED_OUT), OutcomeUnknown),
    ("HTML with 200", Evidence("", http_status=200, transport=Meaning.MALFORMED), OutcomeUnknown),
    ("plain 429", Evidence("", http_status=429), OutcomeUnknown),
    ("JSON 50011 with 429", Evidence("", ("50011",), http_status=429), RateLimited),
    ("JSON 50011 with 200", Evidence("", ("50011",), http_status=200), RateLimited),
    ("JSON 50011 with 500", Evidence("", ("50011",), http_status=500), OutcomeUnknown),
    ("system busy", Evidence("", ("50013",), http_status=429), OutcomeUnknown),
    ("maintenance", Evidence("", ("50001",), ("OnMaintenance",), 503), OutcomeUnknown),
    ("endpoint time-out", Evidence("", ("50004",), ("RequestTimeout",), 400), OutcomeUnknown),
    ("funds", Evidence("", ("51008", "1"), ("InsufficientFunds",), 200), InsufficientFunds),
    ("funds with a 500", Evidence("", ("51008", "1"), ("InsufficientFunds",), 500), OutcomeUnknown),
    ("minimum", Evidence("", ("51020", "1"), ("InvalidOrder",), 200), InvalidOrder),
    ("duplicate id: the order may be live", Evidence("", ("51016", "1"), ("InvalidOrder",), 200), OutcomeUnknown),
    ("signature", Evidence("", ("50113",), ("AuthenticationError",), 401), AuthenticationFailed),
    ("clock", Evidence("", ("50102",), ("InvalidNonce",), 401), AuthenticationFailed),
    (
        "unlisted code that CCXT calls InvalidOrder",
        Evidence("", ("51999",), ("InvalidOrder", "ExchangeError"), 200),
        OutcomeUnknown,
    ),
    ("unlisted code", Evidence("", ("99999",), ("ExchangeError",), 200), OutcomeUnknown),
    ("redirect", Evidence("", http_status=307), OutcomeUnknown),
    ("500", Evidence("", http_status=500), OutcomeUnknown),
]


@pytest.mark.parametrize(("what", "evidence", "family"), WRITES, ids=[row[0] for row in WRITES])
def test_a_write_fails_with_the_family_its_evidence_proves(what: str, evidence: Evidence, family: type[VenueError]) -> None:
    raised = error(PROFILE, judge(PROFILE, evidence), write=True, client_order_id="ab" * 16)
    assert type(raised) is family
    assert raised.client_order_id == "ab" * 16
    assert raised.venue == "okx"


READS: list[tuple[Evidence, type[VenueError], str]] = [
    (Evidence("", transport=Meaning.INTERRUPTED), VenueUnavailable, "network_error"),
    (Evidence("", transport=Meaning.TIMED_OUT), VenueUnavailable, "timeout"),
    (Evidence("", http_status=200, transport=Meaning.MALFORMED), VenueUnavailable, "malformed"),
    (Evidence("", http_status=429, retry_after_s=3.0), RateLimited, "rate_limited"),
    (Evidence("", http_status=418), RateLimited, "rate_limited"),
    (Evidence("", ("50061",), ("ExchangeError",), 200), RateLimited, "rate_limited"),
    (Evidence("", ("50013",), ("ExchangeNotAvailable",), 429), RateLimited, "rate_limited"),
    (Evidence("", ("50026",), ("ExchangeNotAvailable",), 500), VenueUnavailable, "network_error"),
    (Evidence("", http_status=503), VenueUnavailable, "network_error"),
    (Evidence("", ("50113",), (), 401), AuthenticationFailed, "refused"),
    (Evidence("", http_status=401), AuthenticationFailed, "refused"),
    (Evidence("", ("50110",), (), 401), AuthenticationFailed, "refused"),
    (Evidence("", ("50119",), ("ExchangeError",), 200), AuthenticationFailed, "refused"),
    (Evidence("", ("59999",), ("BadSymbol", "BadRequest"), 200), VenueRejected, "refused"),
    (Evidence("", http_status=404), VenueRejected, "refused"),
]


@pytest.mark.parametrize(("evidence", "family", "status"), READS, ids=[str(row[0]) for row in READS])
def test_a_read_fails_with_its_family_and_counts_its_status(evidence: Evidence, family: type[VenueError], status: str) -> None:
    fault = judge(PROFILE, evidence)
    raised = error(PROFILE, fault, write=False)
    assert type(raised) is family
    assert fault.consequence.status == status
    if isinstance(raised, RateLimited):
        assert raised.retry_after_s == evidence.retry_after_s


def test_codes_that_prove_nothing_have_no_http_status_and_only_throttles_are_not_processed() -> None:
    for code, rule in CODES.items():
        if rule.meaning in (Meaning.DUPLICATE, Meaning.UNAVAILABLE, Meaning.TIMED_OUT, Meaning.NOT_FOUND, Meaning.REQUEST):
            assert rule.http == frozenset(), code
    assert all(CODES[code].meaning is Meaning.THROTTLED for code in PROFILE.not_processed)
