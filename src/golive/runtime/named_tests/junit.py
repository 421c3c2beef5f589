"""Reading a JUnit XML file that somebody else has made: no document type, so no entities; bounded in size, depth and cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from golive.model.errors import ConfigError
from golive.readiness.named_tests import Case, Outcome

MOST_BYTES: Final = 64 * 1024 * 1024
_MOST_CASES: Final = 200_000
_MOST_DEPTH: Final = 16
_OUTCOMES: Final = {"failure": Outcome.FAILED, "error": Outcome.FAILED, "skipped": Outcome.SKIPPED}


class JUnitError(ConfigError):
    """Bytes are no JUnit XML that is read here."""

    is_redacted = True  # names positions and elements


@dataclass(slots=True)
class JUnit:
    """What a file says: its cases, and the properties of its suites."""

    cases: list[Case] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)


def read_junit(data: bytes) -> JUnit:
    """Return the cases of a file. Raises JUnitError."""
    if len(data) > MOST_BYTES:
        raise JUnitError(f"longer than {MOST_BYTES} bytes")
    reader = _Reader()
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as exc:
        raise JUnitError(f"no XML: line {exc.lineno}: {expat.ErrorString(exc.code)}") from exc
    if reader.root not in ("testsuites", "testsuite"):
        raise JUnitError(f"its root is {reader.root!r:.40}, not testsuites")
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = JUnit()
        self.root = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.buffer_text = True
        self._depth = 0
        self._case = ""
        self._outcome = Outcome.PASSED

    def _refuse(self, *told: object) -> None:
        raise JUnitError(f"line {self.parser.CurrentLineNumber}: has a document type; a JUnit file needs none")

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self.root = self.root or name
        if self._depth > _MOST_DEPTH:
            raise JUnitError(f"line {self.parser.CurrentLineNumber}: more than {_MOST_DEPTH} elements in each other")
        if name == "testcase":
            if self._case or len(self.found.cases) >= _MOST_CASES:
                raise JUnitError(f"line {self.parser.CurrentLineNumber}: a case in a case, or more than {_MOST_CASES} of them")
            self._case = _id(attributes.get("classname", ""), attributes.get("name", ""))
            self._outcome = Outcome.PASSED
        elif name == "property" and not self._case:
            self.found.properties[attributes.get("name", "")] = attributes.get("value", "")
        elif self._case and name in _OUTCOMES and self._outcome is not Outcome.FAILED:
            self._outcome = _OUTCOMES[name]

    def _end(self, name: str) -> None:
        self._depth -= 1
        if name == "testcase":
            self.found.cases.append(Case(self._case, self._outcome))
            self._case = ""


def _id(classname: str, name: str) -> str:
    """Return `tests/x/test_y.py::test_z` of `tests.x.test_y` and `test_z`, as pytest writes them."""
    parts = classname.split(".")
    module = next((number for number, part in enumerate(parts, 1) if part.startswith("test_")), len(parts))
    inside = "".join(f"{part}::" for part in parts[module:])
    return f"{'/'.join(parts[:module])}.py::{inside}{name}"
