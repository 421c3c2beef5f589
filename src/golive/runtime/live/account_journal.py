"""One account's journal and what follows it, opened before anything else: lock, epoch, state, writer, logs, and looking back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from golive.model.errors import JournalError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.storage.journal_file import Signer
from golive.storage.live_projection import LiveProjection
from golive.storage.order_journal import JournalPlace, JournalRow, JournalState, OrderJournal, OrderWriter
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.reader import OrderJournalReader
from golive.storage.risk_body import RiskContext

from .plan import AccountPlan, LivePlan
from .reconcile_views import Known, Look


@dataclass(frozen=True, slots=True)
class AccountJournal:
    """Open and held by this process; `state` is what it said then."""

    journal: OrderJournal
    state: JournalState
    projection: LiveProjection
    known: Known

    @classmethod
    def open(cls, plan: LivePlan, account: AccountPlan, instruments: Mapping[InstrumentId, Instrument]) -> AccountJournal:
        """Open it; blocks for the disk, so call it in a thread.

        Raises PrerequisiteMissing naming the process that holds the account, JournalError for a journal that is not sound.
        """
        place = journal_place(plan, account)
        risk = RiskContext(plan.entrypoint, plan.risk_profile, plan.risk_profile_digest, instruments)
        journal = OrderJournal.open(
            place, plan.keys, risk, plan.clock,
            code_version=plan.code_version, operator=plan.operator, lease_age_s=plan.timing.lease_s,
            whole_rows=plan.whole_rows,
        )  # fmt: skip
        try:
            signer = Signer(plan.keys, plan.clock, plan.code_version, plan.config_sha384, journal.epoch, operator=plan.operator)
            name = f"{account.adapter}_{account.account}"
            projection = LiveProjection.open(
                plan.home, signer, name, plan.home / plan.risk_log if plan.repeats_decisions else None,
                lambda after: _rows(place, after),
            )  # fmt: skip
        except BaseException:
            journal.release()
            raise
        return cls(journal, journal.state, projection, known_of(place))

    def writer(self, failed: Callable[[JournalError], None]) -> OrderWriter:
        """Return the journal's thread, started; `failed` is called on this loop."""
        writer = OrderWriter(self.journal, (self.projection,), loop=asyncio.get_running_loop(), on_failure=failed)
        writer.start()
        return writer

    def abandon(self) -> None:
        """Give everything back without a word: the start has failed before anything was written."""
        self.projection.close()
        self.journal.release()


def journal_place(plan: LivePlan, account: AccountPlan) -> JournalPlace:
    return JournalPlace(
        plan.home, account.profile.label, account.adapter, account.account, account.settings.environment, plan.journal_url
    )


def _rows(place: JournalPlace, after: int) -> Iterator[JournalRow]:
    with closing(OrderJournalReader(open_for_reading(place))) as reader:
        yield from reader.rows(after)


def known_of(place: JournalPlace) -> Known:
    """Return what a journal knows of single ids."""

    @contextmanager
    def looking() -> Iterator[Look]:
        with closing(OrderJournalReader(open_for_reading(place))) as reader:
            yield Look(
                was_ours=reader.has_intent,
                first_deadline_ms=reader.first_deadline_ms,
                is_booked=lambda fill: reader.database.fill(fill.venue, fill.trade_id) is not None,
            )

    return Known(looking)
