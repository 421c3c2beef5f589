"""`golive freeze`: what it archives, that others can check it, and that nothing but what was frozen last is live."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from golive.cli.main import main
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.model.verdict import Stage
from golive.readiness import Status
from golive.readiness.checks.config_freeze import config_freeze
from golive.runtime.clock import SystemClock
from golive.runtime.freeze import Freeze, freeze
from golive.runtime.operators import add_operator
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan, plan_run
from golive.runtime.prerequisite import freeze_refusals, open_gate
from golive.runtime.readiness.config_freeze import freeze_evidence
from golive.runtime.secret_store import StoredSecrets
from golive.storage import failpoint
from golive.storage.config_files import load_configuration
from golive.storage.freeze_archive import DIRECTORY, FILES, FreezeArchive
from golive.storage.keys import SigningKeys
from golive.storage.public_keys import read_public_key
from support.configuration import ROOT

PASSPHRASE = Secret("seven brown otters swim")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with somebody of role runtime; OKX is rehearsed by its endpoint alone."""
    home = tmp_path_factory.mktemp("installed") / "home"
    shutil.copytree(ROOT / "config", home / "config")
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("endpoint: production  ", "endpoint: http://127.0.0.1:8080  ", 1))
    add_operator(home, "rita", ["runtime"], PASSPHRASE, by=None)
    add_operator(home, "olga", ["operator"], PASSPHRASE, by=None)
    return home


