"""A bundle: what is made, what openssl says of it, what verify finds when it is tampered with, and what stands on the record."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from golive.audit import Soundness
from golive.config.mtls_section import Mtls
from golive.model.clock import DAY, SECOND
from golive.model.errors import ConfigError, JournalError
from golive.model.secret import Secret
from golive.model.verdict import ExitCode, Verdict
from golive.runtime.clock import SystemClock
from golive.runtime.mtls.examine import Examination, verify_bundle
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import generate_bundle, rotate_bundle
from golive.runtime.mtls.revocation import revoke_certificate, withdrawn
from golive.security.bundle_check import ENCRYPT_ANEW, bundle_checks
from golive.security.certificate import load_certificate, read_certificate
from golive.security.certificate_maker import (
    Authority,
    Leaf,
    LeafRole,
    certificate_pem,
    make_authority,
    make_leaf,
    open_authority,
)
from golive.security.encrypted_key import is_slow_to_guess
from golive.security.name_constraint import host_name, outside
from golive.storage.recovery import entries
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import ToldClock
from support.published import published

SECTION = Mtls()
PASSPHRASE = Secret("a passphrase of the authority")
NAMES = ("ca", "server", "client")
LOG = Path("audit/decision_logs/live_execution.jsonl")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def place(tmp_path: Path, clock: ToldClock) -> BundlePlace:
    return generate_bundle(tmp_path, SECTION, PASSPHRASE, "anna", permitted=["bot.example"], clock=clock)


def verified(place: BundlePlace, clock: ToldClock) -> Examination:
    return verify_bundle(place.home, SECTION, "anna", clock=clock)


def wrong(found: Examination) -> set[str]:
    return {check.id for check in found.checks if check.verdict is not Verdict.OK}


def openssl(*arguments: object) -> subprocess.CompletedProcess[str]:
    binary = shutil.which("openssl")
    assert binary is not None, "apt-get install openssl"
    return subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_a_new_bundle_is_as_the_contract_names_it(place: BundlePlace, clock: ToldClock) -> None:
    wanted = {f"core-oem-{name}{end}" for name in NAMES for end in (".pem", "-key.pem")} | {"core-oem-metadata.json"}
    assert {path.name for path in place.directory.iterdir()} == wanted
    assert place.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.keys.values()} == {0o600}
    for role in LeafRole:
        said = read_certificate(place.certificates[role].read_bytes(), role)
        assert said.uris == (f"spiffe://golive/core-oem/{role}",)
        assert said.not_after - clock.time == 7 * DAY
        assert int(said.serial, 16).bit_length() == 128
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in place.keys["ca"].read_bytes()
    found = verified(place, clock)
    assert (found.verdict, found.exit_code) == (Verdict.OK, ExitCode.OK)
    assert found.evidence is not None
    assert published(found.evidence.read_bytes())["status"] == "ok"
    assert sorted(published(place.metadata.read_bytes())["certificates"]) == sorted(NAMES)
    assert len(published(place.register.read_bytes())["entries"]) == 4


def test_openssl_agrees_about_who_may_be_what(tmp_path: Path) -> None:
    place = generate_bundle(tmp_path, SECTION, PASSPHRASE, "anna")
    ca = place.certificates["ca"]
    for role in LeafRole:
        for purpose in LeafRole:
            done = openssl("verify", "-x509_strict", "-CAfile", ca, "-purpose", f"ssl{purpose}", place.certificates[role])
            assert (done.returncode == 0) is (role is purpose), done.stderr
    named = openssl(
        "verify", "-CAfile", ca, "-verify_hostname", "localhost", "-verify_ip", "127.0.0.1", place.certificates["server"]
    )
    assert named.returncode == 0, named.stderr
    text = openssl("x509", "-in", place.certificates["client"], "-noout", "-text").stdout
    assert "ASN1 OID: prime256v1" in text
    assert "Digital Signature" in text
    assert "CN" not in text.split("Subject:")[1].split("\n")[0]
    assert openssl("pkey", "-in", place.keys["ca"], "-passin", "pass:wrong", "-noout").returncode != 0
    assert openssl("pkey", "-in", place.keys["ca"], "-passin", f"pass:{PASSPHRASE.reveal()}", "-noout").returncode == 0
    shown = openssl("asn1parse", "-in", place.keys["ca"]).stdout
    assert ":scrypt" in shown
    assert [line.rpartition(":")[2] for line in shown.splitlines() if "INTEGER" in line] == ["4000", "08", "05"]


OUTSIDE = {
    "dns": x509.DNSName("exchange.example"),
    "dns_above": x509.DNSName("example"),
    "dns_beside": x509.DNSName("notbot.example"),
    "uri": x509.UniformResourceIdentifier("spiffe://elsewhere/core-oem/server"),
    "uri_below": x509.UniformResourceIdentifier("spiffe://x.golive/core-oem/server"),
}


def test_openssl_and_verify_refuse_a_leaf_that_the_authority_may_not_name(tmp_path: Path) -> None:
    place = generate_bundle(tmp_path, SECTION, PASSPHRASE, "anna", permitted=["bot.example"])
    now, ca, server = SystemClock().now(), place.certificates["ca"], place.certificates["server"]
    issuer = load_certificate(ca.read_bytes(), "ca")
    told = openssl("x509", "-in", ca, "-noout", "-ext", "nameConstraints").stdout
    assert "critical" in told
    authority = open_authority(issuer, place.keys["ca"].read_bytes(), PASSPHRASE, "ca")
    free = replace(authority, certificate=unconstrained(authority))
    for what, name in {"within": x509.DNSName("a.bot.example"), "address": host_name("192.0.2.7"), **OUTSIDE}.items():
        wanted = what not in OUTSIDE
        assert (outside(issuer, [name]) == []) is wanted, what
        leaf = make_leaf(free, LeafRole.SERVER, ["localhost"], now) if isinstance(name, x509.UniformResourceIdentifier) else None
        if leaf is None:
            leaf = make_leaf(free, LeafRole.SERVER, ["localhost", str(name.value)], now)
        else:
            leaf = renamed(leaf, authority, name)
        server.write_bytes(leaf.certificate)
        judged = openssl("verify", "-CAfile", ca, server)
        assert (judged.returncode == 0) is wanted, (what, judged.stderr)
        assert wanted or "permitted subtree violation" in judged.stderr
        assert ("server.chain" in wrong(verify_bundle(tmp_path, SECTION, "anna"))) is not wanted, what


def unconstrained(authority: Authority) -> x509.Certificate:
    """Return an authority's certificate without its constraints, so that it makes what it may not."""
    held = authority.certificate
    builder = x509.CertificateBuilder(held.issuer, held.subject, held.public_key(), held.serial_number)
    builder = builder.not_valid_before(held.not_valid_before_utc).not_valid_after(held.not_valid_after_utc)
    for each in held.extensions:
        if each.oid != x509.NameConstraints.oid:
            builder = builder.add_extension(each.value, each.critical)
    return builder.sign(authority.key, hashes.SHA256())


