"""Every step and box of the operators' documents stands in our edition, in their words, and is bound; every check has a box."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from golive.readiness.check_table import CHECKS
from golive.readiness.runbook import unused_checks
from golive.runtime.runbook.documents import RUNBOOKS, folder, read_runbook
from golive.runtime.runbook.steps import MACHINE
from support.runbook_names import ROOT, names_in
from support.runbook_sources import DOCUMENTS, digest, items_in, listed

SOURCES = Path(os.environ.get("GOLIVE_RUNBOOK_SOURCES", ROOT.parent / "shared/spec/sources"))
NO_SOURCES = (
    f"the operators' documents are not in {SOURCES.name}/ beside the repository; name their folder in GOLIVE_RUNBOOK_SOURCES"
)
CONTRACT = (
    "kyc_aml_signoff", "live_checklist", "risk_limits", "limits_vs_paper", "named_tests", "alerting", "licenses",
    "data_completeness", "ai_models", "config_freeze", "secrets_rotation", "ip_allowlist", "venue_permissions", "mtls", "io_queue",
    "thresholds", "paper_gate", "paper_labs", "router", "reconciliation", "decision_log", "incident_comms", "ui_prelive", "cloud",
)  # fmt: skip


@pytest.mark.skipif(not SOURCES.is_dir(), reason=NO_SOURCES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_list_has_every_step_and_box_of_a_document(document: str) -> None:
    text = (SOURCES / f"{document}.md").read_text(encoding="utf-8")
    found = tuple(items_in(text))
    assert found == listed()[document]
    plain = [line for line in text.splitlines() if re.match(r"\d+\. |.*\[ \]", line)]
    assert sum(each.boxes for each in found) == text.count("[ ]")
    assert len(plain) <= len(found)


@pytest.mark.skipif(not SOURCES.is_dir(), reason=NO_SOURCES)
@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_name_of_a_document_stands_in_our_edition(document: str) -> None:
    ours = {name for _, name in names_in((folder() / f"{document}.md").read_text(encoding="utf-8"))}
    theirs = {name for _, name in names_in((SOURCES / f"{document}.md").read_text(encoding="utf-8"))}
    assert not theirs - ours


@pytest.mark.parametrize("document", DOCUMENTS)
def test_our_edition_has_each_step_and_box_in_its_order(document: str) -> None:
    wanted = listed()[document]
    book = read_runbook(document).book
    said = [digest(item.text) for item in book.items]
    places = [said.index(each.sha256) for each in wanted]
    assert places == sorted(set(places))
    assert len(wanted) >= 13
    assert len(book.items) >= sum(max(each.boxes, 1) for each in wanted)
    for each, place in zip(wanted, places, strict=True):
        on_its_line = [item for item in book.items if item.line == book.items[place].line]
        assert len(on_its_line) >= max(each.boxes, 1)
        assert all(item.bindings for item in on_its_line)


def test_the_table_of_checks_is_the_contracts_and_every_check_has_a_box() -> None:
    assert tuple(CHECKS) == CONTRACT
    books = [read_runbook(name).book for name in RUNBOOKS]
    assert not unused_checks(books)
    assert not unused_checks([each for each in books if not each.name.startswith("STAGE6")])


def test_the_documents_are_those_of_the_contract_and_every_machine_step_has_a_place() -> None:
    assert {*DOCUMENTS, "DEMO_PAPER_LIVE_CHECKLIST"} <= set(RUNBOOKS)
    used = {
        each.name
        for name in RUNBOOKS
        for item in read_runbook(name).book.items
        for each in item.bindings
        if each.kind == "machine"
    }
    assert used == set(MACHINE)


def test_no_id_is_used_twice_through_all_runbooks() -> None:
    ids = [item.id for name in RUNBOOKS for item in read_runbook(name).book.items]
    assert len(ids) == len(set(ids))


def test_what_has_to_come_first_is_named() -> None:
    assert CHECKS["cloud"].needs == "the cloud service"
    assert {name for name, row in CHECKS.items() if row.needs} == {"paper_labs", "ui_prelive", "cloud"}
