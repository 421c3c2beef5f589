"""What stands in the terminal: the final table, and the line of progress."""

from __future__ import annotations

import io
import json
import re
import string
from typing import Any, Final, get_args

from golive.cli import alert_words
from golive.cli.terminal import Progress, print_summary
from golive.model.clock import SECOND
from golive.model.emergency import TradingState
from golive.model.verdict import ExitCode, RunStatus
from golive.observability.guardrails import Severity
from golive.observability.outcome import nothing_done
from golive.observability.presentation import BANNERS
from golive.observability.report import RunReport, document, document_bytes
from golive.observability.summary_words import HEADLINES, NOTES, STATES, TEXTS, UNITS
from golive.observability.wording import Language
from golive.risk import LIMITS
from golive.risk.band import Band
from golive.risk.limit_state import PER_ORDER, meaning
from golive.runtime.market_facts import FillModel
from support.reports import run_report

TABLES: Final = (TEXTS, HEADLINES, STATES, UNITS, NOTES)


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


AT_THE_END = (
    ("max_open_orders", "orders", "20", "0", 0.0, "ok", False, ""),
    ("stale_data_seconds", "s", "60", None, None, None, True, "nothing was heard of okx:BTC/USDT"),
    ("target_volatility", "a year", "0.11", None, None, None, False, "a volatility is not known yet"),
    ("max_cost_to_profit_ratio", "of profit", "0.25", "no profit", None, None, False, "of 30 days"),
)
NAMES = ("limit", "unit", "allowed", "used", "used_ratio", "band", "refuses", "note")


def test_the_table_speaks_polish_but_for_names_and_for_errors_and_warnings_themselves() -> None:
    whole = plain(run_report(status=RunStatus.BREACHED, exit_code=ExitCode.BREACHED, rate_limited=2))
    whole["outcome"]["risk"]["at_the_end"] = [dict(zip(NAMES, row, strict=True)) for row in AT_THE_END]
    told = {}
    for language in Language:
        stream = io.StringIO()
        print_summary(whole, stream, width=140, language=language)
        told[language] = stream.getvalue()
    for words in (
        *("werdykt", "Naruszenie (kod 5)", "Wynik netto", "zwrot", "zleceń 24, odmów 1", "kroków na sekundę: 310"),
        *("rate_limit 2 (wymagane <= 0)", "okx_spot w normie", "Ryzyko, pozostałe limity na końcu", "0 z 20 zleceń"),
        *("odmawia, nothing was heard of okx:BTC/USDT", "zmienność jeszcze nieznana", "brak zysku: 0.25 zysku"),
        *("Decyzje · sygnałów 25", "pozycja byłaby za duża", "raport: logs/e2e/"),
    ):
        assert words in told[Language.PL], words
    table = told[Language.PL].partition("uwaga: ")[0]
    english = {pair[0] for words in TABLES for pair in words.values() if pair[0] != pair[1] and "{" not in pair[0]}
    names = {"of equity", "bar", "book", "open", "orders", "stops", "state", "used", "share"}  # occur in names, or in others
    assert [word for word in sorted(english - names) if re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", table)] == []
    assert "0 of 20 orders" in told[Language.EN]
    assert "refuses, nothing was heard of okx:BTC/USDT" in told[Language.EN]


def test_both_languages_of_a_word_take_the_same_details() -> None:
    for words in (*TABLES, alert_words.TEXTS, alert_words.STATES, alert_words.SEVERITIES):
        for name, pair in words.items():
            english, polish = ({part[1] for part in string.Formatter().parse(text)} - {None} for text in pair)
            assert english == polish, name


def test_everything_that_limits_queues_and_markets_say_of_themselves_has_its_words() -> None:
    assert {meaning(limit)[1] for limit in LIMITS} - {"", "s", "min", "ATR", "UTC"} <= UNITS.keys()
    assert PER_ORDER in NOTES
    states = {*get_args(Severity), *get_args(Band), *TradingState, *get_args(FillModel), "ok", "breached", "unknown"}
    assert states <= STATES.keys()
    assert {headline for headline, _, _ in BANNERS.values()} | {"Running"} == HEADLINES.keys()


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


def test_the_line_of_progress_speaks_polish() -> None:
    stream = io.StringIO()
    progress = Progress(stream, Watch(), label="paper", total=200, quote_asset="USDT", language=Language.PL)
    progress.update(100, "2024-01-01T00:01:00Z", "100000.5", 3)
    progress.finish()
    assert stream.getvalue() == "paper  świec 100/200  2024-01-01 00:01  100,000.50 USDT  wykonań 3\n"


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
