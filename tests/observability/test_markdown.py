"""The Markdown report, read back by a Markdown parser: what is shown is what the document says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from golive.model.verdict import ExitCode, RunStatus
from golive.observability.markdown import escaped, markdown
from golive.observability.outcome import nothing_done
from golive.observability.page import Pairs, Table
from golive.observability.presentation import page
from golive.observability.report import LiveExecutionRow, RunReport, document, document_bytes
from golive.observability.shape import as_json
from support.reports import run_report

PARSER = MarkdownIt("gfm-like", {"linkify": False})


def plain(report: RunReport) -> Any:
    return json.loads(document_bytes(document(report)))


def shown(token: Token) -> str:
    """The visible text of one inline token; fails on anything but text and line ends."""
    parts = []
    for child in token.children or []:
        assert child.type in ("text", "text_special", "softbreak"), f"{child.type} in {token.content!r}"
        parts.append(child.content)
    return "".join(parts)


def tables(text: str) -> list[list[list[str]]]:
    found: list[list[list[str]]] = []
    tokens = PARSER.parse(text)
    for position, token in enumerate(tokens):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("td_open", "th_open"):
            found[-1][-1].append(shown(tokens[position + 1]))
    return found


def test_a_session_whose_orders_went_to_a_venue_shows_them_and_whose_fills_they_are() -> None:
    row = LiveExecutionRow(
        exchange="okx", route="default", orders={"filled": 3, "canceled": 0}, attempts={"accepted": 3, "unknown": 1}, fallbacks=0,
        latency_p50_ms=41.25, latency_p95_ms=120, latency_p99_ms=None, latency_max_ms=1200, fill_ratio=0.75,
    )  # fmt: skip
    paper = plain(run_report())
    assert "Live orders" not in markdown(paper)
    assert f"{paper['outcome']['market']['fill_model']} fills" in markdown(paper)
    text = markdown({**paper, "live_execution_metrics": {"total": 3, "rows": [as_json(row)]}})
    assert "## Live orders" in text.splitlines()
    assert ["okx", "default", "filled 3", "accepted 3, unknown 1", "0", "41.2", "120.0", "–", "1,200.0", "75.00 %"] in [
        each for table in tables(text) for each in table
    ]
    [market] = [each for each in tables(text)[0] if each[0] == "Market"]
    assert market[2] == f"{paper['outcome']['market']['source']}, fills of the venue"
    assert "no order was sent" in markdown({**paper, "live_execution_metrics": {"total": 0, "rows": []}})


def test_every_table_of_the_page_is_read_back_cell_by_cell() -> None:
    whole = plain(run_report(rate_limited=2, errors=3))
    expected = []
    for section in page(whole).sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.rows:
                expected.append([[c.title for c in block.columns], *([cell.text for cell in row] for row in block.rows)])
            elif isinstance(block, Pairs):
                expected.append([["name", "value"], *([name, cell.text] for name, cell in block.rows)])
    assert tables(markdown(whole))[1:] == expected  # the first table holds the key figures
    assert len(expected) > 10


def test_warnings_stand_one_by_one_and_can_be_searched_for() -> None:
    text = markdown(plain(run_report(rate_limited=2, notes=["a | b"])))
    items = [
        shown(t) for t in PARSER.parse(text) if t.type == "inline" and t.level == 3 and "breaches rate_limit_max" in t.content
    ]
    assert items == ["[paper:okx_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0"]
    assert "network_errors_max" in text


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (run_report(), "**Passed**"),
        (run_report(status=RunStatus.BREACHED, exit_code=ExitCode.BREACHED), "**Breached**"),
        (run_report(status=RunStatus.BLOCKED, exit_code=ExitCode.BLOCKED, outcome_part=nothing_done("balanced")), "**Blocked**"),
        (run_report(status=RunStatus.UNKNOWN, exit_code=ExitCode.UNKNOWN), "**Unknown**"),
        (run_report(status=RunStatus.ERROR, exit_code=ExitCode.INTERNAL), "**Internal error**"),
        (run_report(status=RunStatus.VALIDATION_FAILED, exit_code=ExitCode.VALIDATION_FAILED), "**Validation failed**"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_verdict_stands_at_the_top_in_words(report: RunReport, words: str) -> None:
    assert markdown(plain(report)).splitlines()[4].startswith(words)


def test_a_run_that_goes_on_is_not_called_passed() -> None:
    whole = plain(run_report())
    whole["finished_at"] = None
    assert "**Running**" in markdown(whole)
    assert "**Passed**" not in markdown(whole)


_NASTY = st.text(alphabet=st.sampled_from("ab1 _*`#+-=>.)|\\[]()<>&~!$:/\n\t"), max_size=14)


@given(st.one_of(_NASTY, st.text(max_size=14)))
def test_any_text_in_a_cell_is_shown_as_it_is(text: str) -> None:
    rendered = f"| a | b |\n| --- | --- |\n| {escaped(text)} | x |\n"
    cells = tables(rendered)[0][1]
    assert cells[0].split() == visible(text).split()
    assert cells[1] == "x"


@given(st.one_of(_NASTY, st.text(max_size=14)))
def test_any_text_in_a_list_is_one_plain_line(text: str) -> None:
    tokens = PARSER.parse(f"- {escaped(text)}\n- next\n")
    assert [t.type for t in tokens if t.type.endswith("_open")].count("list_item_open") == 2
    assert not [t for t in tokens if t.type in ("heading_open", "hr", "fence", "code_block", "html_block", "blockquote_open")]
    if visible(text):
        assert next(shown(t) for t in tokens if t.type == "inline").split() == visible(text).split()


def visible(text: str) -> str:
    """The text without what a line cannot hold."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\x9b"])
def test_what_nobody_sees_or_what_turns_letters_round_is_left_out(sign: str) -> None:
    assert escaped(f"refused{sign}0.1") == "refused 0.1"
    assert sign not in markdown(plain(run_report(notes=[f"refused {sign}0.1"])))


def test_a_venue_that_cannot_be_traded_on_is_named_with_its_reason() -> None:
    text = markdown(document(run_report()))
    assert "| kraken_desktop_paper | warning | rest: Depth: timed_out | 2.5 s |" in text
    assert "| okx_desktop_paper | ok | may be called | – |" in text
