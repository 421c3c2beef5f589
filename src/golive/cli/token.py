"""`golive token issue | list | revoke`: short-lived session tokens by which people call the services of this installation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .mtls import section_of
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, asked_passphrase
from .telling import tell

app = command_group("Issue, list and revoke session tokens.")


@app.command()
def issue(
    operator: OperatorOption,
    minutes: Annotated[int, typer.Option("--minutes", min=5, max=15, help="How long it lives.")] = 15,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="FILE", help="Client certificate it is good with. Default: the bundle's."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Print a new session token, with the roles of who asks, on stdout; it is shown once and only its hash is kept.

    It is good with one client certificate only. Exit 0, 2 usage or no certificate, 3 not proved, 70 not recorded.
    """
    from golive.config.rbac import Act
    from golive.model.clock import to_iso
    from golive.runtime.operators import authorised
    from golive.runtime.tokens import issue_token

    where = locate(config, home)
    section = section_of(where)
    by = authorised(where.home, operator, asked_passphrase(operator), Act.TOKEN_ISSUE)
    token, text = issue_token(where.home, section, by, certificate=certificate, minutes=minutes)
    with delivered() as stdout:
        stdout.write(text.reveal() + "\n")
    tell(f"token {token.id} of {token.operator}, valid until {to_iso(token.expires_at)}")


@app.command("list")
def list_tokens(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List the tokens that let somebody in now, by id; the tokens themselves are known to their holders alone. Exit 0, 2, 70."""
    from golive.model.clock import to_iso
    from golive.runtime.tokens import valid_tokens

    rows = [
        {
            "id": token.id,
            "operator": token.operator,
            "roles": sorted(token.roles),
            "scopes": sorted(token.scopes),
            "certificate_sha256": token.certificate_sha256,
            "issued_at": to_iso(token.issued_at),
            "expires_at": to_iso(token.expires_at),
        }
        for token in valid_tokens(locate(config, home).home)
    ]
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps({"schema": "golive.token_list.v1", "tokens": rows}, indent=2) + "\n")
        else:
            lines = [f"{row['id']}  {row['operator']:<32}  until {row['expires_at']}  {', '.join(row['roles'])}" for row in rows]
            stdout.write("\n".join(lines or ["no valid tokens"]) + "\n")


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="As golive token list shows it.")],
    operator: OperatorOption,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Revoke a token at once: one's own, or anybody's with role secops. Exit 0, 2 none of that id, 3 not allowed, 70."""
    from golive.runtime.operators import authenticate
    from golive.runtime.tokens import revoke_token

    place = locate(config, home).home
    by = authenticate(place, operator, asked_passphrase(operator), purpose="token.revoke")
    revoke_token(place, token_id, by)
    with delivered() as stdout:
        stdout.write(f"revoked: {token_id}\n")
