"""Sign-offs of the register as confirmations: which box each one ticks, for how long, and what it leaves in the log."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from golive.config.rbac import Role, SignOff
from golive.model.clock import DAY
from golive.model.errors import PrerequisiteMissing
from golive.readiness.finding import Status
from golive.readiness.runbook import parse_runbook
from golive.readiness.runbook_signoff import signed_results
from golive.runtime.operators import authenticate
from golive.runtime.readiness.compliance import compliance_evidence
from golive.runtime.runbook.documents import WrittenRunbook
from golive.runtime.runbook.place import Place
from golive.runtime.runbook.run import carry_out, confirm, progress
from golive.runtime.secret_store import StoredSecrets
from golive.runtime.sign_offs import revoke, sign_off, write_sign_off
from golive.security.operators import OperatorIdentity
from golive.storage.decision_step import recorded_steps
from support.durable import ToldClock
from support.signed_off import PASSPHRASE, configuration_of, signed_off_home

LIVE = "okx_desktop_live"
TEXT = """# Short

<!-- stage: live -->

| KYC | [ ] Pakiety. <!-- p-kyc: check kyc_aml_signoff --> | [ ] Oboje <!-- p-kyc-ok: signoff compliance, signoff security --> |
| Limity | [ ] Limity. <!-- p-limits: check risk_limits, check limits_vs_paper --> | [ ] Risk <!-- p-limits-ok: signoff risk --> |
| Demon | [ ] Start. <!-- p-daemon: check mtls --> | [ ] Runtime, SecOps <!-- p-daemon-ok: signoff runtime, signoff security --> |

