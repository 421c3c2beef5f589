"""Each signal ends in exactly one decision: the checker says which one has none, and which has two."""

from __future__ import annotations

from golive.audit.signal_check import Told, signal_faults
from golive.model.json import JsonValue

BTC, ETH = "okx:BTC/USDT", "okx:ETH/USDT"


def signal(seq: int, n: int, instrument: str = BTC) -> Told:
    return Told(seq, "signal_received", {"instrument": instrument, "signal_id": f"{instrument}#{n}"})


def decision(seq: int, n: int, event: str = "risk_check_passed", instrument: str = BTC, purpose: str | None = "target") -> Told:
    body: dict[str, JsonValue] = {"instrument": instrument, "signal_id": f"{instrument}#{n}"}
    return Told(seq, event, body if purpose is None else {**body, "purpose": purpose})


def neutral(seq: int, n: int) -> Told:
    return decision(seq, n, "signal_neutral", purpose=None)


def faults(*records: Told, ended: bool = True) -> list[str]:
    return list(signal_faults(records, ended=ended))


def test_signals_with_one_decision_each_are_sound() -> None:
    assert faults(signal(1, 1), signal(2, 1, ETH), decision(3, 1, "risk_rejected", ETH), neutral(4, 1)) == []


def test_a_signal_without_a_decision_is_named() -> None:
    assert faults(signal(1, 1), signal(2, 2), neutral(3, 2)) == [f"signal {BTC}#1 has no decision: record 2 is the next signal"]
    assert faults(signal(1, 1)) == [f"signal {BTC}#1 has no decision: the session ended after record 1"]


def test_the_last_signal_of_a_session_that_goes_on_may_wait() -> None:
    assert faults(signal(1, 1), ended=False) == []


def test_a_signal_with_two_decisions_is_named() -> None:
    assert faults(signal(1, 1), neutral(2, 1), decision(5, 1)) == [f"signal {BTC}#1 has two decisions: records 2 and 5"]


def test_the_order_that_protects_is_no_decision_about_the_signal() -> None:
    assert faults(signal(1, 1), decision(2, 1), decision(5, 1, purpose="protection")) == []


def test_a_decision_about_a_signal_that_never_came_is_named() -> None:
    assert faults(neutral(2, 7)) == [f"record 2 (signal_neutral) decides about signal {BTC}#7, which was not received"]


def test_a_signal_that_comes_twice_is_named() -> None:
    found = faults(signal(1, 1), neutral(2, 1), signal(3, 1), neutral(4, 1))
    assert found == [f"signal {BTC}#1 is received twice, again in record 3"]


def test_records_of_before_there_was_a_purpose_count_for_the_waiting_signal() -> None:
    assert faults(signal(1, 1), decision(2, 1, purpose=None), decision(3, 1, purpose=None)) == []
