"""The shipped I/O limits under load, over sockets: what the venue sees, what stands in the log, what the reports say of it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from golive.cli.main import main
from golive.model.instrument import Instrument
from golive.observability.guardrails import Guardrails
from golive.runtime.bootstrap import plan_session
from golive.runtime.facts import SessionFacts
from golive.runtime.guardrail_report import guardrail_section, leave_guardrail_files
from golive.runtime.options import RunOptions
from golive.runtime.secret_store import StoredSecrets
from golive.runtime.venue_access import VenueAccess
from golive.runtime.venue_opening import AdapterParts, open_adapter
from golive.storage.guardrail_log import GuardrailLog
from support.adapters import unhurried
from support.golive_process import ROOT
from support.published import published
from support.venue_process import venue_process
from support.wall_clock import WallClock

pytestmark = pytest.mark.integration

DELAY_S, CALLS = 0.55, 12


def queue_rows(markdown: str) -> list[dict[str, str]]:
    """The first table of queues in a Markdown text, as a parser sees it."""
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(markdown)
    cells = [tokens[n + 1].content for n, token in enumerate(tokens) if token.type in ("th_open", "td_open")]
    heads = cells[cells.index("environment") : cells.index("refused") + 1]
    body = cells[cells.index("refused") + 1 :]
    return [dict(zip(heads, body, strict=False))]


@pytest.mark.parametrize("name", ["okx", "kraken", "bybit"])
async def test_three_run_and_six_are_admitted_and_the_rest_is_told_of(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    options = RunOptions(mode="paper", entrypoint=f"{name}_desktop_paper")
    plan = plan_session(options, tmp_path / "config/runtime.yaml", tmp_path, {})
    chosen, clock = plan.entrypoint, WallClock()
    facts = SessionFacts("ab" * 16, clock.now(), 0, chosen.exchange, chosen.environment, "127.0.0.1")
    log = GuardrailLog(tmp_path / chosen.io.log_directory, clock)
    with venue_process("--no-limits", dialect=name) as venue:
        adapter = open_adapter(
            unhurried(name), chosen, AdapterParts(facts.recorder, clock, log, tmp_path, 7),
            endpoint="embedded", base_url=venue.rest, credentials=None, sandbox=False,
        )  # fmt: skip
        access = VenueAccess(
            plan, facts.recorder, clock, log, facts.warn, StoredSecrets(tmp_path), adapters={chosen.name: adapter}
        )
        try:
            instrument: Instrument = (await adapter.load())[chosen.instruments[0]]
            await adapter.order_book(instrument, 5)
            quiet = guardrail_section(plan, access, log, facts, clock.now())
            before = len(venue.requests(2000))
            venue.add_fault("delay", seconds=DELAY_S)
            await asyncio.gather(*(adapter.order_book(instrument, 5) for _ in range(CALLS)))
            venue.clear_faults()
            arrived = sorted(int(each["at"]) for each in venue.requests(2000)[before:])
        finally:
            await adapter.close()
    assert len(arrived) == CALLS
    gaps = [(later - first) / 1e9 for first, later in zip(arrived, arrived[3:], strict=False)]
    assert min(gaps) > DELAY_S - 0.05, "the venue never had more than three of our calls at once"

    assert (quiet.log_records, quiet.recommendations) == ((), ())
    assert [(each.severity, each.rate_limit_wait_total) for each in quiet.summaries] == [("normal", 0)]

    section = leave_guardrail_files(plan, facts, guardrail_section(plan, access, log, facts, clock.now()))
    log.close()
    assert_saturated(section, name)
    assert section.report_markdown is not None
    [row] = queue_rows((tmp_path / section.report_markdown).read_text())
    assert (row["queue"], row["severity"]) == (f"{name}_spot", "warning")
    assert (row["peak in flight"], row["peak pending"], row["waits"]) == ("3 of 3", "6 of 6", "9")
    assert main(["report", "guardrails", "--home", str(tmp_path), "--tag", name, "--json"]) == 0
    told = published(capsys.readouterr().out)
    assert (told["status"], len(told["log_records"])) == ("ok", len(section.log_records))
    assert told["recommendations"] == list(section.recommendations)


def assert_saturated(section: Guardrails, name: str) -> None:
    """Nine calls waited 0.55, 1.1 or 1.65 s, three each; those of 0.75 s and more are events, on a slow machine all of them."""
    [queue] = section.summaries
    assert (queue.max_concurrency, queue.burst, queue.peak_inflight, queue.peak_pending) == (3, 6, 3, 6)
    assert (queue.rate_limit_wait_total, queue.timeout_total, queue.refused_total) == (9, 0, 0)
    assert queue.rate_limit_wait_avg_seconds is not None
    assert queue.rate_limit_wait_avg_seconds >= 1.0
    assert queue.severity == "warning"
    assert [(each.event, each.level, each.queue) for each in section.log_records] == [
        ("RATE_LIMIT", "warning", f"{name}_spot")
    ] * 6
    [advice] = section.recommendations
    assert f"raise io_queue.exchanges.{name}_spot.max_concurrency (it was 3) and" in advice
