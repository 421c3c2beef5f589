"""A log of people's acts that was removed or begun anew is missed by what registers tell of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.config.mtls_section import Mtls
from golive.model.secret import Secret
from golive.runtime.mtls.prepare import generate_bundle
from golive.runtime.mtls.revocation import revoke_certificate
from golive.storage.lost_acts import lost_acts
from golive.storage.security_admin import PATH, record_admin_act
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import signer_of
from support.licensed_home import World

PASSPHRASE = Secret("the passphrase of the authority's key")


def licensed(path: Path) -> Path:
    return World(path).installed().home


def revoked(path: Path) -> Path:
    generate_bundle(path, Mtls(), PASSPHRASE, "anna")
    revoke_certificate(path, Mtls(), "client", "lost laptop", "anna")
    return path


@pytest.mark.parametrize("begun_anew", [False, True])
@pytest.mark.parametrize(("made", "act"), [(licensed, "licence_installed of lic-"), (revoked, "certificate_revoked of ")])
def test_acts_that_a_register_tells_of_are_missed(
    tmp_path: Path, made: Callable[[Path], Path], act: str, begun_anew: bool
) -> None:
    home = made(tmp_path)
    assert list(lost_acts(home)) == []
    for path in (home / PATH.parent).glob("security_admin.*"):
        path.unlink()
    if begun_anew:
        record_admin_act(home, signer_of(home), "operator_added", {"name": "eve"}, "eve")
    found = [each for each in Verifier(home, VerificationKeys.of_home(home)).everything() if each.path == home / PATH]
    assert any(each.soundness is Soundness.CANNOT_SAY for each in found)
    told = " ".join(str(fault) for each in found for fault in each.faults)
    assert f"{'has no record' if begun_anew else 'is gone, with its record'} {act}" in told
    assert "put the log and its seal back from a copy" in told


def test_a_home_without_registers_misses_nothing(tmp_path: Path) -> None:
    assert list(lost_acts(tmp_path)) == []
    (tmp_path / "var/security").mkdir(parents=True)
    (tmp_path / "var/security/tls_rotation.json").write_bytes(b"no register")
    assert list(lost_acts(tmp_path)) == []
