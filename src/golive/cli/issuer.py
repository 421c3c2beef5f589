"""`golive issuer make-key | list | fingerprint`: the issuer's desk beside issuing, best on a machine without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .provision import Names, RequestOption, SigningKeyOption, demanded

app = command_group("Make a signing key, sign revocation lists and fingerprints. Licences: oem_provision_license.py --issue.")

OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write into.")]


@app.command("make-key")
def make_key(file: Annotated[Path, typer.Argument(metavar="FILE", help="Where it is to be; never replaced.")]) -> None:
    """Make a signing key, readable by you alone, and show its public half. Exit codes: 0 made, 2 it cannot be made."""
    from golive.runtime.licence.issuance import make_signing_key

    key_id, public = make_signing_key(file)
    with delivered() as stdout:
        stdout.write(f"key id     {key_id}\npublic key {public}\nkeep {file} offline; whoever has it can issue licences\n")


@app.command("list")
def issue_list(
    out: OutOption,
    signing_key: SigningKeyOption = None,
    revoke: Annotated[Names, typer.Option("--revoke", metavar="ID", help="A licence taken back; may be repeated.")] = None,
    revoke_key: Annotated[Names, typer.Option("--revoke-key", metavar="ID", help="A key taken back; may be repeated.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Sign a revocation list, good for seven days: of what is named here, and of all that was taken back from this home before.

    Exit codes: 0 signed, 2 usage, also a key that was taken back, 70 it cannot be written, or the registry is not sound.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.licence.issuance import IssuerDesk

    desk = IssuerDesk(locate(config, home).home, demanded(signing_key, "--signing-key FILE"), SystemClock())
    made = desk.issue_list(revoke or (), revoke_key or (), out)
    with delivered() as stdout:
        named = ", ".join([*made.licences, *made.keys]) or "nothing"
        stdout.write(f"revocation list {made.version} signed into {out}; it takes back {named}\n")


@app.command("fingerprint")
def issue_fingerprint(out: OutOption, request: RequestOption = None, signing_key: SigningKeyOption = None) -> None:
    """Sign the fingerprint of a machine whose hardware has changed. Exit codes: 0 signed, 2 usage, 70 it cannot be written."""
    from golive.runtime.clock import SystemClock
    from golive.runtime.licence.issuance import IssuerDesk, read_request

    fingerprint = read_request(demanded(request, "--request FILE"))
    IssuerDesk(out, demanded(signing_key, "--signing-key FILE"), SystemClock()).issue_fingerprint(fingerprint, out)
    with delivered() as stdout:
        stdout.write(f"fingerprint of device {fingerprint.device[:8]}… signed into {out}\n")
