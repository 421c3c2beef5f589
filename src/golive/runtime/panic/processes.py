"""The processes that could send an order while a panic goes on: who answers it, and the end of who does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.storage.emergency_ack import Ack

from .ending import Fenced, Stopped, end, fence_off, wait_for_answers, wait_until_done
from .panic import Call, State
from .writers import Writer, holds_of, writers_of

ANSWER_S: Final = 0.25
"""who does not answer within this time of the flag is fenced off and ended"""
DONE_S: Final = 5.0
"""who answers has this long to see the end of its entries"""
STEP: Final = "processes"


class Processes:
    """Those that hold locks under `home`; `told` is called with each step (`Panic.told`)."""

    def __init__(self, home: Path, told: Callable[[str, State, str], None]) -> None:
        self._home = home
        self._told = told
        self._fenced: dict[int, tuple[Writer, Fenced]] = {}
        """that did not answer in time, with what was fenced off of them at once"""

    def fence_the_silent(self, entrypoints: Sequence[str] | None, call: Call | None) -> None:
        """See that who does not answer sends no entry; ending it takes longer, and comes after the record."""
        try:
            writers = writers_of(holds_of(self._home, entrypoints, None if entrypoints is None else ()))
        except JournalError:
            return  # `stop` meets it, too, and says so
        writers = [writer for writer in writers if writer.pid not in self._fenced]
        answers = self._answers(writers, call)
        for writer in (each for each in writers if each.pid not in answers):
            self._fenced[writer.pid] = writer, fence_off(writer)
            self._told(STEP, "unchanged", f"{writer.names} (process {writer.pid}) did not answer: it is fenced off")

    def stop(
        self, entrypoints: Sequence[str] | None, accounts: Sequence[str] | None, call: Call | None, *, end_all: bool
    ) -> list[Stopped]:
        """See that none lets an entry out any more; with `end_all` that none goes on. `call` None: there is no flag."""
        try:
            found = writers_of(holds_of(self._home, entrypoints, accounts))
        except JournalError as exc:
            self._told(STEP, "problem", str(exc))
            found = []
            if not self._fenced:
                return []
        if not found and not self._fenced:
            self._told(STEP, "unchanged", "none that could send an order is running")
            return []
        stopped = list(self._end_the_fenced({writer.pid: writer for writer in found}))
        writers = [writer for writer in found if writer.pid not in self._fenced]
        answers = self._answers(writers, call)
        for writer in (each for each in writers if each.pid not in answers):
            self._told(STEP, "unchanged", f"{writer.names} (process {writer.pid}) did not answer: it is fenced off and ended")
            stopped.append(self._told_of(end(writer)))
        if call is not None:
            stopped += [self._seen_done(writer, call, end_all=end_all) for writer in writers if writer.pid in answers]
        return stopped

    def _seen_done(self, writer: Writer, call: Call, *, end_all: bool) -> Stopped:
        """Wait until a process that has answered has seen the end of its entries; end it where it must not go on."""
        self._told(STEP, "done", f"{writer.names} (process {writer.pid}) answered: no entry leaves it")
        done = wait_until_done(self._home, writer, call.calls, call.since, call.flagged + DONE_S)
        if not done.is_sure:
            self._told(STEP, "unchanged", f"{writer.names}: {done.detail}; it is fenced off and ended")
        return self._told_of(end(writer) if end_all or not done.is_sure else done)

    def _answers(self, writers: list[Writer], call: Call | None) -> dict[int, Ack]:
        if call is None:
            return {}
        return wait_for_answers(self._home, writers, call.calls, call.since, call.flagged + ANSWER_S)

    def _end_the_fenced(self, writers: dict[int, Writer]) -> Iterator[Stopped]:
        """End who was fenced off already; of what it holds beside that, nothing was yet."""
        for pid, (writer, fenced) in self._fenced.items():
            beside = tuple(hold for hold in writers[pid].holds if hold not in writer.holds) if pid in writers else ()
            more = Writer(pid, beside)
            yield self._told_of(end(writer.beside(more), fenced + fence_off(more)))

    def _told_of(self, stopped: Stopped) -> Stopped:
        name = f"{stopped.writer.names} (process {stopped.writer.pid})"
        self._told(STEP, "done" if stopped.is_sure else "problem", f"{name} {stopped.how}: {stopped.detail}")
        return stopped
