"""What programs read of strategies: the documents of `golive strategy list`, `show` and `check`; numbers as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from golive.model.json import JsonValue
from golive.observability.shape import Count, Sha256, document_schema
from golive.strategy import bound, resolve_parameters

from .strategy_folder import FoundStrategy, Unreadable

if TYPE_CHECKING:
    from golive.strategy.examination import Finding

LIST: Final = "golive.strategy_list.v1"
SHOW: Final = "golive.strategy.v1"
CHECK: Final = "golive.strategy_check.v1"


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter: its default and what it may be."""

    default: float
    low: float
    high: float
    whole: bool
    help: str


@dataclass(frozen=True, slots=True)
class StrategyRow:
    """One strategy; `file` and its digest are null for one that is built in."""

    name: str
    form: str
    file: str | None
    source_sha256: Sha256 | None
    summary: str
    warm_up: Count
    """the candle that brings the first target, with the defaults"""
    parameters: Mapping[str, ParameterRow]


@dataclass(frozen=True, slots=True)
class UnreadableFile:
    """A file of the project's folder that is no strategy."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class StrategyList:
    """Every strategy, and every file that cannot be read."""

    strategies: tuple[StrategyRow, ...]
    unreadable: tuple[UnreadableFile, ...]


@dataclass(frozen=True, slots=True)
class FindingRow:
    """What one check found; `fix` is empty where it did not fail."""

    check: str
    status: Literal["ok", "failed", "unsaid"]
    detail: str
    fix: str


@dataclass(frozen=True, slots=True)
class Examination:
    """One strategy, examined on candles."""

    strategy: str
    form: str
    file: str | None
    source_sha256: Sha256 | None
    parameters: Mapping[str, float]
    data: str
    candles: Count
    passed: bool
    findings: tuple[FindingRow, ...]


def list_document(rows: Sequence[FoundStrategy | Unreadable]) -> dict[str, JsonValue]:
    """Return the list as a JSON document."""
    found = [row for row in rows if isinstance(row, FoundStrategy)]
    unreadable = [UnreadableFile(str(row.file), row.reason) for row in rows if not isinstance(row, FoundStrategy)]
    return _document(LIST, StrategyList(tuple(map(_row, found)), tuple(unreadable)))


def strategy_document(found: FoundStrategy) -> dict[str, JsonValue]:
    """Return one strategy as a JSON document."""
    return _document(SHOW, _row(found))


def check_document(
    found: FoundStrategy, parameters: Mapping[str, float], data: str, candles: int, findings: Sequence[Finding], *, passed: bool
) -> dict[str, JsonValue]:
    """Return an examination as a JSON document."""
    rows = tuple(FindingRow(each.check, each.status, each.detail, each.fix) for each in findings)
    name, file, digest = found.strategy.name, *_origin(found)
    return _document(CHECK, Examination(name, found.form, file, digest, dict(parameters), data, candles, passed, rows))


def list_schema() -> dict[str, JsonValue]:
    return document_schema(LIST, "Strategies, built in and of the project", StrategyList)


def strategy_schema() -> dict[str, JsonValue]:
    return document_schema(SHOW, "One strategy", StrategyRow)


def check_schema() -> dict[str, JsonValue]:
    return document_schema(CHECK, "Examination of a strategy", Examination)


def warm_up(found: FoundStrategy) -> int:
    """Return which candle brings the first target with the defaults."""
    strategy = found.strategy
    return int(strategy.warm_up(bound(resolve_parameters(strategy.name, strategy.parameters, {}))))


def _row(found: FoundStrategy) -> StrategyRow:
    strategy, (file, digest) = found.strategy, _origin(found)
    parameters = {
        name: ParameterRow(each.default, each.low, each.high, each.whole, each.help) for name, each in strategy.parameters.items()
    }
    return StrategyRow(strategy.name, found.form, file, digest, strategy.summary, warm_up(found), parameters)


def _origin(found: FoundStrategy) -> tuple[str | None, str | None]:
    return None if found.file is None else str(found.file), found.source_sha256 or None


def _document(schema: str, value: Any) -> dict[str, JsonValue]:
    return {"schema": schema, **asdict(value)}
