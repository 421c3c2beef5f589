"""A named person opens again what was executed, or lost, too often at the accounts that an entrypoint trades live.

No venue is asked: the word is a note of each account's order journal, and the next order counts from there. What the last order
by hand has published is told anew without what was opened.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from golive.config.configuration import Configuration
from golive.model.clock import Clock
from golive.model.json import JsonObject
from golive.storage.keys import SigningKeys
from golive.storage.order_journal import JournalPlace, OrderJournal
from golive.storage.risk_body import RiskContext
from golive.storage.risk_state import publish_figure, read_figure

from ..code_version import code_version
from ..risk_limits import risk_profile_of
from ..routes import accounts_of
from .order_past import rearmed_note

OPENED: Final = ("repeated_execution_limit", "max_consecutive_losses")
"""limits that a named person opens again"""


def rearm_accounts(configuration: Configuration, name: str, home: Path, operator: str, clock: Clock) -> tuple[str, ...]:
    """Write the word of `operator` into the journal of every account of an entrypoint; return the accounts, () of one on paper.

    An account that never had a journal has nothing to open. Durable on return. Raises PrerequisiteMissing naming the process
    that holds an account, JournalError for a journal that is lost or not sound.
    """
    entrypoint = configuration.resolve(name)
    if entrypoint.environment_type == "paper":
        return ()
    profile, url = risk_profile_of(entrypoint), configuration.core.execution.order_journal.url
    done = []
    for each in accounts_of(configuration, entrypoint):
        place = JournalPlace(home, each.exchange, each.adapter, each.keychain_key, each.environment, url)
        if url is None and not place.path.exists() and not place.seal.exists():
            continue
        journal = OrderJournal.open(
            place, SigningKeys.load_or_create(home), RiskContext(name, profile.name, profile.digest, {}), clock,
            code_version=code_version(), operator=operator,
        )  # fmt: skip
        try:
            journal.commit([rearmed_note(clock.now(), operator)])
        finally:
            journal.close()
        done.append(f"{each.adapter}_{each.keychain_key}")
    if done:
        _publish_opened(home, name)
    return tuple(done)


def _publish_opened(home: Path, name: str) -> None:
    """Take executions and losses back from what the last order by hand has published; a session publishes itself."""
    figure = read_figure(home, name)
    if figure is not None and figure.epoch == 0:
        opened: JsonObject = {"used": "0", "used_ratio": 0.0, "band": "ok", "refuses": False, "note": ""}
        uses: tuple[JsonObject, ...] = tuple({**use, **opened} if use.get("limit") in OPENED else use for use in figure.uses)
        publish_figure(home, replace(figure, uses=uses))
