"""Giving and taking back sign-offs, and archiving the documents behind them. Each act is recorded before it is done.

A crash leaves a sign-off that the register knows and the configuration lacks, never the other way round: made anew, it is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from golive.audit.sign_off import SignOffText
from golive.config.configuration import Configuration, parse_configuration
from golive.config.problem import SourceFile
from golive.config.rbac import SIGNS, Act, SignOff
from golive.config.signoff_edit import with_sign_off, without_sign_offs
from golive.model.clock import DAY, Clock, from_iso, to_iso
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret
from golive.readiness.check_table import CHECKS
from golive.readiness.compliance_register import (
    ARCHIVED,
    GIVEN,
    PRINCIPAL,
    REVOKED,
    ComplianceRegister,
    Document,
    DocumentKind,
    archived_body,
    given_body,
    principal_body,
    read_register,
    revoked_body,
)
from golive.readiness.sign_off import KYC, MOST_DAYS, RISK, kyc_scope, risk_scope
from golive.security.operators import OperatorEntry, OperatorIdentity
from golive.storage.compliance_files import archive, archive_path, compliance_register, read_given
from golive.storage.config_files import only_editor, read_configuration_files, replace_core
from golive.storage.journal_file import Draft
from golive.storage.keys import SigningKeys

from .host_signer import host_signer
from .operators import make_signing_key, operators, record_act
from .readiness.compliance import principal_of
from .risk_limits import risk_profile_of


def known_register(home: Path) -> ComplianceRegister:
    """Return what the register says; JournalError when it is not sound."""
    try:
        return read_register(compliance_register(home).entries(SigningKeys.load(home)))
    except ValueError as exc:
        raise JournalError(f"{compliance_register(home).path}: {exc}") from exc


def make_key(home: Path, by: OperatorIdentity, passphrase: Secret, clock: Clock) -> OperatorEntry:
    """Give an authenticated person a signing key and enter them into the register with the roles they may sign as."""
    known_register(home)
    entry = make_signing_key(home, by, passphrase, clock=clock)
    _append(home, clock, by.name, [(PRINCIPAL, principal_body(entry.name, principal_of(entry)), by.name)])
    return entry


def scope_of(configuration: Configuration, entrypoint: str, role: SignOff, scope: str | None) -> str:
    """Return what a person of `role` signs for an entrypoint; ConfigError for a role without a check of its own or a `scope`."""
    resolved = configuration.resolve(entrypoint)
    if scope is not None:
        own = sorted(check for check, row in CHECKS.items() if role in row.owners and check not in (KYC, RISK))
        if scope in {f"{check}:{entrypoint}" for check in own}:
            return scope
        known = f"one of {', '.join(own)}" if own else "a role that answers for one"
        raise ConfigError(f"--scope {scope!r:.80}: write CHECK:{entrypoint} with what {role} answers for: {known}")
    if role in (SignOff.COMPLIANCE, SignOff.SECURITY):
        return kyc_scope(entrypoint)
    if role is SignOff.RISK:
        profile = risk_profile_of(resolved)
        return risk_scope(entrypoint, profile.name, profile.digest)
    raise ConfigError(f"role {role} signs boxes of runbooks: say which with --scope CHECK:{entrypoint}")


def sign_off(
    home: Path, by: OperatorIdentity, passphrase: Secret, *, role: SignOff, scope: str, document: Path, expires: int, clock: Clock
) -> SignOffText:
    """Sign as an authenticated person, archive what they read, and enter both into the register; return the sign-off.

    Raises PrerequisiteMissing for a role that they do not hold and for one who has no signing key or is not in the register with
    it; ConfigError for an end that lies in the past or too far ahead, and for a document that cannot be read.
    """
    now = clock.now()
    if not now < expires <= now + MOST_DAYS * DAY:
        raise ConfigError(f"--expires {to_iso(expires)}: a sign-off ends in the future, within {MOST_DAYS} days")
    if SIGNS[role] not in by.roles:
        raise PrerequisiteMissing(f"{by.name} may not sign as {role}: it takes role {SIGNS[role]}")
    register = known_register(home)
    entry = next((each for each in operators(home) if each.name == by.name), None)
    make = f"golive signoff key --operator {by.name}"
    if entry is None or entry.signing is None:
        raise PrerequisiteMissing(f"{by.name} has no signing key; make one: {make}")
    listed = register.principals.get(by.name)
    if listed is None or listed.public_key != entry.signing.public or role not in listed.roles:
        raise PrerequisiteMissing(f"the register does not list {by.name} with this key for {role}; make a new one: {make}")
    data = read_given(document)
    path, digest = archive_path(document.name, data)
    statement = SignOffText(str(role), by.name, scope, to_iso(now), to_iso(expires), path, digest)
    signed = entry.signing.signed(statement, passphrase)
    body: JsonObject = {"id": signed.id, "role": signed.role, "scope": scope, "sha256": digest, "expires_at": signed.expires_at}
    record_act(home, GIVEN, body, by.name, clock=clock)
    drafts: list[Draft] = [(GIVEN, given_body(signed), by.name)]
    if path not in register.digests:
        kept = Document(DocumentKind.SIGNED, "", path, digest, signed.at, by.name)
        drafts.insert(0, (ARCHIVED, archived_body(kept), by.name))
    archive(home, path, data)
    _append(home, clock, by.name, drafts)
    return signed


def revoke(home: Path, by: OperatorIdentity, sign_off_id: str, reason: str, clock: Clock) -> SignOffText:
    """Withdraw a sign-off, one's own or, with role `compliance`, anybody's; it cannot be given back, only made anew."""
    register = known_register(home)
    signed = register.given.get(sign_off_id)
    if signed is None:
        raise ConfigError(f"the register has no sign-off {sign_off_id!r:.40}; golive signoff list shows them")
    if signed.person != by.name and not by.may(Act.SIGNOFF_REVOKE):
        raise PrerequisiteMissing(f"{by.name} may revoke their own sign-offs; those of others take role compliance")
    if sign_off_id in register.revoked:
        raise ConfigError(f"sign-off {sign_off_id} is revoked already")
    if not reason.strip() or not reason.isprintable():
        raise ConfigError(f"--reason {reason!r:.40}: say why in one line; it stands in the register")
    body = revoked_body(signed, reason)
    record_act(home, REVOKED, body, by.name, clock=clock)
    _append(home, clock, by.name, [(REVOKED, body, by.name)])
    return signed


def archive_document(home: Path, by: OperatorIdentity, file: Path, kind: DocumentKind, exchange: str, clock: Clock) -> Document:
    """Archive a document of an exchange and enter it into the register; ConfigError when it stands there as something else."""
    register = known_register(home)
    data = read_given(file)
    path, digest = archive_path(file.name, data)
    document = Document(kind, exchange, path, digest, to_iso(clock.now()), by.name)
    known = next((each for each in register.documents if each.path == path), None)
    if known is not None and (known.kind, known.exchange) not in ((kind, exchange), (DocumentKind.SIGNED, "")):
        raise ConfigError(f"{file.name} is archived already, as {known.kind} of {known.exchange}")
    body = archived_body(document)
    record_act(home, ARCHIVED, body, by.name, clock=clock)
    archive(home, path, data)
    _append(home, clock, by.name, [(ARCHIVED, body, by.name)])
    return document


def check_writable(runtime_file: Path, entrypoint: str) -> None:
    """Raise ConfigError where `core.yaml` has no list to put a sign-off of `entrypoint` into: before anything is signed."""
    _, core = read_configuration_files(runtime_file, {})
    without_sign_offs(core.data.decode("utf-8"), entrypoint, lambda row: False)


def write_sign_off(runtime_file: Path, entrypoint: str, signed: SignOffText) -> str:
    """Put a sign-off into `core.yaml`, in place of one of the same role and scope; return the file's name.

    The new text is read by the strict loader first: nothing but this list may differ. Raises ConfigError, JournalError.
    """
    return _edited(runtime_file, entrypoint, lambda text: with_sign_off(text, entrypoint, signed._asdict()))


def remove_sign_off(runtime_file: Path, signed: SignOffText) -> str:
    """Take a sign-off out of `core.yaml`, wherever it stands there; return the file's name. Raises as `write_sign_off`."""
    entrypoint = signed.scope.split(":")[1]

    def goes(row: Mapping[str, str]) -> bool:
        return row.get("signature") == signed.signature

    return _edited(runtime_file, entrypoint, lambda text: without_sign_offs(text, entrypoint, goes))


