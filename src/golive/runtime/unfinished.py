"""The session that did not end: found, verified, and compared with the run that is to go on with it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from golive.config.endpoint import EMBEDDED
from golive.model.clock import to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.ids import ClientOrderId, FillId
from golive.model.order import Fill
from golive.storage.keys import SigningKeys
from golive.storage.session_chain import StoreHead
from golive.storage.session_identity import ABLE, READ_ONLY, SessionIdentity, SessionTerms
from golive.storage.session_reader import SessionReader, StoredLifecycle
from golive.storage.sessions import last_commit_ns, unfinished_session

from .code_version import code_version
from .plan import READ_ONLY_OPTION, Plan
from .session_terms import plan_rules


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A session whose store is sound and says no end. Times are wall clock, ns UTC."""

    path: Path
    identity: SessionIdentity
    head: StoreHead
    last_record_seq: int
    last_commit: int
    lifecycle: tuple[StoredLifecycle, ...]
    order_ids: tuple[ClientOrderId, ...]
    """of every order that risk decided on, in that order"""
    updates: int
    fills: frozenset[FillId]

    @property
    def name(self) -> str:
        """How messages name it."""
        return f"session {self.identity.run_id[:8]} of {to_iso(self.identity.started_at)}"

    def plan(self, plan: Plan) -> Plan:
        """Return `plan` as far as the session may trade: what it was started as it is, whatever the switch says now.

        The switch is not among its terms, as it is turned while a session runs; one that is resumed follows it at once.
        """
        then = self.identity.terms.rules.get(READ_ONLY)
        if READ_ONLY_OPTION in (then, plan.read_only):
            return plan  # an option is compared like any other
        return replace(plan, read_only=None if then == ABLE else then)

    def demand(self, terms: SessionTerms) -> None:
        """Raise PrerequisiteMissing naming everything in which `terms` are not those it was started with."""
        self._refuse(self.identity.terms.differences(terms))

    def demand_plan(self, plan: Plan) -> None:
        """Raise PrerequisiteMissing for another code version or plan, or a market that cannot be gone on with."""
        plan = self.plan(plan)
        code = self.identity.code_version
        then = self.identity.terms.rules
        differences = [f"code version was {code}, now it is {code_version()}"] if code != code_version() else []
        differences += [
            f"{name} was {then.get(name, 'nothing')}, now it is {value}"
            for name, value in sorted(plan_rules(plan).items())
            if then.get(name) != value
        ]
        self._refuse(differences)
        if plan.endpoint == EMBEDDED and not plan.lock_step:
            raise PrerequisiteMissing(
                f"{self.name} cannot be resumed: its market ran by the wall clock in an embedded venue, and ended with it; "
                "start a new session without --resume"
            )

    def _refuse(self, differences: Iterable[str]) -> None:
        if found := "; ".join(differences):
            raise PrerequisiteMissing(
                f"{self.name} cannot be resumed: {found}. Give it the options, configuration and code it was started with, "
                "or start a new session without --resume"
            )


def find_unfinished(plan: Plan, keys: SigningKeys) -> Unfinished:
    """Return the newest unfinished session of the plan's stage and entrypoint; its lease must be held.

    Raises PrerequisiteMissing when there is none or it does not fit the plan, JournalError when its store is not sound.
    """
    path = unfinished_session(plan.home, plan.stage, plan.entrypoint.name)
    if path is None:
        raise PrerequisiteMissing(
            f"there is no unfinished {plan.stage} session of {plan.entrypoint.name} to resume; run without --resume"
        )
    with closing(SessionReader(path)) as reader:
        for fault in reader.faults(keys):
            raise JournalError(f"{path}: {fault}; move the store away after looking into it")
        news = list(reader.order_news())
        unfinished = Unfinished(
            path=path,
            identity=reader.identity,
            head=reader.head(keys),
            last_record_seq=reader.last_record_seq,
            last_commit=last_commit_ns(path),
            lifecycle=reader.lifecycle(),
            order_ids=tuple(reader.order_ids()),
            updates=sum(not isinstance(each, Fill) for each in news),
            fills=frozenset(each.fill_id for each in news if isinstance(each, Fill)),
        )
    unfinished.demand_plan(plan)
    return unfinished
