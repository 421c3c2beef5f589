"""The failover status is what the budget's pause, the reconnections and the circuit say."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import AuthenticationFailed, RateLimited, VenueRejected, VenueUnavailable
from golive.model.secret import Credentials, Secret
from golive.venues import profile_named
from golive.venues.classify import Evidence, ban_of, judge
from golive.venues.failover import FailoverStatus, Reconnection, failover_status
from golive.venues.meaning import Meaning
from support.adapters import rig, unhurried
from support.scripted_http import DROP, answer, ok, scripted_http
from support.trading_desk import desk
from support.venue_process import new_key, venue_process

CALM = FailoverStatus(False, 0.0, "", False, 0.0, "")


def test_nothing_wrong_is_all_false_and_empty() -> None:
    assert failover_status((0.0, ""), Reconnection(), 0.0) == CALM


def test_each_source_needs_its_own_success() -> None:
    state = Reconnection()
    state.spent("rest", "books: timed_out")
    state.spent("stream", "")
    assert (state.is_required, state.reason) == (True, "rest: books: timed_out; stream")
    state.succeeded("rest")
    state.succeeded("rest")
    assert (state.is_required, state.reason) == (True, "stream")
    state.succeeded("stream")
    assert (state.is_required, state.reason) == (False, "")


def test_the_open_circuit_tells_when_the_next_try_comes_only_while_a_reconnection_is_required() -> None:
    state = Reconnection()
    assert failover_status((0.0, ""), state, 3.0).reconnect_remaining_seconds == 0.0
    state.spent("rest", "x")
    assert failover_status((1.5, "429"), state, 3.0) == FailoverStatus(True, 1.5, "429", True, 3.0, "rest: x")


BANS = [
    ("kraken_spot", Evidence("", codes=("EGeneral:Temporary lockout",), http_status=200), True),
    ("kraken_spot", Evidence("", codes=("EOrder:Unknown order",), http_status=200, body="EGeneral:Temporary lockout?"), False),
    ("bybit_spot", Evidence("", http_status=403, body="<html>Access too frequent. Try again later</html>"), True),
    ("bybit_spot", Evidence("", http_status=200, body="access too frequent"), False),
    ("bybit_spot", Evidence("", http_status=403, body="CloudFront: blocked in your country"), False),
    ("bybit_spot", Evidence("", codes=("10018",), http_status=200), True),
    ("bybit_spot", Evidence("", codes=("170131",), http_status=200, body='{"retCode":170131,"time":1710018000000}'), False),
    ("okx_spot", Evidence("", codes=("50011",), http_status=429), False),
]


@pytest.mark.parametrize(("adapter", "evidence", "banned"), BANS)
def test_a_ban_is_told_from_its_code_or_words_and_not_from_digits_that_happen_to_stand_there(
    adapter: str, evidence: Evidence, banned: bool
) -> None:
    assert (ban_of(profile_named(adapter), evidence) is not None) == banned


def test_a_call_that_our_own_pause_held_back_was_surely_not_sent() -> None:
    fault = judge(profile_named("okx_spot"), Evidence("paused", transport=Meaning.PAUSED))
    assert fault.proven
    assert not fault.not_processed
    assert fault.consequence.write_family is fault.consequence.read_family is RateLimited
    assert not fault.consequence.transport, "and the circuit stays as it is"


@pytest.mark.integration
async def test_reads_that_fail_for_good_require_a_reconnection_until_one_succeeds() -> None:
    lost = [DROP] * 5
    async with (
        scripted_http(lambda _: lost.pop() if lost else ok("[]")) as server,
        rig("okx", server.base_url, profile=unhurried("okx")) as at,
    ):
        assert at.adapter.failover_status == CALM
        with pytest.raises(VenueUnavailable):
            await at.adapter.load()
        status = at.adapter.failover_status
        assert status.reconnect_required
        assert 4.0 < status.reconnect_remaining_seconds <= 5.0, "five failures opened the circuit"
        assert status.reconnect_reason == "rest: public/instruments: interrupted"
        assert at.reconnect_required == 1


@pytest.mark.integration
async def test_one_process_is_banned_and_every_adapter_of_the_host_holds_still(tmp_path: Path) -> None:
    """Two adapters share the host's state; the second never heard the answer itself."""
    key = new_key(dialect="bybit")
    with venue_process("--no-limits", dialect="bybit", keys=[key]) as venue:
        async with desk("bybit", venue, state_directory=tmp_path) as one, desk("bybit", venue, state_directory=tmp_path) as two:
            venue.add_fault("ban", match="/v5/account/wallet-balance", count=1)
            with pytest.raises(RateLimited):
                await one.rig.adapter.balances()
            sent = len(venue.requests(2000))
            with pytest.raises(RateLimited, match="not sent"):
                await two.rig.adapter.balances()
            with pytest.raises(RateLimited, match="not sent"):
                await two.submit(two.order())
            assert len(venue.requests(2000)) == sent
            assert two.rig.adapter.failover_status.throttle_active
            assert two.rig.rate_limited == 0, "this adapter was refused nothing"
            assert two.attempts.lines == [], "nothing left, so there is no attempt to answer"


@pytest.mark.integration
async def test_an_order_that_a_pause_holds_back_leaves_no_answer_without_an_attempt(tmp_path: Path) -> None:
    """The durable journal refuses an answer whose attempt it does not know, and is unusable from then on."""
    with venue_process("--no-limits", "--balance=USDT=100000", dialect="bybit", keys=[new_key(dialect="bybit")]) as venue:
        async with desk("bybit", venue, state_directory=tmp_path) as d:
            await d.submit(d.order())  # from here on the venue's time is known
            written = list(d.attempts.lines)
            assert [kind for kind, *_ in written] == ["attempt", "answer"]
            venue.add_fault("ban", match="/v5/account/wallet-balance", count=1)
            with pytest.raises(RateLimited):
                await d.rig.adapter.balances()
            with pytest.raises(RateLimited, match="not sent"):
                await d.submit(d.order())
            assert d.attempts.lines == written


@pytest.mark.integration
async def test_whatever_ccxts_own_error_table_raises_the_answer_is_judged() -> None:
    """CCXT reads numbers as floats and may stumble with any exception (a bare ValueError for NaN): then it has no opinion."""

    def stumble(*_: object) -> object:
        raise ValueError("could not convert string to float: 'NaN'")

    unlisted = answer(200, '{"code":"59998","msg":"","data":[]}')
    async with scripted_http(lambda _: unlisted) as server, rig("okx", server.base_url, profile=unhurried("okx")) as at:
        at.adapter.connection.client.handle_errors = stumble  # type: ignore[method-assign,assignment] # CCXT's, not ours
        with pytest.raises(VenueRejected) as caught:
            await at.adapter.load()
        assert (caught.value.code, at.requests("refused"), at.errors("error")) == ("59998", 1, 1)


@pytest.mark.integration
async def test_a_secret_that_cannot_sign_is_refused_without_being_quoted_and_without_a_request() -> None:
    secret = "no base64 at all!"
    credentials = Credentials({"apiKey": Secret("k"), "secret": Secret(secret)})
    async with (
        scripted_http(lambda _: ok("[]")) as server,
        rig("kraken", server.base_url, credentials, profile=unhurried("kraken")) as at,
    ):
        with pytest.raises(AuthenticationFailed, match="cannot be signed") as caught:
            await at.adapter.balances()
        assert secret not in str(caught.value)
        assert server.received == []
        assert at.errors("critical") == 1
