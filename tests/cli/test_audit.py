"""`golive audit verify` as a process: exit codes 0, 1, 6, and the first bad record by name."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.model.live_order import OrderResult
from golive.model.verdict import Stage
from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.item import EventItem, RecordItem
from golive.storage.risk_decisions import RiskDecisions
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.stage_records import StageRecords
from support.durable import CONTEXT, ENTRYPOINT, RUN_ID, approval, new_store, note, order_id, refusal, signer_of, stage_record
from support.forked_golive import finished
from support.golive_process import Finished, Home
from support.live_orders import decided, end, write

STAGE = Path("var/audit/stage") / f"{ENTRYPOINT}.jsonl"


def verify(home: Path, *arguments: str) -> Finished:
    return finished(["audit", "verify", *arguments], env=os.environ, cwd=home)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation after one session."""
    signer = signer_of(tmp_path)
    store = new_store(tmp_path)
    records = store.commit(
        [EventItem(1, "e", b"x"), RecordItem(note(1)), RecordItem(approval(2)), RecordItem(refusal(3))]
    ).records
    store.close()
    for projection in (
        TradingDecisionJournal(tmp_path, signer, CONTEXT),
        RiskDecisions(tmp_path / "logs/risk_decisions.jsonl", signer),
    ):
        projection.project(records)
        projection.close()
    stages = StageRecords(tmp_path, signer, operator="anna")
    stages.append(stage_record(Stage.DEMO))
    stages.append(stage_record(Stage.PAPER))
    return tmp_path


def test_an_untouched_installation_is_clean(home: Path) -> None:
    done = verify(home, "--all")
    assert (done.code, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["clean"] * 4
    assert str(STAGE) in done.stdout
    assert verify(home, str(STAGE), "logs/risk_decisions.jsonl").code == 0


def test_verifying_changes_nothing(home: Path) -> None:
    def state() -> dict[Path, tuple[int, bytes]]:
        return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in home.rglob("*") if path.is_file()}

    before = state()
    verify(home, "--all")
    assert state() == before


def test_a_changed_record_ends_in_1_and_is_named(home: Path) -> None:
    path = home / STAGE
    path.write_bytes(path.read_bytes().replace(b'"verdict":"ok"', b'"verdict":"no"', 1))
    done = verify(home, "--all")
    assert done.code == 1
    tampered = done.stdout.splitlines()
    assert tampered[0].startswith("tampered")
    assert "line 2 (seq 2): bad mac" in tampered[1]
    assert verify(home, str(STAGE)).code == 1


@pytest.mark.parametrize("suffix", [".jsonl", ".sqlite"])
def test_a_removed_file_ends_in_1(home: Path, suffix: str) -> None:
    for path in home.rglob(f"*{suffix}"):
        kept = path.read_bytes()
        path.unlink()
        assert verify(home, "--all").code == 1, path
        path.write_bytes(kept)


def test_a_store_removed_with_its_seal_ends_in_6_and_its_run_is_named(home: Path) -> None:
    for path in (home / "var/state/sessions").iterdir():
        path.unlink()
    done = verify(home, "--all")
    assert done.code == 6
    said = done.stdout.splitlines()[-2:]
    assert said[0].split()[:3] == ["cannot", "say", f"var/state/sessions/*_{ENTRYPOINT}_*_{RUN_ID[:8]}.sqlite"]
    assert f"the store of run {RUN_ID} is gone, and 3 records" in said[1]


@pytest.mark.parametrize("folder", ["audit/decisions", "logs"])
def test_a_journal_removed_with_its_seal_ends_in_1_where_a_store_knows_what_stood_in_it(home: Path, folder: str) -> None:
    for path in (home / folder).iterdir():
        path.unlink()
    done = verify(home, "--all")
    assert done.code == 1
    assert "is missing from the" in done.stdout


def test_a_risk_log_that_alone_is_left_of_a_session_ends_in_6(home: Path) -> None:
    for folder in ("var/state/sessions", "audit/decisions"):
        for path in (home / folder).iterdir():
            path.unlink()
    assert verify(home, "--all").code == 1, "kept seals tell of the decision journal"
    for kept in (home / SEALS).glob("decisions.*"):
        kept.unlink()
    done = verify(home, "--all")
    assert done.code == 6
    assert f"2 decisions, the first of {ENTRYPOINT} on order {order_id(2)} at " in done.stdout.splitlines()[-1]


