"""Secrets in the keyring of a real desktop session: gnome-keyring behind the Secret Service, on a bus of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.configuration import ROOT

NAME = "okx_paper_trading"
pytest.importorskip("keyring")
pytest.importorskip("secretstorage")
LACKING = [name for name in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(LACKING), reason=f"{', '.join(LACKING)} not here: apt-get install dbus gnome-keyring")


def test_a_desktops_keyring_keeps_secrets_and_one_that_is_locked_or_gone_is_said_to_be_so(tmp_path: Path) -> None:
    home, desk = tmp_path / "home", tmp_path / "desk"
    shutil.copytree(ROOT / "config", home / "config")
    (desk / "run").mkdir(parents=True, mode=0o700)
    known = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "GOLIVE_CACHE_DIR") if name in os.environ}
    environment = {**known, "HOME": str(desk), "XDG_RUNTIME_DIR": str(desk / "run"), "LC_ALL": "C"}
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, "-m", "support.keyring_session", str(home)], env=environment, cwd=ROOT / "tests",
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = {step: (code, out, err) for step, code, out, err in map(json.loads, done.stdout.splitlines())}
    assert "SECRET" not in done.stdout
    assert steps["empty"] == (0, "no secrets: golive secrets set NAME\n", "")
    assert steps["set"][0] == 0
    assert steps["set"][1].startswith(f"{NAME} is kept in the keyring; ")
    listed = json.loads(steps["list"][1])
    assert (listed["store"], [each["name"] for each in listed["secrets"]]) == ("keyring", ["alert_oem_live", NAME])
    code, _, err = steps["passphrase"]
    assert (code, "there is no vault whose passphrase could be changed" in err) == (3, True)
    assert steps["removed"] == (0, "alert_oem_live removed from the keyring\n", "")
    assert steps["left"][1].splitlines() == [f"{NAME:<32}  …efgh  paper    read, trade", "1 in the keyring"]
    for step in ("locked", "locked, set", "gone", "gone, set"):
        code, out, err = steps[step]
        assert (code, out) == (3, ""), step
        assert "the keyring of this session cannot be used: " in err
        assert "unlock it, and try again" in err
    assert not (home / "secrets").exists(), "it never falls back to a vault"
    kept = [path for path in desk.rglob("*") if path.is_file()]
    assert any(path.suffix == ".keyring" for path in kept), "it is on the disk"
    for path in (*kept, *(each for each in home.rglob("*") if each.is_file())):
        assert b"SECRET-OF" not in path.read_bytes(), path
