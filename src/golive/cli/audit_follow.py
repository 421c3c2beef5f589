"""`golive audit follow`: new records of one log as they come, each checked, until somebody stops it or one is not sound."""

from __future__ import annotations

import signal
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final, TextIO

import typer

from golive.model.errors import JournalError
from golive.model.verdict import ExitCode

from .audit_findings import NOT_AS_IT_SHOULD_BE, named_file, told, verifier_of
from .audit_show import HEADING, LogPath, json_line, row
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell
from .terminal import clean

if TYPE_CHECKING:
    from golive.storage.log_follower import LogFollower, Seen

PAUSE_S: Final = 0.2


def follow(
    path: LogPath = None,
    as_json: Annotated[bool, typer.Option("--json", help="Records as they stand in the log, a JSON line each.")] = False,
    home: HomeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Print each new record of a log as it comes, once its place in the chain and its MAC were checked.

    First the log is verified as it is (told on stderr); a log that has not begun is waited for, and so is the end of a line that
    is being written. Where a file is full it goes on with the next. Seals are not looked at while following.

    Exit 0 stopped by SIGINT or SIGTERM, 1 a record is not what was written (named on stderr), 6 the log cannot be read, 2 usage,
    70 stdout did not take the result.
    """
    from golive.audit import Soundness
    from golive.storage.log_follower import LogFollower
    from golive.storage.log_series import LIVE_LOG, files_of
    from golive.storage.verified import VerificationKeys

    stopped = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    where = locate(config, home)
    log = where.home / LIVE_LOG if path is None else named_file(path, where.home)
    try:
        if not files_of(log) and not log.with_suffix(".seal.json").exists():
            tell(f"waiting for {log}: it has not begun")
            while not files_of(log):
                if stopped.wait(PAUSE_S):
                    return
        results = verifier_of(where).log(log)
        for result in results:
            tell(told(result, where.home))
        if any(result.soundness is Soundness.TAMPERED for result in results):
            raise typer.Exit(NOT_AS_IT_SHOULD_BE)
        known = sum(result.records for result in results)
        follower = LogFollower(log, VerificationKeys.of_home(where.home).mac)
        with delivered() as stdout:
            _follow(follower, stopped, stdout, known, as_json=as_json)
    except JournalError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc


def _follow(follower: LogFollower, stopped: Event, stdout: TextIO, known: int, *, as_json: bool) -> None:
    """Print what comes behind the first `known` records, which were verified before."""
    if not as_json:
        stdout.write(f"{HEADING}\n")
    told_keys = False
    while not stopped.is_set():
        for seen in follower.news():
            _demand_sound(seen)
            known -= 1
            if known < 0 and seen.entry is not None:
                stdout.write(f"{(json_line if as_json else row)(seen.entry)}\n")
            if stopped.is_set():
                break
        stdout.flush()
        if follower.unknown_keys and not told_keys:
            told_keys = True
            tell(f"MACs are not checked: the key {', '.join(sorted(follower.unknown_keys))} is not at hand; order and links are")
        stopped.wait(PAUSE_S)


def _demand_sound(seen: Seen) -> None:
    if (fault := seen.unsound) is not None:
        tell(f"tampered      {clean(str(seen.path))}")
        tell(f"              {clean(str(fault))}")
        raise typer.Exit(NOT_AS_IT_SHOULD_BE)
