"""A venue's name acts only in its own modules, in the registry and in the configuration; elsewhere it is data."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import golive
import simvenue

VENUES = ("okx", "kraken", "bybit")
GOLIVE, SIMVENUE = (Path(package.__path__[0]) for package in (golive, simvenue))


def _acting_names(path: Path) -> Iterator[str]:
    """Identifiers, imports and whole text constants of a module that begin with a venue's name; sentences do not count."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text) | ast.keyword(arg=str(text)):
                pass
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text) | ast.ClassDef(name=text):
                pass
            case ast.ImportFrom(module=str(text)) | ast.alias(name=text):
                pass
            case ast.Constant(value=str(text)) if " " not in text and ":" not in text:
                pass
            case _:
                continue
        if text.lower().lstrip("_").startswith(VENUES):
            yield f"{path.name}:{getattr(node, 'lineno', '?')} {text}"


@pytest.mark.parametrize(
    ("root", "own"),
    [
        (GOLIVE, {*GOLIVE.glob("venues/registry.py"), *GOLIVE.glob("config/*.py")}),
        (SIMVENUE, {*SIMVENUE.glob("dialects.py")}),
    ],
    ids=["golive", "simvenue"],
)
def test_the_name_of_a_venue_occurs_only_in_its_own_modules_the_registry_and_the_configuration(
    root: Path, own: set[Path]
) -> None:
    elsewhere = [
        path
        for path in sorted(root.rglob("*.py"))
        if path not in own and not any(part.lower().startswith(VENUES) for part in path.relative_to(root).parts)
    ]
    assert len(elsewhere) > 20
    assert [name for path in elsewhere for name in _acting_names(path)] == []
