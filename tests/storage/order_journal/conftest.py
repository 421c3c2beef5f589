"""Homes whose order journal is a file, and homes whose order journal is in a server: the same tests hold for both."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.order_journals import URL
from support.postgres import MISSING, binaries, new_database, server


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """URL of a PostgreSQL server; skips where none is installed."""
    if binaries() is None:
        pytest.skip(MISSING)
    with server() as url:
        yield url


@pytest.fixture(params=["file", "server"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A home for an order journal, kept in either way."""
    if request.param == "server":
        (tmp_path / URL).write_text(new_database(request.getfixturevalue("cluster")))
    return tmp_path
