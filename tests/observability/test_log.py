"""Lines of the log: complete, in two languages, on one line, and without secrets whatever was put into them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.model.secret import Secret
from golive.observability.log_line import log_line
from golive.observability.log_words import EVENTS, Level, LogEvent, event_text, events_markdown, field_names
from golive.observability.wording import Language, spoken

SECRET = Secret("s3cr3t/+value-of-a-key").reveal()
DOCS = Path(__file__).parents[2] / "docs/logs.md"


def test_every_event_has_words_in_both_languages_that_tell_the_same_fields() -> None:
    assert set(EVENTS) == set(LogEvent)
    for event, row in EVENTS.items():
        english, polish = (spoken(row.words, language) for language in Language)
        assert english
        assert polish
        fields = {name: f"<{name}>" for name in field_names(event)}
        for language in Language:
            told = event_text(event, fields, language)
            assert all(f"<{name}>" in told for name in fields), (event, language)


def test_the_table_of_the_documentation_is_the_catalogue() -> None:
    assert events_markdown() in DOCS.read_text(encoding="utf-8"), "write the table of docs/logs.md anew from events_markdown()"


def test_a_line_is_one_line_of_json_with_who_when_what() -> None:
    line = log_line(1_800_000_000_123_456_789, LogEvent.SESSION_FAILED, {"reason": "two\nlines\x1b[2J", "n": 7, "at": Level.INFO})
    raw = line.bytes({"entrypoint": "okx", "pid": "1"})
    assert raw.count(b"\n") == 1
    assert json.loads(raw) == {
        "ts": "2027-01-15T08:00:00.123456789Z", "level": "error", "event": "session_failed", "entrypoint": "okx", "pid": "1",
        "message": "the session failed: two\nlines\x1b[2J", "fields": {"reason": "two\nlines\x1b[2J", "n": 7, "at": "info"},
    }  # fmt: skip
    assert line.text(Language.PL) == "08:00:00 błąd: sesja się nie powiodła: two lines [2J"


def test_an_error_is_told_with_its_trace_and_without_secrets() -> None:
    def fail(password: str) -> None:
        try:
            raise ValueError(f"bad key {password}")
        except ValueError as exc:
            raise RuntimeError("could not sign") from exc

    with pytest.raises(RuntimeError) as caught:
        fail(SECRET)
    line = log_line(
        0, LogEvent.INTERNAL_ERROR, {"reason": SECRET, "apiKey": "k", "deep": {"x": [{"secret": SECRET}]}}, error=caught.value
    )
    raw = line.bytes({}).decode()
    assert SECRET not in raw
    assert SECRET not in line.text(Language.EN)
    assert "could not sign" in raw
    assert "bad key ***" in raw
    assert '"apiKey":"***"' in raw


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), b"bytes", {1: {2}}, (1, "a"), None, 2**70, "\ud800"])
def test_any_field_makes_a_line(value: object) -> None:
    line = log_line(0, LogEvent.SESSION_WARNING, {"reason": value})
    json.loads(line.bytes({}))
    assert line.text(Language.EN)


def test_a_secret_at_the_end_of_a_long_text_is_hidden_before_it_is_cut() -> None:
    raw = log_line(0, LogEvent.SESSION_WARNING, {"reason": "x" * 3990 + SECRET}).bytes({}).decode()
    assert SECRET[:6] not in raw


def test_a_field_that_is_missing_does_not_hide_the_event() -> None:
    assert "?" in event_text(LogEvent.SESSION_ENDED, {}, Language.EN)
