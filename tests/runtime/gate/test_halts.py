"""What keeps the host from ordering keeps a gate from being opened, and is told first."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace

import pytest

from golive.cli.gate_table import print_status
from golive.model.clock import to_iso
from golive.model.emergency import TradingState
from golive.model.errors import PrerequisiteMissing
from golive.model.verdict import ExitCode, Stage
from golive.readiness.finding import Status
from golive.runtime.emergency import HostEmergency
from golive.runtime.gate.halts import halts
from golive.runtime.gate.status import gate_status
from golive.runtime.host_figures import kind_of
from golive.runtime.risk_stop import let_stand
from golive.storage.gate_journal import DIRECTORY
from golive.storage.host_stop import KeptStop, keep_host_stop
from golive.storage.risk_stop import StandingStop
from support.gates import ENTRYPOINT, Gate


def _emergency(gate: Gate) -> None:
    HostEmergency(gate.home).switch_on("nobody confirmed an alert", "olga", state=TradingState.HALTED)


def _emergency_of_the_profile(gate: Gate) -> None:
    HostEmergency(gate.home).switch_on("too fast", "olga", "balanced")


def _unreadable_flag(gate: Gate) -> None:
    _emergency(gate)
    HostEmergency(gate.home).flag.path.write_text("{")


def _lost_flag(gate: Gate) -> None:
    _emergency(gate)
    HostEmergency(gate.home).flag.path.unlink()


def _stop(gate: Gate) -> None:
    let_stand(gate.home, StandingStop(
        entrypoint=ENTRYPOINT, stage="rehearsal", limit="hard_drawdown_pct", allowed="0.1", used="0.1034",
        since="2026-01-01T00:00:00Z", profile="balanced", risk_profile_digest="d" * 64, run_id="a" * 32,
    ))  # fmt: skip


def host_stop(gate: Gate) -> KeptStop:
    return KeptStop(
        money=kind_of(Stage.REHEARSAL), quote_asset="USDT", limit="hard_drawdown_pct", profile="balanced",
        risk_profile_digest="d" * 64, allowed="0.1", used="0.1034", fall="1034", start="10000", since=to_iso(gate.clock.now()),
        entrypoints="kraken,okx", noticed_by="okx", run_id="a" * 32,
    )  # fmt: skip


def _stop_of_all_together(gate: Gate) -> None:
    keep_host_stop(gate.home, host_stop(gate), gate.clock.now())


HALTS: dict[str, tuple[Callable[[Gate], None], str, str]] = {
    "emergency mode": (_emergency, "by olga: nobody confirmed an alert", "golive risk clear-emergency --scope all "),
    "that of its profile": (_emergency_of_the_profile, "(balanced, REDUCING)", "golive risk clear-emergency --scope balanced "),
    "a flag nobody can read": (_unreadable_flag, "emergency mode is on (all, ", "golive risk clear-emergency --scope all "),
    "a flag that was lost": (_lost_flag, "emergency mode is on (all, ", "golive risk clear-emergency --scope all "),
    "its drawdown stop": (_stop, "0.1034 of 0.1", f"golive risk release --entrypoint {ENTRYPOINT} "),
    "a stop of all": (_stop_of_all_together, "0.1034 of 0.1", "golive risk release --across rehearsal/USDT "),
}


@pytest.mark.parametrize("what", HALTS)
def test_nothing_is_opened_while_nothing_could_be_ordered(gate: Gate, what: str) -> None:
    does, said, command = HALTS[what]
    does(gate)
    with pytest.raises(PrerequisiteMissing, match="nothing could be ordered") as refused:
        gate.open()
    assert said in str(refused.value)
    assert command in str(refused.value)
    assert gate.checks.times == 0
    assert not (gate.home / DIRECTORY).exists()
    found, shown = gate_status(gate.scene, gate.looks), io.StringIO()
    assert (found.status, found.exit_code) == (Status.OK, ExitCode.BLOCKED), "checks are green all the same"
    print_status(found, shown)
    [line] = [line for line in shown.getvalue().splitlines() if line.startswith("nothing may be ordered: ")]
    assert said in line
    assert command in line


def test_what_holds_for_others_or_is_over_keeps_nothing_shut(gate: Gate) -> None:
    HostEmergency(gate.home).switch_on("too fast", "olga", "conservative")
    let_stand(gate.home, StandingStop(
        entrypoint="kraken_desktop_live", stage="rehearsal", limit="hard_drawdown_pct", allowed="0.1", used="0.1034",
        since="2026-01-01T00:00:00Z", profile="balanced", risk_profile_digest="d" * 64, run_id="a" * 32,
    ))  # fmt: skip
    for other in ({"money": "paper"}, {"quote_asset": "EUR"}, {"money": kind_of(Stage.LIVE)}):
        keep_host_stop(gate.home, replace(host_stop(gate), **other), gate.clock.now())
    assert tuple(halts(gate.scene)) == ()
    gate.open()
    assert gate_status(gate.scene, gate.looks).exit_code == ExitCode.OK


def test_an_open_gate_stays_open_and_tells_of_it(gate: Gate) -> None:
    gate.open()
    _emergency(gate)
    found = gate_status(gate.scene, gate.looks)
    assert (found.gate.state, found.exit_code) == ("open", ExitCode.BLOCKED)
