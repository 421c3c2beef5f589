"""Libraries of others: each is in the list at one version, with what it pulls in, and the page says what it is for."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LIST = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/security/dependencies.md").read_text(encoding="utf-8")
_LINE = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)(?: *;.*)?")
LISTED: dict[str, str] = {
    str(canonicalize_name(found[1])): found[2]
    for line in LIST.splitlines()
    if (found := _LINE.fullmatch(line.partition("#")[0].strip()))
}


def direct() -> dict[str, str]:
    """Return each library that an installation may ask for, with the extra it belongs to."""
    found = {Requirement(text).name: "always" for text in PROJECT["dependencies"]}
    for extra, texts in PROJECT["optional-dependencies"].items():
        if extra != "dev":
            found |= {Requirement(text).name: extra for text in texts}
    return found


def pulled_in() -> set[str]:
    """Return everything that is installed because of this project, itself left out."""
    todo = [Requirement(text) for text in PROJECT["dependencies"]]
    todo += [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]
    seen: set[tuple[str, frozenset[str]]] = set()
    while todo:
        one = todo.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen or one.name == "golive":
            continue
        seen.add(key)
        try:
            below = requires(one.name) or []
        except PackageNotFoundError:
            continue
        for text in below:
            each = Requirement(text)
            if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *one.extras)):
                todo.append(each)
    return {name for name, _ in seen}


def test_every_library_is_in_the_list_at_the_one_version_that_is_installed() -> None:
    installed: dict[str, str] = {}
    for name in pulled_in():
        try:
            installed[name] = version(name)
        except PackageNotFoundError:
            continue
    assert len(installed) > 60
    assert {name: LISTED.get(name) for name in installed if name not in LISTED} == {}, "pin it in constraints.txt"
    assert {name: (LISTED[name], found) for name, found in installed.items() if LISTED[name] != found} == {}


def test_the_list_names_versions_and_no_place() -> None:
    lines = [line.partition("#")[0].strip() for line in LIST.splitlines()]
    assert [line for line in lines if line and not _LINE.fullmatch(line)] == []
    assert "://" not in LIST


def test_the_page_says_what_each_library_is_for() -> None:
    rows = re.findall(r"^\| ((?:`[^`]+`(?:, )?)+) \| `?(\w+)`? \|", PAGE, re.MULTILINE)
    told = {canonicalize_name(name): part for names, part in rows for name in re.findall(r"`([^`]+)`", names)}
    assert told == {canonicalize_name(name): part for name, part in direct().items()}


def test_the_page_gives_each_kind_of_weakness_its_time() -> None:
    table = PAGE.partition("## How soon")[2]
    days = {
        kind: int(found)
        for kind, found in re.findall(r"^\| (critical|high|medium|low|none)\b[^|]*\| (\d+) days \|", table, re.MULTILINE)
    }
    assert list(days) == ["critical", "high", "medium", "low", "none"]
    assert list(days.values()) == sorted(days.values())
    assert (days["critical"] <= 7, days["medium"] <= 30, days["none"] <= 365) == (True, True, True)
