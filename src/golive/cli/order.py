"""`golive order buy | sell | cancel | list`: one order by hand through the whole live path, in stage rehearsal."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .order_command import OrderCommand
from .passphrase import PassphraseDescriptor
from .reconcile import CredentialsOption, EntrypointOption, JsonOption

if TYPE_CHECKING:
    from golive.runtime.live.desk import LiveDesk
    from golive.runtime.live.order_following import Step
    from golive.runtime.live.order_outcome import Outcome
    from golive.runtime.live.order_request import OrderRequest
    from golive.runtime.live.order_risk import OrderRisk

    from .order_command import Say

app = command_group("Send one order by hand through the whole live path, cancel one, or list those that have not ended.")

QuantityArgument = Annotated[str, typer.Argument(metavar="QUANTITY", help="In the base asset, such as 0.01.")]
InstrumentArgument = Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Such as BTC/USDT.")]
LimitOption = Annotated[str | None, typer.Option("--limit", metavar="PRICE", help="Limit price. Default: at the market.")]
TifOption = Annotated[
    str | None, typer.Option("--tif", metavar="gtc|ioc|fok|post_only", help="Time in force of a limit order. Default: gtc.")
]
WaitOption = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0.1, max=3600, help="How long to wait until it has ended or rests.")
]


@app.command()
def buy(
    quantity: QuantityArgument,
    instrument: InstrumentArgument,
    limit: LimitOption = None,
    tif: TifOption = None,
    entrypoint: EntrypointOption = None,
    credentials: CredentialsOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    wait: WaitOption = 15.0,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Buy: recover the account, ask risk, write decision and intent, send once, and tell what becomes of it.

    Exit codes: 0 it has ended or rests at the venue; 3 refused by risk or the router, or the account may not trade (journal and
    venue do not agree, another process holds it); 4 rejected by the venue, or never there; 6 its outcome is not known, or the
    venue cannot be asked; 2 usage or configuration; 70 internal error or a journal that is not sound.
    """
    command = OrderCommand(
        entrypoint=entrypoint, credentials=credentials, passphrase_fd=passphrase_fd, config=config, home=home, as_json=as_json
    )
    _send(command, _request("buy", quantity, instrument, limit, tif), wait)


@app.command()
def sell(
    quantity: QuantityArgument,
    instrument: InstrumentArgument,
    limit: LimitOption = None,
    tif: TifOption = None,
    entrypoint: EntrypointOption = None,
    credentials: CredentialsOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    wait: WaitOption = 15.0,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Sell: as `buy`, with the same exit codes."""
    command = OrderCommand(
        entrypoint=entrypoint, credentials=credentials, passphrase_fd=passphrase_fd, config=config, home=home, as_json=as_json
    )
    _send(command, _request("sell", quantity, instrument, limit, tif), wait)


@app.command()
def cancel(
    order_id: Annotated[str, typer.Argument(metavar="ID", help="Its client order id or the beginning of it, or the venue's id.")],
    entrypoint: EntrypointOption = None,
    credentials: CredentialsOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    wait: WaitOption = 15.0,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Cancel an order of ours that has not ended, also while journal and venue do not agree.

    Exit codes as of `buy`, but 6 for an order that still works, or may, when the waiting ends.
    """
    from golive.runtime.live.order_run import withdraw

    async def act(desk: LiveDesk, risk: OrderRisk, say: Say, stop: asyncio.Event) -> tuple[Outcome, list[Step]]:
        return await withdraw(desk, order_id, say, wait_s=wait, stop=stop, risk=risk)

    OrderCommand(
        entrypoint=entrypoint, credentials=credentials, passphrase_fd=passphrase_fd, config=config, home=home, as_json=as_json,
        is_cancel=True,
    ).run(act)  # fmt: skip


@app.command("list")
def list_orders(
    entrypoint: EntrypointOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List the orders of ours that have not ended, at each venue they may go to, from the journals.

    No venue is asked and nobody is disturbed. Exit codes: 0; 2 usage or configuration; 70 a journal is lost or is not sound.
    """
    from golive.runtime.live.order_document import list_document
    from golive.runtime.live.order_list import unended_orders
    from golive.runtime.routes import accounts_of
    from golive.storage.config_files import load_configuration
    from golive.storage.keys import SigningKeys

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = configuration.resolve(entrypoint or configuration.runtime.trading.default_entrypoint)
    keys, url = SigningKeys.load(where.home), configuration.core.execution.order_journal.url
    orders = unended_orders(where.home, accounts_of(configuration, chosen), url, keys)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(list_document(chosen.name, orders), indent=2, ensure_ascii=False) + "\n")
        else:
            from .order_table import print_orders

            print_orders(chosen.name, orders, stdout)


def _request(side: str, quantity: str, instrument: str, limit: str | None, tif: str | None) -> OrderRequest:
    """Return the order as it was given; ConfigError for a time in force that is none."""
    from golive.model.order import Side
    from golive.runtime.live.order_request import CHOICES, OrderRequest

    chosen = None if tif is None else next((each for each in CHOICES if each == tif), None)
    if tif is not None and chosen is None:
        raise ConfigError(f"--tif {tif}: give one of {', '.join(CHOICES)}")
    return OrderRequest(side=Side(side), quantity=quantity, instrument=instrument, limit=limit, time_in_force=chosen)


def _send(command: OrderCommand, request: OrderRequest, wait: float) -> None:
    from golive.runtime.live.order_run import place

    async def act(desk: LiveDesk, risk: OrderRisk, say: Say, stop: asyncio.Event) -> tuple[Outcome, list[Step]]:
        return await place(desk, risk, request, say, wait_s=wait, stop=stop)

    command.run(act)
