"""`golive freeze [verify | list]`: freeze the configuration, and hold what is running against what was frozen."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import asked_passphrase

app = command_group("Freeze the configuration; live starts with what was frozen last and nothing else.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.callback(invoke_without_command=True)
def freeze(
    context: typer.Context,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="NAME", help="Who freezes: role runtime. The passphrase is asked for.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Archive core.yaml and runtime.yaml under var/audit/stage6/ with digests, signed in a person's name.

    Exit 0, 2 usage, a configuration with problems or overrides, 3 not that person or role, 70 it cannot be written.
    """
    if context.invoked_subcommand is not None:
        return
    from golive.model.errors import ConfigError
    from golive.runtime.freeze import freeze as made

    if operator is None:
        raise ConfigError("say who freezes: golive freeze --operator NAME")
    where = locate(config, home)
    found = made(where.home, where.runtime_file, os.environ, operator, asked_passphrase(operator))
    _say(
        f"frozen by {found.person}: {found.folder}\ncore.yaml     sha256 {found.digest.core_sha256}\n"
        f"runtime.yaml  sha256 {found.digest.runtime_sha256}\nexecution     sha384 {found.digest.execution_sha384}"
    )


@app.command()
def verify(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Say whether what would run is what was frozen last, and that archive sound. Exit 0, 2, 3 it is not, 6 cannot say."""
    from golive.readiness import Status
    from golive.readiness.checks.config_freeze import config_freeze
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.config_freeze import freeze_evidence
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    found = config_freeze(freeze_evidence(where.home, load_configuration(where.runtime_file, os.environ), SystemClock()))
    if as_json:
        evidence = [{"path": e.path, "sha256": e.sha256, "age_seconds": round(e.age_seconds, 3)} for e in found.evidence]
        document = {
            "schema": "golive.freeze_verification.v1", "status": str(found.status), "reasons": list(found.reasons),
            "running": found.measured, "frozen": found.threshold, "evidence": evidence, "next_command": found.next_command,
        }  # fmt: skip
        _say(json.dumps(document, indent=2))
    else:
        told = [f"{found.status}: {reason}" for reason in found.reasons] or [f"ok: what would run is {found.evidence[0].path}"]
        _say("\n".join([*told, *([f"next: {found.next_command}"] if found.next_command else [])]))
    raise typer.Exit({Status.OK: ExitCode.OK, Status.BLOCKED: ExitCode.BLOCKED}.get(found.status, ExitCode.UNKNOWN))


@app.command("list")
def list_freezes(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List every freeze, oldest first, with who made it and whether its archive is sound. Exit 0, 3 one is not, 70."""
    from golive.runtime.freeze import examined
    from golive.storage.freeze_archive import FreezeArchive
    from golive.storage.keys import SigningKeys

    place = locate(config, home).home
    keys, archive = SigningKeys.load(place), FreezeArchive(place)
    rows = [(each, () if keys is None else examined(place, each, keys)[1]) for each in archive.registered(keys)]
    uncounted = archive.uncounted(keys)
    if as_json:
        freezes = [
            {"stamp": each.stamp, "frozen_at": each.frozen_at, "person": each.person, "faults": list(faults)}
            for each, faults in rows
        ]
        _say(json.dumps({"schema": "golive.freeze_list.v1", "freezes": freezes, "uncounted": list(uncounted)}, indent=2))
    else:
        lines = [f"{each.stamp}  {each.person:<32}  {'; '.join(faults) or 'sound'}" for each, faults in rows]
        lines += [f"{each}  was not finished and does not count" for each in uncounted]
        _say("\n".join(lines or ["nothing was frozen yet: golive freeze --operator NAME"]))
    raise typer.Exit(ExitCode.BLOCKED if any(faults for _, faults in rows) else ExitCode.OK)


def _say(text: str) -> None:
    with delivered() as stdout:
        stdout.write(f"{text}\n")
