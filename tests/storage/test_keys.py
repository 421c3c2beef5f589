"""Development keys: private from the first moment, refused when they are not."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

from golive.audit import Seal, verify_seal
from golive.model.errors import JournalError
from golive.storage.keys import DIRECTORY, FILES, SigningKeys
from golive.storage.public_keys import PUBLIC_DIRECTORY, read_public_key


def test_keys_are_made_once_private_and_named(tmp_path: Path) -> None:
    keys = SigningKeys.load_or_create(tmp_path)
    directory = tmp_path / DIRECTORY
    assert directory.stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in directory.iterdir()) == sorted(FILES)
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert len(keys.mac_key) == len(keys.id_key) == 32
    assert keys.mac_key != keys.id_key
    assert SigningKeys.load_or_create(tmp_path) == keys == SigningKeys.load(tmp_path)


def test_nothing_secret_shows_in_repr_or_key_id(tmp_path: Path) -> None:
    keys = SigningKeys.load_or_create(tmp_path)
    shown = f"{keys!r} {keys} {keys.mac_key_id} {keys.seal_key_id}"
    for name in FILES:
        assert (tmp_path / DIRECTORY / name).read_text().strip()[:16] not in shown


def test_the_public_half_is_published_and_checks_seals(tmp_path: Path) -> None:
    keys = SigningKeys.load_or_create(tmp_path)
    key_id, public = read_public_key(tmp_path / PUBLIC_DIRECTORY / f"{keys.seal_key_id}.json")
    seal = Seal("log/1", 10, 1, "m", "c", "2026-01-01T00:00:00Z", key_id)
    assert verify_seal(keys.seal(seal), public) == seal


@pytest.mark.parametrize("name", [*FILES, ""])
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_what_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path, name: str, mode: int) -> None:
    SigningKeys.load_or_create(tmp_path)
    target = tmp_path / DIRECTORY / name
    target.chmod(mode | (0o100 if not name else 0))
    with pytest.raises(JournalError, match="chmod"):
        SigningKeys.load_or_create(tmp_path)
    with pytest.raises(JournalError, match="chmod"):
        SigningKeys.load(tmp_path)


def test_a_link_in_place_of_a_key_is_refused(tmp_path: Path) -> None:
    SigningKeys.load_or_create(tmp_path)
    path = tmp_path / DIRECTORY / "hmac.key"
    path.rename(tmp_path / "moved")
    path.symlink_to(tmp_path / "moved")
    with pytest.raises(JournalError, match="links are refused"):
        SigningKeys.load_or_create(tmp_path)


@pytest.mark.parametrize("content", ["", "00" * 31 + "\n", "zz" * 32 + "\n", "00" * 33 + "\n", "AB" * 32 + "\n", "ab" * 32])
def test_a_damaged_key_is_refused_and_left_alone(tmp_path: Path, content: str) -> None:
    SigningKeys.load_or_create(tmp_path)
    path = tmp_path / DIRECTORY / "ed25519.key"
    path.write_text(content)
    with pytest.raises(JournalError, match=r"ed25519\.key.*backup"):
        SigningKeys.load_or_create(tmp_path)
    assert path.read_text() == content


def test_a_key_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    SigningKeys.load_or_create(tmp_path)
    os.chown(tmp_path / DIRECTORY / "id.key", 12345, -1)
    with pytest.raises(JournalError, match="belongs to user 12345"):
        SigningKeys.load_or_create(tmp_path)


def test_loading_makes_nothing(tmp_path: Path) -> None:
    assert SigningKeys.load(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def _mac_key_id(home: Path) -> str:
    return SigningKeys.load_or_create(home).mac_key_id


def test_processes_that_start_together_agree_on_the_keys(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert len(set(pool.map(_mac_key_id, [tmp_path] * 8))) == 1
