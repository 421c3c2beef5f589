"""Puts the parts of one account together. Nothing is sent and nothing is asked here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from golive.execution.live.happening import Happening
from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill
from golive.venues.adapter import VenueAdapter
from golive.venues.trading import TradingClient

from .account import LiveAccount
from .account_journal import AccountJournal
from .asking import Asker
from .parts import Parts
from .pen import Pen
from .plan import AccountPlan, LivePlan
from .proof import answers, smallest_order
from .readiness import Readiness
from .reconcile_views import Books
from .roster import Roster
from .sending import Sender
from .switch import DeadMansSwitch
from .watching import Watcher


def assembled(
    plan: LivePlan,
    account: AccountPlan,
    adapter: VenueAdapter,
    instruments: Mapping[InstrumentId, Instrument],
    opened: AccountJournal,
    *,
    tell: Callable[[Happening], None],
    may_leave: Callable[[ClientOrderId], str],
    alert: Callable[[Alert], None],
) -> LiveAccount:
    """Return the account, not ready; the journal's thread runs from now on. ConfigError for a stage that does not trade."""
    name, timing = account.adapter, plan.timing
    readiness = Readiness(name, adapter, tell)

    reasons: set[str] = set()

    def stopped(why: str) -> None:
        readiness.fail(why)
        if why in reasons:
            return
        reasons.add(why)
        alert(Alert("live", AlertSeverity.CRITICAL, f"{name} stopped", f"{name}: {why}; no order leaves this account"))

    def broken(error: Exception) -> None:
        stopped(f"it failed: {error!r}")

    def lost(error: JournalError) -> None:
        stopped(f"the order journal is lost: {error}")

    def foreign(why: str) -> None:
        alert(Alert("live", AlertSeverity.CRITICAL, f"{name}: an order that nobody here expects", why))

    def book_late(fill: Fill) -> None:
        parts.book(fill)
        what = f"{fill.quantity} lots of {fill.instrument} (trade {fill.fill_id.trade_id}) were filled after the order had ended"
        body = (
            f"{what}, and are booked in its journal. A session that runs does not count them: compare its position, start again"
        )
        alert(Alert("live", AlertSeverity.CRITICAL, f"{name}: late fill of order {fill.client_order_id}", body))

    pen = Pen(opened.journal, opened.writer, lost, stall_s=timing.stall_s)
    client = TradingClient(adapter, plan.stage, fence=pen.require_lease, gate_pass=plan.gate_pass)
    parts = Parts(
        plan=plan, account=account, adapter=adapter, client=client, instruments=dict(instruments), pen=pen,
        readiness=readiness, roster=Roster(), tell=tell, may_leave=may_leave, broken=broken,
    )  # fmt: skip
    asker = Asker(
        name, client, parts.roster, parts.instruments, tell, broken, order_deadline_s=account.profile.order_deadline_s,
        pauses_s=(timing.ask_pause_s, timing.ask_longest_pause_s),
    )  # fmt: skip
    watcher = Watcher(
        name, adapter, tuple(instruments.values()), parts.roster, readiness, plan.clock, tell=tell, ask=asker.ask,
        foreign=foreign, broken=broken, known=opened.known, book=book_late, audit_s=timing.audit_s,
        grace_s=timing.stream_grace_s, is_guarding=plan.dead_man_switch_seconds > 0,
    )  # fmt: skip
    consents = Books.of(opened.state).consents
    watcher.agreed.update(consents.left, consents.adopted)
    watcher.adopted.update(name for name, known in consents.adopted.items() if not known.is_over)
    smallest = [smallest_order(instrument) for instrument in parts.instruments.values()]
    proofs = {
        "the decision log": pen.log_has_followed,
        "risk": lambda: all(answers(plan.judge, order, plan.clock) for order in smallest),
        **plan.proofs,
    }
    switch = DeadMansSwitch(
        name, client, pen, readiness, plan.clock, timeout_s=plan.dead_man_switch_seconds, operator=plan.operator,
        needs=account.profile.switch_needs, proofs=proofs, alert=alert, broken=broken,
    )  # fmt: skip
    return LiveAccount(parts, Sender(parts), asker, watcher, switch)
