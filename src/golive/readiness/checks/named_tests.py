"""`named_tests`: the tests that the runbooks name have passed at this code version, by a signed result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..finding import Evidence, Finding, Status
from ..named_tests import NAMED, lacking
from ..objection import Objection, blocked, finding_of, unknown

ID: Final = "named_tests"
_RUN: Final = "golive named-tests run"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsSeen:
    """What the newest signed result says."""

    __test__ = False  # no test, whatever its name

    code_version: str
    revision: str
    outcomes: Mapping[str, str]
    """named test → outcome"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedTestsEvidence:
    """The newest result that the decision log names, and the code that is running."""

    code_version: str
    seen: TestsSeen | None = None
    """None: there is none, or `fault` says why it does not count"""
    fault: str = ""
    fault_status: Status = Status.UNKNOWN
    files: tuple[Evidence, ...] = ()


def named_tests(evidence: NamedTestsEvidence) -> Finding:
    """Judge; a result stands for its code version, however old it is."""
    seen = evidence.seen
    return finding_of(
        ID,
        _objections(evidence),
        measured=None
        if seen is None
        else {
            "code_version": seen.code_version,
            "revision": seen.revision,
            "passed": len(NAMED) - len(lacking(seen.outcomes.items())),
        },
        threshold={"code_version": evidence.code_version, "passed": len(NAMED)},
        evidence=evidence.files,
    )


def _objections(evidence: NamedTestsEvidence) -> Iterator[Objection]:
    seen = evidence.seen
    if evidence.fault:
        broken_log = "decision_logs" in evidence.fault
        yield Objection(evidence.fault_status, evidence.fault, "golive audit verify --all" if broken_log else _RUN)
        return
    if seen is None:
        yield unknown("the named tests have no signed result here", _RUN)
        return
    if seen.code_version != evidence.code_version:
        yield blocked(f"the named tests are of code version {seen.code_version}, this is {evidence.code_version}", _RUN)
    for each in lacking(seen.outcomes.items()):
        yield blocked(f"named test {each}", _RUN)
