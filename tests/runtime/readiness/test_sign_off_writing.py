"""Writing sign-offs: killed at any point, two at once, refused before anything is signed."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from golive.cli.main import main
from golive.config.rbac import SignOff
from golive.model.clock import DAY
from golive.model.errors import ConfigError
from golive.readiness.sign_off import text_of
from golive.runtime.operators import authenticate
from golive.runtime.sign_offs import check_writable, known_register, revoke, scope_of, sign_off, write_sign_off
from golive.security.operators import OperatorIdentity
from golive.storage import failpoint
from support.configuration import ROOT
from support.durable import ToldClock
from support.signed_off import ENTRYPOINT, PASSPHRASE, configuration_of, signed_off_home

POINT = "file.rename.after"
"""behind each file that is replaced: seal of the acts, document, register, its seal, configuration"""
RUNTIME = "config/runtime.yaml"


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_off_home(tmp_path_factory.mktemp("signed"), ToldClock())


@pytest.fixture
def home(signed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(signed, tmp_path / "home")


def carl_of(home: Path) -> OperatorIdentity:
    return authenticate(home, "carl", PASSPHRASE, purpose="test", clock=ToldClock())


def renew(home: Path, carl: OperatorIdentity) -> None:
    """Sign anew what carl has signed, with another document, and put it into the configuration."""
    clock, scope = ToldClock(), scope_of(configuration_of(home), ENTRYPOINT, SignOff.COMPLIANCE, None)
    document, expires = home / "kyb.pdf", clock.now() + 100 * DAY
    document.write_bytes(b"%PDF who owns us")
    given = sign_off(
        home, carl, PASSPHRASE, role=SignOff.COMPLIANCE, scope=scope, document=document, expires=expires, clock=clock
    )
    write_sign_off(home / RUNTIME, ENTRYPOINT, given)


def test_a_kill_at_any_point_leaves_register_and_configuration_whole(signed: Path, tmp_path: Path) -> None:
    carl = carl_of(signed)
    before = {text_of(row) for row in configuration_of(signed).core.runtime_entrypoints[ENTRYPOINT].compliance.signoffs}
    killed = 0
    for count in range(1, 20):
        home = shutil.copytree(signed, tmp_path / str(count))
        child = os.fork()
        if child == 0:
            failpoint.arm(POINT, count)
            renew(home, carl)
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        found = {text_of(row) for row in configuration_of(home).core.runtime_entrypoints[ENTRYPOINT].compliance.signoffs}
        assert len(found) == 3
        assert found <= set(known_register(home).given.values()), "the configuration has a sign-off that the register lacks"
        if ended == 0:
            assert found != before
            break
        assert ended == -signal.SIGKILL
        killed += 1
        if count == 1:
            revoke(home, carl, next(row.id for row in found if row.person == "sue"), "goes on", ToldClock())
    assert killed >= 5


def test_what_the_commands_print_is_as_its_schema_says(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words, name in (
        (("signoff", "list"), "signoff_list"),
        (("signoff", "check", "--entrypoint", ENTRYPOINT), "signoff_check"),
        (("compliance", "document", "list"), "compliance_documents"),
    ):
        main([*words, "--json", "--home", str(home)])
        document = json.loads(capsys.readouterr().out)
        assert document["schema"] == f"golive.{name}.v1"
        schema = json.loads((ROOT / f"docs/schemas/golive.{name}.v1.json").read_text())
        Draft202012Validator(schema).validate(document)
        assert any(document.values())


def test_two_who_sign_at_once_are_both_in_the_configuration(home: Path) -> None:
    rows = {row.person: text_of(row) for row in configuration_of(home).core.runtime_entrypoints[ENTRYPOINT].compliance.signoffs}
    core = home / "config/core.yaml"
    head, tail = core.read_text().split("      signoffs:")
    core.write_text(f"{head}      signoffs: []\n")
    assert tail.count("- role:") == 3
    children = []
    for row in rows.values():
        child = os.fork()
        if child == 0:
            write_sign_off(home / RUNTIME, ENTRYPOINT, row)
            os._exit(0)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
    found = configuration_of(home).core.runtime_entrypoints[ENTRYPOINT].compliance.signoffs
    assert {text_of(row) for row in found} == set(rows.values())


def test_what_could_not_be_written_is_refused_before_anything_is_signed(home: Path) -> None:
    check_writable(home / RUNTIME, ENTRYPOINT)
    with pytest.raises(ConfigError, match=r"write runtime_entrypoints\.kraken_desktop_live\.compliance\.signoffs: \[\] there"):
        check_writable(home / RUNTIME, "kraken_desktop_live")


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (SignOff.SRE, ENTRYPOINT),
        (SignOff.SRE, f"alertin:{ENTRYPOINT}"),
        (SignOff.SRE, "alerting:okx_desktop_live"),
        (SignOff.SRE, f"alerting:{ENTRYPOINT}:more"),
        (SignOff.RUNTIME, f"alerting:{ENTRYPOINT}"),
        (SignOff.COMPLIANCE, f"kyc_aml_signoff:{ENTRYPOINT}"),
    ],
)
def test_a_scope_that_no_check_and_no_box_would_read_is_refused(home: Path, role: SignOff, scope: str) -> None:
    assert scope_of(configuration_of(home), ENTRYPOINT, SignOff.SRE, f"alerting:{ENTRYPOINT}") == f"alerting:{ENTRYPOINT}"
    with pytest.raises(ConfigError, match=f"with what {role} answers for"):
        scope_of(configuration_of(home), ENTRYPOINT, role, scope)


@pytest.mark.parametrize("reason", ["", "  ", "left\nand more", "left\x1b[2J"])
def test_a_sign_off_is_not_withdrawn_without_a_reason_in_one_line(home: Path, reason: str) -> None:
    id_ = next(iter(known_register(home).given))
    with pytest.raises(ConfigError, match="say why in one line"):
        revoke(home, carl_of(home), id_, reason, ToldClock())
    assert known_register(home).revoked == {}
