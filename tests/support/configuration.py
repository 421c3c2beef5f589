"""The shipped configuration as text, and what parsing a changed copy of it says.

`RUNTIME` and `CORE` are the shipped files without what trades with real money: a test adds the live environment it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from golive.config import ConfigErrors, Configuration, Problem, SourceFile, parse_configuration

ROOT = Path(__file__).resolve().parents[2]
SHIPPED_RUNTIME = (ROOT / "config/runtime.yaml").read_text(encoding="utf-8")
SHIPPED_CORE = (ROOT / "config/core.yaml").read_text(encoding="utf-8")


def _without(text: str, begin: str, end: str) -> str:
    """Return `text` without what stands from `begin` up to `end`."""
    before, _, rest = text.partition(begin)
    return before + end + rest.partition(end)[2]


def paper_only(name: str, text: str) -> str:
    """Return the shipped `name`, or one like it, without its live environments or entrypoints."""
    if name == "runtime.yaml":
        return _without(text, "    okx_desktop_live:", "\nexecution:\n")
    return _without(_without(text, "  # Real money:", "\npermission_profiles:\n"), "\nruntime_entrypoints:", "\nalerts:\n")


RUNTIME = paper_only("runtime.yaml", SHIPPED_RUNTIME)
CORE = paper_only("core.yaml", SHIPPED_CORE)


def parse(runtime: str | bytes = RUNTIME, core: str | bytes = CORE, environ: Mapping[str, str] | None = None) -> Configuration:
    """Parse two texts under the names `runtime.yaml` and `core.yaml`."""
    return parse_configuration(_source("runtime.yaml", runtime), _source("core.yaml", core), environ or {})


def problems(
    runtime: str | bytes = RUNTIME, core: str | bytes = CORE, environ: Mapping[str, str] | None = None
) -> tuple[Problem, ...]:
    """Return what is wrong with two texts; nothing for a valid configuration."""
    try:
        parse(runtime, core, environ)
    except ConfigErrors as errors:
        return errors.problems
    return ()


def only_problem(runtime: str | bytes = RUNTIME, core: str | bytes = CORE, environ: Mapping[str, str] | None = None) -> Problem:
    """Return the single thing that is wrong with two texts."""
    found = problems(runtime, core, environ)
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def changed(text: str, old: str, new: str) -> str:
    """Return `text` with the first `old` replaced; `old` must be there."""
    assert old in text, f"{old!r} is not in the shipped file"
    return text.replace(old, new, 1)


def without_compliance(core: str) -> str:
    """Return `core.yaml` without its section `runtime_entrypoints`, to which a test adds its own."""
    lines, kept, inside = core.splitlines(keepends=True), [], False
    for line in lines:
        inside = line.startswith("runtime_entrypoints:") or (inside and line[:1] in (" ", "#", "\n"))
        kept.append("" if inside else line)
    return "".join(kept)


def place(text: str, fragment: str, file: str, offset: int = 0, after: int = 0) -> str:
    """Return `file:line:column` of the first `fragment` at or behind index `after`, `offset` characters further on."""
    index = text.index(fragment, after) + offset
    before = text[:index]
    return f"{file}:{before.count(chr(10)) + 1}:{index - (before.rfind(chr(10)) + 1) + 1}"


def _source(name: str, data: str | bytes) -> SourceFile:
    return SourceFile(name, data.encode() if isinstance(data, str) else data)
