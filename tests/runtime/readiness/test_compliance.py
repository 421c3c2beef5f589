"""Sign-offs: a good set holds; change any one thing of it, in configuration, book, register, archive or time, and none is ok."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import pytest

from golive.config.compliance_section import Compliance, SignedOff
from golive.config.rbac import SignOff
from golive.model.clock import DAY, SECOND, from_iso, to_iso
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.readiness.checks.kyc_aml_signoff import kyc_aml_signoff
from golive.readiness.checks.risk_limits import FOUR, LimitEvidence, risk_limits
from golive.readiness.checks.risk_signoff import risk_signoff
from golive.readiness.compliance_register import ComplianceRegister, DocumentKind, Principal
from golive.readiness.finding import Finding, Status
from golive.readiness.sign_off import ArchivedFile, ComplianceEvidence
from golive.runtime.operators import authenticate, change_passphrase, operators
from golive.runtime.readiness.compliance import compliance_evidence, document_states
from golive.runtime.sign_offs import (
    archive_document,
    known_register,
    make_key,
    moment,
    revoke,
    scope_of,
    sign_off,
    write_sign_off,
)
from golive.storage.compliance_files import REGISTER
from golive.storage.security_admin import PATH as ADMIN_LOG
from support.durable import ToldClock
from support.signed_off import ENTRYPOINT, PASSPHRASE, SIGNERS, configuration_of, signed_off_home

Change = Callable[[ComplianceEvidence], ComplianceEvidence]


@pytest.fixture(scope="module")
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory, clock: ToldClock) -> Path:
    return signed_off_home(tmp_path_factory.mktemp("signed"), clock)


@pytest.fixture
def home(good_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good_home, tmp_path / "home")


@pytest.fixture(scope="module")
def good(good_home: Path, clock: ToldClock) -> ComplianceEvidence:
    return gathered(good_home, clock)


def gathered(home: Path, clock: ToldClock) -> ComplianceEvidence:
    return compliance_evidence(configuration_of(home), home, ENTRYPOINT, clock.now())


def judged(evidence: ComplianceEvidence) -> tuple[Finding, Finding]:
    return kyc_aml_signoff(evidence), risk_signoff(evidence)


def section(evidence: ComplianceEvidence) -> Compliance:
    assert evidence.compliance is not None
    return evidence.compliance


def register(evidence: ComplianceEvidence) -> ComplianceRegister:
    assert evidence.register is not None
    return evidence.register


def people(evidence: ComplianceEvidence) -> dict[str, Principal]:
    assert evidence.people is not None
    return dict(evidence.people)


def flipped(text: str) -> Iterator[str]:
    """Yield texts that differ from a name, path, digest or signature in one place, of the same form."""
    for at in (0, len(text) // 2, len(text) - 3):
        yield text[:at] + ("b" if text[at] != "b" else "c") + text[at + 1 :]


def field_changes(row: SignedOff) -> Iterator[tuple[str, str]]:
    for name in ("person", "scope", "document", "sha256", "signature"):
        for value in flipped(getattr(row, name)):
            yield name, value
    for role in SignOff:
        if role != row.role:
            yield "role", str(role)
    yield "scope", row.scope.replace(ENTRYPOINT, "okx_desktop_live")
    yield "scope", f"live_checklist:{ENTRYPOINT}"
    for name in ("at", "expires_at"):
        for days in (-400, -1, 1, 400):
            yield name, to_iso(from_iso(getattr(row, name)) + days * DAY)
        yield name, to_iso(from_iso(getattr(row, name)) + SECOND)


def test_the_reference_set_holds(good: ComplianceEvidence) -> None:
    for finding in judged(good):
        assert (finding.status, finding.reasons, finding.next_command) == (Status.OK, (), "")
    assert good.evidence[0].path == str(REGISTER)


def test_it_holds_until_it_ends(good: ComplianceEvidence) -> None:
    end = from_iso(section(good).signoffs[0].expires_at)
    assert all(each.status is Status.OK for each in judged(replace(good, now=end - 1)))
    assert all(each.status is Status.BLOCKED for each in judged(replace(good, now=end)))


@pytest.mark.parametrize("number", range(3))
def test_each_field_changed_in_the_configuration_blocks(good: ComplianceEvidence, number: int) -> None:
    rows = section(good).signoffs
    which = 1 if rows[number].role == "risk" else 0
    seen: dict[str, int] = {}
    for name, value in field_changes(rows[number]):
        row = replace(rows[number], **{name: value})
        changed = replace(good, compliance=replace(section(good), signoffs=(*rows[:number], row, *rows[number + 1 :])))
        finding = judged(changed)[which]
        assert finding.status is Status.BLOCKED, (name, value)
        assert finding.reasons
        assert finding.next_command.startswith("golive ")
        seen[name] = seen.get(name, 0) + 1
    assert len(seen) == 8
    assert min(seen.values()) >= 3


@pytest.mark.parametrize("number", range(3))
def test_each_field_that_the_register_says_differently_blocks(good: ComplianceEvidence, number: int) -> None:
    row = section(good).signoffs[number]
    known = next(each for each in register(good).given.values() if each.signature == row.signature)
    for name, value in field_changes(row):
        if name == "signature":
            continue
        given = {**register(good).given, known.id: known._replace(**{name: value})}
        finding = judged(replace(good, register=replace(register(good), given=given)))[1 if row.role == "risk" else 0]
        assert finding.status is Status.BLOCKED, (name, value)
        assert any(f"the register has another {name}" in reason for reason in finding.reasons)


def test_what_is_edited_by_hand_is_named_behind_what_is_to_be_signed(good: ComplianceEvidence) -> None:
    shut = replace(good, compliance=replace(section(good), live_allowed=False))
    [reason] = judged(shut)[0].reasons
    assert "live_allowed is false: set it to true in core.yaml once all is signed" in reason
    unsigned = judged(replace(shut, compliance=replace(section(shut), signoffs=())))[0]
    assert "live_allowed is false" in unsigned.reasons[-1]
    assert unsigned.next_command.startswith("golive signoff add ")


def changes_around(good: ComplianceEvidence) -> Iterator[tuple[str, Change]]:
    def told(**fields: object) -> Change:
        return lambda e: replace(e, **fields)  # type: ignore[arg-type]

    def said(**fields: object) -> Change:
        return lambda e: replace(e, compliance=replace(section(e), **fields))  # type: ignore[arg-type]

    def kept(**fields: object) -> Change:
        return lambda e: replace(e, register=replace(register(e), **fields))  # type: ignore[arg-type]

    rows = section(good).signoffs
    yield "no section", told(compliance=None)
    yield "not allowed", said(live_allowed=False)
    for profiles in ((), ("conservative",), ("balanced_2", "bold")):
        yield "profile", said(risk_profiles=profiles)
    yield "another profile", told(risk_profile="bold")
    yield "no sign-offs wanted", said(require_signoff=False)
    yield "other limits", told(risk_profile_digest="0" * 64)
    yield "none signed", said(signoffs=())
    for at, row in enumerate(rows):
        yield "one missing", said(signoffs=rows[:at] + rows[at + 1 :])
        yield "one twice", said(signoffs=(*rows, row))
        yield "same person for two", said(signoffs=(*rows[:at], replace(row, person=rows[at - 1].person), *rows[at + 1 :]))
        names = people(good)
        person = names.pop(row.person)
        yield "unknown person", told(people=names)
        for roles in (frozenset[SignOff](), frozenset({SignOff.SRE}), person.roles ^ {SignOff.UI} - {SignOff(row.role)}):
            lost = roles - {SignOff(row.role)}
            yield "lost the role", told(people={**names, row.person: replace(person, roles=lost)})
        principals = dict(register(good).principals)
        listed = principals.pop(row.person)
        yield "not listed", kept(principals=principals)
        yield "listed for another", kept(principals={**principals, row.person: replace(listed, roles=frozenset({SignOff.SRE}))})
        for other in ("", "0" * 64, "zz" * 32, people(good)[rows[at - 1].person].public_key):
            yield "another key in the book", told(people={**names, row.person: replace(person, public_key=other)})
            yield "another key in the register", kept(principals={**principals, row.person: replace(listed, public_key=other)})
            both = replace(person, public_key=other)
            yield (
                "another key in both",
                lambda e, n=names, p=principals, r=row.person, b=both: replace(  # type: ignore[misc]
                    e, people={**n, r: b}, register=replace(register(e), principals={**p, r: b})
                ),
            )
        known = next(each for each in register(good).given.values() if each.signature == row.signature)
        yield "revoked", kept(revoked={known.id: "left the firm"})
        yield "never given", kept(given={k: v for k, v in register(good).given.items() if k != known.id})
    for path in register(good).digests:
        rest = tuple(each for each in register(good).documents if each.path != path)
        [one] = [each for each in register(good).documents if each.path == path]
        yield "document not registered", kept(documents=rest)
        yield "document of another digest", kept(documents=(*rest, replace(one, sha256="0" * 64)))
        yield "document changed", told(archive={**good.archive, path: ArchivedFile("1" * 64)})
        yield "document missing", told(archive={**good.archive, path: ArchivedFile()})
        yield "document not in the archive", told(archive={k: v for k, v in good.archive.items() if k != path})
    for end in (DAY, 91 * DAY, 4000 * DAY):
        yield "time", told(now=good.now + 90 * DAY + end)
        yield "time", told(now=good.now - end)
    yield "damaged register", told(register=None, register_status=Status.BLOCKED, register_fault="is damaged")
    yield "empty register", told(register=ComplianceRegister())


def test_whatever_else_is_changed_blocks(good: ComplianceEvidence) -> None:
    count = 0
    for what, change in changes_around(good):
        findings = judged(change(good))
        assert any(each.status is Status.BLOCKED for each in findings), what
        count += 1
    assert count > 90


@pytest.mark.parametrize(
    "fields",
    [
        {"people": None, "people_fault": "cannot be read"},
        {"register": None, "register_status": Status.UNKNOWN, "register_fault": "cannot be read"},
        {"archive": MappingProxyType({})},
    ],
)
def test_what_cannot_be_read_is_never_ok(good: ComplianceEvidence, fields: dict[str, object]) -> None:
    if "archive" in fields:
        fields = {"archive": {path: ArchivedFile(fault="Permission denied") for path in good.archive}}
    unread = replace(good, **fields)  # type: ignore[arg-type]
    limits = LimitEvidence(
        profile="balanced", limits=dict.fromkeys(FOUR, Decimal("0.05")), digest="d", paper_entrypoint="okx_desktop_paper",
        session="paper_1", session_digest="d", signed=unread,
    )  # fmt: skip
    for finding in (*judged(unread), risk_limits(limits)):
        assert finding.status is Status.UNKNOWN
        assert finding.next_command


def test_in_rehearsal_alone_the_configuration_may_ask_for_none(good: ComplianceEvidence) -> None:
    bare = replace(good, compliance=Compliance(live_allowed=True, risk_profiles=("balanced",), require_signoff=False))
    assert [each.status for each in judged(replace(bare, is_rehearsal=True))] == [Status.NOT_APPLICABLE] * 2
    assert judged(bare)[0].status is Status.BLOCKED
    shut = replace(bare, is_rehearsal=True, compliance=Compliance(require_signoff=False))
    assert judged(shut)[0].status is Status.BLOCKED


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_register_that_was_edited_blocks(home: Path, clock: ToldClock, share: float) -> None:
    data = bytearray((home / REGISTER).read_bytes())
    at = int(len(data) * share)
    data[at] ^= 1
    (home / REGISTER).write_bytes(data)
    assert [each.status for each in judged(gathered(home, clock))] == [Status.BLOCKED] * 2


def test_files_that_are_gone_or_changed_are_told(home: Path, clock: ToldClock) -> None:
    document = home / section(gathered(home, clock)).signoffs[0].document
    text = document.read_bytes()
    document.write_bytes(text + b" ")
    kyc, risk = judged(gathered(home, clock))
    assert "was changed since it was archived" in kyc.reasons[0]
    assert risk.status is Status.BLOCKED
    document.unlink()
    assert "is missing" in judged(gathered(home, clock))[0].reasons[0]
    document.symlink_to(home / "kyc.pdf")
    assert judged(gathered(home, clock))[0].status is Status.UNKNOWN
    assert {row["state"] for row in document_states(home)} == {"sound", "unreadable"}


def test_register_without_its_seal_or_its_keys_is_not_believed(home: Path, clock: ToldClock) -> None:
    (home / REGISTER).with_suffix(".seal.json").unlink()
    assert [each.status for each in judged(gathered(home, clock))] == [Status.BLOCKED] * 2
    shutil.rmtree(home / "var/state/keys")
    assert [each.status for each in judged(gathered(home, clock))] == [Status.UNKNOWN] * 2
    (home / REGISTER).unlink()
    assert [each.status for each in judged(gathered(home, clock))] == [Status.BLOCKED] * 2


def test_a_revoked_sign_off_stays_revoked_and_each_act_is_recorded(home: Path, clock: ToldClock) -> None:
    carl, sue = (authenticate(home, name, PASSPHRASE, purpose="test", clock=clock) for name in ("carl", "sue"))
    ids = {each.role: each.id for each in known_register(home).given.values()}
    with pytest.raises(PrerequisiteMissing, match="take role compliance"):
        revoke(home, sue, ids["compliance"], "why not", clock)
    revoke(home, carl, ids["risk"], "limits under review", clock)
    kyc, risk = judged(gathered(home, clock))
    assert (kyc.status, risk.status) == (Status.OK, Status.BLOCKED)
    assert "was revoked: limits under review" in risk.reasons[0]
    with pytest.raises(ConfigError, match="revoked already"):
        revoke(home, carl, ids["risk"], "again", clock)
    types = [json.loads(line)["type"] for line in (home / ADMIN_LOG).read_text().splitlines()]
    assert {"operator_signing_key_made", "signoff_given", "document_archived", "signoff_revoked"} <= set(types)
    assert [types.count(each) for each in ("signoff_given", "signoff_revoked")] == [3, 1]


def test_who_may_not_sign_is_refused_and_nothing_is_written(home: Path, clock: ToldClock) -> None:
    before = (home / REGISTER).read_bytes()
    carl = authenticate(home, "carl", PASSPHRASE, purpose="test", clock=clock)
    scope, end = scope_of(configuration_of(home), ENTRYPOINT, SignOff.RISK, None), clock.now() + DAY
    for refused, role, file, expires in (
        (PrerequisiteMissing, SignOff.RISK, "kyc.pdf", end),
        (ConfigError, SignOff.COMPLIANCE, "absent.pdf", end),
        (ConfigError, SignOff.COMPLIANCE, "kyc.pdf", clock.now()),
        (ConfigError, SignOff.COMPLIANCE, "kyc.pdf", clock.now() + 400 * DAY),
    ):
        with pytest.raises(refused):
            sign_off(home, carl, PASSPHRASE, role=role, scope=scope, document=home / file, expires=expires, clock=clock)
    with pytest.raises(ConfigError):
        archive_document(home, carl, home / "kyc.txt", DocumentKind.KYC, "kraken", clock)
    assert (home / REGISTER).read_bytes() == before


def test_a_new_passphrase_keeps_the_key_and_one_set_by_others_loses_it(home: Path, clock: ToldClock) -> None:
    carl, sue = (authenticate(home, name, PASSPHRASE, purpose="test", clock=clock) for name in ("carl", "sue"))
    keys = {each.name: each.signing for each in operators(home)}
    change_passphrase(home, "carl", Secret("amber lanterns walk home"), by=carl, old=PASSPHRASE, clock=clock)
    assert all(each.status is Status.OK for each in judged(gathered(home, clock)))
    changed = {each.name: each.signing for each in operators(home)}["carl"]
    assert changed is not None
    assert keys["carl"] is not None
    assert (changed.public, changed.private == keys["carl"].private) == (keys["carl"].public, False)
    change_passphrase(home, "carl", PASSPHRASE, by=sue, clock=clock)
    kyc, risk = judged(gathered(home, clock))
    assert (kyc.status, risk.status) == (Status.BLOCKED, Status.OK)
    make_key(home, carl, PASSPHRASE, clock)
    assert any("the signature is not one of carl" in reason for reason in judged(gathered(home, clock))[0].reasons)


def test_a_renewal_takes_the_place_of_the_old_one(home: Path, clock: ToldClock) -> None:
    carl = authenticate(home, "carl", PASSPHRASE, purpose="test", clock=clock)
    scope = scope_of(configuration_of(home), ENTRYPOINT, SignOff.COMPLIANCE, None)
    end = clock.now() + 100 * DAY
    signed = sign_off(
        home, carl, PASSPHRASE, role=SignOff.COMPLIANCE, scope=scope, document=home / "kyc.pdf", expires=end, clock=clock
    )
    write_sign_off(home / "config/runtime.yaml", ENTRYPOINT, signed)
    evidence = gathered(home, clock)
    assert sorted(row.role for row in section(evidence).signoffs) == sorted(str(role) for _, role in SIGNERS.values())
    assert all(each.status is Status.OK for each in judged(evidence))


def test_a_damaged_register_takes_nothing_more(home: Path, clock: ToldClock) -> None:
    carl = authenticate(home, "carl", PASSPHRASE, purpose="test", clock=clock)
    (home / REGISTER).write_bytes((home / REGISTER).read_bytes()[:-40])
    with pytest.raises(JournalError):
        make_key(home, carl, PASSPHRASE, clock)


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-01-01T00:00:00", "20260101", ""])
def test_an_end_that_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--expires"):
        moment(text)
