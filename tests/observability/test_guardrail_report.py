"""The guardrail report: its document, its Markdown as a parser reads it, and what is joined from stored ones."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from golive.model.clock import SECOND
from golive.model.errors import MalformedPayload
from golive.observability.guardrail_page import guardrail_page
from golive.observability.guardrail_report import (
    GuardedEntrypoint,
    document,
    guardrail_report,
    joined_section,
    measurements,
)
from golive.observability.guardrails import GuardrailRecord, Guardrails, QueueSummary
from golive.observability.markdown import markdown, page_markdown
from golive.observability.page import Lines
from golive.observability.report import document as run_document
from support.golive_process import ROOT
from support.reports import STARTED, run_report

VALIDATOR = Draft202012Validator(json.loads((ROOT / "docs/schemas/golive.guardrails.v1.json").read_text()))


def queue(venue: str = "okx", *, waits: int = 0, timeouts: int | None = 0, refused: int = 0) -> QueueSummary:
    severity: Literal["error", "normal"] = "error" if timeouts is None or timeouts else "normal"
    return QueueSummary(
        environment=f"{venue}_paper", queue=f"{venue}_spot", max_concurrency=3, burst=6, peak_inflight=2, peak_pending=5,
        rate_limit_wait_total=None if timeouts is None else waits, rate_limit_wait_avg_seconds=None if timeouts is None else 0.25,
        timeout_total=timeouts, timeout_avg_seconds=None if timeouts is None else 0.0, refused_total=refused, severity=severity,
    )  # fmt: skip


def event(seconds: int, message: str = "a call waited | long", venue: str = "okx") -> GuardrailRecord:
    return GuardrailRecord(
        ts=STARTED + seconds * SECOND, level="warning", event="RATE_LIMIT", exchange=venue, environment=f"{venue}_paper",
        queue=f"{venue}_spot", message=message, fields={"slot_seconds": 0.8},
    )  # fmt: skip


def section(*summaries: QueueSummary, records: tuple[GuardrailRecord, ...] = (), advice: tuple[str, ...] = ()) -> Guardrails:
    return Guardrails(
        generated_at=STARTED + 9 * SECOND, log_directory="logs/guardrails", summaries=summaries, recommendations=advice,
        log_records=records,
    )  # fmt: skip


def entrypoint(venue: str = "okx", *guardrails: str, measured: bool = True) -> GuardedEntrypoint:
    return GuardedEntrypoint(
        entrypoint=f"{venue}_desktop_paper", environment=f"{venue}_paper", exchange=venue, queue=f"{venue}_spot",
        tags=("desktop", venue, "paper"), guardrails=guardrails, run_id="ab" * 16 if measured else None,
        run_started_at=STARTED if measured else None, measured_at=STARTED + 9 * SECOND if measured else None,
    )  # fmt: skip


def plain(whole: Guardrails, *entrypoints: GuardedEntrypoint, tags: tuple[str, ...] = ()) -> Any:
    found = json.loads(json.dumps(document(guardrail_report(whole, entrypoints, tags))))
    VALIDATOR.validate(found)
    return found


def tables(text: str) -> dict[str, list[dict[str, str]]]:
    """Each table of a Markdown text by the title of its first column, as a parser sees it."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    found: dict[str, list[dict[str, str]]] = {}
    rows: list[list[str]] = []
    for position, token in enumerate(tokens):
        if token.type == "table_open":
            rows = []
        elif token.type == "tr_open":
            rows.append([])
        elif token.type in ("td_open", "th_open"):
            rows[-1].append("".join(child.content for child in tokens[position + 1].children or []))
        elif token.type == "table_close":
            found[rows[0][0]] = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    return found


def test_the_markdown_says_of_every_queue_and_event_what_the_document_says() -> None:
    told = plain(
        section(queue(waits=4, refused=2), queue("kraken"), records=(event(-5, "old"), event(2)), advice=("raise a|b",)),
        entrypoint("okx", "io_queue"),
        entrypoint("kraken", "paper_exchange_metrics", "io_queue"),
        tags=("paper", "desktop"),
    )
    text = page_markdown(guardrail_page(told))
    read = tables(text)
    assert [(row["queue"], row["severity"], row["waits"], row["refused"]) for row in read["environment"]] == [
        (each["queue"], each["severity"], str(each["rate_limit_wait_total"]), str(each["refused_total"]))
        for each in told["summaries"]
    ]
    assert read["environment"][0]["peak in flight"] == "2 of 3"
    assert read["environment"][0]["peak pending"] == "5 of 6"
    assert read["environment"][0]["average wait"] == "0.250 s"
    assert [(row["in"], row["event"], row["message"]) for row in read["time"]] == [
        ("before", "RATE_LIMIT", "old"),
        ("this run", "RATE_LIMIT", "a call waited | long"),
    ]
    assert [row["judged by"] for row in read["entrypoint"]] == ["paper_exchange_metrics, io_queue", "io_queue"]
    assert "Throttling: 4 waited in a queue, 0 timed out, 2 refused for their rate; events: 1." in text
    assert text.startswith("# Guardrails · desktop, paper\n")
    assert "- raise a\\|b" in text


