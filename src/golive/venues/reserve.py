"""The room that reads leave for orders and cancels: an own, narrower rule beside each one that all calls share.

Generated from the venue's rules, so that a rule that changes takes its reserve with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from .profile import BudgetRule, RateRule

ALL: Final = "*"
READS: Final = "reads"
"""the scope in which reads count beside all others"""
_FIFTH: Final = 5


def with_reserve(rules: Sequence[RateRule]) -> tuple[RateRule, ...]:
    """Return the rules and, for each shared one of at least five calls, one that gives reads four fifths of it."""
    narrower = (
        replace(rule, scope=READS, limit=rule.limit - rule.limit // _FIFTH)
        for rule in rules
        if isinstance(rule, BudgetRule) and rule.scope == ALL and rule.limit >= _FIFTH
    )
    return (*rules, *narrower)


def as_read(scopes: Mapping[str, int]) -> Mapping[str, int]:
    """Return the scopes of a call that leaves room for orders and cancels."""
    return {**scopes, READS: scopes[ALL]}