- [ ] Bez sprawdzenia. <!-- p-word: signoff compliance -->
"""
BOOK = WrittenRunbook(parse_runbook("short", TEXT, ()), "ab" * 32)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_off_home(tmp_path_factory.mktemp("signed"), ToldClock(), LIVE)


@pytest.fixture
def home(signed: Path, tmp_path: Path) -> Path:
    return shutil.copytree(signed, tmp_path / "home")


def place_of(home: Path, clock: ToldClock | None = None) -> Place:
    configuration = configuration_of(home)
    return Place(
        home=home, runtime_file=home / "config/runtime.yaml", configuration=configuration,
        entrypoint=configuration.resolve("okx_desktop_paper"), clock=clock or ToldClock(), store=StoredSecrets(home),
        operator="os-user", walk=lambda mode, entrypoint: pytest.fail("nothing is run"),
    )  # fmt: skip


def shown(place: Place) -> dict[str, list[str]]:
    """Return who ticked each sign-off of each box, '-' for nobody."""
    states = (each for each in progress(place, BOOK) if each.item.id.endswith(("-ok", "-word")))
    return {each.item.id: [row.by if row and row.status is Status.OK else "-" for row in each.results] for each in states}


def quiet(item: object, binding: object, done: object) -> None:
    pass


def identity(home: Path, name: str) -> OperatorIdentity:
    return authenticate(home, name, PASSPHRASE, purpose="test", clock=ToldClock())


def signed_now(home: Path, name: str, role: SignOff, scope: str) -> None:
    clock = ToldClock()
    given = sign_off(
        home, identity(home, name), PASSPHRASE, role=role, scope=scope, document=home / "kyc.pdf", expires=clock.time + 300 * DAY,
        clock=clock,
    )  # fmt: skip
    write_sign_off(home / "config/runtime.yaml", LIVE, given)


def test_a_sign_off_ticks_the_box_beside_the_check_that_was_signed_and_no_other(home: Path) -> None:
    assert shown(place_of(home)) == {
        "p-kyc-ok": ["carl", "sue"], "p-limits-ok": ["rita"], "p-daemon-ok": ["-", "-"], "p-word": ["-"],
    }  # fmt: skip
    assert shown(place_of(home, ToldClock(ToldClock().time + 60 * DAY)))["p-kyc-ok"] == ["carl", "sue"]
    assert shown(place_of(home, ToldClock(ToldClock().time + 90 * DAY)))["p-kyc-ok"] == ["-", "-"]


def test_one_that_is_revoked_tampered_with_or_of_somebody_who_left_ticks_nothing_and_says_why(home: Path) -> None:
    now = ToldClock().time
    configuration = configuration_of(home)
    evidence = compliance_evidence(configuration, home, LIVE, now)
    assert evidence.people is not None
    assert evidence.compliance is not None
    assert evidence.register is not None
    gone = {name: each for name, each in evidence.people.items() if name != "sue"}
    first = evidence.compliance.signoffs[0]
    longer = replace(evidence.compliance, signoffs=(replace(first, expires_at="2026-12-31T00:00:00Z"),))
    twice = replace(evidence.compliance, signoffs=(first, first))
    for found, text in (
        (replace(evidence, people=gone), "there is no operator sue"),
        (replace(evidence, people=None, people_fault="not JSON"), "the book of operators: not JSON"),
        (replace(evidence, register=None, register_fault="cut short"), "the register: cut short"),
        (replace(evidence, compliance=longer), "the signature is not one of carl"),
        (replace(evidence, compliance=twice), "carl stands there twice"),
        (replace(evidence, archive={}), "is missing; restore it"),
        (replace(evidence, risk_profile_digest="0" * 64), ""),
    ):
        rows = signed_results(BOOK.book, found)
        assert not text or any(row.status is Status.UNKNOWN and text in row.said and row.next_command for row in rows)
    assert "p-limits-ok" not in {row.item for row in rows}
    revoke(home, identity(home, "carl"), next(iter(evidence.register.given)), "wrong document", ToldClock())
    place = place_of(home)
    assert shown(place)["p-kyc-ok"] == ["-", "sue"]
    assert "was revoked: wrong document" in str(progress(place, BOOK)[1].results[0])


def test_other_checks_count_as_long_as_a_confirmation_and_for_the_role_that_answers(home: Path) -> None:
    signed_now(home, "sue", SignOff.SECURITY, f"mtls:{LIVE}")
    assert shown(place_of(home))["p-daemon-ok"] == ["-", "sue"]
    later = place_of(home, ToldClock(ToldClock().time + 7 * DAY))
    assert shown(later)["p-daemon-ok"] == ["-", "-"]
    assert "more than 7 days ago" in str(progress(later, BOOK)[5].results[1])


def test_a_run_records_what_was_read_and_the_log_alone_ticks_nothing(home: Path) -> None:
    place = place_of(home)
    carry_out(place, BOOK, quiet)
    told = [each.body["runbook"] for each in recorded_steps(home, "live")]
    read = [(each["item"], each["bound_to"]) for each in told if isinstance(each, dict) and "sign_off" in each]
    assert read == [("p-kyc-ok", "compliance"), ("p-kyc-ok", "security"), ("p-limits-ok", "risk")]
    carry_out(place, BOOK, quiet)
    assert sum("sign_off" in each for each in (row.body["runbook"] for row in recorded_steps(home, "live"))) == 3  # type: ignore[operator]
    evidence = compliance_evidence(place.configuration, home, LIVE, place.clock.now())
    assert evidence.register is not None
    carl = next(id_ for id_, row in evidence.register.given.items() if row.person == "carl")
    revoke(home, identity(home, "carl"), carl, "left", ToldClock())
    assert shown(place)["p-kyc-ok"] == ["-", "sue"]


def test_a_sign_off_and_a_confirmation_of_one_box_take_two_people(home: Path) -> None:
    sue = OperatorIdentity("sue", frozenset({Role.SECOPS, Role.COMPLIANCE}))
    place = place_of(home)
    evidence = compliance_evidence(place.configuration, home, LIVE, place.clock.now())
    assert evidence.register is not None
    carl = next(id_ for id_, row in evidence.register.given.items() if row.person == "carl")
    revoke(home, identity(home, "carl"), carl, "left", ToldClock())
    with pytest.raises(PrerequisiteMissing, match="sue has signed p-kyc-ok already"):
        confirm(place, BOOK, ["p-kyc-ok"], sue, quiet)
