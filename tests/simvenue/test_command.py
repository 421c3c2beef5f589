"""The command: help, refusals, ready documents, and the ways it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from simvenue.cli import parser
from support.simvenue_process import venue_process

SERVE = [sys.executable, "-m", "simvenue", "serve"]


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SERVE, *flags], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False)


def test_help_shows_every_flag_and_imports_nothing_heavy() -> None:
    code = "import sys; from simvenue.cli import main\ntry:\n    main(['serve', '--help'])\nexcept SystemExit: pass\n"
    code += "print(sorted({'aiohttp', 'polars', 'orjson', 'uvloop', 'asyncio', 'ccxt'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True).stdout
    assert shown.splitlines()[-1] == "[]"
    serve = next(a for a in parser()._actions if a.dest == "command").choices["serve"]  # type: ignore[index]
    flags = [option for action in serve._actions for option in action.option_strings if option.startswith("--")]
    assert len(flags) > 20
    assert all(flag in shown for flag in flags)
    assert all(action.help for action in serve._actions)


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--speed=fast",), "--speed fast"),
        (("--speed=0",), "--speed 0"),
        (("--host=0.0.0.0",), "loopback only"),
        (("--port=70000",), "--port 70000"),
        (("--symbol=btcusdt",), "not a pair"),
        (("--balance=USDT",), "--balance USDT"),
        (("--balance=USDT=1e-30",), "--balance USDT"),
        (("--balance=DOGE=1",), "--balance DOGE=1: nothing here trades DOGE; there are BTC, USDT"),
        (("--steps=0",), "--steps 0"),
        (("--fault=meteor",), "meteor"),
        (("--data=/no/such.csv",), "/no/such.csv"),
        (("--credentials=/no/such.json",), "/no/such.json"),
        (("--credentials-fd=77",), "--credentials-fd 77"),
        (("--ready-fd=77",), "--ready-fd 77"),
        (("--lifeline-fd=0",), "not a pipe"),
        (("--ws-idle=0",), "--ws-idle"),
        (("--taker-bps=x",), "--taker-bps"),
        (("--maker-bps=99999",), "--maker-bps 99999: give basis points from 0 to 1000"),
        (("--taker-bps=1.00001",), "at most 4 decimals"),
        (("--symbol=BTC/USDT", "--symbol=BTC/USDT"), "--symbol BTC/USDT is given twice"),
    ],
)
def test_a_wrong_flag_ends_in_one_line_and_exit_2(flags: tuple[str, ...], says: str) -> None:
    done = run(*flags)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_wrong_mode_names_the_modes_there_are() -> None:
    done = run("--mode=foo")
    assert done.returncode == 2
    assert "choose from 'online', 'maintenance', 'cancel_only', 'post_only', 'limit_only'" in done.stderr


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "not JSON"),
        ("{}", "'keys'"),
        ('{"keys":[{"apiKey":"a"}]}', "'secret'"),
        ('{"keys":[{"apiKey":"a","secret":"b","password":"c","permissions":["fly"]}]}', "permissions"),
        ('{"keys":[{"apiKey":"a","secret":"b","password":"c","colour":"red"}]}', "colour"),
    ],
)
def test_bad_credentials_are_named_without_being_shown(tmp_path: Path, document: str, says: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(document, encoding="utf-8")
    done = run(f"--credentials={path}")
    assert done.returncode == 2
    assert says in done.stderr


@pytest.mark.integration
def test_bad_data_ends_in_one_line_with_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "candles.csv"
    path.write_text("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,oops,1\n", encoding="utf-8")
    done = run(f"--data={path}")
    assert done.returncode == 2
    assert done.stderr.strip() == f"simvenue: {path}:2: column close: 'oops' is not a number; repair the row"


@pytest.mark.integration
def test_the_ready_document_is_told_on_stdout_descriptor_and_file(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    path = tmp_path / "ready.json"
    command = [*SERVE, "--speed=max", f"--ready-fd={writer}", f"--ready-file={path}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, pass_fds=(writer,)) as process:
        os.close(writer)
        with os.fdopen(reader) as stream:
            told = json.loads(stream.read())
        assert process.stdout is not None
        shown = json.loads(process.stdout.readline())
        assert json.loads(path.read_text()) == told
        assert set(shown.pop("credentials")) == {"apiKey", "secret", "password"}
        assert shown == told
        assert told["schema"] == "simvenue.ready.v1"
        assert told["pid"] == process.pid
        with urlopen(f"{told['rest']}/sim/v1/info", timeout=5) as answer:
            info = json.load(answer)
        assert {name: info[name] for name in told} == told
        assert "credentials" not in info
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0


@pytest.mark.integration
def test_given_credentials_are_never_printed() -> None:
    with venue_process("--speed=max") as venue:
        assert "credentials" not in venue.ready


@pytest.mark.integration
def test_the_venue_ends_when_its_parent_lets_go_of_the_lifeline() -> None:
    lifeline, held = os.pipe()
    with subprocess.Popen(
        [*SERVE, f"--lifeline-fd={lifeline}"], stdout=subprocess.PIPE, text=True, pass_fds=(lifeline,)
    ) as process:
        os.close(lifeline)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.2)
        assert process.poll() is None
        os.close(held)
        assert process.wait(timeout=5) == 0


@pytest.mark.integration
def test_a_taken_port_is_told() -> None:
    with venue_process("--speed=max") as venue:
        done = run(f"--port={venue.ready['port']}")
    assert done.returncode == 2
    assert "--port" in done.stderr
