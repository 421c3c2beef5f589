"""`oem_provision_license.py --issue | --install | --verify`: a licence from its issuer's desk to the machine that it is for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from golive.model.errors import ConfigError

from .command_app import single_command
from .delivery import delivered
from .licence import desk_of, manager
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

NOT_VALID: Final = 1
"""exit code of --verify"""
app = single_command()

SigningKeyOption: TypeAlias = Annotated[
    Path | None, typer.Option("--signing-key", metavar="FILE", help="The issuer's key, 0600; golive issuer make-key makes one.")
]
RequestOption: TypeAlias = Annotated[
    Path | None, typer.Option("--request", metavar="FILE", help="What golive licence request wrote on the machine.")
]
Names: TypeAlias = list[str] | None


@app.command()
def provision(
    verify: Annotated[bool, typer.Option("--verify", help="Verify this installation's licence and leave evidence.")] = False,
    install: Annotated[Path | None, typer.Option("--install", metavar="DIR", help="Install what --issue wrote.")] = None,
    issue: Annotated[Path | None, typer.Option("--issue", metavar="DIR", help="Issue a licence into a folder.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With --verify: print the evidence on stdout.")] = False,
    operator: Annotated[str, typer.Option("--operator", metavar="NAME", help="With --install: who does it, role oem.")] = "",
    signing_key: SigningKeyOption = None,
    request: RequestOption = None,
    customer: Annotated[str, typer.Option("--customer", metavar="TEXT", help="With --issue: for whom.")] = "",
    issuer: Annotated[str, typer.Option("--issuer", metavar="NAME", help="With --issue: whose key it is.")] = "dudzian",
    profile: Annotated[
        Names, typer.Option("--profile", metavar="NAME", help="With --issue: desktop, or an exchange's label; may be repeated.")
    ] = None,
    environment: Annotated[
        Names, typer.Option("--environment", metavar="NAME", help="With --issue: paper, testnet or live; may be repeated.")
    ] = None,
    module: Annotated[Names, typer.Option("--module", metavar="NAME", help="With --issue: a module; may be repeated.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="With --issue: how long it is good.")] = 365,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Issue, install or verify a licence: one of --issue, --install, --verify.

    Exit codes: --verify 0 valid, 1 not valid; the others 0 done, 2 usage, 3 refused; 70 a file cannot be used.
    """
    if [verify, install is not None, issue is not None].count(True) != 1:
        raise ConfigError("give one of --verify, --install DIR, --issue DIR")
    if verify:
        _verify(config, home, as_json=as_json)
    if install is not None:
        _install(config, home, install, operator)
    if issue is not None:
        from golive.runtime.licence.issuance import Terms

        names = tuple(profile or ()), tuple(environment or ("paper",)), tuple(module or ())
        terms = Terms(
            issuer=issuer, customer=customer, profiles=names[0], environments=names[1], modules=names[2], days=days
        )  # fmt: skip
        _issue(locate(config, home).home, signing_key, request, terms, issue)


def _verify(config: Path, home: Path | None, *, as_json: bool) -> None:
    from golive.runtime.licence.verification import verify

    from .licence_table import licence_lines

    desk = desk_of(config, home)
    found, evidence = verify(desk)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(found.document, indent=2, ensure_ascii=False) + "\n")
        else:
            stdout.writelines(f"{line}\n" for line in licence_lines(found))
            stdout.write(f"evidence: {evidence.relative_to(desk.home)}\n")
    raise typer.Exit(0 if found.is_valid else NOT_VALID)


def _install(config: Path, home: Path | None, folder: Path, operator: str) -> None:
    from golive.runtime.licence.renewal import install

    desk = desk_of(config, home)
    found = install(desk, folder, manager(desk.home, operator))
    assert found.licence is not None
    with delivered() as stdout:
        stdout.write(f"{found.licence.license_id} installed; look at it: python oem_provision_license.py --verify\n")


def _issue(home: Path, signing_key: Path | None, request: Path | None, terms: object, folder: Path) -> None:
    from golive.runtime.clock import SystemClock
    from golive.runtime.licence.issuance import IssuerDesk, Terms, read_request, taken_here

    assert isinstance(terms, Terms)
    clock = SystemClock()
    desk = IssuerDesk(home, demanded(signing_key, "--signing-key FILE"), clock)
    fingerprint = taken_here(clock) if request is None else read_request(request)
    licence = desk.issue(terms, fingerprint, folder)
    with delivered() as stdout:
        where = "this machine" if request is None else f"device {fingerprint.device[:8]}…"
        stdout.write(f"{licence.license_id} issued for {where} into {folder}, signed by {desk.key_id} ({desk.public_key})\n")


def demanded(path: Path | None, option: str) -> Path:
    """Return the path; ConfigError when the option is missing."""
    if path is None:
        raise ConfigError(f"give {option}")
    return path
