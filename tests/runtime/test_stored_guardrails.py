"""The guardrail report for chosen tags, from what runs have left; and what happens when that cannot be read."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golive.cli.main import main
from golive.model.clock import SECOND
from golive.observability.guardrail_report import document, guardrail_report
from golive.observability.guardrails import Guardrails, QueueFacts, guardrails
from golive.runtime.guardrail_report import guarded
from golive.runtime.stored_guardrails import stored_guardrails
from golive.storage.guardrail_line import EVENTS_FILE
from golive.storage.guardrail_log import GuardrailLog
from golive.storage.guardrail_reports import guardrail_files, write_guardrail_files
from support.configuration import ROOT, SHIPPED_RUNTIME, changed, parse
from support.durable import START, ToldClock
from support.golive_process import Home
from support.published import published
from support.rehearsal import add_live_entrypoint
from support.reports import adapter_recorder

RUN = {"okx": "0a" * 16, "kraken": "0b" * 16, "bybit": "0c" * 16}


def leave(home: Path, started_at: int, run_id: str, *venues: str, timeouts: int = 0) -> Path:
    """Write what a run of these venues would leave."""
    queues = [
        QueueFacts(
            environment=f"{each}_paper", queue=f"{each}_spot", max_concurrency=3, burst=6, peak_inflight=1, peak_pending=1,
            refused_total=0,
        )
        for each in venues
    ]  # fmt: skip
    made = guardrails(queues, adapter_recorder(), [], generated_at=started_at + 9 * SECOND, log_directory="logs/guardrails")
    summaries = tuple(
        dataclasses.replace(
            each, timeout_total=timeouts, rate_limit_wait_total=0, rate_limit_wait_avg_seconds=0.0, timeout_avg_seconds=0.0,
            severity="error" if timeouts else "normal",
        )
        for each in made.summaries
    )  # fmt: skip
    section: Guardrails = dataclasses.replace(made, summaries=summaries)
    rows = [
        dataclasses.replace(
            guarded(parse().resolve(f"{each}_desktop_paper")), run_id=run_id, run_started_at=started_at,
            measured_at=started_at + 9 * SECOND,
        )
        for each in venues
    ]  # fmt: skip
    files = guardrail_files(home / "logs/guardrails", started_at, run_id)
    write_guardrail_files(files, document(guardrail_report(section, rows)), "markdown")
    return files.json


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    log = GuardrailLog(tmp_path / "logs/guardrails", ToldClock())
    for venue in ("okx", "kraken"):
        log.event(
            level="warning", event="TIMEOUT", exchange=venue, environment=f"{venue}_paper", queue=f"{venue}_spot",
            message=f"a call to {venue} timed out", fields={},
        )  # fmt: skip
    log.close()
    return tmp_path


def golive(home: Path, *words: str) -> int:
    return main(["report", "guardrails", "--home", str(home), *words])


def test_each_queue_is_shown_as_the_newest_run_left_it(home: Path) -> None:
    leave(home, START, RUN["okx"], "okx", "kraken", "bybit", timeouts=7)
    leave(home, START + 60 * SECOND, RUN["kraken"], "kraken")
    found = stored_guardrails(home, parse(), START + 100 * SECOND)
    assert [(each.entrypoint, each.run_id) for each in found.entrypoints] == [
        ("bybit_desktop_paper", RUN["okx"]),
        ("kraken_desktop_paper", RUN["kraken"]),
        ("okx_desktop_paper", RUN["okx"]),
    ]
    assert [(each.queue, each.timeout_total) for each in found.summaries] == [
        ("bybit_spot", 7),
        ("kraken_spot", 0),
        ("okx_spot", 7),
    ]
    assert [line.split(":")[0] for line in found.recommendations] == ["bybit_spot (bybit_paper)", "okx_spot (okx_paper)"]
    assert found.status == "breached"
    assert [each.exchange for each in found.log_records] == ["okx", "kraken"]


@pytest.mark.parametrize(
    ("tags", "venues"),
    [
        (["okx"], ["okx"]),
        (["paper", "okx", "paper"], ["okx"]),
        (["desktop", "paper"], ["bybit", "kraken", "okx"]),
        ([], ["bybit", "kraken", "okx"]),
    ],
)
def test_tags_choose_the_entrypoints_that_have_all_of_them(
    home: Path, tags: list[str], venues: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    leave(home, START, RUN["okx"], "okx", "kraken", "bybit")
    words = [word for tag in tags for word in ("--tag", tag)]
    assert golive(home, *words, "--json") == 0
    told = published(capsys.readouterr().out)
    assert told["tags"] == sorted(set(tags))
    assert [each["exchange"] for each in told["entrypoints"]] == venues
    assert [each["queue"] for each in told["summaries"]] == [f"{each}_spot" for each in venues]
    assert [each["exchange"] for each in told["log_records"]] == [each for each in ("okx", "kraken") if each in venues]
    assert golive(home, *words) == 0
    shown = capsys.readouterr().out
    assert all((f"| {venue}_spot |" in shown) is (venue in venues) for venue in RUN)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--tag", "okks"],
            "--tag okks: no entrypoint of runtime.yaml has it; there are bybit, desktop, kraken, live, okx, paper",
        ),
        (["--tag", "okx", "--tag", ""], "--tag : no entrypoint of runtime.yaml has it"),
        (["--tag", "okx", "--tag", "kraken"], "no entrypoint of runtime.yaml has all the tags kraken, okx"),
    ],
)
def test_tags_that_nobody_has_are_wrong_input(
    home: Path, words: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert golive(home, *words) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.startswith(says)) == ("", True)


def test_a_queue_that_no_run_has_measured_is_unknown_and_says_what_to_run(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leave(home, START, RUN["okx"], "okx")
    assert golive(home, "--tag", "kraken") == 6
    shown = capsys.readouterr().out
    assert "kraken\\_spot" not in shown
    assert "kraken_spot (kraken_paper): no run has measured it yet: golive run --entrypoint kraken_desktop_paper" in shown
    assert "Throttling is unknown" in shown
    assert golive(home, "--tag", "okx") == 0


@pytest.mark.parametrize(("event", "code"), [("TIMEOUT", 5), ("RATE_LIMIT", 6)])
def test_an_event_after_the_run_that_is_quoted_is_of_one_that_was_killed(
    home: Path, event: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(home, START, RUN["okx"], "okx", "kraken")
    log = GuardrailLog(home / "logs/guardrails", ToldClock(START + 10 * SECOND))
    for word, times in ((event, 1), ("RATE_LIMIT", 80)):  # more than are shown, or looked at first
        for _ in range(times):
            log.event(
                level="warning", event=word, exchange="kraken", environment="kraken_paper", queue="kraken_spot", message="late",
                fields={},
            )  # fmt: skip
    log.close()
    assert golive(home, "--tag", "kraken") == code
    shown = capsys.readouterr().out
    assert "81 events" in shown
    assert "golive run --entrypoint kraken\\_desktop\\_paper" in shown or "golive run --entrypoint kraken_desktop_paper" in shown
    assert "| after it |" in shown
    assert "this run" not in shown
    assert "No throttling" not in shown
    assert golive(home, "--tag", "okx") == 0


def test_a_time_out_is_a_breach_only_where_the_queue_judges(home: Path) -> None:
    leave(home, START, RUN["okx"], "okx", timeouts=1)
    assert golive(home, "--tag", "okx") == 5
    path = home / "config/runtime.yaml"
    path.write_text(
        changed(SHIPPED_RUNTIME, "guardrails: [paper_exchange_metrics, io_queue]", "guardrails: [paper_exchange_metrics]")
    )
    assert golive(home, "--tag", "okx") == 0


def test_a_live_entrypoint_has_no_list_and_is_unknown_until_a_dry_run_measured_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = Home(tmp_path / "home")
    home = made.path
    add_live_entrypoint(made, "okx", "http://127.0.0.1:1")
    GuardrailLog(home / "logs/guardrails", ToldClock()).close()
    leave(home, START, RUN["okx"], "okx", "kraken", "bybit")
    assert golive(home, "--tag", "live") == 6
    shown = capsys.readouterr().out
    assert "no run has measured it yet: golive run --entrypoint okx_desktop_live --mode live --read-only" in shown
    assert golive(home, "--tag", "desktop") == 0, "it judges nothing"


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)


def _no_events(folder: Path) -> None:
    (folder / EVENTS_FILE).unlink()


def _torn_events(folder: Path) -> None:
    path = folder / EVENTS_FILE
    path.write_bytes(path.read_bytes()[:-9])


def _foreign_event(folder: Path) -> None:
    with (folder / EVENTS_FILE).open("a") as file:
        file.write("2026-01-01 something happened\n")


def _torn_report(folder: Path) -> None:
    [path] = folder.glob("*.json")
    path.write_bytes(path.read_bytes()[:-20])


def _foreign_report(folder: Path) -> None:
    (folder / "guardrails_20270101T000000Z.json").write_text(json.dumps({"schema": "somebody.else.v1"}))


def _told(folder: Path, change: Callable[[Any], None]) -> None:
    [path] = folder.glob("guardrails_*.json")
    report = json.loads(path.read_text())
    change(report)
    path.write_text(json.dumps(report))


def _no_rows(folder: Path) -> None:
    _told(folder, lambda report: report.update(summaries=[]))


def _doubled_row(folder: Path) -> None:
    _told(folder, lambda report: report["summaries"].append(report["summaries"][0] | {"timeout_total": 0}))


def _nine_of_three(folder: Path) -> None:
    _told(folder, lambda report: report["summaries"][0].update(peak_inflight=9))


def _seven_of_six(folder: Path) -> None:
    _told(folder, lambda report: report["summaries"][0].update(peak_pending=7))


def _list_report(folder: Path) -> None:
    (folder / "guardrails_20270101T000000Z_0123abcd.json").write_text("[]")


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (_remove, "logs/guardrails: there is no such folder, no run has left anything yet"),
        (_no_events, "events.jsonl: the guardrail log cannot be read: No such file or directory"),
        (_torn_events, "events.jsonl: the guardrail log ends within a line"),
        (_foreign_event, "something happened' is not a guardrail event"),
        (_torn_report, "Z.json: the guardrail report cannot be read"),
        (_foreign_report, "guardrails_20270101T000000Z.json: not a guardrail report (schema is 'somebody.else.v1'"),
        (_no_rows, "the queue okx_spot of okx_paper was measured, and summaries has no row of it"),
        (_doubled_row, "the queue okx_spot of okx_paper has more rows than entrypoints"),
        (_nine_of_three, "peak_inflight is 9 of 3: a queue never lets more through than max_concurrency"),
        (_seven_of_six, "peak_pending is 7 of 6"),
        (_list_report, "_0123abcd.json: the guardrail report is not an object"),
    ],
)
def test_what_cannot_be_read_is_one_line_and_no_report(
    home: Path, damage: Callable[[Path], None], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    leave(home, START, RUN["okx"], "okx")
    damage(home / "logs/guardrails")
    assert golive(home, "--tag", "okx") == 6
    told = capsys.readouterr()
    assert told.out == ""
    assert says in told.err
    assert len(told.err.splitlines()) == 1


def test_two_runs_of_the_same_second_leave_a_report_each(home: Path) -> None:
    one = leave(home, START, RUN["okx"], "okx")
    two = leave(home, START, RUN["kraken"], "kraken")
    assert (one.name, two.name) == ("guardrails_20260101T000000Z.json", "guardrails_20260101T000000Z_0b0b0b0b.json")
    found = stored_guardrails(home, parse(), START + 100 * SECOND)
    assert [each.run_id for each in found.entrypoints] == [None, RUN["kraken"], RUN["okx"]]
