"""Keys, alerts, data, limits: the reference is ok, one wrong thing of any kind never is and is named, and all of them are tried."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.config.compliance_section import Compliance
from golive.model.clock import DAY, SECOND
from golive.model.verdict import Verdict
from golive.readiness.checks.alerting import AlertEvidence, ChannelTold, SelftestTold, alerting
from golive.readiness.checks.data_completeness import DataEvidence, ReportTold, SnapshotTold, data_completeness
from golive.readiness.checks.ip_allowlist import ip_allowlist
from golive.readiness.checks.risk_limits import FOUR, LimitEvidence, risk_limits
from golive.readiness.checks.secrets_rotation import secrets_rotation
from golive.readiness.checks.venue_permissions import venue_permissions
from golive.readiness.finding import Status
from golive.readiness.objection import AHEAD_NS, HOUR
from golive.readiness.sign_off import ComplianceEvidence
from golive.readiness.venue_key import KeyEvidence, Probe, RotationTold
from support.one_wrong_thing import Wrong, drawn, is_good, is_said, judged, wrong

NOW = 1_800_000_000 * SECOND
UNKNOWN = Status.UNKNOWN
TOO_OLD = st.integers(24 * HOUR + 1, 400 * DAY).map(lambda age: NOW - age)
TO_COME = st.integers(AHEAD_NS + 1, 400 * DAY).map(lambda ahead: NOW + ahead)
FRESH = st.integers(-AHEAD_NS, 24 * HOUR).map(lambda age: NOW - age)
OTHER_KEY_CLASS = st.sampled_from(["development", "", "prod"])

PROBE = Probe(
    at=NOW - HOUR, endpoint="production", evidence_class="production", key_class="production", key_fingerprint="f1",
    permissions=("read", "trade"), addresses=("203.0.113.7",), expires_at=None, refused="",
)  # fmt: skip
ROTATION = RotationTold(
    verdict=Verdict.OK, reason="", next_command="", rotated_at=NOW - 10 * DAY, due_at=NOW + 80 * DAY, ip_allowlist_sha256="a1"
)
KEY = KeyEvidence(
    environment="okx_live", endpoint="production", keychain_key="okx_live_trading", required=("read", "trade"),
    is_rehearsal=False, now=NOW, max_age_hours=24, rotation=ROTATION, kept_fingerprint="f1", ip_allowlist=("203.0.113.7",),
    ip_allowlist_sha256="a1", probe=PROBE,
)  # fmt: skip


def test_the_reference_key_is_good() -> None:
    for check in (secrets_rotation, ip_allowlist, venue_permissions):
        is_good(check(KEY))
    is_good(secrets_rotation(replace(KEY, rotation=replace(ROTATION, reason="due soon: 2027-01-01"))))
    is_good(ip_allowlist(replace(KEY, probe=None)))
    is_good(ip_allowlist(replace(KEY, probe=replace(PROBE, addresses=None))))
    is_good(venue_permissions(replace(KEY, probe=replace(PROBE, expires_at=NOW + DAY))))
    custom = replace(PROBE, endpoint="http://127.0.0.1:1", evidence_class="custom", key_class="development")
    is_good(venue_permissions(replace(KEY, is_rehearsal=True, endpoint="http://127.0.0.1:1", probe=custom)))


def rotated(words: str, status: Status = Status.BLOCKED, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Wrong]:
    return drawn({"rotation": st.fixed_dictionaries(fields).map(lambda found: replace(ROTATION, **found))}, words, status)


@given(
    st.one_of(
        rotated("never rotated", verdict=st.just(Verdict.BLOCKED), reason=st.just("never rotated")),
        rotated("no key is kept", verdict=st.just(Verdict.NOT_APPLICABLE), reason=st.text()),
        rotated("locked", UNKNOWN, verdict=st.just(Verdict.UNKNOWN), reason=st.just("locked")),
        rotated("breached", verdict=st.just(Verdict.BREACHED)),
        rotated("never rotated", rotated_at=st.none()),
        rotated("not within the last 90 days", rotated_at=st.integers(90 * DAY + 1, 900 * DAY).map(lambda age: NOW - age)),
        rotated("not within the last 90 days", rotated_at=TO_COME),
    )
)
def test_a_key_that_was_not_rotated_in_time_blocks(each: Wrong) -> None:
    judged(secrets_rotation, replace, KEY, each)


def probed(words: str, status: Status = Status.BLOCKED, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Wrong]:
    return drawn({"probe": st.fixed_dictionaries(fields).map(lambda found: replace(PROBE, **found))}, words, status)


@given(
    st.one_of(
        st.just(wrong("ip_allowlist is empty", ip_allowlist=(), ip_allowlist_sha256="a1", probe=None)),
        st.just(wrong("the key may be used from anywhere", ip_allowlist=("0.0.0.0/0",), probe=None)),
        st.just(wrong("the key may be used from anywhere", ip_allowlist=("203.0.113.7", "::/0"), probe=None)),
        rotated("no rotation of okx_live_trading", ip_allowlist_sha256=st.just("")),
        rotated("is not the list that okx_live_trading was rotated with", ip_allowlist_sha256=st.sampled_from(["a2", "b"])),
        probed("the key may be used from anywhere", addresses=st.just(())),
        probed(
            "not to environments.okx_live.ip_allowlist", addresses=st.sampled_from([("203.0.113.8",), ("203.0.113.7", "::1")])
        ),
        probed("for another key", UNKNOWN, key_fingerprint=st.sampled_from(["", "f2"])),
        st.just(wrong("logs", probe=None, probe_fault="logs: tampered", probe_status=Status.BLOCKED)),
        st.just(wrong("logs", UNKNOWN, probe=None, probe_fault="logs: no keys", probe_status=UNKNOWN)),
    )
)
def test_an_allow_list_that_differs_anywhere_blocks(each: Wrong) -> None:
    judged(ip_allowlist, replace, KEY, each)


@given(
    st.one_of(
        st.just(wrong("was not asked", UNKNOWN, probe=None)),
        st.just(wrong("logs", probe_fault="logs: tampered", probe_status=Status.BLOCKED)),
        st.just(wrong("logs", UNKNOWN, probe=None, probe_fault="logs: no keys", probe_status=UNKNOWN)),
        st.just(wrong("with another key", UNKNOWN, kept_fingerprint="")),
        st.just(wrong("does not require exactly", required=("read",))),
        st.just(wrong("does not require exactly", required=("read", "trade", "withdraw"))),
        probed("hours old, allowed are 24", UNKNOWN, at=TOO_OLD),
        probed("which is to come", UNKNOWN, at=TO_COME),
        probed("signed by keys for", key_class=OTHER_KEY_CLASS),
        probed("not at production", UNKNOWN, endpoint=st.sampled_from(["public", "http://127.0.0.1:1", ""])),
        probed("not production", evidence_class=st.sampled_from(["embedded", "custom", "public", "sandbox"])),
        probed("with another key", UNKNOWN, key_fingerprint=st.sampled_from(["", "f2"])),
        probed("the venue refuses", refused=st.just("Invalid API key"), permissions=st.just(())),
        probed("may withdraw", permissions=st.just(("read", "trade", "withdraw"))),
        probed("may transfer as well", permissions=st.just(("read", "trade", "transfer"))),
        probed("lacks trade", permissions=st.just(("read",))),
        probed("lacks read, trade", permissions=st.just(())),
        probed("expired at", expires_at=st.integers(0, NOW)),
    )
)
def test_any_doubt_of_what_a_key_may_do_shuts(each: Wrong) -> None:
    judged(venue_permissions, replace, KEY, each)


@given(FRESH)
def test_a_probe_counts_for_a_day(at: int) -> None:
    is_good(venue_permissions(replace(KEY, probe=replace(PROBE, at=at))))


CHANNELS = ("oem-live", "sec-alerts")
TEST = SelftestTold(
    generated_at=NOW - HOUR, status="ok", key_class="production", suppressed=0,
    channels=tuple(ChannelTold(each, "delivered", audited=True) for each in CHANNELS),
)  # fmt: skip
ALERTS = AlertEvidence(
    environment="okx_live", is_rehearsal=False, now=NOW, max_age_hours=24, critical=CHANNELS, backend="file",
    exempts_critical=True, selftest=TEST,
)  # fmt: skip


def of_test(words: str, status: Status = Status.BLOCKED, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Wrong]:
    return drawn({"selftest": st.fixed_dictionaries(fields).map(lambda found: replace(TEST, **found))}, words, status)


def one_channel(outcome: str, *, audited: bool) -> st.SearchStrategy[tuple[ChannelTold, ...]]:
    def of(channel: str) -> tuple[ChannelTold, ...]:
        return tuple(ChannelTold(channel, outcome, audited) if each.channel == channel else each for each in TEST.channels)

    return st.sampled_from(CHANNELS).map(of)


def test_the_reference_self_test_is_good() -> None:
    is_good(alerting(ALERTS))
    is_good(alerting(replace(ALERTS, is_rehearsal=True, selftest=replace(TEST, key_class="development"))))


@given(
    st.one_of(
        st.just(wrong("no alert channel is critical", critical=())),
        st.just(wrong("backend is none", backend="none")),
        st.just(wrong("lacks critical", exempts_critical=False)),
        st.just(wrong("the audit of alerts: bad", audit_fault="bad", audit_status=Status.BLOCKED, selftest=None)),
        st.just(wrong("the audit of alerts: bad", UNKNOWN, audit_fault="bad", audit_status=UNKNOWN)),
        drawn({"suppressed_now": st.integers(1, 99)}, "were held back within 24 hours"),
        st.just(wrong("no self-test stands", UNKNOWN, selftest=None)),
        st.just(wrong("is not what", selftest=None, selftest_fault="x: is not what", selftest_status=Status.BLOCKED)),
        st.just(wrong("does not know", UNKNOWN, selftest=None, selftest_fault="x: does not know it", selftest_status=UNKNOWN)),
        st.just(wrong("channel pager was not tested", UNKNOWN, critical=(*CHANNELS, "pager"))),
        of_test("hours old", UNKNOWN, generated_at=TOO_OLD),
        of_test("which is to come", UNKNOWN, generated_at=TO_COME),
        of_test("ended failed", status=st.just("failed")),
        of_test("ended", UNKNOWN, status=st.sampled_from(["unknown", "", "OK"])),
        of_test("signed by keys for", key_class=OTHER_KEY_CLASS),
        of_test("that were held back", suppressed=st.integers(1, 9)),
        of_test("failed", channels=one_channel("failed", audited=False)),
        of_test("suppressed", channels=one_channel("suppressed", audited=True)),
        of_test("no_answer", channels=one_channel("no_answer", audited=False)),
        of_test("the audit has no row", channels=one_channel("delivered", audited=False)),
    )
)
def test_any_doubt_of_the_channels_shuts(each: Wrong) -> None:
    judged(alerting, replace, ALERTS, each)


REPORTS = tuple(
    ReportTold(
        instrument=name, path=f"{name}.json", generated_at=NOW - HOUR, key_class="production", status="ok", ok_ratio=Decimal("0.99"),
        longest_gap_minutes=Decimal(10), last_at=NOW - HOUR, is_of_stored=True,
    )
    for name in ("okx:BTC/USDT", "okx:ETH/USDT")
)  # fmt: skip
SNAPSHOT = SnapshotTold(
    path="s.json", generated_at=NOW - HOUR, key_class="production", environment="okx_live", evidence_class="production",
    endpoint_host="production", status="ok", unknowns={"okx:BTC/USDT": "", "okx:ETH/USDT": ""}, risk_profile_digest="d",
)  # fmt: skip
DATA = DataEvidence(
    environment="okx_live", evidence_class="production", endpoint_host="production", is_rehearsal=False, now=NOW, max_age_hours=24,
    min_ok_ratio=Decimal("0.95"), max_gap_minutes=240, risk_profile_digest="d", reports=REPORTS, snapshot=SNAPSHOT,
)  # fmt: skip


def reported(words: str, status: Status = Status.BLOCKED, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Wrong]:
    def of(at: int, found: dict[str, Any]) -> tuple[ReportTold, ...]:
        return tuple(replace(each, **found) if at == number else each for number, each in enumerate(REPORTS))

    return drawn({"reports": st.builds(of, st.integers(0, 1), st.fixed_dictionaries(fields))}, words, status)


def snapped(words: str, status: Status = UNKNOWN, /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Wrong]:
    return drawn({"snapshot": st.fixed_dictionaries(fields).map(lambda found: replace(SNAPSHOT, **found))}, words, status)


def test_the_reference_data_are_good() -> None:
    is_good(data_completeness(DATA))
    old = tuple(replace(each, key_class="development", last_at=NOW - 90 * DAY, status="warning") for each in REPORTS)
    snapshot = replace(SNAPSHOT, key_class="development")
    is_good(data_completeness(replace(DATA, is_rehearsal=True, reports=old, snapshot=snapshot)))


@given(
    st.one_of(
        st.just(wrong("trades no instrument", reports=())),
        reported("not signed", UNKNOWN, fault=st.just("not signed")),
        reported("changed", fault=st.just("changed"), fault_status=st.just(Status.BLOCKED)),
        reported("hours old", UNKNOWN, generated_at=TOO_OLD),
        reported("which is to come", UNKNOWN, generated_at=TO_COME),
        reported("signed by keys for", key_class=OTHER_KEY_CLASS),
        reported("judged other candles", UNKNOWN, is_of_stored=st.just(False)),
        reported("are critical", status=st.just("critical")),
        reported("are no_data", status=st.just("no_data")),
        reported("ends", UNKNOWN, status=st.sampled_from(["", "OK", "fine"])),
        reported("min_ok_ratio is 0.95", ok_ratio=st.decimals("0", "0.9499", places=4)),
        reported("max_gap_minutes is 240", longest_gap_minutes=st.decimals("240.01", 99_999, places=2)),
        reported("end", last_at=st.none() | TOO_OLD),
        snapped("there is none", fault=st.just("there is none")),
        snapped("changed", Status.BLOCKED, fault=st.just("changed"), fault_status=st.just(Status.BLOCKED)),
        snapped("hours old", generated_at=TOO_OLD),
        snapped("which is to come", generated_at=TO_COME),
        snapped("signed by keys for", Status.BLOCKED, key_class=OTHER_KEY_CLASS),
        snapped("not of okx_live", environment=st.sampled_from(["okx_paper", "kraken_live"])),
        snapped("not of okx_live", evidence_class=st.sampled_from(["embedded", "custom", "public"])),
        snapped("not of okx_live", endpoint_host=st.sampled_from(["127.0.0.1", ""])),
        snapped("ends", status=st.sampled_from(["unknown", ""])),
        snapped("does not tell of okx:ETH/USDT", unknowns=st.just({"okx:BTC/USDT": ""})),
        snapped("no book", unknowns=st.just({"okx:BTC/USDT": "no book", "okx:ETH/USDT": ""})),
        snapped("other limits", risk_profile_digest=st.sampled_from(["", "e"])),
    )
)
def test_any_doubt_of_the_data_shuts(each: Wrong) -> None:
    judged(data_completeness, replace, DATA, each)


UNSIGNED = ComplianceEvidence(
    entrypoint="okx_desktop_live", exchange="okx", is_rehearsal=True, risk_profile="balanced", risk_profile_digest="d",
    compliance=Compliance(live_allowed=True, risk_profiles=("balanced",), require_signoff=False), people={}, register=None, now=NOW,
)  # fmt: skip
RISK = LimitEvidence(
    profile="balanced", limits=dict.fromkeys(FOUR, Decimal("0.05")), digest="d", paper_entrypoint="okx_desktop_paper",
    session="paper_1", session_digest="d", signed=UNSIGNED,
)  # fmt: skip


def test_the_reference_limits_are_good() -> None:
    is_good(risk_limits(RISK))


@pytest.mark.parametrize(
    "each",
    [
        wrong("no session has enforced", UNKNOWN, session="", session_digest=""),
        wrong("enforced other limits", session_digest="e"),
        wrong("enforced other limits", session_digest=""),
        wrong("tampered", session="", session_fault="x: tampered", session_status=Status.BLOCKED),
        wrong("cannot be read", UNKNOWN, session="", session_fault="x: cannot be read"),
        wrong("no sign-off of role risk", signed=replace(UNSIGNED, is_rehearsal=False)),
        wrong("has no runtime_entrypoints", signed=replace(UNSIGNED, compliance=None)),
    ],
)
def test_limits_nobody_enforced_or_signed_shut(each: Wrong) -> None:
    judged(risk_limits, replace, RISK, each)


@given(st.sampled_from(FOUR), st.one_of(st.none(), st.just(0), st.decimals(-1, 0, places=3)))
def test_a_limit_that_is_not_above_zero_blocks(name: str, value: Any) -> None:
    limits = {key: each for key, each in RISK.limits.items() if key != name}
    if value is not None:
        limits[name] = value
    is_said(risk_limits(replace(RISK, limits=limits)), wrong(f"{name} is {value}, and must be above zero"))
