"""The sources of Golive, each read and parsed once per process: tests that judge them by reading share what was found.

A name can only be used in a file whose text holds it, so the files that hold none of the names asked for are not parsed. Python
takes names in their normal form NFKC, and so does the search.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import golive

ROOT = Path(golive.__file__).parent


@cache
def texts() -> dict[str, str]:
    """Return each module's text by its path below the package, in normal form."""
    return {
        path.relative_to(ROOT).as_posix(): unicodedata.normalize("NFKC", path.read_text(encoding="utf-8"))
        for path in sorted(ROOT.rglob("*.py"))
    }


@cache
def nodes(path: str) -> tuple[ast.AST, ...]:
    """Return every node of a module."""
    return tuple(ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))))


def modules_naming(*names: str) -> Iterator[tuple[str, tuple[ast.AST, ...]]]:
    """Yield path and nodes of each module whose text holds one of the names."""
    for path, text in texts().items():
        if any(name in text for name in names):
            yield path, nodes(path)


def calls_naming(*names: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield path and node of each call in the modules whose text holds one of the names."""
    for path, found in modules_naming(*names):
        for node in found:
            if isinstance(node, ast.Call):
                yield path, node


def called(node: ast.Call) -> tuple[str, str]:
    """What a call is of, and on what: `self._client.submit(…)` is (`_client`, `submit`)."""
    function = node.func
    if isinstance(function, ast.Name):
        return "", function.id
    if not isinstance(function, ast.Attribute):
        return "", ""
    on = function.value
    return on.attr if isinstance(on, ast.Attribute) else on.id if isinstance(on, ast.Name) else "", function.attr
