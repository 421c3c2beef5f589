"""`golive reconcile`: compare the order journals of an entrypoint with its venues, and agree to what a person must decide."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError, VenueError
from golive.model.redaction import redacted
from golive.model.verdict import ExitCode

from .command_app import single_command
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import PassphraseDescriptor, stored_secrets
from .telling import tell

if TYPE_CHECKING:
    from golive.runtime.live.reconcile_consent import Request
    from golive.runtime.live.reconcile_run import Reconciliation
    from golive.runtime.secret_store import StoredSecrets

app = single_command()

EntrypointOption = Annotated[
    str | None, typer.Option("--entrypoint", metavar="NAME", help="Whose accounts. Default: trading.default_entrypoint.")
]
CredentialsOption = Annotated[
    Path | None,
    typer.Option("--credentials", metavar="FILE", help="Key file of a simulated venue on this machine (mode 0600)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command()
def reconcile(
    entrypoint: EntrypointOption = None,
    credentials: CredentialsOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    adopt: Annotated[
        str | None, typer.Option(metavar="VENUE_ORDER_ID", help="Take a foreign order over: its fills are ours until it ends.")
    ] = None,
    cancel: Annotated[str | None, typer.Option(metavar="VENUE_ORDER_ID", help="Cancel a foreign order at the venue.")] = None,
    leave: Annotated[
        str | None, typer.Option(metavar="VENUE_ORDER_ID", help="Leave a foreign order to whoever placed it.")
    ] = None,
    accept_balance: Annotated[
        str | None, typer.Option(metavar="ASSET", help="Take the venue's balance of an asset as right: a deposit, a withdrawal.")
    ] = None,
    sign_absent: Annotated[
        str | None,
        typer.Option(metavar="CLIENT_ORDER_ID", help="State that an order of ours does not exist at the venue; needs --reason."),
    ] = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; written into the journal.")] = "",
    operator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who agrees. Default: the user this process runs as.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree without being asked to type it.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Compare the order journals of an entrypoint with its venues, as every start does, and print what does not agree.

    Without a choice nothing is changed at the venue. A choice is about one row of the table: it is written into the journal
    first, then done; everything else stays as it is. Repeating it changes nothing.

    The result is signed, kept in var/audit/reconciliation/ and recorded in the decision log; a gate asks for a fresh one.

    Exit codes: 0 journal and venue agree, 3 something blocks (or another process holds the account, or the table offers no such
    choice), 6 a venue cannot be asked or its answer is not known yet, 2 usage or configuration, 70 internal error or a journal
    that is not sound.
    """
    from golive.runtime.identity import operator_identity
    from golive.runtime.live.reconcile_document import document

    request = _request(
        {"adopt": adopt, "cancel": cancel, "leave": leave, "accept-balance": accept_balance, "sign-absent": sign_absent}, reason
    )
    if request is not None and not yes:
        _confirm(request)
    where = locate(config, home)
    secrets = stored_secrets(where.home, passphrase_fd)
    try:
        found = asyncio.run(_reconciled(where, entrypoint, credentials, secrets, request, operator or operator_identity()))
    except VenueError as exc:
        tell(f"{exc}; look again with golive reconcile before anything is repeated")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    options = given_again(found.entrypoint, credentials, config, home)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found, options), indent=2, ensure_ascii=False) + "\n")
        else:
            from .reconcile_table import print_reconciliation

            print_reconciliation(found, options, stdout)
    raise typer.Exit(found.exit_code)


def given_again(entrypoint: str, credentials: Path | None, config: Path, home: Path | None) -> list[str]:
    """Return the options with which another command means the same accounts."""
    options = ["--entrypoint", entrypoint]
    options += [] if credentials is None else ["--credentials", str(credentials)]
    options += [] if config == DEFAULT_CONFIG else ["--config", str(config)]
    return options + ([] if home is None else ["--home", str(home)])


async def _reconciled(
    where: Location,
    entrypoint: str | None,
    credentials: Path | None,
    secrets: StoredSecrets,
    request: Request | None,
    operator: str,
) -> Reconciliation:
    from golive.model.decision import DecisionCode, Refused
    from golive.model.order import NewOrder
    from golive.runtime.live.reconcile_record import keep_result
    from golive.runtime.live.reconcile_run import agreed, examined
    from golive.runtime.live_plan import live_plan
    from golive.runtime.live_surroundings import surroundings
    from golive.storage.config_files import load_configuration

    def refuse(order: NewOrder) -> Refused:
        return Refused(order, 0, DecisionCode.NOT_READY, "reconciled", "comparing")

    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = configuration.resolve(entrypoint or configuration.runtime.trading.default_entrypoint)
    with surroundings(where.home, configuration, chosen, refuse, operator, secrets=secrets) as around:
        plan = live_plan(configuration, chosen.name, home=where.home, key_file=credentials, around=around)
        began = around.clock.monotonic()
        found = await examined(plan)
        found = found if request is None else await agreed(plan, found, request)
        keep_result(where.home, found, chosen, around.clock, operator, began)
        return found


def _request(given: dict[str, str | None], reason: str) -> Request | None:
    """Return the one choice that was given; ConfigError for several, for an empty subject or a missing reason."""
    from golive.execution.reconciliation import Choice
    from golive.runtime.live.reconcile_consent import Request

    chosen = [(name, subject.strip()) for name, subject in given.items() if subject is not None]
    if len(chosen) > 1:
        raise ConfigError(f"one choice at a time, not {', '.join(f'--{name}' for name, _ in chosen)}")
    if not chosen:
        return None
    name, subject = chosen[0]
    if not subject:
        raise ConfigError(f"--{name} needs what the table names in its column subject")
    if name == Choice.SIGN_ABSENT and not reason.strip():
        raise ConfigError('--sign-absent needs --reason "how you know it": whoever reads the journal will ask')
    return Request(choice=Choice(name), subject=subject, reason=redacted(reason.strip()))


def _confirm(request: Request) -> None:
    """Have the choice typed by a person; ConfigError when nobody can, or they typed something else."""
    words = f"{request.choice} {request.subject}"
    if not sys.stdin.isatty():
        raise ConfigError(f"to agree to {words}, run this in a terminal, or give --yes")
    typer.echo(f"This will be written into the order journal and done. Type '{words}' to agree: ", err=True, nl=False)
    if sys.stdin.readline().strip() != words:
        raise ConfigError("nothing was agreed to, nothing was done")
