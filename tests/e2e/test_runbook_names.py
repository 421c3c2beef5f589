"""The list of what the operators' documents name: it misses none, and what it says of the sources holds.

What it says of a run is asserted on the runs of three venues in `test_three_venues.py`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.runbook_names import ROOT, entries, names_in, unproved

SOURCES = Path(os.environ.get("GOLIVE_RUNBOOK_SOURCES", ROOT.parent / "shared/spec/sources"))
DOCUMENTS = ("okx_go_live.md", "kraken_go_live.md", "bybit_go_live.md", "PAPER_TO_LIVE_RUNBOOK.md", "LIVE_EXECUTION_CHECKLIST.md")
NO_SOURCES = (
    f"the operators' documents are not in {SOURCES.name}/ beside the repository; name their folder in GOLIVE_RUNBOOK_SOURCES"
)


def listed(document: str) -> Counter[tuple[int, str]]:
    names: Counter[tuple[int, str]] = Counter()
    for entry in entries():
        file, line = entry["at"].split(":")
        if file == document:
            names.update((int(line), said) for said in entry["said"])
    return names


@pytest.mark.skipif(not SOURCES.is_dir(), reason=NO_SOURCES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_list_misses_no_name_of_a_document_and_invents_none(document: str) -> None:
    said = Counter(names_in((SOURCES / document).read_text(encoding="utf-8")))
    assert sum(said.values()) > 40
    assert not said - listed(document), "named in the document, not in the list"
    assert not listed(document) - said, "in the list, not in the document"


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry['at']} {entry['said'][0]:.60}")
def test_what_the_list_says_of_the_sources_holds(entry: Mapping[str, Any]) -> None:
    assert unproved(entry) == []
    assert entry["at"].split(":")[0] in DOCUMENTS


def test_every_field_of_the_summary_that_the_documents_name_is_looked_at() -> None:
    from golive.observability.summary import SUMMARY

    looked_at = {path.split(".")[2] for entry in entries() for path in _summary_paths(entry)}
    assert looked_at <= SUMMARY.keys()
    assert len(looked_at) == 18


def _summary_paths(entry: Mapping[str, Any]) -> list[str]:
    prefix = "paper_exchange_metrics.summary."
    return [path for kind in ("report", "report_holds") for path in entry.get(kind, {}) if path.startswith(prefix)]
