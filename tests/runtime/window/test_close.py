"""`golive window close`: what is archived and summed up, that a stranger can verify it, and what kills and changes come to."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golive.audit import Entry
from golive.cli.main import main
from golive.model.alert import AlertOutcome, AlertSeverity
from golive.model.clock import SECOND, Clock, from_iso, to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode
from golive.runtime.audit_bundle.parts import SUMS, listed, sums_of
from golive.runtime.clock import SystemClock
from golive.runtime.freeze import freeze
from golive.runtime.gate import close_gate
from golive.runtime.host_signer import host_signer
from golive.runtime.operators import record_act
from golive.runtime.window.archive import DIRECTORY, archive_faults, made_archive
from golive.runtime.window.close import Closed, close_window
from golive.runtime.window.make import Closing, make_archive
from golive.runtime.window.span import LAST_OPENING, closed_windows, open_span
from golive.storage import failpoint
from golive.storage.decision_step import record_step, recorded_steps
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.row import row_mac
from golive.storage.verified import VerificationKeys, entries
from support.alert_services import Webhook
from support.durable import keys_of
from support.gates import MovedClock
from support.golive_process import GOLIVE
from support.live_window import (
    ENTRYPOINT,
    PASSPHRASE,
    decide,
    fill,
    observe,
    open_gate,
    outcome,
    traded_home,
    window_home,
    window_scene,
)
from support.published import published

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(home: Path, *words: str, person: str = "olga") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE.reveal()}\n"))
        given = ["--entrypoint", ENTRYPOINT, "--operator", person, "--home", str(home), *(words or ("--no-dashboards",))]
        return main(["window", "close", *given])

    return run


def transitions(home: Path) -> list[dict[str, Any]]:
    files = sorted((home / "audit/decisions").glob("*.jsonl"))
    return [dict(each.body) for path in files for each in entries(path) if each.body.get("event") == "stage_transition"]


def closings(home: Path) -> list[dict[str, Any]]:
    return [dict(each.body) for each in recorded_steps(home, "live") if each.body["step"] == "window_closed"]


def gate_records(home: Path) -> list[Entry]:
    return [each for each in entries(home / f"var/audit/gate/{ENTRYPOINT}.jsonl") if each.type.startswith("gate_")]


def gate_types(home: Path) -> list[str]:
    return [each.type for each in gate_records(home)]


def archives(home: Path) -> list[Path]:
    return sorted(each for each in (home / DIRECTORY).iterdir() if each.is_dir())


def keys(home: Path) -> dict[str, bytes]:
    return dict(VerificationKeys.of_home(home).seal)


def test_a_window_is_closed_archived_summed_up_and_told(
    home: Path, hook: Webhook, say: Callable[..., int], capsys: Captured
) -> None:
    before = len(hook.received)
    assert say(home, "--no-dashboards", "--json") == 0
    summary = published(capsys.readouterr().out)
    [archive] = archives(home)
    assert json.loads((archive / "migration_summary.json").read_text()) == summary
    manifest = published((archive / "manifest.json").read_text())
    assert (summary["environment"], summary["from"], summary["to"], summary["evidence_class"]) == (
        "okx_live", "paper", "live", "custom",
    )  # fmt: skip
    assert summary["window"]["observation"] == {"minutes": 60, "status": "ok"}
    statuses = {name: summary[name]["status"] for name in ("kyc", "risk_limits", "alerts", "slo")}
    assert statuses == {"kyc": "not_applicable", "risk_limits": "ok", "alerts": "ok", "slo": "ok"}
    assert gate_types(home) == ["gate_opened", "gate_closed"]
    [mark] = transitions(home)
    assert (mark["from"], mark["to"], mark["operators"]) == ("paper", "live", ["leo", "olga"])
    assert mark["gate_report_sha256"] == manifest["gate_report_sha256"]
    assert (mark["stage"], mark["evidence_class"]) == ("rehearsal", "custom")
    assert (manifest["closed_by"], manifest["operators"], manifest["dashboards"]) == ("olga", ["leo", "olga"], "not_asked")
    assert "what the dashboards showed was not asked for, by olga" in summary["warnings"]
    assert any(each.startswith("kyc_aml_signoff: require_signoff is false") for each in summary["warnings"])
    [admin] = [each for each in manifest["logs"] if each["files"] == ["logs/logs/security_admin.log"]]
    assert 0 < admin["in_window"] < admin["records"]
    [step] = closings(home)
    assert (step["status"], step["archive"]) == ("ok", str(archive.relative_to(home)))
    assert {each["path"] for each in step["artefacts"]} == {f"{archive.relative_to(home)}/{name}" for name in (
        "manifest.json", "migration_summary.json",
    )}  # fmt: skip
    for name in ("migration_summary.json", "migration_summary.json.sig"):
        assert (home / DIRECTORY / name).read_bytes() == (archive / name).read_bytes()
    assert gate_records(home)[-1].body["by"] == "olga"
    assert [each["title"][-14:] for each in hook.received[before:]] == ["okno zamknięte"] * 2
    assert "compliance" in hook.received[-1]["message"]
    names = {each["path"] for each in manifest["files"]}
    assert {
        "logs/logs/risk_decisions.jsonl", "logs/audit/decision_logs/live_execution.jsonl", "slo_report.json",
        f"logs/var/audit/gate/{ENTRYPOINT}.jsonl", "orders/okx_spot_okx_live_trading.jsonl",
        "orders/okx_spot_okx_live_trading.seal",
    } <= names  # fmt: skip
    assert all(
        any(name.startswith(each) for name in names) for each in ("gate/report_", "freeze/", "communications/", "logs/alerts/")
    )
    assert say(home) == 0
    assert "closed before" in capsys.readouterr().out
    assert (len(transitions(home)), len(closings(home)), len(archives(home)), len(hook.received) - before) == (1, 1, 1, 2)


def test_an_auditor_verifies_it_with_sha256sum_openssl_and_the_second_verifier(archived: Path) -> None:
    [archive] = archives(archived)
    commands = re.findall(r"```\n(.*?)\n```", (archive / "README.md").read_text(), re.DOTALL)[0].splitlines()
    commands.append(commands[1].replace("manifest.json", "migration_summary.json"))
    logs = [each for each in commands if "verify_journal" in each]
    assert len(logs) == 5
    joined = " && ".join(commands)
    done = subprocess.run(["bash", "-c", joined], cwd=archive, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.count("\nclean")) == (0, 5), done.stdout + done.stderr


def test_the_command_as_a_process_tells_what_the_last_window_came_to(archived: Path) -> None:
    words = ["window", "close", "--entrypoint", ENTRYPOINT, "--operator", "olga", "--json", "--home", str(archived)]
    done = subprocess.run([*GOLIVE, *words], input=f"{PASSPHRASE.reveal()}\n", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert published(done.stdout)["slo"] == {"status": "ok", "breached": []}


def test_the_order_journal_is_exported_with_its_chain(archived: Path) -> None:
    [archive] = archives(archived)
    first, *rows = map(json.loads, (archive / "orders/okx_spot_okx_live_trading.jsonl").read_text().splitlines())
    assert first["journal"]["account"] == "okx_live_trading"
    key = keys_of(archived).mac_key
    for row in rows:
        text = json.dumps(row["row"], separators=(",", ":"), ensure_ascii=False).encode()
        assert row_mac(key, bytes.fromhex(row["prev_mac"]), text).hex() == row["mac"]
    assert {row["row"][0] for row in rows} >= {"openings", "decisions", "intents", "attempts", "answers", "ends"}


def test_every_change_of_every_file_is_found_and_named(archived: Path, tmp_path: Path) -> None:
    copy = tmp_path / "archive"
    shutil.copytree(archives(archived)[0], copy)
    ours = keys(archived)
    assert archive_faults(copy, ours) == ()
    for path in sorted(each for each in copy.rglob("*") if each.is_file()):
        data = path.read_bytes()
        for changed in (data[:-1] + bytes([data[-1] ^ 1]), data[: len(data) // 2], data + b"\n"):
            path.write_bytes(changed)
            assert archive_faults(copy, ours), path
        path.unlink()
        assert any(path.name.removesuffix(".sig") in each for each in archive_faults(copy, ours)), path
        path.write_bytes(data)
    (copy / "logs/more.jsonl").write_text("{}\n")
    assert any("logs/more.jsonl: is not listed" in each for each in archive_faults(copy, ours))
    (copy / "logs/more.jsonl").unlink()
    assert archive_faults(copy, {}) != ()
    (tmp_path / "link").symlink_to(copy)
    assert archive_faults(tmp_path / "link", ours) == ("link: there is no such archive",)
    assert archive_faults(copy, ours) == ()


def test_a_file_that_was_changed_together_with_its_checksum_is_named_by_the_manifest(archived: Path, tmp_path: Path) -> None:
    copy = tmp_path / "archive"
    shutil.copytree(archives(archived)[0], copy)
    (copy / "slo_report.json").write_text("{}\n")
    (copy / SUMS).write_bytes(sums_of([each for each in listed(copy) if each.path != SUMS]))
    assert archive_faults(copy, keys(archived)) == ("slo_report.json: is not the file that manifest.json lists",)


def test_an_archive_that_is_damaged_before_it_is_examined_closes_no_window(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def then_damaged(closing: Closing, ours: SigningKeys) -> Path:
        folder = make_archive(closing, ours)
        (home / folder / "slo_report.json").write_text("{}\n")
        return folder

    monkeypatch.setattr("golive.runtime.window.close.make_archive", then_damaged)
    closed = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=0.1)
    assert closed.exit_code is ExitCode.UNKNOWN
    assert "slo_report.json: is not the file that manifest.json lists" in closed.faults
    assert (transitions(home), closings(home), gate_types(home)) == ([], [], ["gate_opened", "gate_closed"])
    assert not (home / DIRECTORY / "migration_summary.json").exists()


def test_a_log_that_is_not_what_was_written_leaves_the_window_in_doubt(home: Path) -> None:
    log = home / "logs/risk_decisions.jsonl"
    log.write_bytes(log.read_bytes().replace(b"okx", b"OKX", 1))
    closed = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=0.1)
    assert closed.exit_code is ExitCode.UNKNOWN
    assert any("risk_decisions.jsonl is tampered" in each for each in closed.doubts)
    again = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=0.1)
    assert (again.is_new, again.exit_code, again.doubts) == (False, ExitCode.UNKNOWN, closed.doubts)


def test_a_window_whose_archive_was_damaged_since_is_not_told_as_it_was(archived: Path, tmp_path: Path) -> None:
    home = Path(shutil.copytree(archived, tmp_path / "home"))
    (archives(home)[0] / "slo_report.json").write_text("{}\n")
    told = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=0.1)
    assert (told.is_new, told.exit_code) == (False, ExitCode.UNKNOWN)
    assert "slo_report.json: is not the file that manifest.json lists" in told.faults


def test_the_gate_of_another_entrypoint_has_windows_of_its_own(archived: Path) -> None:
    assert len(closed_windows(archived, ENTRYPOINT)) == 1
    assert closed_windows(archived, "kraken_desktop_live") == ()


def test_a_window_begins_behind_the_last_one_that_was_closed(home: Path) -> None:
    signer = host_signer(home, SystemClock(), "olga")
    for _ in range(2):
        facts: JsonObject = {"entrypoint": ENTRYPOINT, LAST_OPENING: gate_records(home)[-1].seq}
        record_step(home, signer, "window_closed", "ok", 0, [], facts=facts)
        assert open_span(home, ENTRYPOINT) is None
        open_gate(home)
    span, opened = open_span(home, ENTRYPOINT), gate_records(home)
    assert span is not None
    assert ([each.opened_at for each in span.openings], len(opened)) == ([from_iso(opened[-1].ts)], 3)


def test_a_gates_journal_that_is_gone_is_no_window_that_never_was(archived: Path, tmp_path: Path) -> None:
    seal = f"var/audit/gate/{ENTRYPOINT}.seal.json"
    (tmp_path / seal).parent.mkdir(parents=True)
    shutil.copy(archived / seal, tmp_path / seal)
    with pytest.raises(JournalError, match="is gone, yet a seal of it lies there"):
        open_span(tmp_path, ENTRYPOINT)


def test_an_archive_whose_signature_is_not_ours_is_not_the_one_of_the_window(archived: Path, tmp_path: Path) -> None:
    shutil.copytree(archived / DIRECTORY, tmp_path / DIRECTORY)
    [archive] = archives(tmp_path)
    closed_at = json.loads((archive / "manifest.json").read_text())["closed_at"]
    found = made_archive(tmp_path, ENTRYPOINT, closed_at, keys(archived))
    assert found is not None
    assert tmp_path / found.folder == archive
    assert made_archive(tmp_path, "kraken_desktop_live", closed_at, keys(archived)) is None
    (archive / "manifest.json.sig").write_bytes(bytes(64))
    assert made_archive(tmp_path, ENTRYPOINT, closed_at, keys(archived)) is None


def test_what_was_listed_and_signed_anew_by_another_installation_is_not_ours(archived: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "archive", keys_of(tmp_path / "other")
    shutil.copytree(archives(archived)[0], copy)
    for name in ("manifest.json", "migration_summary.json"):
        (copy / f"{name}.sig").write_bytes(other.sign((copy / name).read_bytes()))
    assert "manifest.json: its signature does not hold" in archive_faults(
        copy, {**keys(archived), other.seal_key_id: other.public_key}
    )


def killed(home: Path, clock: Clock, point: str) -> None:
    """Close the window in a process that is killed at `point`."""
    pid = os.fork()
    if pid == 0:
        os.close(2)
        failpoint.arm(point)
        close_window(window_scene(home, clock), "olga", PASSPHRASE, prometheus="", wait_s=20)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


@pytest.mark.parametrize(
    "point",
    ["window.gate_shut", "window.copied", "window.summed", "window.archived", "window.transition"],
)
def test_a_closing_that_was_killed_is_finished_by_the_next_and_nothing_is_done_twice(home: Path, point: str) -> None:
    killed(home, SystemClock(), point)
    assert gate_types(home)[-1] == "gate_closed"
    assert closings(home) == []
    done = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    assert (done.exit_code, done.faults, done.is_new) == (ExitCode.OK, (), True)
    assert [each.name[0] for each in archives(home)] == ["2"]
    assert (len(transitions(home)), len(closings(home)), gate_types(home).count("gate_closed")) == (1, 1, 1)
    begun = [each for each in entries(home / "logs/security_admin.log") if each.type == "live_window_closing"]
    assert [each.body["closed_at"] for each in begun] == [done.summary["window"]["closed_at"]]


def test_a_second_window_of_the_day_has_an_archive_of_its_own(home: Path, say: Callable[..., int]) -> None:
    assert say(home) == 0
    open_gate(home)
    decide(home, "RISK_DAILY_LOSS", "RISK_DAILY_LOSS")
    observe(home, "ok", minutes="0.05")
    fill(home, 1.0)
    assert say(home) == 5
    first, second = archives(home)
    assert second.name == f"{first.name}-2"
    summary = json.loads((second / "migration_summary.json").read_text())
    assert (summary["risk_limits"]["status"], summary["risk_limits"]["breaches"]) == ("breached", 1)
    assert summary["window"]["observation"] == {"minutes": 0.05, "status": "ok"}
    assert json.loads((first / "migration_summary.json").read_text())["risk_limits"]["breaches"] == 0
    assert [each["manifest_sha256"] for each in transitions(home)] == [each["manifest_sha256"] for each in closings(home)]
    assert say(home) == 5, "the last one is told"
    assert main(["window", "verify", "--home", str(home)]) == 0
    (second / "slo_report.json").write_text("{}")
    assert main(["window", "verify", second.name, "--home", str(home)]) == 3
    assert main(["window", "verify", first.name, "--home", str(home)]) == 0
    assert main(["window", "verify", "20200101", "--home", str(home)]) == 2


def _announced(home: Path, name: str) -> None:
    """Let the log say that another document was announced."""
    path = home / "communications" / name
    path.write_text(name)
    document = {"path": f"communications/{name}", "sha256": hashlib.sha256(name.encode()).hexdigest()}
    facts: JsonObject = {"entrypoint": ENTRYPOINT, "document": document}
    record_step(home, host_signer(home, SystemClock(), "cora"), "announcement", "ok", 0, [], facts=facts)


def test_a_gate_that_was_opened_again_behind_a_closing_that_failed_is_of_the_same_window(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The window ends with the last closing that began, and nothing of before the last opening is taken for it."""

    def close() -> Closed:
        return close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)

    def begun() -> list[Entry]:
        return [each for each in entries(home / "logs/security_admin.log") if each.type == "live_window_closing"]

    def full(closing: Closing, ours: SigningKeys) -> Path:
        raise JournalError("no space is left")

    monkeypatch.setattr("golive.runtime.window.close.make_archive", full)
    with pytest.raises(JournalError, match="no space"):
        close()
    core = home / "config/core.yaml"
    core.write_text(core.read_text() + "# a word more\n")
    freeze(home, home / "config/runtime.yaml", {}, "rita", PASSPHRASE)
    open_gate(home)
    _announced(home, "second.md")
    with pytest.raises(JournalError, match="no space"):
        close()
    monkeypatch.undo()
    [_, last] = begun()
    other: JsonObject = {"entrypoint": "kraken_desktop_live", "opened_at": last.ts, "closed_at": to_iso(SystemClock().now())}
    record_act(home, "live_window_closing", other, "olga", clock=SystemClock())
    _announced(home, "too_late.md")
    done = close()
    assert (len(begun()), last.operator, done.is_new, done.faults) == (3, "olga", True, ())
    opened = [each for each in gate_records(home) if each.type == "gate_opened"]
    window = done.summary["window"]
    assert (from_iso(window["opened_at"]), window["closed_at"]) == (from_iso(opened[0].ts), last.body["closed_at"])
    assert window["duration_seconds"] == round((from_iso(window["closed_at"]) - from_iso(window["opened_at"])) / SECOND, 3)
    [archive], [mark] = archives(home), transitions(home)
    assert mark["gate_report_sha256"] == opened[0].body["report_sha256"]
    assert {each.name for each in (archive / "gate").iterdir()} == {Path(str(each.body["report"])).name for each in opened}
    assert [each.name for each in (archive / "communications").iterdir()] == ["second.md"]
    [frozen] = (archive / "freeze").iterdir()
    assert (frozen / "core.yaml").read_bytes() == core.read_bytes()
    assert (archive / "logs/var/audit/stage6/register.json").is_file()
    assert done.summary["config"]["core_sha256"] == dict[str, Any](opened[0].body)["bound"]["core_sha256"]
    assert "core_sha256 is not what the gate was opened for" in done.summary["warnings"]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def _change_risk_log(home: Path) -> None:
    path = home / "logs/risk_decisions.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"APPROVED"', b'"APPROVEE"'))


