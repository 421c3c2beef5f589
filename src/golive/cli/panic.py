"""`golive panic`: emergency mode on, entries canceled at the venues, what is held sold if asked, read back and signed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError, GoliveError
from golive.model.redaction import redacted
from golive.model.text import printable
from golive.model.verdict import ExitCode

from .command_app import single_command
from .delivery import Besides
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import PassphraseDescriptor

if TYPE_CHECKING:
    from golive.runtime.panic.document import Shown
    from golive.runtime.panic.panic import Panic, PanicStep
    from golive.runtime.panic.selection import Selection

app = single_command()

EVERY = "all"


@app.command()
def panic(
    yes: Annotated[
        bool, typer.Option("--yes", help="Sell without being asked to type it; all else is never asked about.")
    ] = False,
    flatten: Annotated[bool, typer.Option("--flatten", help="Then sell at the market what the live accounts hold.")] = False,
    halt: Annotated[
        bool, typer.Option("--halt", help="Let nothing leave at all, reductions included; not with --flatten.")
    ] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; written into every record.")] = "unspecified",
    entrypoint: Annotated[
        str, typer.Option(metavar="NAME|all", help="One entrypoint: emergency mode is on for its risk profile then.")
    ] = EVERY,
    credentials: Annotated[
        Path | None,
        typer.Option("--credentials", metavar="FILE", help="Key file of a simulated venue on this machine (mode 0600)."),
    ] = None,
    passphrase_fd: PassphraseDescriptor = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            min=1,
            max=600,
            help="How long the recovery of an account may go on without progress, and how long each order to sell may take.",
        ),
    ] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Stop all entries at once, with or without a session's help.

    In this order: the durable flag; every process that could send answers within 250 ms, or is fenced off and ended; working
    entry orders are canceled at the venues; with --flatten what is held is sold; venues are read back; all of it is signed. It
    stays on until two operators lift it: golive risk clear-emergency.

    Exit codes: 0 done and read back, 6 something could not be confirmed (the table says what), 2 usage (nothing was done), 70
    internal error: see golive risk status. After 0 and 6 emergency mode is on, by its flag or else by its signed record; where
    neither could be written (a full disk), the lines flag and record say so, and only what ran was stopped.
    """
    if flatten and halt:
        raise ConfigError("--halt lets nothing leave, and --flatten sells: give one of them")
    command = PanicCommand(
        where=locate(config, home), entrypoint=None if entrypoint == EVERY else entrypoint, credentials=credentials,
        passphrase_fd=passphrase_fd,
        reason=redacted(printable(reason)), flatten=flatten, halt=halt, yes=yes, wait_s=wait,
    )  # fmt: skip
    stdout = Besides()  # nobody who has stopped reading keeps this from going on

    def say(step: PanicStep) -> None:
        from .terminal import clean

        if not as_json:
            stdout.write(f"{step.at_ms / 1000:>8.3f} s  {step.what:<10} {step.state:<9}  {clean(step.detail)}\n")

    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # nor does a lost connection
    done, shown = command.run(say)
    if as_json:
        from golive.runtime.panic.document import panic_document

        stdout.write(json.dumps(panic_document(done, shown), indent=2, ensure_ascii=False) + "\n")
    else:
        stdout.write(_closing(done))
    stdout.settle()
    raise typer.Exit(done.exit_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanicCommand:
    """What was asked for. `run` acts first and imports what is slow to import later."""

    where: Location
    entrypoint: str | None
    """None: all"""
    credentials: Path | None
    passphrase_fd: int | None
    reason: str
    flatten: bool
    halt: bool
    yes: bool
    wait_s: float

    def run(self, say: Callable[[PanicStep], None]) -> tuple[Panic, dict[str, Shown]]:
        """Do it all, and return it with what the venues showed at the end.

        Raises ConfigError, before anything was done, for an entrypoint that the configuration does not have.
        """
        from golive.model.emergency import ALL, TradingState
        from golive.runtime.clock import SystemClock
        from golive.runtime.identity import operator_identity
        from golive.runtime.panic.panic import Panic

        state = TradingState.HALTED if self.halt else TradingState.REDUCING
        panic = Panic(self.where.home, SystemClock(), operator_identity(), self.reason, say, state)
        names = None if self.entrypoint is None else (self.entrypoint,)
        at_once, selection = ALL if self.entrypoint is None else self._glanced(self.entrypoint), None
        if at_once is not None:
            panic.switch_on(at_once, names)
        selection = self._selection(panic)
        checked = ALL if self.entrypoint is None or selection is None else selection.entrypoints[0].risk_profile
        if checked != at_once:
            panic.switch_on(checked, names)
        if selection is None:
            panic.stop_writers(None, None, end_all=self.flatten)
            shown: dict[str, Shown] = {}
        else:
            panic.stop_writers(names, None if names is None else selection.accounts, end_all=self.flatten)
            from golive.runtime.panic.telling import telling  # entries are stopped; now it may take its time

            from .passphrase import stored_secrets

            panic.secrets = stored_secrets(self.where.home, self.passphrase_fd)
            with telling(panic, selection.configuration):
                shown = self._work(panic, selection)
        from golive.runtime.panic.document import panic_body

        panic.sign(panic_body(panic, shown))
        return panic, shown

    def _glanced(self, entrypoint: str) -> str | None:
        """Return the risk profile of an entrypoint as far as that is known at once."""
        from golive.runtime.panic.glance import glanced_profile

        return glanced_profile(self.where.runtime_file, entrypoint, os.environ)

    def _selection(self, panic: Panic) -> Selection | None:
        """Return what the configuration names; a configuration that cannot be read keeps nobody from stopping."""
        from golive.runtime.panic.selection import Selection
        from golive.storage.config_files import load_configuration

        try:
            configuration = load_configuration(self.where.runtime_file, os.environ)
        except GoliveError as exc:
            panic.told("accounts", "problem", f"no account can be looked at: {exc}")
            return None
        return Selection.of(configuration, self.entrypoint)

    def _work(self, panic: Panic, selection: Selection) -> dict[str, Shown]:
        if not selection.live:
            panic.told("accounts", "unchanged", "no entrypoint of these sends orders to a venue")
            return {}
        import asyncio

        from golive.runtime.panic.accounts import work_on_accounts

        flatten = self.flatten and self._may_sell(panic)
        return asyncio.run(work_on_accounts(panic, selection, self.credentials, flatten=flatten, wait_s=self.wait_s))

    def _may_sell(self, panic: Panic) -> bool:
        """Ask a person before anything is sold; entries are stopped already."""
        if self.yes:
            return True
        agrees = False
        question = "Entries are stopped. Type 'flatten' to sell at the market what the accounts hold: "
        with contextlib.suppress(OSError):  # a terminal that went away: nobody has agreed
            if sys.stdin is not None and sys.stdin.isatty():
                typer.echo(question, err=True, nl=False)
                agrees = sys.stdin.readline().strip() == "flatten"
        if not agrees:
            panic.told("flatten", "problem", "nothing was sold: nobody agreed; give --yes, or type it in a terminal")
        return agrees


def _closing(done: Panic) -> str:
    code = int(done.exit_code)
    said = "done and read back" if code == ExitCode.OK else "NOT everything could be confirmed; see the lines marked problem"
    return f"emergency mode: {said} (exit {code})\nlift it: golive risk clear-emergency --operator NAME, by two operators\n"