def _edited(runtime_file: Path, entrypoint: str, edit: Callable[[str], str]) -> str:
    with only_editor(runtime_file):
        return _replaced(runtime_file, entrypoint, edit)


def _replaced(runtime_file: Path, entrypoint: str, edit: Callable[[str], str]) -> str:
    runtime, core = read_configuration_files(runtime_file, {})
    before = parse_configuration(runtime, core, {})
    data = edit(core.data.decode("utf-8")).encode("utf-8")
    after = parse_configuration(runtime, SourceFile(core.path, data), {})
    own = ("runtime_entrypoints", entrypoint, "compliance", "signoffs")

    def others(configuration: Configuration) -> list[tuple[object, object]]:
        return [(each.path, each.value) for each in configuration.settings() if each.path[:4] != own]

    if others(before) != others(after):
        raise ConfigError(f"{core.path}: cannot be edited without changing something else; put the entry there by hand")
    replace_core(runtime_file, core, data)
    return core.path


def _append(home: Path, clock: Clock, who: str, drafts: list[Draft]) -> None:
    compliance_register(home).append(host_signer(home, clock, who), drafts)


def moment(text: str) -> int:
    """Return the end that an operator names: a day, whose beginning it is, or a time in UTC with `Z`."""
    try:
        return from_iso(text if "T" in text else f"{text}T00:00:00Z")
    except ValueError:
        raise ConfigError(
            f"--expires {text!r:.40}: write a day such as 2026-12-31 or a time such as 2026-12-31T18:00:00Z"
        ) from None
