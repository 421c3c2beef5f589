from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.configuration import CORE, ROOT, RUNTIME, changed, place
from support.forked_golive import finished
from support.golive_process import Finished
from support.published import published


def golive(*arguments: str, cwd: Path = ROOT, environ: Mapping[str, str] | None = None) -> Finished:
    """Run the command as a process, without the caller's own GOLIVE variables."""
    inherited = {k: v for k, v in os.environ.items() if not k.upper().startswith("GOLIVE")}
    return finished(arguments, env={**inherited, **(environ or {})}, cwd=cwd)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/runtime.yaml").write_text(RUNTIME, encoding="utf-8")
    (tmp_path / "config/core.yaml").write_text(CORE, encoding="utf-8")
    return tmp_path


def test_the_shipped_configuration_is_ok() -> None:
    done = golive("config", "check")
    assert (done.code, done.stdout, done.stderr) == (
        0, "configuration ok: okx_desktop_paper, kraken_desktop_paper, bybit_desktop_paper, okx_desktop_live, kraken_desktop_live, "
        "bybit_desktop_live\n", "",
    )  # fmt: skip


def test_every_problem_goes_to_stderr_and_the_exit_code_is_2(home: Path) -> None:
    runtime = changed(RUNTIME, "port: 9177", "port: 99999")
    core = changed(CORE, "timeframe: 1m", "timeframe: 2m")
    (home / "config/runtime.yaml").write_text(runtime, encoding="utf-8")
    (home / "config/core.yaml").write_text(core, encoding="utf-8")
    done = golive("config", "check", cwd=home)
    assert (done.code, done.stdout) == (2, "")
    assert f"{place(runtime, '99999', 'config/runtime.yaml')}: observability.prometheus.port" in done.stderr
    assert f"{place(core, '2m', 'config/core.yaml')}: strategies" in done.stderr
    assert done.stderr.endswith("2 problems in the configuration; nothing was started\n")
    assert "Traceback" not in done.stderr

    shown = golive("config", "show", cwd=home)
    assert (shown.code, shown.stdout, shown.stderr) == (2, "", done.stderr)

    as_json = golive("config", "check", "--json", cwd=home)
    document = published(as_json.stdout)
    assert (as_json.code, document["schema"], document["status"]) == (2, "golive.config_check.v1", "invalid")
    assert [p["file"] for p in document["problems"]] == ["config/runtime.yaml", "config/core.yaml"]


def test_show_prints_each_value_with_its_origin(home: Path) -> None:
    environ = {"GOLIVE__IO_QUEUE__BURST": "20"}
    lines = golive("config", "show", "--origin", cwd=home, environ=environ).stdout.splitlines()
    rows = {text.strip(): origin.strip() for text, _, origin in (line.partition("#") for line in lines)}
    assert rows["io_queue.burst = 20"] == "environment GOLIVE__IO_QUEUE__BURST"
    assert (
        rows["risk_profiles.balanced.hard_drawdown_pct = 0.10"]
        == place(CORE, "hard_drawdown_pct: 0.10", "config/core.yaml").rpartition(":")[0]
    )
    plain = golive("config", "show", cwd=home).stdout.splitlines()
    assert "io_queue.burst = 16" in plain
    document = published(golive("config", "show", "--json", cwd=home, environ=environ).stdout)
    shown = {row["path"]: (row["value"], row["origin"]) for row in document["settings"]}
    assert shown["io_queue.rate_limit_warning_seconds"][0] == "0.75"
    assert shown["io_queue.burst"] == (20, "environment GOLIVE__IO_QUEUE__BURST")
    assert published(golive("config", "check", "--json", cwd=home).stdout)["status"] == "ok"


@pytest.mark.parametrize("file", ["runtime", "core"])
def test_schema_prints_the_published_schema(file: str) -> None:
    done = golive("config", "schema", "--file", file)
    assert done.stdout == (ROOT / f"docs/schemas/golive.{file}_config.v1.json").read_text(encoding="utf-8")


def test_home_and_config_lead_to_the_same_file_from_anywhere(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    assert golive("config", "check", cwd=elsewhere).code == 2
    assert golive("config", "check", "--home", str(home), cwd=elsewhere).code == 0
    assert golive("config", "check", cwd=elsewhere, environ={"GOLIVE_HOME": str(home)}).code == 0
    assert golive("config", "check", "--config", str(home / "config/runtime.yaml"), cwd=elsewhere).code == 0
    (home / "config/runtime.yaml").rename(home / "config/other.yaml")
    done = golive("config", "check", "--home", str(home), "--config", "config/other.yaml", cwd=elsewhere)
    assert done.code == 0
