"""The guardrail event log: what is written is read back, last lines first to hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.guardrail_log import GuardrailLog
from support.durable import START, ToldClock


def write(log: GuardrailLog, message: str = "waited", *, level: str = "warning", event: str = "RATE_LIMIT") -> None:
    log.event(
        level=level, event=event, exchange="okx", environment="okx_paper", queue="okx_spot", message=message,
        fields={"waited_seconds": 0.8125},
    )  # fmt: skip


def test_an_event_is_one_line_with_the_fields_of_the_contract(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path / "logs/guardrails", ToldClock())
    write(log)
    lines = log.path.read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "ts": "2026-01-01T00:00:00Z", "level": "warning", "event": "RATE_LIMIT", "exchange": "okx", "environment": "okx_paper",
            "queue": "okx_spot", "message": "waited", "fields": {"waited_seconds": 0.8125},
        }
    ]  # fmt: skip
    (line,) = log.tail()
    assert (line.ts, line.event, line.fields) == (START, "RATE_LIMIT", {"waited_seconds": 0.8125})
    log.close()


def test_the_tail_is_the_newest_twenty_in_order(tmp_path: Path) -> None:
    one, two = GuardrailLog(tmp_path, ToldClock()), GuardrailLog(tmp_path, ToldClock())
    for n in range(3000):
        write((one, two)[n % 2], f"event {n}")
    assert [line.message for line in one.tail()] == [f"event {n}" for n in range(2980, 3000)]
    assert [line.message for line in two.tail(2)] == ["event 2998", "event 2999"]
    one.close()
    two.close()


def test_an_empty_log_has_an_empty_tail(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    assert log.tail() == ()
    log.close()


def test_a_line_torn_by_a_crash_is_cut_at_the_next_opening(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    write(log)
    log.close()
    with log.path.open("ab") as file:
        file.write(b'{"environment":"okx')
    log = GuardrailLog(tmp_path, ToldClock())
    write(log, "after")
    assert [line.message for line in log.tail()] == ["waited", "after"]
    log.close()


@pytest.mark.parametrize("line", ["{}", "[]", "nonsense", '{"ts":"yesterday"}'])
def test_a_line_that_is_no_event_is_an_error_and_not_skipped(tmp_path: Path, line: str) -> None:
    (tmp_path / "events.jsonl").write_text(line + "\n")
    log = GuardrailLog(tmp_path, ToldClock())
    with pytest.raises(JournalError, match="not a guardrail event"):
        log.tail()
    log.close()


@pytest.mark.parametrize(("level", "event"), [("fatal", "TIMEOUT"), ("error", "SOMETHING")])
def test_levels_and_events_come_from_closed_sets(tmp_path: Path, level: str, event: str) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    with pytest.raises(ValueError, match="allowed are"):
        write(log, level=level, event=event)
    log.close()
    with pytest.raises(JournalError):
        write(log)
