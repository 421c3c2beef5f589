"""Small falsifications of a module, one at a time: what a careless hand could write instead.

Comparisons (also into their neighbours, so that equality counts), arithmetic, `min`/`max`, `and`/`or`/`not`, conditions turned
around, numbers, truth values, results that are forgotten (`return None`) and statements that are left out: calls, what is kept in
an object, `raise`, `continue`, one row of a table. Texts, annotations, docstrings and
decorators stay as they are.
"""

from __future__ import annotations

import ast
import copy
import difflib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Final

_COMPARED: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
_CALCULATED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Div: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One falsification: where it is, and what stands there instead of what."""

    module: str
    """dotted"""
    path: Path
    function: str
    """dotted name of the outermost function or method it lies in; empty outside of any"""
    line: int
    before: str
    after: str
    site: int
    """its number among those of its module"""
    again: int = 0
    """how many of the same function say the same before it"""

    @property
    def name(self) -> str:
        again = f" ({self.again + 1})" if self.again else ""
        return f"{self.module}:{self.function or '-'}: {self.before} -> {self.after}{again}"


def mutants_of(module: str, path: Path) -> list[Mutant]:
    """Return every mutant of a module's source, in the order of its text."""
    tree = ast.parse(path.read_text())
    found: list[Mutant] = []
    said: Counter[tuple[str, str, str]] = Counter()
    for place, (node, function, change) in enumerate(_sites(tree)):
        if isinstance(change, _Without):
            before, after = change.row(node), "left out"
        else:
            before, after = _short(ast.unparse(node)), _short(_text(change(copy.deepcopy(node))))
        found.append(Mutant(module, path, function, node.lineno, before, after, place, said[function, before, after]))
        said[function, before, after] += 1
    return found


def mutated(mutant: Mutant) -> CodeType:
    """Return the compiled module with the mutant in it."""
    tree = ast.parse(mutant.path.read_text())
    return compile(_falsified(tree, mutant.site), str(mutant.path), "exec")


def difference(mutant: Mutant) -> str:
    """Return the lines of the source that the mutant changes, as Python would write them, before (`-`) and after (`+`)."""
    tree = ast.parse(mutant.path.read_text())
    before = ast.unparse(tree).splitlines()
    after = ast.unparse(_falsified(tree, mutant.site)).splitlines()
    lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
    return "\n".join(line for line in lines if not line.startswith("@@"))


def _falsified(tree: ast.Module, site: int) -> ast.Module:
    node, _, change = next(each for place, each in enumerate(_sites(tree)) if place == site)
    _Exchange(node, change).visit(tree)
    return ast.fix_missing_locations(tree)


Change = Callable[[ast.AST], ast.AST]
Site = tuple[ast.expr | ast.stmt, str, Change]


@dataclass(frozen=True)
class _Without:
    """Leaves one row out of a table: of several tuples, of several names outside of functions, or of a mapping there."""

    place: int

    def __call__(self, table: ast.AST) -> ast.AST:
        rows = {name: list(value) for name, value in ast.iter_fields(table) if isinstance(value, list)}
        for column in rows.values():
            del column[self.place]
        return _with(table, **rows)

    def row(self, table: ast.AST) -> str:
        if isinstance(table, ast.Dict):
            return ast.unparse(ast.Dict([table.keys[self.place]], [table.values[self.place]])).strip("{}")
        assert isinstance(table, ast.Tuple | ast.Set)
        return ast.unparse(table.elts[self.place])


def _rows(node: ast.AST, inside: bool) -> int:
    """Return how many rows a table has; 0 where a node is none."""
    match node:
        case ast.Dict(keys=rows) if not inside and len(rows) > 1:
            return len(rows)
        case ast.Tuple(elts=rows, ctx=ast.Load()) | ast.Set(elts=rows) if len(rows) > 1:
            kinds = (ast.Tuple,) if inside else (ast.Tuple, ast.Name, ast.Attribute)
            return len(rows) if all(isinstance(row, kinds) for row in rows) else 0
        case _:
            return 0


