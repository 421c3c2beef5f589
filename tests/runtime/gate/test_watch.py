"""Watching an open gate: what is green keeps it, everything else closes it once, says why, and never waits for what hangs."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from golive.audit import Entry
from golive.model.clock import MINUTE, from_iso
from golive.model.errors import JournalError
from golive.model.secret import Secret
from golive.readiness.finding import Status
from golive.readiness.gate_state import CLOSED, KEPT
from golive.runtime.gate import GateWatch, close_gate
from golive.runtime.mtls.prepare import rotate_bundle
from golive.storage.log_series import records_of
from support.gates import CARL, ENTRYPOINT, LENA, Gate, bad

Act = Callable[[Gate], object]


class Watched:
    """A watch whose minute is a twentieth of a second."""

    def __init__(self, gate: Gate, *, period_s: float = 0.05, deadline_s: float = 5.0, glance_s: float = 0.02) -> None:
        self.gate = gate
        self.closed: list[str] = []
        self.watch = GateWatch(
            gate.scene, gate.demand(), self.closed.append,
            looks=gate.looks, period_s=period_s, deadline_s=deadline_s, glance_s=glance_s,
        )  # fmt: skip

    def records(self, type_: str) -> list[Entry]:
        return [each for each in records_of(self.gate.journal.path) if each.type == type_]

    async def looked(self, times: int = 1) -> None:
        """Wait until so many looks kept it."""
        until = time.monotonic() + 10
        while len(self.records(KEPT)) < times:
            assert time.monotonic() < until, self.closed
            await asyncio.sleep(0.01)


def run(watched: Watched, act: Callable[[], Awaitable[object]] | None = None) -> None:
    """Watch until it is closed; `act` begins beside it."""

    async def all_of_it() -> None:
        beside = asyncio.ensure_future(act()) if act is not None else None
        async with asyncio.timeout(10):
            await watched.watch.run()
        if beside is not None:
            await beside

    asyncio.run(all_of_it())


def test_each_green_look_keeps_it_and_stands_in_the_journal(opened: Gate) -> None:
    watched = Watched(opened)

    async def later() -> None:
        first = watched.watch.expires_at
        opened.later(10)
        await watched.looked(3)
        await asyncio.sleep(0.1)
        assert watched.watch.expires_at >= first + 10 * MINUTE
        await watched.watch.close("reconnect_required is 2")

    run(watched, later)
    kept = watched.records(KEPT)
    assert [from_iso(str(each.body["expires_at"])) - from_iso(str(each.body["checked_at"])) for each in kept] == [
        15 * MINUTE
    ] * len(kept)
    assert {each.body["opened_seq"] for each in kept} == {2}
    assert watched.closed == ["reconnect_required is 2"]
    [record] = watched.records(CLOSED)
    assert (record.body["by"], record.body["reason"]) == ("policy", "reconnect_required is 2")
    assert opened.state() == "reconnect_required is 2"


def _code(gate: Gate) -> None:
    gate.code = "1.0+ffffffffffff"


def _certificates(gate: Gate) -> None:
    rotate_bundle(gate.home, gate.scene.configuration.core.execution.mtls, Secret("a passphrase of the authority"), "lena")


def _crash(gate: Gate) -> None:
    def crash() -> None:
        raise ZeroDivisionError("none at all")

    gate.checks.also = crash


def _licence(gate: Gate) -> None:
    path = gate.home / gate.scene.configuration.runtime.licensing.license.license_path
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))


def _report(gate: Gate) -> None:
    for path in (gate.home / "var/audit/gate").glob(f"{ENTRYPOINT}_*.json"):
        path.write_bytes(b"{}")


CHANGES: dict[str, tuple[Act, str]] = {
    "a check is blocked": (lambda gate: gate.checks.said.update(mtls=bad("mtls")), "mtls is blocked: it is not as it must be"),
    "a check is unknown": (lambda gate: gate.checks.said.update(mtls=bad("mtls", Status.UNKNOWN)), "mtls is unknown"),
    "a check crashes": (_crash, "a check crashed: ZeroDivisionError: none at all"),
    "a byte of core.yaml": (lambda gate: gate.edit("core.yaml", "okx_live:", "okx_live: "), "core.yaml was changed since"),
    "a byte of runtime.yaml": (lambda gate: gate.edit("runtime.yaml", "trading:", "trading: "), "runtime.yaml was changed since"),
    "the code": (_code, "the code was changed"),
    "a certificate": (_certificates, "a certificate of the bundle was changed"),
    "the licence": (_licence, "the licence: "),
    "the report": (_report, "is not the one that it was opened with"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_between_two_looks_closes_it(opened: Gate, change: str) -> None:
    act, says = CHANGES[change]
    watched = Watched(opened)

    async def between() -> None:
        await watched.looked()
        act(opened)

    run(watched, between)
    [why] = watched.closed
    assert says in why
    assert opened.state() == why
    [record] = watched.records(CLOSED)
    assert (record.body["by"], record.body["reason"]) == ("golive", why)


BETWEEN: dict[str, tuple[Act, str]] = {
    "closed by a person": (
        lambda gate: close_gate(gate.home, ENTRYPOINT, "strange fills", gate.clock, by="olga"), "strange fills (by olga)",
    ),
    "its journal cut": (lambda gate: os.truncate(gate.journal.path, 100), "its journal cannot be believed"),
    "its journal gone": (lambda gate: gate.journal.path.unlink(), "is gone, yet there are seals of it"),
    "its time is over": (lambda gate: gate.later(16), "it expired at"),
    "the clock put back": (lambda gate: gate.later(-0.15), "the clock was put back"),
}  # fmt: skip


@pytest.mark.parametrize("change", BETWEEN)
def test_what_somebody_else_does_is_seen_long_before_the_next_look(opened: Gate, change: str) -> None:
    act, says = BETWEEN[change]
    watched = Watched(opened, period_s=60)
    unrecorded = "its journal" in change

    async def later() -> None:
        await asyncio.sleep(0.05)
        act(opened)

    if unrecorded:
        with pytest.raises(JournalError):
            run(watched, later)
    else:
        run(watched, later)
    [why] = watched.closed
    assert says in why
    assert opened.state() != "open"


def test_a_look_that_is_dated_before_the_last_one_keeps_nothing_open(opened: Gate) -> None:
    watched = Watched(opened, glance_s=60)
    opened.later(-30)
    run(watched)
    [why] = watched.closed
    assert "the clock was put back" in why
    assert watched.records(KEPT) == []


def test_a_gate_that_was_closed_before_the_watch_began_is_seen_at_its_first_glance(opened: Gate) -> None:
    watched = Watched(opened, period_s=60)
    close_gate(opened.home, ENTRYPOINT, "strange fills", opened.clock, by="olga")
    run(watched)
    assert watched.closed == ["strange fills (by olga)"]


def test_a_look_that_hangs_closes_it_and_is_not_waited_for(opened: Gate) -> None:
    watched = Watched(opened, deadline_s=0.3)
    let_go = threading.Event()
    opened.checks.also = lambda: let_go.wait(30)
    began = time.monotonic()
    run(watched)
    assert time.monotonic() - began < 5
    assert watched.closed == ["a look at the gate took longer than 0.3 seconds"]
    let_go.set()
    time.sleep(0.3)
    assert watched.records(KEPT) == [], "what it found counts for nothing"
    assert opened.state() == watched.closed[0]


def test_a_look_that_was_written_behind_a_closing_keeps_nothing_open(opened: Gate) -> None:
    watched = Watched(opened)
    opened.checks.also = lambda: close_gate(opened.home, ENTRYPOINT, "strange fills", opened.clock, by="olga")
    run(watched)
    assert [each.startswith("strange fills") for each in watched.closed] == [True]
    assert opened.state() == "strange fills"
    opened.checks.also = lambda: None
    opened.open()
    assert opened.state() == "open"


def test_a_gate_that_is_opened_anew_for_the_same_goes_on(opened: Gate) -> None:
    watched = Watched(opened)

    async def anew() -> None:
        await watched.looked()
        opened.open(LENA, CARL)
        await asyncio.sleep(0.3)
        assert watched.closed == []
        assert watched.records(KEPT)[-1].body["opened_seq"] != 2
        await watched.watch.close("enough")

    run(watched, anew)
    assert watched.closed == ["enough"]


def test_closing_twice_says_it_once_and_cancelling_leaves_it_open(opened: Gate) -> None:
    watched = Watched(opened, period_s=60)

    async def cancelled() -> None:
        task = asyncio.create_task(watched.watch.run())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (watched.closed, opened.state()) == ([], "open")
        await watched.watch.close("first")
        await watched.watch.close("second")

    asyncio.run(cancelled())
    assert (watched.closed, watched.watch.why, opened.state()) == (["first"], "first", "first")


def test_a_closing_that_was_begun_is_waited_for_when_the_watch_is_cancelled(opened: Gate) -> None:
    watched = Watched(opened, period_s=60)

    async def cancelled() -> None:
        with opened.journal.path.open("rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            closing = asyncio.create_task(watched.watch.close("reconnect_required is 1"))
            while not watched.closed:
                assert not closing.done()
                await asyncio.sleep(0.02)
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
            assert watched.records(CLOSED) == []
        await watched.watch.recorded()

    asyncio.run(cancelled())
    assert [each.body["reason"] for each in watched.records(CLOSED)] == watched.closed


def test_a_record_that_is_not_written_in_time_is_said_to_be_missing(opened: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.runtime.gate.watch._RECORD_S", 0.05)
    watched = Watched(opened, period_s=60, deadline_s=0.1)
    with opened.journal.path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(JournalError, match=r"was closed \(strange fills\), and its record is not written yet"):
            asyncio.run(watched.watch.close("strange fills"))
    assert watched.closed == ["strange fills"]


def test_trading_stops_even_when_the_closing_cannot_be_recorded(opened: Gate) -> None:
    watched = Watched(opened, period_s=60)
    (opened.home / "var/audit/seals").rename(opened.home / "aside")
    Path(opened.home / "var/audit/seals").write_text("no folder")
    with pytest.raises(JournalError):
        asyncio.run(watched.watch.close("reconnect_required is 1"))
    assert watched.closed == ["reconnect_required is 1"]


def test_a_pass_of_another_entrypoint_is_refused(opened: Gate) -> None:
    passed, scene = opened.demand(), opened.scene
    object.__setattr__(passed, "entrypoint", "kraken_desktop_live")
    with pytest.raises(ValueError, match="not of okx_desktop_live"):
        GateWatch(scene, passed, print)


def test_a_gate_that_is_opened_anew_for_something_else_ends_the_watch(opened: Gate) -> None:
    watched = Watched(opened, period_s=60)
    other = Gate(opened.home, code="1.0+ffffffffffff")

    async def anew() -> None:
        await asyncio.sleep(0.05)
        other.open(LENA, CARL)

    run(watched, anew)
    assert [each.partition(" (was")[0] for each in watched.closed] == [
        "the gate was opened anew for something else: the code was changed"
    ]


def test_a_look_that_cannot_be_recorded_closes_it(opened: Gate) -> None:
    watched = Watched(opened, glance_s=60)
    seals = opened.home / "var/audit/seals"

    def take_away() -> None:
        seals.rename(opened.home / "aside")
        seals.write_text("no folder")

    opened.checks.also = take_away
    with pytest.raises(JournalError):
        run(watched)
    [why] = watched.closed
    assert why.startswith("a look at the gate failed: JournalError: ")
