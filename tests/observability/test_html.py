"""The HTML report: self-contained, escaped, and complete."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from golive.model.errors import MalformedPayload
from golive.model.verdict import ExitCode, RunStatus
from golive.observability.html import LONG, WIDE, html, page_html
from golive.observability.outcome import nothing_done
from golive.observability.page import Banner, Cell, Column, Section, Table
from golive.observability.page import Page as PagePart
from golive.observability.report import RunReport, document, document_bytes
from support.reports import run_report

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"


def plain(report: RunReport) -> Any:
    return json.loads(document_bytes(document(report)))


class Page(HTMLParser):
    """Collects tags, attributes and visible text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "path", "line", "rect", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("path", "line", "rect", "circle"):
            return
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_well_formed_and_shows_the_run() -> None:
    whole = plain(run_report(rate_limited=2, notes=["public reads only"]))
    page = Page(html(whole))
    assert page.open == []
    for words in (
        *("okx_desktop_paper", "+388.03 USDT", "public reads only", "max_position_pct", "okx_spot", whole["outcome_sha256"]),
        *("rate_limit 2 (required <= 0)", "breached_thresholds_entrypoints", "Validation", "Fills"),
    ):
        assert words in page.text, words


def test_every_fill_is_on_the_price_and_in_the_table() -> None:
    whole = plain(run_report())
    text = html(whole)
    buys = sum(fill["side"] == "buy" for fill in whole["outcome"]["fills"])
    assert text.count('class="marker buy"') == buys
    assert text.count('class="marker sell"') == len(whole["outcome"]["fills"]) - buys
    assert text.count("taker</span>") + text.count("maker</span>") == len(whole["outcome"]["fills"])


def test_nothing_comes_from_outside_and_nothing_runs() -> None:
    page = Page(html(plain(run_report())))
    for tag, attributes in page.tags:
        assert tag not in ("script", "link", "img", "iframe", "object", "embed", "base", "form")
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in ("src", "href", "srcset", "action", "style", "xlink:href"), (tag, name, value)
    assert "url(" not in html(plain(run_report()))
    assert "@import" not in html(plain(run_report()))


def test_the_policy_allows_this_style_sheet_and_nothing_else() -> None:
    text = html(plain(run_report()))
    sheet = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    policy = next(
        a["content"] for tag, a in Page(text).tags if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert sheet is not None
    digest = base64.b64encode(hashlib.sha256(sheet.group(1).encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


_SHAPED = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\dT.*Z")
_CHOSEN = {"side"}


def hostile(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Every free text and every key of a free mapping replaced by markup."""
    if isinstance(value, dict):
        return {key: hostile(item, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [hostile(item, path) for item in value]
    if not isinstance(value, str) or _SHAPED.fullmatch(value) or path[-1] in _CHOSEN or path == ("status",):
        return value
    return HOSTILE


def test_no_text_of_the_document_becomes_markup() -> None:
    whole = hostile(plain(run_report(rate_limited=2, notes=["x"], failures=["y"])))
    metrics = whole["paper_exchange_metrics"]
    metrics[HOSTILE] = metrics.pop("okx_desktop_paper")
    metrics["summary"][HOSTILE] = HOSTILE
    whole["outcome"]["balances"][HOSTILE] = whole["outcome"]["balances"].pop("BTC")
    whole["outcome"]["decisions"]["by_code"][HOSTILE] = 1
    whole["measured"]["probes"][0]["checks"][HOSTILE] = HOSTILE
    text = html(whole)
    page = Page(text)
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img"})
    assert page.open == []
    assert text.count("<script") == 0
    assert page.text.count("<script>alert(1)</script>") > 40


@pytest.mark.parametrize("points", [0, 1, 2])
def test_a_short_curve_is_drawn_as_far_as_it_goes(points: int) -> None:
    whole = plain(run_report())
    whole["outcome"]["equity"]["points"] = whole["outcome"]["equity"]["points"][:points]
    text = html(whole)
    assert text.count('class="plot"') == (3 if points else 0)
    assert "nan" not in text.lower().replace("nanoseconds", "")


def test_a_run_without_a_market_is_a_whole_page() -> None:
    report = run_report(status=RunStatus.BLOCKED, exit_code=ExitCode.BLOCKED, outcome_part=nothing_done("balanced"))
    page = Page(html(plain(report)))
    assert "Blocked" in page.text
    assert "no fill" in page.text
    assert page.open == []


def test_a_document_that_is_no_report_is_refused_by_name() -> None:
    whole = plain(run_report())
    del whole["outcome"]["risk"]
    with pytest.raises(MalformedPayload, match=r"outcome\.risk is missing"):
        html(whole)
    with pytest.raises(MalformedPayload, match="exit_code is not a number"):
        html(plain(run_report()) | {"exit_code": "0"})


@pytest.mark.parametrize(("rows", "box"), [(1, "scroll"), (LONG, "scroll"), (LONG + 1, "scroll long")])
def test_only_a_long_table_scrolls_in_a_box_of_its_own(rows: int, box: str) -> None:
    table = Table((Column("n", True),), tuple((Cell(str(n)),) for n in range(rows)))
    shown = page_html(PagePart("t", "s", Banner("b", "c", ""), (), (Section("Rows", (table,)),)), "Golive", (), "foot")
    assert [tag[1]["class"] for tag in Page(shown).tags if "scroll" in str(tag[1].get("class"))] == [box]


@pytest.mark.parametrize(("columns", "css"), [(WIDE, "<table>"), (WIDE + 1, '<table class="wide">')])
def test_the_columns_of_a_wide_table_stand_closer(columns: int, css: str) -> None:
    table = Table(tuple(Column(f"c{n}") for n in range(columns)), (tuple(Cell("x") for _ in range(columns)),))
    page = PagePart("t", "s", Banner("b", "b", "good"), (), (Section("long", (table,)),))
    assert css in page_html(page, "brand", (), "foot")
