"""Faults on demand: what they are, how they are written, and which one strikes the next request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from ..errors import UsageError


class FaultKind(StrEnum):
    """What goes wrong."""

    HTTP_429 = "http_429"
    OKX_50011 = "okx_50011"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    GARBAGE = "garbage"
    HTTP_500 = "http_500"
    HTTP_503 = "http_503"
    DELAY = "delay"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"


PROCESSES = frozenset({FaultKind.TRUNCATED, FaultKind.DELAY, FaultKind.DROP_AFTER})
"""kinds where the request is carried out and only its answer suffers"""


@dataclass(slots=True)
class Fault:
    """One fault. It skips the first `after` matching requests, then strikes `count` of them (None: all)."""

    kind: FaultKind
    match: str = "*"
    method: str = ""
    after: int = 0
    count: int | None = None
    status: int = 429
    """of `okx_50011`: 429 or 200"""
    retry_after: float = 1.0
    """seconds in the Retry-After header of `http_429`"""
    seconds: float = 1.0
    """of `delay`"""
    seen: int = 0
    struck: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Count a request and say whether the fault strikes it."""
        if (self.method and self.method != method) or not fnmatchcase(path, self.match):
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        self.struck += 1
        return True

    def describe(self) -> dict[str, str | int | float | None]:
        return {**asdict(self), "kind": self.kind.value}


class FaultBook:
    """All faults in force; the first that meets a request strikes it."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.faults = list(faults)

    def strike(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.meets(method, path):
                return fault
        return None


_FIELDS = ("match", "method", "after", "count", "status", "retry_after", "seconds")


def parse_fault(spec: str) -> Fault:
    """Read the command-line form `kind,match=/api/v5/market*,after=2,count=5`; UsageError names the bad part."""
    kind, *pairs = spec.split(",")
    fields: dict[str, object] = {"kind": kind.strip()}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--fault {spec!r}: {pair!r} is not name=value")
        fields[name.strip()] = value.strip()
    return fault_from(fields, f"--fault {spec!r}")


def fault_from(fields: Mapping[str, object], where: str) -> Fault:
    """Read a fault from named fields (numbers may be texts); UsageError names the bad field."""
    unknown = sorted(fields.keys() - {"kind", *_FIELDS})
    if unknown:
        raise UsageError(f"{where}: unknown field {unknown[0]!r}; known are kind, {', '.join(_FIELDS)}")
    try:
        kind = FaultKind(str(fields.get("kind", "")))
    except ValueError as exc:
        raise UsageError(f"{where}: unknown kind {fields.get('kind')!r}; one of {', '.join(FaultKind)}") from exc
    fault = Fault(kind, match=str(fields.get("match", "*")), method=str(fields.get("method", "")).upper())
    if fields.get("count") is not None:
        fault.count = int(_number(fields["count"], "count", where))
    fault.after = int(_number(fields.get("after", 0), "after", where))
    fault.status = int(_number(fields.get("status", 429), "status", where))
    fault.retry_after = _number(fields.get("retry_after", 1), "retry_after", where)
    fault.seconds = _number(fields.get("seconds", 1), "seconds", where)
    if fault.status not in (200, 429):
        raise UsageError(f"{where}: status must be 200 or 429")
    return fault


def _number(value: object, name: str, where: str) -> float:
    try:
        number = float(str(value))
    except ValueError as exc:
        raise UsageError(f"{where}: {name} must be a number, not {value!r}") from exc
    if not 0 <= number < 1e9:
        raise UsageError(f"{where}: {name} must be a number from 0 on")
    return number
