"""Self-test of alerts, stored data and limits of a real home, made by our own commands: ok, and not once any of it is changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golive.market.quality_report import FOLDER
from golive.model.clock import DAY, MINUTE, SECOND, Nanos, stamp
from golive.model.ids import InstrumentId
from golive.readiness.finding import Finding, Status
from golive.runtime.alerts.selftest import selftest
from golive.runtime.candle_place import candle_store
from golive.runtime.data_verify import verify_stored
from golive.runtime.readiness.checklist import examine
from golive.runtime.risk_limits import risk_profile_of
from golive.runtime.risk_snapshot.document import FILE_NAME, Touch
from golive.runtime.risk_snapshot.measured import Measured
from golive.runtime.risk_snapshot.snapshot import write_snapshot
from golive.storage.session_identity import PROFILE_DIGEST
from golive.venues.registry import profile_named
from support.alert_services import keep_urls, webhook
from support.candles import Row, btc, columns_of, walk
from support.configuration import ROOT
from support.durable import START, ToldClock
from support.paper_record import failed_session
from support.readiness_scene import rehearsal_scene

Change = Callable[[Path], object]
ALERTS, TESTS = Path("alerts"), Path("var/audit/alerts")
DATA = Path("var/data/okx_live")
SNAPSHOT = DATA / FILE_NAME
UNSIGNED = ("require_signoff: true", "require_signoff: false")


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("evidence")
    rehearsal_scene(home, UNSIGNED, ("live_allowed: false", "live_allowed: true"))
    with webhook() as hook:
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        run_selftest(home)
    store_candles(home, walk(1500, start=START - 1500 * MINUTE))
    take_snapshot(home)
    enforce(home, risk_profile_of(rehearsal_scene(home).live).digest)
    return home


@pytest.fixture
def home(good_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good_home, tmp_path / "home")


def run_selftest(home: Path, at: int = START, wait_s: float = 20) -> Path:
    scene = rehearsal_scene(home)
    return selftest(home, scene.configuration, ToldClock(at), "anna", wait_s=wait_s)[1]


def store_candles(home: Path, rows: list[Row], at: int = START) -> None:
    scene = rehearsal_scene(home)
    store = candle_store(scene.configuration, home, "okx_live")
    store.append(btc(), "1m", columns_of(rows), source="custom:127.0.0.1", now=at)
    judge(home, at)


def judge(home: Path, at: int = START) -> None:
    verify_stored(rehearsal_scene(home).configuration, home, environment="okx_live", now=at, is_fresh_wanted=False)


def take_snapshot(home: Path, at: int = START, *, environment: str = "okx_live") -> None:
    scene = rehearsal_scene(home)
    entrypoint = scene.live if environment == "okx_live" else scene.paper
    name = InstrumentId.parse("okx:BTC/USDT")
    measured = Measured({name: btc()}, {name: Touch(at, 3, 0.1, "1", "1")})
    profile = profile_named(entrypoint.adapter)
    write_snapshot(scene.configuration, home, Nanos(at), entrypoint, profile, measured, market="custom:127.0.0.1")


def enforce(home: Path, digest: str, begin: int = START, run: str = "1" * 32) -> Path:
    return failed_session(home, "t" * 64, begin=begin, run=run, **{PROFILE_DIGEST: digest})


def found(home: Path, check: str, now: int = START + SECOND) -> Finding:
    return examine(rehearsal_scene(home, clock=ToldClock(now)), check)


@pytest.mark.parametrize("check", ["alerting", "data_completeness", "risk_limits"])
def test_what_our_commands_leave_is_ok(home: Path, check: str) -> None:
    finding = found(home, check)
    assert (finding.status, finding.reasons) == (Status.OK, ())
    assert finding.evidence
    for each in finding.evidence:
        assert (home / each.path).is_file()
        assert len(each.sha256) == 64


def only(home: Path, folder: Path, pattern: str) -> Path:
    (path,) = (home / folder).glob(pattern)
    return path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes().rpartition(b"\n{")[0] + b"\n")


def log(home: Path) -> Path:
    return only(home, ALERTS, "alerts-????????.jsonl")


def evidence_of_test(home: Path) -> Path:
    return only(home, TESTS, "selftest_*.json")


def later_test_without_record(home: Path) -> None:
    shutil.copy(evidence_of_test(home), home / TESTS / f"selftest_{stamp(Nanos(START + MINUTE))}.json")


def failed_test(home: Path) -> None:
    keep_urls(home, alert_oem_live="json://127.0.0.1:9/", alert_sec_alerts="json://127.0.0.1:9/")
    run_selftest(home, START + MINUTE, wait_s=0.2)


def another_channel(home: Path) -> None:
    edit(home / "config/core.yaml", "  channels:                            #", "  channels: #")
    edit(home / "config/core.yaml", "    oem-live:\n", "    pager: {url_secret: alert_pager, critical: true}\n    oem-live:\n")


ALERT_WRONGS: dict[str, tuple[Change, Status, str]] = {
    "no test": (lambda home: shutil.rmtree(home / TESTS), Status.UNKNOWN, "cannot be read"),
    "test edited": (
        lambda home: edit(evidence_of_test(home), '"ok"', '"OK"'),
        Status.BLOCKED,
        "is not what the audit of alerts has",
    ),
    "test newer than the audit": (later_test_without_record, Status.UNKNOWN, "does not know it"),
    "audit edited": (lambda home: edit(log(home), '"delivered"', '"Delivered"'), Status.BLOCKED, "the audit of alerts"),
    "audit cut": (lambda home: cut(log(home)), Status.BLOCKED, "the audit of alerts"),
    "audit gone": (lambda home: shutil.rmtree(home / ALERTS), Status.UNKNOWN, "the audit of alerts"),
    "keys gone": (lambda home: shutil.rmtree(home / "var/state/keys"), Status.UNKNOWN, "the audit of alerts"),
    "a channel more": (another_channel, Status.UNKNOWN, "channel pager was not tested"),
    "a later test failed": (failed_test, Status.BLOCKED, "the self-test ended failed"),
}


@pytest.mark.parametrize("what", ALERT_WRONGS)
def test_alerts_with_one_thing_changed_are_not_ok(home: Path, what: str) -> None:
    change, status, words = ALERT_WRONGS[what]
    change(home)
    finding = found(home, "alerting", START + 2 * MINUTE)
    assert (finding.status, any(words in reason for reason in finding.reasons)) == (status, True), finding
    assert finding.next_command


def report(home: Path) -> Path:
    return only(home, FOLDER, "*.json")


def gap(home: Path) -> None:
    shutil.rmtree(home / DATA / "candles")
    rows = walk(1500, start=START - 1500 * MINUTE)
    store_candles(home, rows[:600] + rows[900:], START + SECOND)


def few(home: Path) -> None:
    shutil.rmtree(home / DATA / "candles")
    rows = walk(1500, start=START - 1500 * MINUTE)
    store_candles(home, [row for number, row in enumerate(rows) if number % 10], START + SECOND)


def snapshot_of_paper(home: Path) -> None:
    take_snapshot(home, environment="okx_paper")
    for end in ("", ".sig"):
        shutil.copy(home / f"var/data/okx_paper/{FILE_NAME}{end}", home / f"{SNAPSHOT}{end}")


DATA_WRONGS: dict[str, tuple[Change, Status, str]] = {
    "report gone": (lambda home: report(home).unlink(), Status.UNKNOWN, "no quality report"),
    "report edited": (lambda home: edit(report(home), '"ok_ratio": 1.0', '"ok_ratio": 0.99'), Status.BLOCKED, "not what was signed"),
    "report unsigned": (lambda home: only(home, FOLDER, "*.sig").unlink(), Status.UNKNOWN, "is not signed"),
    "signed for another": (
        lambda home: shutil.copy(home / f"{SNAPSHOT}.sig", only(home, FOLDER, "*.sig")), Status.BLOCKED, "is the signature of",
    ),
    "more candles since": (
        lambda home: candle_store(rehearsal_scene(home).configuration, home, "okx_live").append(
            btc(), "1m", columns_of(walk(3)), source="custom:127.0.0.1", now=START
        ),
        Status.UNKNOWN, "judged other candles",
    ),
    "candles gone": (lambda home: shutil.rmtree(home / DATA / "candles"), Status.UNKNOWN, "judged other candles"),
    "a long gap": (gap, Status.BLOCKED, "the longest gap lasts 300"),
    "a tenth missing": (few, Status.BLOCKED, "ok_ratio is 0.9"),
    "snapshot gone": (lambda home: (home / SNAPSHOT).unlink(), Status.UNKNOWN, "there is no risk snapshot"),
    "snapshot edited": (lambda home: edit(home / SNAPSHOT, '"balanced"', '"Balanced"'), Status.BLOCKED, "not what was signed"),
    "snapshot unsigned": (lambda home: (home / f"{SNAPSHOT}.sig").unlink(), Status.UNKNOWN, "is not signed"),
    "snapshot of paper": (snapshot_of_paper, Status.BLOCKED, "is the signature of var/data/okx_paper"),
    "keys gone": (lambda home: shutil.rmtree(home / "var/state/keys"), Status.UNKNOWN, "the keys that signed it are gone"),
    "other limits": (
        lambda home: edit(home / "config/core.yaml", "max_position_pct: 0.05", "max_position_pct: 0.06"), Status.UNKNOWN,
        "other limits",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", DATA_WRONGS)
def test_data_with_one_thing_changed_are_not_ok(home: Path, what: str) -> None:
    change, status, words = DATA_WRONGS[what]
    change(home)
    finding = found(home, "data_completeness", START + 2 * SECOND)
    assert (finding.status, any(words in reason for reason in finding.reasons)) == (status, True), finding
    assert finding.next_command


def test_the_newest_report_counts(home: Path) -> None:
    few(home)
    assert found(home, "data_completeness", START + 2 * SECOND).status is Status.BLOCKED
    shutil.rmtree(home / DATA / "candles")
    store_candles(home, walk(1500, start=START - 1500 * MINUTE), START + MINUTE)
    assert found(home, "data_completeness", START + 2 * MINUTE).status is Status.OK


def test_a_signature_is_as_its_schema_says(home: Path) -> None:
    schema = json.loads((ROOT / "docs/schemas/golive.evidence_signature.v1.json").read_text(encoding="utf-8"))
    for path in (only(home, FOLDER, "*.sig"), home / f"{SNAPSHOT}.sig"):
        Draft202012Validator(schema).validate(json.loads(path.read_text()))


def test_an_installation_without_keys_signs_nothing_and_makes_none(tmp_path: Path) -> None:
    store_candles(tmp_path, walk(100))
    assert not (tmp_path / "var/state/keys").exists()
    assert "is not signed" in " ".join(found(tmp_path, "data_completeness").reasons)


RISK_WRONGS: dict[str, tuple[Change, Status, str]] = {
    "no session": (lambda home: shutil.rmtree(home / "var/state/sessions"), Status.UNKNOWN, "no session has enforced"),
    "a later session with others": (
        lambda home: enforce(home, "0" * 64, START + MINUTE, "2" * 32), Status.BLOCKED, "enforced other limits",
    ),
    "changed since": (
        lambda home: edit(home / "config/core.yaml", "max_position_pct: 0.05", "max_position_pct: 0.06"), Status.BLOCKED,
        "enforced other limits",
    ),
    "a limit of zero": (
        lambda home: edit(home / "config/core.yaml", "max_open_positions: 5", "max_open_positions: 0"), Status.BLOCKED,
        "max_open_positions is 0, and must be above zero",
    ),
    "the seal of another": (
        lambda home: shutil.copy(
            enforce(home, "0" * 64, START - DAY, "3" * 32).with_suffix(".seal.json"),
            only(home, Path("var/state/sessions"), "*_11111111.seal.json"),
        ),
        Status.BLOCKED, "tampered",
    ),
    "keys gone": (lambda home: shutil.rmtree(home / "var/state/keys"), Status.UNKNOWN, "the keys that signed it are gone"),
    "a sign-off wanted": (
        lambda home: edit(home / "config/core.yaml", "require_signoff: false", "require_signoff: true"), Status.BLOCKED,
        "no sign-off of role risk",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", RISK_WRONGS)
def test_limits_with_one_thing_changed_are_not_ok(home: Path, what: str) -> None:
    change, status, words = RISK_WRONGS[what]
    change(home)
    finding = found(home, "risk_limits", START + 2 * MINUTE)
    assert (finding.status, any(words in reason for reason in finding.reasons)) == (status, True), finding
    assert finding.next_command


@pytest.mark.parametrize("check", ["alerting", "data_completeness"])
@pytest.mark.parametrize("now", [START + 25 * 3600 * SECOND, START - DAY])
def test_evidence_of_another_day_does_not_count(home: Path, check: str, now: int) -> None:
    assert found(home, check, now).status is Status.UNKNOWN


def test_a_longer_period_is_for_rehearsals_alone(home: Path) -> None:
    core = home / "config/core.yaml"
    edit(core, "evidence_max_age_hours: 24", "evidence_max_age_hours: 48")
    assert found(home, "alerting", START + 25 * 3600 * SECOND).status is Status.OK
    edit(core, "endpoint: http://127.0.0.1:9", "endpoint: production")
    finding = found(home, "alerting", START + 25 * 3600 * SECOND)
    assert "allowed are 24" in " ".join(finding.reasons)
    assert any("which production does not take" in reason for reason in finding.reasons)
    assert json.dumps(finding.threshold)
