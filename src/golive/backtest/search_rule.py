"""Conditions between parameters, such as `fast_bars < slow_bars`: comparisons of names, numbers and plain arithmetic."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from golive.model.errors import ConfigError

_COMPARISONS: Final[Mapping[type[ast.cmpop], Callable[[float, float], bool]]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LONGEST: Final = 500
"""characters"""


class Rule:
    """One condition. It is read by walking its syntax tree; nothing of it is ever executed.

    Raises ConfigError for what is not comparisons joined by `and`/`or`, divides by 0, or names a parameter nobody has.
    """

    def __init__(self, text: str, names: Collection[str]) -> None:
        self.text = text
        try:
            if len(text) > _LONGEST:
                raise ConfigError(f"--where: longer than {_LONGEST} characters")
            tree = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError) as exc:
            raise ConfigError(f"--where {text!r}: not an expression, for example: fast_bars < slow_bars") from exc
        _check(tree, names, text, is_condition=True)
        if any(_is_zero(node.right) for node in ast.walk(tree) if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)):
            raise ConfigError(f"--where {text!r}: divides by zero")
        self._tree = tree

    def allows(self, values: Mapping[str, float]) -> bool:
        """Say whether a parameter set keeps the condition; a division by zero does not."""
        try:
            return bool(_value(self._tree, values))
        except ZeroDivisionError:
            return False


def _check(node: ast.expr, names: Collection[str], text: str, *, is_condition: bool) -> None:
    match node:
        case ast.BoolOp(values=parts) if is_condition:
            for part in parts:
                _check(part, names, text, is_condition=True)
        case ast.Compare(left=left, ops=ops, comparators=right) if is_condition and all(type(op) in _COMPARISONS for op in ops):
            for part in (left, *right):
                _check(part, names, text, is_condition=False)
        case ast.BinOp(left=left, op=op, right=single) if not is_condition and type(op) in _ARITHMETIC:
            for part in (left, single):
                _check(part, names, text, is_condition=False)
        case ast.UnaryOp(op=ast.USub(), operand=operand) if not is_condition:
            _check(operand, names, text, is_condition=False)
        case ast.Constant(value=int() | float() as value) if not is_condition and not isinstance(value, bool):
            pass
        case ast.Name(id=name) if not is_condition:
            if name not in names:
                raise ConfigError(f"--where {text!r}: no parameter {name!r}; known: {', '.join(sorted(names))}")
        case _:
            raise ConfigError(f"--where {text!r}: only comparisons (< <= > >= == !=) of parameters and numbers, joined by and/or")


def _is_zero(node: ast.expr) -> bool:
    """Say whether an expression without a name is 0, or has no value because it divides by 0 itself."""
    if any(isinstance(part, ast.Name) for part in ast.walk(node)):
        return False
    try:
        return not _value(node, {})
    except ZeroDivisionError:
        return True


def _value(node: ast.expr, values: Mapping[str, float]) -> Any:
    match node:
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_value(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=right):
            sides = [_value(side, values) for side in (left, *right)]
            return all(_COMPARISONS[type(op)](a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False))
        case ast.BinOp(left=left, op=op, right=other):
            return _ARITHMETIC[type(op)](_value(left, values), _value(other, values))
        case ast.UnaryOp(operand=operand):
            return -_value(operand, values)
        case ast.Constant(value=value):
            return float(str(value))
        case ast.Name(id=name):
            return values[name]
    raise AssertionError("checked before")
