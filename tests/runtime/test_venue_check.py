"""The doctor of a venue against real venues over sockets: everything ok, and each row turned red by what it looks for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, to_iso
from golive.model.errors import ConfigError, VenueError
from golive.model.ids import InstrumentId
from golive.model.secret import Credentials, Secret, StoredSecret
from golive.model.verdict import ExitCode
from golive.runtime.clock import SystemClock
from golive.runtime.key_probe import newest_probe
from golive.runtime.venue_check.examination import Examination
from golive.runtime.venue_check.row import (
    SCHEMA,
    Row,
    Status,
    VenueCheck,
    document,
    document_schema,
    exit_code_of,
    overall,
    without_secrets,
)
from golive.runtime.venue_check.target import entrypoint_of
from golive.runtime.venue_opening import AdapterParts, open_adapter
from golive.venues.registry import profile_named
from support.configuration import CORE, changed, parse
from support.golive_process import ROOT
from support.scripted_http import Received, answer, scripted_http
from support.secret_places import admin_of
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration
LOCAL = ("127.0.0.1",)
LABELS = ("okx", "kraken", "bybit")
HAS_SANDBOX = ("okx", "bybit")
CHECKS = [
    "dns", "tls", "clock_skew", "rate_limits", "api_key", "permissions", "withdrawals_off", "ip_allowlist", "key_expiry",
    "markets", "market_stream", "account_stream", "sandbox_marker", "dead_man_switch",
]  # fmt: skip
STREAM_OF_BOOK = {"okx": '*"books"*', "kraken": '*"book"*', "bybit": "*orderbook*"}
STREAM_OF_ORDERS = {"okx": '*"orders"*', "kraken": '*"executions"*', "bybit": '*"order"*'}


def key_of(label: str, permissions: tuple[str, ...] = ("read", "trade"), allowlist: tuple[str, ...] = LOCAL) -> VenueKey:
    return new_key(dialect=label, permissions=permissions, ip_allowlist=allowlist)


@pytest.fixture(scope="module", params=LABELS)
def venue(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    """A venue of each dialect that knows a good key and several bad ones."""
    label = request.param
    soon = to_iso((time.time_ns() // SECOND + 3 * 86_400) * SECOND)
    keys = [
        key_of(label),
        key_of(label, ("read",)),
        key_of(label, ("read", "trade", "withdraw")),
        key_of(label, allowlist=()),
        key_of(label, allowlist=("192.0.2.1",)),
        replace(key_of(label), expires_at=soon),
    ]
    with venue_process("--no-limits", keys=keys, dialect=label, speed="1") as started:  # many examinations in few seconds
        yield label, started


def entrypoint(label: str, venue: VenueProcess | str) -> ResolvedEntrypoint:
    """The shipped entrypoint of a venue, led to an address."""
    url = venue if isinstance(venue, str) else venue.rest
    return replace(parse().resolve(f"{label}_desktop_paper"), endpoint=url, base_url=url)


async def examine(
    tmp_path: Path, target: ResolvedEntrypoint, credentials: Credentials | None, timeout_s: float = 10.0
) -> VenueCheck:
    examination = Examination(home=tmp_path, clock=SystemClock(), timeout_s=timeout_s)
    return await examination.at(target, target.base_url, credentials, "test")


def row(check: VenueCheck, name: str) -> Row:
    [found] = [each for each in check.checks if each.check == name]
    return found


def statuses(check: VenueCheck) -> dict[str, str]:
    return {each.check: str(each.status) for each in check.checks}


def only_red(check: VenueCheck, *names: str) -> None:
    """Check that exactly these rows failed, each with a fix, and that nothing else is unknown."""
    found = {each.check: each for each in check.checks if each.status in (Status.FAILED, Status.UNKNOWN)}
    assert {name: str(each.status) for name, each in found.items()} == dict.fromkeys(names, "failed"), check
    assert all(each.fix for each in found.values())
    assert (check.status, check.exit_code) == (Status.FAILED, ExitCode.VALIDATION_FAILED)


async def test_a_sound_venue_is_all_ok(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    assert [each.check for each in check.checks] == CHECKS
    expected = {**dict.fromkeys(CHECKS, "ok"), **dict.fromkeys(("dns", "tls", "dead_man_switch"), "not_applicable")}
    if label not in HAS_SANDBOX:
        expected["sandbox_marker"] = "not_applicable"
    assert statuses(check) == expected, check
    assert (check.status, check.exit_code) == (Status.OK, ExitCode.OK)
    assert row(check, "permissions").measured == "read, trade"
    assert row(check, "ip_allowlist").measured == "127.0.0.1"
    assert "tick 0.1" in row(check, "markets").measured
    assert "20" in row(check, "rate_limits").measured or "30/1 s" in row(check, "rate_limits").measured
    switch = row(check, "dead_man_switch").measured
    assert switch.startswith("not tried by this check; the venue's call is POST ")
    assert ("must first have enabled it" in switch) == (label == "bybit")
    assert started.orders() == [], "an examination orders nothing"
    assert not any("all-after" in str(r) or "AllOrdersAfter" in str(r) or "disconnected" in str(r) for r in started.requests())


async def test_the_document_obeys_the_published_schema_and_shows_four_characters_of_the_key(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    found = document(check)
    published = json.loads((ROOT / f"docs/schemas/{SCHEMA}.json").read_text())
    assert published == document_schema(), "write docs/schemas/golive.venue_check.v1.json anew from document_schema()"
    jsonschema.Draft202012Validator(published).validate(found)
    text = json.dumps(found, ensure_ascii=False)
    assert check.api_key == f"…{started.key.api_key[-4:]}"
    for value in (started.key.api_key, started.key.secret, started.key.password):
        assert not value or value[-5:] not in text


async def test_a_key_that_may_only_read_lacks_a_permission(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), started.keys[1].credentials)
    only_red(check, "permissions")
    assert row(check, "permissions").measured == "read"


async def test_a_key_that_may_withdraw_fails_twice(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), started.keys[2].credentials)
    only_red(check, "permissions", "withdrawals_off")
    assert "withdraw" in row(check, "withdrawals_off").measured


async def test_a_key_without_an_address_list_fails(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    only_red(await examine(tmp_path, entrypoint(label, started), started.keys[3].credentials), "ip_allowlist")


async def test_a_key_that_is_about_to_expire_fails(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), started.keys[5].credentials)
    if row(check, "key_expiry").measured == "the venue names none":
        assert label == "okx", "OKX tells no expiry; the others do"
        return
    only_red(check, "key_expiry")
    assert "2 days" in row(check, "key_expiry").measured


async def test_a_key_that_is_refused_is_a_failure_and_what_it_would_tell_is_unknown(
    venue: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    label, started = venue
    stranger, elsewhere = new_key(dialect=label), started.keys[4]
    for key in (stranger, elsewhere):
        check = await examine(tmp_path, entrypoint(label, started), key.credentials)
        assert row(check, "api_key").status is Status.FAILED, check
        assert row(check, "permissions").status is Status.UNKNOWN
        assert row(check, "markets").status is Status.OK, "what is public needs no key"
        assert check.exit_code == ExitCode.VALIDATION_FAILED
        assert key.api_key not in str(check)


@pytest.mark.parametrize("venue", ["okx"], indirect=True)
async def test_what_a_venue_says_of_a_stored_key_is_written_down(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    admin, target = admin_of(tmp_path, SystemClock()), entrypoint(label, started)
    examination = Examination(home=tmp_path, clock=SystemClock(), store=admin.store)
    told = []
    for key in (started.keys[2], started.keys[4]):
        stored = StoredSecret(Secret(key.api_key), Secret(key.secret), Secret(key.password), "paper", ("read", "trade"))
        admin.put(target.keychain_key, stored)
        await examination.of(target)
        probe = newest_probe(tmp_path, target.environment)
        assert probe is not None
        assert (probe.key_fingerprint, probe.endpoint) == (stored.fingerprint, started.rest)
        told.append(probe)
    withdraws, refused = told
    assert (withdraws.permissions, withdraws.addresses, withdraws.refused) == (("read", "trade", "withdraw"), LOCAL, "")
    assert (refused.permissions, refused.addresses) == ((), None)
    assert refused.refused
    assert started.keys[4].api_key not in (tmp_path / "logs/security_admin.log").read_text()
    await examine(tmp_path, target, started.keys[0].credentials)
    assert newest_probe(tmp_path, target.environment) == refused, "a key that is not kept leaves no evidence"


async def test_without_a_key_everything_that_needs_one_is_unknown(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    check = await examine(tmp_path, entrypoint(label, started), None)
    lacking = {each.check for each in check.checks if each.status is Status.UNKNOWN}
    assert lacking == {"api_key", "permissions", "withdrawals_off", "ip_allowlist", "key_expiry", "account_stream"}
    assert "no secret store holds" in row(check, "api_key").measured
    assert (check.status, check.exit_code, check.api_key) == (Status.UNKNOWN, ExitCode.UNKNOWN, "")


async def test_an_instrument_that_is_not_listed_fails(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = venue
    target = entrypoint(label, started)
    wanted = (*target.instruments, InstrumentId(label, "DOGE", "EUR"))
    check = await examine(tmp_path, replace(target, instruments=wanted), started.key.credentials)
    only_red(check, "markets")
    assert "not DOGE/EUR" in row(check, "markets").measured


@pytest.fixture(params=LABELS)
def broken(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    """A venue for one test, to be broken by it."""
    with venue_process(keys=[key_of(request.param)], dialect=request.param, speed="1") as started:
        yield request.param, started


async def test_a_clock_that_is_off_fails(broken: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = broken
    started.add_fault("clock_skew", seconds=5)
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    assert row(check, "clock_skew").status is Status.FAILED
    assert "limit 1000 ms" in row(check, "clock_skew").measured
    assert check.exit_code == ExitCode.VALIDATION_FAILED


async def test_a_refusal_for_the_limits_fails_even_when_the_call_then_succeeds(
    broken: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    label, started = broken
    started.add_fault("http_429", count=1, retry_after=0.1)
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    only_red(check, "rate_limits")
    assert "1 refusal by the venue" in row(check, "rate_limits").measured


async def test_a_venue_that_has_shut_this_host_out_is_not_asked_and_said_so(
    broken: tuple[str, VenueProcess], tmp_path: Path
) -> None:
    label, started = broken
    started.add_fault("http_429", retry_after=1800)
    first = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    assert row(first, "rate_limits").status is Status.FAILED
    asked = len(started.requests())
    second = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    assert len(started.requests()) == asked, "another examination of the same home knows it"
    limits = row(second, "rate_limits")
    assert (limits.status, second.exit_code) == (Status.FAILED, ExitCode.VALIDATION_FAILED)
    assert "to be left alone for 1" in limits.measured
    assert second.failover_status is not None
    assert second.failover_status.throttle_active
    assert 1700 < second.failover_status.throttle_remaining_seconds <= 1800


@pytest.mark.parametrize(("channel", "check_name"), [(STREAM_OF_BOOK, "market_stream"), (STREAM_OF_ORDERS, "account_stream")])
async def test_a_refused_subscription_fails(
    broken: tuple[str, VenueProcess], tmp_path: Path, channel: dict[str, str], check_name: str
) -> None:
    label, started = broken
    started.add_fault("ws_reject", match=channel[label])
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    only_red(check, check_name)
    assert "refused" in row(check, check_name).measured


async def test_a_venue_that_answers_rubbish_is_unknown_row_by_row(broken: tuple[str, VenueProcess], tmp_path: Path) -> None:
    label, started = broken
    started.add_fault("garbage")
    check = await examine(tmp_path, entrypoint(label, started), started.key.credentials)
    assert statuses(check)["clock_skew"] == "unknown"
    assert check.exit_code == ExitCode.UNKNOWN
    assert check.duration_seconds < 60


async def test_a_venue_that_is_not_there_is_asked_once(tmp_path: Path) -> None:
    with venue_process(speed="1") as started:
        url, credentials = started.rest, started.key.credentials
    check = await examine(tmp_path, entrypoint("okx", url), credentials)
    assert row(check, "clock_skew").status is Status.UNKNOWN
    assert row(check, "markets").measured.startswith("not asked")
    assert row(check, "rate_limits").status is Status.UNKNOWN, "nothing was measured"
    assert row(check, "sandbox_marker").status is Status.UNKNOWN, "nothing was sent"
    assert "no call was answered" in row(check, "sandbox_marker").measured
    assert not [name for name, status in statuses(check).items() if status == "ok"]
    assert (check.exit_code, check.duration_seconds < 15) == (ExitCode.UNKNOWN, True)


async def test_a_name_that_does_not_resolve_ends_the_examination_at_once(tmp_path: Path) -> None:
    check = await examine(tmp_path, entrypoint("bybit", "https://no-such-host.invalid"), None)
    assert row(check, "dns").status is Status.UNKNOWN
    assert "no-such-host.invalid" in row(check, "dns").measured
    assert statuses(check)["tls"] == statuses(check)["clock_skew"] == "unknown"
    assert (check.exit_code, check.duration_seconds < 15) == (ExitCode.UNKNOWN, True)


async def test_a_name_that_resolves_is_shown_with_its_address(tmp_path: Path) -> None:
    with venue_process(keys=[key_of("okx")], speed="1") as started:
        target = entrypoint("okx", started.rest.replace("127.0.0.1", "localhost"))
        check = await examine(tmp_path, target, started.key.credentials)
    assert row(check, "dns").status is Status.OK
    assert row(check, "dns").measured.startswith("localhost → ")
    assert check.exit_code == ExitCode.OK


@pytest.mark.parametrize("label", HAS_SANDBOX)
async def test_a_sandbox_marker_is_looked_for_in_the_signed_request(label: str, tmp_path: Path) -> None:
    """A loopback venue with `sandbox_mode: true` carries OKX's header; Bybit's sandbox is a host, and this is not it."""
    with venue_process(keys=[replace(key_of(label), demo=True)], dialect=label, speed="1") as started:
        target = replace(entrypoint(label, started), sandbox_mode=True)
        check = await examine(tmp_path, target, started.key.credentials)
    marker = row(check, "sandbox_marker")
    if label == "okx":
        assert (marker.status, marker.measured) == (Status.OK, "x-simulated-trading: 1")
        assert check.exit_code == ExitCode.OK
    else:
        assert marker.status is Status.FAILED
        assert "do not trade" in marker.fix


def test_what_the_rows_mean_together() -> None:
    rows = {status: Row("x", status, "") for status in Status}
    fine = [rows[Status.OK], rows[Status.NOT_APPLICABLE]]
    assert (overall(fine), overall([])) == (Status.OK, Status.UNKNOWN)
    assert overall([*fine, rows[Status.UNKNOWN]]) is Status.UNKNOWN
    assert overall([*fine, rows[Status.UNKNOWN], rows[Status.FAILED]]) is Status.FAILED
    assert [exit_code_of(each) for each in (Status.OK, Status.FAILED, Status.UNKNOWN)] == [0, 4, 6]


def test_a_venue_that_sends_a_key_back_in_words_does_not_get_it_printed() -> None:
    key = VenueKey("abcdefgh1234", "s3cr3t-of-the-key", "pass-phrase")
    told = Row(
        "api_key", Status.FAILED, "key abcdefgh1234 with s3cr3t-of-the-key and pass-phrase is unknown", "drop abcdefgh1234"
    )
    safe = without_secrets(told, key.credentials)
    assert (safe.measured, safe.fix) == ("key *** with *** and *** is unknown", "drop ***")


@pytest.mark.parametrize("told", ["cut by the venue's length", "slashes", "upper"])
async def test_nothing_of_a_key_that_a_venue_echoes_is_printed(told: str, tmp_path: Path) -> None:
    """The doctor and every error of an adapter mask before they cut, whatever the venue does to the text."""
    key = "Zq7" + "/aB+" * 13 + "WXYZ"

    def script(received: Received) -> bytes:
        if "Time" in received.target:
            return answer(200, json.dumps({"error": [], "result": {"unixtime": int(time.time()), "rfc1123": "x"}}))
        echoed = received.headers.get("api-key", "")
        padding = "x" * (160 - len(echoed)) if told == "cut by the venue's length" else ""
        changed = {"slashes": echoed.replace("/", "\\/"), "upper": echoed.upper()}.get(told, echoed)
        return answer(401, '{"error":["EAPI:Invalid key ' + padding + changed + '"]}')

    credentials = Credentials({"apiKey": Secret(key), "secret": Secret("a2tra2tra2tra2tra2tra2tra2tra2tra2s=")})
    async with scripted_http(script) as server:
        target = entrypoint("kraken", server.base_url)
        check = await examine(tmp_path, target, credentials, 5)
        adapter = open_adapter(
            profile_named("kraken_spot"), target, AdapterParts(MemoryRecorder(), SystemClock(), Silent(), tmp_path, 1),
            endpoint=server.base_url, base_url=server.base_url, credentials=credentials, sandbox=False,
        )  # fmt: skip
        with pytest.raises(VenueError) as refused:
            await adapter.key_facts()
        await adapter.close()
    assert "Invalid key" in row(check, "api_key").measured
    shown = (json.dumps(document(check)) + str(refused.value) + refused.value.code).replace("\\", "").lower()
    assert not [key[at : at + 8] for at in range(len(key) - 7) if key[at : at + 8].lower() in shown], shown


class Silent:
    """A sink of guardrail events that nobody reads."""

    def event(self, **_: object) -> None:
        return


def test_a_name_means_an_entrypoint_an_environment_an_adapter_or_a_label() -> None:
    configuration = parse()
    for name in ("kraken_desktop_paper", "kraken_paper", "kraken_spot", "kraken"):
        assert entrypoint_of(name, configuration).name == "kraken_desktop_paper"
    with pytest.raises(ConfigError, match=r"has no venue krakn; known: bybit_desktop_paper \(bybit_paper, bybit_spot\)"):
        entrypoint_of("krakn", configuration)


def test_a_label_means_the_paper_environment_before_any_other_and_several_are_refused_with_their_names() -> None:
    from support.configuration import RUNTIME, SHIPPED_CORE, SHIPPED_RUNTIME

    for runtime in (SHIPPED_RUNTIME, changed(SHIPPED_RUNTIME, "enable_live_mode: false", "enable_live_mode: true")):
        shipped = parse(runtime, SHIPPED_CORE)
        assert [entrypoint_of(each, shipped).environment for each in ("okx", "kraken_spot")] == ["okx_paper", "kraken_paper"]
        assert entrypoint_of("okx_live", shipped).name == "okx_desktop_live"
    entry = RUNTIME[RUNTIME.index("    okx_desktop_paper:\n") : RUNTIME.index("    kraken_desktop_paper:\n")]
    second = entry.replace("okx_desktop_paper", "okx_sandbox").replace("environment: okx_paper ", "environment: okx_test ")
    place = CORE[CORE.index("  okx_paper:\n") : CORE.index("  kraken_paper:\n")].replace("okx_paper:", "okx_test:")
    place = place.replace("environment: paper", "environment: testnet").replace("endpoint: embedded", "endpoint: sandbox")
    first = place.replace("okx_test", "okx_beta")
    runtime = changed(RUNTIME, entry, entry + second + second.replace("okx_sandbox", "okx_beta").replace("okx_test", "okx_beta"))
    several = parse(runtime, changed(CORE, "  kraken_paper:\n", place + first + "  kraken_paper:\n"))
    assert entrypoint_of("okx", several).name == "okx_desktop_paper"
    without = changed(runtime, "environment: okx_paper ", "environment: okx_beta ")
    profiles = RUNTIME[RUNTIME.index("    okx_paper:\n") : RUNTIME.index("    kraken_paper:\n      entrypoint")]
    with pytest.raises(ConfigError, match="name one of them: okx_beta, okx_test"):
        entrypoint_of(
            "okx", parse(changed(without, profiles, ""), changed(CORE, "  kraken_paper:\n", place + first + "  kraken_paper:\n"))
        )
