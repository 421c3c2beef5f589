"""The tests that the runbooks name (CONTRACT "Named tests"), and what the cases of a test run say of each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MARKER: Final = "e2e_demo_paper"
NAMED: Final = (
    "tests/exchanges/test_okx_signing.py::test_okx_adapter_populates_credentials_and_signs_request",
    "tests/exchanges/test_kraken_signing.py::test_spot_private_request_signature",
    "tests/exchanges/test_bybit_signing.py::test_bybit_adapter_populates_credentials_and_signs_request",
    "tests/integration/exchanges/test_okx.py::test_okx_spot_rate_limit",
    "tests/integration/exchanges/test_bybit.py::test_bybit_spot_rate_limit",
    "tests/integration/exchanges/test_kraken.py::test_kraken_spot_rate_limit_and_retry",
    "tests/test_paper_execution.py",
    "tests/integration/test_execution_router_failover.py",
    "tests/e2e/test_demo_paper.py",
)
"""a test, or a file all of whose tests count; the last is what the marker `e2e_demo_paper` is about"""


class Outcome(StrEnum):
    """What became of a test; only `passed` is good."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    MISSING = "missing"


_GRAVEST: Final = (Outcome.FAILED, Outcome.SKIPPED, Outcome.MISSING, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a run: where it stands (`tests/test_paper_execution.py::test_x[1]`) and what became of it."""

    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class NamedOutcome:
    """What a run says of one named test."""

    test: str
    outcome: Outcome
    cases: int
    bad: tuple[str, ...] = ()
    """cases that did not pass"""


def outcomes(cases: Sequence[Case]) -> tuple[NamedOutcome, ...]:
    """Return what the cases say of each named test: passed only where there is a case and each of them passed."""
    return tuple(_of(test, [each for each in cases if _is_of(each.id, test)]) for test in NAMED)


def lacking(found: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the named tests that are not among the passed of these (test, outcome), with what they are."""
    told = dict(found)
    return tuple(f"{test}: {told.get(test, Outcome.MISSING)}" for test in NAMED if told.get(test) != Outcome.PASSED)


def _is_of(case: str, test: str) -> bool:
    return case == test or case.startswith((f"{test}[", f"{test}::"))


def _of(test: str, cases: Sequence[Case]) -> NamedOutcome:
    bad = tuple(each.id for each in cases if each.outcome is not Outcome.PASSED)
    kinds = {each.outcome for each in cases}
    worst = next((kind for kind in _GRAVEST if kind in kinds), Outcome.MISSING)
    return NamedOutcome(test, worst, len(cases), bad)
