"""A named person opens again what was executed, or lost, too often at the accounts that an entrypoint trades live.

No venue is asked: the word is a note of each account's order journal, and the next order counts from there.
"""

from __future__ import annotations

from pathlib import Path

from golive.config.configuration import Configuration
from golive.model.clock import Clock
from golive.storage.keys import DevelopmentKeys
from golive.storage.order_journal import JournalPlace, OrderJournal
from golive.storage.risk_body import RiskContext

from ..code_version import code_version
from ..live_plan import accounts_of
from ..risk_limits import risk_profile_of
from .order_past import rearmed_note


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
            place, DevelopmentKeys.load_or_create(home), RiskContext(name, profile.name, profile.digest, {}), clock,
            code_version=code_version(), operator=operator,
        )  # fmt: skip
        try:
            journal.commit([rearmed_note(clock.now(), operator)])
        finally:
            journal.close()
        done.append(f"{each.adapter}_{each.keychain_key}")
    return tuple(done)
