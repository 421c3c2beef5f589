"""The command that verify and doctor name next: carried out as it stands, it leaves a sound bundle."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from golive.cli.main import main
from golive.config.mtls_section import Mtls
from golive.model.clock import DAY
from golive.model.secret import Secret
from golive.model.verdict import Verdict
from golive.runtime.clock import SystemClock
from golive.runtime.mtls.examine import Examination, examine
from golive.runtime.mtls.place import BundlePlace
from golive.runtime.mtls.prepare import generate_bundle, rotate_bundle
from golive.runtime.mtls.revocation import revoke_certificate
from support.durable import ToldClock

SECTION = Mtls()
PASSPHRASE = Secret("a passphrase of the authority")


def carry_out(place: BundlePlace, command: str) -> None:
    """Do what a person does who types `command`, knows the passphrase and the names that stand for something."""
    for step in command.replace("--host NAME", "--host localhost").replace("; ", " && ").split(" && "):
        words = shlex.split(step)
        if words[0] == "golive":
            reading, writing = os.pipe()
            os.write(writing, f"{PASSPHRASE.reveal()}\n".encode())
            os.close(writing)
            given = [*words[1:], "--home", str(place.home), "--passphrase-fd", str(reading)]
            assert main(given) == 0, step
        else:
            typed = f" -passout pass:{shlex.quote(PASSPHRASE.reveal())}" if words[0] == "openssl" else ""
            subprocess.run(["sh", "-c", step + typed], cwd=place.home, check=True)


def _revoked_and_no_authority(place: BundlePlace) -> None:
    revoke_certificate(place.home, SECTION, "client", "lost", "anna")
    place.certificates["ca"].write_bytes(b"half a cert")


def _open_key(place: BundlePlace) -> None:
    key = load_pem_private_key(place.keys["ca"].read_bytes(), PASSPHRASE.reveal().encode())
    place.keys["ca"].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def _link(place: BundlePlace) -> None:
    key = place.keys["client"]
    key.rename(place.home / "key.pem")
    key.symlink_to(place.home / "key.pem")


def _older_pair(place: BundlePlace) -> None:
    kept = {path: path.read_bytes() for path in place.directory.iterdir()}
    rotate_bundle(place.home, SECTION, PASSPHRASE, "anna")
    for path, data in kept.items():
        path.write_bytes(data)


def _open_to_all(place: BundlePlace) -> None:
    place.directory.chmod(0o755)
    place.keys["server"].chmod(0o644)


BROKEN: dict[str, Callable[[BundlePlace], object]] = {
    "no_server": lambda place: place.certificates["server"].unlink(),
    "damaged_server": lambda place: place.certificates["server"].write_bytes(b"half a cert"),
    "no_key": lambda place: place.keys["client"].unlink(),
    "half_a_key": lambda place: place.keys["client"].write_bytes(place.keys["client"].read_bytes()[:90]),
    "client_as_server": lambda place: place.certificates["server"].write_bytes(place.certificates["client"].read_bytes()),
    "revoked": lambda place: revoke_certificate(place.home, SECTION, "server", "lost", "anna"),
    "revoked_and_no_authority": _revoked_and_no_authority,
    "no_authority": lambda place: place.certificates["ca"].unlink(),
    "key_of_the_authority_open": _open_key,
    "key_of_the_authority_cut": lambda place: place.keys["ca"].write_bytes(place.keys["ca"].read_bytes()[:90]),
    "link": _link,
    "older_pair": _older_pair,
    "metadata": lambda place: place.metadata.write_bytes(b"{"),
    "modes": _open_to_all,
}


def found_in(place: BundlePlace) -> Examination:
    return examine(place.home, SECTION)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a bundle; deriving the key of an authority is slow, so one is made for all."""
    home = tmp_path_factory.mktemp("made")
    generate_bundle(home, SECTION, PASSPHRASE, "anna")
    return home


@pytest.fixture
def place(made: Path, tmp_path: Path) -> BundlePlace:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return BundlePlace.of(tmp_path, SECTION)


@pytest.mark.parametrize("case", BROKEN)
def test_the_next_command_mends_what_was_found(case: str, place: BundlePlace) -> None:
    assert (found_in(place).verdict, found_in(place).next_command) == (Verdict.OK, "")
    BROKEN[case](place)
    for _ in range(2):  # what was gravest may have hidden something else
        found = found_in(place)
        if found.verdict is not Verdict.OK:
            carry_out(place, found.next_command)
    assert {check.id: check.detail for check in found_in(place).checks if check.verdict is not Verdict.OK} == {}


def test_what_is_due_names_rotate_and_where_the_key_was_moved_to(place: BundlePlace, tmp_path: Path) -> None:
    later = ToldClock(SystemClock().now() + 5 * DAY)
    assert (found := examine(tmp_path, SECTION, clock=later)).renewal_due
    assert found.next_command == "golive mtls rotate"
    place.keys["ca"].rename(tmp_path / "key.pem")
    assert examine(tmp_path, SECTION, clock=later).next_command == "golive mtls rotate --ca-key FILE"


def test_records_that_are_not_sound_are_for_a_person_to_look_at(place: BundlePlace) -> None:
    place.register.write_bytes(place.register.read_bytes().replace(b'"anna"', b'"bert"', 1))
    assert found_in(place).next_command == "golive audit verify --all"
