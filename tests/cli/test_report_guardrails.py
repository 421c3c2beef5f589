"""What a session leaves of its guardrails, and what its profiles' lists decide: one demo session, one refused paper session."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from support.configuration import changed
from support.forked_golive import ForkedHome
from support.published import published

pytestmark = pytest.mark.integration


@dataclass
class Ran:
    home: ForkedHome
    report: dict[str, Any]


@pytest.fixture(scope="module")
def ran() -> Iterator[Ran]:
    """A demo session; Kraken's health can never be enough, and its trading profile lists only its I/O queue."""
    with TemporaryDirectory() as folder:
        home = ForkedHome(Path(folder))
        path = home.path / "config/runtime.yaml"
        head, kraken = path.read_text().split("    kraken_paper:\n", 1)
        kraken = changed(kraken, "health_min: 1.0", "health_min: 2.0")
        profile, rest = kraken.split("    kraken_desktop:\n", 1)
        rest = changed(rest, "guardrails: [paper_exchange_metrics, io_queue]", "guardrails: [io_queue]")
        path.write_text(f"{head}    kraken_paper:\n{profile}    kraken_desktop:\n{rest}")
        done = home.golive("run", "--mode", "demo", "--candles", "150", "--json")
        assert done.code == 0, done.stderr
        yield Ran(home, published(done.stdout))


def test_the_report_names_files_that_say_the_same(ran: Ran) -> None:
    section = ran.report["guardrails"]
    assert section["report_markdown"].startswith("logs/guardrails/guardrails_20")
    markdown = ran.home.path / section["report_markdown"]
    told = published(markdown.with_suffix(".json").read_bytes())
    assert {name: told[name] for name in section} == section
    assert (told["status"], told["tags"]) == ("ok", [])
    assert {each["run_id"] for each in told["entrypoints"]} == {ran.report["run_id"]}
    assert [each["queue"] for each in section["summaries"]] == ["bybit_spot", "kraken_spot", "okx_spot"]
    assert {(each["max_concurrency"], each["burst"]) for each in section["summaries"]} == {(3, 6)}
    quiet = "No throttling: no call waited in a queue, timed out, or was refused by a venue."
    pages = [markdown, *(ran.home.path / ran.report[f"report_{kind}"] for kind in ("markdown", "html"))]
    assert all(quiet in page.read_text() for page in pages)
    assert section["log_records"] == []


def test_the_command_shows_one_venue_of_it(ran: Ran) -> None:
    shown = ran.home.golive("report", "guardrails", "--tag", "kraken", "--tag", "paper", "--json")
    assert (shown.code, shown.stderr) == (0, "")
    told = published(shown.stdout)
    assert told["summaries"] == [each for each in ran.report["guardrails"]["summaries"] if each["queue"] == "kraken_spot"]
    assert [each["guardrails"] for each in told["entrypoints"]] == [["io_queue"]]


def test_metrics_that_do_not_judge_fail_no_run_and_open_no_stage(ran: Ran) -> None:
    metrics = ran.report["paper_exchange_metrics"]
    assert metrics["kraken_desktop_paper"]["status"] == metrics["summary"]["status"] == "breached"
    assert (ran.report["status"], ran.report["exit_code"], ran.report["stage_record"]) == ("success", 0, None)
    [told] = [each for each in ran.report["warnings"] if "do not judge the run" in each]
    assert told.startswith("[paper:kraken_desktop_paper] ")
    assert told.endswith("it is breached, so the session opens no further stage")
    refused = ran.home.golive("run", "--mode", "paper", "--candles", "150", "--json")
    assert refused.code == 3


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("these are my notes\n", "events.jsonl: b'these are my notes' is not a guardrail event"),
        (None, "cannot open the guardrail log: Not a directory"),
    ],
)
def test_a_guardrail_log_that_cannot_be_used_keeps_a_session_from_starting(ran: Ran, log: str | None, says: str) -> None:
    """It holds something else, or there is a file in its folder's place."""
    folder, aside = ran.home.path / "logs/guardrails", ran.home.path / "logs/aside"
    folder.rename(aside)
    if log is None:
        folder.touch()
    else:
        folder.mkdir()
        (folder / "events.jsonl").write_text(log)
    try:
        done = ran.home.golive("run", "--mode", "demo", "--candles", "150", "--json")
    finally:
        folder.rename(ran.home.path / f"logs/used-{log is None}")
        aside.rename(folder)
    report = json.loads(done.stdout)
    assert (done.code, report["status"]) == (3, "blocked")
    [error] = report["errors"]
    assert says in error
    assert report["guardrails"]["summaries"] == []
