"""A runbook carried out in a home of its own: what is recorded, what is resumed, who may confirm, and what the result is worth."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.audit.signed_document import DocumentError, decode_signed_document
from golive.config.rbac import Role
from golive.model.clock import DAY
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.model.verdict import ExitCode
from golive.readiness.finding import Status
from golive.readiness.resilience.service import Scenario
from golive.readiness.runbook import parse_runbook
from golive.runtime.host_signer import host_signer
from golive.runtime.operators import add_operator, remove_operator
from golive.runtime.readiness import checklist
from golive.runtime.runbook import steps
from golive.runtime.runbook.documents import WrittenRunbook
from golive.runtime.runbook.place import Place
from golive.runtime.runbook.result import SCHEMA, exit_code, write_result
from golive.runtime.runbook.run import carry_out, confirm, confirmable, progress
from golive.runtime.secret_store import StoredSecrets
from golive.security.operators import OperatorIdentity
from golive.storage import failpoint
from golive.storage.config_files import load_configuration
from golive.storage.decision_step import record_step, recorded_steps
from golive.storage.keys import SigningKeys
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.configuration import ROOT
from support.durable import ToldClock
from support.published import published

TEXT = """# Short

<!-- stage: demo -->

1. Konfiguracja. <!-- s-1: machine config_check -->

<!-- stage: paper -->

2. Profile. <!-- s-2: machine profiles, machine entrypoint -->
- [ ] Podpis. <!-- s-ok: signoff risk, signoff compliance -->

<!-- stage: live -->

- [ ] Licencje. <!-- s-licence: machine enforcement -->
"""
UNMEASURED = TEXT + "- [ ] Router. <!-- s-router: machine live_observation, machine transition_record -->\n"
UNBUILT = TEXT + "- [ ] Router. <!-- s-router: check router, check config_freeze -->\n"
RITA = OperatorIdentity("rita", frozenset({Role.RISK}))
CORA = OperatorIdentity("cora", frozenset({Role.COMPLIANCE, Role.RISK}))


def written(text: str = TEXT) -> WrittenRunbook:
    return WrittenRunbook(parse_runbook("short", text, steps.MACHINE.keys()), "ab" * 32)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return place_of(tmp_path)


def place_of(
    home: Path,
    clock: ToldClock | None = None,
    walk: Callable[[str, str], ExitCode] | None = None,
    entrypoint: str = "okx_desktop_paper",
) -> Place:
    runtime_file = home / "config/runtime.yaml"
    configuration = load_configuration(runtime_file, {})
    return Place(
        home=home, runtime_file=runtime_file, configuration=configuration,
        entrypoint=configuration.resolve(entrypoint), clock=clock or ToldClock(), store=StoredSecrets(home),
        operator="os-user", walk=walk or (lambda mode, entrypoint: ExitCode.BREACHED),
    )  # fmt: skip


class Heard:
    """What was carried out, in its order."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, item: object, binding: object, done: object) -> None:
        self.names.append(str(binding))


def test_each_step_is_recorded_in_the_log_of_its_stage_and_not_done_again(place: Place) -> None:
    first, second = Heard(), Heard()
    found = carry_out(place, written(), first)
    assert [each.status for each in found] == [Status.OK, Status.OK, Status.UNKNOWN, Status.OK]
    assert first.names == ["machine config_check", "machine profiles", "machine entrypoint", "machine enforcement"]
    steps_of = {
        stage: [str(each.body["step"]) for each in recorded_steps(place.home, stage)] for stage in ("demo", "paper", "live")
    }
    assert steps_of == {
        "demo": ["short/s-1/config_check"],
        "paper": ["short/s-2/profiles", "short/s-2/entrypoint"],
        "live": ["short/s-licence/enforcement"],
    }
    artefacts = recorded_steps(place.home, "demo")[0].body["artefacts"]
    assert [each["path"] for each in artefacts] == ["config/runtime.yaml", "config/core.yaml"]  # type: ignore[union-attr, index, call-overload]
    assert carry_out(place_of(place.home), written(), second) == found
    assert second.names == []
    carry_out(place, written(), second, again=True)
    assert second.names == first.names
    results = Verifier(place.home, VerificationKeys.of_home(place.home)).everything()
    assert {each.soundness for each in results} == {Soundness.CLEAN}


