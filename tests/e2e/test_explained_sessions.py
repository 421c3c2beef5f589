"""What sessions did and why, told from their stores: signals, times and orders, in two languages, with codes and numbers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from golive.cli import main as command_line
from golive.observability.decision_words import EVENT_WORDS
from golive.storage.decision_journal import DIRECTORY, journal_files
from golive.storage.recovery import entries
from golive.storage.sessions import session_stores
from support.forked_golive import ForkedHome
from support.golive_process import ALONE, Home
from support.published import published

CANDLES = ("--candles", "400", *ALONE)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo under the shipped limits, then one under limits that its orders are too large for."""
    home = ForkedHome(tmp_path_factory.mktemp("home"))
    assert home.run("demo", *CANDLES).code == 0
    home.edit("runtime.yaml", "risk_profile: balanced ", "risk_profile: conservative ")
    home.run("demo", *CANDLES)
    assert home.golive("audit", "verify", "--all").code == 0
    return home


@pytest.fixture(scope="module")
def told(home: Home) -> dict[str, list[dict[str, Any]]]:
    """Bodies of the decision journal by event."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in journal_files(home.path / DIRECTORY):
        for entry in entries(path):
            if entry.type == "decision_event":
                found.setdefault(str(entry.body["event"]), []).append(dict(entry.body))
    return found


def run_of(home: Home, place: int) -> str:
    """Run id of the first (0) or the second (1) session, its first digits."""
    return session_stores(home.path)[::-1][place].stem.rpartition("_")[2]


def explain(capsys: pytest.CaptureFixture[str], home: Home, *words: str) -> tuple[int, str, str]:
    code = command_line.main(["explain", *words, "--home", str(home.path)])
    said = capsys.readouterr()
    return code, said.out, said.err


def document(capsys: pytest.CaptureFixture[str], home: Home, *words: str) -> dict[str, Any]:
    code, out, err = explain(capsys, home, *words, "--json")
    assert (code, err) == (0, "")
    return published(out)


def test_every_body_says_whose_it_is(told: dict[str, list[dict[str, Any]]]) -> None:
    for bodies in told.values():
        for body in bodies:
            assert (body["entrypoint"], body["environment"]) == ("okx_desktop_paper", "okx_paper")
            assert body["portfolio"]
            assert body["risk_profile"] in ("balanced", "conservative")
    assert {body["strategy"] for body in told["signal_received"]} == {"multi_strategy_default"}


def test_other_limits_than_the_last_time_are_written_down_once(home: Home, told: dict[str, list[dict[str, Any]]]) -> None:
    [transition] = told["risk_profile_transition"]
    assert (transition["from"], transition["to"]) == ("balanced", "conservative")
    assert transition["from_digest"] != transition["to_digest"]
    assert str(transition["run_id"]).startswith(run_of(home, 1))


def test_what_sales_realised_adds_up_to_the_report(home: Home, told: dict[str, list[dict[str, Any]]]) -> None:
    first = json.loads(home.reports("demo")[0].read_text())
    mine = [body for body in told["realized_pnl_recorded"] if str(body["run_id"]).startswith(run_of(home, 0))]
    assert mine[-1]["realized_total"] == first["outcome"]["pnl"]["realized"]
    assert [body["quote_asset"] for body in told["trade_recorded"]] == ["USDT"] * len(told["trade_recorded"])
    assert len(told["trade_recorded"]) > 0


def test_a_signal_is_followed_from_its_candle_to_the_position(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    story = document(capsys, home, "BTC/USDT#1", "--session", run_of(home, 0))
    signal, decision, [bought] = story["signal"], story["decision"], story["orders"]
    assert (signal["target_before"], signal["cause"]) == (None, "target_changed")
    assert signal["bar"]["closed_at"] == signal["ts"]
    assert (decision["code"], decision["client_order_id"]) == ("APPROVED", bought["order"]["client_order_id"])
    assert story["position_after"] == bought["fills"][-1]["position_after"]
    assert story["fees"].keys() == {"BTC"}
    assert story["doubts"] == []
    code, out, _ = explain(capsys, home, "okx:BTC/USDT#1", "--session", run_of(home, 0), "--lang", "pl")
    assert code == 0
    for text in ("świeca", "cel brak → ", "zmienił się cel strategii", "ryzyko zezwoliło", "kupno", "wykonanie", "pozycja"):
        assert text in out, text
    code, out, _ = explain(capsys, home, bought["order"]["client_order_id"], "--lang", "pl")
    assert code == 0
    for event in ("signal_received", "order_submitted", "order_executed"):
        assert EVENT_WORDS[event][1] in out, event
        assert event.replace("_", " ") not in out, "an event without a word in this language"


def test_a_refusal_is_told_with_limit_and_value(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    story = document(capsys, home, "BTC/USDT#1")
    assert (story["decision"]["event"], story["decision"]["code"]) == ("risk_rejected", "RISK_MAX_POSITION")
    assert (story["decision"]["limit"], story["orders"]) == ("0.03", [])
    assert "% of equity; at most 3 % is allowed" in explain(capsys, home, "BTC/USDT#1")[1]
    assert "kapitału; dozwolone jest najwyżej 3 %" in explain(capsys, home, "BTC/USDT#1", "--lang", "pl")[1]


def test_a_time_shows_what_the_desk_was_doing(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    signal = document(capsys, home, "BTC/USDT#1", "--session", run_of(home, 0))["signal"]
    [desk] = document(capsys, home, signal["ts"], "--session", run_of(home, 0))["desks"]
    assert desk["bar"] == signal["bar"]
    assert (desk["signal_id"], desk["target"], desk["target_before"]) == (signal["signal_id"], signal["target"], None)
    assert [each["signal_id"] for each in desk["decisions"]] == [signal["signal_id"]]
    assert (desk["before"], desk["after"]["position"]) == ({"position": "0", "open_orders": []}, "0")
    assert [each["signal_id"] for each in desk["after"]["open_orders"]] == [signal["signal_id"]]
    for time in ("00:00", "00:00:01", "00:01"):  # the session's first moment is of its first bar
        [early] = document(capsys, home, time, "--session", run_of(home, 0))["desks"]
        assert early["bar"]["closed_at"] == "2024-01-01T00:01:00Z"
        assert (early["idle"]["code"], early["target"], early["after"]["position"]) == ("WARMING_UP", None, "0")
    out = explain(capsys, home, "00:01", "--session", run_of(home, 0), "--lang", "pl")[1]
    assert "WARMING_UP: strategia się rozgrzewa" in out
    assert "pozycja 0; w toku: brak" in out


def test_what_a_decision_saw_is_told_apart_from_what_came_of_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    sold = document(capsys, home, "BTC/USDT#2", "--session", run_of(home, 0))
    [desk] = document(capsys, home, sold["signal"]["ts"], "--session", run_of(home, 0))["desks"]
    assert desk["before"] == {"position": sold["position_before"], "open_orders": []}
    assert float(desk["before"]["position"]) > 0
    assert [each["client_order_id"] for each in desk["after"]["open_orders"]] == [sold["decision"]["client_order_id"]]
    assert (desk["target_before"], desk["target"]) == (sold["signal"]["target_before"], sold["signal"]["target"])
    out = explain(capsys, home, sold["signal"]["ts"], "--session", run_of(home, 0))[1]
    assert f"before {sold['signal']['target_before']}" in out
    assert "working: sell market" in out


def test_the_time_of_each_row_of_decisions_leads_to_what_the_row_tells(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    listed = published(decisions(capsys, home, "--session", run_of(home, 0), "--json")[1])["decisions"]
    assert [each["ts"] for each in listed] == sorted(each["ts"] for each in listed)
    for row in [*listed[:12], *listed[-12:]]:
        [desk] = document(capsys, home, row["ts"], "--session", run_of(home, 0))["desks"]
        if row["bars"] is None:
            assert row["record_seq"] in [each["record_seq"] for each in desk["decisions"]]
        else:
            assert (desk["idle"]["code"], desk["idle"]["until"], desk["idle"]["bars"]) == (row["code"], row["until"], row["bars"])
            assert desk["idle"]["since"] == desk["bar"]["opened_at"]


def test_an_order_is_told_with_the_signal_and_the_candle_before_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    story = document(capsys, home, "BTC/USDT#1", "--session", run_of(home, 0))
    order = document(capsys, home, story["orders"][0]["order"]["client_order_id"])
    assert order["made_for"] == story["signal"]
    out = explain(capsys, home, story["orders"][0]["order"]["client_order_id"][:12])[1]
    assert "made for signal okx:BTC/USDT#1" in out
    assert "its candle 2024-01-01" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("BTC/USDT#9999",), "had no signal okx:BTC/USDT#9999; the last one of okx:BTC/USDT is okx:BTC/USDT#"),
        (("ETH/USDT#1",), "does not trade ETH/USDT; it trades okx:BTC/USDT"),
        (("kraken:BTC/USDT#1",), "does not trade kraken:BTC/USDT; it trades okx:BTC/USDT"),
        (("2031-05-05T10:00",), "saw no bar at 2031-05-05T10:00:00Z: its bars are from 2024-01-01T00:00:00Z to"),
        (("2024-01-01T25:00",), "'2024-01-01T25:00' is no time: write it as 2026-01-10T09:00 or 09:00, UTC"),
        (("09:00", "--entrypoint", "nowhere"), "there is no session of entrypoint nowhere under"),
        (("09:00", "--session", "ffffffff"), "there is no session of run ffffffff under"),
        (("abcdef12", "--session", "ffffffff"), "--session is for times and signals, and 'abcdef12' is neither"),
    ],
)
def test_what_there_is_not_ends_in_one_clear_error(
    home: Home, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    code, out, err = explain(capsys, home, *words)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.fixture
def journal_without_refusals(home: Home) -> Iterator[Path]:
    """The decision journal with its refusals taken out."""
    [path] = journal_files(home.path / DIRECTORY)
    before = path.read_bytes()
    path.write_bytes(b"".join(line for line in before.splitlines(keepends=True) if b'"risk_rejected"' not in line))
    yield path
    path.write_bytes(before)


def test_a_journal_that_lacks_a_decision_is_told_and_ends_in_6(
    home: Home, capsys: pytest.CaptureFixture[str], journal_without_refusals: Path
) -> None:
    code, out, _ = explain(capsys, home, "BTC/USDT#1")
    assert code == 6
    assert "NOT CONFIRMED: record" in out
    assert "is missing from the journal" in out
    assert "NIEPOTWIERDZONE" in explain(capsys, home, "BTC/USDT#1", "--lang", "pl")[1]


def test_a_store_that_was_changed_ends_in_6(home: Home, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = session_stores(home.path)[0]  # the newest
    before = path.read_bytes()
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TRIGGER IF EXISTS records_update")
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE records SET body = replace(body, 'target_changed', 'target_guessed')")
    connection.close()
    try:
        code, out, err = explain(capsys, home, "BTC/USDT#1")
    finally:
        path.write_bytes(before)
        for log in path.parent.glob(f"{path.name}-*"):
            log.unlink()
    assert (code, out) == (6, "")
    assert "nothing in it can be believed" in err


def decisions(capsys: pytest.CaptureFixture[str], home: Home, *words: str) -> tuple[int, str, str]:
    code = command_line.main(["decisions", *words, "--home", str(home.path)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_decisions_are_listed_with_their_codes_as_the_report_counts_them(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    for place, path in enumerate(home.reports("demo")):
        counted = json.loads(path.read_text())["outcome"]["decisions"]
        code, out, err = decisions(capsys, home, "--session", run_of(home, place), "--json")
        assert (code, err) == (0, "")
        listed = published(out)
        assert listed["by_code"] == counted["by_code"]
        assert sum(listed["idle_bars"].values()) == sum(run["bars"] for run in counted["inaction"])


Change = Callable[[list[bytes]], list[bytes]]


def without(text: bytes) -> Change:
    return lambda lines: [line for line in lines if text not in line]


def changed(before: bytes, after: bytes) -> Change:
    return lambda lines: [line.replace(before, after) for line in lines]


def repeated(text: bytes) -> Change:
    return lambda lines: [again for line in lines for again in ([line, line] if text in line else [line])]


def swapped(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-2], lines[-1], lines[-2]]


@pytest.mark.parametrize("event", ["signal_received", "risk_check_passed", "order_submitted", "order_executed"])
def test_an_order_is_held_against_each_record_of_the_signed_journal(
    home: Home, capsys: pytest.CaptureFixture[str], event: str
) -> None:
    story = document(capsys, home, "BTC/USDT#1", "--session", run_of(home, 0))
    order = str(story["orders"][0]["order"]["client_order_id"])
    name = order if event != "signal_received" else "okx:BTC/USDT#1"
    [path] = journal_files(home.path / DIRECTORY)
    before = path.read_bytes()
    lines = before.splitlines(keepends=True)
    [gone, *_] = [line for line in lines if f'"{event}"'.encode() in line and f'"{name}"'.encode() in line]
    try:
        path.write_bytes(b"".join(line for line in lines if line is not gone))
        code, out, _ = explain(capsys, home, order)
    finally:
        path.write_bytes(before)
    assert code == 6
    assert f"record {json.loads(gone)['body']['record_seq']} ({event}) is not there" in out
    assert explain(capsys, home, order)[0] == 0


def invented(lines: list[bytes]) -> list[bytes]:
    body = {**json.loads(lines[-1])["body"], "record_seq": 99_999}
    return [*lines, json.dumps({**json.loads(lines[-1]), "body": body}, sort_keys=True, separators=(",", ":")).encode() + b"\n"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (without(b'"risk_rejected"'), "(risk_rejected) of run {run}: is missing from the journal"),
        (without(b'"order_submitted"'), "(order_submitted) of run {run}: is missing from the journal"),
        (changed(b'"limit":"0.03"', b'"limit":"0.30"'), "(risk_rejected) of run {run}: the journal says something else"),
        (changed(b'"limit":"0.03"', b'"limit":"0.30"'), "bad mac: the record is not what was written"),
        (repeated(b'"risk_rejected"'), "(risk_rejected) of run {run}: stands 2 times in the journal"),
        (swapped, "stands behind a later one"),
        (invented, "record 99999 (auto_trader_transition) of run {run}: stands in the journal and not in the store"),
    ],
)
def test_decisions_are_held_against_the_signed_journal(
    home: Home, capsys: pytest.CaptureFixture[str], change: Change, said: str
) -> None:
    [path] = journal_files(home.path / DIRECTORY)
    before = path.read_bytes()
    place = 0 if "order_submitted" in said else 1  # the second one's orders are all refused
    try:
        path.write_bytes(b"".join(change(before.splitlines(keepends=True)[:-1])) + before.splitlines(keepends=True)[-1])
        code, out, _ = decisions(capsys, home, "--session", run_of(home, place))
        listed = published(decisions(capsys, home, "--session", run_of(home, place), "--json")[1])
    finally:
        path.write_bytes(before)
    assert code == 6
    assert "NOT CONFIRMED: " in out
    assert any(said.format(run=listed["session"]["run_id"]) in doubt for doubt in listed["doubts"]), listed["doubts"]
    assert "APPROVED" in out or "RISK_MAX_POSITION" in out, "what the store says is shown all the same"


def test_decisions_of_one_code_are_told_in_words(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = decisions(capsys, home, "--code", "RISK_MAX_POSITION", "--lang", "pl")
    assert code == 0
    assert "ryzyko odmówiło" in out
    assert "dozwolone jest najwyżej 3 %" in out
    assert "ON_TARGET" not in out
    listed = published(decisions(capsys, home, "--since", "2024-01-01T03:00", "--json")[1])["decisions"]
    assert listed
    assert all((each["until"] or each["ts"]) >= "2024-01-01T03:00" for each in listed)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--code", "RISK_POSITION"), 2, "--code RISK_POSITION: there is no such code; did you mean RISK_MAX_POSITION"),
        (("--since", "noon"), 2, "--since noon: write a time with its day, as 2026-01-10T09:00, UTC"),
        (("--session", "ffffffff"), 6, "there is no such session under"),
    ],
)
def test_what_cannot_be_listed_is_said(
    home: Home, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    ended, out, err = decisions(capsys, home, *words)
    assert (ended, out) == (code, "")
    assert said in err


def test_the_end_of_a_run_and_its_report_show_what_was_decided(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    shown = home.golive("run", "--mode", "demo", "--candles", "200", *ALONE).stdout
    assert "Decisions · " in shown
    assert "the position would be too large" in shown
    page = sorted((home.path / "reports/e2e").glob("run_local_bot_demo_*.md"))[1].read_text()
    assert "| RISK_MAX_POSITION | the position would be too large |" in page


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo whose positions are protected by a stop."""
    home = ForkedHome(tmp_path_factory.mktemp("protected"))
    home.edit("core.yaml", "parameters: {} ", "parameters: {stop_loss_pct: 0.002} ")
    assert home.run("demo", *CANDLES).code == 0
    assert home.golive("audit", "verify", "--all").code == 0
    return home


