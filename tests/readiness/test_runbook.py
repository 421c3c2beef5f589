"""Reading a runbook: what is a step or a box, and everything that is refused, with file and line."""

from __future__ import annotations

import pytest

from golive.readiness.runbook import Binding, Kind, RunbookError, parse_runbook, unused_checks

GOOD = """# A runbook

<!-- stage: paper -->
<!-- entrypoint: okx_desktop_paper -->

1. First `code <!-- x -->` step. <!-- a-1: machine look -->

   ```sh
   - [ ] no box, and 1. no step
   ```

- [ ] A box of `[ ]`. <!-- a-box: check mtls, signoff security -->
- plain

<!-- stage: live -->

| Krok | Kto | Akceptacja |
| --- | --- | --- |
| [ ] Row <!-- a-row: machine look --> | SecOps | [ ] SecOps <!-- a-row-ok: signoff security --> |
"""


def parse(text: str) -> tuple[tuple[str, str, str, str], ...]:
    book = parse_runbook("doc", text, {"look"})
    return tuple((item.id, item.number, item.text, item.stage) for item in book.items)


def test_steps_boxes_and_cells_are_read_with_their_stage() -> None:
    assert parse(GOOD) == (
        ("a-1", "1", "First `code <!-- x -->` step.", "paper"),
        ("a-box", "", "A box of `[ ]`.", "paper"),
        ("a-row", "", "Row", "live"),
        ("a-row-ok", "", "SecOps", "live"),
    )
    book = parse_runbook("doc", GOOD, {"look"})
    assert (book.title, book.entrypoint) == ("A runbook", "okx_desktop_paper")
    assert book.items[1].bindings == (Binding(Kind.CHECK, "mtls"), Binding(Kind.SIGNOFF, "security"))
    assert book.items[1].line == 12
    assert "mtls" not in unused_checks([book])
    assert "router" in unused_checks([book])


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (" <!-- a-box: check mtls, signoff security -->", "", 12, "is bound 0 times"),
        (" <!-- a-1: machine look -->", "", 6, "the step 'First"),
        (" <!-- a-row-ok: signoff security -->", "", 19, "is bound 0 times"),
        ("a-box:", "a-1:", 12, "a-1 stands there already, in line 6"),
        ("check mtls", "check mtsl", 12, "there is no check 'mtsl'"),
        ("machine look", "machine peek", 6, "there is no machine 'peek'; there is look"),
        ("signoff security", "signoff secops", 12, "there is no signoff 'secops'"),
        ("check mtls", "checks mtls", 12, "is not check NAME, machine NAME or signoff ROLE"),
        ("check mtls, signoff security", "check mtls, check mtls", 12, "bound to check mtls twice"),
        ("<!-- a-1: machine look -->", "<!-- machine look -->", 6, "is not ID: check|machine|signoff NAME"),
        ("- plain", "- plain <!-- a-2: machine look -->", 13, "binds no step and no box"),
        ("- [ ] A box", "- [x] A box", 12, "ticked by hand"),
        ("- plain", "- plain [ ]", 13, "begin neither a list item nor a cell"),
        ("stage: live", "stage: life", 15, "stage 'life' is none of"),
        ("<!-- stage: paper -->", "", 6, "no <!-- stage"),
        ("look --> |", "look --> <!-- a-9: machine look --> |", 19, "binds no step and no box"),
    ],
)
def test_what_is_not_bound_as_it_must_be_names_file_and_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(RunbookError) as refused:
        parse(GOOD.replace(old, new, 1))
    assert str(refused.value).startswith(f"doc.md:{line}: ")
    assert said in str(refused.value)


def test_a_document_without_a_step_is_none() -> None:
    with pytest.raises(RunbookError, match="has no step and no box"):
        parse("# Empty\n\ntext\n")
