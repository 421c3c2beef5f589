from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from golive.cli import main as command_line
from golive.cli.lazy import LazyCommand, load
from golive.cli.options import DEFAULT_CONFIG, locate


def modules_after(*arguments: str) -> set[str]:
    """Return what a fresh interpreter has imported after running the command line."""
    code = f"import sys; from golive.cli.main import main; main({list(arguments)!r}); print('\\n'.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(done.stderr.splitlines())


def test_help_lists_every_command_without_importing_any() -> None:
    loaded = modules_after("--help")
    assert {row.target.partition(":")[0] for row in command_line.COMMANDS.values()} & loaded == set()
    assert {"pydantic", "rich", "yaml", "ccxt", "polars", "aiohttp", "cryptography"} & loaded == set()


def test_every_command_in_the_table_can_be_loaded_and_has_one_line_of_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name, row in command_line.COMMANDS.items():
        assert load(row).get_short_help_str(), name
        assert "\n" not in row.summary
        assert f"{name} " in shown


def test_the_version_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    from golive import __version__

    assert command_line.main(["--version"]) == 0
    assert capsys.readouterr().out == f"golive {__version__}\n"


@pytest.mark.parametrize("arguments", [["confg"], ["config", "chek"], ["config", "check", "--nope"], ["--nope"], []])
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Usage: golive" in captured.err


def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    command_line.main(["confg"])
    assert "Did you mean 'config'?" in capsys.readouterr().err


def test_a_table_row_that_names_no_typer_app_is_a_programming_error() -> None:
    with pytest.raises(TypeError, match="is not a Typer app"):
        load(LazyCommand("golive.cli.main:main", "wrong"))
    assert isinstance(command_line.app, typer.Typer)


def test_home_is_the_parent_of_the_directory_that_holds_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate(DEFAULT_CONFIG, None).home == tmp_path
    assert locate(Path("/a/config/runtime.yaml"), None).home == Path("/a")
    given = locate(DEFAULT_CONFIG, Path("/b"))
    assert (given.home, given.runtime_file) == (Path("/b"), Path("/b/config/runtime.yaml"))
    assert locate(Path("/a/config/runtime.yaml"), Path("/b")).runtime_file == Path("/a/config/runtime.yaml")
