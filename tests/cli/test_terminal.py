"""What stands in the terminal: the final table, and the line of progress."""

from __future__ import annotations

import io
import json
from typing import Any

from golive.cli.terminal import Progress, print_summary
from golive.model.clock import SECOND
from golive.model.verdict import ExitCode, RunStatus
from golive.observability.outcome import nothing_done
from golive.observability.report import RunReport, document, document_bytes
from golive.observability.wording import Language
from support.reports import run_report


def plain(report: RunReport) -> Any:
    return json.loads(document_bytes(document(report)))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Watch:
    ns = 0

    def __call__(self) -> int:
        return self.ns


def printed(report: RunReport, stream: io.StringIO | None = None) -> str:
    stream = stream or io.StringIO()
    print_summary(plain(report), stream, width=120)
    return stream.getvalue()


def test_the_table_tells_stage_verdict_money_guardrails_and_where_the_reports_are() -> None:
    text = printed(run_report(notes=["public reads only"]))
    for words in (
        *("okx_desktop_paper · paper", "Passed (exit 0)", "+388.03 USDT", "50.78 USDT", "0.21 %", "24 orders", "okx_spot normal"),
        *("reports/e2e/run_local_bot_paper_20260110T100000Z_0f0e0d0c.html", "logs/e2e/", "warning: public reads only"),
    ):
        assert words in text, words
    assert "\x1b" not in text, "no colours where there is no terminal"
    stream = io.StringIO()
    print_summary(plain(run_report(notes=["public reads only"])), stream, width=120, language=Language.PL)
    assert "uwaga: public reads only" in stream.getvalue()


def test_paths_and_warnings_are_whole_lines_on_a_narrow_terminal() -> None:
    stream = io.StringIO()
    print_summary(plain(run_report(rate_limited=2)), stream, width=50)
    lines = stream.getvalue().splitlines()
    assert "report: reports/e2e/run_local_bot_paper_20260110T100000Z_0f0e0d0c.html" in lines
    assert "warning: [paper:okx_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0" in lines


def test_a_breach_names_what_was_broken() -> None:
    text = printed(run_report(status=RunStatus.BREACHED, exit_code=ExitCode.BREACHED, rate_limited=2))
    assert "Breached (exit 5)" in text
    assert "rate_limit 2 (required <= 0)" in text
    assert "warning: [paper:okx_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0" in text


def test_a_run_that_saw_no_market_has_a_table_too() -> None:
    text = printed(
        run_report(
            status=RunStatus.BLOCKED,
            exit_code=ExitCode.BLOCKED,
            outcome_part=nothing_done("balanced"),
            failures=["run the demo first"],
        )
    )
    assert "Blocked (exit 3)" in text
    assert "error: run the demo first" in text


def test_many_warnings_are_counted_instead_of_filling_the_screen() -> None:
    text = printed(run_report(notes=[f"note {n}" for n in range(50)]))
    assert text.count("warning: note") == 12
    assert "and 38 more in the report" in text


def test_what_a_venue_sent_does_not_steer_the_terminal() -> None:
    text = printed(run_report(notes=["\x1b[2J\x07[red]boo[/red]"]), Terminal())
    assert "\x1b[2J" not in text
    assert "\x07" not in text
    assert "[red]boo[/red]" in text


def test_on_a_terminal_one_line_is_rewritten() -> None:
    stream, watch = Terminal(), Watch()
    progress = Progress(stream, watch, label="paper", total=200, quote_asset="USDT")
    for candles in (1, 100):
        watch.ns += SECOND
        progress.update(candles, "2024-01-01T00:01:00Z", "100000.5", 3)
    progress.finish()
    assert stream.getvalue().count("\r\x1b[2K") == 2
    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().endswith("\x1b[2Kpaper  100/200 candles  2024-01-01 00:01  100,000.50 USDT  3 fills\n")


def test_elsewhere_plain_lines_come_sparsely_and_the_last_state_always() -> None:
    stream, watch = io.StringIO(), Watch()
    progress = Progress(stream, watch, label="paper", plain_every_s=10)
    for second in range(25):
        watch.ns = second * SECOND
        progress.update(second, "2024-01-01T00:01:00Z", "1", 0)
    progress.finish()
    lines = stream.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == ["0", "10", "20", "24"]
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_state_already_shown_is_not_shown_again() -> None:
    stream, watch = io.StringIO(), Watch()
    progress = Progress(stream, watch, label="paper")
    progress.update(1, "2024-01-01T00:01:00Z", "1", 0)
    progress.finish()
    progress.finish()
    assert len(stream.getvalue().splitlines()) == 1


def test_without_any_state_nothing_is_shown() -> None:
    stream = io.StringIO()
    Progress(stream, Watch(), label="paper").finish()
    assert stream.getvalue() == ""