def test_an_event_that_came_before_there_was_a_store_asks_for_none(tmp_path: Path) -> None:
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    body = {"from": "balanced", "to": "conservative", "from_digest": "1" * 64, "to_digest": "2" * 64}
    journal.note("risk_profile_transition", body)
    journal.close()
    assert verify(tmp_path, "--all", "--home", str(tmp_path)).code == 0


def test_a_store_that_cannot_be_read_is_not_taken_for_one_that_is_gone(home: Path) -> None:
    path = next((home / "var/state/sessions").glob("*.sqlite"))
    path.write_bytes(b"no store")
    assert "is gone" not in verify(home, "--all").stdout


def test_a_torn_tail_a_missing_seal_or_missing_keys_end_in_6(home: Path) -> None:
    path = home / STAGE
    data = path.read_bytes()
    path.write_bytes(data + b'{"body"')
    assert verify(home, "--all").code == 6
    path.write_bytes(data)
    seal = path.with_suffix(".seal.json")
    seal.rename(home / "seal")
    assert verify(home, "--all").code == 6
    (home / "seal").rename(seal)
    (home / "var/state/keys/dev/hmac.key").unlink()
    assert verify(home, "--all").code == 6
    assert verify(home, str(STAGE)).code == 0


def test_a_stranger_with_the_public_key_alone_sees_any_change(home: Path, tmp_path: Path) -> None:
    key = next((home / "var/audit/keys").glob("*.json"))
    assert verify(home, "--public-key", str(key), str(STAGE)).code == 0
    path = home / STAGE
    path.write_bytes(path.read_bytes().replace(b'"stage":"demo"', b'"stage":"live"', 1))
    assert verify(home, "--public-key", str(key), str(STAGE)).code == 1


def test_an_unfinished_session_and_an_empty_place_end_in_6(home: Path, tmp_path: Path) -> None:
    next((home / "var/state/sessions").glob("*.seal.json")).unlink()
    done = verify(home, "--all")
    assert done.code == 6
    assert "not sealed" in done.stdout
    empty = tmp_path / "empty"
    empty.mkdir()
    done = verify(empty, "--all", "--home", str(empty))
    assert done.code == 6
    assert "no journal" in done.stderr
    assert verify(home, "no/such/file.jsonl").code == 6


def test_usage_errors_end_in_2(home: Path) -> None:
    assert verify(home).code == 2
    assert verify(home, "--all", str(STAGE)).code == 2


def test_keys_that_others_can_read_end_in_6(home: Path) -> None:
    (home / "var/state/keys/dev/hmac.key").chmod(0o644)
    done = verify(home, "--all")
    assert done.code == 6
    assert "chmod 600" in done.stderr


def test_bound_and_risk_log_are_those_of_the_configuration(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    write(home.path, (decided(1), end(1, OrderResult.FILLED, 200)))
    assert home.golive("audit", "verify", "--all").code == 0
    home.edit("core.yaml", "latency_alert_threshold_ms: 350", "latency_alert_threshold_ms: 199")
    done = home.golive("audit", "verify", "--all")
    assert done.code == 1
    assert "out of bounds" in done.stdout
    assert "took 200 ms, the bound is 199 ms" in done.stdout
    home.edit("core.yaml", "latency_alert_threshold_ms: 199", "latency_alert_threshold_ms: 200")
    home.edit("runtime.yaml", "logs/risk_decisions.jsonl", "logs/elsewhere.jsonl")
    assert "is missing from the file" in home.golive("audit", "verify", "--all").stdout
    for name in ("risk_decisions.jsonl", "risk_decisions.seal.json"):
        (home.path / "logs" / name).rename(home.path / "logs" / name.replace("risk_decisions", "elsewhere"))
    assert home.golive("audit", "verify", "--all").code == 0


@pytest.mark.parametrize("put", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), lambda path: path.mkdir()])
@pytest.mark.parametrize("name", ["logs/security_admin.log", str(STAGE), "logs/risk_decisions.jsonl"])
def test_what_is_no_file_in_the_place_of_a_log_is_said_at_once(home: Path, name: str, put: Callable[[Path], None]) -> None:
    path = home / name
    path.unlink(missing_ok=True)
    put(path)
    for asked in (("--all",), (name,)):
        done = finished(["audit", "verify", *asked], env=os.environ, cwd=home, timeout_s=20)
        assert done.code in (1, 6), done.stdout
        assert name in done.stdout
