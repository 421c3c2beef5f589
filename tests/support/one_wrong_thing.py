"""One wrong thing in evidence that is good otherwise: what a check must never call ok, and what it must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import strategies as st

from golive.readiness.finding import Finding, Status

E = TypeVar("E")


@dataclass(frozen=True)
class Wrong:
    """Fields of the evidence that are replaced, and words that the reasons must hold."""

    fields: dict[str, Any]
    words: str
    status: Status = Status.BLOCKED


def wrong(words: str, status: Status = Status.BLOCKED, **fields: Any) -> Wrong:
    return Wrong(fields, words, status)


def drawn(fields: dict[str, st.SearchStrategy[Any]], words: str, status: Status = Status.BLOCKED) -> st.SearchStrategy[Wrong]:
    """Return wrong things whose fields are drawn."""
    return st.fixed_dictionaries(fields).map(lambda found: Wrong(found, words, status))


def is_good(finding: Finding) -> None:
    """Demand a finding that opens."""
    assert (finding.status, finding.reasons, finding.next_command) == (Status.OK, (), ""), finding
    assert finding.owner


def is_said(finding: Finding, each: Wrong) -> None:
    """Demand that the one wrong thing is found, in words and with a command."""
    assert finding.status is each.status, (each, finding)
    assert any(each.words in reason for reason in finding.reasons), (each, finding.reasons)
    assert finding.next_command.startswith(("golive ", "chmod ", "rm ")), finding.next_command
    assert finding.owner


def judged(check: Callable[[E], Finding], replace: Callable[..., E], good: E, each: Wrong) -> None:
    """Demand of `check` that it says what was changed in `good`."""
    is_said(check(replace(good, **each.fields)), each)
