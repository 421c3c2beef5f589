"""Stage records: the newest counts, and nothing but an untouched file says anything."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from golive.audit import decode_entry
from golive.model.errors import JournalError
from golive.model.verdict import KeyClass, Stage
from golive.storage.stage_records import StageRecords, body_of
from support.durable import ENTRYPOINT, signer_of, stage_record


@pytest.fixture
def records(tmp_path: Path) -> StageRecords:
    return StageRecords(tmp_path, signer_of(tmp_path), operator="anna")


def test_without_a_file_there_is_no_record(records: StageRecords) -> None:
    assert records.latest(ENTRYPOINT, Stage.DEMO) is None


def test_the_newest_record_of_a_stage_counts(records: StageRecords) -> None:
    for digest in ("a", "b"):
        records.append(stage_record(digest=digest * 64))
    records.append(stage_record(Stage.PAPER, digest="c" * 64))
    assert records.latest(ENTRYPOINT, Stage.DEMO) == stage_record(digest="b" * 64)
    assert records.latest(ENTRYPOINT, Stage.PAPER) == stage_record(Stage.PAPER, digest="c" * 64)
    assert records.latest(ENTRYPOINT, Stage.LIVE) is None


def test_the_body_has_exactly_the_fields_of_the_contract(records: StageRecords) -> None:
    records.append(stage_record())
    entry, _ = decode_entry(records.path(ENTRYPOINT).read_bytes().split(b"\n")[1])
    fields = (
        "stage, entrypoint, environment, evidence_class, key_class, endpoint_host, trading_digest, file_digest, code_version, "
        "verdict, report, report_sha256, outcome_sha256, speed, ok_window_seconds, started_at, finished_at"
    )
    assert sorted(entry.body) == sorted(fields.split(", "))
    assert entry.body == body_of(stage_record())
    assert (entry.type, entry.operator) == ("stage_record", "anna")


def test_every_changed_byte_is_refused(records: StageRecords) -> None:
    records.append(stage_record())
    path = records.path(ENTRYPOINT)
    data = path.read_bytes()
    for position in range(0, len(data), 11):
        changed = bytearray(data)
        changed[position] ^= 4
        path.write_bytes(changed)
        with pytest.raises(JournalError, match=r"okx_desktop_paper\.jsonl: "):
            records.latest(ENTRYPOINT, Stage.DEMO)


def test_the_first_bad_record_is_named(records: StageRecords) -> None:
    records.append(stage_record())
    records.append(stage_record())
    path = records.path(ENTRYPOINT)
    head, one, two, _ = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([head, one.replace(b'"verdict":"ok"', b'"verdict":"no"'), two, b""]))
    with pytest.raises(JournalError, match=r"line 2 \(seq 2\): bad mac"):
        records.latest(ENTRYPOINT, Stage.DEMO)


def test_a_file_cut_at_a_record_boundary_does_not_bring_back_an_older_record(records: StageRecords) -> None:
    records.append(stage_record(digest="a" * 64))
    records.append(stage_record(digest="b" * 64))
    path = records.path(ENTRYPOINT)
    data = path.read_bytes()
    path.write_bytes(data[: data[:-1].rfind(b"\n") + 1])
    with pytest.raises(JournalError, match="cut short"):
        records.latest(ENTRYPOINT, Stage.DEMO)
    with pytest.raises(JournalError, match="seal"):
        records.append(stage_record())


def test_a_removed_file_or_seal_is_refused(records: StageRecords) -> None:
    records.append(stage_record())
    path = records.path(ENTRYPOINT)
    seal = path.with_suffix(".seal.json")
    kept = seal.read_bytes()
    seal.unlink()
    with pytest.raises(JournalError, match="no seal"):
        records.latest(ENTRYPOINT, Stage.DEMO)
    seal.write_bytes(kept)
    path.unlink()
    with pytest.raises(JournalError, match="missing"):
        records.latest(ENTRYPOINT, Stage.DEMO)
    with pytest.raises(JournalError, match="cut off"):
        records.append(stage_record())


def test_the_records_of_another_entrypoint_do_not_pass(records: StageRecords) -> None:
    records.append(stage_record(entrypoint="okx_laptop_paper"))
    for suffix in (".jsonl", ".seal.json"):
        shutil.copy(records.path("okx_laptop_paper").with_suffix(suffix), records.path(ENTRYPOINT).with_suffix(suffix))
    with pytest.raises(JournalError, match="stage/okx_laptop_paper"):
        records.latest(ENTRYPOINT, Stage.DEMO)


def test_a_record_signed_elsewhere_does_not_pass(tmp_path: Path, records: StageRecords) -> None:
    other = StageRecords(tmp_path / "elsewhere", signer_of(tmp_path / "elsewhere"), operator="anna")
    other.append(stage_record())
    records.path(ENTRYPOINT).parent.mkdir(parents=True, exist_ok=True)
    for suffix in (".jsonl", ".seal.json"):
        shutil.copy(other.path(ENTRYPOINT).with_suffix(suffix), records.path(ENTRYPOINT).with_suffix(suffix))
    with pytest.raises(JournalError, match="not at hand"):
        records.latest(ENTRYPOINT, Stage.DEMO)


def test_development_keys_sign_nothing_of_production(records: StageRecords) -> None:
    with pytest.raises(JournalError, match="key class"):
        records.append(replace(stage_record(), key_class=KeyClass.PRODUCTION))