@pytest.fixture(scope="module")
def frozen(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("frozen") / "home"
    shutil.copytree(installed, home)
    made(home)
    return home


@pytest.fixture
def home(frozen: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(frozen, tmp_path / "home"))


def made(home: Path, person: str = "rita", environ: dict[str, str] | None = None) -> Freeze:
    return freeze(home, home / "config/runtime.yaml", environ or {}, person, PASSPHRASE)


def folder_of(home: Path) -> Path:
    [folder] = (home / DIRECTORY).glob("2*Z")
    return folder


def judged(home: Path) -> tuple[Status, str]:
    configuration = load_configuration(home / "config/runtime.yaml", {})
    found = config_freeze(freeze_evidence(home, configuration, SystemClock()))
    return found.status, "; ".join(found.reasons)


def planned(home: Path, entrypoint: str = "okx_desktop_live") -> Plan:
    runtime = home / "config/runtime.yaml"
    return plan_run(RunOptions(mode="live", entrypoint=entrypoint), load_configuration(runtime, {}), runtime, home)


def validate(document: dict[str, object]) -> None:
    schema = json.loads((ROOT / f"docs/schemas/{document['schema']}.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)


def test_the_archive_is_both_files_their_sums_and_a_persons_signature(home: Path) -> None:
    folder = folder_of(home)
    assert sorted(each.name for each in folder.iterdir()) == sorted(FILES)
    for name in ("core.yaml", "runtime.yaml"):
        assert (folder / name).read_bytes() == (home / "config" / name).read_bytes()
    document = json.loads((folder / "freeze.json").read_bytes())
    assert (document["schema"], document["person"], document["roles"]) == ("golive.freeze.v1", "rita", ["runtime"])
    assert document["files"].keys() == set(FILES) - {"freeze.json"}
    validate(document)
    assert judged(home) == (Status.OK, "")
    assert main(["audit", "verify", "--all", "--home", str(home)]) == 0


def test_others_can_check_it_without_us(home: Path) -> None:
    folder = folder_of(home)
    for words in (["sha256sum", "-c", "SHA256SUMS"], ["sha384sum", "-c", "execution.sha384"]):
        subprocess.run(words, cwd=folder, check=True, capture_output=True)
    document = json.loads((folder / "freeze.json").read_bytes())
    signature = bytes.fromhex(document.pop("signature"))
    _, key = read_public_key(home / f"var/audit/keys/{document['key_id']}.json")
    (home / "body").write_bytes(json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    (home / "signature").write_bytes(signature)
    (home / "key.der").write_bytes(bytes.fromhex("302a300506032b6570032100") + key)
    judge = "openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey key.der -sigfile signature -in body"
    assert subprocess.run(judge.split(), cwd=home, check=False, capture_output=True).returncode == 0
    (home / "body").write_bytes((home / "body").read_bytes().replace(b"rita", b"olga"))
    assert subprocess.run(judge.split(), cwd=home, check=False, capture_output=True).returncode != 0


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("how", ["byte", "cut", "gone"])
def test_an_archive_that_was_changed_blocks(home: Path, name: str, how: str) -> None:
    path = folder_of(home) / name
    data = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(data[:-1] if how == "cut" else data[:40] + bytes([data[40] ^ 1]) + data[41:])
    status, why = judged(home)
    assert status is Status.BLOCKED
    assert name in why


def _link(home: Path) -> None:
    path = folder_of(home) / "core.yaml"
    path.rename(home / "elsewhere")
    path.symlink_to(home / "elsewhere")


def _signed_by_another(home: Path) -> None:
    path = folder_of(home) / "freeze.json"
    path.write_bytes(path.read_bytes().replace(b'"rita"', b'"olga"'))


CHANGES: dict[str, tuple[Callable[[Path], object], Status, str]] = {
    "a strange file": (lambda home: (folder_of(home) / "notes").touch(), Status.BLOCKED, "notes: does not belong"),
    "a link": (_link, Status.BLOCKED, "core.yaml: is missing or cannot be read"),
    "another person": (_signed_by_another, Status.BLOCKED, "not the one that the register has"),
    "a folder gone": (lambda home: shutil.rmtree(folder_of(home)), Status.BLOCKED, "freeze.json: is missing"),
    "a register cut": (lambda home: (home / DIRECTORY / "register.json").write_text("{}"), Status.UNKNOWN, "register"),
    "its seal gone": (lambda home: (home / DIRECTORY / "register.seal.json").unlink(), Status.UNKNOWN, "seal"),
    "keys gone": (lambda home: shutil.rmtree(home / "var/state/keys"), Status.UNKNOWN, "keys that signed it are gone"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_else_can_be_done_to_it_never_opens(home: Path, change: str) -> None:
    act, status, says = CHANGES[change]
    act(home)
    found, why = judged(home)
    assert found is status
    assert says in why


@pytest.mark.parametrize("name", ["core.yaml", "runtime.yaml"])
def test_one_byte_of_the_running_files_blocks_until_it_is_frozen_again(home: Path, name: str) -> None:
    path = home / "config" / name
    path.write_bytes(path.read_bytes() + b"# a remark\n")
    status, why = judged(home)
    assert (status, name in why) == (Status.BLOCKED, True)
    made(home)
    assert judged(home) == (Status.OK, "")


def test_only_a_sound_configuration_without_overrides_is_frozen_and_only_by_role_runtime(home: Path) -> None:
    with pytest.raises(ConfigError, match="unset GOLIVE__IO_QUEUE__BURST"):
        made(home, environ={"GOLIVE__IO_QUEUE__BURST": "20"})
    with pytest.raises(PrerequisiteMissing, match="takes role runtime"):
        made(home, "olga")
    path = home / "config/core.yaml"
    path.write_text(path.read_text().replace("exchange: okx_spot", "exchange: okx_spott", 1))
    with pytest.raises(ConfigError, match="okx_spott"):
        made(home)
    assert len(list((home / DIRECTORY).glob("*Z"))) == 1


@pytest.mark.parametrize(
    ("point", "count", "counts"),
    [
        ("freeze.file.after", 1, False),
        ("freeze.file.after", 6, False),
        ("freeze.archived", 1, False),
        ("register.written", 1, True),
    ],
)
def test_a_freeze_that_was_killed_is_whole_or_is_not(home: Path, point: str, count: int, counts: bool) -> None:
    core = home / "config/core.yaml"
    core.write_bytes(core.read_bytes() + b"# later\n")
    pid = os.fork()
    if pid == 0:
        failpoint.arm(point, count)
        made(home)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    keys = SigningKeys.load(home)
    found, why = judged(home)
    assert found is (Status.OK if counts else Status.BLOCKED), why
    if not counts:
        assert len(FreezeArchive(home).registered(keys)) == 1, "the one before is in force"
        made(home)
        assert judged(home) == (Status.OK, "")
        assert not list((home / DIRECTORY).glob(".*"))


def test_live_and_its_rehearsal_refuse_what_is_not_frozen(home: Path, installed: Path) -> None:
    clock = SystemClock()
    store = StoredSecrets(home, lambda: None)
    plan = planned(home)
    assert (plan.stage, planned(home, "kraken_desktop_live").stage) == (Stage.REHEARSAL, Stage.LIVE)
    assert list(freeze_refusals(plan, clock)) == []
    [never] = freeze_refusals(planned(installed), clock)
    assert never == "the configuration was never frozen: golive freeze --operator NAME"
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 351"))
    with pytest.raises(PrerequisiteMissing) as refused:
        open_gate(planned(home), clock, store)
    assert "the section execution of core.yaml is not what was frozen: execution_sha384 is" in str(refused.value)
    assert "enable_live_mode" not in str(refused.value)
    with pytest.raises(PrerequisiteMissing) as refused:
        open_gate(planned(home, "kraken_desktop_live"), clock, store)
    for each in ("enable_live_mode is false", "no valid licence", "golive freeze --operator NAME"):
        assert each in str(refused.value)


@pytest.mark.parametrize("entrypoint", ["okx_desktop_live", "kraken_desktop_live"])
@pytest.mark.parametrize("read_only", [False, True])
def test_live_and_its_rehearsal_refuse_an_override_before_anything_else(home: Path, entrypoint: str, read_only: bool) -> None:
    runtime = home / "config/runtime.yaml"
    configuration = load_configuration(runtime, {"GOLIVE__IO_QUEUE__BURST": "7"})
    with pytest.raises(ConfigError, match="unset GOLIVE__IO_QUEUE__BURST"):
        plan_run(RunOptions(mode="live", entrypoint=entrypoint, read_only=read_only), configuration, runtime, home)


def test_the_commands_say_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--home", str(home)]
    assert main(["freeze", "verify", *where]) == 0
    assert main(["freeze", "list", *where]) == 0
    assert f"{folder_of(home).name}  rita" in capsys.readouterr().out
    assert main(["freeze", *where]) == 2
    (folder_of(home) / "core.yaml").write_bytes(b"")
    assert main(["freeze", "verify", "--json", *where]) == 3
    told = json.loads(capsys.readouterr().out)
    validate(told)
    document = folder_of(home) / "freeze.json"
    assert (told["status"], told["evidence"][0]["sha256"]) == ("blocked", hashlib.sha256(document.read_bytes()).hexdigest())
    assert main(["freeze", "list", "--json", *where]) == 3
    validate(json.loads(capsys.readouterr().out))
