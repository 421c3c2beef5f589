"""The decision log of live orders: what stands in it, that it catches up once, that accounts share it, that it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.storage.live_log import LiveOrderLog, LogDraft, entries_backwards
from golive.storage.live_segments import log_files
from golive.storage.recovery import entries
from support.durable import order_id, signer_of

DIRECTORY = Path("audit/decision_logs")


def ended(n: int, seq: int) -> LogDraft:
    body: JsonObject = {
        "route": "main", "client_order_id": order_id(n), "instrument": "okx:BTC/USDT", "side": "buy", "quantity": "0.01",
        "price": "42000.1", "attempts": [], "result": "filled", "latency_ms": 12, "fallback_used": False,
    }  # fmt: skip
    return LogDraft(seq, "order", body, "")


def open_log(home: Path, journal: str = "okx_spot_main", *, segment_bytes: int = 64_000_000) -> LiveOrderLog:
    return LiveOrderLog(home, signer_of(home), journal, segment_bytes=segment_bytes)


def told(home: Path) -> list[tuple[str, str, object]]:
    """(type, operator, client order id or journal_seq) of every record but headers and closings, oldest first."""
    found: list[tuple[str, str, object]] = []
    for path in log_files(home / DIRECTORY):
        for entry in entries(path):
            if "journal" in entry.body:
                found.append((entry.type, entry.operator, entry.body.get("client_order_id", entry.body["journal_seq"])))
    return found


def test_an_order_and_a_note_stand_in_the_log_with_who_answers_for_them(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([ended(1, 7), LogDraft(9, "symbol_frozen", {"subject": "BTC/USDT"}, "anna")])
    log.close()
    assert told(tmp_path) == [("order", "golive", order_id(1)), ("symbol_frozen", "anna", 9)]
    record = list(entries(log.path))[1]
    assert record.body == {**ended(1, 7).body, "journal": "okx_spot_main", "journal_seq": 7, "key_class": "development"}


def test_what_was_appended_before_is_not_appended_again(tmp_path: Path) -> None:
    rows = [ended(n, n * 3) for n in range(1, 6)]
    log = open_log(tmp_path)
    log.append(rows[:2])
    log.append(rows[:3])
    log.close()
    again = open_log(tmp_path)
    assert again.written == 9
    again.append(rows)
    again.close()
    assert [name for *_, name in told(tmp_path)] == [order_id(n) for n in range(1, 6)]


def test_accounts_share_one_log_and_each_catches_up_with_its_own(tmp_path: Path) -> None:
    okx, kraken = open_log(tmp_path), open_log(tmp_path, "kraken_spot_main")
    okx.append([ended(1, 5)])
    kraken.append([ended(2, 4), ended(3, 8)])
    okx.append([ended(4, 9)])
    okx.close()
    kraken.close()
    assert [name for *_, name in told(tmp_path)] == [order_id(n) for n in (1, 2, 3, 4)]
    assert (open_log(tmp_path).written, open_log(tmp_path, "kraken_spot_main").written) == (9, 8)
    assert open_log(tmp_path, "bybit_spot_main").written == 0


def test_a_full_file_is_closed_and_continued_by_the_next_for_every_account(tmp_path: Path) -> None:
    okx, kraken = open_log(tmp_path, segment_bytes=3000), open_log(tmp_path, "kraken_spot_main", segment_bytes=3000)
    for n in range(1, 11):
        (okx if n % 2 else kraken).append([ended(n, n)])
    okx.close()
    kraken.close()
    files = log_files(tmp_path / DIRECTORY)
    assert [path.name for path in files[:2]] == ["live_execution.jsonl", "live_execution-0002.jsonl"]
    assert len(files) > 2
    assert [name for *_, name in told(tmp_path)] == [order_id(n) for n in range(1, 11)]
    assert list(entries(files[0]))[-1].type == "segment_closed"
    assert next(iter(entries(files[1]))).type == "segment_opened"
    again = open_log(tmp_path, segment_bytes=3000)
    assert again.written == 9
    again.close()


def test_a_torn_record_is_written_anew_after_a_crash(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([ended(1, 1), ended(2, 2)])
    log.sync()
    path = log.path
    path.write_bytes(path.read_bytes()[:-40])
    again = open_log(tmp_path)
    assert again.written == 1
    again.append([ended(1, 1), ended(2, 2)])
    again.close()
    assert [name for *_, name in told(tmp_path)] == [order_id(1), order_id(2)]


def test_a_log_that_is_not_sound_is_not_gone_on_with(tmp_path: Path) -> None:
    log = open_log(tmp_path)
    log.append([ended(1, 1)])
    log.close()
    log.path.write_bytes(log.path.read_bytes().replace(b'"filled"', b'"absent"'))
    with pytest.raises(JournalError, match=r"live_execution\.jsonl"):
        open_log(tmp_path)


@pytest.mark.parametrize("torn", [b"", b'{"body"'])
def test_records_are_read_backwards_across_the_pieces_a_file_is_read_in(tmp_path: Path, torn: bytes) -> None:
    log = open_log(tmp_path)
    log.append([LogDraft(n, "left", {"subject": str(n), "text": "x" * 700 * (n % 977)}, "") for n in range(1, 1000)])
    log.close()
    with log.path.open("ab") as file:
        file.write(torn)
    assert log.path.stat().st_size > 3 << 20
    assert list(entries_backwards(log.path)) == list(entries(log.path))[::-1]
