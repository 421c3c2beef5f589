from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from golive.cli import main as command_line
from golive.model.clock import SECOND
from golive.runtime.clock import SystemClock
from golive.storage.indicator_store import Batch, IndicatorStore, SpanRow
from support.configuration import parse
from support.published import published

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def run(*words: str, home: Path) -> int:
    return command_line.main(["slo", "report", *words, "--home", str(home)])


def watched(home: Path, seconds: int) -> None:
    now = SystemClock().now()
    began = now - seconds * SECOND
    store = IndicatorStore.open(home, "okx_desktop_paper", stage="paper", exchange="okx", run_id="ab" * 16, now=began)
    store.write(Batch(now, [], [SpanRow("risk_service_up", "okx", began, now, True)]))
    store.close(now)


def test_without_a_session_nothing_is_known(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home=home) == 6
    said = capsys.readouterr().out
    assert "risk_service_available" in said
    assert "the operator console" in said
    assert "(exit 6)" in said
    rows = [line.split() for line in said.splitlines()]
    shown = {row[0]: row for row in rows if len(row) > 1 and row[1] == "?"}
    assert len(shown) == len(parse().core.observability.slo)
    assert all("unknown" in row and not {"ok", "warning", "breach"} & set(row) for row in shown.values())


def test_one_objective_as_text_and_as_a_document(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    watched(home, 2000)
    assert run("risk_service_available", home=home) == 0
    assert "100 %" in capsys.readouterr().out
    assert run("risk_service_available", "--json", "--window", "20m", "--label", "stage=paper", home=home) == 0
    row = published(capsys.readouterr().out)["results"]["risk_service_available"]
    assert (row["status"], row["value"]) == ("ok", 1.0)
    assert 1140 < row["sample_size"] < 1200, "its 20 minutes began while the command was starting"


@pytest.mark.parametrize(
    "words",
    [
        ("--window", "32d"),
        ("--window", "1"),
        ("--window", "0m"),
        ("--label", "venue=okx"),
        ("--label", "stage"),
        ("up",),
        ("--label", "stage=nosuch"),
        ("--label", "entrypoint=../../x"),
        ("--label", "exchange=mtgox"),
    ],
)
def test_what_cannot_be_meant_is_usage(words: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words, home=home) == 2
    assert words[-1] in capsys.readouterr().err
