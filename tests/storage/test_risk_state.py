"""What an entrypoint is worth, as a file: read back as written, nothing where it cannot be read, and whose run it is of."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golive.storage.lease import Lease
from golive.storage.risk_state import DIRECTORY, publish_figure, read_figure, running_entrypoints
from support.risk_figures import FIGURE


def test_a_figure_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_figure(tmp_path, "okx") is None
    publish_figure(tmp_path, FIGURE)
    assert read_figure(tmp_path, "okx") == FIGURE
    publish_figure(tmp_path, replace(FIGURE, equity=None))
    assert read_figure(tmp_path, "okx") == replace(FIGURE, equity=None)
    assert [path.name for path in (tmp_path / DIRECTORY).iterdir()] == ["okx.json"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "other"}, {"entrypoint": "kraken"}, {"equity": "much"}, {"equity": "-1"}, {"peak": None}, {"at": "-1"},
        {"quote_scale": "99"}, {"equity": str(2**62)}, {"uses": {}}, {"uses": [1]}, {"is_simulation": "no"}, {"state": 1},
    ],
)  # fmt: skip
def test_a_figure_that_is_none_is_not_read(tmp_path: Path, change: dict[str, object]) -> None:
    publish_figure(tmp_path, FIGURE)
    path = tmp_path / DIRECTORY / "okx.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    assert read_figure(tmp_path, "okx") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null"])
def test_a_torn_file_is_no_figure(tmp_path: Path, text: str) -> None:
    publish_figure(tmp_path, FIGURE)
    (tmp_path / DIRECTORY / "okx.json").write_text(text)
    assert read_figure(tmp_path, "okx") is None


def test_only_the_figure_of_the_run_that_holds_the_lease_counts(tmp_path: Path) -> None:
    publish_figure(tmp_path, FIGURE)
    assert list(running_entrypoints(tmp_path)) == []
    lease = Lease.acquire(tmp_path, "okx")
    assert list(running_entrypoints(tmp_path)) == [("okx", FIGURE)]
    lease.release()
    assert list(running_entrypoints(tmp_path)) == []
    lease = Lease.acquire(tmp_path, "okx")
    assert list(running_entrypoints(tmp_path)) == [("okx", None)], "the figure is of the run before"
    lease.release()
