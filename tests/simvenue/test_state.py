"""A venue that dies and returns: whatever was answered is there again, exactly; what cannot be done again is refused."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simvenue.errors import UsageError
from simvenue.options import ServeOptions
from simvenue.server.build import Venue, build
from simvenue.server.clock import VenueClock
from simvenue.server.driver import Driver
from simvenue.server.replay import resume
from simvenue.server.state import StateFile
from simvenue.server.truth import balance_rows, order_row
from support.okx_client import OkxClient, serve_options
from support.okx_requests import signed_post
from support.simvenue_process import CREDENTIALS, VenueProcess, venue_process

START = 1_704_067_200_000_000_000


# ── the process ─────────────────────────────────────────────────────────────────────────────────────────────────


async def trade(venue: VenueProcess, steps: int, seed: int, *, first: int = 1) -> None:
    """Walk the market and place, amend and cancel orders between the steps, as the seed says."""
    draw = random.Random(seed)
    async with aiohttp.ClientSession() as session:
        steering = await session.ws_connect(f"{venue.rest}/sim/v1/lockstep")
        await steering.receive()
        await steering.send_str('{"op": "start"}')
        names: list[str] = []
        for step in range(first, first + steps):
            assert json.loads((await steering.receive()).data)["step"] == step
            for _ in range(3):
                names.append(f"c{seed}n{len(names)}")
                order = {"instId": "BTC-USDT", "tdMode": "cash", "side": draw.choice(["buy", "sell"]), "sz": "0.01"}
                order |= draw.choice(
                    [
                        {"ordType": "limit", "px": str(draw.randint(41_500, 42_500))},
                        {"ordType": "post_only", "px": str(draw.randint(41_000, 43_000))},
                        {"ordType": "market", "tgtCcy": "base_ccy"},
                    ]
                )
                await signed_post(session, venue.rest, "trade/order", order | {"clOrdId": names[-1]})
            known = {"instId": "BTC-USDT", "clOrdId": draw.choice(names)}
            await signed_post(session, venue.rest, "trade/cancel-order", known)
            await signed_post(session, venue.rest, "trade/amend-order", known | {"clOrdId": draw.choice(names), "newSz": "0.02"})
            await steering.send_str(json.dumps({"op": "ack", "step": step}))
        await steering.receive()


async def candles(venue: VenueProcess) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{venue.rest}/api/v5/market/candles?instId=BTC-USDT&limit=300") as answer,
    ):
        return (await answer.json())["data"]


@pytest.mark.integration
async def test_a_venue_that_was_killed_returns_with_every_order_fill_balance_and_candle(tmp_path: Path) -> None:
    flags = ("--speed=max", "--steps=40", "--balance=USDT=100000", "--balance=BTC=2", f"--state={tmp_path / 'venue'}")
    with venue_process(*flags) as venue:
        await trade(venue, 12, seed=5)
        truth = (venue.orders(), venue.balances(), await candles(venue), venue.info()["step"], venue.info()["now"])
        venue.kill()
    filled = [order for order in truth[0] if order["fills"]]
    assert len(truth[0]) > 25
    assert len(filled) > 5
    assert {"live", "filled", "canceled"} <= {order["state"] for order in truth[0]}
    with venue_process(*flags) as venue:
        assert (venue.orders(), venue.balances(), await candles(venue), venue.info()["step"], venue.info()["now"]) == truth
        await trade(venue, 3, seed=6, first=truth[3] + 1)
        longer = (venue.orders(), venue.balances())
        assert len(longer[0]) > len(truth[0])
        venue.kill()
    with venue_process(*flags) as venue:
        assert (venue.orders(), venue.balances()) == longer


@pytest.mark.integration
async def test_a_killed_venue_goes_on_as_one_that_was_never_killed(tmp_path: Path) -> None:
    flags = ("--speed=max", "--steps=40", "--balance=USDT=100000", "--balance=BTC=2")
    with venue_process(*flags) as venue:
        await trade(venue, 8, seed=5)
        await trade(venue, 8, seed=6, first=9 + 1)
        whole = (venue.orders(), venue.balances())
    with venue_process(*flags, f"--state={tmp_path / 'venue'}") as venue:
        await trade(venue, 8, seed=5)
        venue.kill()
    with venue_process(*flags, f"--state={tmp_path / 'venue'}") as venue:
        await trade(venue, 8, seed=6, first=9 + 1)
        assert (venue.orders(), venue.balances()) == whole


@pytest.mark.integration
def test_the_market_of_the_wall_clock_went_on_while_the_venue_was_away(tmp_path: Path) -> None:
    flags = ("--speed=600", f"--state={tmp_path / 'venue'}")
    with venue_process(*flags) as venue:
        before = venue.info()
        venue.kill()
    time.sleep(0.1)
    with venue_process(*flags) as venue:
        after = venue.info()
    assert after["market"]["start"] == before["market"]["start"]
    assert int(after["now"]) > int(before["now"]) + 30 * 10**9
    assert after["step"] > before["step"] + 30


@pytest.mark.integration
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ("--seed=8", "seed 7, now 8"),
        ("--maker-bps=9", 'maker_bps "8", now "9"'),
        ("--steps=41", "steps 40, now 41"),
        ("--symbol=ETH/USDT", 'symbols ["BTC/USDT"], now ["ETH/USDT"]'),
        ("--balance=USDT=1", "balances"),
    ],
)
def test_other_options_than_the_files_are_refused_and_named(tmp_path: Path, changed: str, says: str) -> None:
    path = tmp_path / "venue"
    with venue_process("--speed=max", "--steps=40", f"--state={path}"):
        pass
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(CREDENTIALS))
    command = [sys.executable, "-m", "simvenue", "serve", "--speed=max", "--steps=40", f"--credentials={keys}"]
    done = subprocess.run([*command, f"--state={path}", changed], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert str(path) in done.stderr
    assert says in done.stderr


@pytest.mark.integration
def test_two_venues_cannot_share_a_state(tmp_path: Path) -> None:
    path = tmp_path / "venue"
    with venue_process("--speed=max", f"--state={path}"), pytest.raises(UsageError, match="another venue uses it"):
        StateFile(path)


# ── any operations at all ───────────────────────────────────────────────────────────────────────────────────────

Returned = tuple[Venue, Driver, StateFile]


def returned(path: Path, options: ServeOptions) -> Returned:
    """Build a venue from its file, as the server does."""
    clock, state = VenueClock(), StateFile(path)
    venue = build(options, clock, state.began or START)
    driver = Driver(venue.source, venue.exchange, venue.face, speed=None, clock=clock)
    resume(state, options, venue, driver, clock, START)
    return venue, driver, state


def truth_of(venue: Venue, driver: Driver) -> tuple[object, ...]:
    exchange = venue.exchange
    return (
        [order_row(order, exchange.accounts[order.account]) for order in exchange.orders.values()],
        {account.name: balance_rows(account) for account in exchange.accounts.values()},
        {symbol: (market.last, list(market.trades)) for symbol, market in exchange.markets.items()},
        (driver.steps_done, exchange.now),
    )


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["limit", "post_only", "ioc", "market", "cancel", "amend", "all", "arm", "expire", "step"]),
        st.integers(0, 50),
        st.booleans(),
    ),
    max_size=30,
)


def act(client: OkxClient, kind: str, number: int, is_buy: bool, wall: int) -> None:
    side, price = "buy" if is_buy else "sell", str(41_900 + 5 * number)
    exchange = client.venue.exchange
    orders = list(exchange.orders)
    if kind in ("limit", "post_only", "ioc"):
        client.order(side=side, ordType=kind, px=price, clOrdId=f"n{number}")
    elif kind == "market":
        client.order(side=side, ordType=kind, px=None, tgtCcy="base_ccy")
    elif kind in ("cancel", "amend") and orders:
        body = {"instId": "BTC-USDT", "ordId": str(orders[number % len(orders)]), "newPx": price}
        client.post("trade/cancel-order" if kind == "cancel" else "trade/amend-order", body)
    elif kind == "all":
        exchange.cancel_all("main")
    elif kind == "arm":
        exchange.arm_switch("main", wall + number)
    elif kind == "expire":
        exchange.expire(wall + number)
    elif kind == "step":
        client.driver.step()


@settings(max_examples=25, deadline=None)
@given(ACTIONS)
@example([("limit", 5, True), ("arm", 1, True), ("expire", 40, True)])
@example([("limit", 5, True), ("limit", 6, True), ("all", 0, True), ("limit", 7, True), ("step", 0, True)])
def test_whatever_was_done_is_there_again(actions: list[tuple[str, int, bool]]) -> None:
    options = serve_options()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "venue"
        venue, driver, state = returned(path, options)
        client = OkxClient.over(venue, driver)
        for number, action in enumerate(actions):
            act(client, *action, wall=number * 20)
            client.clock.move(0.1)
        truth = truth_of(venue, driver)
        state.close()
        again, once_more, _ = returned(path, options)
        assert truth_of(again, once_more) == truth


# ── damaged files ───────────────────────────────────────────────────────────────────────────────────────────────


def small_state(path: Path) -> tuple[object, ...]:
    venue, driver, state = returned(path, serve_options())
    client = OkxClient.over(venue, driver)
    driver.step()
    client.order(px="30000")
    client.order(px="31000")
    truth = truth_of(venue, driver)
    state.close()
    return truth


@pytest.mark.parametrize("tail", [b'{"op":"pla', b"\xff\x00", b'{"op":"cancel","id":"1"}'])
def test_a_torn_last_line_is_cut_off(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "venue"
    truth, whole = small_state(path), path.read_bytes()
    path.write_bytes(whole + tail)
    venue, driver, _ = returned(path, serve_options())
    assert truth_of(venue, driver) == truth
    assert path.read_bytes() == whole


def edited(path: Path, change: Callable[[list[bytes]], None]) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    change(lines)
    path.write_bytes(b"".join(lines))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda lines: lines.__setitem__(2, b"{broken\n"), 3),
        (lambda lines: lines.__delitem__(2), 3),
        (lambda lines: lines.__delitem__(1), 2),
        (lambda lines: lines.insert(2, b'{"op":"fly","after":1,"wall":"1"}\n'), 3),
        (lambda lines: lines.insert(2, b'{"op":"cancel","id":"7","after":1,"wall":"1"}\n'), 3),
        (lambda lines: lines.insert(2, b'{"step":7,"wall":"1"}\n'), 3),
    ],
)
def test_a_line_that_cannot_be_done_again_is_named(tmp_path: Path, change: Callable[[list[bytes]], None], line: int) -> None:
    path = tmp_path / "venue"
    small_state(path)
    edited(path, change)
    with pytest.raises(UsageError, match=f"venue:{line}: "):
        returned(path, serve_options())


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text('{"schema": "something else"}\n')
    with pytest.raises(UsageError, match="not a state file"):
        StateFile(path)
    assert path.read_text() == '{"schema": "something else"}\n'


def test_a_state_whose_header_was_torn_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "venue"
    path.write_bytes(b'{"schema":"simv')
    assert StateFile(path).began is None
