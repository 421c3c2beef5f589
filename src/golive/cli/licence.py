"""`golive licence show | sync | refresh-fingerprint | accept-clock`: this installation's licence."""

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
from .passphrase import OperatorOption, asked_passphrase

if TYPE_CHECKING:
    from golive.runtime.licence.desk import LicenceDesk
    from golive.security.operators import OperatorIdentity

app = command_group("Show this installation's licence, take a newer revocation list, take the fingerprint anew.")


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Show what the licence allows, until when, and what is wrong with it; nothing is written.

    Exit codes: 0 it is good, 3 it is not, 2 usage or configuration, 70 keys or log cannot be used.
    """
    from golive.runtime.licence.verification import examine

    from .licence_table import licence_lines

    found = examine(desk_of(config, home))
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(found.document, indent=2, ensure_ascii=False) + "\n")
        else:
            stdout.writelines(f"{line}\n" for line in licence_lines(found))
    raise typer.Exit(ExitCode.OK if found.is_valid else ExitCode.BLOCKED)


@app.command()
def request(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where it is to be.")]) -> None:
    """Write what an issuer needs to know of this machine: keyed digests, no identifier. Exit codes: 0, 2 too little is known."""
    from golive.runtime.clock import SystemClock
    from golive.runtime.licence.issuance import write_request

    made = write_request(file, SystemClock())
    with delivered() as stdout:
        stdout.write(f"{file}: {', '.join(made.factors)}; send it to the issuer\n")


@app.command()
def sync(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file, an https URL, or an http URL of this machine.")],
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Take the issuer's newest list of revocations. Its signature decides; nobody has to be named.

    Exit codes: 0 taken; 3 not newer, stale, not of this licence's issuer, not believed, or no answer; 2 usage; 70.
    """
    from golive.model.clock import to_iso
    from golive.runtime.licence.renewal import sync as take

    taken = take(desk_of(config, home), source)
    with delivered() as stdout:
        stdout.write(
            f"revocation list {taken.version} taken, good until {to_iso(taken.expires)}: "
            f"{len(taken.licences)} licences and {len(taken.keys)} keys are taken back\n"
        )


@app.command("refresh-fingerprint")
def refresh_fingerprint(
    signed: Annotated[
        Path | None,
        typer.Option("--signed", metavar="FILE", help="What the issuer has signed; put it into place."),
    ] = None,
    operator: OperatorOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Take the fingerprint anew after a change of hardware; takes role oem.

    Without --signed it leaves a request for the issuer, and no identifier of the machine in it. For a licence for development it
    is signed at once.

    Exit codes: 0 done, 3 not proved, not of such a role, or the fingerprint is not of this machine; 2 usage; 70.
    """
    from golive.runtime.licence.renewal import install_fingerprint, request_fingerprint

    desk = desk_of(config, home)
    who = manager(desk.home, operator)
    done = request_fingerprint(desk, who) if signed is None else install_fingerprint(desk, signed, who)
    with delivered() as stdout:
        if isinstance(done, Path):
            stdout.write(f"request for the issuer: {done}\nwhat they sign: golive licence refresh-fingerprint --signed FILE\n")
        else:
            stdout.write(f"the fingerprint is this machine's: {done}\n")


@app.command("accept-clock")
def accept_clock(operator: OperatorOption = "", config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Say that the clock is right now, after it was wrong and ahead; takes role oem. Exit codes: 0, 2, 3, 70."""
    from golive.model.clock import to_iso

    desk = desk_of(config, home)
    marks = desk.accept_clock(manager(desk.home, operator).name)
    with delivered() as stdout:
        stdout.write(f"the clock is believed from {to_iso(marks.clock)} on\n")


def desk_of(config: Path, home: Path | None) -> LicenceDesk:
    """Return the desk of the installation; ConfigError for a configuration with problems."""
    from golive.runtime.clock import SystemClock
    from golive.runtime.licence.desk import LicenceDesk
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    licensing = load_configuration(where.runtime_file, os.environ).runtime.licensing
    return LicenceDesk(home=where.home, licensing=licensing, clock=SystemClock())


def manager(home: Path, operator: str) -> OperatorIdentity:
    """Return who the named operator is, once their passphrase proves it and their role allows it."""
    from golive.config.rbac import Act
    from golive.runtime.operators import authorised

    if not operator:
        raise ConfigError("give --operator NAME, somebody of role oem (golive operator add NAME --role oem)")
    return authorised(home, operator, asked_passphrase(operator), Act.LICENCE_MANAGE)
