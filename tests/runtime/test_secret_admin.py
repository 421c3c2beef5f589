"""Changing the store of secrets: where it is, who may, what is recorded, and that a file which is not right changes nothing."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.redaction import redacted
from golive.model.secret import Secret
from golive.runtime.operators import add_operator, authenticate
from golive.runtime.secret_admin import SecretAdmin
from golive.runtime.secret_list import listed
from golive.runtime.secret_store import StoredSecrets
from golive.storage import failpoint, vault_file
from golive.storage.security_admin import PATH as ADMIN_LOG
from support.durable import ToldClock
from support.secret_places import CHEAP, PASSPHRASE, MemoryBackend, admin_of, given, stored

KEY = "okx_paper_trading"


def reader(home: Path, **more: Any) -> StoredSecrets:
    return StoredSecrets(home, more.pop("passphrase", given()), backend=more.pop("backend", lambda: None), least=CHEAP)


def acts(home: Path) -> list[tuple[str, str, dict[str, Any]]]:
    rows = [json.loads(line) for line in (home / ADMIN_LOG).read_text().splitlines()]
    return [(row["type"], row["operator"], row["body"]) for row in rows[1:]]


def test_without_a_keyring_the_first_secret_makes_a_private_vault(tmp_path: Path) -> None:
    store = reader(tmp_path)
    assert (store.names, store.holds(KEY), store.secret(KEY), store.source) == ((), False, None, "vault")
    assert admin_of(tmp_path).put(KEY, stored()) == "vault"
    path = tmp_path / "secrets/vault.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert store.holds(KEY)
    found = store.credentials(KEY)
    assert found is not None
    assert {name: secret.reveal() for name, secret in found.fields.items()} == {
        "apiKey": "key-id-0001-abcd",
        "secret": "SECRET-OF-THE-KEY",
    }
    assert sorted(each.name for each in path.parent.iterdir()) == ["vault.json", "vault.lock"]


def test_the_passphrase_is_asked_for_once_and_only_where_something_is_to_be_read(tmp_path: Path) -> None:
    admin_of(tmp_path).put(KEY, stored())
    source = given()
    store = reader(tmp_path, passphrase=source)
    assert store.holds(KEY)
    assert store.secret("other") is None
    assert source.times == 0
    assert store.secret(KEY) is not None
    admin_of(tmp_path).put(KEY, stored("another-key-id-9999"))
    again = store.secret(KEY)
    assert again is not None
    assert again.shown_id == "…9999", "a vault that was replaced is read anew"
    assert source.times == 1


def test_a_locked_vault_says_how_it_is_opened(tmp_path: Path) -> None:
    admin_of(tmp_path).put(KEY, stored())
    with pytest.raises(PrerequisiteMissing, match=r"vault\.json: is locked: give its passphrase with --passphrase-fd N"):
        StoredSecrets(tmp_path, backend=lambda: None, least=CHEAP).secret(KEY)


def test_where_there_is_a_keyring_it_is_used_and_a_vault_that_is_there_goes_before_it(tmp_path: Path) -> None:
    backend = MemoryBackend()
    assert admin_of(tmp_path, backend=backend).put(KEY, stored()) == "keyring"
    assert not (tmp_path / "secrets").exists()
    store = reader(tmp_path, backend=lambda: backend)
    assert (store.source, store.holds(KEY)) == ("keyring", True)
    assert ("golive:okx_paper_trading", "golive") in backend.kept
    assert admin_of(tmp_path, backend=backend).remove(KEY) == "keyring"
    assert not store.holds(KEY)
    admin_of(tmp_path).put(KEY, stored())
    assert (store.source, store.holds(KEY)) == ("vault", True)
    assert admin_of(tmp_path, backend=backend).put("alert_oem_live", stored()) == "vault"


def test_each_change_stands_in_the_log_without_any_secret(tmp_path: Path) -> None:
    admin = admin_of(tmp_path)
    admin.put(KEY, stored())
    admin.remove(KEY)
    with pytest.raises(ConfigError, match="there is no secret okx_paper_trading; there are: none"):
        admin.remove(KEY)
    (kind, _, body), (removed, _, _) = acts(tmp_path)
    assert (kind, removed) == ("secret_set", "secret_removed")
    assert body == {
        "environment": "paper", "fingerprint": stored().fingerprint, "key_class": "development", "key_id": "…abcd",
        "name": "golive:okx_paper_trading", "permissions": ["read", "trade"], "store": "vault",
    }  # fmt: skip
    assert "SECRET" not in (tmp_path / ADMIN_LOG).read_text()


def test_a_wrong_passphrase_changes_nothing_and_is_recorded(tmp_path: Path) -> None:
    admin_of(tmp_path).put(KEY, stored())
    before = (tmp_path / "secrets/vault.json").read_bytes()
    wrong = given(Secret("incorrect horse battery"))
    admin = SecretAdmin.of_home(tmp_path, ToldClock(), passphrase=wrong, backend=lambda: None, costs=CHEAP)
    with pytest.raises(PrerequisiteMissing, match="the passphrase of the vault is wrong"):
        admin.put(KEY, stored("other"))
    assert (tmp_path / "secrets/vault.json").read_bytes() == before
    kind, _, body = acts(tmp_path)[-1]
    assert (kind, body["reason"]) == (
        "vault_refused",
        "the passphrase of the vault is wrong (or its salt or key id were changed)",
    )


def opened_to_others(home: Path) -> None:
    (home / "secrets/vault.json").chmod(0o640)


def folder_opened(home: Path) -> None:
    (home / "secrets").chmod(0o750)


def linked(home: Path) -> None:
    path = home / "secrets/vault.json"
    path.rename(home / "elsewhere.json")
    path.symlink_to(home / "elsewhere.json")


def piped(home: Path) -> None:
    (home / "secrets/vault.json").unlink()
    os.mkfifo(home / "secrets/vault.json", 0o600)


def grown(home: Path) -> None:
    (home / "secrets/vault.json").write_bytes(b" " * (vault_file.MAX_BYTES + 1))


def folded(home: Path) -> None:
    (home / "secrets/vault.json").unlink()
    (home / "secrets/vault.json").mkdir()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (opened_to_others, r"others may use it \(mode 0640\); look into it, then: chmod 600"),
        (folder_opened, r"secrets/: others may use it \(mode 0750\); look into it, then: chmod 700"),
        (linked, "is a symbolic link"),
        (piped, "is not a regular file"),
        (folded, "is not a regular file"),
        (grown, "is longer than"),
    ],
)
def test_a_file_that_is_not_this_users_alone_is_neither_read_nor_changed(
    tmp_path: Path, spoil: Callable[[Path], None], told: str
) -> None:
    admin = admin_of(tmp_path)
    admin.put(KEY, stored())
    spoil(tmp_path)
    with pytest.raises(PrerequisiteMissing, match=told) as refused:
        reader(tmp_path).secret(KEY)
    assert redacted(str(refused.value)) == str(refused.value), "it is shown whole"
    with pytest.raises((PrerequisiteMissing, JournalError), match=told):
        admin.put(KEY, stored("other"))


@pytest.mark.parametrize("field", ["key_id", "secret", "passphrase", "permissions"])
def test_a_secret_longer_than_any_key_is_refused_and_the_vault_stands(tmp_path: Path, field: str) -> None:
    admin, long = admin_of(tmp_path), "x" * 1_000_000
    admin.put(KEY, stored())
    before, told = (tmp_path / "secrets/vault.json").read_bytes(), acts(tmp_path)
    with pytest.raises(ConfigError, match=f"^{field} has 1000000 bytes, at most 4096 are kept") as refused:
        admin.put(KEY, stored(**{field: (long,) if field == "permissions" else long}))  # type: ignore[arg-type]
    assert "xxx" not in str(refused.value)
    assert ((tmp_path / "secrets/vault.json").read_bytes(), acts(tmp_path)) == (before, told)
    admin.put(KEY, stored(secret="s" * 4096))


def test_a_vault_that_would_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    admin_of(tmp_path).put(KEY, stored())
    file = vault_file.VaultFile(tmp_path)
    with pytest.raises(JournalError, match="would have 1048577 bytes"):
        file.write(b" " * (vault_file.MAX_BYTES + 1))
    assert reader(tmp_path).secret(KEY) is not None


def test_a_vault_that_is_gone_is_missed_by_what_the_log_tells(tmp_path: Path) -> None:
    admin = admin_of(tmp_path)
    assert listed(admin.store, tmp_path).secrets == ()
    admin.put("alert_oem_live", stored())
    admin.put(KEY, stored())
    admin.remove("alert_oem_live")
    (tmp_path / "secrets/vault.json").rename(tmp_path / "aside")
    with pytest.raises(PrerequisiteMissing, match=f"is gone, and .* tells of what it kept: {KEY}; put it back"):
        listed(admin.store, tmp_path)
    (tmp_path / "aside").rename(tmp_path / "secrets/vault.json")
    admin.remove(KEY)
    (tmp_path / "secrets/vault.json").unlink()
    assert listed(admin.store, tmp_path).secrets == ()


def test_a_foreign_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin_of(tmp_path).put(KEY, stored())
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PrerequisiteMissing, match=r"belongs to user \d+, not to"):
        reader(tmp_path).secret(KEY)


def test_two_writers_come_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = admin_of(tmp_path)
    monkeypatch.setattr(vault_file, "PATIENCE_S", 0.05)
    with (
        vault_file.VaultFile(tmp_path).locked(),
        pytest.raises(JournalError, match="another process is changing the vault; nothing was changed"),
    ):
        admin.put(KEY, stored())
    assert not (tmp_path / "secrets/vault.json").exists()


@pytest.mark.parametrize(
    ("point", "is_kept"),
    [
        ("file.temporary.before", False),
        ("file.temporary.after", False),
        ("file.rename.after", True),
        ("file.name_durable.after", True),
    ],
)
def test_a_writer_that_is_killed_leaves_the_old_vault_or_the_new_one(tmp_path: Path, point: str, is_kept: bool) -> None:
    admin = admin_of(tmp_path)
    admin.put(KEY, stored("old-key-id-1111"))
    child = os.fork()
    if child == 0:
        failpoint.arm(point, 2)  # the first is the seal of the log of admin acts
        admin.put(KEY, stored("new-key-id-2222"))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    found = reader(tmp_path).secret(KEY)
    assert found is not None
    assert found.shown_id == ("…222" if is_kept else "…111")
    admin_of(tmp_path).put(KEY, stored("last-key-id-3333"))
    assert acts(tmp_path)[-2][2]["fingerprint"] == stored("new-key-id-2222").fingerprint, "told before it was done"


def test_once_somebody_is_secops_only_they_change_secrets(tmp_path: Path) -> None:
    for name, role in (("sec", "secops"), ("anna", "risk")):
        by = authenticate(tmp_path, "sec", PASSPHRASE, purpose="test") if name == "anna" else None
        add_operator(tmp_path, name, [role], PASSPHRASE, by=by)
    admin = admin_of(tmp_path)
    for by in (None, authenticate(tmp_path, "anna", PASSPHRASE, purpose="test")):
        other = replace(admin, by=by)
        for act in (lambda: other.put(KEY, stored()), lambda: other.remove(KEY), lambda: other.export("age1", tmp_path / "x")):  # noqa: B023
            with pytest.raises(PrerequisiteMissing, match="the secrets are managed by role secops: give --operator NAME"):
                act()
    replace(admin, by=authenticate(tmp_path, "sec", PASSPHRASE, purpose="test")).put(KEY, stored())
    assert acts(tmp_path)[-1][:2] == ("secret_set", "sec")


def test_an_export_opens_with_the_identity_and_with_no_other(tmp_path: Path) -> None:
    pyrage = pytest.importorskip("pyrage")
    ours, foreign = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    admin, out = admin_of(tmp_path), tmp_path / "backup.age"
    with pytest.raises(ConfigError, match="there are no secrets to export"):
        admin.export(str(ours.to_public()), out)
    admin.put(KEY, stored())
    with pytest.raises(ConfigError, match="--age takes a recipient") as refused:
        admin.export(str(ours), out)
    assert str(ours) not in str(refused.value)
    assert not out.exists()
    assert admin.export(str(ours.to_public()), out) == (KEY,)
    assert out.stat().st_mode & 0o777 == 0o600
    document = json.loads(pyrage.decrypt(out.read_bytes(), [ours]))
    assert document["schema"] == "golive.secrets_export.v1"
    assert document["secrets"][KEY]["secret"] == "SECRET-OF-THE-KEY"
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(out.read_bytes(), [foreign])
    with pytest.raises(ConfigError, match="is there already"):
        admin.export(str(ours.to_public()), out)
    kind, _, body = acts(tmp_path)[-1]
    assert (kind, body["names"], body["recipient"]) == ("secrets_exported", [KEY], str(ours.to_public()))
