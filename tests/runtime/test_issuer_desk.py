"""The issuer's desk over time: a licence comes with a list that fits it, and what was taken back once is so in every later list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from golive.model.clock import MINUTE, Nanos
from golive.model.errors import ConfigError, JournalError
from golive.runtime.licence.issuance import IssuerDesk
from golive.runtime.licence.renewal import install, sync
from golive.runtime.licence.verification import verify
from golive.security.licence.envelope import Kind, open_envelope
from golive.security.licence.revocation import RevocationList, read_revocations
from golive.storage.licence_files import REGISTRY
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.licensed_home import OLGA, PAPER, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def list_in(world: World, folder: Path) -> RevocationList:
    """Return the list that was signed, once its signature and form hold."""
    opened = open_envelope((folder / "revocations.json").read_bytes(), Kind.REVOCATIONS, world.desk.rules().keys)
    return read_revocations(opened.payload)


def payload(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_bytes())["payload"]
    assert isinstance(found, dict)
    return found


def test_a_licence_comes_with_a_list_that_it_accepts_and_that_names_what_was_taken_back(world: World, tmp_path: Path) -> None:
    world.issuer.issue_list(["lic-of-another"], ["0123456789abcdef"], tmp_path / "list")
    world.issue()
    found = list_in(world, world.out)
    assert (found.licences, found.keys) == (("lic-of-another",), ("0123456789abcdef",))
    assert found.version >= payload(world.out / "license.json")["min_revocation_version"] > 0
    install(world.desk, world.out, OLGA)
    assert world.desk.check(PAPER, "test").revocations == found
    assert list_in(world, tmp_path / "list").version < found.version


def test_lists_only_rise_and_only_grow_also_within_a_second_and_when_the_clock_goes_back(world: World, tmp_path: Path) -> None:
    world.installed()
    versions, named = [], []
    for step, licence in ((0, "lic-a"), (0, "lic-b"), (-5 * MINUTE, "lic-c")):
        world.clock.time = Nanos(world.clock.time + step)
        found = world.issuer.issue_list([licence], [], tmp_path / "list")
        assert found == list_in(world, tmp_path / "list")
        assert sync(world.desk, str(tmp_path / "list/revocations.json")) == found
        versions.append(found.version)
        named.append(found.licences)
    assert versions == sorted(set(versions))
    assert named == [("lic-a",), ("lic-a", "lic-b"), ("lic-a", "lic-b", "lic-c")]
    [registry] = [
        each for each in Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything() if each.path == tmp_path / REGISTRY
    ]
    assert registry.faults == ()
    world.clock.time = Nanos(world.clock.time + 6 * MINUTE)
    assert verify(world.desk)[0].is_valid


def test_a_key_that_was_taken_back_signs_nothing_more_at_this_desk(world: World, tmp_path: Path) -> None:
    world.issuer.issue_list([], [world.issuer.key_id], tmp_path / "list")  # its last word
    for act in (lambda: world.issuer.issue_list([], [], tmp_path / "more"), world.issue):
        with pytest.raises(ConfigError, match="was taken back: nobody believes what it signs"):
            act()
    assert not (tmp_path / "more").exists()
    assert not world.out.exists()


@pytest.mark.parametrize("what", ["cut", "unsealed"])
def test_nothing_is_signed_beside_a_registry_that_is_not_what_was_written(world: World, tmp_path: Path, what: str) -> None:
    world.issuer.issue_list(["lic-a"], [], tmp_path / "list")
    path = tmp_path / REGISTRY
    if what == "cut":
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join(lines[:-1]))
    else:
        path.with_suffix(".seal.json").unlink()
    with pytest.raises(JournalError):
        world.issue()
    with pytest.raises(JournalError):
        world.issuer.issue_list([], [], tmp_path / "list")
    assert not (world.out / "license.json").exists()


def test_two_desks_of_one_home_share_what_was_taken_back(world: World, tmp_path: Path) -> None:
    world.issuer.issue_list(["lic-a"], [], tmp_path / "list")
    again = IssuerDesk(tmp_path, world.signing_key, world.clock)
    assert again.issue_list(["lic-b"], [], tmp_path / "list").licences == ("lic-a", "lic-b")
