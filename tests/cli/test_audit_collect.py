"""`golive audit collect`: what a place outside knows of logs that were rolled back, rewritten or removed as a whole."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.storage.journal_file import JournalFile
from golive.storage.keys import DIRECTORY as KEYS
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.security_admin import PATH, record_admin_acts
from support.durable import ToldClock, keys_of, signer_of
from support.forked_golive import finished
from support.golive_process import Finished

LOG = Path("var/audit/stage/okx_desktop_paper.jsonl")
"""a log by its place; what its records say is not asked here"""


def write(home: Path, clock: ToldClock, count: int = 3) -> None:
    """Add records to two logs, each sealed."""
    for n in range(count):
        clock.time += 400 * 10**9
        record_admin_acts(home, signer_of(home, clock), [("operator_added", {"name": f"n{n}"}, "anna")])
        path = home / LOG
        log = JournalFile.open(path, "stage/okx_desktop_paper", signer_of(home, clock), seal_path=path.with_suffix(".seal.json"))
        log.append("note", {"n": n}, "anna")
        log.seal()
        log.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write(tmp_path / "home", ToldClock())
    return tmp_path / "home"


def audit(home: Path, *arguments: str) -> Finished:
    return finished(["audit", *arguments, "--home", str(home)], env=dict(os.environ), cwd=home.parent)


def collect(home: Path) -> Finished:
    return audit(home, "collect", "--to", str(home.parent / "outside"))


def verify(home: Path) -> int:
    return audit(home, "verify", "--all", "--seals", str(home.parent / "outside")).code


def test_every_seal_is_taken_once_and_verifying_with_them_is_clean(home: Path) -> None:
    first = collect(home)
    assert first.code == 0
    assert "clean" in first.stdout
    assert collect(home).stdout.count("(0 seals taken") == 2
    write(home, ToldClock(ToldClock().time + 10**13), 1)
    again = collect(home)
    assert (again.code, verify(home)) == (0, 0)
    here = sorted(path.read_bytes() for path in (home / SEALS).iterdir())
    assert sorted(path.read_bytes() for path in (home.parent / "outside").glob("*.seals")) == here


def rolled_back(home: Path, before: Path) -> None:
    shutil.rmtree(home)
    shutil.copytree(before, home)


def removed(home: Path, before: Path) -> None:
    for path in (home / LOG, (home / LOG).with_suffix(".seal.json"), *(home / SEALS).glob("stage.*")):
        path.unlink()


def begun_anew(home: Path, before: Path) -> None:
    removed(home, before)
    write(home, ToldClock(ToldClock().time + 10**13))


def with_other_keys(home: Path, before: Path) -> None:
    """Everything written again by one who made keys of their own."""
    shutil.rmtree(home)
    write(home, ToldClock())


@pytest.mark.parametrize("change", [rolled_back, removed, begun_anew, with_other_keys])
def test_what_this_host_alone_cannot_tell_shows_outside(home: Path, change: Callable[[Path, Path], None]) -> None:
    before = home.parent / "before"
    shutil.copytree(home, before)
    write(home, ToldClock(ToldClock().time + 10**13), 2)
    assert collect(home).code == 0
    kept = {path.name: path.read_bytes() for path in (home.parent / "outside").glob("stage.*")}
    change(home, before)
    assert audit(home, "verify", "--all").code == 0, "everything here agrees with itself"
    assert verify(home) == 1
    told = collect(home)
    assert told.code == 1, told.stdout
    assert "tampered" in told.stdout
    for name, data in kept.items():
        assert (home.parent / "outside" / name).read_bytes() == data, "nothing more is taken of it"


def test_a_log_that_is_being_written_is_collected_up_to_its_seal(home: Path) -> None:
    path = home / LOG
    log = JournalFile.open(path, "stage/okx_desktop_paper", signer_of(home), seal_path=path.with_suffix(".seal.json"))
    log.append("note", {"n": "unsealed"}, "anna")
    log.close()
    path.write_bytes(path.read_bytes() + b'{"body":')
    assert collect(home).code == 0


def test_nothing_to_collect_is_not_ok(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    done = collect(tmp_path / "home")
    assert (done.code, "no public key" in done.stderr) == (6, True)


def test_an_auditor_checks_every_mac_by_the_first_key_where_the_host_has_none(home: Path) -> None:
    first = home.parent / "first.key"
    shutil.copy(home / KEYS / "first.key", first)
    public = home / "var/audit/keys" / f"{keys_of(home).seal_key_id}.json"
    shutil.copy(public, home.parent / "key.json")
    for seal in (*home.rglob("*.seal.json"), *(home / SEALS).iterdir()):
        seal.unlink()
    asked = ("verify", str(home / PATH), "--public-key", str(home.parent / "key.json"))
    assert "MAC key" in audit(home, *asked).stdout
    assert "MAC key" not in audit(home, *asked, "--first-key", str(first)).stdout
    first.write_text("7" * 64 + "\n")
    assert "MAC key" in audit(home, *asked, "--first-key", str(first)).stdout


def test_the_second_verifier_is_a_program_that_needs_nothing_of_ours(home: Path) -> None:
    script = Path(__file__).parents[2] / "tools/verify_journal.py"
    assert len(script.read_text().splitlines()) <= 80
    (public,) = (home / "var/audit/keys").iterdir()
    (seals,) = (home / SEALS).glob("stage.*")
    command = ["python3", "-I", str(script), str(public), "--seals", str(seals), "--first-key", str(home / KEYS / "first.key")]
    clean = subprocess.run([*command, str(home / LOG)], capture_output=True, text=True, check=False)
    assert (clean.returncode, clean.stdout) == (0, "clean\n")
    (home / LOG).write_bytes((home / LOG).read_bytes().replace(b'"n":1', b'"n":7'))
    changed = subprocess.run([*command, str(home / LOG)], capture_output=True, text=True, check=False)
    assert changed.returncode == 1
    assert "bad mac" in changed.stdout
    for absent in ([*command[:4], str(home / "absent.jsonl")], [*command[:3], str(home / "absent.json"), str(home / LOG)]):
        said = subprocess.run(absent, capture_output=True, text=True, check=False)
        assert (said.returncode, said.stderr) == (6, "")
