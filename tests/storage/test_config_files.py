from __future__ import annotations

import os
from pathlib import Path

import pytest

from golive.config import ConfigErrors
from golive.model.errors import ConfigError
from golive.storage.config_files import load_configuration, read_configuration_files
from support.configuration import CORE, RUNTIME, changed


def write(home: Path, runtime: str = RUNTIME, core: str | None = CORE, core_name: str = "core.yaml") -> Path:
    folder = home / "config"
    folder.mkdir()
    (folder / "runtime.yaml").write_text(runtime, encoding="utf-8")
    if core is not None:
        (folder / core_name).write_text(core, encoding="utf-8")
    return folder / "runtime.yaml"


def test_core_is_looked_up_beside_runtime_under_the_name_that_is_given(tmp_path: Path) -> None:
    runtime = write(tmp_path, changed(RUNTIME, "path: core.yaml", "path: domain.yaml"), core_name="domain.yaml")
    assert load_configuration(runtime, {}).file_digest
    (tmp_path / "config/other.yaml").write_text(changed(CORE, "timeframe: 1m", "timeframe: 5m"), encoding="utf-8")
    other = load_configuration(runtime, {"GOLIVE__CORE__PATH": "other.yaml"})
    assert other.resolve("okx_desktop_paper").timeframe == "5m"


def test_problems_of_both_files_are_reported_even_when_runtime_cannot_be_read(tmp_path: Path) -> None:
    runtime = write(tmp_path, "core: {path: [}\n", changed(CORE, "timeframe: 1m", "timeframe: 2m"))
    with pytest.raises(ConfigErrors) as caught:
        load_configuration(runtime, {})
    files = {Path(p.position.file).name for p in caught.value.problems}
    assert files == {"runtime.yaml", "core.yaml"}


def test_a_missing_file_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"runtime\.yaml: there is no such file\n    fix: .*--config"):
        load_configuration(tmp_path / "config/runtime.yaml", {})
    runtime = write(tmp_path, core=None)
    with pytest.raises(ConfigError, match=r"core\.yaml: there is no such file\n    fix: check core.path in .*runtime\.yaml"):
        load_configuration(runtime, {})


def test_a_directory_in_place_of_a_file_is_an_error_of_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_configuration(tmp_path, {})


def test_no_more_than_the_bound_is_read_of_a_file(tmp_path: Path) -> None:
    runtime = write(tmp_path, RUNTIME + "#" * 1_000_000)
    source, _ = read_configuration_files(runtime, {})
    assert len(source.data) < 300_000
    with pytest.raises(ConfigErrors, match="larger than"):
        load_configuration(runtime, {})


def test_files_are_named_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = write(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert [s.path for s in read_configuration_files(runtime, {})] == ["config/runtime.yaml", "config/core.yaml"]
    monkeypatch.chdir(tmp_path / "config")
    assert read_configuration_files(Path("runtime.yaml"), {})[0].path == "runtime.yaml"
    monkeypatch.chdir(os.sep)
    assert read_configuration_files(runtime, {})[1].path.endswith("config/core.yaml")