def _never_frozen(home: Path) -> None:
    shutil.rmtree(home / "var/audit/stage6")
    for path in (home / "var/audit/seals").glob("freezes.*"):
        path.unlink()


MEASURED: dict[str, tuple[Callable[[Path], object], str, str, int, str]] = {
    "a failed observation": (lambda home: observe(home, "breached"), "observation", "breached", 5, "observation was breached"),
    "one that failed before": (lambda home: observe(home, "breached", "ok"), "observation", "ok", 0, "an earlier observation, of 2"),
    "a gate that shut itself": (
        lambda home: close_gate(home, ENTRYPOINT, "mtls is blocked", SystemClock()), "observation", "ok", 0, "mtls is blocked",
    ),
    "an observation of no verdict": (lambda home: observe(home, "fine", minutes="many"), "observation", "unknown", 6, ""),
    "a loss limit": (lambda home: decide(home, "RISK_DRAWDOWN"), "risk_limits", "breached", 5, ""),
    "other limits": (lambda home: decide(home, "APPROVED", digest="ee" * 32), "risk_limits", "breached", 5, "1 risk decisions"),
    "a changed risk log": (_change_risk_log, "risk_limits", "unknown", 6, "risk_decisions.jsonl: tampered"),
    "orders not filled": (lambda home: fill(home, 0.5), "slo", "breached", 5, "fill_ratio is breach"),
    "orders not filled before it": (lambda home: fill(home, 0, run_id="cd" * 16, ago_s=3600), "slo", "ok", 0, ""),
    "an alert nobody took": (lambda home: outcome(home, AlertOutcome.FAILED), "alerts", "breached", 5, ""),
    "an alert taken at last": (
        lambda home: outcome(home, AlertOutcome.FAILED, AlertOutcome.DELIVERED), "alerts", "ok", 0, "",
    ),
    "a critical one held back": (
        lambda home: outcome(home, AlertOutcome.SUPPRESSED, severity=AlertSeverity.CRITICAL), "alerts", "breached", 5, "",
    ),
    "one of another entrypoint": (
        lambda home: outcome(home, AlertOutcome.FAILED, entrypoint="kraken_desktop_paper"), "alerts", "ok", 0, "",
    ),
    "a configuration that was never frozen": (_never_frozen, "slo", "ok", 0, "freeze: the configuration was never frozen"),
    "a register of freezes that is gone": (
        lambda home: (home / "var/audit/stage6/register.json").unlink(), "slo", "ok", 6, "freeze: ",
    ),
    "a changed report of the gate": (
        lambda home: next((home / "var/audit/gate").glob("report_*")).write_text("{}"), "slo", "ok", 0, "not the file that was",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MEASURED)
def test_what_happened_is_what_the_summary_says(case: str, home: Path) -> None:
    act, part, status, code, warns = MEASURED[case]
    act(home)
    done = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    found = done.summary["window"]["observation"] if part == "observation" else done.summary[part]
    assert (found["status"], int(done.exit_code)) == (status, code), (done.doubts, done.summary["warnings"])
    assert any(warns in each for each in done.summary["warnings"])


def test_what_nobody_measured_or_took_is_unknown(
    tmp_path: Path, hook: Webhook, say: Callable[..., int], capsys: Captured
) -> None:
    home = traded_home(tmp_path / "home", hook)
    hook.status = 503
    try:
        assert say(home, "--prometheus", "http://127.0.0.1:9", "--wait", "1") == 6
    finally:
        hook.status = 200
    told = capsys.readouterr()
    assert "observation  unknown" in told.out
    assert "slo          unknown" in told.out
    assert "what the dashboards showed is not kept" in told.out
    assert "what the dashboards showed is missing" in told.err
    assert "sec-alerts has not taken the notice yet" in told.err


def test_it_is_refused_while_a_session_runs_without_a_window_and_to_others(
    home: Path, tmp_path: Path, hook: Webhook, say: Callable[..., int], capsys: Captured
) -> None:
    with (home / f"var/state/{ENTRYPOINT}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert say(home) == 3
    assert "is running already" in capsys.readouterr().err
    assert say(home, "--prometheus", "127.0.0.1:9090") == 2
    assert "is no address of a Prometheus" in capsys.readouterr().err
    assert gate_types(home) == ["gate_opened"]
    assert say(home, person="cora") == 3
    assert "window.close" in capsys.readouterr().err
    never = window_home(tmp_path / "never", hook)
    assert say(never) == 3
    assert "was never opened" in capsys.readouterr().err
    assert main(["window", "verify", "--home", str(never)]) == 6
    _cut(home / f"var/audit/gate/{ENTRYPOINT}.jsonl")
    assert say(home) == 70
    assert not (home / DIRECTORY).exists() or archives(home) == []


def test_a_window_that_was_closed_by_a_clock_ahead_does_not_hide_the_next_one(home: Path) -> None:
    ahead = MovedClock()
    ahead.ahead = 3600 * SECOND
    first = close_window(window_scene(home, ahead), "olga", PASSPHRASE, prometheus="", wait_s=20)
    open_gate(home)
    observe(home, "ok", minutes="0.05")
    fill(home, 1.0)
    second = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    assert second.is_new
    assert second.folder != first.folder
    assert gate_types(home)[-1] == "gate_closed"
    told = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    assert (told.folder, told.is_new) == (second.folder, False)


def test_a_closing_that_was_killed_by_a_clock_ahead_is_not_the_one_of_a_gate_that_was_opened_since(home: Path) -> None:
    ahead = MovedClock()
    ahead.ahead = 3600 * SECOND
    killed(home, ahead, "window.archived")
    open_gate(home)
    observe(home, "ok", minutes="0.05")
    fill(home, 1.0)
    done = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    assert done.summary["window"]["observation"] == {"minutes": 0.05, "status": "ok"}
    assert len(list((home / done.folder / "gate").iterdir())) == 2, "the reports of both openings"


def test_a_clock_that_was_put_back_closes_the_gate_and_no_window(home: Path) -> None:
    behind = MovedClock()
    behind.ahead = -3600 * SECOND
    with pytest.raises(PrerequisiteMissing, match="which is to come by this clock: set it"):
        close_window(window_scene(home, behind), "olga", PASSPHRASE, prometheus="", wait_s=0.1)
    assert (gate_types(home)[-1], closings(home), archives(home)) == ("gate_closed", [], [])
    done = close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20)
    assert (done.exit_code, done.is_new, len(archives(home))) == (ExitCode.OK, True, 1)