def renamed(leaf: Leaf, authority: Authority, name: x509.GeneralName) -> Leaf:
    """Return a leaf with one name more."""
    held = load_certificate(leaf.certificate, "leaf")
    builder = x509.CertificateBuilder(held.issuer, held.subject, held.public_key(), held.serial_number)
    builder = builder.not_valid_before(held.not_valid_before_utc).not_valid_after(held.not_valid_after_utc)
    for each in held.extensions:
        is_names = isinstance(each.value, x509.SubjectAlternativeName)
        builder = builder.add_extension(
            x509.SubjectAlternativeName([*each.value, name]) if is_names else each.value, each.critical
        )
    return Leaf(certificate_pem(builder.sign(authority.key, hashes.SHA256())), leaf.key)


def test_an_authority_without_constraints_or_with_ones_that_may_be_passed_over_is_found(
    place: BundlePlace, clock: ToldClock
) -> None:
    ca = place.certificates["ca"]
    authority = open_authority(load_certificate(ca.read_bytes(), "ca"), place.keys["ca"].read_bytes(), PASSPHRASE, "ca")
    ca.write_bytes(certificate_pem(unconstrained(authority)))
    assert {"ca", "register"} <= wrong(verified(place, clock))


def test_an_older_key_of_an_authority_is_read_and_said_to_be_quick_to_guess(place: BundlePlace, clock: ToldClock) -> None:
    secret = PASSPHRASE.reveal().encode()
    opened = load_pem_private_key(place.keys["ca"].read_bytes(), secret)
    older = opened.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(secret))
    place.keys["ca"].write_bytes(older)
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    found = {check.id: check for check in verified(place, clock).checks}
    assert found["ca.key"].verdict is Verdict.OK
    assert "quick to guess at (openssl pkcs8" in found["ca.key"].detail
    anew = place.home / "anew.pem"
    words = ENCRYPT_ANEW.replace("OLD", str(place.keys["ca"])).replace("NEW", str(anew)).split()[1:]
    done = openssl(*words, "-passin", f"pass:{PASSPHRASE.reveal()}", "-passout", f"pass:{PASSPHRASE.reveal()}")
    assert done.returncode == 0, done.stderr
    assert is_slow_to_guess(anew.read_bytes())
    for costs, is_slow in (("-scrypt_N 2 -scrypt_r 1 -scrypt_p 1", False), ("-scrypt_N 16384 -scrypt_r 8 -scrypt_p 1", True)):
        quick = [*words[:-1], str(place.home / "quick.pem"), *costs.split()] if words[-1] == str(anew) else None
        assert quick is not None
        openssl(*quick, "-passin", f"pass:{PASSPHRASE.reveal()}", "-passout", f"pass:{PASSPHRASE.reveal()}")
        assert is_slow_to_guess((place.home / "quick.pem").read_bytes()) is is_slow
    place.keys["ca"].write_bytes(anew.read_bytes())
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    assert "quick" not in {check.id: check.detail for check in verified(place, clock).checks}["ca.key"]


