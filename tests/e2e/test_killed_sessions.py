"""Sessions killed at any moment: what was written down is there, verifies, and the session goes on from it.

The short form kills a handful of times; `make proof` (GOLIVE_PROOF=1) kills at 200 random moments, from a new seed each time.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.forked_golive import ForkedHome
from support.golive_process import ALONE, Finished, Home, wait_for_file
from support.store_audit import StoredSession
from support.venue_process import venue_process

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.timeout(3600)]
PROOF = os.environ.get("GOLIVE_PROOF") == "1"
DEMO_KILLS, PAPER_KILLS = (150, 50) if PROOF else (3, 2)
RNG = random.Random() if PROOF else random.Random(11)
DEMO = ("--candles", "400", *ALONE)
STEPS = 500
OKX_ENDPOINT = "GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT"


def killed(home: Home, mode: str, *words: str, events: int, env: dict[str, str] | None = None) -> int:
    """Run a session and kill it when its store has a random share of the `events` that are still to come.

    One kill in five comes at once, before a session that is run again is where it was. Returns the exit code, that of the kill if the
    session did not end before.
    """
    ready = home.path / "ready.json"
    ready.unlink(missing_ok=True)
    process = home.start(mode, *words, "--ready-file", str(ready), env=env)
    while not ready.exists() and process.poll() is None:
        time.sleep(0.01)
    if process.poll() is None:
        store = store_of(home, json.loads(ready.read_text())["run_id"])
        before = count(store, "events")
        enough = before if RNG.random() < 0.2 else before + RNG.randrange(1, max(2, (events - before) * 2 // 3))
        while count(store, "events") < enough and not has_ended(store) and process.poll() is None:
            time.sleep(RNG.uniform(0, 0.02))
        process.kill()
    process.communicate(timeout=20)
    return process.wait()


def count(store: Path, table: str) -> int:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def has_ended(store: Path) -> bool:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        return database.execute("SELECT 1 FROM lifecycle WHERE event = 'ended'").fetchone() is not None


def ended(done: Finished) -> dict[str, Any]:
    """Return the report of a session that came to its end; how a busy machine's latencies are judged is not the matter here."""
    assert done.code in (0, 5), done.stderr + done.stdout[-2000:]
    assert done.report["errors"] == []
    return done.report


def store_of(home: Home, run_id: str) -> Path:
    [path] = (home.path / "var/state/sessions").glob(f"*_{run_id[:8]}.sqlite")
    return path


def newest(home: Home, stage: str) -> StoredSession:
    stores = (home.path / "var/state/sessions").glob(f"{stage}_*.sqlite")
    return StoredSession.read(max(stores, key=lambda path: path.stat().st_mtime_ns))


def traded(stored: StoredSession) -> list[tuple[Any, ...]]:
    """The fills without what differs between runs: sequences, MACs and our ids."""
    return [tuple(fill[name] for name in ("trade_id", "ts", "side", "price", "quantity", "fee")) for fill in stored.fills]


def check_account(stored: StoredSession, report: dict[str, Any]) -> None:
    """Compare the end of the report with the store's fills, and its restarts with the store's."""
    account = stored.account(stored.fills)
    told = {asset: Decimal(row["end"]) for asset, row in report["outcome"]["balances"].items()}
    assert told == {**dict.fromkeys(told, Decimal(0)), **account.balances}
    assert Decimal(report["outcome"]["pnl"]["realized"]) == account.realized
    assert report["restarts"] == stored.restarts


