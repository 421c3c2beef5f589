"""Checks of the installation: configuration, secrets, rotation, certificates, people, keys, licences, journals.

Each asks the function that verifies the part for its own command; nothing is judged here a second time.
"""

from __future__ import annotations

from pathlib import Path

from golive.audit import Soundness
from golive.config.endpoint import EMBEDDED
from golive.model.clock import DAY
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.verdict import KeyClass, Verdict
from golive.security.operators import decode_book
from golive.storage.keys import SigningKeys, installed_class
from golive.storage.operator_file import OperatorFile
from golive.storage.vault_file import VaultFile
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys

from ..alerts.policy import audit_place
from ..licence.desk import LicenceDesk
from ..licence.verification import examine as examine_licence
from ..mtls.examine import examine
from ..mtls.place import BundlePlace
from ..production_keys import key_facts
from ..rotation import rotation_report
from ..secret_store import StoredSecrets
from .finding import NO_CONFIGURATION, Finding, Patient, blocked, breached, not_applicable, ok, unknown
from .next_command import CREATE_KEYS, INSTALL, of_file, of_licence


def configuration(patient: Patient) -> Finding:
    """Both files say what they may say."""
    try:
        found = patient.configuration
    except ConfigError as exc:
        return unknown(f"{NO_CONFIGURATION}: {str(exc).splitlines()[0]}", "golive config check")
    return ok(f"{len(found.runtime.trading.entrypoints)} entrypoints, {len(found.core.environments)} environments")


def secrets(patient: Patient) -> Finding:
    """Every environment that needs a key of its own has one; no passphrase is asked for."""
    environments = patient.configuration.core.environments
    in_use = [each for name, each in environments.items() if patient.configuration.is_in_use(name)]
    needed = sorted({each.keychain_key for each in in_use if _needs_key(each.environment, each.endpoint)})
    store = StoredSecrets(patient.home)
    try:
        missing = [name for name in needed if not store.holds(name)]
        kept = len(store.names)
    except PrerequisiteMissing as exc:
        vault, name = VaultFile(patient.home).path, needed[0] if needed else "NAME"
        return blocked(
            str(exc), of_file(str(exc), vault, f"golive secrets set {name}") if vault.exists() else f"golive secrets set {name}"
        )
    if missing:
        return blocked(f"no key {', '.join(missing)} in the {store.source}", f"golive secrets set {missing[0]}")
    if not needed and not kept:
        return not_applicable("embedded and public endpoints need no key")
    return ok(f"{kept} in the {store.source}, {len(needed)} needed")


def rotation(patient: Patient) -> Finding:
    """No key is older than it may be."""
    report = rotation_report(patient.configuration, patient.home, StoredSecrets(patient.home), patient.clock.now())
    bad = [row for row in report.keys if row.verdict not in (Verdict.OK, Verdict.NOT_APPLICABLE)]
    if bad:
        told = "; ".join(f"{row.environment}: {row.reason}" for row in bad[:3])
        return Finding(report.verdict, told, bad[0].next_command or "golive secrets rotation")
    known = [row for row in report.keys if row.verdict is Verdict.OK]
    if not known:
        return not_applicable("no environment has a key that lasts")
    return ok(f"{len(known)} keys, the next is due in {min(row.due_seconds for row in known) / 86_400:.0f} days")


def certificates(patient: Patient) -> Finding:
    """The bundle by which services know each other is sound."""
    section = patient.configuration.core.execution.mtls
    if not BundlePlace.of(patient.home, section).exists:
        make = "golive mtls generate"
        return blocked("no bundle, and live needs one", make) if patient.trades_live else not_applicable("no bundle yet", make)
    found = examine(patient.home, section, clock=patient.clock)
    bad = [check for check in found.checks if check.verdict is not Verdict.OK]
    if bad:
        told = "; ".join(f"{check.id}: {check.detail}" for check in bad[:3])
        verdict = Verdict.BLOCKED if found.verdict is Verdict.BREACHED else found.verdict
        return Finding(verdict, told, found.next_command)
    if found.renewal_due:
        return breached("two thirds of a certificate's life are over: renewal is due", found.next_command)
    return ok(f"{len(found.checks)} checks of the bundle")