def test_a_run_that_was_cut_off_goes_on_where_it_was(place: Place) -> None:
    class CutOff(Exception):
        pass

    def cut_off(item: object, binding: object, done: object) -> None:
        if str(binding) == "machine entrypoint":
            raise CutOff

    with pytest.raises(CutOff):
        carry_out(place, written(), cut_off)
    heard = Heard()
    carry_out(place, written(), heard)
    assert heard.names == ["machine entrypoint", "machine enforcement"]


@pytest.mark.parametrize("point", ["journal.create.after", "journal.append.after", "seal_copy.before", "seal_copy.after"])
def test_a_run_that_was_killed_in_its_first_record_goes_on(place: Place, point: str) -> None:
    signer = host_signer(place.home, place.clock, "os-user")
    child = os.fork()
    if child == 0:
        failpoint.arm(point)
        record_step(place.home, signer, "short/s-1/config_check", "ok", 0, [], stage="demo")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert carry_out(place, written(), Heard())[0].status is Status.OK
    results = Verifier(place.home, VerificationKeys.of_home(place.home)).everything()
    assert {each.soundness for each in results} == {Soundness.CLEAN}


@pytest.mark.parametrize("stage", ["paper", "live"])
def test_half_a_line_that_a_killed_writer_left_is_cut_off_on_the_record(place: Place, stage: str) -> None:
    found = carry_out(place, written(), Heard())
    log = place.home / f"audit/decision_logs/{'live_execution' if stage == 'live' else stage}.jsonl"
    with log.open("ab") as file:
        file.write(b'{"body":{"stage":')
    with pytest.raises(JournalError, match="torn"):
        progress(place, written())
    assert carry_out(place, written(), Heard()) == found
    assert b'"tail_cut"' in log.read_bytes()


def test_a_log_that_lost_its_seal_is_not_sealed_anew(place: Place) -> None:
    carry_out(place, written(), Heard())
    (place.home / "audit/decision_logs/paper.seal.json").unlink()
    with pytest.raises(JournalError, match="golive audit verify --all"):
        carry_out(place, written(), Heard())


def test_another_configuration_document_or_day_starts_anew(place: Place) -> None:
    carry_out(place, written(), Heard())
    same, later = Heard(), Heard()
    carry_out(place, replace(written(), sha256="cd" * 32), same)
    assert len(same.names) == 4
    old = place_of(place.home, ToldClock(place.clock.now() + DAY))
    carry_out(old, written(), later)
    assert len(later.names) == 4
    core = place.home / "config/core.yaml"
    core.write_text(core.read_text() + "\n")
    changed = Heard()
    carry_out(place_of(place.home), written(), changed)
    assert len(changed.names) == 4


