"""`golive panic` as a person runs it: against a simulated venue, with no session, with one that answers, and with one that hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.model.order import Side
from golive.runtime.clock import SystemClock
from golive.runtime.panic.panic import Panic, PanicStep
from support.live_bot import bot_process, heard, told
from support.live_desk import account_at, live_plan, trader
from support.published import published
from support.rehearsal import Rehearsal, add_live_entrypoint, rehearsal
from support.venue_process import new_key, venue_process


def panic(at: Rehearsal, *words: str) -> tuple[int, dict[str, Any]]:
    done = at.home.golive("panic", "--credentials", str(at.key_file), "--json", *words)
    document = published(done.stdout)
    assert document["exit_code"] == done.code
    return done.code, document


def working(at: Rehearsal) -> list[str]:
    return sorted(row["side"] for row in at.venue.orders() if row["state"] in ("live", "partially_filled"))


def states(document: dict[str, Any], what: str) -> list[str]:
    return [step["state"] for step in document["steps"] if step["what"] == what]


async def placed(at: Rehearsal, *prices: str, held: str = "0.01", offered: bool = True) -> None:
    """Let an account buy something, rest entries at these prices and offer half of what it holds."""
    account = replace(
        account_at(at.dialect, at.venue.rest, at.venue.key), account=f"{at.dialect}_live_trading", symbols=(at.symbol,)
    )
    async with trader(live_plan(at.home.path, [account])) as desk:
        await desk.sent(price=None, quantity=held)
        for price in prices:
            await desk.sent(price=price)
        if offered:
            await desk.sent(price="900000", quantity="0.005", side=Side.SELL)


@contextmanager
def session(at: Rehearsal) -> Iterator[subprocess.Popen[str]]:
    """A process that has the account, with one entry that rests."""
    options = {"account": f"{at.dialect}_live_trading", "symbol": at.symbol}
    running = bot_process(at.home.path, at.venue, at.dialect, **options)
    try:
        assert heard(running, "ready")
        told(running, "1000")
        while heard(running, "news")["news"] != "accepted":
            pass
        yield running
    finally:
        running.kill()
        running.communicate()


@pytest.mark.parametrize("dialect", ["okx", "bybit"])
async def test_without_a_session_everything_is_canceled_read_back_and_signed(dialect: str, tmp_path: Path) -> None:
    with rehearsal(tmp_path, dialect) as at:
        await placed(at, "1000", "1001", "1002")
        assert working(at) == ["buy", "buy", "buy", "sell"]
        code, document = panic(at, "--reason", "a drill")
        assert code == 0, document
        assert working(at) == ["sell"], "a reduction stays"
        [account] = document["accounts"].values()
        assert (account["open_entries"], len(account["open_sales"])) == ([], 1)
        refused = at.order("buy", "0.01", at.symbol, "--limit", "20000")
        assert refused.code == 3
        assert "EMERGENCY_MODE" in refused.stdout
        verified = at.home.golive("audit", "verify", "--all")
        assert verified.code == 0, verified.stdout
        assert "var/audit/emergency/emergency.jsonl" in verified.stdout


async def test_flatten_sells_what_is_held_after_the_brake(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, "1000")
        code, document = panic(at, "--flatten", "--yes")
        assert code == 0, document
        assert not working(at)
        [account] = document["accounts"].values()
        assert float(account["balances"].get("BTC", "0")) < 0.0001
        assert states(document, "flatten") == ["done"]


async def test_a_slow_venue_keeps_no_other_account_exposed(tmp_path: Path) -> None:
    key = new_key(dialect="bybit", permissions=("read", "trade"))
    with rehearsal(tmp_path) as at, venue_process("--no-limits", dialect="bybit", keys=[key], speed="1") as slow:
        add_live_entrypoint(at.home, "bybit", slow.rest)  # the first by name
        keys = [{**key.document, "account": f"{name}_live_trading"} for name, key in (("okx", at.venue.key), ("bybit", key))]
        at.key_file.write_text(json.dumps({"keys": keys}))
        await placed(at, "1000", offered=False)
        slow.add_fault("delay", seconds=0.3)
        code, document = panic(at, "--flatten", "--yes")
        assert code == 0, document
        steps = [(step["what"], step["detail"].partition(":")[0]) for step in document["steps"]]
        okx, bybit = "okx_spot_okx_live_trading", "bybit_spot_bybit_live_trading"
        assert steps.index(("flatten", okx)) < steps.index(("settle", bybit))
        assert {okx, bybit} == set(document["accounts"])


async def test_nothing_is_sold_without_consent_and_the_exit_code_says_so(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, "1000")
        code, document = panic(at, "--flatten")
        assert code == 6, document
        assert working(at) == ["sell"]
        assert states(document, "flatten") == ["problem"]


def test_a_session_that_answers_cancels_by_itself_and_goes_on_with_reductions(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at, session(at) as running:
        code, document = panic(at)
        assert code == 0, document
        assert not working(at)
        assert running.poll() is None
        told(running, "1000")
        refused = heard(running, "order")["order"]
        while (news := heard(running, "news"))["id"] != refused:
            pass
        assert (news["news"], news["code"]) == ("not_sent", "EMERGENCY_MODE")


def test_a_session_that_hangs_is_fenced_off_and_ended_and_its_orders_are_canceled(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at, session(at) as running:
        os.kill(running.pid, signal.SIGSTOP)
        code, document = panic(at)
        assert code == 0, document
        assert running.wait(5) == -signal.SIGKILL
        assert not working(at)
        assert any("fenced off" in step["detail"] for step in document["steps"])


def test_who_does_not_answer_is_fenced_off_before_anything_is_recorded(tmp_path: Path) -> None:
    recorded: list[bool] = []

    def say(step: PanicStep) -> None:
        if "did not answer" in step.detail:
            recorded.append((tmp_path / "var/audit/emergency/emergency.jsonl").exists())

    with rehearsal(tmp_path) as at, session(at) as running:
        os.kill(running.pid, signal.SIGSTOP)
        begun = Panic(tmp_path, SystemClock(), "anna", "it hangs", say)
        begun.switch_on()
        assert recorded == [False]
        [stopped] = begun.stop_writers(None, None, end_all=False)
        assert (stopped.how, stopped.is_sure) == ("killed", True)
        assert "epoch" in stopped.detail
        assert running.wait(5) == -signal.SIGKILL
    assert recorded == [False], "one writer, and told once"


def test_a_venue_that_cannot_be_reached_is_told_and_the_mode_is_on_all_the_same(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        with session(at):
            pass
        at.venue.kill()
        code, document = panic(at, "--wait", "1")
        assert code == 6
        assert states(document, "flag") == ["done"]
        assert "problem" in states(document, "read back")


def test_a_home_without_accounts_is_done_at_once_and_the_call_can_be_repeated(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        for _ in range(2):
            done = at.home.golive("panic", "--reason", "again")
            assert done.code == 0, done.stdout + done.stderr
            assert "never traded" in done.stdout
        flag = json.loads((tmp_path / "var/state/risk/emergency.json").read_text())
        assert (flag["calls"], len(flag["modes"])) == (2, 1)


def test_a_name_that_is_no_entrypoint_does_nothing_and_a_broken_configuration_keeps_nobody_from_stopping(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        assert at.home.golive("panic", "--entrypoint", "nobody").code == 2
        assert not (tmp_path / "var/state/risk/emergency.json").exists()
        (tmp_path / "config/runtime.yaml").write_text("nonsense: [")
        done = at.home.golive("panic")
        assert done.code == 6
        assert (tmp_path / "var/state/risk/emergency.json").exists()


async def test_the_mode_of_one_entrypoint_is_that_of_its_profile_and_so_are_the_accounts_whose_entries_are_canceled(
    tmp_path: Path,
) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, "1000", "1001")
        code, document = panic(at, "--entrypoint", "okx_desktop_paper")
        assert code == 0, document
        assert working(at) == ["sell"], "the live account trades under the same profile"
        [scope] = [step["detail"] for step in document["steps"] if step["what"] == "scope"]
        assert "balanced" in scope
        assert {at.entrypoint, "okx_desktop_paper", "kraken_desktop_paper"} <= set(scope.replace(",", "").split())
        assert states(document, "cancel") == ["done"]


async def test_the_mode_of_one_profile_leaves_accounts_under_another_alone(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, "1000", offered=False)
        at.home.edit("runtime.yaml", "risk_profile: balanced       #", "risk_profile: conservative  #")  # the first entrypoint
        code, document = panic(at, "--entrypoint", "okx_desktop_paper")
        assert code == 0, document
        assert working(at) == ["buy"]
        assert "okx_desktop_live" not in json.dumps(document)


async def test_an_account_in_the_hands_of_a_process_under_another_profile_is_no_word_for_ours(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, "1001", offered=False)
        at.home.edit("runtime.yaml", "risk_profile: balanced       #", "risk_profile: conservative  #")  # the first entrypoint
        at.home.edit(
            "runtime.yaml",
            "risk_profile: balanced\n      tags: [desktop, live",
            "risk_profile: conservative\n      tags: [desktop, live",
        )
        with session(at) as running:  # it trades under balanced, and its account is that of an entrypoint under conservative
            code, document = panic(at, "--entrypoint", "okx_desktop_paper")
            assert code == 6, document
            assert states(document, "read back") == ["problem"]
            assert "balanced, which goes on" in json.dumps(document)
            assert running.poll() is None


def test_whoever_trades_under_the_profile_of_the_entrypoint_has_to_answer(tmp_path: Path) -> None:
    holding = "import sys, time; from pathlib import Path; from golive.storage.lease import Lease; "
    holding += "lease = Lease.acquire(Path(sys.argv[1]), sys.argv[2]); print(lease.epoch, flush=True); time.sleep(60)"
    with rehearsal(tmp_path) as at:
        names = ("kraken_desktop_paper", "nobody_paper")
        running = [
            subprocess.Popen([sys.executable, "-c", holding, str(tmp_path), name], stdout=subprocess.PIPE, text=True)
            for name in names
        ]
        try:
            for each in running:
                assert each.stdout is not None
                assert each.stdout.readline() == "1\n"
            code, document = panic(at, "--entrypoint", "okx_desktop_paper")
            assert code == 0, document
            assert running[0].wait(5) == -signal.SIGTERM
            assert running[1].poll() is None, "it does not trade under this profile"
        finally:
            for each in running:
                each.kill()
                each.communicate()


async def test_a_flatten_while_halted_sells_nothing_and_names_the_way_out(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as at:
        await placed(at, offered=False)
        assert panic(at, "--halt")[0] == 0
        code, document = panic(at, "--flatten", "--yes")
        assert code == 6, document
        [sale] = [step["detail"] for step in document["steps"] if step["what"] == "flatten"]
        assert "HALTED" in sale
        assert "golive risk clear-emergency" in sale