def test_a_lock_step_session_that_was_killed_again_and_again_ends_like_one_that_was_not(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    whole = home.run("demo", *DEMO)
    assert ended(whole)["restarts"] == []
    comparable = StoredSession.read(store_of(home, whole.report["run_id"]))
    events = len(comparable.events)
    kills = restarts = 0
    while kills < DEMO_KILLS:
        resume: tuple[str, ...] = ()
        while kills < DEMO_KILLS and (not resume or RNG.random() < 0.8):
            code = killed(home, "demo", *DEMO, *resume, events=events)
            kills += code == -signal.SIGKILL
            if code == 0 or (resume and code == 3):
                break  # it had ended before the kill
            resume = ("--resume",)
        done = home.run("demo", *DEMO, "--resume")
        if done.code == 3:
            assert "no unfinished demo session" in done.report["errors"][0]
            stored = newest(home, "demo")
            assert traded(stored) == traded(comparable), "killed after its end, which it had written down"
        else:
            report = ended(done)
            assert report["outcome_sha256"] == whole.report["outcome_sha256"], "not one event was lost"
            stored = StoredSession.read(store_of(home, report["run_id"]))
            check_account(stored, report)
        for restart in stored.restarts:
            stored.check_restart(restart)
        restarts += len(stored.restarts)
    assert restarts >= DEMO_KILLS // 3, "a kill before the session was where it had been is no restart"
    verified = home.golive("audit", "verify", "--all")
    assert verified.code == 0, verified.stdout + verified.stderr


def test_a_session_whose_market_goes_on_without_it_keeps_every_stored_fill(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    assert home.run("demo", "--candles", "200").code == 0
    kills = restarts = 0
    while kills < PAPER_KILLS:
        with venue_process("--steps", str(STEPS), speed="max") as venue:
            env: dict[str, str] = {OKX_ENDPOINT: venue.rest}
            resume: tuple[str, ...] = ()
            for _ in range(min(5, PAPER_KILLS - kills)):
                code = killed(home, "paper", "--speed", "max", *resume, env=env, events=2 * STEPS)
                kills += code == -signal.SIGKILL
                if code in (0, 3):
                    break
                resume = ("--resume",)
            done = home.run("paper", "--speed", "max", *resume, env=env)
        if done.code == 3:
            assert "no unfinished paper session" in done.report["errors"][0]
            stored = newest(home, "paper")
        else:
            report = ended(done)
            stored = StoredSession.read(store_of(home, report["run_id"]))
            check_account(stored, report)
        for restart in stored.restarts:
            stored.check_restart(restart)
        restarts += len(stored.restarts)
    assert restarts > 0
    verified = home.golive("audit", "verify", "--all")
    assert verified.code == 0, verified.stdout + verified.stderr


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose newest demo session was killed in the middle."""
    home = ForkedHome(tmp_path_factory.mktemp("cut_off"))
    ready = home.path / "ready.json"
    process = home.start("demo", "--candles", "100000", *ALONE, "--ready-file", str(ready))
    wait_for_file(ready)
    [store] = (home.path / "var/state/sessions").glob("demo_*.sqlite")
    while not count(store, "fills"):
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.communicate()
    return home


def refusal(done: Finished, code: int | None = None) -> str:
    assert (done.code if code is None else code) == 3, done.stderr
    [error] = done.report["errors"]
    assert done.report["status"] == "blocked"
    assert done.report["restarts"] == []
    return str(error)


def test_what_differs_from_the_session_that_is_to_go_on_is_named(cut_off: Home) -> None:
    words = refusal(cut_off.run("demo", "--candles", "99999", *ALONE, "--seed", "8", "--resume"))
    assert "candles was 100000, now it is 99999; seed was 7, now it is 8" in words
    other_fees = cut_off.golive("run", "--mode", "demo", "--json", "--candles", "100000", *ALONE, "--resume", env={
        "GOLIVE__RISK_PROFILES__BALANCED__MAX_POSITION_PCT": "0.04"
    })  # fmt: skip
    assert "trading digest was" in refusal(other_fees)


def test_another_entrypoint_has_nothing_to_resume(cut_off: Home) -> None:
    words = refusal(cut_off.run("demo", "--entrypoint", "kraken_desktop_paper", "--resume"))
    assert "there is no unfinished demo session of kraken_desktop_paper to resume" in words


def test_a_market_that_ended_with_its_venue_is_not_gone_on_with(tmp_path: Path) -> None:
    home, ready = ForkedHome(tmp_path), tmp_path / "ready.json"
    process = home.start("demo", "--speed", "5", "--ready-file", str(ready))
    wait_for_file(ready)
    process.kill()
    process.communicate()
    assert "ended with it" in refusal(home.run("demo", "--speed", "5", "--resume"))


def test_a_changed_store_is_not_taken_up(cut_off: Home, tmp_path: Path) -> None:
    [store] = (cut_off.path / "var/state/sessions").glob("demo_*.sqlite")
    before = {path: path.read_bytes() for path in store.parent.iterdir()}
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE fills SET quantity = quantity + 1 WHERE seq = (SELECT max(seq) FROM fills)")
    try:
        assert "bad mac, the row is not what was written" in refusal(
            cut_off.run("demo", "--candles", "100000", *ALONE, "--resume")
        )
        shown = cut_off.golive("fills", "--json")
        assert (shown.code, shown.stdout) == (6, "")
        assert "bad mac" in shown.stderr
    finally:
        for path in store.parent.iterdir():
            path.unlink()
        for path, data in before.items():
            path.write_bytes(data)


def test_one_that_is_stopped_before_it_is_where_it_was_can_be_resumed_once_more(cut_off: Home) -> None:
    ready = cut_off.path / "ready_and_stopped.json"
    process = cut_off.start("demo", "--candles", "100000", *ALONE, "--resume", "--ready-file", str(ready))
    wait_for_file(ready)
    process.send_signal(signal.SIGTERM)
    words = refusal(Finished(0, *process.communicate(timeout=30)), code=process.returncode)
    assert "before it had come to where the session was cut off" in words


def test_a_new_session_says_what_was_left_and_it_can_still_be_resumed(cut_off: Home) -> None:
    [store] = (cut_off.path / "var/state/sessions").glob("demo_*.sqlite")
    stored = StoredSession.read(store)
    new = ended(cut_off.run("demo", "--candles", "200"))
    warning = new["warnings"][0]
    assert "did not end" in warning
    assert "--resume" in warning
    assert cut_off.golive("audit", "verify", "--all").code == 0
    assert not any("did not end" in text for text in ended(cut_off.run("demo", "--candles", "200"))["warnings"]), (
        "it is said once"
    )

    ready = cut_off.path / "ready_again.json"
    process = cut_off.start("demo", "--candles", "100000", *ALONE, "--resume", "--ready-file", str(ready))
    wait_for_file(ready)
    while count(store, "fills") <= len(stored.fills):
        assert process.poll() is None
        time.sleep(0.1)
    second = cut_off.run("demo", "--candles", "100000", *ALONE, "--resume")
    assert "is running already" in refusal(second)
    process.send_signal(signal.SIGTERM)
    report = json.loads(process.communicate(timeout=30)[0])
    assert report["run_id"] == json.loads(ready.read_text())["run_id"]
    assert process.returncode == report["exit_code"]
    assert report["errors"] == []
    resumed = StoredSession.read(store)
    check_account(resumed, report)
    [restart] = report["restarts"]
    resumed.check_restart(restart)
    assert restart["events"] == len(stored.events)
    assert 0 < restart["downtime_seconds"] < 300
    assert f"{len(stored.events)} stored events replayed" in report["warnings"][0]
    assert cut_off.golive("audit", "verify", "--all").code == 0
    assert "no unfinished demo session" in refusal(cut_off.run("demo", "--candles", "100000", *ALONE, "--resume"))
