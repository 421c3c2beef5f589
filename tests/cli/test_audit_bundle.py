"""`golive audit bundle`: an auditor with sha256sum, openssl and the second verifier finds it whole, and what was changed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from threading import Event, Thread

import pytest
from jsonschema import Draft202012Validator

from golive.cli.main import main
from golive.storage.keys import DIRECTORY as KEYS
from golive.storage.live_segments import DIRECTORY, LiveSegments
from golive.storage.register_file import RegisterFile
from golive.storage.second_verifier import NAME, second_verifier
from golive.storage.security_admin import record_admin_act
from support.durable import ToldClock, signer_of

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/schemas/golive.audit_bundle.v1.json").read_text())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Three logs: of live orders (several files) and a register on the first day, people's acts on the second."""
    home, clock = tmp_path / "home", ToldClock()
    log = LiveSegments(home / DIRECTORY, signer_of(home, clock), 2000)
    for n in range(9):
        log.append([("note", {"n": n}, "anna")])
    log.close()
    RegisterFile(home / "var/security/tls_rotation.json", "tls_rotation").append(signer_of(home, clock), [("x", {}, "anna")])
    clock.next_day()
    record_admin_act(home, signer_of(home, clock), "operator_added", {"name": "ben"}, "anna")
    return home


def bundle(home: Path, *words: str) -> int:
    return main(["audit", "bundle", "--out", str(home.parent / "out"), "--home", str(home), *words])


def commands(out: Path) -> list[str]:
    blocks = re.findall(r"```\n(.*?)\n```", (out / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 2
    assert blocks[0] == blocks[1], "English and Polish name the same commands"
    return str(blocks[0]).splitlines()


def results(out: Path) -> list[int]:
    return [subprocess.run(["bash", "-c", each], cwd=out, capture_output=True, check=False).returncode for each in commands(out)]


def test_the_commands_of_its_readme_find_it_whole_and_what_was_changed(home: Path) -> None:
    assert bundle(home) == 0
    out = home.parent / "out"
    assert results(out) == [0] * 5
    manifest = json.loads((out / "manifest.json").read_bytes())
    Draft202012Validator(SCHEMA).validate(manifest)
    listed = {file["path"] for file in manifest["files"]}
    there = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    assert there - listed == {"manifest.json", "manifest.json.sig", "SHA256SUMS"}
    assert (out / NAME).read_bytes() == (ROOT / "tools" / NAME).read_bytes()
    for path in (home / DIRECTORY).iterdir():
        assert (out / "logs" / DIRECTORY / path.name).read_bytes() == path.read_bytes()
    log = out / "logs" / DIRECTORY / "live_execution.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"n":1', b'"n":7'))
    (out / "manifest.json").write_bytes((out / "manifest.json").read_bytes().replace(b"anna", b"otto") + b" ")
    assert [code != 0 for code in results(out)] == [True, True, *("live_execution" in each for each in commands(out)[2:])]


def test_the_window_chooses_logs_and_they_are_handed_over_whole(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bundle(home, "--since", "2026-01-02") == 0
    manifest = json.loads((home.parent / "out/manifest.json").read_bytes())
    assert [log["files"] for log in manifest["logs"]] == [["logs/logs/security_admin.log"]]
    assert manifest["since"] == "2026-01-02T00:00:00Z"
    assert bundle(home) == 2
    assert "empty" in capsys.readouterr().err


def test_nothing_in_the_window_makes_nothing(home: Path) -> None:
    assert bundle(home, "--since", "2030-01-01") == 6
    assert [path.name for path in home.parent.iterdir()] == ["home"]
    assert bundle(home.parent / "empty") == 6


def test_what_was_changed_or_is_gone_is_handed_over_and_told(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = home / DIRECTORY / "live_execution.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"n":1', b'"n":7'))
    for path in (home / "logs").iterdir():
        path.unlink()
    assert bundle(home) == 1
    said = capsys.readouterr().out
    assert "bad mac" in said
    assert "security_admin" in said
    assert any("security_admin" in path.name for path in (home.parent / "out/seals").iterdir())


def test_no_key_of_the_installation_is_in_it(home: Path) -> None:
    assert bundle(home) == 0
    secrets = [path for path in (home / KEYS).rglob("*") if path.is_file()]
    held = {found.lower() for path in secrets for found in re.findall(rb"[0-9a-fA-F]{64}", path.read_bytes())}
    assert len(held) >= 5
    for path in (home.parent / "out").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [key for key in held if key in data.lower() or bytes.fromhex(key.decode()) in data] == [], path


def test_while_others_write_nothing_in_it_looks_tampered(home: Path) -> None:
    stopped = Event()

    def write() -> None:
        log = LiveSegments(home / DIRECTORY, signer_of(home), 20_000)
        while not stopped.wait(0.01):
            log.append([("note", {"n": 1}, "anna")])
            log.seal()
        log.close()

    writer = Thread(target=write)
    writer.start()
    try:
        for n in range(8):
            out = home.parent / f"out{n}"
            assert main(["audit", "bundle", "--out", str(out), "--home", str(home)]) in (0, 6)
    finally:
        stopped.set()
        writer.join()
    assert 1 not in results(out)


def test_an_installed_package_has_the_second_verifier_where_it_is_looked_for() -> None:
    assert second_verifier() == (ROOT / "tools" / NAME).read_bytes()
    assert f'"tools/{NAME}" = "golive/storage/{NAME}"' in (ROOT / "pyproject.toml").read_text()