def test_what_is_not_built_is_unknown_and_never_recorded(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("router", "config_freeze"):
        monkeypatch.delitem(checklist.GATHERED, name)
    found = carry_out(place, written(UNBUILT), Heard())
    router = found[-1]
    assert (router.status, exit_code(found)) == (Status.UNKNOWN, ExitCode.UNKNOWN)
    said = [each.said for each in router.results if each is not None]
    assert [each[:34] for each in said] == ["not built yet: check router (route", "not built yet: check config_freeze"]
    assert all(each is not None and each.next_command for each in router.results)
    assert not [each for each in recorded_steps(place.home, "live") if "s-router" in str(each.body["step"])]


@pytest.fixture
def staffed(place: Place) -> Place:
    """The place, with RITA and CORA in its book."""
    for who in (RITA, CORA):
        add_operator(place.home, who.name, sorted(who.roles), Secret("violet anchors drift slowly"), by=None, clock=place.clock)
    return place


def test_people_confirm_what_their_role_allows_each_one_signoff(staffed: Place) -> None:
    place = staffed
    carry_out(place, written(), Heard())
    with pytest.raises(PrerequisiteMissing, match="takes the sign-off risk and compliance"):
        confirm(place, written(), ["s-ok"], OperatorIdentity("vic", frozenset({Role.VIEWER})), Heard())
    with pytest.raises(PrerequisiteMissing, match="confirmed by nobody"):
        confirm(place, written(), ["s-ok", "s-1"], RITA, Heard())
    with pytest.raises(ConfigError, match="no item 's-9'"):
        confirm(place, written(), ["s-9"], RITA, Heard())
    assert progress(place, written())[2].results == (None, None)
    assert [each.item.id for each in confirmable(place, written(), RITA)] == ["s-ok"]
    confirm(place, written(), ["s-ok"], RITA, Heard())
    assert progress(place, written())[2].status is Status.UNKNOWN
    with pytest.raises(PrerequisiteMissing, match="has the sign-off of that role already"):
        confirm(place, written(), ["s-ok"], RITA, Heard())
    confirm(place, written(), ["s-ok"], CORA, Heard())
    found = progress(place, written())
    assert [each.by for each in found[2].results if each is not None] == ["rita", "cora"]
    assert exit_code(found) == ExitCode.OK
    assert [each.operator for each in recorded_steps(place.home, "paper")][-2:] == ["rita", "cora"]


def test_a_confirmation_goes_with_the_person_or_the_role(staffed: Place) -> None:
    place = staffed
    confirm(place, written(), ["s-ok"], CORA, Heard())
    assert [each and each.by for each in progress(place, written())[2].results] == ["cora", None]
    remove_operator(place.home, "cora", by=None, clock=place.clock)
    assert progress(place, written())[2].results == (None, None)
    add_operator(place.home, "cora", ["compliance"], Secret("violet anchors drift slowly"), by=None, clock=place.clock)
    assert progress(place, written())[2].results == (None, None)


def test_one_person_never_gives_both_signoffs(staffed: Place) -> None:
    place = staffed
    confirm(place, written(), ["s-ok"], CORA, Heard())
    with pytest.raises(PrerequisiteMissing, match="cora has signed s-ok already"):
        confirm(place, written(), ["s-ok"], CORA, Heard())


def test_the_result_is_signed_recorded_and_never_replaced(place: Place) -> None:
    found = carry_out(place, written(UNMEASURED), Heard())
    path, document = write_result(place, written(UNMEASURED), found)
    again, _ = write_result(place, written(UNMEASURED), found)
    assert path != again
    keys = SigningKeys.load(place.home)
    assert keys is not None
    data = path.read_bytes()
    assert published(data) == document
    read = decode_signed_document(data, SCHEMA, keys.seal_keys)
    assert (read["status"], read["exit_code"], read["ticked"]) == ("unknown", 6, 3)
    with pytest.raises(DocumentError):
        decode_signed_document(data.replace(b'"ticked":3', b'"ticked":5'), SCHEMA, keys.seal_keys)
    last = recorded_steps(place.home, "live")[-1].body
    assert last["step"] == "short/runbook_result"
    assert "var/audit/runbooks" in str(last["artefacts"])


def test_a_log_that_was_tampered_with_is_not_believed(place: Place) -> None:
    carry_out(place, written(), Heard())
    log = place.home / "audit/decision_logs/paper.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"status":"ok"', b'"status":"no"', 1))
    with pytest.raises(JournalError, match=r"paper\.jsonl"):
        progress(place, written())
    for stage in ("paper", "live"):
        name = "live_execution" if stage == "live" else stage
        (place.home / f"audit/decision_logs/{name}.jsonl").unlink()
        with pytest.raises(JournalError, match="seals a log that is gone"):
            recorded_steps(place.home, stage)
    with pytest.raises(JournalError):
        carry_out(place, written(), Heard())


def test_a_configuration_that_is_not_as_the_runbook_wants_it_blocks(place: Place) -> None:
    runtime = place.home / "config/runtime.yaml"
    text = runtime.read_text()
    for old, new, step, said in (
        ("tags: [desktop, paper, okx]", "tags: [desktop, paper]", "entrypoint", "tags is [desktop, paper], wanted is"),
        ("tags: [desktop, paper, okx]", "tags: [desktop, paper]", "profiles", "tags is [desktop, paper], wanted is"),
    ):
        assert old in text
        runtime.write_text(text.replace(old, new))
        found = steps.MACHINE[step](place_of(place.home), "paper")
        assert (found.status, said in found.said) == (Status.BLOCKED, True), found
        assert found.next_command


def test_a_strategy_of_ones_own_blocks_where_the_runbook_names_one_alone(place: Place) -> None:
    core, runtime = place.home / "config/core.yaml", place.home / "config/runtime.yaml"
    core.write_text(core.read_text().replace("strategies:\n", "strategies:\n  dca: {timeframe: 1m, parameters: {}}\n"))
    runtime.write_text(runtime.read_text().replace("strategy: multi_strategy_default", "strategy: dca"))
    for exchange, status in (("okx", Status.OK), ("kraken", Status.OK), ("bybit", Status.BLOCKED)):
        at = place_of(place.home, entrypoint=f"{exchange}_desktop_paper")
        assert steps.MACHINE["entrypoint"](at, "paper").status is status, exchange


def test_demo_and_paper_of_a_live_entrypoint_are_those_of_the_paper_one_beside_it(place: Place) -> None:
    asked: list[tuple[str, str]] = []

    def walk(mode: str, entrypoint: str) -> ExitCode:
        asked.append((mode, entrypoint))
        return ExitCode.BREACHED

    at = place_of(place.home, walk=walk, entrypoint="kraken_desktop_live")
    for step in ("entrypoint", "profiles", "credentials"):
        assert steps.MACHINE[step](at, "demo").status is Status.OK, step
    steps.MACHINE["demo_session"](at, "demo")
    assert asked == [("demo", "kraken_desktop_paper")]


def test_a_session_that_does_not_pass_blocks_and_names_the_command(place: Place) -> None:
    asked: list[tuple[str, str]] = []

    def walk(mode: str, entrypoint: str) -> ExitCode:
        asked.append((mode, entrypoint))
        return ExitCode.BREACHED

    found = steps.MACHINE["paper_session"](place_of(place.home, walk=walk), "paper")
    assert (found.status, asked) == (Status.BLOCKED, [("demo", "okx_desktop_paper")])
    assert found.next_command == "golive run --mode demo --entrypoint okx_desktop_paper"
    for step in ("paper_report", "paper_warnings", "paper_health"):
        assert steps.MACHINE[step](place, "paper").status is Status.UNKNOWN


def test_every_step_says_something_in_an_empty_installation(place: Place) -> None:
    text = "# All\n\n<!-- stage: live -->\n\n"
    offline = [name for name in steps.MACHINE if name not in ("venue_check", "alert_selftest")]
    text += "".join(f"- [ ] {name} <!-- all-{name}: machine {name} -->\n" for name in offline)
    found = carry_out(place, written(text), Heard())
    by_name = {each.item.id.removeprefix("all-"): each for each in found}
    good = {name for name, each in by_name.items() if each.is_ticked}
    assert good == {
        "config_check", "entrypoint", "credentials", "profiles", "sandbox_mode", "enforcement", "automatic_confirmation",
        "strategy_smoke", "key_rotation", "audit_verify",
    }  # fmt: skip
    for each in found:
        [result] = each.results
        assert result is not None
        assert result.said
        assert each.is_ticked or result.next_command
    assert by_name["licence_verify"].status is Status.BLOCKED
    assert by_name["slo_report"].status is Status.UNKNOWN


def test_a_drill_counts_while_it_passed_and_its_files_are_those_it_left(place: Place) -> None:
    step = steps.MACHINE["resilience_evidence"]
    assert (step(place, "live").status, step(place, "live").next_command) == (Status.UNKNOWN, "golive drill run")
    folder = place.home / "var/audit/resilience"
    folder.mkdir(parents=True)
    names = ("audit_summary.json", "failover_summary.json", "failover_summary.csv", "self_healing_report.json")
    files = [folder / name for name in names]
    for path in files:
        path.write_text(json.dumps({"services": [{"name": each} for each in Scenario]}))
    signer = host_signer(place.home, place.clock, "anna")
    record_step(place.home, signer, "resilience_drill", "ok", 1, files, stage="rehearsal")
    assert step(place, "live").status is Status.OK
    files[0].write_text("[]")
    assert "audit_summary.json is not the file that it left" in step(place, "live").said
    record_step(place.home, signer, "resilience_drill", "ok", 1, files[1:], stage="rehearsal")
    assert "it left no audit_summary.json" in step(place, "live").said
    record_step(place.home, signer, "resilience_drill", "failed", 1, files, stage="rehearsal")
    assert "ended failed" in step(place, "live").said
    assert step(place, "live").status is Status.BLOCKED
    record_step(place.home, signer, "resilience_drill", "ok", 1, files, stage="rehearsal")
    assert step(place, "live").status is Status.OK
    late = place_of(place.home, ToldClock(place.clock.now() + 7 * DAY))
    assert "older than 7 days" in step(late, "live").said
    files[1].write_text(json.dumps({"services": [{"name": "process_kill"}]}))
    record_step(place.home, signer, "resilience_drill", "ok", 1, files, stage="rehearsal")
    found = step(place, "live")
    assert (found.status, found.next_command) == (Status.UNKNOWN, "golive drill run")
    assert "yet without venue_outage, rate_limit_storm, feed_silence" in found.said


def test_a_portfolio_check_counts_for_the_account_that_it_is_of(place: Place) -> None:
    step, again = steps.MACHINE["portfolio_evidence"], "golive portfolio check --entrypoint okx_desktop_live"
    assert (step(place, "live").status, step(place, "live").next_command) == (Status.UNKNOWN, again)
    file = place.home / "var/audit/portfolio/portfolio_check.json"
    file.parent.mkdir(parents=True)
    for account, status in (("okx_desktop_live", Status.OK), ("kraken_desktop_live", Status.UNKNOWN)):
        file.write_text(json.dumps({"portfolio_id": account}))
        record_step(place.home, host_signer(place.home, place.clock, "anna"), "portfolio_check", "ok", 1, [file])
        assert step(place, "live").status is status
    assert step(place, "live").said == "the newest portfolio_check is of kraken_desktop_live, not of okx_desktop_live"


def test_a_check_that_is_built_is_carried_out_and_recorded(place: Place) -> None:
    text = "# Checks\n\n<!-- stage: live -->\n\n- [ ] Freeze. <!-- f-1: check config_freeze -->\n"
    [state] = carry_out(place, written(text), Heard())
    [result] = state.results
    assert result is not None
    assert not state.is_ticked
    assert "not built" not in result.said
    assert result.next_command.startswith("golive freeze")
    assert [each.body["step"] for each in recorded_steps(place.home, "live")] == ["short/f-1/config_freeze"]


def test_every_step_of_the_table_is_a_function_of_its_module() -> None:
    for name, step in steps.MACHINE.items():
        assert isinstance(step, steps._Step), name
        assert callable(getattr(import_module(f"golive.runtime.runbook.{step.module}"), step.function)), name
