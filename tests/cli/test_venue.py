"""`golive venue` as a process: its table, its documents, its exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.runtime.venue_check.target import list_schema
from support.forked_golive import ForkedHome
from support.golive_process import ROOT, Finished, Home
from support.venue_process import venue_process

pytestmark = pytest.mark.integration
LABELS = ("okx", "kraken", "bybit")
OKX_ENDPOINT = "GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return ForkedHome(tmp_path)


def validated(done: Finished, schema: str) -> Any:
    """Return the document on stdout after checking it against its published schema."""
    document = json.loads(done.stdout)
    published = json.loads((ROOT / f"docs/schemas/{schema}.json").read_text())
    jsonschema.Draft202012Validator(published).validate(document)
    assert document["schema"] == schema
    return document


@pytest.mark.parametrize("label", LABELS)
def test_the_embedded_venue_is_started_examined_and_ended(home: Home, label: str) -> None:
    done = home.golive("venue", "check", label, "--json")
    assert (done.code, done.stderr) == (0, "")
    document = validated(done, "golive.venue_check.v1")
    assert (document["entrypoint"], document["endpoint"], document["status"]) == (f"{label}_desktop_paper", "embedded", "ok")
    assert {row["status"] for row in document["checks"]} == {"ok", "not_applicable"}
    assert re.fullmatch("…[^…]{4}", document["api_key"])
    listed = next(row for row in document["checks"] if row["check"] == "ip_allowlist")
    assert listed["measured"].startswith("127.0.0.1")


def test_the_table_names_every_check_and_tells_what_to_do(home: Home) -> None:
    with venue_process(speed="1") as venue:
        done = home.golive("venue", "check", "okx_paper", env={OKX_ENDPOINT: venue.rest, "COLUMNS": "120"})
    assert (done.code, done.stderr) == (6, "")
    for words in ("clock skew", "ip allowlist", "dead man switch", "no secret store holds okx_paper_trading", "unknown (exit 6)"):
        assert words in done.stdout
    assert "api key: keep its key: golive secrets set" in done.stdout
    assert "\x1b" not in done.stdout, "colours are for terminals"


def test_a_venue_that_cannot_be_reached_is_unknown_with_its_reason_in_bounded_time(home: Home) -> None:
    began = time.monotonic()
    done = home.golive("venue", "check", "okx", "--timeout", "2", env={OKX_ENDPOINT: "https://no-such-host.invalid"})
    assert done.code == 6
    assert "no-such-host.invalid" in done.stdout
    assert time.monotonic() - began < 20


def test_an_embedded_venue_that_refuses_its_options_is_a_configuration_error(home: Home) -> None:
    home.edit("runtime.yaml", "        USD: 100000", "        USD: 0.123456789012345")
    done = home.golive("venue", "check", "kraken")
    assert (done.code, done.stdout) == (2, "")
    assert "decimals" in done.stderr


@pytest.mark.parametrize(("words", "part"), [
    (("check", "krakn"), "the configuration has no venue krakn"),
    (("check",), "NAME"),
    (("check", "okx", "--timeout", "0"), "0.5"),
    (("list", "--nope"), "--nope"),
])  # fmt: skip
def test_wrong_usage_is_answered_with_2(home: Home, words: tuple[str, ...], part: str) -> None:
    done = home.golive("venue", *words)
    assert (done.code, done.stdout) == (2, "")
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sandbox_that_a_venue_lacks_is_refused_before_anything_is_asked(home: Home) -> None:
    done = home.golive("venue", "check", "kraken", env={"GOLIVE__ENVIRONMENTS__KRAKEN_PAPER__ENDPOINT": "sandbox"})
    assert done.code == 2
    assert "Kraken offers no sandbox for spot trading" in done.stderr


def test_the_list_shows_every_entrypoint_and_asks_nobody(home: Home) -> None:
    done = home.golive("venue", "list", "--json")
    document = validated(done, "golive.venue_list.v1")
    assert (ROOT / "docs/schemas/golive.venue_list.v1.json").read_text() == json.dumps(list_schema(), indent=2) + "\n"
    assert [row["adapter"] for row in document["venues"]] == [
        name for name in ("bybit_spot", "kraken_spot", "okx_spot") for _ in ("live", "paper")
    ]
    assert document["venues"][2]["instruments"] == ["kraken:BTC/USD"]
    table = home.golive("venue", "list").stdout
    assert all(f"{label}_desktop_paper" in table for label in LABELS)
    assert not (home.path / "var").exists()


def test_looking_at_the_list_imports_no_venue_library() -> None:
    code = (
        "import sys; from golive.cli.main import main; main(['venue', 'list', '--json']); "
        "print([m for m in ('ccxt', 'aiohttp', 'rich', 'polars', 'cryptography') if m in sys.modules], file=sys.stderr)"
    )
    environ = {k: v for k, v in os.environ.items() if not k.startswith("GOLIVE")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stderr.strip() == "[]"


def test_a_state_directory_that_cannot_be_used_is_named_before_anything_is_asked(home: Home) -> None:
    (home.path / "var").write_text("a file")
    done = home.golive("venue", "check", "okx")
    assert (done.code, done.stdout) == (2, "")
    assert f"the state directory {home.path}/var/state/venues cannot be used: " in done.stderr
    assert "give another --home" in done.stderr
    assert "Traceback" not in done.stderr