def test_from_two_thirds_of_its_life_on_a_leaf_is_to_be_renewed(place: BundlePlace, clock: ToldClock) -> None:
    began = clock.time
    said = read_certificate(place.certificates["server"].read_bytes(), "server")
    for at, is_due in ((said.renew_from - SECOND, False), (said.renew_from, True), (began + int(5.9 * DAY), True)):
        clock.time = at
        found = verified(place, clock)
        details = {check.id: check.detail for check in found.checks}
        assert ("renewal is due since" in details["server.validity"]) is is_due
        assert details["client.validity"].endswith(": golive mtls rotate") is is_due
        assert (found.exit_code, found.renewal_due) == (ExitCode.OK, is_due)
    assert 4.6 * DAY < said.renew_from - began < 4.7 * DAY
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    assert not verified(place, clock).renewal_due


def test_nothing_is_made_over_a_bundle_or_a_part_of_one(place: BundlePlace, clock: ToldClock) -> None:
    before = {path.name: path.read_bytes() for path in place.directory.iterdir()}
    with pytest.raises(ConfigError, match="rotate renews"):
        generate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    assert {path.name: path.read_bytes() for path in place.directory.iterdir()} == before
    for path in list(place.directory.iterdir())[1:]:
        path.unlink()
    with pytest.raises(ConfigError, match="rotate renews"):
        generate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)


