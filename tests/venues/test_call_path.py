"""The call path over real HTTP, against a server that answers byte for byte what each case says."""

from __future__ import annotations

import asyncio
import calendar
import gzip
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from golive.metrics.declaration import DECLARED
from golive.model.errors import AuthenticationFailed, RateLimited, VenueRejected, VenueUnavailable
from golive.model.secret import Credentials, Secret
from golive.venues import profile_named
from support.adapters import okx_rig
from support.scripted_http import DROP, HANG, Received, answer, ok, scripted_http

pytestmark = pytest.mark.integration

ROW = (
    '{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"0.00000001",'
    '"minSz":"0.00001","maxLmtSz":"9999999999","state":"live"}'
)
INSTRUMENTS = ok(f"[{ROW}]")
CREDENTIALS = Credentials({"apiKey": Secret("k"), "secret": Secret("s"), "password": Secret("p")})


def sequence(*replies: object) -> Callable[[Received], object]:
    """Answer the calls one after the other; the last reply for ever. The time route always works."""
    left = list(replies)

    def script(request: Received) -> object:
        if request.target == "/api/v5/public/time":
            return ok(f'[{{"ts":"{int(time.time() * 1000)}"}}]')
        return left.pop(0) if len(left) > 1 else left[0]

    return script


FAULTS: list[tuple[str, object, str]] = [
    ("html", answer(200, "<!doctype html><title>Just a moment</title>", Content_Type="text/html"), "malformed"),
    ("truncated", answer(200, '{"code":"0","msg":"","data":[{"instType":"SP'), "malformed"),
    ("empty", answer(200, ""), "malformed"),
    ("garbage", answer(200, bytes(range(256))), "malformed"),
    ("missing code", answer(200, '{"msg":"","data":[]}'), "malformed"),
    ("data is no list", answer(200, '{"code":"0","msg":"","data":{}}'), "malformed"),
    ("one unrelated NaN", ok("[" + ROW.replace('"state"', '"more":NaN,"state"') + "]"), "malformed"),
    ("one unrelated infinity", ok("[" + ROW.replace('"state"', '"more":-Infinity,"state"') + "]"), "malformed"),
    ("an equal key twice", ok("[" + ROW.replace('"state"', '"tickSz":"0.1","state"') + "]"), "malformed"),
    ("deep", answer(200, '{"code":"0","data":' + "[" * 100_000 + "]" * 100_000 + "}"), "malformed"),
    ("a row without its fields", ok('[{"state":"live"}]'), "malformed"),
    ("gzip although we asked for identity", answer(200, gzip.compress(b"{}"), Content_Encoding="identity"), "malformed"),
    ("redirect", answer(307, "", Location="http://127.0.0.1:9/elsewhere"), "malformed"),
    ("not HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "malformed"),
    ("500", answer(500, "oops"), "network_error"),
    ("503 with a code", answer(503, '{"code":"50001","msg":"upgrading","data":[]}'), "network_error"),
    ("dropped", DROP, "network_error"),
    ("cut in the body", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{", "network_error"),
    ("429 plain", answer(429, "Too Many Requests"), "rate_limited"),
    ("JSON throttle with 200", answer(200, '{"code":"50011","msg":"slow down","data":[]}'), "rate_limited"),
]


@pytest.mark.parametrize(("what", "reply", "status"), FAULTS, ids=[row[0] for row in FAULTS])
async def test_a_transient_fault_is_counted_once_and_overcome_with_one_warning(what: str, reply: object, status: str) -> None:
    async with scripted_http(sequence(reply, INSTRUMENTS)) as server, okx_rig(server.base_url) as rig:
        instruments = await rig.adapter.load()
        assert [str(i) for i in instruments] == ["okx:BTC/USDT"]
        assert len(server.received) == 2
        assert (rig.requests(status), rig.requests("ok")) == (1, 1)
        assert (rig.errors("warning"), rig.errors("error"), rig.errors("critical")) == (1, 0, 0)
        assert rig.rate_limited == (1 if status == "rate_limited" else 0)


@pytest.mark.parametrize(("what", "reply", "status"), FAULTS, ids=[row[0] for row in FAULTS])
async def test_a_lasting_fault_is_one_error_after_five_attempts(what: str, reply: object, status: str) -> None:
    async with scripted_http(sequence(reply)) as server, okx_rig(server.base_url) as rig:
        with pytest.raises(VenueUnavailable):
            await rig.adapter.load()
        assert len(server.received) == 5
        assert rig.requests(status) == 5
        assert (rig.errors("warning"), rig.errors("error")) == (0, 1)
        assert rig.errors("critical") == (0 if status == "rate_limited" else 1), "five transport failures open the circuit"


async def test_a_silent_venue_times_out_and_is_reported() -> None:
    async with (
        scripted_http(sequence(HANG)) as server,
        okx_rig(server.base_url, timeout_s=0.1, timeout_warning_seconds=0.15) as rig,
    ):
        with pytest.raises(VenueUnavailable, match="no answer within"):
            await rig.adapter.load()
        assert rig.requests("timeout") == 5
        assert rig.recorder.value("exchange_io_timeout_total", queue="okx_spot", environment="okx_paper") == 5
        assert rig.guardrails.names() == ["TIMEOUT"] * 5
        assert {event["level"] for event in rig.guardrails.events} == {"warning"}


async def test_a_long_time_out_is_an_error_event() -> None:
    async with (
        scripted_http(sequence(HANG, INSTRUMENTS)) as server,
        okx_rig(server.base_url, timeout_s=0.1, timeout_warning_seconds=0.05) as rig,
    ):
        await rig.adapter.load()
        assert [(e["event"], e["level"]) for e in rig.guardrails.events] == [("TIMEOUT", "error")]


REFUSALS = [
    (answer(401, '{"code":"50113","msg":"Invalid Sign","data":[]}'), AuthenticationFailed, "critical"),
    (answer(401, '{"code":"50110","msg":"IP","data":[]}'), AuthenticationFailed, "critical"),
    (answer(200, '{"code":"50119","msg":"no key","data":[]}'), AuthenticationFailed, "critical"),
    (answer(200, '{"code":"59999","msg":"never heard of","data":[]}'), VenueRejected, "error"),
    (answer(404, "nothing here"), VenueRejected, "error"),
]


@pytest.mark.parametrize(("reply", "family", "severity"), REFUSALS)
async def test_a_definite_refusal_is_not_repeated(reply: bytes, family: type[Exception], severity: str) -> None:
    async with scripted_http(sequence(reply)) as server, okx_rig(server.base_url, CREDENTIALS) as rig:
        with pytest.raises(family):
            await rig.adapter.balances()
        assert len(server.received) == 1
        assert rig.requests("refused") == 1
        assert {s: rig.errors(s) for s in ("warning", "error", "critical")} == {
            "warning": 0,
            "error": int(severity == "error"),
            "critical": int(severity == "critical"),
        }
        assert rig.guardrails.names() == ["REFUSED"]


async def test_retry_after_is_honoured_and_the_refusal_counted_once() -> None:
    script = sequence(answer(429, "slow", Retry_After="1"), INSTRUMENTS)
    async with scripted_http(script) as server, okx_rig(server.base_url) as rig:
        begun = time.monotonic()
        await rig.adapter.load()
        assert 1.0 <= time.monotonic() - begun < 4.0
        assert (rig.rate_limited, rig.errors("warning")) == (1, 1)
        assert rig.guardrails.names() == ["REFUSED"]


async def test_a_retry_after_beyond_a_minute_fails_the_call_at_once() -> None:
    async with scripted_http(sequence(answer(429, "go away", Retry_After="61"))) as server, okx_rig(server.base_url) as rig:
        with pytest.raises(RateLimited) as caught:
            await rig.adapter.load()
        assert caught.value.retry_after_s == 61
        assert len(server.received) == 1


async def test_a_refused_timestamp_resynchronises_the_clock_before_the_next_attempt() -> None:
    ahead_ms = 60_000

    def script(request: Received) -> object:
        now_ms = int(time.time() * 1000) + ahead_ms
        if request.target == "/api/v5/public/time":
            return ok(f'[{{"ts":"{now_ms}"}}]')
        stamped = time.strptime(request.headers["ok-access-timestamp"][:19], "%Y-%m-%dT%H:%M:%S")
        if abs(calendar.timegm(stamped) * 1000 - now_ms) > 30_000:
            return answer(401, '{"code":"50102","msg":"Timestamp request expired","data":[]}')
        return ok('[{"details":[{"ccy":"USDT","availBal":"9000","frozenBal":"1000.5"}]}]')

    async with scripted_http(script) as server, okx_rig(server.base_url, CREDENTIALS) as rig:
        balances = await rig.adapter.balances()
        assert balances["USDT"].total_text == "10000.5"
        assert [r.target for r in server.received][1] == "/api/v5/public/time"
        assert (rig.requests("refused"), rig.errors("warning"), rig.errors("critical")) == (1, 1, 0)
        result = await rig.adapter.probe()
        assert not result.ok
        assert result.clock_skew_ms is not None
        assert abs(result.clock_skew_ms - ahead_ms) < 1000
        assert "more than 1000 ms" in result.checks["clock_skew"]


async def test_an_answer_beyond_the_size_bound_is_malformed_and_not_read_on() -> None:
    flood = b'{"code":"0","data":["' + b"x" * (9 << 20) + b'"]}'
    async with scripted_http(sequence(answer(200, flood), INSTRUMENTS)) as server, okx_rig(server.base_url) as rig:
        await rig.adapter.load()
        assert rig.requests("malformed") == 1


async def test_a_get_whose_connection_is_lost_is_not_silently_sent_again() -> None:
    async with scripted_http(sequence(INSTRUMENTS, DROP, INSTRUMENTS)) as server, okx_rig(server.base_url) as rig:
        await rig.adapter.load()
        await rig.adapter.load()  # over the kept connection, which the server drops
        assert len(server.received) == 3
        assert (rig.requests("network_error"), rig.requests("ok"), rig.errors("warning")) == (1, 2, 1)


async def test_the_circuit_opens_once_blocks_calls_and_health_and_closes_after_one_good_probe_call() -> None:
    good = False

    def script(request: Received) -> object:
        if request.target.startswith("/api/v5/public/time"):
            return ok(f'[{{"ts":"{int(time.time() * 1000)}"}}]') if good else DROP
        return INSTRUMENTS if good else DROP

    async with scripted_http(script) as server, okx_rig(server.base_url) as rig:
        good = True
        assert (await rig.adapter.probe()).ok
        assert rig.health == 1
        good = False
        with pytest.raises(VenueUnavailable):
            await rig.adapter.load()
        assert (rig.health, rig.errors("critical")) == (0, 1)
        sent = len(server.received)
        with pytest.raises(VenueUnavailable, match="circuit open"):
            await rig.adapter.load()
        assert len(server.received) == sent, "an open circuit sends nothing"
        good = True
        await asyncio.sleep(5.05)
        await rig.adapter.load()
        assert rig.health == 1
        assert rig.errors("critical") == 1


async def test_health_goes_stale_by_itself() -> None:
    async with scripted_http(sequence(INSTRUMENTS)) as server, okx_rig(server.base_url, stale_after_seconds=0.1) as rig:
        assert (await rig.adapter.probe()).ok
        assert rig.health == 1
        await asyncio.sleep(0.15)
        assert rig.health == 0


async def test_a_probe_that_is_given_up_has_failed_at_once() -> None:
    async with scripted_http(sequence(INSTRUMENTS, HANG)) as server, okx_rig(server.base_url) as rig:
        assert (await rig.adapter.probe()).ok
        assert rig.health == 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await rig.adapter.probe()
        assert rig.health == 0


async def test_a_probe_of_a_dead_venue_says_why_and_never_raises() -> None:
    async with okx_rig("http://127.0.0.1:9") as rig:
        result = await rig.adapter.probe()
        assert not result.ok
        assert result.clock_skew_ms is None
        assert "no connection" in result.checks["time"]
        assert rig.health == 0


async def test_all_metrics_exist_at_zero_before_any_call() -> None:
    async with okx_rig("http://127.0.0.1:9") as rig:
        venue = {m.name for m in DECLARED.values() if m.name.startswith(("bot_exchange_", "exchange_io_"))}
        snapshot = {metric.name: rows for metric, rows in rig.recorder.snapshot()}
        assert set(snapshot) == venue
        assert all(series.value == 0 for rows in snapshot.values() for _, series in rows)
        assert len(snapshot["bot_exchange_requests_total"]) == 6
        assert len(snapshot["bot_exchange_errors_total"]) == 3


async def test_ccxt_cannot_send_an_order_through_the_reading_side() -> None:
    async with scripted_http(sequence(INSTRUMENTS)) as server, okx_rig(server.base_url, CREDENTIALS) as rig:
        client = rig.adapter.connection.client
        with pytest.raises(VenueRejected, match="only reads"):
            await client.fetch2("trade/order", ["private"], "POST", {"instId": "BTC-USDT"})
        assert server.received == []


async def test_what_ccxt_calls_on_its_own_goes_through_the_same_gate() -> None:
    async with scripted_http(sequence(answer(503, "busy"), INSTRUMENTS)) as server, okx_rig(server.base_url) as rig:
        await rig.adapter.connection.client.load_markets()  # type: ignore[attr-defined]  # CCXT's own method
        assert (rig.requests("ok"), rig.errors("warning")) == (1, 1)
        assert len(server.received) == 2


async def test_a_private_read_without_keys_is_refused_before_anything_is_sent() -> None:
    async with scripted_http(sequence(INSTRUMENTS)) as server, okx_rig(server.base_url) as rig:
        with pytest.raises(AuthenticationFailed, match="needs credentials"):
            await rig.adapter.balances()
        assert server.received == []


async def test_fifty_concurrent_reads_keep_both_queue_bounds() -> None:
    profile = replace(profile_named("okx_spot"), budget=())
    async with scripted_http(sequence(INSTRUMENTS)) as server, okx_rig(server.base_url, profile=profile) as rig:
        await asyncio.gather(*(rig.adapter.load() for _ in range(50)))
        assert (rig.adapter.meter.peak_inflight, rig.adapter.meter.peak_pending) == (3, 6)
        assert rig.requests("ok") == 50
        assert server.most_at_once == 3, "the server itself never saw more than three calls at once"
