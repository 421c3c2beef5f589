"""`golive audit show` and `follow`: which records are told, how, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.storage.live_segments import DIRECTORY, LiveSegments
from golive.storage.register_file import RegisterFile
from support.durable import ToldClock, signer_of
from support.forked_golive import ForkedCommand

LOG = DIRECTORY / "live_execution.jsonl"
CURSOR = "\x1b[2J"


def write(home: Path, *notes: int, text: str = "x", operator: str = "anna") -> None:
    clock = ToldClock()
    log = LiveSegments(home / DIRECTORY, signer_of(home, clock), 2000)
    for n in notes:
        clock.time = ToldClock().time + n * 10**9
        log.append([("even" if n % 2 == 0 else "odd", {"n": n, "text": text}, operator)])
    log.close()


def shown(home: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, list[str]]:
    code = main(["audit", "show", *words, "--home", str(home)])
    return code, capsys.readouterr().out.splitlines()


def numbers(lines: list[str]) -> list[int]:
    bodies = [json.loads(line)["body"] for line in lines[1:]]
    return [body["n"] for body in bodies if "n" in body]


def test_the_log_of_live_orders_is_shown_with_all_its_files_behind_what_verifying_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, *range(9), text=f"a{CURSOR}b", operator=f"an{CURSOR}na")
    code, lines = shown(tmp_path, capsys)
    files = len(list((tmp_path / DIRECTORY).glob("*.jsonl")))
    assert files > 1
    assert code == 0, lines
    assert [line.split()[0] for line in lines[:files]] == ["clean"] * files
    assert str(LOG) in lines[0]
    assert lines[files : files + 2] == ["signed        with keys for development", ""]
    assert lines[files + 2].split()[0] == "seq"
    assert '"n": 8' in "".join(lines)
    assert "\x1b" not in "".join(lines)
    assert len(lines) == files + 3 + sum(len(path.read_bytes().splitlines()) for path in (tmp_path / DIRECTORY).glob("*.jsonl"))
    later = str(tmp_path / DIRECTORY / "live_execution-0002.jsonl")
    assert shown(tmp_path, capsys, later) == (code, lines), "any file of it names the log"


def test_records_are_chosen_by_type_time_person_and_age(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, *range(6))
    write(tmp_path, 6, 7, operator="ben")
    asked = {
        ("--type", "even"): [0, 2, 4, 6],
        ("--type", "even", "--type", "odd"): list(range(8)),
        ("--since", "2026-01-01T00:00:05Z"): [5, 6, 7],
        ("--until", "2026-01-01T00:00:02Z"): [0, 1],
        ("--since", "2026-01-02"): [],
        ("--operator", "ben"): [6, 7],
        ("--type", "odd", "--operator", "ben", "--last", "5"): [7],
        ("--type", "even", "--last", "2"): [4, 6],
    }
    for words, wanted in asked.items():
        code, lines = shown(tmp_path, capsys, *words, "--json")
        assert (code, numbers(lines)) == (0, wanted), words
        assert {file["soundness"] for file in json.loads(lines[0])["verified"]} == {"clean"}


def test_json_lines_are_the_records_as_they_stand_in_the_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, 0)
    assert shown(tmp_path, capsys, "--json")[1][1:] == (tmp_path / LOG).read_text().splitlines()


def test_what_is_not_sound_is_told_first_and_the_rest_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, 0, 1)
    (tmp_path / LOG).write_bytes((tmp_path / LOG).read_bytes().replace(b'"n":0', b'"n":7'))
    code, lines = shown(tmp_path, capsys)
    assert (code, lines[0].split()[0]) == (1, "tampered")
    assert "line 2 (seq 2): bad mac" in lines[1]
    assert '"n": 1' in lines[-1]
    (tmp_path / LOG).unlink()
    assert shown(tmp_path, capsys)[0] == 1
    assert shown(tmp_path / "other", capsys)[0] == 6
    assert shown(tmp_path, capsys, "--since", "soon")[0] == 2


def test_a_register_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    register = RegisterFile(tmp_path / "var/security/tls_rotation.json", "tls_rotation")
    register.append(signer_of(tmp_path), [("tls_rotated", {"n": n}, "anna") for n in range(2)])
    code, lines = shown(tmp_path, capsys, str(register.path), "--json")
    assert (code, numbers(lines)) == (0, [0, 1])


def following(home: Path) -> ForkedCommand:
    return ForkedCommand(["audit", "follow", "--json", "--home", str(home)], env=dict(os.environ), cwd=home)


def said(command: ForkedCommand, part: str) -> None:
    """Wait until the command has said something; its streams are files of this process."""
    deadline = time.monotonic() + 15
    while not any(part in Path(f"/proc/self/fd/{each}").read_text() for each in command._streams):
        assert time.monotonic() < deadline, part
        assert command.poll() is None, command.communicate()
        time.sleep(0.05)


def test_follow_tells_new_records_until_it_is_stopped_or_one_is_not_sound(tmp_path: Path) -> None:
    for is_stopped in (True, False):
        home = tmp_path / str(is_stopped)
        home.mkdir()
        command = following(home)
        said(command, "waiting for")
        write(home, 0)
        said(command, " records, ")
        write(home, *range(1, 9))
        said(command, '"n":8')
        if is_stopped:
            command.send_signal(signal.SIGINT)
        else:
            newest = sorted((home / DIRECTORY).glob("*-????.jsonl"))[-1]
            newest.write_bytes(newest.read_bytes() + newest.read_bytes().splitlines(keepends=True)[-1])
        out, err = command.communicate(30)
        assert command.returncode == (0 if is_stopped else 1), err
        found = [json.loads(line)["body"].get("n") for line in out.splitlines()]
        assert [n for n in found if n is not None][-8:] == list(range(1, 9))
        assert ("gap" in err) != is_stopped


def test_a_file_is_named_from_home_as_messages_name_it_and_a_window_does_not_end_before_it_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, 1)
    assert shown(tmp_path, capsys, str(LOG))[0] == 0
    assert main(["audit", "verify", str(LOG), "--home", str(tmp_path)]) == 0
    assert main(["audit", "verify", "logs/absent.jsonl", "--home", str(tmp_path)]) == 6
    for command in (["show"], ["bundle", "--out", str(tmp_path / "out")]):
        window = ["--since", "2026-01-02", "--until", "2026-01-01", "--home", str(tmp_path)]
        assert main(["audit", *command, *window]) == 2
    assert "--until 2026-01-01: is not after --since 2026-01-02" in capsys.readouterr().err