def test_the_order_that_protects_belongs_to_the_chain_and_is_no_second_decision(
    protected: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    story = document(capsys, protected, "BTC/USDT#1")
    bought, stop = story["orders"][:2]
    assert story["decision"]["client_order_id"] == bought["order"]["client_order_id"]
    assert (story["decision"]["purpose"], bought["order"]["side"]) == ("target", "buy")
    assert (stop["order"]["side"], stop["order"]["type"]) == ("sell", "stop")
    code, out, _ = explain(capsys, protected, "BTC/USDT#1", "--lang", "pl")
    assert code == 0
    assert "chroni pozycję" in out
    listed = published(decisions(capsys, protected, "--json")[1])["decisions"]
    assert {each["purpose"] for each in listed} == {"target", "protection", None}


@pytest.fixture(scope="module")
def allocated(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A demo of two strategies as one, one of which may begin nothing before 04:00."""
    home = ForkedHome(tmp_path_factory.mktemp("allocated"))
    members = """parameters: {}
    allocation:
      - {strategy: ema_cross, capital_pct: 0.5, schedule: [mon-sun 04:00-24:00]}
      - {strategy: breakout, capital_pct: 0.4}
#"""
    home.edit("core.yaml", "parameters: {} ", members)
    assert home.run("demo", *CANDLES).code == 0
    assert home.golive("audit", "verify", "--all").code == 0
    return home


def test_a_member_that_its_times_hold_back_is_named_with_what_it_wanted(
    allocated: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = published(decisions(capsys, allocated, "--code", "OUTSIDE_SCHEDULE", "--json")[1])["decisions"]
    held = {"strategy": "ema_cross", "share": "0.5", "wanted": "1", "target": "0"}
    assert [each["members"] for each in listed] == [[held]] * len(listed)
    assert listed
    code, out, _ = decisions(capsys, allocated, "--code", "OUTSIDE_SCHEDULE", "--lang", "pl")
    assert (code, "ema_cross chce 1 × 0.5, wstrzymano na 0" in out) == (0, True)
    [desk] = document(capsys, allocated, listed[0]["ts"])["desks"]
    assert (desk["idle"]["code"], desk["idle"]["members"]) == ("OUTSIDE_SCHEDULE", [held])
    assert "its schedule holds a strategy back" in explain(capsys, allocated, listed[0]["ts"])[1]


def test_a_signal_of_several_strategies_says_what_each_wanted(allocated: Home, capsys: pytest.CaptureFixture[str]) -> None:
    story = document(capsys, allocated, "BTC/USDT#1")
    members = story["signal"]["members"]
    assert {each["strategy"] for each in members} <= {"ema_cross", "breakout"}
    made = sum(float(each["share"]) * float(each["target"]) for each in members)
    assert float(story["signal"]["target"]) == pytest.approx(made)
    assert "breakout wants 1 × 0.4" in explain(capsys, allocated, "BTC/USDT#1")[1]
