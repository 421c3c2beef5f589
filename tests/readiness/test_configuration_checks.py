"""Queues, thresholds, models, licences, certificates: the reference is ok, one wrong thing of any kind is never, and is named."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.verdict import Verdict
from golive.readiness.checks.ai_models import ModelEvidence, ai_models
from golive.readiness.checks.io_queue import QueueEvidence, io_queue
from golive.readiness.checks.licenses import LicenceEvidence, licenses
from golive.readiness.checks.mtls import BundleEvidence, BundleRow, mtls
from golive.readiness.checks.thresholds import ProfileEvidence, ThresholdEvidence, thresholds
from golive.readiness.finding import Finding, Status
from support.one_wrong_thing import is_good, is_said, judged, wrong

NAMES = ("rate_limit_max", "network_errors_max", "health_min")
LIMITS = {"okx": ("0", "1", "1.0"), "kraken": ("0", "0", "1.0"), "bybit": ("0", "0", "1.0")}
EXCHANGES = st.sampled_from(sorted(LIMITS))


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_queue_is_good_with_three_and_six_alone(running: int, admitted: int) -> None:
    found = io_queue(QueueEvidence("okx_spot", running, admitted))
    if (running, admitted) == (3, 6):
        is_good(found)
        return
    assert found.status is Status.BLOCKED
    assert [f"okx_spot.max_concurrency is {running} " in " ".join(found.reasons), f"burst is {admitted} " in " ".join(found.reasons)] == [
        running != 3, admitted != 6,
    ]  # fmt: skip


def test_the_contracts_queue_is_good() -> None:
    is_good(io_queue(QueueEvidence("okx_spot", 3, 6)))


def paper(exchange: str, **changed: Any) -> ThresholdEvidence:
    values = {name: Decimal(text) for name, text in zip(NAMES, LIMITS[exchange], strict=True)}
    profile = ProfileEvidence(
        entrypoint=f"{exchange}_desktop_paper", profile=f"{exchange}_paper", thresholds={**values, **changed},
        guardrails=("paper_exchange_metrics", "io_queue"),
    )  # fmt: skip
    return ThresholdEvidence(exchange, (profile,))


@pytest.mark.parametrize("exchange", LIMITS)
def test_the_contracts_thresholds_are_good(exchange: str) -> None:
    is_good(thresholds(paper(exchange)))


@given(EXCHANGES, st.sampled_from(NAMES), st.decimals(-3, 3, places=2))
def test_a_looser_threshold_blocks_and_a_stricter_one_does_not(exchange: str, name: str, value: Decimal) -> None:
    limit = Decimal(LIMITS[exchange][NAMES.index(name)])
    found = thresholds(paper(exchange, **{name: value}))
    if value >= 0 and (value >= limit if name == "health_min" else value <= limit):
        is_good(found)
        return
    assert found.status is Status.BLOCKED
    assert f"execution.paper_profiles.{exchange}_paper.metrics.thresholds.{name} is {value}" in found.reasons[0]


@given(EXCHANGES, st.sampled_from(NAMES), st.sampled_from([None, True, "0", Decimal("NaN"), Decimal("Infinity")]))
def test_a_threshold_that_is_no_number_blocks(exchange: str, name: str, value: Any) -> None:
    found = thresholds(paper(exchange, **{name: value}))
    assert found.status is Status.BLOCKED
    assert f"{name} is missing or no number" in found.reasons[0]


def test_each_profile_has_to_be_whole() -> None:
    [profile] = paper("okx").profiles
    cases: list[tuple[ThresholdEvidence, str, Status]] = [
        (ThresholdEvidence("okx", ()), "has no paper entrypoint", Status.BLOCKED),
        (ThresholdEvidence("okx", (profile, replace(profile, profile=""))), "has no paper profile", Status.BLOCKED),
        (ThresholdEvidence("okx", (replace(profile, guardrails=("io_queue",)),)), "paper_exchange_metrics", Status.BLOCKED),
        (ThresholdEvidence("okx", (replace(profile, guardrails=("paper_exchange_metrics",)),)), "io_queue", Status.BLOCKED),
        (ThresholdEvidence("huobi", (profile,)), "no thresholds are known for exchange huobi", Status.UNKNOWN),
    ]
    for evidence, words, status in cases:
        found = thresholds(evidence)
        assert found.status is status, words
        assert any(words in reason for reason in found.reasons), found


def test_no_model_is_active_where_none_is_named() -> None:
    found = ai_models(ModelEvidence(("multi_strategy_default",), {}))
    assert found.status is Status.NOT_APPLICABLE
    assert "no key of the configuration names a model" in found.reasons[0]
    assert found.owner == ("ai", "compliance")


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1))
def test_a_model_that_is_named_is_unknown(models: dict[str, str]) -> None:
    found = ai_models(ModelEvidence(("clever",), models))
    assert found.status is Status.UNKNOWN
    assert all(key in found.reasons[0] for key in models)


LICENCE = LicenceEvidence(
    exchange="okx", is_rehearsal=False, enforcement=True, is_valid=True, standing="valid", license_id="L-1",
    profiles=("desktop", "okx"), environments=("live", "paper"), good_until="2027-01-01T00:00:00Z",
)  # fmt: skip
DEVELOPMENT = replace(LICENCE, is_rehearsal=True, license_id="dev-1", development=True, environments=("paper", "testnet"))
LICENCE_WRONGS = [
    wrong("enforcement is false", enforcement=False),
    wrong("is not known: broken", Status.UNKNOWN, unreadable="broken"),
    wrong("licence: it ended", is_valid=False, faults=("licence: it ended",)),
    wrong("there is no valid licence", is_valid=False, license_id="", standing="invalid"),
    wrong("does not allow okx", profiles=("desktop", "kraken")),
    wrong("does not allow desktop", profiles=("okx",)),
]


@pytest.mark.parametrize("good", [LICENCE, DEVELOPMENT, replace(LICENCE, is_rehearsal=True), replace(LICENCE, standing="grace")])
def test_a_licence_for_the_work_is_good(good: LicenceEvidence) -> None:
    is_good(licenses(good))


@pytest.mark.parametrize("good", [LICENCE, DEVELOPMENT])
@given(st.sampled_from(LICENCE_WRONGS))
def test_one_wrong_thing_of_a_licence_blocks(good: LicenceEvidence, each: Any) -> None:
    judged(licenses, replace, good, each)


def test_production_takes_no_licence_for_development_and_none_without_live() -> None:
    for evidence, words in (
        (replace(LICENCE, development=True), "is for development"),
        (replace(LICENCE, environments=("paper",)), "does not allow environment live"),
    ):
        is_said(licenses(evidence), wrong(words))
    assert licenses(replace(DEVELOPMENT, is_rehearsal=False)).status is Status.BLOCKED


ROWS = tuple(BundleRow(name, Verdict.OK, "fine") for name in ("modes", "ca", "server.chain", "client.chain"))
BUNDLE = BundleEvidence(rows=ROWS, certificates={"ca": "serial 1, until 2027"})


def test_a_sound_bundle_is_good() -> None:
    is_good(mtls(BUNDLE))


@given(st.integers(0, len(ROWS) - 1), st.sampled_from([each for each in Verdict if each is not Verdict.OK]), st.booleans())
def test_one_row_that_is_not_ok_shuts(at: int, verdict: Verdict, mendable: bool) -> None:
    rows = (*ROWS[:at], BundleRow(ROWS[at].id, verdict, "odd"), *ROWS[at + 1 :])
    found: Finding = mtls(replace(BUNDLE, rows=rows, mends="golive mtls rotate" if mendable else ""))
    assert found.status is (Status.BLOCKED if verdict is Verdict.BREACHED else Status.UNKNOWN)
    assert found.reasons == (f"{ROWS[at].id}: odd",)
    assert found.next_command == ("golive mtls rotate" if mendable else "golive mtls verify")


def test_nothing_looked_at_is_unknown() -> None:
    assert mtls(replace(BUNDLE, rows=())).status is Status.UNKNOWN
