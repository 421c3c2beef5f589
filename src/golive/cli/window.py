"""`golive window announce | close`: tell who answers calls that live trading starts, and archive and sum it up afterwards."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, PassphraseDescriptor, asked_passphrase, stored_secrets
from .telling import tell

if TYPE_CHECKING:
    from golive.runtime.readiness.scene import Scene

app = command_group("Announce a window of live trading; close, archive and sum it up.")

EntrypointOption = Annotated[str, typer.Option("--entrypoint", metavar="NAME", help="The live entrypoint it is about.")]
WaitOption = Annotated[float, typer.Option("--wait", metavar="SECONDS", min=1, max=3600, help="How long the channel may take.")]


@app.callback()
def window() -> None:
    """Announce a window of live trading; close, archive and sum it up."""


@app.command()
def announce(
    entrypoint: EntrypointOption,
    starts_at: Annotated[str, typer.Option("--starts-at", metavar="TIME", help="When it starts, UTC, like 2026-01-10T09:00Z.")],
    operator: OperatorOption,
    second: Annotated[str, typer.Option("--second", metavar="NAME", help="The other operator who is to open the gate.")] = "",
    on_call: Annotated[
        str, typer.Option("--on-call", metavar="NAME", help="Who answers calls. Default: everybody of role oncall.")
    ] = "",
    wait: WaitOption = 30.0,
    passphrase_fd: PassphraseDescriptor = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Write communications/go_live_announcement.md, send it to oem-live, and record the step `announcement` once it was taken.

    Takes role oncall, operator or live_activator.

    Exit codes: 0 delivered and recorded; 6 the channel has not taken it in time, nothing is recorded; 2 usage or configuration; 3
    not that person or role, or there is no channel oem-live; 70 a file cannot be written.
    """
    from golive.runtime.download.moment import moment
    from golive.runtime.window.announce import CHANNEL
    from golive.runtime.window.announce import announce as made

    start = moment(starts_at, "--starts-at")
    scene = _scene(config, home, entrypoint, passphrase_fd)
    done = made(scene, start, operator, asked_passphrase(operator), second=second, on_call=on_call, wait_s=wait)
    with delivered() as stdout:
        stdout.write(f"announcement: {done.document} (sha256 {done.sha256})\n")
        if done.delivered_at:
            stdout.write(f"{CHANNEL} took alert {done.alert_id} at {done.delivered_at}; step announcement recorded\n")
    if not done.delivered_at:
        tell(f"not delivered: {CHANNEL} has not taken alert {done.alert_id} in {wait:g} s, and no step is recorded")
        tell("next: golive alerts list, then announce again")
        raise typer.Exit(ExitCode.UNKNOWN)


def _scene(config: Path, home: Path | None, entrypoint: str, passphrase_fd: int | None) -> Scene:
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.scene import scene_of
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    scene = scene_of(
        where.home, where.runtime_file, configuration, entrypoint, SystemClock(), stored_secrets(where.home, passphrase_fd)
    )
    if scene.live.name != entrypoint:
        raise ConfigError(f"--entrypoint {entrypoint} is not a live one; its live entrypoint is {scene.live.name}")
    return scene
