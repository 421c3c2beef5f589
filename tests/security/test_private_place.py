"""Whose an installation's places are: what others own, may read or may change is named with what mends it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from golive.runtime.prerequisite import live_refusals
from golive.security.private_place import trespasses


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for folder, file in (("secrets/mtls", "x-key.pem"), ("var/security", "operators.json"), ("config", "core.yaml")):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / file).touch(mode=0o600)
    for folder in ("secrets", "secrets/mtls"):
        (tmp_path / folder).chmod(0o700)
    return tmp_path


def told(home: Path) -> list[str]:
    return [str(each) for each in trespasses(home)]


def test_right_modes_are_no_trespass_and_neither_is_what_is_not_there(home: Path, tmp_path: Path) -> None:
    assert told(home) == []
    assert told(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("path", "mode", "expected"),
    [
        ("secrets", 0o750, "secrets: others may use it (mode 0750); run: chmod 700 secrets"),
        (
            "secrets/mtls/x-key.pem",
            0o640,
            "secrets/mtls/x-key.pem: others may use it (mode 0640); run: chmod 600 secrets/mtls/x-key.pem",
        ),
        (
            "secrets/mtls/x-key.pem",
            0o601,
            "secrets/mtls/x-key.pem: others may use it (mode 0601); run: chmod 600 secrets/mtls/x-key.pem",
        ),
        ("var/security", 0o777, "var/security: others may change it (mode 0777); run: chmod 755 var/security"),
        ("config/core.yaml", 0o664, "config/core.yaml: others may change it (mode 0664); run: chmod 644 config/core.yaml"),
    ],
)
def test_a_mode_that_lets_others_in_is_named(path: str, mode: int, expected: str, home: Path) -> None:
    (home / path).chmod(mode)
    assert told(home) == [expected]
    assert f"live is refused while {expected}" in list(live_refusals(home))


def test_others_may_read_what_is_no_secret(home: Path) -> None:
    (home / "config/core.yaml").chmod(0o644)
    (home / "var/security").chmod(0o755)
    assert told(home) == []


def test_links_and_pipes_are_named(home: Path) -> None:
    (home / "secrets/link").symlink_to("/etc/hostname")
    os.mkfifo(home / "config/pipe", 0o600)
    assert told(home) == [
        'secrets/link: a symbolic link; run: cp --remove-destination "$(readlink -f secrets/link)" secrets/link',
        "config/pipe: neither a file nor a folder; look into it, then: rm config/pipe",
    ]


def test_the_file_of_another_user_is_named_and_that_of_root_is_not(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    foreign = [line for line in told(home) if f"belongs to user {os.getuid()}" in line]
    assert bool(foreign) == (os.getuid() != 0)


def test_live_is_refused_to_root(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert next(live_refusals(home)) == "live is refused to root: run it as a user of its own"
