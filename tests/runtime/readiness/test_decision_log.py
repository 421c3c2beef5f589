"""The log of live orders as the checks read it: by its seals, and never otherwise than record by record."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.live_order import OrderResult
from golive.readiness.finding import Status
from golive.runtime.monitoring import RULES_FOLDER, rule_files, write_files
from golive.runtime.readiness.checklist import examine
from golive.runtime.readiness.decision_log import decision_log_evidence
from golive.runtime.readiness.router import router_evidence
from golive.storage.decision_step import LIVE, record_step, recorded_steps, stage_log
from golive.storage.live_segments import DIRECTORY, LOG_NAME, LiveSegments
from golive.storage.live_verification import bound_faults, bounds_of
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.verified import numbered_entries
from support.durable import ToldClock, signer_of
from support.live_orders import decided, end, write
from support.readiness_scene import rehearsal_scene

LOG = DIRECTORY / f"{LOG_NAME}.jsonl"
WANTED = ("mtls_prepared", "licence_verified", "router_configured", "daemon_start", "announcement")


def with_steps(home: Path, *names: str, status: str = "ok") -> None:
    for name in names:
        record_step(home, signer_of(home, ToldClock()), name, status, 1, [])


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("log")
    rehearsal_scene(home)
    write(home, tuple(item for n in (1, 2, 3) for item in (decided(n), end(n, OrderResult.CANCELED, 349))))
    with_steps(home, *WANTED)
    return home


@pytest.fixture
def home(good_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good_home, tmp_path / "home")


def test_orders_and_steps_are_read_and_the_whole_is_ok(home: Path) -> None:
    found = examine(rehearsal_scene(home), "decision_log")
    assert (found.status, found.reasons) == (Status.OK, ())
    assert isinstance(found.measured, dict)
    assert isinstance(found.measured["steps"], dict)
    assert set(found.measured["steps"]) == set(WANTED)
    assert [each.path for each in found.evidence] == [str(LOG)]


def test_every_flipped_byte_and_every_cut_is_found(home: Path) -> None:
    path, scene = home / LOG, rehearsal_scene(home)
    data = path.read_bytes()
    for at in range(3, len(data), 131):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert examine(scene, "decision_log").status is not Status.OK
        path.write_bytes(data[:at])
        assert examine(scene, "decision_log").status is not Status.OK
    path.write_bytes(data)
    assert examine(scene, "decision_log").status is Status.OK


def test_a_step_that_rests_on_a_licence_for_development_is_told_as_one(home: Path) -> None:
    record_step(home, signer_of(home, ToldClock()), "licence_verified", "ok", 1, [], facts={"development": True})
    steps = decision_log_evidence(rehearsal_scene(home)).steps
    assert [name for name, step in steps.items() if step.is_development] == ["licence_verified"]


def put_back(home: Path, before: Path) -> None:
    for name in (LOG, LOG.with_suffix(".seal.json")):
        shutil.copy(before / name, home / name)


def gone(home: Path, before: Path) -> None:
    for name in (LOG, LOG.with_suffix(".seal.json")):
        (home / name).unlink()


def unsealed(home: Path, before: Path) -> None:
    (home / LOG).with_suffix(".seal.json").unlink()


def no_copies(home: Path, before: Path) -> None:
    shutil.rmtree(home / SEALS)


@pytest.mark.parametrize("harm", [put_back, gone, unsealed, no_copies])
def test_a_log_that_was_put_back_or_lost_its_seals_is_not_believed(
    home: Path, good_home: Path, harm: Callable[[Path, Path], None]
) -> None:
    with_steps(home, "daemon_start")
    harm(home, good_home)
    found = examine(rehearsal_scene(home), "decision_log")
    assert found.status in (Status.BLOCKED, Status.UNKNOWN)
    assert "live_execution" in found.reasons[0]
    with pytest.raises(JournalError):
        recorded_steps(home, LIVE)


def test_what_is_behind_the_seal_is_read_record_by_record(home: Path) -> None:
    log = LiveSegments(home / DIRECTORY, signer_of(home))
    log.append([("symbol_frozen", {"subject": "BTC/USDT"}, "anna")])
    log.sync()
    (file,) = stage_log(home, LIVE)
    data = file.data
    (home / LOG).write_bytes(data.replace(b'"subject":"BTC/USDT"', b'"subject":"ETH/USDT"'))
    with pytest.raises(JournalError, match="tampered: line 10"):
        stage_log(home, LIVE)


@pytest.mark.parametrize("latency", [351, 9999])
def test_a_slow_order_and_a_stranger_are_found_as_verifying_finds_them(tmp_path: Path, latency: int) -> None:
    rehearsal_scene(tmp_path)
    write(tmp_path, (decided(1), end(1, OrderResult.CANCELED, 350), decided(2), end(2, OrderResult.CANCELED, latency)))
    with_steps(tmp_path, *WANTED)
    (file,) = stage_log(tmp_path, LIVE)
    for operators in ((), ("eve",), ("anna", "eve")):
        wanted = set(bound_faults(numbered_entries(file.path), 350, operators))
        assert set(bounds_of(file, 350, operators)) == wanted
    found = examine(rehearsal_scene(tmp_path), "decision_log")
    assert (found.status, len(found.reasons)) == (Status.BLOCKED, 1)
    assert f"took {latency} ms, the bound is 350 ms" in found.reasons[0]


def test_a_step_whose_file_was_changed_since_or_of_another_entrypoint_does_not_count(home: Path) -> None:
    file = home / "secrets/mtls/core-oem-metadata.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
    record_step(home, signer_of(home), "mtls_prepared", "ok", 1, [file])
    scene = rehearsal_scene(home)
    assert examine(scene, "decision_log").status is Status.OK
    file.write_text("{ }")
    found = examine(scene, "decision_log")
    assert (found.status, "core-oem-metadata.json, which is gone or was changed" in found.reasons[0]) == (Status.BLOCKED, True)
    file.write_text("{}")
    record_step(home, signer_of(home), "announcement", "failed", 1, [], facts={"entrypoint": "kraken_desktop_live"})
    assert examine(scene, "decision_log").status is Status.OK


def test_a_log_of_many_records_is_read_by_its_seal_in_a_moment(tmp_path: Path) -> None:
    log = LiveSegments(tmp_path / DIRECTORY, signer_of(tmp_path))
    body: JsonObject = {"client_order_id": "a" * 32, "latency_ms": 41, "note": "x" * 1400}
    log.append([("order", body, "anna")] * 4000)
    log.close()
    with_steps(tmp_path, *WANTED)
    began = time.process_time()
    (file,) = stage_log(tmp_path, LIVE)
    assert list(bounds_of(file, 350, ("anna",))) == []
    spent = time.process_time() - began
    assert len(file.data) > 7_000_000
    assert spent < 0.4, f"{spent:.3f} s for {len(file.data)} bytes: the records are read one by one"


def test_routes_rule_files_and_the_newest_report_are_looked_at(tmp_path: Path) -> None:
    scene = rehearsal_scene(tmp_path)
    found = examine(scene, "router")
    assert (found.status, found.next_command) == (Status.BLOCKED, "golive metrics rules")
    write_files(tmp_path / RULES_FOLDER, rule_files(scene.configuration))
    assert examine(scene, "router").status is Status.OK
    report = tmp_path / "logs/e2e/run_local_bot_live_20260101T000000Z_12345678.json"
    report.parent.mkdir(parents=True)
    told: JsonObject = {
        "mode": "live", "entrypoint": "okx_desktop_live", "run_id": "12345678", "status": "success",
        "started_at": "2026-01-01T00:00:00Z", "finished_at": None, "report_json": f"logs/e2e/{report.name}",
    }  # fmt: skip
    for needed, status in ((1, Status.BLOCKED), (0, Status.OK), (None, Status.UNKNOWN)):
        report.write_text(json.dumps({**told, "measured": {"failover_status": {"reconnect_required": needed}}}))
        assert examine(scene, "router").status is status
    told = {**told, "measured": {"failover_status": {"reconnect_required": 0}}}
    report.write_text(json.dumps(told))
    facts: JsonObject = {"entrypoint": "okx_desktop_live", "run_id": "12345678", "reconnect_required": 0}
    record_step(tmp_path, signer_of(tmp_path), "session_report", "success", 0, [report], facts=facts)
    found = examine(scene, "router")
    assert (found.status, [each.path for each in found.evidence]) == (Status.OK, [str(report.relative_to(tmp_path))])
    for change in (report.unlink, lambda: report.write_text(json.dumps({**told, "status": "breached"}))):
        change()
        [reason] = examine(scene, "router").reasons
        assert f"session 12345678 left logs/e2e/{report.name}, which is gone or was changed since" == reason
    record_step(tmp_path, signer_of(tmp_path), "session_report", "success", 0, [report], facts={**facts, "reconnect_required": 2})
    assert "2 adapters had to reconnect" in examine(scene, "router").reasons[0]
    record_step(tmp_path, signer_of(tmp_path), "session_report", "success", 0, [report], facts=facts)
    assert examine(scene, "router").status is Status.OK
    running = report.with_name("run_local_bot_live_20260101T010000Z_87654321.json")
    told = {
        **told, "run_id": "87654321", "started_at": "2026-01-01T01:00:00Z", "report_json": f"logs/e2e/{running.name}",
        "measured": {"failover_status": {"reconnect_required": 1}},
    }  # fmt: skip
    running.write_text(json.dumps(told))
    assert examine(scene, "router").reasons == ("1 adapters had to reconnect when session 87654321 reported",)
    running.unlink()
    core = tmp_path / "config/core.yaml"
    core.write_text(core.read_text().replace("routes: []", "routes: [{name: elsewhere, adapters: [bybit_spot]}]"))
    assert "no route takes okx:BTC/USDT" in examine(rehearsal_scene(tmp_path), "router").reasons[0]


def test_a_route_falls_back_to_venues_that_have_one_live_environment_alone(tmp_path: Path) -> None:
    route = "routes: [{name: over, adapters: [okx_spot, kraken_spot], allow_fallback: true}]"
    scene = rehearsal_scene(tmp_path, ("routes: []", route))
    trading = scene.configuration.runtime.trading
    fewer = {name: each for name, each in trading.entrypoints.items() if name != "kraken_desktop_live"}
    runtime = replace(scene.configuration.runtime, trading=replace(trading, entrypoints=fewer))
    without = replace(scene, configuration=replace(scene.configuration, runtime=runtime))
    assert [way.homeless for each in (scene, without) for way in router_evidence(each).ways] == [(), ("kraken_spot",)]


def test_audit_verify_asks_for_the_steps_of_an_entrypoint(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("audit", "verify", "--entrypoint", "okx_desktop_live", "--home", str(home))
    assert main([*words]) == 0
    assert "clean         steps to live of okx_desktop_live (mtls_prepared, " in capsys.readouterr().out
    with_steps(home, "router_configured", status="blocked")
    assert main([*words]) == 1
    assert "the step router_configured of 2026-01-01T00:00:00Z by golive ended blocked" in capsys.readouterr().out
    assert main([*words[:2], *words[4:], str(home / LOG)]) == 0


def test_audit_verify_says_6_of_a_step_that_a_running_session_brings(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rehearsal_scene(tmp_path)
    write(tmp_path, (decided(1), end(1, OrderResult.CANCELED, 349)))
    with_steps(tmp_path, *WANTED[:3])
    assert main(["audit", "verify", "--entrypoint", "okx_desktop_live", "--home", str(tmp_path)]) == 6
    assert "the step daemon_start is missing" in capsys.readouterr().out
    assert main(["audit", "verify", "--home", str(tmp_path)]) == 2
