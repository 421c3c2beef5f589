"""A home with people, whose entrypoint `okx_desktop_live` is a rehearsal, channels of alerts that really take messages, and
journals of a window of live trading, written by the storage that writes them."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from pathlib import Path

from golive.config.configuration import Configuration
from golive.model.alert import AlertMessage, AlertOutcome, AlertRow, AlertSeverity
from golive.model.clock import SECOND, Clock, to_iso
from golive.model.indicator import BILLION
from golive.model.json import JsonObject, JsonValue
from golive.model.secret import Secret
from golive.readiness.gate_state import OPENED
from golive.runtime.clock import SystemClock
from golive.runtime.freeze import freeze
from golive.runtime.host_signer import host_signer
from golive.runtime.operators import add_operator
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.risk_limits import risk_profile_of
from golive.runtime.secret_store import StoredSecrets
from golive.runtime.window.announce import announce
from golive.storage.alert_audit import FileAlertAuditLog
from golive.storage.config_files import load_configuration
from golive.storage.decision_step import record_step
from golive.storage.gate_journal import GateJournal
from golive.storage.indicator_store import Batch, IndicatorStore, SampleRow
from golive.storage.order_journal import JournalPlace, OrderJournal
from golive.storage.risk_decisions import RiskDecisions

from .alert_services import Webhook, keep_urls
from .configuration import ROOT
from .durable import RISK, keys_of
from .order_journals import answer, decided, end

ENTRYPOINT = "okx_desktop_live"
PASSPHRASE = Secret("seven brown otters swim")
_PARSED: dict[tuple[bytes, bytes], Configuration] = {}
PEOPLE = {"olga": "operator", "leo": "live_activator", "rita": "runtime", "cora": "oncall"}


def window_home(home: Path, hook: Webhook) -> Path:
    """Return `home` with configuration, people and channels; OKX is rehearsed by its endpoint, and takes no sign-offs.

    Of the objectives `fill_ratio` is left, which a test can measure, and the console's, which nothing measures.
    """
    shutil.copytree(ROOT / "config", home / "config")
    core = home / "config/core.yaml"
    text = core.read_text().replace("endpoint: production  ", "endpoint: http://127.0.0.1:8080  ", 1)
    text = text.replace("live_allowed: false", "live_allowed: true", 1).replace(
        "require_signoff: true", "require_signoff: false", 1
    )
    slo, rest = text.index("  slo:"), text.index("\nresilience:")
    objectives = [each for each in text[slo:rest].split("    - ")[1:] if each.startswith(("name: fill_ratio", "name: ui_"))]
    core.write_text(text[:slo] + "  slo:\n    - " + "    - ".join(objectives) + text[rest:])
    for name, role in PEOPLE.items():
        add_operator(home, name, [role], PASSPHRASE, by=None)
    keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
    return home


def window_scene(home: Path, clock: Clock) -> Scene:
    """Return the scene of the entrypoint; files of the same content are parsed once."""
    file = home / "config/runtime.yaml"
    content = file.read_bytes(), (home / "config/core.yaml").read_bytes()
    if content not in _PARSED:
        _PARSED[content] = load_configuration(file, {})
    return scene_of(home, file, _PARSED[content], ENTRYPOINT, clock, StoredSecrets(home))


def open_gate(home: Path) -> None:
    """Let the journal say that two people opened the gate, with a report that is there."""
    scene, now = window_scene(home, SystemClock()), SystemClock().now()
    report = home / f"var/audit/gate/report_{now}.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(f'{{"items":[],"at":"{to_iso(now)}"}}\n')
    profile = risk_profile_of(scene.live)
    bound: JsonObject = {
        **scene.configuration.file_digest.as_json(), "risk_profile": profile.name, "risk_profile_digest": profile.digest,
    }  # fmt: skip
    operators: JsonValue = [{"name": "leo", "roles": ["live_activator"]}, {"name": "olga", "roles": ["operator"]}]
    body: JsonObject = {
        "operators": operators, "checked_at": to_iso(now), "expires_at": to_iso(now + 900 * SECOND), "bound": bound,
        "report": str(report.relative_to(home)), "report_sha256": hashlib.sha256(report.read_bytes()).hexdigest(),
    }  # fmt: skip
    GateJournal(home, ENTRYPOINT).append(host_signer(home, SystemClock(), "leo"), OPENED, body, "leo")


def keep_orders(home: Path) -> None:
    """Let the account have an order journal with one order that was filled."""
    scene = window_scene(home, SystemClock())
    live = scene.live
    place = JournalPlace(home, live.exchange, live.adapter, live.keychain_key, live.environment)
    journal = OrderJournal.open(place, keys_of(home), RISK, SystemClock(), code_version="0.1.0+test", operator="olga")
    journal.commit([decided(1), answer(1), end(1)])
    journal.close()


def decide(home: Path, *codes: str, digest: str = "") -> None:
    """Write risk decisions of the entrypoint with these codes."""
    scene = window_scene(home, SystemClock())
    profile = risk_profile_of(scene.live)
    log = RiskDecisions(home / "logs/risk_decisions.jsonl", host_signer(home, SystemClock(), "olga"))
    log.append(
        [
            {
                "entrypoint": ENTRYPOINT, "profile": profile.name, "risk_profile_digest": digest or profile.digest, "code": code,
                "limit": None if code == "APPROVED" else "max_daily_loss_pct", "client_order_id": f"{number:032x}",
                "decision_seq": number,
            }
            for number, code in enumerate(codes, 1)
        ]
    )  # fmt: skip
    log.close()


def observe(home: Path, *statuses: str, minutes: JsonValue = 60) -> None:
    """Let the decision log say how the first minutes went, each time."""
    facts: JsonObject = {"entrypoint": ENTRYPOINT, "minutes": minutes}
    for status in statuses:
        record_step(home, host_signer(home, SystemClock(), "olga"), "observation", status, 0, [], facts=facts)


def fill(home: Path, ratio: float, *, run_id: str = "ab" * 16, ago_s: int = 0) -> None:
    """Leave what a session measures of ten orders that were filled so far, `ago_s` seconds ago."""
    now = SystemClock().now() - ago_s * SECOND
    store = IndicatorStore.open(home, ENTRYPOINT, stage="rehearsal", exchange="okx", run_id=run_id, now=now)
    rows = [SampleRow("fill_ratio", "okx", now, round(ratio * BILLION))] * 10
    store.write(Batch(now, rows))
    store.close(now)


def outcome(
    home: Path, *outcomes: AlertOutcome, severity: AlertSeverity = AlertSeverity.ERROR, entrypoint: str = ENTRYPOINT
) -> None:
    """Let the audit say what became of one alert at `oem-live`."""
    clock = SystemClock()
    message = AlertMessage(
        uuid.uuid4().hex, "session", severity, "A title", "A body", clock.now(), "key", {"entrypoint": entrypoint}
    )  # fmt: skip
    log = FileAlertAuditLog(home, host_signer(home, clock, "golive"))
    log.append([AlertRow(message, "oem-live", each, number) for number, each in enumerate(outcomes, 1)])
    log.close()


def traded_home(home: Path, hook: Webhook) -> Path:
    """Return `home` after a freeze, an announcement, an opened gate, two decisions, and an order that was filled."""
    window_home(home, hook)
    freeze(home, home / "config/runtime.yaml", {}, "rita", PASSPHRASE)
    scene = window_scene(home, SystemClock())
    told = announce(scene, SystemClock().now() + SECOND, "cora", PASSPHRASE, second="leo", on_call="", wait_s=20)
    assert told.delivered_at
    open_gate(home)
    decide(home, "APPROVED", "RISK_MAX_POSITION")
    keep_orders(home)
    return home
