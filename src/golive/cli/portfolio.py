"""`golive portfolio check`: what an account holds by its venue, by our ledger, and by what it is meant to hold."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from golive.model.errors import VenueError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import PassphraseDescriptor, stored_secrets
from .reconcile import CredentialsOption, EntrypointOption, JsonOption
from .telling import tell

if TYPE_CHECKING:
    from golive.readiness.portfolio import PortfolioCheck
    from golive.runtime.secret_store import StoredSecrets

app = command_group("Compare what an account holds with our ledger and with its targets.")


@app.callback()
def portfolio() -> None:
    """Compare what an account holds with our ledger and with its targets."""


@app.command()
def check(
    entrypoint: EntrypointOption = None,
    credentials: CredentialsOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Recover the entrypoint's account as every start does, read balances and prices at its venue, and compare.

    Targets and limits are core.yaml: portfolio. The document is kept in var/audit/portfolio/portfolio_check.json and signed into
    the decision log as the step portfolio_check. No order is sent.

    Exit codes: 0 venue, ledger and targets agree; 3 they do not (or another process holds the account); 6 the venue cannot be
    asked, or ledger, price or target are not known; 2 usage or configuration; 70 internal error or a journal that is not sound.
    """
    where = locate(config, home)
    secrets = stored_secrets(where.home, passphrase_fd)
    try:
        found = asyncio.run(_checked(where, entrypoint, credentials, secrets))
    except VenueError as exc:
        tell(f"{exc}; nothing can be said about the portfolio: look again when the venue answers")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    _show(found, as_json=as_json)
    raise typer.Exit(found.exit_code)


async def _checked(where: Location, entrypoint: str | None, key_file: Path | None, secrets: StoredSecrets) -> PortfolioCheck:
    from golive.model.decision import DecisionCode, Refused
    from golive.model.order import NewOrder
    from golive.runtime.clock import SystemClock
    from golive.runtime.identity import operator_identity
    from golive.runtime.live_plan import live_plan
    from golive.runtime.live_surroundings import surroundings
    from golive.runtime.portfolio_check import checked, keep_check
    from golive.runtime.risk_limits import risk_profile_of
    from golive.storage.config_files import load_configuration

    def refuse(order: NewOrder) -> Refused:
        return Refused(order, 0, DecisionCode.NOT_READY, "compared", "comparing")

    clock, who = SystemClock(), operator_identity()
    began = clock.monotonic()
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = configuration.resolve(entrypoint or configuration.runtime.trading.default_entrypoint)
    with surroundings(where.home, configuration, chosen, refuse, who, secrets=secrets) as around:
        plan = live_plan(configuration, chosen.name, home=where.home, key_file=key_file, around=around)
        found = await checked(plan, risk_profile_of(chosen), configuration.core.portfolio)
    keep_check(where.home, found, clock, who, began)
    return found


def _show(found: PortfolioCheck, *, as_json: bool) -> None:
    from golive.readiness.portfolio import document

    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .portfolio_table import print_portfolio

            print_portfolio(found, stdout)
    if as_json:
        for line in (*found.differences, *found.unknowns):
            tell(line)
