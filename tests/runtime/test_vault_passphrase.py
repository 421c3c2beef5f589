"""Another passphrase for the vault: the old one opens it no more, nothing under it is left, and whoever is killed leaves it whole."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.runtime.secret_admin import SecretAdmin
from golive.runtime.secret_store import StoredSecrets
from golive.storage import failpoint
from golive.storage.security_admin import PATH as ADMIN_LOG
from support.durable import ToldClock
from support.secret_places import CHEAP, PASSPHRASE, MemoryBackend, admin_of, given, stored

KEY, URL = "okx_paper_trading", "alert_oem_live"
NEW = Secret("a new battery for the horse")


def reader(home: Path, passphrase: Secret) -> StoredSecrets:
    return StoredSecrets(home, given(passphrase), backend=lambda: None, least=CHEAP)


def opened_by(home: Path) -> list[Secret]:
    """Which of the two passphrases open the vault, with everything that was put there."""
    found = []
    for passphrase in (PASSPHRASE, NEW):
        try:
            if [reader(home, passphrase).secret(name) for name in (KEY, URL)] == [stored(), stored("", "json://host/x")]:
                found.append(passphrase)
        except PrerequisiteMissing:
            continue
    return found


@pytest.fixture
def admin(tmp_path: Path) -> SecretAdmin:
    admin = admin_of(tmp_path)
    admin.put(KEY, stored())
    admin.put(URL, stored("", "json://host/x"))
    return admin


def test_only_the_new_passphrase_opens_it_and_nothing_of_before_is_left(admin: SecretAdmin, tmp_path: Path) -> None:
    path = tmp_path / "secrets/vault.json"
    before = json.loads(path.read_bytes())
    left = path.with_name(".vault.json.0123456789ab.tmp")  # of a writer that was killed
    left.write_bytes(path.read_bytes())
    assert admin.change_passphrase(lambda: NEW) == (URL, KEY)
    assert opened_by(tmp_path) == [NEW]
    assert sorted(each.name for each in path.parent.iterdir()) == ["vault.json", "vault.lock"]
    after = json.loads(path.read_bytes())
    assert path.stat().st_mode & 0o777 == 0o600
    assert (after["kdf"]["salt"], after["key_id"]) != (before["kdf"]["salt"], before["key_id"])
    for name, entry in after["entries"].items():
        assert before["entries"][name]["ciphertext"] != entry["ciphertext"]
    row = json.loads((tmp_path / ADMIN_LOG).read_text().splitlines()[-1])
    assert (row["type"], row["body"]["names"]) == ("vault_passphrase_changed", ["golive:alert_oem_live", f"golive:{KEY}"])
    assert (row["body"]["key_id"], row["body"]["new_key_id"]) == (before["key_id"], after["key_id"])


@pytest.mark.parametrize(
    ("point", "nth", "opens"),
    [
        ("file.temporary.before", 2, PASSPHRASE),
        ("file.temporary.after", 2, PASSPHRASE),
        ("file.rename.after", 2, NEW),
        ("file.name_durable.after", 2, NEW),
    ],
)
def test_a_change_that_is_killed_leaves_the_vault_under_one_of_the_two(
    admin: SecretAdmin, tmp_path: Path, point: str, nth: int, opens: Secret
) -> None:
    child = os.fork()
    if child == 0:
        failpoint.arm(point, nth)  # the first is the seal of the log of admin acts
        admin.change_passphrase(lambda: NEW)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert opened_by(tmp_path) == [opens]
    again = SecretAdmin.of_home(tmp_path, ToldClock(), passphrase=given(opens), backend=lambda: None, costs=CHEAP)
    again.change_passphrase(lambda: Secret("and yet another passphrase"))
    assert opened_by(tmp_path) == []
    assert sorted(each.name for each in (tmp_path / "secrets").iterdir()) == ["vault.json", "vault.lock"]


def never() -> Secret:
    raise AssertionError("nobody is asked for a new one")


def wrong(admin: SecretAdmin) -> SecretAdmin:
    return replace(admin, store=reader(admin.home, NEW))


def without_vault(admin: SecretAdmin) -> SecretAdmin:
    (admin.home / "secrets/vault.json").unlink()
    return replace(admin, backend=MemoryBackend())


def with_bent_entry(admin: SecretAdmin) -> SecretAdmin:
    path = admin.home / "secrets/vault.json"
    text = path.read_text()
    at = text.index('"ciphertext":"') + len('"ciphertext":"')
    path.write_text(text[:at] + ("0" if text[at] != "0" else "1") + text[at + 1 :])
    return replace(admin, store=reader(admin.home, PASSPHRASE))


@pytest.mark.parametrize(
    ("bent", "told"),
    [
        (wrong, "the passphrase of the vault is wrong"),
        (without_vault, "there is no vault whose passphrase"),
        (with_bent_entry, "does not open"),
    ],
)
def test_nothing_is_changed_and_nobody_asked_where_the_old_one_does_not_open_it(
    admin: SecretAdmin, bent: Callable[[SecretAdmin], SecretAdmin], told: str
) -> None:
    other = bent(admin)
    path = admin.home / "secrets/vault.json"
    before = path.read_bytes() if path.exists() else None
    with pytest.raises(PrerequisiteMissing, match=told):
        other.change_passphrase(never)
    assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.parametrize(
    ("new", "told"), [(PASSPHRASE, "is the one it has"), (Secret("short"), "12 to 1024"), (Secret("x" * 1025), "12 to 1024")]
)
def test_a_passphrase_that_is_none_or_the_old_one_changes_nothing(
    admin: SecretAdmin, tmp_path: Path, new: Secret, told: str
) -> None:
    with pytest.raises(ConfigError, match=told):
        admin.change_passphrase(lambda: new)
    assert opened_by(tmp_path) == [PASSPHRASE]
