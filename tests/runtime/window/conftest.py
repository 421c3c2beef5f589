"""Homes before and after a window of live trading was closed, made once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.model.verdict import ExitCode
from golive.runtime.clock import SystemClock
from golive.runtime.window.close import close_window
from support.alert_services import Webhook, webhook
from support.live_window import PASSPHRASE, fill, observe, traded_home, window_scene


@pytest.fixture(scope="package")
def hook() -> Iterator[Webhook]:
    with webhook() as made:
        yield made


@pytest.fixture(scope="package")
def traded(tmp_path_factory: pytest.TempPathFactory, hook: Webhook) -> Path:
    home = traded_home(tmp_path_factory.mktemp("traded") / "home", hook)
    observe(home, "ok")
    fill(home, 1.0)
    return home


@pytest.fixture(scope="package")
def archived(tmp_path_factory: pytest.TempPathFactory, traded: Path) -> Path:
    home = tmp_path_factory.mktemp("archived") / "home"
    shutil.copytree(traded, home)
    assert close_window(window_scene(home, SystemClock()), "olga", PASSPHRASE, prometheus="", wait_s=20).exit_code == ExitCode.OK
    return home


@pytest.fixture
def home(tmp_path: Path, traded: Path) -> Path:
    shutil.copytree(traded, tmp_path / "home")
    return tmp_path / "home"
