"""Making sure that a process sends nothing more: it says so itself, or it is fenced off and ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.storage.emergency_ack import Ack, ack_of

from .writers import Writer

POLL_S: Final = 0.005
TERM_S: Final = 1.0
"""how long a process may take to end in order; it is fenced off already"""
KILL_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Stopped:
    """How a process was stopped. `open_entries`: of one that goes on, those whose end it still waited for."""

    writer: Writer
    how: str
    """`acknowledged`, `ended`, `killed`, `gone`, or `not stopped`"""
    detail: str = ""
    open_entries: int = 0

    @property
    def is_sure(self) -> bool:
        return self.how != "not stopped" and not self.open_entries


def acknowledgement(home: Path, writer: Writer, calls: int, since: int) -> Ack | None:
    """Return the process's answer to call `calls` of emergency mode; None as long as there is none."""
    ack = ack_of(home, writer.pid) if writer.pid else None
    return ack if ack is not None and ack.calls >= calls and ack.heard_at >= since else None


def wait_for_answers(home: Path, writers: list[Writer], calls: int, since: int, deadline: float) -> dict[int, Ack]:
    """Return the answers that came until `deadline` (monotonic seconds), by process."""
    answers: dict[int, Ack] = {}
    while True:
        for writer in writers:
            if writer.pid not in answers and (ack := acknowledgement(home, writer, calls, since)) is not None:
                answers[writer.pid] = ack
        if len(answers) == len(writers) or time.monotonic() >= deadline:
            return answers
        time.sleep(POLL_S)


def wait_until_done(home: Path, writer: Writer, calls: int, since: int, deadline: float) -> Stopped:
    """Wait until a process that has answered has seen the end of its entries."""
    while True:
        ack = acknowledgement(home, writer, calls, since)
        if ack is not None and ack.done_at is not None:
            return Stopped(writer, "acknowledged", "no entry order of it is left")
        if not writer.is_there:
            return Stopped(writer, "gone", "it has ended by itself")
        if time.monotonic() >= deadline:
            left = 0 if ack is None else ack.open_entries
            return Stopped(writer, "not stopped", f"it has answered, and {left} entry orders of it may still work", left)
        time.sleep(POLL_S)


@dataclass(frozen=True, slots=True)
class Fenced:
    """What of a process was fenced off, each with its new epoch, and what could not be."""

    epochs: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: Fenced) -> Fenced:
        return Fenced(self.epochs + other.epochs, self.problems + other.problems)


def fence_off(writer: Writer) -> Fenced:
    """Let nothing more of what a process holds be written by it, and so nothing be sent."""
    problems: list[str] = []
    epochs: list[str] = []
    for hold in writer.holds:
        try:
            epochs.append(f"{hold.name} epoch {hold.fence()}")
        except JournalError as exc:
            problems.append(str(exc))
    return Fenced(tuple(epochs), tuple(problems))


def end(writer: Writer, before: Fenced | None = None) -> Stopped:
    """End a process: first in order, then at once. What it holds is free afterwards, or it was not stopped.

    `before`: what was fenced off already; without it that is done first.
    """
    off = fence_off(writer) if before is None else before
    problems = list(off.problems)
    if not writer.pid:
        return Stopped(writer, "not stopped", "; ".join([*problems, "the lock does not say which process holds it"]))
    fenced = f"fenced off ({', '.join(off.epochs)})" if off.epochs else "not fenced off"
    for signum, patience_s, how in ((signal.SIGTERM, TERM_S, "ended"), (signal.SIGKILL, KILL_S, "killed")):
        if not _signalled(writer, signum, problems):
            break
        if _is_free(writer, patience_s):
            return Stopped(writer, how, "; ".join([fenced, *problems]))
    if _is_free(writer, 0.0):
        return Stopped(writer, "gone", "; ".join([fenced, *problems]))
    return Stopped(writer, "not stopped", "; ".join([fenced, *problems, f"process {writer.pid} still holds {writer.names}"]))


def _signalled(writer: Writer, signum: signal.Signals, problems: list[str]) -> bool:
    """Signal the process, if it is still the one that holds what it held: a number may belong to another one by now."""
    if not _holds(writer):
        return False
    try:
        os.kill(writer.pid, signum)
    except ProcessLookupError:
        return False
    except OSError as exc:
        problems.append(f"{signum.name} to process {writer.pid}: {exc.strerror}")
        return False
    return True


def _holds(writer: Writer) -> bool:
    """Say whether what it held is held; an account's lock names us since it was fenced off, so who holds it is not asked."""
    for hold in writer.holds:
        with contextlib.suppress(JournalError):
            if hold.holder is not None:
                return True
    return False


def _is_free(writer: Writer, patience_s: float) -> bool:
    deadline = time.monotonic() + patience_s
    while _holds(writer):
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True
