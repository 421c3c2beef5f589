"""One home whose gate was opened, copied for each test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.gates import Gate, gate_home


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return gate_home(tmp_path_factory.mktemp("gate") / "home")


@pytest.fixture
def gate(made_home: Path, tmp_path: Path) -> Gate:
    """A gate that was never opened."""
    return Gate(Path(shutil.copytree(made_home, tmp_path / "home")))


@pytest.fixture(scope="session")
def opened_home(made_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Path(shutil.copytree(made_home, tmp_path_factory.mktemp("opened") / "home"))
    Gate(home).open()
    return home


@pytest.fixture
def opened(opened_home: Path, tmp_path: Path) -> Gate:
    """A gate that is open."""
    return Gate(Path(shutil.copytree(opened_home, tmp_path / "home")))
