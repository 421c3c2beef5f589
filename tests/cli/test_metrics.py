"""`golive metrics`: files made and compared, and a snapshot of a Prometheus that is not there, is none, or knows nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.model.clock import SECOND
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.observability.dashboard_snapshot import legend_text, snapshot_schema
from golive.runtime.metrics_snapshot import stretch_until
from golive.runtime.prometheus_api import PrometheusApi
from support.configuration import CORE, ROOT, RUNTIME, changed
from support.published import published


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/runtime.yaml").write_text(RUNTIME)
    (tmp_path / "config/core.yaml").write_text(CORE)
    return tmp_path


def golive(home: Path, *words: str) -> int:
    return main(["metrics", *words, "--home", str(home)])


@pytest.mark.parametrize(("command", "folder"), [("rules", "deploy/prometheus"), ("dashboards", "deploy/grafana")])
def test_files_are_made_compared_and_told_when_they_differ(
    home: Path, capsys: pytest.CaptureFixture[str], command: str, folder: str
) -> None:
    assert golive(home, command, "--check") == 4
    assert "is missing" in capsys.readouterr().out
    assert golive(home, command) == 0
    made = {path.name: path.read_bytes() for path in (home / folder).iterdir()}
    assert made == {path.name: path.read_bytes() for path in (ROOT / folder).iterdir()}
    assert golive(home, command, "--check") == 0
    assert "as they should be" in capsys.readouterr().out
    core = changed(CORE, "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 500")
    (home / "config/core.yaml").write_text(core)
    assert golive(home, command, "--check") == 4
    told = capsys.readouterr().out.splitlines()
    assert any(line.endswith("is not what the configuration makes") for line in told)
    assert golive(home, command, "--to", str(home / "elsewhere")) == 0
    assert {path.name for path in (home / "elsewhere").iterdir()} == set(made)


def test_a_folder_that_cannot_be_written_is_one_clear_error(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "deploy").write_text("a file")
    assert golive(home, "rules") == 70
    assert "deploy" in capsys.readouterr().err


@pytest.mark.parametrize("words", [("rules",), ("rules", "--check"), ("dashboards",)])
@pytest.mark.parametrize("where", ["passwd", "passwd/rules"])
def test_a_folder_that_is_a_file_is_a_usage_error(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], where: str
) -> None:
    (home / "passwd").write_text("a file")
    assert golive(home, *words, "--to", str(home / where)) == 2
    assert f"{home / 'passwd'} is no folder; give one" in capsys.readouterr().err


def test_what_is_said_of_a_wrong_address_is_not_taken_for_a_secret(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golive(home, "snapshot", "--prometheus", "file:///etc/passwd") == 2
    told = "--prometheus file:///etc/passwd is no address of a Prometheus; write its address, as http://127.0.0.1:9090\n"
    assert capsys.readouterr().err == told


def test_a_prometheus_that_is_not_there_blocks(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golive(home, "snapshot", "--prometheus", "http://127.0.0.1:9") == 3
    assert capsys.readouterr().err.startswith("Prometheus at http://127.0.0.1:9 cannot be asked: ")
    assert not (home / "var").exists()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("127.0.0.1:9090", "write its address"),
        ("ftp://a", "write its address"),
        ("http://", "write its address"),
        ("http://a:9090/?x=1", "write its address"),
        ("http://name:word@a:9090", "password"),
    ],
)
def test_an_address_that_is_none_is_told(url: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        PrometheusApi(url)


@contextmanager
def answering(answers: dict[str, object], *, status: int = 200) -> Iterator[str]:
    """Serve one JSON answer per path of the API."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = answers.get(self.path.removeprefix("/api/v1/"), "what?")
            body = answer.encode() if isinstance(answer, str) else json.dumps({"status": "success", "data": answer}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  # the name http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """The test says what it expects."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


EMPTY: dict[str, object] = {
    "status/buildinfo": {"version": "2.42.0"}, "rules": {"groups": []}, "alerts": {"alerts": []}, "query_range": {"result": []},
}  # fmt: skip


def test_a_prometheus_that_knows_nothing_is_unknown_and_kept(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(EMPTY) as url:
        assert golive(home, "snapshot", "--prometheus", url, "--minutes", "1") == 6
    told = capsys.readouterr().out
    assert told.startswith("0 series, ")
    [stored] = (home / "var/audit/metrics").glob("*.json")
    document = published(stored.read_text())
    assert (document["series"], document["rules"]) == (0, 0)
    assert len(document["empty_queries"]) > 20
    drawing = (home / "var/audit/metrics" / document["picture"]).read_text()
    assert "it would raise no alert" in drawing


def test_series_without_rules_are_no_proof_of_quiet(home: Path) -> None:
    series = {"metric": {"exchange": "okx", "environment": "okx_paper"}, "values": [[0, "1"]]}
    with answering({**EMPTY, "query_range": {"result": [series]}}) as url:
        assert golive(home, "snapshot", "--prometheus", url) == 6
    rules = {"groups": [{"name": "golive_risk", "rules": [{}]}, {"name": "others", "rules": [{}, {}]}]}
    with answering({**EMPTY, "query_range": {"result": [series]}, "rules": rules}) as url:
        assert golive(home, "snapshot", "--prometheus", url) == 0


@pytest.mark.parametrize("answers", [{}, {"status/buildinfo": "<html>"}, {"status/buildinfo": ["a", "list"]}])
def test_what_does_not_answer_as_a_prometheus_blocks(
    home: Path, capsys: pytest.CaptureFixture[str], answers: dict[str, object]
) -> None:
    with answering(answers) as url:
        assert golive(home, "snapshot", "--prometheus", url) == 3
    assert "does not answer as a Prometheus does" in capsys.readouterr().err


def test_a_prometheus_that_refuses_is_quoted(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering({"status/buildinfo": "no queries for you"}, status=403) as url:
        assert golive(home, "snapshot", "--prometheus", url) == 3
    assert "403 no queries for you" in capsys.readouterr().err


def test_the_published_schema_is_that_of_the_code() -> None:
    path = ROOT / "docs/schemas/golive.dashboard_snapshot.v1.json"
    assert path.read_text() == json.dumps(snapshot_schema(), indent=2) + "\n"


@pytest.mark.parametrize(
    ("seconds", "step", "covered"), [(60, 1, 60), (720, 1, 720), (721, 2, 722), (3600, 5, 3600), (86_400, 120, 86_400)]
)
def test_a_stretch_has_whole_steps_and_not_too_many(seconds: int, step: int, covered: int) -> None:
    stretch = stretch_until(1_700_000_000_900_000_000, seconds)
    assert stretch.end == 1_700_000_000 * SECOND
    assert (stretch.step_s, (stretch.end - stretch.start) // SECOND) == (step, covered)


def test_a_legend_is_filled_in_as_grafana_does() -> None:
    assert legend_text("{{exchange}} p95 {{gone}}", {"exchange": "okx"}) == "okx p95 "


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html>\n<head><title>Not Found</title></head>\n</html>", "404 Not Found; is this a Prometheus?"),
        ('{"status": "error", "error": "parse error:\\nbad"}', "404 parse error: bad"),
    ],
)
def test_what_refuses_is_told_in_one_line(body: str, said: str) -> None:
    with answering({"query": body}, status=404) as url, pytest.raises(PrerequisiteMissing) as told:
        PrometheusApi(url).ask("query")
    assert str(told.value) == f"Prometheus at {url} refused query: {said}"
