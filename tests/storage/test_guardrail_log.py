"""The guardrail event log: what is written is read back, last lines first to hand."""

from __future__ import annotations

import json
import os
import resource
import threading
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.giving_way import KEPT
from golive.storage.guardrail_line import EVENTS_FILE, stored_events
from golive.storage.guardrail_log import GuardrailLog
from support.durable import START, ToldClock


def write(log: GuardrailLog, message: str = "waited", *, level: str = "warning", event: str = "RATE_LIMIT",
          environment: str = "okx_paper") -> None:  # fmt: skip
    log.event(
        level=level, event=event, exchange="okx", environment=environment, queue="okx_spot", message=message,
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


def test_a_field_that_is_named_like_a_secret_or_holds_one_is_hidden_as_the_message_is(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    log.event(
        level="error", event="COMPLIANCE", exchange="okx", environment="okx_paper", queue="okx_spot",
        message="refused with secret=swordfish-1",
        fields={"api_key": "swordfish-2", "answer": {"said": ["token=swordfish-3", "50011"]}},
    )  # fmt: skip
    assert "swordfish" not in log.path.read_text()
    (line,) = log.tail()
    assert line.fields == {"api_key": "***", "answer": {"said": ["token=***", "50011"]}}
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


def test_what_a_full_disk_left_of_a_line_is_taken_back(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    write(log)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (log.path.stat().st_size + 10, hard))
    try:
        with pytest.raises(JournalError, match="cannot write"):
            write(log, "lost")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [line.message for line in stored_events(log.path)] == ["waited"], "a reader need not wait for the next writer"
    write(log, "after")
    assert [line.message for line in log.tail()] == ["waited", "after"]
    log.close()


def test_somebody_elses_file_keeps_its_last_line_and_stops_readers_only(tmp_path: Path) -> None:
    path = tmp_path / EVENTS_FILE
    path.write_text("my notes\nremember the milk")
    log = GuardrailLog(tmp_path, ToldClock())
    write(log)
    assert path.read_text().startswith('my notes\nremember the milk\n{"environment"')
    assert [line.message for line in log.tail(1)] == ["waited"]
    with pytest.raises(JournalError, match=r"remember the milk' is not a guardrail event .* move the file away"):
        log.tail()
    log.close()


def test_a_reader_finds_the_last_events_of_an_environment_however_far_back_they_are(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    write(log, "long ago", environment="kraken_paper")
    for n in range(3000):
        write(log, f"event {n}")
    assert [each.message for each in stored_events(log.path, environments={"kraken_paper"})] == ["long ago"]
    assert [each.message for each in stored_events(log.path, 3)] == ["event 2997", "event 2998", "event 2999"]
    assert len(stored_events(log.path, 10_000)) == 3001
    assert stored_events(log.path, environments={"okx_live"}) == ()
    log.close()


def test_a_reader_says_what_is_wrong_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / EVENTS_FILE
    with pytest.raises(JournalError, match=r"events.jsonl: the guardrail log cannot be read: No such file"):
        stored_events(path)
    log = GuardrailLog(tmp_path, ToldClock())
    write(log)
    log.close()
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(JournalError, match="ends within a line"):
        stored_events(path)
    path.write_bytes(b"x" * (3 << 20) + b"\n")
    with pytest.raises(JournalError, match="is not a guardrail event; move the file away"):
        stored_events(path)


def test_a_file_that_has_grown_gives_way_and_readers_go_on_into_those_before(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock(), largest=2000)
    write(log, "first", environment="kraken_paper")
    for n in range(30):
        write(log, f"event {n}")
    assert [each.message for each in log.tail()] == [f"event {n}" for n in range(10, 30)]
    assert len(log.path.read_text().splitlines()) < 20
    assert [each.message for each in stored_events(log.path, environments={"kraken_paper"})] == ["first"]
    for n in range(100):
        write(log, f"late {n}")
    assert sorted(each.name for each in tmp_path.iterdir()) == [EVENTS_FILE, *(f"{EVENTS_FILE}.{n}" for n in range(1, KEPT + 1))]
    assert stored_events(log.path, environments={"kraken_paper"}) == ()
    log.close()


def test_a_file_that_is_renamed_while_it_is_read_is_read_once(tmp_path: Path) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    write(log)
    os.link(log.path, f"{log.path}.1")  # what a reader meets that opened the file just before it gave way
    assert len(stored_events(log.path)) == 1
    log.close()


def test_no_event_is_lost_or_torn_when_files_give_way_under_several_writers(tmp_path: Path) -> None:
    def work(who: int) -> None:
        log = GuardrailLog(tmp_path, ToldClock(), largest=8000)
        for n in range(40):
            write(log, f"{who} {n}")
        log.close()

    writers = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    found = [each.message for each in stored_events(tmp_path / EVENTS_FILE, 1000)]
    assert sorted(found) == sorted(f"{who} {n}" for who in range(4) for n in range(40))
    assert (tmp_path / f"{EVENTS_FILE}.1").exists()


@pytest.mark.parametrize("gone", ["moved", "removed"])
def test_a_file_that_was_moved_or_removed_begins_anew(tmp_path: Path, gone: str) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    write(log, "before")
    if gone == "moved":
        log.path.rename(tmp_path / "kept")
    else:
        log.path.unlink()
    write(log, "after")
    assert [each.message for each in stored_events(log.path)] == ["after"]
    log.close()


GOOD = (
    '{"environment":"okx_paper","event":"TIMEOUT","exchange":"okx","fields":{},"level":"warning","message":"m","queue":"okx_spot",'
    '"ts":"2026-01-01T00:00:00Z"}'
)


@pytest.mark.parametrize(
    "line",
    ["{}", "[]", "nonsense", '{"ts":"yesterday"}', "", GOOD.replace("TIMEOUT", "NEWS"), GOOD.replace("warning", "fatal"),
     GOOD.replace('"m"', "7"), GOOD.replace("2026-01-01T", ""), GOOD.replace('"fields":{}', '"fields":[]'),
     GOOD.replace('"m"', '"m","more":1'), "[" * 100_000, GOOD[:-1]],
)  # fmt: skip
def test_a_line_that_is_no_event_is_an_error_and_not_skipped(tmp_path: Path, line: str) -> None:
    (tmp_path / EVENTS_FILE).write_text(f"{GOOD}\n{line}\n{GOOD}\n")
    log = GuardrailLog(tmp_path, ToldClock())
    with pytest.raises(JournalError, match="not a guardrail event"):
        log.tail()
    assert len(log.tail(1)) == 1
    log.close()


@pytest.mark.parametrize(("level", "event"), [("fatal", "TIMEOUT"), ("error", "SOMETHING")])
def test_levels_and_events_come_from_closed_sets(tmp_path: Path, level: str, event: str) -> None:
    log = GuardrailLog(tmp_path, ToldClock())
    with pytest.raises(ValueError, match="allowed are"):
        write(log, level=level, event=event)
    log.close()
    with pytest.raises(JournalError):
        write(log)