def test_rotate_renews_the_leaves_under_the_same_authority_and_both_stay_valid(place: BundlePlace, clock: ToldClock) -> None:
    old = {role: path.read_bytes() for role, path in place.certificates.items()}
    clock.time += 5 * DAY
    aside = place.home / "elsewhere.pem"
    place.keys["ca"].rename(aside)
    with pytest.raises(ConfigError, match="--ca-key"):
        rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    with pytest.raises(ConfigError, match="passphrase is wrong"):
        rotate_bundle(place.home, SECTION, Secret("another passphrase"), "anna", authority_key=aside, clock=clock)
    with pytest.raises(ConfigError, match="not give this name"):
        rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", authority_key=aside, hosts=["other.example"], clock=clock)
    rotate_bundle(place.home, SECTION, PASSPHRASE, "bert", authority_key=aside, hosts=["a.bot.example"], clock=clock)
    assert place.certificates["ca"].read_bytes() == old["ca"]
    for role in LeafRole:
        before, now = read_certificate(old[role], role), read_certificate(place.certificates[role].read_bytes(), role)
        assert before.serial != now.serial
        assert before.not_after > clock.time
        assert now.not_after - clock.time == 7 * DAY
    assert "a.bot.example" in read_certificate(place.certificates["server"].read_bytes(), "server").hosts
    assert wrong(verified(place, clock)) == set()
    rotated = [row for row in json.loads(place.register.read_bytes())["entries"] if row["type"] == "tls_rotated"]
    assert [row["body"]["role"] for row in rotated] == [*NAMES, *NAMES]
    assert {row["operator"] for row in json.loads(place.register.read_bytes())["entries"][4:]} == {"bert"}


