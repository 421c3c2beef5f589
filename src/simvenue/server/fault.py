"""Faults on demand: what they are, how they are written, and which one strikes the next request or message."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from ..errors import UsageError

FOR_EVER = 1e9


class FaultKind(StrEnum):
    """What goes wrong."""

    HTTP = "http"
    HTML = "html"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    GARBAGE = "garbage"
    DELAY = "delay"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    LATE = "late"
    QUEUE = "queue"
    HIDDEN = "hidden"
    LOST_CANCEL = "lost_cancel"
    THROTTLE = "throttle"
    BAN = "ban"
    MAINTENANCE = "maintenance"
    ERROR = "error"
    PARTIAL_BATCH = "partial_batch"
    REORDER = "reorder"
    REFUSE = "refuse"
    OUTAGE = "outage"
    CLOCK_SKEW = "clock_skew"
    WS_CLOSE = "ws_close"
    WS_ABORT = "ws_abort"
    WS_SILENCE = "ws_silence"
    WS_NO_PONG = "ws_no_pong"
    WS_GAP = "ws_gap"
    WS_DUPLICATE = "ws_duplicate"
    WS_REORDER = "ws_reorder"
    WS_REJECT = "ws_reject"


SPOKEN = frozenset({FaultKind.THROTTLE, FaultKind.BAN, FaultKind.MAINTENANCE, FaultKind.ERROR})
"""kinds the dialect answers in its own words"""
PROCESSED = frozenset(
    {FaultKind.TRUNCATED, FaultKind.DELAY, FaultKind.DROP_AFTER, FaultKind.LATE, FaultKind.PARTIAL_BATCH, FaultKind.REORDER}
)
"""kinds where the request is carried out, and only its answer or its moment suffers"""
ANSWERS = SPOKEN | {FaultKind.HTTP, FaultKind.HTML, FaultKind.EMPTY, FaultKind.GARBAGE}
"""kinds that put another answer in the place of the venue's: instead of carrying the request out, or with `when=after` too"""
MOMENTS = frozenset({FaultKind.QUEUE, FaultKind.HIDDEN, FaultKind.LOST_CANCEL})
"""kinds that change when or whether a request is carried out or its order shows, nothing else: another fault may strike too"""
PROCESS = frozenset({FaultKind.REFUSE, FaultKind.OUTAGE, FaultKind.CLOCK_SKEW})
"""kinds that strike the venue as a whole"""
STREAM = frozenset(kind for kind in FaultKind if kind.startswith("ws_"))
ALIASES = {"nonce_reorder": FaultKind.REORDER}
_HTTP_NAME = re.compile(r"http_([45]\d\d)")
_SPAN = re.compile(r"([\d.]+)-([\d.]+)", re.ASCII)
_DRAWN = frozenset({FaultKind.DELAY, FaultKind.LATE, FaultKind.QUEUE, FaultKind.HIDDEN})


@dataclass(slots=True)
class Fault:
    """One fault. It skips the first `after` matches, then strikes `count` of them (None: all), each with `probability`."""

    kind: FaultKind
    name: str = ""
    """as it was written: `http_503`"""
    match: str = "*"
    """pattern of the request's path; of stream kinds of the message's `channel:instrument`, of ws_reject of the client's text"""
    method: str = ""
    after: int = 0
    count: int | None = None
    probability: float = 1.0
    status: int | None = None
    retry_after: float | None = None
    """seconds in the Retry-After header"""
    seconds: float = 1.0
    """of delay, late, queue, hidden, refuse, outage, clock_skew"""
    most_seconds: float | None = None
    """with it each strike of delay, late, queue and hidden draws its own seconds, from `seconds` to this"""
    body: str = "text"
    """of `http`: text or json"""
    code: str = ""
    """of `error`: the venue's code or text; of `ws_close`: the close code"""
    when: str = "before"
    """of `ANSWERS`: `after` carries the request out first, so that only its answer lies"""
    at_once: bool = False
    """of process kinds: strikes when it is given, not when a request meets it"""
    seen: int = 0
    struck: int = 0
    draw: random.Random = field(default_factory=random.Random, repr=False)

    def fits(self, text: str, method: str = "") -> bool:
        """Say whether the fault is about this path or key at all."""
        return (not self.method or self.method == method) and fnmatchcase(text, self.match)

    def meets(self, text: str, method: str = "") -> bool:
        """Count a match of `text` and say whether the fault strikes it."""
        if not self.fits(text, method):
            return False
        if self.count is not None and self.struck >= self.count:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.probability < 1 and self.draw.random() >= self.probability):
            return False
        self.struck += 1
        return True

    def duration_s(self) -> float:
        """Return the seconds of this strike."""
        return self.seconds if self.most_seconds is None else self.draw.uniform(self.seconds, self.most_seconds)

    def describe(self) -> dict[str, str | int | float | None]:
        shown = {"kind": self.name, **{name: getattr(self, name) for name in _FIELDS}, "seen": self.seen, "struck": self.struck}
        if self.most_seconds is not None:
            shown["seconds"] = f"{self.seconds:g}-{self.most_seconds:g}"
        return shown


