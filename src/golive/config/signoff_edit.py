"""Puts a sign-off into the text of `core.yaml`, or takes one out, and leaves every other character as it is.

The text has been read by the strict loader before and is read by it again afterwards; here it is only cut and joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import yaml

from golive.model.errors import ConfigError

FIELDS: Final = ("role", "person", "scope", "at", "expires_at", "document", "sha256", "signature")
_QUOTED: Final = ("scope", "at", "expires_at", "document", "sha256", "signature")


def with_sign_off(text: str, entrypoint: str, fields: Mapping[str, str]) -> str:
    """Return `text` with a sign-off added to the list of `entrypoint`; one of the same role and scope gives way to it.

    Raises ConfigError when the section has no `signoffs` to add to.
    """

    def gives_way(row: Mapping[str, str]) -> bool:
        return (row.get("role"), row.get("scope")) == (fields["role"], fields["scope"])

    return _added(without_sign_offs(text, entrypoint, gives_way), entrypoint, fields)


def without_sign_offs(text: str, entrypoint: str, goes: Callable[[Mapping[str, str]], bool]) -> str:
    """Return `text` without the sign-offs of `entrypoint` that go; the same text when none does. Raises ConfigError."""
    while True:
        colon, rows = _rows(text, entrypoint)
        for at, row in enumerate(rows.value):
            if isinstance(row, yaml.MappingNode) and goes({key.value: value.value for key, value in row.value}):
                text = _removed(text, colon, rows, at)
                break
        else:
            return text


def entry_text(fields: Mapping[str, str], indent: str = "") -> str:
    """Return a sign-off as an item of a list in block form, without the last line break."""
    lines = [f"{name}: {_scalar(name, fields[name])}" for name in FIELDS]
    return f"{indent}- " + f"\n{indent}  ".join(lines)


def _scalar(name: str, value: str) -> str:
    return f'"{value}"' if name in _QUOTED else value


def _rows(text: str, entrypoint: str) -> tuple[int, yaml.SequenceNode]:
    """Return where the colon of the key `signoffs` ends, and its list."""
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    path, end = ("runtime_entrypoints", entrypoint, "compliance", "signoffs"), 0
    for at, name in enumerate(path):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == name), None)
        if found is None:
            raise ConfigError(f"core.yaml has no {'.'.join(path[: at + 1])}; write {'.'.join(path)}: [] there, then do it again")
        end, node = text.index(":", found[0].end_mark.index) + 1, found[1]
    if not isinstance(node, yaml.SequenceNode):
        raise ConfigError(f"core.yaml: {'.'.join(path)} is no list")
    return end, node


def _added(text: str, entrypoint: str, fields: Mapping[str, str]) -> str:
    rows, newline = _rows(text, entrypoint)[1], "\r\n" if "\r\n" in text else "\n"
    if not rows.flow_style:
        at, dash = _line_end(text, _end(rows)), _dash(text, rows.value[-1])
        indent = " " * (dash - _line_start(text, dash))
        return text[:at] + _lines(newline, entry_text(fields, indent)) + text[at:]
    first, last = rows.start_mark.index, rows.end_mark.index
    before = text[_line_start(text, first) : first]
    if not rows.value and before.strip() == "signoffs:":
        at = _line_end(text, last)
        indent = " " * (len(before) - len(before.lstrip()) + 2)
        head = text[:first].rstrip(" ")
        rest = text[last:at]
        return head + rest + _lines(newline, entry_text(fields, indent)) + text[at:]
    inner = ", ".join(f"{name}: {_scalar(name, fields[name])}" for name in FIELDS)
    body = text[first : last - 1].rstrip()
    comma = "" if not rows.value or body.endswith(",") else ", "
    return text[:first] + body + comma + "{" + inner + "}" + text[last - 1 :]


def _removed(text: str, colon: int, rows: yaml.SequenceNode, at: int) -> str:
    row = rows.value[at]
    if not rows.flow_style:
        first, last = _line_start(text, _dash(text, row)), _next_line(text, _end(row))
        if len(rows.value) == 1:
            return text[:colon] + " []" + text[colon:first] + text[last:]
        return text[:first] + text[last:]
    if at + 1 < len(rows.value):
        return text[: row.start_mark.index] + text[rows.value[at + 1].start_mark.index :]
    if at:
        return text[: rows.value[at - 1].end_mark.index] + text[row.end_mark.index :]
    return text[: row.start_mark.index] + text[rows.end_mark.index - 1 :]


def _lines(newline: str, text: str) -> str:
    return newline + text.replace("\n", newline)


def _end(node: yaml.Node) -> int:
    """Return where the last character of a node's content stands; the marks of blocks lie behind the comments that follow."""
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(node, yaml.MappingNode) else last)


def _dash(text: str, row: yaml.Node) -> int:
    return text.rindex("-", 0, row.start_mark.index)


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """Return where the line ends, before its break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if end and text[end - 1] == "\r" else end


def _next_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1
