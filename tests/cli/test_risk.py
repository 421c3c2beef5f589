"""`golive risk`: what is shown, which exit code that is, and who may lift a stop."""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.cli import main as command_line
from golive.cli.risk_status_table import age_text
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.model.secret import Secret
from golive.runtime.account_aside import set_aside
from golive.runtime.clock import SystemClock
from golive.runtime.operators import add_operator
from golive.runtime.risk_limits import risk_profile_of
from golive.runtime.risk_stop import let_stand
from golive.storage.config_files import load_configuration
from golive.storage.emergency_flag import FLAG
from golive.storage.host_account import account_path, read_account, write_account
from golive.storage.host_stop import KeptStop, keep_host_stop
from golive.storage.lease import Lease
from golive.storage.risk_state import EquityFigure, publish_figure
from golive.storage.risk_stop import STOPS, StandingStop, newest_release, read_stop, stop_path, write_stop
from golive.storage.security_admin import PATH
from support.risk_figures import FIGURE, account_of, publish

ROOT = Path(__file__).parents[2]
OKX, BYBIT = "okx_desktop_paper", "bybit_desktop_paper"
PASSPHRASE = "correct horse battery"
STOP = StandingStop(
    entrypoint=OKX, stage="paper", limit="hard_drawdown_pct", allowed="0.1", used="0.1034", since="2026-01-01T00:00:00Z",
    profile="balanced", risk_profile_digest="d" * 64, run_id="a" * 32,
)  # fmt: skip
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], home: Path) -> Say:
    def run(*words: str, typed: str = PASSPHRASE) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed + "\n"))
        code = command_line.main(["risk", *words, "--home", str(home)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def people(home: Path) -> None:
    for name, role in (("anna", "risk"), ("bob", "operator")):
        add_operator(home, name, [role], Secret(PASSPHRASE), by=None)


def told(say: Say, *words: str) -> tuple[int, dict[str, Any]]:
    code, out, _ = say("status", "--json", *words)
    document = json.loads(out)
    schema = json.loads((ROOT / "docs/schemas/golive.risk_status.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    return code, document


def row(document: dict[str, Any], entrypoint: str = OKX) -> dict[str, Any]:
    [found] = [each for each in document["entrypoints"] if each["entrypoint"] == entrypoint]
    assert isinstance(found, dict)
    return found


def figure(entrypoint: str = OKX, *, age_s: float = 0, **changes: Any) -> EquityFigure:
    return replace(FIGURE, entrypoint=entrypoint, at=SystemClock().now() - round(age_s * SECOND), **changes)


def test_a_fresh_home_has_nothing_to_tell_and_is_ok(say: Say) -> None:
    code, document = told(say)
    assert (code, document["status"], document["across"]) == (0, "ok", [])
    assert {each["source"] for each in document["entrypoints"]} == {"none"}
    assert say("status")[1].rstrip().endswith("ok (exit 0)")


def test_who_runs_is_shown_as_it_published_and_together_with_others(say: Say, home: Path) -> None:
    leases = [Lease.acquire(home, name) for name in (OKX, BYBIT)]
    publish(home, figure())
    publish(home, figure(BYBIT, equity=98 * 10**10))
    code, document = told(say)
    assert code == 0
    assert (row(document)["source"], row(document)["equity"], row(document)["auto_trade"]) == ("running", "10000", "on")
    [together] = document["across"]
    assert (together["money"], together["quote_asset"], together["equity"]) == ("paper", "USDT", "19800")
    limit, *others = together["limits"]
    assert [each["limit"] for each in others] == ["weekly_loss_pct", "hard_drawdown_pct"]
    assert (limit["limit"], limit["used"], limit["allowed"], limit["band"]) == ("max_daily_loss_pct", "0.01", "0.015", "ok")
    publish(home, figure(BYBIT, equity=97 * 10**10))
    code, document = told(say)
    assert (code, document["across"][0]["limits"][0]["band"]) == (5, "breach")
    assert f"all with paper money in USDT: {BYBIT}, {OKX}" in say("status")[1]
    leases.pop().release()
    code, document = told(say)
    [together] = document["across"]
    assert (code, together["entrypoints"], together["ended"]) == (5, [OKX], [BYBIT]), "it has ended, and what it lost is lost"
    assert f"all with paper money in USDT: {OKX}, {BYBIT} (ended)" in say("status")[1]
    leases.pop().release()


HOST_STOP = KeptStop(
    money="paper", quote_asset="USDT", limit="hard_drawdown_pct", profile="balanced", risk_profile_digest="d" * 64, allowed="0.1",
    used="0.1034", fall="1034", start="10000", since="2026-01-01T00:00:00Z", entrypoints=f"{BYBIT},{OKX}", noticed_by=OKX,
    run_id="a" * 32,
)  # fmt: skip


def test_a_drawdown_of_all_together_stands_until_it_is_released(say: Say, home: Path, people: None) -> None:
    keep_host_stop(home, HOST_STOP, SystemClock().now())
    for name in (OKX, BYBIT):
        write_account(home, account_of(figure(name, equity=89 * 10**10)))
    code, document = told(say)
    [together] = document["across"]
    assert (code, together["stops"][0]["used"], together["stops"][0]["entrypoints"]) == (5, "0.1034", [BYBIT, OKX])
    assert "golive risk release --across paper/USDT --operator NAME" in say("status")[1]
    assert say("release", "--across", "paper/USDT", "--operator", "bob")[0] == 3
    lease = Lease.acquire(home, OKX)
    code, _, err = say("release", "--across", "paper/USDT", "--operator", "anna")
    assert (code, f"{OKX} is running with paper money" in err) == (3, True)
    lease.release()
    code, out, _ = say("release", "--across", "paper/USDT", "--operator", "anna", "--reason", "looked into it")
    assert (code, out) == (
        0,
        "all paper/USDT: hard_drawdown_pct at 0.1034 of 0.1 since 2026-01-01T00:00:00Z: released by anna; each account begins with"
        " a new peak\n",
    )
    last = json.loads((home / PATH).read_text().splitlines()[-1])
    assert (last["type"], last["operator"], last["body"]["reason"]) == ("risk_host_stop_released", "anna", "looked into it")
    [together] = told(say)[1]["across"]
    assert (together["stops"], together["peak"]) == ([], together["equity"])
    assert together["day_start"] != together["equity"], "what was lost today stays lost"


def test_an_account_that_cannot_be_read_is_unknown_and_set_aside_by_a_release_on_record(
    say: Say, home: Path, people: None
) -> None:
    for name in (OKX, BYBIT):
        write_account(home, account_of(figure(name, equity=89 * 10**10)))
    path = account_path(home, "paper", "USDT", OKX)
    path.write_text("{")
    code, document = told(say)
    assert (code, document["status"]) == (6, "unknown")
    [problem] = document["problems"]
    assert str(path) in problem
    assert "golive risk release --across paper/USDT --operator NAME" in problem

    code, out, _ = say("release", "--across", "paper/USDT", "--operator", "anna")
    [aside] = path.parent.glob(f"{OKX}.set-aside-*")
    assert (code, path.exists(), aside.read_text()) == (0, False, "{")
    assert f"set aside as {aside}" in out
    last = json.loads((home / PATH).read_text().splitlines()[-1])
    assert (last["type"], last["body"]["forgotten"]) == ("risk_host_stop_released", [str(aside.relative_to(home))])
    other = read_account(home, "paper", "USDT", BYBIT)
    assert other is not None
    assert other.peak == other.equity
    assert told(say)[0] == 0


def test_what_cannot_be_recorded_is_not_set_aside(home: Path) -> None:
    path = account_path(home, "paper", "USDT", OKX)
    write_account(home, account_of(figure()))
    path.write_text("{")

    def no_record() -> None:
        with set_aside(home, [("paper", "USDT", OKX)], 7) as files:
            assert (path.exists(), [each.name for each in files]) == (False, [f"{OKX}.set-aside-7"])
            raise JournalError("no room")

    with pytest.raises(JournalError, match="no room"):
        no_record()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_stop_whose_file_is_gone_stands_and_is_told(say: Say, home: Path, people: None) -> None:
    let_stand(home, STOP)
    stop_path(home, OKX).unlink()
    code, document = told(say)
    assert (code, row(document)["state"], row(document)["stop"]["used"]) == (5, "REDUCING", "0.1034")
    [problem] = document["problems"]
    assert f"{OKX}.json is gone, though logs/security_admin.log says" in problem
    assert say("release", "--entrypoint", OKX, "--operator", "anna")[0] == 0
    assert told(say)[0] == 0


def test_a_released_entrypoint_begins_with_a_new_peak_among_the_others_too(say: Say, home: Path, people: None) -> None:
    write_account(home, account_of(figure(equity=89 * 10**10)))
    assert say("release", "--entrypoint", OKX, "--operator", "anna")[0] == 0
    account = read_account(home, "paper", "USDT", OKX)
    assert account is not None
    assert (account.peak, account.equity) == (89 * 10**10, 89 * 10**10)


@pytest.mark.parametrize("words", [(), ("--entrypoint", OKX, "--across", "paper/USDT"), ("--across", "paper/EUR")])
def test_a_release_is_of_one_thing(say: Say, home: Path, people: None, words: tuple[str, ...]) -> None:
    write_account(home, account_of(figure()))
    code, _, err = say("release", "--operator", "anna", *words)
    assert code == 2
    assert "--across" in err


@pytest.mark.parametrize("changes", [None, {"epoch": 7}, {"equity": None}])
def test_who_runs_and_says_nothing_is_unknown(say: Say, home: Path, changes: dict[str, Any] | None) -> None:
    lease = Lease.acquire(home, OKX)
    if changes is not None:
        publish_figure(home, figure(**changes))
    code, document = told(say, "--entrypoint", OKX)
    lease.release()
    assert (code, row(document)["source"]) == (6, "unknown")


@pytest.mark.parametrize("age_s", [5.5, -10])
def test_a_figure_that_is_old_or_from_the_future_is_none(say: Say, home: Path, age_s: float) -> None:
    lease = Lease.acquire(home, OKX)
    publish_figure(home, figure(age_s=age_s))
    code, document = told(say)
    lease.release()
    assert (code, row(document)["source"]) == (6, "unknown")


def test_an_order_by_hand_leaves_a_figure_that_is_told_with_its_age(say: Say, home: Path) -> None:
    publish_figure(home, figure(age_s=7200, epoch=0))
    code, document = told(say)
    assert (code, row(document)["source"]) == (0, "order")
    assert "not running; of its last order by hand, 2 hours ago" in say("status")[1]


def test_a_stop_that_stands_is_told_with_its_command_and_released_by_role_risk_alone(say: Say, home: Path, people: None) -> None:
    write_stop(home, STOP)
    code, document = told(say)
    assert (code, row(document)["state"], row(document)["stop"]["used"]) == (5, "REDUCING", "0.1034")
    assert f"golive risk release --entrypoint {OKX} --operator NAME" in say("status")[1]

    assert say("release", "--entrypoint", OKX, "--operator", "bob")[0] == 3
    assert say("release", "--entrypoint", OKX, "--operator", "anna", typed="wrong passphrase")[0] == 3
    assert read_stop(home, OKX) == STOP
    code, out, _ = say("release", "--entrypoint", OKX, "--operator", "anna", "--reason", "looked into it")
    assert (code, read_stop(home, OKX)) == (0, None)
    assert (
        out
        == f"{OKX}: hard_drawdown_pct at 0.1034 of 0.1 since 2026-01-01T00:00:00Z: released by anna; it begins with a new peak\n"
    )
    last = json.loads((home / PATH).read_text().splitlines()[-1])
    assert (last["type"], last["operator"], last["body"]["reason"]) == ("risk_stop_released", "anna", "looked into it")
    newest = newest_release(home, OKX)
    assert newest is not None
    assert newest.operator == "anna"
    assert told(say)[0] == 0


def test_an_unreadable_stop_stands_and_can_be_released(say: Say, home: Path, people: None) -> None:
    write_stop(home, STOP)
    (home / STOPS / f"{OKX}.json").write_text("{")
    assert told(say)[0] == 5
    assert "  a stop stands: " in say("status")[1]
    code, out, _ = say("release", "--entrypoint", OKX, "--operator", "anna")
    assert (code, "unreadable at" in out) == (0, False)
    assert out.startswith(f"{OKX}: a stop that cannot be read any more (")
    assert told(say)[0] == 0


def uses(used: str, limit: str, band: str = "breach") -> tuple[dict[str, Any], ...]:
    return ({"limit": limit, "allowed": "0.015", "used": used, "used_ratio": 1.3, "band": band},)


def test_what_the_last_order_by_hand_said_of_emergency_mode_is_not_the_state_of_now(say: Say, home: Path) -> None:
    publish_figure(home, figure(epoch=0, state="REDUCING"))
    code, document = told(say)
    assert (code, row(document)["state"]) == (0, "ACTIVE")


def test_the_state_of_one_that_runs_is_what_it_says(say: Say, home: Path) -> None:
    lease = Lease.acquire(home, OKX)
    publish_figure(home, figure(state="REDUCING", uses=uses("0.0195", "max_daily_loss_pct")))
    code, document = told(say)
    lease.release()
    assert (code, row(document)["state"], row(document)["limits"][0]["holds"]) == (5, "REDUCING", True)


@pytest.mark.parametrize(
    ("limit", "used", "age_s", "code"),
    [
        ("max_daily_loss_pct", "0.0195", 0, 5),
        ("max_daily_loss_pct", "0.0149", 0, 0),  # of lower limits than those of now
        ("max_daily_loss_pct", "0.0195", 86_400, 0),
        ("weekly_loss_pct", "0.08", 0, 5),
        ("weekly_loss_pct", "0.08", 7 * 86_400, 0),
        ("hard_drawdown_pct", "0.2", 0, 0),  # no stop stands
    ],
)
def test_a_loss_of_orders_by_hand_holds_for_its_day_or_week(
    say: Say, home: Path, limit: str, used: str, age_s: float, code: int
) -> None:
    publish_figure(home, figure(age_s=age_s, epoch=0, uses=uses(used, limit)))
    found, document = told(say)
    assert found == code
    assert row(document)["state"] == ("REDUCING" if code else "ACTIVE")
    assert row(document)["limits"][0]["holds"] is bool(code)
    assert bool(re.search(r"%  *│ over  *│", say("status")[1])) is not bool(code)


def breached_report(home: Path, digest: str, **changes: Any) -> None:
    """What a demo run leaves that has fallen too far, as far as the status reads it."""
    limits = uses("0.1295", "hard_drawdown_pct") + uses("0.02", "max_daily_loss_pct")
    report = {
        "entrypoint": OKX, "run_id": "a" * 32, "status": "breached", "stage": "demo", "finished_at": "2026-01-02T00:00:00Z",
        "started_at": "2026-01-01T00:00:00Z",
        "validation": {"risk_profile_digest": digest},
        "outcome": {"risk": {"profile": "balanced", "state": "REDUCING", "limits": list(limits)}, "pnl": None}, **changes,
    }  # fmt: skip
    (home / "logs/e2e").mkdir(parents=True)
    (home / "logs/e2e/run_local_bot_demo_20260101T000000Z_aaaaaaaa.json").write_text(json.dumps(report))


def test_a_stop_that_was_released_is_no_breach_of_now(say: Say, home: Path, people: None) -> None:
    configured = risk_profile_of(load_configuration(home / "config/runtime.yaml", {}).resolve(OKX)).digest
    breached_report(home, configured)
    write_stop(home, STOP)
    code, document = told(say)
    assert (code, row(document)["state"], row(document)["limits_changed"]) == (5, "REDUCING", False)
    assert {limit["limit"]: limit["holds"] for limit in row(document)["limits"]} == {
        "hard_drawdown_pct": True, "max_daily_loss_pct": False,
    }  # fmt: skip
    assert f"judged by balanced, digest {configured[:12]}; which is configured still" in say("status")[1]

    assert say("release", "--entrypoint", OKX, "--operator", "anna")[0] == 0
    code, document = told(say)
    assert (code, row(document)["state"], row(document)["source"]) == (0, "ACTIVE", "report")
    assert not any(limit["holds"] for limit in row(document)["limits"])
    assert row(document)["released"]["operator"] == "anna"
    text = say("status")[1]
    assert "drawdown stop released by anna at " in text
    assert re.search(r"hard_drawdown_pct .* released ", text)
    assert re.search(r"max_daily_loss_pct .* over ", text)


@pytest.mark.parametrize("published", [True, False])
def test_a_session_that_did_not_end_is_told_with_what_it_published_last(say: Say, home: Path, published: bool) -> None:
    breached_report(home, "d" * 64, finished_at=None, status="unknown", outcome=None)
    publish_figure(home, figure(age_s=180, run_id="a" * 32 if published else "b" * 32))
    code, document = told(say, "--entrypoint", OKX)
    found = row(document)
    assert (code, found["source"], found["state"]) == (6, "unfinished", "ACTIVE")
    assert (found["equity"], len(found["limits"])) == (("10000", 1) if published else (None, 0))
    [problem] = document["problems"]
    assert f"session aaaaaaaa of {OKX}, begun 2026-01-01T00:00:00Z, did not end (killed?)" in problem
    text = say("status")[1]
    assert "its last session did not end (killed?), " + ("as it stood 3 minutes ago" if published else "nothing was") in text
    assert "nothing has run yet" not in text.splitlines()[2]


def test_a_report_that_cannot_be_read_is_not_as_if_nothing_had_run(say: Say, home: Path) -> None:
    breached_report(home, "d" * 64, outcome={})
    code, document = told(say)
    assert (code, row(document)["source"]) == (6, "unreadable")
    assert f"what the last run of {OKX} came to cannot be told" in document["problems"][0]


def nothing_allowed(home: Path) -> None:
    """Set the loss limits of the profile to 0, as `manual` has them."""
    core = home / "config/core.yaml"
    text = core.read_text()
    profile = text[text.index("  balanced:") : text.index("  aggressive:")]
    core.write_text(
        text.replace(profile, re.sub(r"(max_daily_loss_pct|weekly_loss_pct|hard_drawdown_pct): .*", r"\1: 0", profile))
    )


def test_a_loss_limit_of_nothing_is_a_breach_that_goes_on(say: Say, home: Path) -> None:
    nothing_allowed(home)
    code, document = told(say)
    assert (code, row(document)["state"]) == (0, "REDUCING"), "nothing has run that a limit was held against"
    breached_report(home, "d" * 64)
    code, document = told(say)
    assert (code, row(document)["state"]) == (5, "REDUCING")
    assert [(limit["holds"], limit["refuses"]) for limit in row(document)["limits"]] == [(True, True)] * 2
    publish_figure(home, figure(epoch=0, age_s=90_000, uses=uses("0", "hard_drawdown_pct", "ok")))
    code, document = told(say)
    assert (code, row(document)["source"], row(document)["state"], row(document)["limits"][0]["refuses"]) == (
        5, "order", "REDUCING", True,
    )  # fmt: skip


def test_a_log_that_cannot_tell_what_stands_is_unknown(say: Say, home: Path, people: None) -> None:
    (home / PATH).with_suffix(".seal.json").unlink()
    code, document = told(say)
    assert (code, document["status"], row(document)["state"], row(document)["stop"]["limit"]) == (
        6,
        "unknown",
        "REDUCING",
        "untold",
    )
    text = say("status")[1]
    assert "security_admin.seal.json is gone, so records may have been cut off" in text
    assert "untold" not in text


def test_limits_that_have_changed_since_the_last_run_are_told(say: Say, home: Path) -> None:
    breached_report(home, "d" * 64)
    _, document = told(say)
    found = row(document)
    assert (found["judged_profile"], found["judged_digest"], found["limits_changed"]) == ("balanced", "d" * 64, True)
    assert "judged by balanced, digest dddddddddddd; the limits in the configuration have changed since" in say("status")[1]


def test_a_running_session_keeps_its_stop(say: Say, home: Path, people: None) -> None:
    lease = Lease.acquire(home, OKX)
    code, _, err = say("release", "--entrypoint", OKX, "--operator", "anna")
    lease.release()
    assert code == 3
    assert "no stop of it stands; to let it begin with a new peak all the same, end that session first" in err
    write_stop(home, STOP)
    lease = Lease.acquire(home, OKX)
    code, _, err = say("release", "--entrypoint", OKX, "--operator", "anna")
    lease.release()
    assert (code, "with its stop; end that session first" in err) == (3, True)


def test_re_arming_needs_a_session_that_answers(say: Say, home: Path, people: None) -> None:
    code, _, err = say("rearm", "--entrypoint", OKX, "--operator", "bob")
    assert code == 3
    assert f"no session of {OKX} runs" in err
    lease = Lease.acquire(home, OKX)
    code, _, err = say("rearm", "--entrypoint", OKX, "--operator", "bob")
    lease.release()
    assert code == 6
    assert "did not answer" in err
    assert list((home / "var/state/risk/inbox" / OKX).iterdir()) == [], "the message was taken back"


def test_emergency_mode_is_told_and_ends_at_the_word_of_two(say: Say, home: Path, people: None) -> None:
    (home / FLAG).parent.mkdir(parents=True)
    (home / FLAG).write_text("{")
    code, document = told(say)
    assert (code, row(document)["state"]) == (5, "REDUCING")
    assert document["problems"]
    assert say("status")[1].startswith("EMERGENCY MODE (all) REDUCING")
    assert say("clear-emergency", "--operator", "anna")[0] == 0
    assert told(say)[0] == 5
    assert say("clear-emergency", "--operator", "anna")[0] == 3, "the same person again"
    code, out, _ = say("clear-emergency", "--operator", "bob")
    assert (code, out) == (0, "emergency mode (all) is ended by anna and bob\n")
    assert told(say)[0] == 0


@pytest.mark.parametrize("command", ["status", "release", "rearm"])
def test_an_entrypoint_that_does_not_exist_is_usage(say: Say, command: str) -> None:
    words = [] if command == "status" else ["--operator", "anna"]
    code, _, err = say(command, "--entrypoint", "okx", *words)
    assert code == 2
    assert f", {BYBIT}, " in err


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "an unknown time"), (0.4, "0 s"), (119, "119 s"), (120, "2 minutes"), (7199, "119 minutes"), (200_000, "2 days")],
)
def test_ages_are_told_in_their_largest_unit(seconds: float | None, text: str) -> None:
    assert age_text(seconds) == text


def counted(limit: str, used: str | None, allowed: str, note: str = "", **also: Any) -> dict[str, Any]:
    """A row as an order by hand publishes it of a count."""
    return {
        "limit": limit,
        "allowed": allowed,
        "used": used,
        "used_ratio": 1.0,
        "band": "warn",
        "refuses": True,
        "note": note,
        **also,
    }


SIDE = "shut until re-armed: okx:BTC/USDT buy"


@pytest.mark.parametrize(
    ("use", "age_s", "limits", "refuses"),
    [
        (counted("repeated_execution_limit", "0", "10", SIDE), 90_000, "", True),
        (counted("repeated_execution_limit", "10", "10", "okx:BTC/USDT buy"), 30, "", True),
        (counted("repeated_execution_limit", "10", "10", "okx:BTC/USDT buy"), 61, "", False),
        (counted("max_orders_per_minute", "60", "60"), 30, "", True),
        (counted("max_orders_per_minute", "60", "60"), 61, "", False),
        (counted("max_open_orders", "20", "20"), 90_000, "", True),
        (counted("max_open_orders", "19", "19"), 90_000, "", False),  # of the limits of now
        (counted("max_consecutive_losses", "3", "3"), 0, "max_consecutive_losses: 3", True),
        (counted("max_consecutive_losses", "3", "3"), 0, "", False),  # not a limit any more
        (counted("max_consecutive_losses", "3", "3"), 86_400, "max_consecutive_losses: 3", False),
        (counted("cooldown_after_loss_minutes", "3.5", "5", "okx:BTC/USDT"), 200, "cooldown_after_loss_minutes: 5", True),
        (counted("cooldown_after_loss_minutes", "3.5", "5", "okx:BTC/USDT"), 211, "cooldown_after_loss_minutes: 5", False),
        (counted("cooldown_after_loss_minutes", "3.5", "5", "okx:BTC/USDT"), 200, "cooldown_after_loss_minutes: 4", False),
        (counted("cooldown_after_loss_minutes", "0", "5", refuses=False), 0, "cooldown_after_loss_minutes: 15", False),
        (counted("stop_loss_guard_count", "2", "2"), 3_540, "stop_loss_guard_count: 2", True),
        (counted("stop_loss_guard_count", "2", "2"), 3_601, "stop_loss_guard_count: 2", False),
        (counted("max_cost_to_profit_ratio", "no profit", "0.25", band=None), 90_000, "", True),
        (counted("max_cost_to_profit_ratio", "0.25", "0.2"), 90_000, "", False),
        (counted("max_cost_to_profit_ratio", "0.26", "0.25"), 90_000, "", True),
        (counted("symbol_locks", "not traded here", "A/B", refuses=False), 0, "symbol_locks: [BTC/USDT]", True),
        (counted("symbol_locks", "locked here", "A/B"), 0, "symbol_locks: [ETH/EUR]", False),
        (counted("trading_windows", "closed", "never"), 0, 'trading_windows: ["mon-sun 00:00-24:00"]', False),
        (counted("stale_data_seconds", "90", "60"), 0, "", False),  # the next order hears of the market itself
    ],
)  # fmt: skip
def test_what_refuses_the_next_order_by_hand_is_told_of_now(
    say: Say, home: Path, use: dict[str, Any], age_s: float, limits: str, refuses: bool
) -> None:
    if limits:
        core = home / "config/core.yaml"
        core.write_text(core.read_text().replace("  balanced:\n", f"  balanced:\n    {limits}\n"))
    publish_figure(home, figure(age_s=age_s, epoch=0, uses=(use,)))
    code, document = told(say)
    [limit] = row(document)["limits"]
    assert (code, limit["refuses"], limit["holds"]) == (0, refuses, False)
    table = say("status")[1]
    assert bool(re.search(r"│ refuses", table)) is refuses