class FaultBook:
    """All faults in force; the first that meets a request or message strikes it. `seed` makes probabilities reproducible."""

    def __init__(self, faults: Iterable[Fault] = (), *, seed: int = 0) -> None:
        self._seed = seed
        self._given = 0
        self.faults: list[Fault] = []
        self.on_process: Callable[[Fault], None] = lambda _: None
        """called when a fault strikes the venue as a whole"""
        self._requests: list[Fault] = []
        self._moments: list[Fault] = []
        self._streams: list[Fault] = []
        self.add(faults)

    def add(self, faults: Iterable[Fault]) -> None:
        """Put faults in force; those that strike the venue at once do so."""
        for fault in faults:
            fault.draw = random.Random(f"{self._seed}|fault|{self._given}")  # noqa: S311 (draws that come again; no secret)
            self._given += 1
            self.faults.append(fault)
            self._of(fault.kind).append(fault)
            if fault.at_once:
                fault.seen = fault.struck = fault.count = 1
                self.on_process(fault)

    def clear(self) -> None:
        self.faults.clear()
        self._requests.clear()
        self._moments.clear()
        self._streams.clear()

    def _of(self, kind: FaultKind) -> list[Fault]:
        if kind in STREAM:
            return self._streams
        return self._moments if kind in MOMENTS else self._requests

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault that strikes this request, None when none does."""
        for fault in self._requests:
            if fault.meets(path, method):
                return fault
        return None

    def strike_moment(self, kind: FaultKind, method: str, path: str) -> float | None:
        """Return the seconds of the fault of a kind out of `MOMENTS` that strikes this request, None when none does."""
        for fault in self._moments:
            if fault.kind is kind and fault.meets(path, method):
                return fault.duration_s()
        return None

    def loses_cancel(self, method: str, path: str) -> bool:
        """Say whether a cancel of a working order by this request is lost."""
        return any(fault.kind is FaultKind.LOST_CANCEL and fault.meets(path, method) for fault in self._moments)

    def strike_message(self, key: str, kinds: frozenset[FaultKind]) -> Fault | None:
        """Return the fault out of `kinds` that strikes a message or text, None when none does."""
        for fault in self._streams:
            if fault.kind in kinds and fault.meets(key):
                return fault
        return None

    @property
    def has_streams(self) -> bool:
        return bool(self._streams)

    @property
    def skew_s(self) -> float:
        """Seconds the venue's wall clock is off by all clock faults that have struck."""
        return sum(fault.seconds for fault in self.faults if fault.kind is FaultKind.CLOCK_SKEW and fault.struck)


