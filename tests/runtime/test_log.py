"""The log of a process: what the file does not take the console shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.observability.log_words import LogEvent
from golive.runtime.log import ProcessLog
from golive.storage.event_log import PATH
from support.durable import ToldClock


@pytest.mark.parametrize("is_writable", [True, False])
def test_the_trace_of_an_internal_error_is_in_the_log_or_on_the_console(tmp_path: Path, is_writable: bool) -> None:
    if not is_writable:
        (tmp_path / PATH.parts[0]).write_text("a file where the folder of the log should be")
    shown: list[str] = []
    log = ProcessLog(tmp_path, ToldClock(), shown.append, context={})
    try:
        raise RuntimeError("broken\x1b[2J token=swordfish-1")
    except RuntimeError as error:
        log.say(LogEvent.INTERNAL_ERROR, reason="RuntimeError: broken", error=error)
    told = "\n".join(shown)
    assert "internal error: RuntimeError: broken" in told
    assert "in the log" not in told
    assert ("Traceback" in told, "the log cannot be written" in told) == (not is_writable, not is_writable)
    if is_writable:
        assert "Traceback" in (tmp_path / PATH).read_text()
    else:
        assert shown[-1] == "RuntimeError: broken [2J token=***"


def test_what_says_by_itself_what_is_in_the_way_needs_no_trace(tmp_path: Path) -> None:
    (tmp_path / PATH.parts[0]).write_text("a file where the folder of the log should be")
    shown: list[str] = []
    log = ProcessLog(tmp_path, ToldClock(), shown.append, context={})
    for error in (JournalError("logs: cannot make the folder"), NotADirectoryError(20, "Not a directory")):
        log.say(LogEvent.INTERNAL_ERROR, reason=str(error), error=error)
    assert "Traceback" not in "\n".join(shown)
