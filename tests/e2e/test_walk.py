"""The walk from demo over paper and the gate to a rehearsal, by commands alone; and everything that has to shut the gate."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import pytest
from cryptography.x509 import load_pem_x509_certificates

from golive.model.clock import DAY, SECOND, Clock, Nanos
from golive.model.errors import GoliveError
from golive.readiness.check_table import CHECKS, is_asked
from golive.readiness.finding import Finding, Status
from golive.runtime.clock import SystemClock
from golive.runtime.readiness.checklist import checklist, examine
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.secret_store import StoredSecrets
from golive.storage.config_files import load_configuration
from support.alert_services import until
from support.configuration import ROOT
from support.walk import LIVE, STEPS, Walk, walking

pytestmark = pytest.mark.e2e_demo_paper
HOUR: Final = 3600 * SECOND
GOOD: Final = (Status.OK, Status.NOT_APPLICABLE)
FLIPS: Final = 20
ASKED: Final = tuple(id_ for id_ in CHECKS if is_asked(id_, is_rehearsal=True))


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """The installation at the end of the walk: every check that is asked is green, and the gate is shut."""
    with walking(tmp_path_factory.mktemp("walk") / "home") as made:
        for step in STEPS:
            step(made)
        yield made


class Later(SystemClock):
    """The clock of this machine, ahead by so many nanoseconds."""

    def __init__(self, ahead: int) -> None:
        self._ahead = ahead

    def now(self) -> Nanos:
        return Nanos(super().now() + self._ahead)


def scene(walk: Walk, clock: Clock | None = None) -> Scene:
    runtime = walk.path / "config/runtime.yaml"
    store = StoredSecrets(walk.path)
    return scene_of(walk.path, runtime, load_configuration(runtime, {}), LIVE, clock or SystemClock(), store)


def demand_named(found: Finding, id_: str, what: str) -> None:
    """Assert that a check shuts the gate, and says why and what to do."""
    assert found.id == id_
    assert found.status not in GOOD, f"{id_} is {found.status} though {what}"
    assert found.reasons, what
    assert found.next_command, what


def test_the_walk_ends_with_every_check_green(walk: Walk) -> None:
    found = {item.id: item for item in checklist(scene(walk))}
    assert {id_: found[id_].reasons for id_ in ASKED if found[id_].status not in GOOD} == {}
    told = {item["id"]: item for item in walk.status()["items"]}
    assert {id_ for id_, item in told.items() if not item["asked"]} == CHECKS.keys() - set(ASKED)
    assert walk.golive("gate", "status", "--env", "okx_live").code == 0


def changed(data: bytes, name: str) -> Mapping[str, bytes | None]:
    """Return what can be done to the bytes of a file, by name; None removes it."""
    variants: dict[str, bytes | None] = {"is gone": None, "is empty": b"", "was cut": data[: len(data) // 2]}
    if not name.endswith(".pem"):  # around a certificate any text may stand
        variants["goes on"] = data + b"\n{}\n"
    dice = random.Random(name)
    for at in dice.sample(range(len(data)), min(FLIPS, len(data))):
        flipped = bytearray(data)
        flipped[at] ^= 1 << dice.randrange(8)
        if not (name.endswith(".pem") and is_same_certificate(data, bytes(flipped))):
            variants[f"has another byte {at}"] = bytes(flipped)
    return variants


def is_same_certificate(one: bytes, other: bytes) -> bool:
    """Say whether base64 only writes the same certificate otherwise: its last letter has bits that mean nothing."""
    with contextlib.suppress(ValueError):
        return load_pem_x509_certificates(one) == load_pem_x509_certificates(other)
    return False


@pytest.mark.parametrize("id_", ASKED)
def test_evidence_that_is_changed_or_gone_shuts_the_gate(walk: Walk, id_: str) -> None:
    at = scene(walk)
    evidence = examine(at, id_).evidence
    for each in evidence:
        path = walk.path / each.path
        kept = path.with_name(f"{path.name}.kept")
        shutil.copy2(path, kept)
        try:
            for what, data in changed(kept.read_bytes(), each.path).items():
                path.unlink(missing_ok=True)
                if data is not None:
                    path.write_bytes(data)
                    shutil.copymode(kept, path)
                demand_named(examine(at, id_), id_, f"{each.path} {what}")
        finally:
            kept.replace(path)
    assert examine(at, id_).status in GOOD


Change = tuple[str, str, str]
"""file of the configuration, what stands there, what shall stand there"""
LIVE_SECTION: Final = "  okx_desktop_live:\n    compliance:\n      live_allowed: "
CONFIGURED: Final[tuple[tuple[str, Change], ...]] = (
    ("kyc_aml_signoff", ("core.yaml", f"{LIVE_SECTION}true", f"{LIVE_SECTION}false")),
    ("kyc_aml_signoff", ("core.yaml", "risk_profiles: [balanced]        # those", "risk_profiles: [conservative]    # those")),
    ("kyc_aml_signoff", ("core.yaml", "role: compliance", "role: security")),
    ("kyc_aml_signoff", ("core.yaml", "role: security", "role: compliance")),
    ("kyc_aml_signoff", ("core.yaml", "person: carl", "person: sue")),
    ("kyc_aml_signoff", ("core.yaml", "person: sue", "person: carl")),
    ("kyc_aml_signoff", ("core.yaml", 'scope: "kyc_aml_signoff:okx_desktop_live"', 'scope: "kyc_aml_signoff:bybit_desktop_live"')),
    ("risk_limits", ("core.yaml", "person: rita", "person: carl")),
    ("risk_limits", ("core.yaml", "role: risk", "role: runtime")),
    ("risk_limits", ("core.yaml", "    max_daily_loss_pct: 0.015", "    max_daily_loss_pct: 0.016")),
    ("risk_limits", ("core.yaml", "    max_daily_loss_pct: 0.015", "    max_daily_loss_pct: 0")),
    ("risk_limits", ("core.yaml", "    hard_drawdown_pct: 0.10", "    hard_drawdown_pct: 0")),
    ("risk_limits", ("core.yaml", "    max_position_pct: 0.05", "    max_position_pct: 0")),
    ("risk_limits", ("core.yaml", "    max_open_positions: 5", "    max_open_positions: 0")),
    ("limits_vs_paper", ("core.yaml", "    max_position_pct: 0.05", "    max_position_pct: 0.02")),
    ("limits_vs_paper", ("core.yaml", "    max_open_positions: 5", "    max_open_positions: 0")),
    ("limits_vs_paper", ("core.yaml", "    portfolio_exposure_pct: 0.65", "    portfolio_exposure_pct: 0.01")),
    ("paper_gate", ("core.yaml", "paper_days: 0.0001", "paper_days: 7")),
    ("paper_gate", ("core.yaml", "{position_pct: 0.04}", "{position_pct: 0.03}")),
    ("paper_gate", ("core.yaml", 'timeframe: "1s"', 'timeframe: "1m"')),
    ("paper_gate", ("core.yaml", "    max_position_pct: 0.05", "    max_position_pct: 0.06")),
    ("alerting", ("core.yaml", "  oem-live:\n", "  night:\n    url_secret: alert_night\n    critical: true\n  oem-live:\n")),
    ("licenses", ("runtime.yaml", "allowed_profiles: [desktop, okx, kraken, bybit]", "allowed_profiles: [okx, kraken, bybit]")),
    ("licenses", ("runtime.yaml", "allowed_profiles: [desktop, okx, kraken, bybit]", "allowed_profiles: [desktop, kraken, bybit]")),
    ("data_completeness", ("core.yaml", '["okx:BTC/USDT",', '["okx:BTC/USDT", "okx:ETH/USDT",')),
    ("data_completeness", ("core.yaml", "data_cache_path: var/data/okx_live", "data_cache_path: var/data/elsewhere")),
    ("config_freeze", ("core.yaml", "paper_max_age_days: 14", "paper_max_age_days: 15")),
    ("config_freeze", ("runtime.yaml", "reference_window_seconds: 3600", "reference_window_seconds: 3601")),
    ("config_freeze", ("core.yaml", "# Fractions end", "# All fractions end")),
    ("secrets_rotation", ("core.yaml", "keychain_key: okx_live_trading", "keychain_key: okx_other_trading")),
    ("venue_permissions", ("core.yaml", "keychain_key: okx_live_trading", "keychain_key: okx_other_trading")),
    ("venue_permissions", ("core.yaml", "required_permissions: [read, trade]", "required_permissions: [read]")),
    ("ip_allowlist", ("core.yaml", "ip_allowlist: [127.0.0.1]", "ip_allowlist: []")),
    ("ip_allowlist", ("core.yaml", "ip_allowlist: [127.0.0.1]", "ip_allowlist: [127.0.0.1, 203.0.113.7]")),
    ("mtls", ("core.yaml", "bundle_directory: secrets/mtls", "bundle_directory: secrets/other")),
    ("mtls", ("core.yaml", "rotation_registry: var/security/tls_rotation.json", "rotation_registry: var/security/other.json")),
    ("mtls", ("core.yaml", "server_key: core-oem-server-key.pem", "server_key: core-oem-client-key.pem")),
    ("io_queue", ("runtime.yaml", "max_concurrency: 3           # calls", "max_concurrency: 4           # calls")),
    ("io_queue", ("runtime.yaml", "max_concurrency: 3           # calls", "max_concurrency: 2           # calls")),
    ("io_queue", ("runtime.yaml", "burst: 6                     # calls", "burst: 7                     # calls")),
    ("io_queue", ("runtime.yaml", "burst: 6                     # calls", "burst: 5                     # calls")),
    ("thresholds", ("runtime.yaml", "network_errors_max: 1 ", "network_errors_max: 2 ")),
    ("thresholds", ("runtime.yaml", "rate_limit_max: 0        #", "rate_limit_max: 1        #")),
    ("thresholds", ("runtime.yaml", "health_min: 1.0          #", "health_min: 0.9          #")),
    ("router", ("core.yaml", "    routes: []", "    routes: [{name: other, adapters: [okx_spot], symbols: [ETH/USDT]}]")),
    ("router", ("core.yaml", "    routes: []", "    routes: [{name: other, adapters: [bybit_spot]}]")),
    ("router", ("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 351")),
    ("reconciliation", ("core.yaml", "keychain_key: okx_live_trading", "keychain_key: okx_other_trading")),
    ("decision_log", ("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 1")),
    ("live_checklist", ("core.yaml", "paper_max_age_days: 14", "paper_max_age_days: 13")),
    ("live_checklist", ("runtime.yaml", "reference_window_seconds: 3600", "reference_window_seconds: 3601")),
)  # fmt: skip


@pytest.mark.parametrize(("id_", "change"), CONFIGURED, ids=[f"{id_}-{n}" for n, (id_, _) in enumerate(CONFIGURED)])
def test_a_configuration_that_is_another_one_shuts_the_gate(walk: Walk, id_: str, change: Change) -> None:
    file, old, new = change
    path = walk.path / "config" / file
    kept = path.read_text()
    assert old in kept, f"{file} does not have {old!r}"
    path.write_text(kept.replace(old, new))
    try:
        found = examine(scene(walk), id_)
    except GoliveError:
        return  # nothing starts with such a configuration
    finally:
        path.write_text(kept)
    demand_named(found, id_, f"{old!r} became {new!r}")


AGES: Final = (
    ("kyc_aml_signoff", 31 * DAY),
    ("risk_limits", 31 * DAY),
    ("alerting", 25 * HOUR),
    ("licenses", 400 * DAY),
    ("data_completeness", 25 * HOUR),
    ("secrets_rotation", 91 * DAY),
    ("venue_permissions", 25 * HOUR),
    ("mtls", 7 * DAY),
    ("paper_gate", 15 * DAY),
    ("reconciliation", 25 * HOUR),
    ("incident_comms", 25 * HOUR),
    ("live_checklist", 8 * DAY),
)


@pytest.mark.parametrize(("id_", "age"), AGES)
def test_evidence_that_has_grown_old_shuts_the_gate(walk: Walk, id_: str, age: int) -> None:
    demand_named(examine(scene(walk, Later(age)), id_), id_, f"{age // HOUR} hours went by")


@pytest.mark.parametrize("id_", [id_ for id_, _ in AGES if id_ not in ("mtls", "licenses")])
def test_evidence_from_the_future_shuts_the_gate(walk: Walk, id_: str) -> None:
    demand_named(examine(scene(walk, Later(-2 * DAY)), id_), id_, "the clock went back")


@pytest.mark.parametrize("id_", ["named_tests", "paper_gate", "live_checklist"])
def test_other_code_shuts_the_gate(walk: Walk, id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, module in list(sys.modules.items()):
        if name.startswith("golive.runtime") and hasattr(module, "code_version") and callable(module.code_version):
            monkeypatch.setattr(module, "code_version", lambda: "9.9.9+other")
    demand_named(examine(scene(walk), id_), id_, "the code is another one")


GONE: Final[Mapping[str, tuple[str, ...]]] = {
    "kyc_aml_signoff": ("var/audit/compliance/documents", "var/security/operators.json", "var/state/keys"),
    "paper_gate": ("var/audit/stage", "var/state/keys"),
    "licenses": ("var/licenses/active",),
    "mtls": ("secrets/mtls", "var/security/tls_rotation.seal.json"),
    "config_freeze": ("var/audit/stage6", "var/state/keys"),
    "secrets_rotation": ("var/data/okx_live/security", "secrets/vault.json"),
    "decision_log": ("audit/decision_logs", "var/audit/seals"),
    "live_checklist": ("audit/decision_logs", "var/state/keys"),
    "incident_comms": ("audit/decision_logs", "alerts"),
    "alerting": ("alerts", "var/audit/alerts"),
    "router": ("deploy/prometheus",),
    "reconciliation": ("var/audit/reconciliation", "audit/decision_logs"),
    "named_tests": ("var/audit/named_tests", "audit/decision_logs"),
    "risk_limits": ("var/state/sessions", "var/audit/compliance"),
    "data_completeness": ("audit/ai_decision", "var/data/okx_live"),
    "venue_permissions": ("logs/security_admin.log",),
    "ip_allowlist": ("var/data/okx_live/security",),
    "limits_vs_paper": ("logs/e2e", "var/audit/stage"),
}


@pytest.mark.parametrize(("id_", "what"), [(id_, what) for id_, names in GONE.items() for what in names])
def test_what_a_check_rests_on_is_gone(walk: Walk, id_: str, what: str) -> None:
    path, aside = walk.path / what, walk.path / "aside"
    path.rename(aside)
    try:
        demand_named(examine(scene(walk), id_), id_, f"{what} is gone")
    finally:
        aside.rename(path)


def test_production_is_not_opened_by_what_a_rehearsal_rests_on(walk: Walk) -> None:
    at = scene(walk)
    production = replace(at, live=replace(at.live, endpoint="production", endpoint_host=None, base_url=None))
    found = {item.id: item for item in checklist(production)}
    for id_ in ("paper_gate", "licenses", "paper_labs", "decision_log", "venue_permissions", "reconciliation"):
        demand_named(found[id_], id_, "it is production")


def test_enough_is_tried(walk: Walk) -> None:
    files = [each.path for id_ in ASKED for each in examine(scene(walk), id_).evidence]
    changes = sum(len(changed((walk.path / path).read_bytes(), path)) for path in files)
    assert changes + len(CONFIGURED) + len(AGES) + sum(map(len, GONE.values())) >= 600


def test_the_gate_opens_the_rehearsal_trades_and_an_auditor_finds_everything_sound(walk: Walk) -> None:
    refused = walk.golive("run", "--mode", "live", "--entrypoint", LIVE, code=3)
    assert "golive gate" in refused.stderr
    walk.open_gate()
    report = walk.trade(8)
    assert (report["status"], report["stage"], report["gate"]["verdict"]) == ("success", "rehearsal", "ok")
    orders = walk.venue.orders()
    assert len(orders) == len({order["client_order_id"] for order in orders}) > 0
    assert report["live_execution_metrics"]["total"] == len(orders)
    summary = walk.close_window()
    parts = {name: summary[name]["status"] for name in ("kyc", "risk_limits", "alerts")}
    assert parts == {"kyc": "ok", "risk_limits": "ok", "alerts": "ok"}
    assert summary["window"]["observation"] == {"minutes": 0.05, "status": "ok"}
    walk.golive("run", "--mode", "live", "--entrypoint", LIVE, code=3)
    walk.golive("audit", "verify", "--all")
    verify_alone(walk)


def test_a_session_whose_gate_is_closed_goes_on_on_paper(walk: Walk) -> None:
    walk.open_gate()
    before, papers = len(walk.venue.orders()), len(walk.home.reports("paper"))
    running = walk.home.start("live", "--entrypoint", LIVE, "--max-runtime", "6")
    try:
        until(lambda: len(walk.venue.orders()) > before)
        walk.by("otto", "gate", "close", "--env", "okx_live", "--reason", "enough")
        out, err = running.communicate(timeout=60)
    finally:
        running.kill()
    report = json.loads(out)
    assert (running.returncode, report["status"], report["gate"]["verdict"]) == (3, "blocked", "blocked")
    assert "going on on paper with okx_desktop_paper" in err
    assert len(walk.home.reports("paper")) == papers + 1
    assert json.loads(walk.home.reports("paper")[-1].read_bytes())["status"] == "success"
    assert not [order for order in walk.venue.orders() if order["state"] in ("live", "partially_filled")]


def verify_alone(walk: Walk) -> None:
    """Verify the log of live orders with the second verifier, as somebody who has nothing of ours but it and the keys."""
    [key] = (walk.path / "var/audit/keys").glob("*.json")
    logs = sorted((walk.path / "audit/decision_logs").glob("live_execution*.jsonl"))
    command = [sys.executable, str(ROOT / "tools/verify_journal.py"), str(key), *map(str, logs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