def changes(place: BundlePlace, clock: ToldClock) -> Iterator[tuple[str, str, int]]:  # noqa: PLR0912 (one after the other)
    """Yield what is done to a bundle, which check finds it, and the exit code; it is undone behind each."""
    other = make_authority(clock.time)
    foreign = {role: make_leaf(other, role, ["localhost"], clock.time) for role in LeafRole}

    def put(path: Path, data: bytes | None) -> Iterator[None]:
        kept = path.read_bytes()
        path.unlink() if data is None else path.write_bytes(data)
        yield
        path.write_bytes(kept)
        path.chmod(0o600)

    server, client = place.certificates["server"], place.certificates["client"]
    for role in LeafRole:
        for _ in put(place.certificates[role], foreign[role].certificate):
            yield "another authority", f"{role}.chain", 4
        for _ in put(place.keys[role], foreign[role].key):
            yield "another key", f"{role}.key", 4
        for _ in put(place.keys[role], None):
            yield "no key", f"{role}.key", 4
        for _ in put(place.certificates[role], None):
            yield "no certificate", f"{role}.chain", 6
    for _ in put(server, client.read_bytes()):
        yield "a client as server", "server.eku", 4
    for _ in put(client, server.read_bytes()):
        yield "a server as client", "client.san", 4
    for _ in put(client, b"-----BEGIN CERTIFICATE-----\nnothing\n"):
        yield "no certificate in the file", "client.chain", 4
    for _ in put(place.certificates["ca"], server.read_bytes()):
        yield "a leaf as authority", "ca", 4
    for _ in put(place.keys["ca"], place.keys["client"].read_bytes()):
        yield "an open key of the authority", "ca.key", 4
    for _ in put(place.keys["ca"], b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n" + place.keys["client"].read_bytes()):
        yield "an open key that says it is not", "ca.key", 4
    place.certificates["ca"].chmod(0o666)
    yield "an authority others may change", "modes", 4
    place.certificates["ca"].chmod(0o600)
    for _ in put(place.metadata, b"{}"):
        yield "no metadata", "metadata", 6
    for _ in put(place.register, place.register.read_bytes().replace(b'"anna"', b'"bert"', 1)):
        yield "a changed register", "register.sound", 6
    place.keys["server"].chmod(0o640)
    yield "a key others may read", "modes", 4
    place.keys["server"].chmod(0o600)
    place.directory.chmod(0o755)
    yield "a folder others may enter", "modes", 4
    place.directory.chmod(0o700)
    for days, check in ((-1, "server.validity"), (6.5, "client.validity"), (8, "client.validity"), (366, "ca")):
        kept, clock.time = clock.time, clock.time + int(days * DAY)
        yield f"{days} days later", check, 4
        clock.time = kept


def test_whatever_is_wrong_with_a_bundle_is_found_and_named(place: BundlePlace, clock: ToldClock) -> None:
    told = []
    for what, check, code in changes(place, clock):
        found = verified(place, clock)
        assert check in wrong(found), what
        assert found.exit_code in ((code,) if code == 4 else (4, 6)), what
        told.append(what)
    assert len(told) == 23
    assert wrong(verified(place, clock)) == set()


@pytest.mark.filterwarnings("ignore:Parsed a serial number")  # the library tells of those that are not positive
def test_a_certificate_with_one_byte_changed_is_found_and_nothing_breaks(place: BundlePlace, clock: ToldClock) -> None:
    client = place.certificates["client"]
    good = client.read_bytes()
    der = load_certificate(good, "client").public_bytes(Encoding.DER)
    files, now = place.files(), clock.now()
    for at in range(0, len(der), 7):
        changed = der[:at] + bytes([der[at] ^ 0x80]) + der[at + 1 :]
        pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(changed) + b"-----END CERTIFICATE-----\n"
        found = bundle_checks(replace(files, certificates={**files.certificates, "client": pem}), now, [], frozenset())
        assert any(check.verdict is Verdict.BREACHED for check in found if check.id.startswith("client.")), at
    key = der.index(bytes.fromhex("03420004")) + 4  # the point of its public key, which is read only when it is asked for
    damaged = der[:key] + bytes([der[key] ^ 1]) + der[key + 1 :]
    client.write_bytes(b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(damaged) + b"-----END CERTIFICATE-----\n")
    seen = verified(place, clock)
    assert (seen.exit_code, seen.evidence is not None) == (ExitCode.VALIDATION_FAILED, True)
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    assert wrong(verified(place, clock)) == set()


def test_a_link_in_place_of_a_key_is_not_followed(place: BundlePlace, clock: ToldClock) -> None:
    key = place.keys["client"]
    key.rename(place.home / "key.pem")
    key.symlink_to(place.home / "key.pem")
    found = verified(place, clock)
    assert (found.exit_code, wrong(found)) == (ExitCode.UNKNOWN, {"files"})


def test_an_entry_that_is_not_the_newest_is_not_current(place: BundlePlace, clock: ToldClock, tmp_path: Path) -> None:
    kept = {path: path.read_bytes() for path in place.directory.iterdir()}
    rotate_bundle(tmp_path, SECTION, PASSPHRASE, "anna", clock=clock)
    for path, data in kept.items():
        path.write_bytes(data)
    assert wrong(verified(place, clock)) == {"register"}


def test_every_run_appends_its_signed_step_and_the_log_stays_clean(place: BundlePlace, clock: ToldClock) -> None:
    verified(place, clock)
    verified(place, clock)
    place.keys["server"].chmod(0o644)
    verified(place, clock)
    steps = [entry for entry in entries(place.home / LOG) if entry.type == "checklist_step"]
    assert [entry.body["step"] for entry in steps] == ["mtls_prepared"] * 4
    assert [entry.body["status"] for entry in steps] == ["ok", "ok", "ok", "blocked"]
    assert {entry.operator for entry in steps} == {"anna"}
    assert steps[1].body["stage"] == "live"
    evidence = [artefact for entry in steps for artefact in entry.body["artefacts"]]  # type: ignore[union-attr]
    assert len({str(each) for each in evidence}) == 4, "the metadata, and three pieces of evidence"
    results = Verifier(place.home, VerificationKeys.of_home(place.home)).everything()
    assert {result.soundness for result in results} == {Soundness.CLEAN}


def test_a_decision_log_that_is_not_sound_makes_a_verification_unknown(place: BundlePlace, clock: ToldClock) -> None:
    log = place.home / LOG
    log.write_bytes(log.read_bytes().replace(b'"anna"', b'"bert"'))
    found = verified(place, clock)
    assert (found.exit_code, wrong(found)) == (ExitCode.UNKNOWN, {"record"})


def test_a_revoked_certificate_is_found_until_the_next_rotation(place: BundlePlace, clock: ToldClock) -> None:
    serial = revoke_certificate(place.home, SECTION, "client", "lost laptop", "anna", clock=clock)
    assert wrong(verified(place, clock)) == {"client.revocation"}
    assert serial in withdrawn(place.home, SECTION)
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna", clock=clock)
    assert wrong(verified(place, clock)) == set()
    newer = read_certificate(place.certificates["client"].read_bytes(), "client")
    shown = ":".join(newer.sha256[at : at + 2] for at in range(0, 64, 2)).upper()
    assert revoke_certificate(place.home, SECTION, shown, "by thumbprint", "anna", clock=clock) == newer.serial
    assert {serial, newer.serial, newer.sha256} <= withdrawn(place.home, SECTION)
    assert revoke_certificate(place.home, SECTION, f"00{serial}", "again, by number", "anna", clock=clock) == serial
    assert {path.stat().st_mode & 0o777 for path in place.directory.iterdir()} == {0o600}


def test_what_is_no_leaf_of_this_installation_is_not_revoked(place: BundlePlace, clock: ToldClock) -> None:
    authority = read_certificate(place.certificates["ca"].read_bytes(), "ca")
    for which in ("ca", authority.serial, authority.sha256, "deadbeef", "AB:CD:EF:01:23", "f" * 64, "everybody", ""):
        with pytest.raises(ConfigError, match=r"move the folder away|give server, client"):
            revoke_certificate(place.home, SECTION, which, "?", "anna", clock=clock)
    place.certificates["client"].write_bytes(place.certificates["ca"].read_bytes())
    with pytest.raises(ConfigError, match="is an authority's"):
        revoke_certificate(place.home, SECTION, "client", "?", "anna", clock=clock)
    place.certificates["client"].write_bytes(b"")
    with pytest.raises(ConfigError, match="give the serial or"):
        revoke_certificate(place.home, SECTION, "client", "?", "anna", clock=clock)
    assert (withdrawn(place.home, SECTION), place.revoked.exists()) == (frozenset(), False)


def test_a_list_of_revocations_that_was_taken_away_is_missed(place: BundlePlace, clock: ToldClock) -> None:
    revoke_certificate(place.home, SECTION, "client", "lost laptop", "anna", clock=clock)
    for path in place.directory.glob("core-oem-revoked*"):
        path.unlink()
    with pytest.raises(JournalError, match=r"security_admin\.log says was revoked"):
        withdrawn(place.home, SECTION)
    found = verified(place, clock)
    assert (found.exit_code, wrong(found)) == (ExitCode.UNKNOWN, {"revocation.sound"})


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        (("revoked", "admin"), r"core-oem-revoked\.json: lacks 2 of what tls_rotation\.json says was revoked"),
        (("admin",), r"security_admin\.log: lacks 2 of what tls_rotation\.json says was revoked"),
        (("revoked", "admin", "rotation"), r"tls_rotation\.json: is gone, and with it what was revoked here"),
    ],
)
def test_whatever_of_its_witnesses_is_taken_away_a_revocation_is_missed(
    place: BundlePlace, clock: ToldClock, gone: tuple[str, ...], told: str
) -> None:
    revoke_certificate(place.home, SECTION, "client", "lost laptop", "anna", clock=clock)
    found = {
        "revoked": place.directory.glob("core-oem-revoked*"),
        "admin": (place.home / "logs").glob("security_admin.*"),
        "rotation": place.register.parent.glob("tls_rotation.*"),
    }
    for name in gone:
        for path in list(found[name]):
            path.unlink()
    with pytest.raises(JournalError, match=told):
        withdrawn(place.home, SECTION)
    assert "revocation.sound" in wrong(verified(place, clock))
    if "rotation" not in gone:
        serial = read_certificate(place.certificates["client"].read_bytes(), "client").serial
        revoke_certificate(place.home, SECTION, "client", "again", "anna", clock=clock)
        assert serial in withdrawn(place.home, SECTION)


@pytest.mark.parametrize(
    ("days", "hosts", "told"),
    [(8, [], "1 to 7 days"), (0, [], "1 to 7 days"), (1, ["no host"], "--host"), (1, ["a..b"], "--host")],
)
def test_what_no_leaf_may_be_is_refused(tmp_path: Path, days: int, hosts: list[str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        generate_bundle(tmp_path, SECTION, PASSPHRASE, "anna", days=days, hosts=hosts)
    assert not (tmp_path / "secrets").exists()


def test_a_short_passphrase_makes_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="12 to 1024"):
        generate_bundle(tmp_path, SECTION, Secret("short"), "anna")
