"""Order journals, decision log and risk log of live orders: clean as written, and each kind of disagreement named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness, worst
from golive.model.live_order import OrderResult
from golive.storage.journal_file import Draft, JournalFile
from golive.storage.live_segments import LOG_NAME
from golive.storage.live_verifier import LiveBounds
from golive.storage.order_journal import NoteItem
from golive.storage.order_journal.place import seal_path
from golive.storage.recovery import entries
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.seal_copies import copies_path
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import order_id
from support.live_orders import ITEMS, RISK_LOG, decided, end, open_journal, open_logs, signer, write

LOG = Path("audit/decision_logs/live_execution.jsonl")


def verify(home: Path, bounds: LiveBounds | None = None) -> tuple[Soundness, list[str]]:
    results = Verifier(home, VerificationKeys.of_home(home), live=bounds).everything()
    faults = [fault for result in results for fault in result.faults]
    return worst(faults), [str(fault) for fault in faults]


def rewrite(home: Path, path: Path, name: str, change: Callable[[list[Draft]], list[Draft]]) -> None:
    """Write a journal anew, sealed and with sound MACs, but with other records, as only one who has the keys can."""
    drafts = [(entry.type, entry.body, entry.operator) for entry in list(entries(home / path))[1:]]
    header = next(iter(entries(home / path)))
    copies = copies_path(home / SEALS, str(header.body["log_id"]))
    for old in (home / path, (home / path).with_suffix(".seal.json"), copies):
        old.unlink()
    journal = JournalFile.open(home / path, name, signer(home), seal_path=(home / path).with_suffix(".seal.json"))
    journal.append_all(change(drafts))
    journal.seal()
    journal.close()


def without(drafts: list[Draft], index: int) -> list[Draft]:
    return drafts[:index] + drafts[index + 1 :]


def with_result(drafts: list[Draft]) -> list[Draft]:
    type_, body, operator = drafts[0]
    return [(type_, {**body, "result": "canceled"}, operator), *drafts[1:]]


def of_another(drafts: list[Draft]) -> list[Draft]:
    type_, body, _ = drafts[0]
    return [(type_, body, "eve"), *drafts[1:]]


def of_another_type(drafts: list[Draft]) -> list[Draft]:
    return [("left", *drafts[0][1:]), *drafts[1:]]


def renamed(drafts: list[Draft]) -> list[Draft]:
    type_, body, operator = drafts[0]
    return [*drafts, (type_, {**body, "journal": "okx_spot_gone"}, operator)]


def test_what_was_written_is_clean(tmp_path: Path) -> None:
    journal = write(tmp_path)
    results = Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything()
    assert {result.path.name: result.records > 0 for result in results} == {
        LOG.name: True, journal.name: True, RISK_LOG.name: True,
    }  # fmt: skip
    assert all(result.sealed_seq for result in results)
    assert verify(tmp_path) == (Soundness.CLEAN, [])
    kinds = [entry.type for entry in entries(tmp_path / LOG)]
    assert kinds == ["header", "order", "order", "order", "symbol_frozen"]


@pytest.mark.parametrize(
    ("path", "change", "says"),
    [
        pytest.param(LOG, lambda drafts: without(drafts, 1), "is missing from the log", id="an end left out"),
        pytest.param(LOG, lambda drafts: without(drafts, 3), "symbol_frozen", id="a note left out"),
        pytest.param(LOG, lambda drafts: [drafts[0], *drafts], "stands in the log again", id="an end told twice"),
        pytest.param(LOG, with_result, "the log says something else", id="an end told otherwise"),
        pytest.param(LOG, of_another_type, "the log says something else", id="an end told as something else"),
        pytest.param(LOG, of_another, "operator 'eve' never opened", id="an operator nobody knows"),
        pytest.param(LOG, renamed, "okx_spot_gone, which is not there", id="a journal nobody has"),
        pytest.param(RISK_LOG, lambda drafts: without(drafts, 2), "is missing from the file", id="a decision left out"),
        pytest.param(RISK_LOG, lambda drafts: [*drafts, drafts[0]], "stands 2 times", id="a decision told twice"),
    ],
)
def test_each_disagreement_is_named(tmp_path: Path, path: Path, change: Callable[[list[Draft]], list[Draft]], says: str) -> None:
    write(tmp_path)
    rewrite(tmp_path, path, LOG_NAME if path == LOG else "risk_decisions", change)
    soundness, faults = verify(tmp_path)
    assert soundness is Soundness.TAMPERED
    assert len(faults) == 1
    assert says in faults[0]


def test_an_order_slower_than_the_bound_is_named_the_first_one_and_tells_no_tampering(tmp_path: Path) -> None:
    slow = tuple(item for n in (1, 2, 3) for item in (decided(n), end(n, OrderResult.CANCELED, (350, 351, 9999)[n - 1])))
    write(tmp_path, slow)
    soundness, faults = verify(tmp_path)
    assert soundness is Soundness.OUT_OF_BOUNDS
    assert faults == [f"line 3 (seq 3): order {order_id(2)} took 351 ms, the bound is 350 ms"]
    assert verify(tmp_path, LiveBounds(latency_ms=10_000)) == (Soundness.CLEAN, [])


def test_the_bound_is_one_of_orders(tmp_path: Path) -> None:
    write(tmp_path, (NoteItem("symbol_frozen", {"subject": "BTC/USDT", "latency_ms": 9999}, "anna"),))
    assert verify(tmp_path) == (Soundness.CLEAN, [])


def test_a_crashed_account_cannot_be_judged_until_its_next_start(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    logs = open_logs(tmp_path, journal)
    logs.project([row for item in ITEMS[:6] for row in journal.commit([item])])
    logs.close()
    journal.commit(ITEMS[6:])
    journal.release()
    soundness, faults = verify(tmp_path)
    assert soundness is Soundness.CANNOT_SAY
    assert any("is not in the log yet" in fault for fault in faults)
    again = open_journal(tmp_path)
    open_logs(tmp_path, again).close()
    again.close()
    assert verify(tmp_path) == (Soundness.CLEAN, [])


@pytest.mark.parametrize("what", ["journal", "log", "both seals"])
def test_what_is_gone_is_missed(tmp_path: Path, what: str) -> None:
    journal = write(tmp_path)
    if what == "journal":
        journal.unlink()
    elif what == "log":
        (tmp_path / LOG).unlink()
    else:
        seal_path(journal).unlink()
        (tmp_path / LOG).with_suffix(".seal.json").unlink()
    assert verify(tmp_path)[0] is Soundness.TAMPERED


def test_a_changed_row_of_the_journal_is_named_and_nothing_is_compared_with_it(tmp_path: Path) -> None:
    import sqlite3

    journal = write(tmp_path)
    with sqlite3.connect(journal) as connection:
        connection.execute("UPDATE fills SET quantity = quantity + 1 WHERE trade_id = 't2'")
    soundness, faults = verify(tmp_path)
    assert soundness is Soundness.TAMPERED
    assert any("fills seq" in fault and "bad mac" in fault for fault in faults)


def test_one_file_is_verified_by_what_it_is(tmp_path: Path) -> None:
    journal = write(tmp_path)
    verifier = Verifier(tmp_path, VerificationKeys.of_home(tmp_path))
    assert verifier.one(journal).soundness is Soundness.CLEAN
    assert verifier.one(tmp_path / LOG).soundness is Soundness.CLEAN
    elsewhere = tmp_path / "copy.sqlite"
    elsewhere.write_bytes(journal.read_bytes())
    elsewhere.chmod(0o640)
    told = verifier.one(elsewhere).faults
    assert told
    assert "not a session store" not in str(told[0])
