"""Between opening and use: whatever was changed, revoked, put back or closed in between lets nobody through."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.audit import Soundness
from golive.cli.main import main
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.readiness.finding import Status
from golive.readiness.gate_state import Opened, Shut
from golive.runtime.gate import close_gate
from golive.runtime.gate.standing import doubts, gate_state
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.mtls.prepare import rotate_bundle
from golive.runtime.operators import add_operator, remove_operator
from golive.security.licence.fault import Document
from golive.security.licence.judge import Wanted
from golive.storage.gate_journal import DIRECTORY
from golive.storage.gate_reports import verify_gate_reports
from golive.storage.keys import SigningKeys
from golive.storage.seal_copies import DIRECTORY as SEALS
from support.gates import CARL, ENTRYPOINT, LENA, OLGA, PASSPHRASE, Gate, bad
from support.live_session import FLIP

Change = Callable[[Gate], object]
CORE, RUNTIME = "core.yaml", "runtime.yaml"


def _licence(gate: Gate) -> None:
    """Another licence of the same installation."""
    desk = LicenceDesk(home=gate.home, licensing=gate.scene.configuration.runtime.licensing, clock=gate.clock)
    gate.later(0.05)
    for document in (Document.LICENCE, Document.FINGERPRINT, Document.REVOCATIONS):
        desk.paths[document].unlink()
    (gate.home / "var/licenses/registry.jsonl").rename(gate.home / "registry.jsonl")
    (gate.home / "var/licenses/registry.seal.json").rename(gate.home / "registry.seal.json")
    desk.check(Wanted(("desktop", "okx")), "test")


def _certificates(gate: Gate) -> None:
    rotate_bundle(gate.home, gate.scene.configuration.core.execution.mtls, Secret("a passphrase of the authority"), "lena")


def _code(gate: Gate) -> None:
    gate.code = "1.0+ffffffffffff"


def _revoked(gate: Gate) -> None:
    gate.checks.said["kyc_aml_signoff"] = bad("kyc_aml_signoff", Status.BLOCKED, "the sign-off of compliance was revoked")


def _roles(gate: Gate) -> None:
    """One of the two has another role now."""
    remove_operator(gate.home, "carl", by=None)
    add_operator(gate.home, "carl", ["viewer"], PASSPHRASE, by=None)


def _report(gate: Gate) -> Path:
    [path] = (gate.home / DIRECTORY).glob(f"{ENTRYPOINT}_*.json")
    return path


def _report_edited(gate: Gate) -> None:
    path = _report(gate)
    path.write_bytes(path.read_bytes().replace(b'"blocked"', b'"ok"').replace(b"lena", b"olga"))


CHANGES: dict[str, tuple[Change, str]] = {
    "a byte of core.yaml": (lambda gate: gate.edit(CORE, "okx_live:", "okx_live: "), "core.yaml was changed"),
    "a byte of runtime.yaml": (lambda gate: gate.edit(RUNTIME, "okx_desktop_live:", "okx_desktop_live: "), "runtime.yaml was changed"),
    "a limit of the risk profile": (
        lambda gate: gate.edit(CORE, "max_daily_loss_pct: 0.015", "max_daily_loss_pct: 0.016"), "the risk profile was changed",
    ),
    "the host": (lambda gate: gate.edit(CORE, "http://127.0.0.1:8080", "http://127.0.0.2:8080"), "the host that orders go to was"),
    "the licence": (_licence, "the licence was changed"),
    "certificates": (_certificates, "a certificate of the bundle was changed"),
    "the code": (_code, "the code was changed"),
    "a sign-off": (_revoked, "kyc_aml_signoff is blocked: the sign-off of compliance was revoked"),
    "a check nobody can carry out": (lambda gate: gate.checks.said.update(mtls=bad("mtls", Status.UNKNOWN)), "mtls is unknown"),
    "who opened it": (lambda gate: remove_operator(gate.home, "carl", by=None), "carl, who opened it, is no operator any more"),
    "the role of who opened it": (_roles, "the two who opened it may not any more"),
    "the report edited": (_report_edited, "is not the one that it was opened with"),
    "the report gone": (lambda gate: _report(gate).unlink(), "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_changed_since_it_was_opened_is_refused_and_closes_it(opened: Gate, change: str) -> None:
    act, says = CHANGES[change]
    act(opened)
    with pytest.raises(PrerequisiteMissing, match="golive gate open") as refused:
        opened.demand()
    assert says in str(refused.value)
    assert opened.state() not in ("open", "it was never opened")
    with pytest.raises(PrerequisiteMissing, match="is shut"):
        opened.demand()


def test_what_development_keys_signed_lets_nobody_into_production(opened: Gate) -> None:
    opened.edit(CORE, "endpoint: http://127.0.0.1:8080", "endpoint: production")
    with pytest.raises(PrerequisiteMissing, match="with production keys, not with those for development"):
        opened.demand()


def test_a_strategy_of_ours_that_was_edited_since_is_refused(gate: Gate) -> None:
    source = gate.home / "strategies/flip.py"
    source.parent.mkdir()
    source.write_text(FLIP)
    gate.edit(CORE, "strategies:\n", 'strategies:\n  flip:\n    timeframe: "1h"\n    parameters: {position_pct: 0.04}\n')
    runtime = gate.home / "config/runtime.yaml"
    runtime.write_text(runtime.read_text().replace("strategy: multi_strategy_default", "strategy: flip"))
    gate.open()
    gate.demand()
    source.write_text(f"{FLIP}# a trifle\n")
    with pytest.raises(PrerequisiteMissing) as refused:
        gate.demand()
    for what in ("live", "on paper"):
        assert f"what is traded {what} (its trading digest) was changed" in str(refused.value)


def test_a_record_that_says_something_else_than_its_report_is_doubted(opened: Gate) -> None:
    state, keys = gate_state(opened.home, ENTRYPOINT, opened.clock.now()), SigningKeys.load(opened.home)
    assert isinstance(state, Opened)
    assert keys is not None
    assert doubts(opened.scene, state, keys) == ()
    others: dict[str, Any] = {
        "bound": {}, "expires_first": 0, "operators": {"lena": ("live_activator",), "olga": ("operator",)},
    }  # fmt: skip
    live = opened.scene.live
    for other_live, says in ((replace(live, name="kraken"), "entrypoint"), (replace(live, environment="kraken"), "environment")):
        [doubt] = doubts(replace(opened.scene, live=other_live), state, keys)
        assert doubt.endswith(f" is about another {says}")
    for name, other in others.items():
        assert [each[-16:] for each in doubts(opened.scene, replace(state, **{name: other}), keys)] == [
            f"is about another {name.removesuffix('_first').replace('expires', 'expires_at')}"[-16:]
        ]


def test_a_gate_that_is_opened_anew_while_it_is_activated_is_looked_at_again(opened: Gate) -> None:
    other = Gate(opened.home)
    opened.checks.also = lambda: other.open(OLGA, LENA)
    with pytest.raises(PrerequisiteMissing, match="was opened anew while it was looked at; start again"):
        opened.demand()


DURING: dict[str, tuple[Change, str]] = {
    "a file": (lambda gate: gate.edit(CORE, "okx_live:", "okx_live: "), "core.yaml was changed since this process read it"),
    "the code": (_code, "changed while the gate of okx_desktop_live was looked at: the code"),
    "closed by somebody": (
        lambda gate: close_gate(gate.home, ENTRYPOINT, "strange fills", gate.clock, by="olga"), "strange fills, by olga",
    ),
    "it runs out": (lambda gate: gate.later(16), "it expired at"),
}  # fmt: skip


@pytest.mark.parametrize("change", DURING)
def test_what_is_changed_while_it_is_activated_is_refused(opened: Gate, change: str) -> None:
    act, says = DURING[change]
    opened.checks.also = lambda: act(opened)
    with pytest.raises(PrerequisiteMissing) as refused:
        opened.demand()
    assert says in str(refused.value)
    assert opened.state() != "open"


def test_it_stands_for_its_time_and_no_longer(opened: Gate) -> None:
    opened.later(14)
    opened.demand()
    opened.later(1.5)
    assert opened.state().startswith("it expired at")
    with pytest.raises(PrerequisiteMissing, match="it expired at"):
        opened.demand()


def test_a_shorter_time_is_configured(gate: Gate) -> None:
    gate.edit(CORE, "gate_ttl_minutes: 15", "gate_ttl_minutes: 2")
    gate.open()
    gate.later(2.1)
    assert gate.state().startswith("it expired at")


def test_a_clock_that_was_put_back_shuts_it(opened: Gate) -> None:
    opened.later(-1)
    assert "the clock was put back" in opened.state()


def test_anybody_closes_it_once_and_it_is_opened_again_by_two(opened: Gate) -> None:
    close_gate(opened.home, ENTRYPOINT, "strange fills", opened.clock, by="olga")
    size = opened.journal.path.stat().st_size
    assert opened.state() == "strange fills"
    close_gate(opened.home, ENTRYPOINT, "once more", opened.clock, by="carl")
    assert (opened.journal.path.stat().st_size, opened.state()) == (size, "strange fills")
    opened.open()
    assert opened.demand().operators == ("lena", "carl")


def _rolled_back(gate: Gate) -> None:
    """The folder of gates as it was while the gate was open, over one that was closed since."""
    folder, kept = gate.home / DIRECTORY, gate.home / "kept"
    shutil.copytree(folder, kept)
    close_gate(gate.home, ENTRYPOINT, "strange fills", gate.clock, by="olga")
    shutil.rmtree(folder)
    kept.rename(folder)


def _edit(gate: Gate, old: bytes, new: bytes) -> None:
    path = gate.journal.path
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def _cut(gate: Gate) -> None:
    path = gate.journal.path
    path.write_bytes(path.read_bytes()[: path.read_bytes().index(b"\n") + 1])


def _gone(gate: Gate) -> None:
    shutil.rmtree(gate.home / DIRECTORY)


def _begun_anew(gate: Gate) -> None:
    [kept] = (gate.home / SEALS).glob("gate.*")
    shutil.rmtree(gate.home / DIRECTORY)
    kept.rename(gate.home / "aside")
    gate.open()
    (gate.home / "aside").rename(kept)


def _link(gate: Gate) -> None:
    gate.journal.path.rename(gate.home / "elsewhere")
    gate.journal.path.symlink_to(gate.home / "elsewhere")


def _keys_gone(gate: Gate) -> None:
    shutil.rmtree(gate.home / "var/state/keys")


def _half(gate: Gate) -> None:
    with gate.journal.path.open("ab") as file:
        file.write(b'{"body":{"by":"olga"')


def _seals_gone(gate: Gate) -> None:
    for each in (gate.home / SEALS).glob("gate.*"):
        each.unlink()


def _writable(gate: Gate) -> None:
    gate.journal.path.chmod(0o666)


TAMPERED: dict[str, tuple[Change, str]] = {
    "put back from an older copy": (_rolled_back, "shorter than its newest seal: cut, or put back from an older copy"),
    "edited": (lambda gate: _edit(gate, b"live_activator", b"live_activat0r"), "is not what its newest seal covers"),
    "a later end": (lambda gate: _edit(gate, b'"expires_at":"2', b'"expires_at":"3'), "is not what its newest seal covers"),
    "cut": (_cut, "shorter than its newest seal"),
    "gone": (_gone, "is gone, yet there are seals of it"),
    "begun anew": (_begun_anew, "was begun anew"),
    "a link": (_link, "not a regular file"),
    "keys gone": (_keys_gone, "keys that signed it are gone"),
    "half a record": (_half, "ends with half a record"),
    "seals gone": (_seals_gone, "no seal of it is kept"),
    "everybody's": (_writable, "others may read or change it"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_journal_that_is_not_what_was_written_is_shut_and_says_so(opened: Gate, how: str) -> None:
    act, says = TAMPERED[how]
    act(opened)
    assert opened.state().startswith("its journal cannot be believed: ")
    assert says in opened.state()
    with pytest.raises(PrerequisiteMissing, match="cannot be believed"):
        opened.demand()
    if how == "half a record":
        close_gate(opened.home, ENTRYPOINT, "it was in doubt", opened.clock, by="olga")
        assert opened.state() == "it was in doubt"
    elif how != "keys gone":
        with pytest.raises(JournalError):
            opened.open()
        assert opened.state() != "open"


def test_another_entrypoints_journal_opens_nothing_here(opened: Gate) -> None:
    folder, other = opened.home / DIRECTORY, "kraken_desktop_live"
    for name in (f"{ENTRYPOINT}.jsonl", f"{ENTRYPOINT}.seal.json"):
        shutil.copy(folder / name, folder / name.replace(ENTRYPOINT, other))

    found = gate_state(opened.home, other, opened.clock.now())
    assert isinstance(found, Shut)
    assert "not 'gate/kraken_desktop_live'" in found.because
    assert main(["audit", "verify", "--all", "--home", str(opened.home)]) == 1


def test_half_a_record_that_was_cut_off_opens_nothing(opened: Gate) -> None:
    """A closing of which a power cut left half; the next writer of the journal cuts it off."""
    _half(opened)
    with pytest.raises(PrerequisiteMissing):
        opened.demand()
    opened.open(LENA, OLGA)
    assert opened.demand().operators == ("lena", "olga")
    assert CARL.name not in opened.demand().operators


def test_a_report_that_is_gone_or_changed_is_found_by_audit(opened: Gate) -> None:
    def verdict() -> list[Soundness]:
        return [each.soundness for each in verify_gate_reports(opened.home)]

    assert verdict() == []
    _report_edited(opened)
    assert verdict() == [Soundness.TAMPERED]
    _report(opened).unlink()
    assert verdict() == [Soundness.CANNOT_SAY]
