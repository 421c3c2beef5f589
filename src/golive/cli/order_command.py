"""Runs what `golive order` is to do: opens the desk, shows each step as it becomes durable, ends with the outcome."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeAlias

import typer

from golive.model.errors import VenueError
from golive.model.verdict import ExitCode

from .delivery import delivered
from .options import locate
from .passphrase import stored_secrets
from .reconcile import given_again
from .telling import tell
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.live.desk import LiveDesk
    from golive.runtime.live.order_following import Step
    from golive.runtime.live.order_outcome import Outcome
    from golive.runtime.live.order_risk import OrderRisk

    Say: TypeAlias = Callable[[Step], None]
    Action: TypeAlias = Callable[[LiveDesk, OrderRisk, Say, asyncio.Event], Awaitable[tuple[Outcome, list[Step]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCommand:
    """Where an order goes and how it is told."""

    entrypoint: str | None
    credentials: Path | None
    passphrase_fd: int | None = None
    config: Path
    home: Path | None
    as_json: bool
    is_cancel: bool = False
    """what takes risk away is done also where journal and venue do not agree"""

    def run(self, action: Action) -> None:
        """Carry `action` out at an open desk and raise typer.Exit with its code; a venue that cannot be asked is exit 6."""
        from golive.runtime.live.opening import NotReady
        from golive.runtime.live.order_document import order_document

        with delivered() as stdout:
            try:
                outcome, steps, entrypoint = asyncio.run(self._act(action, stdout))
            except VenueError as exc:
                tell(f"{exc}: nothing was sent; see that the venue runs at the endpoint of its environment, then run this again")
                raise typer.Exit(ExitCode.UNKNOWN) from exc
            except NotReady as exc:
                tell(exc.told(given_again(exc.entrypoint, self.credentials, self.config, self.home)))
                raise typer.Exit(ExitCode.BLOCKED) from exc
            options = given_again(entrypoint, self.credentials, self.config, self.home)
            explain = shlex.join(["golive", "explain", outcome.client_order_id, *options])
            if self.as_json:
                stdout.write(json.dumps(order_document(outcome, steps, explain), indent=2, ensure_ascii=False) + "\n")
            else:
                cancel = shlex.join(["golive", "order", "cancel", outcome.client_order_id, *options])
                stdout.write(_closing(outcome, explain, cancel))
        raise typer.Exit(outcome.exit_code)

    async def _act(self, action: Action, stdout: TextIO) -> tuple[Outcome, list[Step], str]:
        from golive.runtime.clock import SystemClock
        from golive.runtime.identity import operator_identity
        from golive.runtime.live.desk import LiveDesk
        from golive.runtime.live.order_licence import OrderLicence
        from golive.runtime.live.order_risk import OrderRisk
        from golive.runtime.live_plan import live_plan
        from golive.runtime.live_surroundings import surroundings
        from golive.runtime.risk_limits import risk_profile_of
        from golive.storage.config_files import load_configuration

        def say(step: Step) -> None:
            if not self.as_json:
                stdout.write(f"{step.name:<10} {clean(step.text)}\n")
                stdout.flush()

        where = locate(self.config, self.home)
        configuration = load_configuration(where.runtime_file, os.environ)
        chosen = configuration.resolve(self.entrypoint or configuration.runtime.trading.default_entrypoint)
        secrets = stored_secrets(where.home, self.passphrase_fd)
        licence = OrderLicence(where.home, configuration.runtime.licensing, chosen, SystemClock())
        risk = OrderRisk(risk_profile_of(chosen), SystemClock(), chosen.timeframe, licence.lapse)
        around_it = surroundings(where.home, configuration, chosen, risk.decide, operator_identity(), secrets=secrets)
        with around_it as around, _stop_signals() as stop:
            plan = live_plan(configuration, chosen.name, home=where.home, key_file=self.credentials, around=around)
            # The switch belongs to a desk that stays: what a command leaves at the venue is meant to rest there. And a command
            # would have ended before a verification beside it says anything.
            command = replace(plan, dead_man_switch_seconds=0, whole_rows=None, opens_blocked=self.is_cancel)
            desk = await LiveDesk.open(command)
            try:
                outcome, steps = await action(desk, risk, say, stop)
            finally:
                await desk.close()
        return outcome, steps, chosen.name


@contextlib.contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """Let SIGINT and SIGTERM end the waiting and not the process: what was sent is told as it stands."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _closing(outcome: Outcome, explain: str, cancel: str) -> str:
    filled = f", filled {outcome.filled}" if outcome.filled != "0" else ""
    lines = [f"{outcome.status}{filled}; client order id {outcome.client_order_id} (exit {int(outcome.exit_code)})"]
    lines += [f"next: {outcome.next}"] if outcome.next else []
    lines += [cancel] if outcome.status in ("OPEN", "PARTIAL") else []
    return "\n".join([*lines, explain]) + "\n"
