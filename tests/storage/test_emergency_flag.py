"""The durable flag of emergency mode: what it keeps, and that whatever cannot be read is on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.emergency import Emergencies, EmergencyMode, TradingState
from golive.model.errors import JournalError
from golive.storage.emergency_ack import Ack, AckFile, ack_of
from golive.storage.emergency_flag import FLAG, EmergencyFlag


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


ON = EmergencyMode(TradingState.REDUCING, 'a "reason" of two\nlines', "anna", "all", 1_800_000_000_123_456_789)


def test_nothing_is_on_where_nothing_was_ever_switched_on(tmp_path: Path) -> None:
    flag = EmergencyFlag(tmp_path)
    assert (flag.read().emergencies, flag.read().calls, flag.signature()) == (Emergencies(), 0, None)


def test_what_was_switched_on_is_read_back_by_another_process_and_each_call_is_counted(tmp_path: Path) -> None:
    flag = EmergencyFlag(tmp_path)
    first = flag.switch_on(ON)
    signature = flag.signature()
    assert EmergencyFlag(tmp_path).read() == first
    second = flag.switch_on(EmergencyMode(TradingState.REDUCING, "later", "bert", "all", 2))
    assert (second.emergencies, second.calls) == (first.emergencies, 2)
    assert flag.signature() != signature
    off = flag.switch_off("all", 2)
    assert (EmergencyFlag(tmp_path).read(), off.emergencies) == (off, Emergencies())


def test_it_is_not_lifted_by_who_has_not_heard_of_the_last_call(tmp_path: Path) -> None:
    flag = EmergencyFlag(tmp_path)
    flag.switch_on(ON)
    flag.switch_on(ON)
    with pytest.raises(JournalError, match="activated again"):
        flag.switch_off("all", 1)
    assert flag.read().emergencies.modes == (ON,)


def test_switching_on_waits_for_nobody_and_lifting_does(tmp_path: Path) -> None:
    flag = EmergencyFlag(tmp_path)
    flag.switch_on(ON)
    holder = os.open((tmp_path / FLAG).with_suffix(".lock"), os.O_RDWR)
    try:
        fcntl.flock(holder, fcntl.LOCK_EX)
        assert flag.switch_on(ON).calls == 2
        with pytest.raises(JournalError, match="another process"):
            flag.switch_off("all", 2)
    finally:
        os.close(holder)


@given(st.binary(max_size=200))
def test_bytes_that_are_no_flag_are_on_for_all(content: bytes) -> None:
    with _home() as home:
        path = home / FLAG
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        reading = EmergencyFlag(home).read()
        assert reading.problem
        assert reading.emergencies.state("any") is TradingState.REDUCING


@given(st.data())
def test_every_cut_and_every_changed_byte_is_read_as_what_stood_there_or_is_on(data: st.DataObject) -> None:
    with _home() as home:
        flag = EmergencyFlag(home)
        flag.switch_on(ON)
        path = home / FLAG
        whole = path.read_bytes()
        cut = data.draw(st.integers(0, len(whole) - 1))
        path.write_bytes(whole[:cut] if data.draw(st.booleans()) else whole[:cut] + b"?" + whole[cut + 1 :])
        assert flag.read().emergencies.state("balanced") is not TradingState.ACTIVE


@pytest.mark.parametrize("obstacle", ["directory", "symlink", "fifo", "no directory"])
def test_a_flag_that_is_no_file_is_on(tmp_path: Path, obstacle: str) -> None:
    path = tmp_path / FLAG
    path.parent.parent.mkdir(parents=True)
    if obstacle == "no directory":
        path.parent.write_text("")
    else:
        path.parent.mkdir()
        if obstacle == "directory":
            path.mkdir()
        elif obstacle == "symlink":
            path.symlink_to("/nowhere")
        else:
            os.mkfifo(path)
    flag = EmergencyFlag(tmp_path)
    assert flag.read().emergencies.state("any") is TradingState.REDUCING
    assert flag.signature() is not None, "whoever watches has to look"


def test_an_answer_is_read_back_and_taken_away(tmp_path: Path) -> None:
    mine = Ack(os.getpid(), "okx_live", "balanced", 3, TradingState.REDUCING, 5, 2)
    file = AckFile(tmp_path)
    assert ack_of(tmp_path, os.getpid()) is None
    file.write(mine)
    assert ack_of(tmp_path, os.getpid()) == mine
    file.remove()
    file.remove()
    assert ack_of(tmp_path, os.getpid()) is None
