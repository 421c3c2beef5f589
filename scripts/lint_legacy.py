"""Imports of the legacy package, by the syntax tree: as statements, and by whatever function imports a name that is told it."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Set

LEGACY = "KryptoLowca"
IMPORTERS = frozenset(
    {
        *("import_module", "__import__", "find_spec", "find_loader", "get_loader", "load_module", "resolve_name"),
        *("run_module", "run_path", "importorskip", "import_string", "import_from_string", "lazy_import"),
    }
)
"""names of functions that import the module whose name they are handed, wherever they come from"""
RUNNERS = frozenset({"exec", "eval", "compile"})


def legacy_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and finding of each import of the legacy package in Python code, and of code that is none but names it."""
    if LEGACY not in text and not any(importer in text for importer in IMPORTERS):
        return
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if LEGACY in text:
            yield getattr(error, "lineno", None) or 1, "not Python: who can say what it imports? Correct or remove it"
        return
    texts = _texts(tree)
    importers = _importers(tree)
    for node in ast.walk(tree):
        if any(_is_legacy(each) for each in _imported(node, texts, importers)):
            yield getattr(node, "lineno", 1), f"imports {LEGACY}; remove the import"


def cells(text: str) -> str:
    """Return the code of a notebook, its cells one after the other; nothing for what is no notebook."""
    try:
        document = json.loads(text)
        found = [cell["source"] for cell in document["cells"] if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    code = ["".join(source) if isinstance(source, list) else str(source) for source in found]
    lines = "\n".join(code).split("\n")
    return "\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)


def _is_legacy(name: str) -> bool:
    return name.lstrip(".").replace(":", ".").split(".")[0] == LEGACY


def _imported(node: ast.AST, texts: Mapping[str, str], importers: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield node.module or ""
        if node.level:
            yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.Call):
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        told = [text for each in given if (text := _text(each, texts)) is not None]
        called = _name(node.func)
        if called in RUNNERS:
            yield from (LEGACY for text in told for _ in legacy_lines(text))
        # Also partial(import_module, …), map(import_module, …), submit(import_module, …), and importer()(…).
        elif any(_mentions(each, importers) for each in (node.func, *given)):
            yield from told


def _importers(tree: ast.AST) -> frozenset[str]:
    """Return the names that functions which import have in this file: their own, those of `as`, and assigned ones."""
    found = set(IMPORTERS)
    for _ in range(3):  # one name after the other: a = b; b = import_module
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                found |= {alias.asname for alias in node.names if alias.name in found and alias.asname}
            elif isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                value = node.value
                if _hands_on(value, found) if isinstance(value, ast.Call) else _mentions(value, found):
                    found |= {name for target in targets if (name := _name(target))}
    return frozenset(found)


def _hands_on(call: ast.Call, importers: Set[str]) -> bool:
    """Say whether a call returns a function that imports: getattr(importlib, "import_module"), partial(import_module)."""
    given = [each for each in call.args if isinstance(each, ast.Constant) and each.value in importers]
    return bool(given) or any(_mentions(each, importers) for each in call.args)


def _mentions(node: ast.AST, importers: Set[str]) -> bool:
    if isinstance(node, ast.Call):
        return _hands_on(node, importers) or _mentions(node.func, importers)
    if isinstance(node, ast.Subscript):  # {"f": import_module}["f"], vars(importlib)["import_module"]
        return _mentions(node.value, importers) or (isinstance(node.slice, ast.Constant) and node.slice.value in importers)
    if isinstance(node, ast.Dict | ast.List | ast.Tuple | ast.Lambda | ast.IfExp):
        return any(_name(each) in importers for each in ast.walk(node))
    return _name(node) in importers


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _texts(tree: ast.AST) -> dict[str, str]:
    """Return the names that are given a text anywhere in the file, with that text."""
    found: dict[str, str] = {}
    for _ in range(2):
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                text = _text(node.value, found)
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                for target in targets:
                    if text is not None and (name := _name(target)):
                        found[name] = text
    return found


def _text(node: ast.AST, texts: Mapping[str, str]) -> str | None:
    """Return the text that an expression is: a constant, names and constants joined by `+`, f-strings and `.join`; or None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name | ast.Attribute):
        return texts.get(_name(node))
    parts: list[ast.AST] = []
    glue = ""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.FormattedValue) else each for each in node.values]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        joined = node.args[0] if node.args else None
        if isinstance(joined, ast.List | ast.Tuple):
            glue, parts = _text(node.func.value, texts) or "", list(joined.elts)
    found = [_text(each, texts) for each in parts]
    told = [each for each in found if each is not None]
    return glue.join(told) if told and len(told) == len(found) else None
