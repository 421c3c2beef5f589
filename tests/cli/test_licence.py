"""`oem_provision_license.py`, `golive licence` and `golive issuer`: what is typed, what is shown, exit codes; and a start refused."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golive.cli import main as command_line
from golive.config.licensing_section import Licensing
from golive.runtime.clock import SystemClock
from golive.runtime.licence.desk import LicenceDesk
from golive.security.licence.judge import Wanted
from support.forked_golive import ForkedHome
from support.golive_process import ROOT, Home

PASSPHRASE = "correct horse battery\n"
SCHEMA = json.loads((ROOT / "docs/schemas/golive.licence_verification.v1.json").read_text())
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return Home(tmp_path).path


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path) -> Say:
    def run(*words: str, typed: str = "", at_home: bool = True) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = command_line.main([*words, *(("--home", str(home)) if at_home else ())])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def steps(home: Path) -> list[str]:
    """How the verifications ended that the decision log of live orders tells of."""
    rows = [json.loads(line) for line in (home / "audit/decision_logs/live_execution.jsonl").read_text().splitlines()]
    return [row["body"]["status"] for row in rows if row["body"].get("step") == "licence_verified"]


def make_development(home: Path) -> None:
    LicenceDesk(home=home, licensing=Licensing(), clock=SystemClock()).demand(Wanted(("desktop", "okx")), "start")


@pytest.mark.parametrize(
    ("script", "is_valid"), [("oem_provision_license.py", False), ("scripts/oem_provision_license.py", True)]
)
def test_the_scripts_verify_with_no_further_argument(home: Path, script: str, is_valid: bool) -> None:
    if is_valid:
        make_development(home)
    environment = {**os.environ, "GOLIVE_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, ROOT / script, "--verify"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0 if is_valid else 1, "")
    assert done.stdout.splitlines()[0].split()[:2] == ["licence", "ok" if is_valid else "FAULT"]
    assert ("never for live" in done.stdout) is is_valid
    [evidence] = (home / "var/audit/licences").glob("verify_*.json")
    document = json.loads(evidence.read_bytes())
    Draft202012Validator(SCHEMA).validate(document)
    assert document["valid"] is is_valid
    rows = [json.loads(line)["body"] for line in (home / "audit/decision_logs/live_execution.jsonl").read_text().splitlines()]
    [step] = [row for row in rows if row.get("step") == "licence_verified"]
    assert (step["status"], step.get("development")) == (("ok", True) if is_valid else ("blocked", None))


def test_the_script_takes_the_folder_in_which_it_is_run_for_the_installation_as_every_command_does(home: Path) -> None:
    make_development(home)
    environment = {name: value for name, value in os.environ.items() if name != "GOLIVE_HOME"}
    command = [sys.executable, str(ROOT / "oem_provision_license.py"), "--verify"]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(list((home / "var/audit/licences").glob("verify_*.json"))) == 1


def test_no_session_starts_with_a_licence_that_is_not_good(home: Path) -> None:
    make_development(home)
    path = home / "var/licenses/active/license.json"
    path.write_bytes(path.read_bytes().replace(b'"alg": "Ed25519"', b'"alg": "none"'))
    world = ForkedHome.__new__(ForkedHome)
    world.path, world.env = home, {k: v for k, v in os.environ.items() if not k.startswith("GOLIVE")}
    done = world.golive("run", "--mode", "demo", "--json", timeout_s=60)
    assert done.code == 3
    assert done.report["status"] == "blocked"
    [error] = done.report["errors"]
    assert error.startswith("no valid licence: licence: alg is not Ed25519")


def test_a_licence_from_its_issuer_to_its_machine(say: Say, home: Path, tmp_path: Path) -> None:
    key, out = str(tmp_path / "issuer.key"), str(tmp_path / "out")
    code, told, _ = say("issuer", "make-key", key, at_home=False)
    public = told.splitlines()[1].split()[-1]
    assert code == 0
    assert Path(key).stat().st_mode & 0o777 == 0o600
    assert Path(key).read_text().strip() not in told
    assert say("issuer", "make-key", key, at_home=False)[0] == 2, "a key is never replaced"
    make_development(home)
    request = tmp_path / "request.json"
    device = json.loads((home / "var/licenses/active/fingerprint.json").read_bytes())["payload"]
    if len(device["factors"]) < 2:
        pytest.skip("this machine says less than two things of itself: no licence can be bound to it")
    assert say("licence", "request", str(request), at_home=False)[0] == 0
    words = (
        "provision",
        "--issue",
        out,
        "--request",
        str(request),
        "--customer",
        "Acme",
        "--profile",
        "desktop",
        "--profile",
        "okx",
    )
    assert say(*words)[0] == 2, "without the key"
    assert say(*words, "--signing-key", key, "--environment", "live")[0] == 0
    assert say("operator", "add", "olga", "--role", "oem", typed=PASSPHRASE)[0] == 0
    assert say("operator", "add", "carl", "--role", "risk", typed=PASSPHRASE)[0] == 0
    assert say("provision", "--install", out, "--operator", "carl", typed=PASSPHRASE)[0] == 3
    code, _, err = say("provision", "--install", out, "--operator", "olga", typed=PASSPHRASE)
    assert code == 3
    assert "nobody here knows" in err
    runtime = home / "config/runtime.yaml"
    own = f"    issuer_keys:\n      - issuer: dudzian\n        public_key: {public}\n"
    runtime.write_text(runtime.read_text().replace("    max_validity_days", f"{own}    max_validity_days"))
    assert say("provision", "--install", out, "--operator", "olga", typed=PASSPHRASE)[0] == 0
    code, told, _ = say("provision", "--verify", "--json")
    assert (code, json.loads(told)["live_allowed"]) == (0, True)
    assert steps(home) == ["ok"]
    code, told, _ = say("licence", "show")
    assert (code, told.splitlines()[-1].split()[0]) == (0, "valid")
    active = home / "var/licenses/active"
    license_id = json.loads((active / "license.json").read_bytes())["payload"]["license_id"]
    code, told, _ = say("issuer", "list", "--out", out, "--signing-key", key, "--revoke", license_id)
    assert (code, told.splitlines()[0].endswith(f"; it takes back {license_id}")) == (0, True)
    assert say("licence", "sync", f"{out}/revocations.json")[0] == 0
    assert say("licence", "show")[0] == 3
    assert say("provision", "--verify")[0] == 1
    assert steps(home) == ["ok", "blocked"]
    assert command_line.main(["audit", "verify", "--all", "--home", str(home)]) == 0


def test_one_way_at_a_time(say: Say) -> None:
    assert say("provision")[0] == 2
    assert say("provision", "--verify", "--install", "x")[0] == 2
    assert say("licence", "refresh-fingerprint")[0] == 2
    assert say("licence", "accept-clock")[0] == 2
    assert say("licence", "sync", "nothing.json")[0] == 2
    assert say("licence", "show")[0] == 3
