"""Which activation of emergency mode an order's own store blames, and which signed record that is."""

from __future__ import annotations

from pathlib import Path

from golive.model.clock import to_iso
from golive.model.emergency import TradingState
from golive.model.json import JsonObject
from golive.runtime.clock import SystemClock
from golive.runtime.emergency import HostEmergency
from golive.runtime.explain.emergency_cause import Stopped, Told, cause_of, standing_activation, stopped_at
from golive.storage.emergency_journal import ACTIVATED, CLEARED, PANIC
from golive.storage.session_orders import SessionRow


def note(seq: int, event: str, scope: str) -> tuple[int, str, JsonObject]:
    return seq, event, {"scope": scope}


def session_order(side: str, event: str, code: str = "") -> list[SessionRow]:
    return [
        SessionRow(3, "decisions", {"code": "APPROVED"}),
        SessionRow(4, "intents", {"side": side}),
        SessionRow(9, "order_updates", {"event": event, "code": code}),
    ]


def told(reason: str = "drill", scope: str = "balanced", operator: str = "anna", since: str | None = None) -> Told:
    return Told(scope, None if since is None else "REDUCING", reason, operator, since, "balanced")


def test_an_order_was_stopped_where_it_was_canceled_refused_or_held_back() -> None:
    assert stopped_at(session_order("buy", "canceled"), wall_clock=False) == Stopped(9, None, False)
    assert stopped_at(session_order("buy", "not_sent", "EMERGENCY_MODE"), wall_clock=False) == Stopped(9, None, False)
    assert stopped_at([SessionRow(3, "decisions", {"code": "EMERGENCY_MODE"})], wall_clock=False) == Stopped(3, None, False)
    assert stopped_at(session_order("buy", "rejected", "51008"), wall_clock=False) is None
    ended = [*session_order("sell", "canceled"), SessionRow(10, "ends", {"ts": 77})]
    assert stopped_at(ended, wall_clock=True) == Stopped(9, 77, True)


def test_the_newest_activation_counts_that_was_not_lifted_before() -> None:
    stopped = Stopped(9, None, False)
    notes = [note(2, ACTIVATED, "all"), note(5, ACTIVATED, "balanced"), note(12, ACTIVATED, "manual")]
    assert standing_activation(notes, stopped) == (5, {"scope": "balanced"})
    lifted = [*notes[:2], note(6, CLEARED, "balanced")]
    assert standing_activation(lifted, stopped) == (2, {"scope": "all"})
    assert standing_activation([*lifted, note(7, CLEARED, "all")], stopped) is None
    assert standing_activation(notes[2:], stopped) is None, "it began after the order had ended"


def test_a_sessions_word_is_joined_to_the_signed_record_of_its_activation(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path, clock=SystemClock(), operator="anna")
    for reason, scope in (("drill", "manual"), ("drill", "all"), ("again", "all")):
        host.activate(reason, "anna", scope)
    found = cause_of(tmp_path, told(), Stopped(9, None, False))
    assert found is not None
    cause, testimony = found
    assert (cause.scope, cause.state, cause.reason, cause.panic) == ("all", TradingState.REDUCING, "drill", None)
    assert cause.record == 3, "the header, then the one for another profile"
    assert cause.since is not None
    assert (testimony.state, testimony.says) == ("ok", "agrees")


def test_an_activation_that_nobody_signed_is_missing(tmp_path: Path) -> None:
    nothing = cause_of(tmp_path, told(), Stopped(9, None, False))
    assert nothing is not None
    assert (nothing[0].record, nothing[1].state) == (None, "missing")
    HostEmergency(tmp_path, clock=SystemClock()).activate("drill", "bert")
    other = cause_of(tmp_path, told(), Stopped(9, None, False))
    assert other is not None
    assert (other[0].record, other[0].operator, other[1].says) == (None, "anna", "emergency_not_there")


def test_a_sale_was_canceled_by_a_panic_that_sells_and_by_no_other(tmp_path: Path) -> None:
    clock = SystemClock()
    host = HostEmergency(tmp_path, clock=clock, operator="anna")
    [mode] = host.activate("drill", "anna").modes
    began, ended = clock.now(), clock.now()
    stopped, word = Stopped(9, ended, True), told(scope="all", since=to_iso(mode.since))
    host.record(PANIC, {"began_at": to_iso(began), "steps": [{"what": "cancel"}]})
    assert cause_of(tmp_path, word, stopped) is None
    host.record(PANIC, {"began_at": to_iso(clock.now()), "steps": [{"what": "flatten"}]})
    assert cause_of(tmp_path, word, Stopped(9, ended, True)) is None, "it had ended before"
    found = cause_of(tmp_path, word, Stopped(9, clock.now() - 1, False))
    assert found is not None
    assert found[0].record == 2
