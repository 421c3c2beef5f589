"""A request as it came over the wire, and an answer as it leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request, nothing decoded; `target` is the raw request target, header names are in lower case."""

    method: str
    target: bytes
    headers: Mapping[str, str]
    body: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Carried: TypeAlias = Callable[[int, int], Answer]
"""Carries an admitted request out at a wall clock and a monotonic clock (ns), once, and returns its answer."""
