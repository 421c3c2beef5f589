"""Environment overrides: `GOLIVE__IO_QUEUE__BURST=8` replaces one value of a file before it is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .key import Section, Shape, TableOf, fields_of
from .node import Entries, Entry, Node, Scalar
from .problem import Position, Problems, did_you_mean
from .strict_yaml import read_value

PREFIX: Final = "GOLIVE__"


@dataclass(frozen=True, slots=True)
class Override:
    """An environment variable that replaced a value."""

    variable: str
    path: tuple[str, ...]


def apply_overrides(
    trees: Sequence[tuple[type, Entries | None]], environ: Mapping[str, str], first_rank: int, problems: Problems
) -> tuple[tuple[Entries | None, ...], tuple[Override, ...]]:
    """Return the trees with every override put in, and the overrides; unknown paths and bad values are problems.

    `trees` are (declaration, tree) per file; the first declaration that has the variable's section and key takes it.
    """
    roots = [root for _, root in trees]
    applied: dict[tuple[str, ...], Override] = {}
    names = sorted(name for name in environ if name.upper().startswith(PREFIX))
    for rank, variable in enumerate(names, first_rank):
        resolved = _resolve(variable, trees, rank, problems)
        if resolved is None:
            continue
        index, path = resolved
        position = Position(rank, variable, 1, 1)
        if path in applied:
            problems.add(position, f"sets the same key as {applied[path].variable}", fix="remove one of the two variables")
            continue
        value = _value(variable, environ[variable], rank, problems)
        if value is not None:
            applied[path] = Override(variable, path)
            root = _replaced(roots[index], path, value, position)
            roots[index] = root if isinstance(root, Entries) else roots[index]
    return tuple(roots), tuple(applied.values())


def _value(variable: str, text: str, rank: int, problems: Problems) -> Scalar | None:
    node = read_value(variable, text, rank, problems)
    if node is None or isinstance(node, Scalar):
        return node
    problems.add(node.position, "only single values can be overridden", fix="quote the text, or change the file")
    return None


def _resolve(
    variable: str, trees: Sequence[tuple[type, Entries | None]], rank: int, problems: Problems
) -> tuple[int, tuple[str, ...]] | None:
    """Return which tree a variable means and the path in it; None when it was reported."""
    position = Position(rank, variable, 1, 1)
    words = variable[len(PREFIX) :].split("__")
    sections = [name for declaration, _ in trees for name in (f.name for f in fields_of(declaration))]
    for index, (declaration, root) in _likeliest_first(trees, words):
        if words[0].lower() in (f.name for f in fields_of(declaration)):
            if root is None or words[0].lower() in root.unreadable:
                return None  # the file itself is reported
            path = _walk(Section(declaration), root, words, position, problems)
            return None if path is None else (index, path)
    problems.add(
        position, f"there is no section {words[0].lower() or '(empty)'} to override", fix=did_you_mean(words[0], sections)
    )
    return None


def _likeliest_first(
    trees: Sequence[tuple[type, Entries | None]], words: Sequence[str]
) -> list[tuple[int, tuple[type, Entries | None]]]:
    """Return the trees by number, those first whose section of this name has this key (both files have an `execution`)."""

    def lacks_key(numbered: tuple[int, tuple[type, Entries | None]]) -> bool:
        shapes = {f.name: f.shape for f in fields_of(numbered[1][0])}
        section = shapes.get(words[0].lower())
        keys = [f.name for f in fields_of(section.type)] if isinstance(section, Section) else []
        return len(words) < 2 or words[1].lower() not in keys

    return sorted(enumerate(trees), key=lacks_key)


def _walk(
    shape: Shape, node: Node | None, words: Sequence[str], position: Position, problems: Problems
) -> tuple[str, ...] | None:
    path: list[str] = []
    for word in words:
        if isinstance(shape, Section):
            fields = {f.name: f.shape for f in fields_of(shape.type)}
            matches, known = [n for n in fields if n == word.lower()], list(fields)
        elif isinstance(shape, TableOf):
            known = list(node.entries) if isinstance(node, Entries) else []
            matches, fields = [n for n in known if _folded(n) == _folded(word)], dict.fromkeys(known, shape.item)
        else:
            problems.add(
                position, f"{'.'.join(path)} is a single value and has no {word.lower()}", fix="shorten the variable's name"
            )
            return None
        if len(matches) != 1:
            place = ".".join(path) or "the configuration"
            message = (
                f"{place} has no {word.lower() or '(empty)'} to override"
                if not matches
                else f"{word} means {' or '.join(matches)}"
            )
            problems.add(position, message, fix=did_you_mean(word, known) if not matches else "change the file instead")
            return None
        name = matches[0]
        path.append(name)
        shape = fields[name]
        node = node.entries[name].value if isinstance(node, Entries) and name in node.entries else None
    if isinstance(shape, Section | TableOf) or not hasattr(shape, "kind"):
        problems.add(position, f"{'.'.join(path)} is not a single value", fix="override one key of it, or change the file")
        return None
    return tuple(path)


def _folded(name: str) -> str:
    return name.lower().replace("-", "_")


def _replaced(node: Node | None, path: tuple[str, ...], value: Scalar, position: Position) -> Node:
    """Return a node with the value at `path` replaced; sections on the way are made where they are absent.

    Something else than a section on the way stays as it is, to be reported where it stands.
    """
    if node is not None and not isinstance(node, Entries):
        return node
    known = node if node is not None else Entries(position, {})
    name, rest = path[0], path[1:]
    old = known.entries.get(name)
    new: Node = _replaced(old.value if old else None, rest, value, position) if rest else value
    entry = Entry(old.key_position if old else position, new)
    return Entries(known.position, {**known.entries, name: entry}, known.unreadable)