@pytest.mark.parametrize(
    ("summaries", "records", "words", "tone"),
    [
        ((queue(),), (event(-5),), "No throttling", "good"),
        ((queue(),), (event(1),), "0 timed out, 0 refused for their rate; events: 1.", "warn"),
        ((queue(waits=1),), (), "Throttling: 1 waited", "warn"),
        ((queue(timeouts=2),), (), "2 timed out", "warn"),
        ((queue(refused=3),), (), "3 refused", "warn"),
        ((queue(),), tuple(event(n) for n in range(20)), "events: 20 or more", "warn"),
        ((queue(), queue("kraken", timeouts=None)), (), "unknown: not every queue", "warn"),
        ((), (), "unknown: not every queue", "warn"),
    ],
)
def test_one_sentence_says_whether_anything_was_throttled(
    summaries: tuple[QueueSummary, ...], records: tuple[GuardrailRecord, ...], words: str, tone: str
) -> None:
    [shown] = [
        block
        for each in guardrail_page(plain(section(*summaries, records=records), entrypoint())).sections
        for block in each.blocks
        if isinstance(block, Lines) and "hrottling" in "".join(block.rows)
    ]
    assert words in shown.rows[0]
    assert shown.tone == tone
    whole = dataclasses.replace(run_report(), guardrails=section(*summaries, records=records))
    assert shown.rows[0] in markdown(run_document(whole)), "the run's page says the same"


@pytest.mark.parametrize(
    ("guardrails", "timeouts", "status", "headline"),
    [
        (("io_queue",), 0, "ok", "Ok"),
        (("io_queue",), 1, "breached", "Breached"),
        (("io_queue",), None, "unknown", "Unknown"),
        (("paper_exchange_metrics",), 1, "not_applicable", "Not judged"),
        ((), 1, "not_applicable", "Not judged"),
    ],
)
def test_only_queues_that_judge_give_the_status(
    guardrails: tuple[str, ...], timeouts: int | None, status: str, headline: str
) -> None:
    told = plain(section(queue(timeouts=timeouts)), entrypoint("okx", *guardrails))
    assert told["status"] == status
    assert guardrail_page(told).banner.headline == headline
    assert plain(section(), entrypoint("okx", *guardrails))["status"] == "unknown", "nothing was measured"
    both = plain(
        section(queue(timeouts=timeouts), queue("kraken")), entrypoint("okx", *guardrails), entrypoint("kraken", "io_queue")
    )
    assert both["status"] == ("ok" if status == "not_applicable" else status), "the worst of them"


def test_what_a_run_stored_is_read_back_and_joined_with_what_to_do_about_it() -> None:
    told = plain(
        section(queue(refused=1), queue("kraken")),
        entrypoint(),
        entrypoint("kraken"),
        entrypoint("bybit", "io_queue", measured=False),
    )
    assert told["status"] == "unknown", "the venue of one was not opened"
    found = measurements(told)
    assert {place: each.summary for place, each in found.items()} == {
        ("okx_paper", "okx_spot"): queue(refused=1),
        ("kraken_paper", "kraken_spot"): queue("kraken"),
    }
    assert {(each.run_id, each.run_started_at, each.measured_at) for each in found.values()} == {
        ("ab" * 16, STARTED, STARTED + 9 * SECOND)
    }
    joined = joined_section(section(), list(found.values()), [entrypoint("bybit", "io_queue", measured=False)])
    assert [each.queue for each in joined.summaries] == ["kraken_spot", "okx_spot"]
    refused, missing = joined.recommendations
    assert refused.startswith("okx_spot (okx_paper): the venue refused 1 call")
    assert missing == "bybit_spot (bybit_paper): no run has measured it yet: golive run --entrypoint bybit_desktop_paper"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "golive.run_report.v1"),
        (("summaries",), "none"),
        (("summaries", 0, "queue"), "other_spot"),
        (("summaries", 0, "severity"), "fine"),
        (("summaries", 0, "burst"), 6.5),
        (("summaries", 0, "burst"), -1),
        (("summaries", 0, "timeout_total"), "0"),
        (("entrypoints", 0, "run_id"), None),
        (("entrypoints", 0, "measured_at"), "yesterday"),
    ],
)
def test_what_is_no_report_of_a_run_is_not_read_as_one(path: tuple[Any, ...], value: object) -> None:
    told = plain(section(queue()), entrypoint())
    part = told
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    with pytest.raises(MalformedPayload):
        measurements(told)
    del part[path[-1]]
    with pytest.raises(MalformedPayload):
        measurements(told)
