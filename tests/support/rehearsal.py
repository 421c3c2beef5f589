"""A home whose live entrypoint leads to a simulated venue on this machine, and the commands run in it as a person runs them."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.forked_golive import ForkedHome
from support.golive_process import GOLIVE, Finished, Home
from support.venue_process import VenueProcess, new_key, venue_process

QUOTES = {"okx": "USDT", "bybit": "USDT", "kraken": "USD"}


@dataclass(frozen=True)
class Rehearsal:
    """A venue that runs, and the home that trades there."""

    dialect: str
    venue: VenueProcess
    home: Home

    @property
    def entrypoint(self) -> str:
        return f"{self.dialect}_desktop_live"

    @property
    def symbol(self) -> str:
        return f"BTC/{QUOTES[self.dialect]}"

    @property
    def key_file(self) -> Path:
        return self.home.path / "keys.json"

    @property
    def options(self) -> tuple[str, ...]:
        return ("--entrypoint", self.entrypoint, "--credentials", str(self.key_file))

    def reconcile(self, *words: str) -> Finished:
        return self.home.golive("reconcile", *self.options, *words)

    def order(self, *words: str) -> Finished:
        return self.home.golive("order", *words, *self.options)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command in the background."""
        command = [*GOLIVE, *words, *self.options, "--home", str(self.home.path)]
        return subprocess.Popen(
            command, env=self.home.env, cwd=self.home.path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    @property
    def journal(self) -> Path:
        return self.home.path / f"var/state/orders/{self.dialect}_spot_{self.dialect}_live_trading.sqlite"

    def at_venue(self, client_order_id: str) -> list[dict[str, Any]]:
        """What the venue's own records hold under this id."""
        return [row for row in self.venue.orders() if row["client_order_id"] == client_order_id]


def add_live_entrypoint(home: Home, dialect: str, base_url: str) -> None:
    """Let the shipped live environment of a venue lead to this address: what a rehearsal takes, and no more."""
    head = f"  {dialect}_live:\n    exchange: {dialect}_spot\n    environment: live\n    endpoint: "
    home.edit("core.yaml", f"{head}production", f"{head}{base_url}")


@contextlib.contextmanager
def rehearsal(
    path: Path,
    dialect: str = "okx",
    *flags: str,
    money: str = "100000",
    permissions: tuple[str, ...] = ("read", "trade"),
) -> Iterator[Rehearsal]:
    """Run a venue whose account holds `money` of the quote asset, and a home that trades there with a key of `permissions`."""
    key = new_key(dialect=dialect, permissions=permissions)
    balance = ("--balance", f"{QUOTES[dialect]}={money}")
    with venue_process("--no-limits", *balance, *flags, dialect=dialect, keys=[key], speed="1") as venue:
        home = ForkedHome(path)
        home.env.pop("GOLIVE__OBSERVABILITY__PROMETHEUS__PORT")  # what is really sent follows the files alone
        home.env["COLUMNS"] = "120"
        add_live_entrypoint(home, dialect, venue.rest)
        made = Rehearsal(dialect, venue, home)
        made.key_file.write_text(json.dumps({"keys": [key.document]}))
        made.key_file.chmod(0o600)
        yield made
