"""What `golive config check | show --json` print: documents and their schemas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from golive.config.configuration import Setting
from golive.config.problem import Problem
from golive.model.json import JsonValue
from golive.observability.shape import Count, as_json, document_schema

CHECK: Final = "golive.config_check.v1"
SHOW: Final = "golive.config_show.v1"


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """One thing to fix; line and column count from 1 in characters, 0 where the source has no lines."""

    file: str
    line: Count
    column: Count
    message: str
    allowed: str
    """the allowed values, '' where the message says enough"""
    fix: str


@dataclass(frozen=True, slots=True)
class ConfigCheck:
    """Every problem of both files and the overrides, in the order of the sources."""

    status: Literal["ok", "invalid"]
    problems: tuple[ProblemRow, ...]


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One effective value; a fraction is decimal text, and what is named like a secret is not shown."""

    path: str
    """its keys from the top of the file, joined by points"""
    value: str | int | bool | tuple[str, ...]
    origin: str
    """`file:line`, an environment variable, or `default`"""


@dataclass(frozen=True, slots=True)
class ConfigShow:
    """Every value in force."""

    settings: tuple[SettingRow, ...]


def check_document(problems: Sequence[Problem]) -> dict[str, JsonValue]:
    """Return what is wrong with a configuration as a JSON document; no problem is a sound one."""
    rows = tuple(
        ProblemRow(each.position.file, each.position.line, each.position.column, each.message, each.allowed, each.fix)
        for each in problems
    )
    return _document(CHECK, ConfigCheck("invalid" if rows else "ok", rows))


def show_document(settings: Sequence[Setting]) -> dict[str, JsonValue]:
    """Return the values in force as a JSON document."""
    return _document(SHOW, ConfigShow(tuple(SettingRow(".".join(each.path), _shown(each), each.origin) for each in settings)))


def check_schema() -> dict[str, JsonValue]:
    return document_schema(CHECK, "What is wrong with a configuration", ConfigCheck)


def show_schema() -> dict[str, JsonValue]:
    return document_schema(SHOW, "Every effective value of a configuration", ConfigShow)


def _shown(setting: Setting) -> str | int | bool | tuple[str, ...]:
    value = setting.value
    return str(value) if isinstance(value, Decimal) else value


def _document(schema: str, value: ConfigCheck | ConfigShow) -> dict[str, JsonValue]:
    found = as_json(value)
    assert isinstance(found, dict)
    return {"schema": schema, **found}
