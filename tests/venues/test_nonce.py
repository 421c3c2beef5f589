"""Nonces rise over all threads and processes of a host, and a key's private calls leave one at a time."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from golive.model.errors import VenueUnavailable
from golive.venues import profile_named
from golive.venues.admission import NotAdmitted
from golive.venues.host_lock import HostLock
from golive.venues.nonce import NonceTurn
from support.adapters import rig, unhurried
from support.nonce_process import output, start, turn_at
from support.venue_process import new_key, venue_process

pytestmark = pytest.mark.integration


def test_threads_of_several_processes_never_draw_the_same_nonce_and_each_sees_them_rise(tmp_path: Path) -> None:
    processes = [start("draw", tmp_path, "key", 300, 4) for _ in range(3)]
    rows = [row for process in processes for row in output(process)]
    drawn = [nonce for row in rows for nonce in row]
    assert len(drawn) == len(set(drawn)) == 3 * 4 * 300
    assert all(row == sorted(row) for row in rows)
    turn = turn_at(tmp_path, "key")
    assert turn.next() > max(drawn), "a later process goes on above them"
    turn.close()


def test_a_nonce_is_the_time_in_milliseconds_and_rises_when_the_clock_does_not() -> None:
    now = 1_700_000_000_000
    turn = NonceTurn(lambda: now, folder=None, adapter="x", key="k")
    assert [turn.next(), turn.next()] == [now, now + 1]
    now -= 5_000
    assert turn.next() == 1_700_000_000_002
    now += 60_000
    assert turn.next() == now


def test_nonces_survive_a_clock_that_was_set_back_while_nothing_ran(tmp_path: Path) -> None:
    first = NonceTurn(lambda: 2_000, folder=tmp_path, adapter="x", key="k")
    assert first.next() == 2_000
    first.close()
    second = NonceTurn(lambda: 1_000, folder=tmp_path, adapter="x", key="k")
    assert second.next() == 2_001
    second.close()


def test_a_turn_is_held_by_one_call_of_one_process_at_a_time_in_nonce_order(tmp_path: Path) -> None:
    processes = [start("hold", tmp_path, "key", 30) for _ in range(3)]
    turns = sorted((begun, ended, nonce) for process in processes for begun, ended, nonce in output(process))
    assert len(turns) == 90
    for (_, ended, nonce), (begun, _, later) in pairwise(turns):
        assert begun >= ended
        assert later > nonce


def test_processes_take_turns_instead_of_starving_one_another(tmp_path: Path) -> None:
    busy, other = start("hold", tmp_path, "key", 150), start("hold", tmp_path, "key", 150)
    mine, theirs = output(busy), output(other)
    both = (max(mine[0][0], theirs[0][0]), min(mine[-1][1], theirs[-1][1]))
    during = Counter(who for who, rows in (("mine", mine), ("theirs", theirs)) for row in rows if both[0] <= row[0] <= both[1])
    assert min(during.values()) > 0.25 * max(during.values()), during


async def test_the_turn_of_a_killed_process_is_given_back_and_keys_do_not_wait_for_each_other(tmp_path: Path) -> None:
    holder = start("stay", tmp_path, "key")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    other, same = turn_at(tmp_path, "another key"), turn_at(tmp_path, "key")
    async with asyncio.timeout(1.0), other.held():
        pass
    waiting = asyncio.create_task(_hold(same))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    os.kill(holder.pid, signal.SIGKILL)
    await asyncio.wait_for(waiting, 2.0)
    holder.wait(10)
    holder.stdout.close()
    other.close()
    same.close()


async def test_a_stopped_process_that_holds_the_turn_is_named_when_patience_ends(tmp_path: Path) -> None:
    holder = start("stay", tmp_path, "key")
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    os.kill(holder.pid, signal.SIGSTOP)
    first, second = turn_at(tmp_path, "key"), turn_at(tmp_path, "key")
    begun = time.monotonic()
    refusals = await asyncio.gather(_hold(first, 0.3), _hold(second, 0.3), _hold(first, 0.2), return_exceptions=True)
    assert time.monotonic() - begun < 3.0
    assert [type(refusal) for refusal in refusals] == [NotAdmitted] * 3
    assert f": process {holder.pid} (stopped) holds it in {tmp_path}/test_spot.lock: not sent" in str(refusals[0])
    os.kill(holder.pid, signal.SIGKILL)
    await _hold(second, 2.0)
    holder.wait(10)
    holder.stdout.close()
    first.close()
    second.close()


def test_a_nonce_no_clock_ever_showed_is_damage_and_is_never_sent(tmp_path: Path) -> None:
    (tmp_path / "test_spot.nonces").write_bytes(b"\x11" * 4096 * 8)
    turn = turn_at(tmp_path, "key")
    with pytest.raises(VenueUnavailable, match=r"test_spot\.nonces, are damaged .* not sent; .* delete it"):
        turn.next()
    (tmp_path / "test_spot.nonces").unlink()
    turn.close()
    again = turn_at(tmp_path, "key")
    assert again.next() > 1_600_000_000_000
    again.close()


async def _hold(turn: NonceTurn, patience_s: float | None = None) -> None:
    async with turn.held(patience_s):
        pass


async def test_a_canceled_waiter_leaves_the_queue(tmp_path: Path) -> None:
    first, second, third = (turn_at(tmp_path, "key") for _ in range(3))
    async with first.held():
        waiting = asyncio.create_task(_hold(second))
        await asyncio.sleep(0.02)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
    async with asyncio.timeout(1.0), third.held():
        pass
    for turn in (first, second, third):
        turn.close()


def test_a_cell_that_another_process_never_gives_back_stops_the_call_instead_of_guessing(tmp_path: Path) -> None:
    turn = turn_at(tmp_path, "key")
    stopped = HostLock(tmp_path / "test_spot.nonces")
    assert stopped.try_lock(0, 4096 * 8)
    begun = time.monotonic()
    with pytest.raises(VenueUnavailable, match=r"test_spot.nonces .* not sent"):
        turn.next()
    assert time.monotonic() - begun < 5.0
    stopped.close()
    assert turn.next() > 0
    turn.close()


async def test_concurrent_calls_of_several_adapters_with_one_key_meet_no_invalid_nonce(tmp_path: Path) -> None:
    """Two adapters share the key through the host, each with four calls under way; the venue is strict about nonces."""
    key = new_key(dialect="kraken")
    with venue_process("--no-limits", dialect="kraken", keys=[key]) as venue:
        async with (
            rig("kraken", venue.rest, key.credentials, profile=unhurried("kraken"), state_directory=tmp_path, burst=50) as one,
            rig("kraken", venue.rest, key.credentials, profile=unhurried("kraken"), state_directory=tmp_path, burst=50) as two,
        ):
            await asyncio.gather(*(r.adapter.balances() for _ in range(20) for r in (one, two)))
            for r in (one, two):
                assert (r.requests("ok"), r.requests("refused")) == (20, 0)
        nonces = [int(row["body"].removeprefix("nonce=")) for row in venue.requests(1000)]
        assert len(nonces) == 40
        assert nonces == sorted(set(nonces)), "they came in the order of their nonces"


def test_only_the_venue_that_asks_for_rising_nonces_gets_turns() -> None:
    assert [profile_named(name).serial_private for name in ("okx_spot", "kraken_spot", "bybit_spot")] == [False, True, False]
