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
from cryptography.hazmat.primitives.serialization import Encoding

from golive.audit import Soundness
from golive.config.mtls_section import Mtls
from golive.model.clock import DAY
from golive.model.errors import ConfigError, JournalError
from golive.model.secret import Secret
from golive.model.verdict import ExitCode, Verdict
from golive.runtime.mtls.examine import Examination, verify_bundle
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import generate_bundle, rotate_bundle
from golive.runtime.mtls.revocation import revoke_certificate, withdrawn
from golive.security.bundle_check import bundle_checks
from golive.security.certificate import load_certificate, read_certificate
from golive.security.certificate_maker import LeafRole, make_authority, make_leaf
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
    return generate_bundle(tmp_path, SECTION, PASSPHRASE, "anna", clock=clock)


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
    rotate_bundle(place.home, SECTION, PASSPHRASE, "bert", authority_key=aside, hosts=["bot.example"], clock=clock)
    assert place.certificates["ca"].read_bytes() == old["ca"]
    for role in LeafRole:
        before, now = read_certificate(old[role], role), read_certificate(place.certificates[role].read_bytes(), role)
        assert before.serial != now.serial
        assert before.not_after > clock.time
        assert now.not_after - clock.time == 7 * DAY
    assert "bot.example" in read_certificate(place.certificates["server"].read_bytes(), "server").hosts
    assert wrong(verified(place, clock)) == set()
    assert [row["body"]["role"] for row in json.loads(place.register.read_bytes())["entries"][1:]] == [*NAMES, *NAMES]
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
