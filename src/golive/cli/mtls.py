"""`golive mtls generate | rotate | verify | revoke`: the certificates by which services of this installation know each other."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import asked_passphrase
from .passphrase_source import CredentialOption, DescriptorOption, given_passphrase

if TYPE_CHECKING:
    from golive.config.mtls_section import Mtls
    from golive.runtime.mtls.examine import Examination

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)

_AUTHORITY = "the authority's key"

ByOption = Annotated[
    str | None,
    typer.Option("--operator", metavar="NAME", help="Who does it: role secops, once anybody has it. Its passphrase comes first."),
]
HostOption = Annotated[
    list[str] | None, typer.Option("--host", metavar="NAME", help="A further name or address of the server; may be repeated.")
]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=7, help="How long the certificates are valid.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.callback(invoke_without_command=True)
def mtls(ctx: typer.Context) -> None:
    """Make, renew, verify and revoke the certificates of this installation's services.

    Without a command: verify where there is a bundle, else generate.
    """
    if ctx.invoked_subcommand is not None:
        return
    from golive.runtime.mtls.place import BundlePlace

    where = locate(DEFAULT_CONFIG, _home())
    if BundlePlace.of(where.home, section_of(where)).exists:
        verify(home=_home())
    else:
        generate(home=_home())


@app.command()
def generate(
    host: HostOption = None,
    permit: Annotated[
        list[str] | None,
        typer.Option("--permit", metavar="NAME", help="A host that later certificates may name too, with all below it."),
    ] = None,
    days: DaysOption = 7,
    operator: ByOption = None,
    passphrase_fd: DescriptorOption = None,
    passphrase_credential: CredentialOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make authority, server and client certificate with their keys; nothing is made over a bundle that is there.

    The passphrase encrypts the authority's key: move that file away and keep it. Exit 0, 2 usage or a bundle is there,
    3 somebody of role secops must agree, 70 not written or not recorded.
    """
    from golive.runtime.mtls.place import BundlePlace
    from golive.runtime.mtls.prepare import demand_none, generate_bundle

    where = locate(config, home)
    section = section_of(where)
    demand_none(BundlePlace.of(where.home, section))
    who = _who(where.home, operator)
    secret = given_passphrase(_AUTHORITY, passphrase_fd, passphrase_credential, is_new=True)
    place = generate_bundle(where.home, section, secret, who, hosts=host or (), permitted=permit or (), days=days)
    key = place.keys["ca"]
    _say(f"bundle made in {place.directory}", f"move {key.name} away and keep it; rotate takes it with --ca-key FILE")


@app.command()
def rotate(
    ca_key: Annotated[
        Path | None, typer.Option("--ca-key", metavar="FILE", help="The authority's key, where it was moved to.")
    ] = None,
    host: HostOption = None,
    days: DaysOption = 7,
    operator: ByOption = None,
    passphrase_fd: DescriptorOption = None,
    passphrase_credential: CredentialOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make a new server and client certificate under the same authority; the old ones stay valid until they expire.

    Exit 0, 2 usage, no authority or wrong passphrase, 3 somebody of role secops must agree, 70 not written or not recorded.
    """
    from golive.runtime.mtls.prepare import rotate_bundle

    where = locate(config, home)
    section = section_of(where)
    who = _who(where.home, operator)
    secret = given_passphrase(_AUTHORITY, passphrase_fd, passphrase_credential)
    place = rotate_bundle(where.home, section, secret, who, authority_key=ca_key, hosts=host or (), days=days)
    _say(f"new certificates in {place.directory}; the old ones are valid until they expire")


@app.command()
def verify(as_json: JsonOption = False, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Check chain, names, usages, keys, validity, modes, register and revocation; leave evidence in var/audit/mtls/.

    Exit 0 sound, 4 something is wrong, 6 something could not be looked at, 2 usage.
    """
    from golive.runtime.identity import operator_identity
    from golive.runtime.mtls.examine import verify_bundle

    where = locate(config, home)
    found = verify_bundle(where.home, section_of(where), operator_identity())
    with delivered() as stdout:
        stdout.write(json.dumps(found.document, indent=2) + "\n" if as_json else _table(found, where.home))
    raise typer.Exit(found.exit_code)


@app.command()
def revoke(
    which: Annotated[str, typer.Argument(metavar="WHICH", help="server, client, or serial or SHA-256 of one that was.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; stands in the record.")],
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Revoke a certificate: no server lets it in any more, on no call, open connections included.

    Exit 0, 2 usage or none of this installation's server and client certificates, 3 somebody of role secops must agree,
    70 not recorded.
    """
    from golive.runtime.mtls.revocation import revoke_certificate

    where = locate(config, home)
    section = section_of(where)
    serial = revoke_certificate(where.home, section, which, reason, _who(where.home, operator))
    _say(f"revoked: {serial}")


def _home() -> Path | None:
    given = os.environ.get("GOLIVE_HOME")
    return Path(given) if given else None


def section_of(where: Location) -> Mtls:
    """Return `execution.mtls` of the configuration, or its defaults where there is no configuration yet."""
    from golive.config.mtls_section import Mtls
    from golive.storage.config_files import load_configuration

    if not where.runtime_file.exists():
        return Mtls()
    return load_configuration(where.runtime_file, os.environ).core.execution.mtls


def _who(home: Path, operator: str | None) -> str:
    """Return who does it: a person of role `secops` as soon as there is one, until then whoever runs the command."""
    from golive.config.rbac import Act
    from golive.model.errors import PrerequisiteMissing
    from golive.runtime.identity import operator_identity
    from golive.runtime.operators import authorised, needs_manager

    if operator is not None:
        return authorised(home, operator, asked_passphrase(operator), Act.CERTIFICATE_MANAGE).name
    if needs_manager(home):
        raise PrerequisiteMissing("certificates are managed by role secops: give --operator NAME of that role")
    return operator_identity()


def _table(found: Examination, home: Path) -> str:
    width = max((len(check.id) for check in found.checks), default=0)
    lines = [f"{check.verdict:<9} {check.id:<{width}}  {check.detail}" for check in found.checks]
    if found.evidence is not None:
        lines.append(f"evidence: {found.evidence.relative_to(home) if found.evidence.is_relative_to(home) else found.evidence}")
    if found.next_command:
        lines.append(f"next: {found.next_command}")
    return "\n".join([*lines, f"bundle: {found.verdict}{', renewal is due' if found.renewal_due else ''}"]) + "\n"


def _say(*lines: str) -> None:
    with delivered() as stdout:
        stdout.write("\n".join(lines) + "\n")