_FIELDS = ("match", "method", "after", "count", "probability", "status", "retry_after", "seconds", "body", "code", "when")


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
    name = str(fields.get("kind", ""))
    fault = Fault(*_kind(name, where))
    fault.match = str(fields.get("match", "*"))
    fault.method = str(fields.get("method", "")).upper()
    fault.after = _whole(fields.get("after", 0), "after", where)
    if fields.get("count") is not None:
        fault.count = _whole(fields["count"], "count", where)
    fault.probability = _number(fields.get("probability", 1), "probability", where, most=1)
    _read_seconds(fault, fields.get("seconds", 1), where)
    fault.code = str(fields.get("code", ""))
    fault.body = str(fields.get("body", "text"))
    fault.at_once = fault.kind in PROCESS and not fields.keys() & {"match", "method", "after", "count", "probability"}
    _read_answer(fault, fields, where)
    return fault


def _kind(name: str, where: str) -> tuple[FaultKind, str]:
    if _HTTP_NAME.fullmatch(name):
        return FaultKind.HTTP, name
    try:
        return ALIASES.get(name) or FaultKind(name), name
    except ValueError as exc:
        known = ", ".join([*FaultKind, *ALIASES, "http_429 and other http_4xx and http_5xx"])
        raise UsageError(f"{where}: unknown kind {name!r}; one of {known}") from exc


def _read_seconds(fault: Fault, given: object, where: str) -> None:
    """Read `seconds`: a number, or a range like `0-0.03` of a kind that draws from it."""
    span = _SPAN.fullmatch(str(given))
    if span is None:
        least = -FOR_EVER if fault.kind is FaultKind.CLOCK_SKEW else 0
        fault.seconds = _number(given, "seconds", where, least=least)
        return
    if fault.kind not in _DRAWN:
        raise UsageError(f"{where}: a range of seconds belongs to {', '.join(k for k in FaultKind if k in _DRAWN)}")
    fault.seconds = _number(span[1], "seconds", where)
    fault.most_seconds = _number(span[2], "seconds", where, least=fault.seconds)


def _read_answer(fault: Fault, fields: Mapping[str, object], where: str) -> None:
    """Read what the answer of a fault looks like."""
    named = _HTTP_NAME.fullmatch(fault.name)
    given = fields.get("status", named and named[1])
    if given is not None:
        fault.status = int(_number(given, "status", where))
        if not 200 <= fault.status <= 599:
            raise UsageError(f"{where}: status must be from 200 to 599")
    elif fault.kind is FaultKind.HTTP:
        raise UsageError(f"{where}: kind http needs status=, from 200 to 599")
    if fields.get("retry_after") is not None:
        fault.retry_after = _number(fields["retry_after"], "retry_after", where)
    elif fault.kind is FaultKind.HTTP and fault.status == 429:
        fault.retry_after = 1.0
    if "when" in fields:
        fault.when = _moment(fault.kind, str(fields["when"]), where)
    if fault.body not in ("text", "json"):
        raise UsageError(f"{where}: body must be text or json")
    if fault.kind is FaultKind.ERROR and not fault.code:
        raise UsageError(f"{where}: kind error needs code=, the venue's code or text")
    if fault.kind is FaultKind.WS_CLOSE and fault.code and not re.fullmatch(r"1000|1001|101[0-4]|[34]\d\d\d", fault.code):
        raise UsageError(f"{where}: code of ws_close must be a WebSocket close code such as 1001 or 4004")


def _moment(kind: FaultKind, given: str, where: str) -> str:
    if kind not in ANSWERS:
        raise UsageError(f"{where}: when= belongs to {', '.join(k for k in FaultKind if k in ANSWERS)}, not to {kind}")
    if given not in ("before", "after"):
        raise UsageError(f"{where}: when must be before or after, not {given!r}")
    return given


def _whole(value: object, name: str, where: str) -> int:
    number = _number(value, name, where)
    if number != int(number):
        raise UsageError(f"{where}: {name} must be a whole number, not {value!r}")
    return int(number)


def _number(value: object, name: str, where: str, *, least: float = 0, most: float = FOR_EVER) -> float:
    try:
        number = float(str(value))
    except ValueError as exc:
        raise UsageError(f"{where}: {name} must be a number, not {value!r}") from exc
    if not least <= number <= most:
        raise UsageError(f"{where}: {name} must be a number from {least:g} to {most:g}")
    return number