class _Exchange(ast.NodeTransformer):
    def __init__(self, node: ast.AST, change: Change) -> None:
        self._node, self._change = node, change

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self._node:
            return ast.copy_location(self._change(node), node)
        self.generic_visit(node)
        return node


def _sites(tree: ast.Module) -> Iterator[Site]:
    yield from _below(tree, "", "")


def _below(node: ast.AST, function: str, scope: str) -> Iterator[Site]:
    for field, child in _children(node):
        if field in ("annotation", "returns", "decorator_list", "bases", "type_params") or _says_nothing(child):
            continue
        if isinstance(child, ast.FunctionDef):
            name = function or scope + child.name
            for default in (*child.args.defaults, *(each for each in child.args.kw_defaults if each is not None)):
                yield from _at(default, "")
            for statement in child.body:
                yield from _at(statement, name)
        elif isinstance(child, ast.ClassDef):
            yield from _below(child, function, f"{scope}{child.name}.")
        elif isinstance(child, ast.expr | ast.stmt):
            yield from _at(child, function, scope)
        else:
            yield from _below(child, function, scope)


def _at(node: ast.expr | ast.stmt, function: str, scope: str = "") -> Iterator[Site]:
    if _says_nothing(node) or isinstance(node, ast.JoinedStr | ast.Assert | ast.Import | ast.ImportFrom):
        return
    if not function and (
        _is_field(node) or isinstance(node, ast.Subscript) or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr))
    ):
        return  # how a record shows itself; a type's name
    for change in _changes(node, bool(function)):
        yield node, function, change
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        module = ast.Module([node], [])
        yield from _below(module, function, scope)
        return
    yield from _below(node, function, scope)


def _children(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    for field, value in ast.iter_fields(node):
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, ast.AST):
                yield field, each


def _says_nothing(node: ast.AST) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _is_field(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "field"


def _changes(node: ast.expr | ast.stmt, inside: bool) -> Iterator[Change]:  # noqa: PLR0912 (one case a kind)
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for other in _COMPARED[type(op)]:
                    yield lambda each, place=place, other=other: _with_op(each, place, other)  # type: ignore[misc]
        case ast.BinOp(op=sign) | ast.AugAssign(op=sign) if type(sign) in _CALCULATED:
            yield lambda each: _with(each, op=_CALCULATED[type(sign)]())
        case ast.BoolOp(op=op):
            yield lambda each: _with(each, op=ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield lambda each: each.operand  # type: ignore[attr-defined]
        case ast.If() | ast.IfExp() | ast.While():
            yield lambda each: _with(each, test=ast.UnaryOp(ast.Not(), each.test))  # type: ignore[attr-defined]
        case ast.Constant(value=bool() as truth):
            yield lambda each: ast.Constant(not truth)
        case ast.Constant(value=int() | float() as number):
            yield lambda each: ast.Constant(number + 1)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield lambda each: ast.Return(ast.Constant(None))
        case ast.Call(func=ast.Name(id="min" | "max" as chosen)):
            yield lambda each: _with(each, func=ast.Name("min" if chosen == "max" else "max", ast.Load()))
        case ast.Expr() | ast.Raise() | ast.Continue() if inside:
            yield lambda each: ast.Pass()
        case ast.Assign(targets=targets) if inside and all(isinstance(to, ast.Attribute | ast.Subscript) for to in targets):
            yield lambda each: ast.Pass()
        case _:
            pass
    if isinstance(node, ast.AugAssign) and inside:
        yield lambda each: ast.Pass()
    yield from (_Without(place) for place in range(_rows(node, inside)))


def _with(node: ast.AST, **fields: ast.AST | list[ast.AST]) -> ast.AST:
    made = copy.copy(node)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _with_op(node: ast.AST, place: int, other: type[ast.cmpop]) -> ast.AST:
    assert isinstance(node, ast.Compare)
    ops = list(node.ops)
    ops[place] = other()
    return ast.Compare(node.left, ops, node.comparators)


def _text(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))


def _short(text: str) -> str:
    first, _, rest = text.partition("\n")
    return first + (" …" if rest else "")
