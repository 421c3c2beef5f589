"""The steps and boxes of the operators' five documents, as they stand there, and the digests by which tests know them elsewhere."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

LIST: Final = Path(__file__).parents[1] / "readiness/runbook_sources.json"
DOCUMENTS: Final = (
    "okx_go_live", "kraken_go_live", "bybit_go_live", "PAPER_TO_LIVE_RUNBOOK", "LIVE_EXECUTION_CHECKLIST",
)  # fmt: skip
_BOX: Final = re.compile(r"\[ \]")


class SourceItem(NamedTuple):
    """One numbered step, box, row of a checklist, or listed proof."""

    line: int
    sha256: str
    boxes: int
    """boxes on the line: a row to be done and to be accepted has two"""


def items_in(text: str) -> Iterator[SourceItem]:
    """Yield what a document asks for, in its order."""
    section, fenced = "", False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            fenced = not fenced
        section = line if line.startswith("#") else section
        if not fenced and (said := _said(line, section)) is not None:
            yield SourceItem(number, digest(said), len(_BOX.findall(line)))


def _said(line: str, section: str) -> str | None:
    if (numbered := re.match(r"\d+\. (.*)", line)) is not None:
        return numbered[1]
    if line.startswith("- [ ] "):
        return line.removeprefix("- [ ] ")
    if line.startswith("| [ ] "):
        return line.removeprefix("| [ ] ").split(" | ")[0]
    if line.startswith("| ") and "Pre-checklista" in section and not line.startswith(("| Element", "| ---")):
        return line.split(" | ")[1]
    if (listed := re.match(r"[*-] (.*)", line)) is not None and ("Artefakty" in section or "scenariuszy testowych" in section):
        return listed[1]
    return None


def digest(text: str) -> str:
    """Return SHA-256 of a text without regard to blanks at its ends."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


def listed() -> Mapping[str, tuple[SourceItem, ...]]:
    """Return the list by document."""
    rows = json.loads(LIST.read_text(encoding="utf-8"))
    return {name: tuple(SourceItem(*each) for each in found) for name, found in rows.items()}
