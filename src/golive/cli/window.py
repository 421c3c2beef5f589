"""`golive window announce | close`: tell who answers calls that live trading starts, and archive and sum it up afterwards."""

from __future__ import annotations

import json
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
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.readiness.scene import Scene

app = command_group("Announce a window of live trading; close, archive and sum it up.")

EntrypointOption = Annotated[str, typer.Option("--entrypoint", metavar="NAME", help="The live entrypoint it is about.")]
WaitOption = Annotated[float, typer.Option("--wait", metavar="SECONDS", min=1, max=3600, help="How long the channel may take.")]


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


@app.command()
def close(
    entrypoint: EntrypointOption,
    operator: OperatorOption,
    prometheus: Annotated[
        str, typer.Option("--prometheus", metavar="URL", help="The Prometheus that is asked what the dashboards showed.")
    ] = "http://127.0.0.1:9090",
    no_dashboards: Annotated[
        bool, typer.Option("--no-dashboards", help="Ask no Prometheus; the summary says that you said so.")
    ] = False,
    wait: WaitOption = 30.0,
    passphrase_fd: PassphraseDescriptor = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print migration_summary.json on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Shut the gate, archive and sum up the window, record stage_transition, and tell compliance.

    Takes role operator, compliance or live_activator. The archive is var/audit/live/<YYYYMMDD>; an auditor verifies it by its
    README alone. A closing that was cut off goes on where it was; one that is done already tells what it came to.

    Exit codes: 0 every part is ok; 5 archived, and a part is breached or blocked; 6 archived, and a part is unknown, or nobody
    took the notice in time; or the archive is not what it should be; 3 not that person or role, a session of the entrypoint
    runs, or no window was opened; 2 usage or configuration; 70 something cannot be written, or a journal cannot be believed.
    """
    from golive.runtime.window.close import close_window, statuses

    scene = _scene(config, home, entrypoint, passphrase_fd)
    asked = "" if no_dashboards else prometheus
    done = close_window(scene, operator, asked_passphrase(operator), prometheus=asked, wait_s=wait)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(done.summary, indent=2, ensure_ascii=False) + "\n")
        else:
            window = done.summary["window"]
            stdout.write(f"{'closed' if done.is_new else 'closed before'}: {done.folder}\n")
            stdout.write(f"window       {window['opened_at']} to {window['closed_at']} ({window['duration_seconds']:g} s)\n")
            stdout.writelines(f"{name:<12} {status}\n" for name, status in statuses(done.summary).items())
            stdout.writelines(f"warning      {clean(each)}\n" for each in done.summary["warnings"])
    for each in (*done.faults, *done.doubts):
        tell(f"unknown: {each}")
    if done.faults:
        tell(f"next: move {done.folder} away, look who changed it, and close the window again")
    raise typer.Exit(done.exit_code)


@app.command()
def verify(
    archive: Annotated[str, typer.Argument(metavar="[NAME]", help="Folder in var/audit/live. Default: the newest.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Say whether an archive still is what was archived, by lists and signatures. Exit 0, 2, 3 it is not, 6 there is none."""
    from golive.runtime.window.archive import archive_faults, newest_archive
    from golive.storage.verified import VerificationKeys

    place = locate(config, home).home
    folder = newest_archive(place, archive)
    if folder is None:
        tell("unknown: there is no archive of a window yet: golive window close")
        raise typer.Exit(ExitCode.UNKNOWN)
    faults = archive_faults(place / folder, VerificationKeys.of_home(place).seal)
    with delivered() as stdout:
        stdout.write(f"{folder}: {'is not what was archived' if faults else 'is what was archived'}\n")
        stdout.writelines(f"  {clean(each)}\n" for each in faults)
    raise typer.Exit(ExitCode.BLOCKED if faults else ExitCode.OK)


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