def operators(patient: Patient) -> Finding:
    """The people who may lift stops are named, and somebody of role secops manages them."""
    file = OperatorFile(patient.home)
    add = "golive operator add NAME --role secops"
    try:
        data = file.read()
        book = None if data is None else decode_book(data, str(file.path))
    except JournalError as exc:
        return blocked(str(exc), of_file(str(exc), file.path, add))
    if book is None or not book.entries:
        return (
            blocked("nobody is named, and live needs people", add) if patient.trades_live else not_applicable("nobody yet", add)
        )
    if not book.is_managed:
        return breached(f"{len(book.entries)} named, none of role secops: anybody at this machine may change the book", add)
    return ok(f"{len(book.entries)} named, managed by role secops")


def keys(patient: Patient) -> Finding:
    """What signs journals is there, and of the class that live on a real venue needs."""
    if SigningKeys.load(patient.home) is None and installed_class(patient.home) is KeyClass.DEVELOPMENT:
        return not_applicable("nothing was signed yet")
    facts = key_facts(patient.home)
    if facts.faults:
        return blocked("; ".join(facts.faults[:2]), "golive keys show")
    if facts.made is not None:
        return ok(f"production keys, made by {facts.made.made_by}; the first one is sealed in {facts.made.sealed_root}")
    if patient.trades_for_real:
        return blocked("keys for development, and live needs those of production", CREATE_KEYS)
    return ok("keys for development: gates of production take nothing that they sign")


def journals(patient: Patient) -> Finding:
    """Journals, seals and stores are what was written."""
    log = Path(patient.configuration.runtime.risk.decision_log.path)
    alerts = audit_place(patient.configuration).directory
    verify = "golive audit verify --all"
    try:
        results = Verifier(patient.home, VerificationKeys.of_home(patient.home), log, alerts=alerts).everything()
    except JournalError as exc:
        return unknown(str(exc), verify)
    if not results:
        first = next(iter(patient.configuration.runtime.trading.entrypoints), "NAME")
        return not_applicable("nothing has run here yet", f"golive run --mode demo --entrypoint {first}")
    bad = [each for each in results if each.soundness is not Soundness.CLEAN]
    if not bad:
        return ok(f"{len(results)} journals and stores, {sum(each.records for each in results)} records")
    told = "; ".join(f"{each.path}: {each.faults[0]}" for each in bad[:2])
    is_wrong = any(each.soundness is not Soundness.CANNOT_SAY for each in bad)
    return blocked(told, verify) if is_wrong else unknown(told, verify)


def licences(patient: Patient) -> Finding:
    """The licence of this installation holds."""
    desk = LicenceDesk(home=patient.home, licensing=patient.configuration.runtime.licensing, clock=patient.clock)
    session = f"golive run --mode demo --entrypoint {next(iter(patient.configuration.runtime.trading.entrypoints), 'NAME')}"
    verify = "golive provision --verify"
    found = examine_licence(desk)
    licence = found.judgement.licence
    if desk.held().licence is None and not patient.trades_live:
        return not_applicable("none yet; the first session makes one for development", session)
    if not found.is_valid:
        command = (
            of_licence(found.faults, patient.home, session, development=found.judgement.development) if found.faults else verify
        )
        return blocked("; ".join(f"{each.document}: {each.text}" for each in found.faults[:2]), command)
    if licence is None:
        return unknown("nothing says which licence it is", verify)
    if licence.development and patient.trades_live:
        return blocked("made for development, and live needs an issued one", INSTALL)
    grace = " (in grace)" if found.faults else ""
    return ok(f"{licence.license_id}, {(licence.not_after - patient.clock.now()) / DAY:.0f} days left{grace}")


def _needs_key(environment: str, endpoint: str) -> bool:
    return endpoint != EMBEDDED and (environment != "paper" or endpoint == "sandbox")
