"""Taking an export of secrets back: all of it or nothing, what is there is kept, and every entry is one that is used here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from golive.config.configuration import Configuration
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import StoredSecret
from golive.runtime.secret_admin import Arrivals, SecretAdmin
from golive.runtime.secret_import import import_secrets
from golive.security.age_export import encrypted_for
from golive.security.age_import import read_export
from golive.security.keyring_store import KeyringPlace
from golive.storage.config_files import load_configuration
from golive.storage.security_admin import PATH as ADMIN_LOG
from support.golive_process import ROOT
from support.secret_places import MemoryBackend, admin_of, stored

pyrage = pytest.importorskip("pyrage")
OKX, KRAKEN, URL = "okx_paper_trading", "kraken_paper_trading", "alert_oem_live"
TEXT = stored("", "json://host/SECRET", environment="", permissions=())
GIVEN = {OKX: stored(), KRAKEN: stored("other-key-id-7777"), URL: TEXT}
SOURCE = Path("backup.age")


@pytest.fixture(scope="module")
def configuration() -> Configuration:
    return load_configuration(ROOT / "config/runtime.yaml", {})


@pytest.fixture
def identity(tmp_path: Path) -> Any:
    made = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# created: today\n# public key: {made.to_public()}\n{made}\n")
    (tmp_path / "identity").chmod(0o600)
    return made


def exported(tmp_path: Path, identity: Any, secrets: Mapping[str, StoredSecret]) -> Path:
    path = tmp_path / "backup.age"
    path.write_bytes(encrypted_for(str(identity.to_public()), secrets))
    return path


def kept(admin: SecretAdmin) -> dict[str, StoredSecret | None]:
    return {name: admin.store.secret(name) for name in (OKX, KRAKEN, URL)}


def test_what_was_exported_is_kept_elsewhere_and_once(tmp_path: Path, identity: Any, configuration: Configuration) -> None:
    there, here = admin_of(tmp_path / "there"), admin_of(tmp_path / "here")
    for name, each in GIVEN.items():
        there.put(name, each)
    path = tmp_path / "backup.age"
    there.export(str(identity.to_public()), path)
    found = read_export(path, tmp_path / "identity")
    names = (URL, KRAKEN, OKX)
    assert import_secrets(here, configuration, found, path) == Arrivals("vault", names, (), ())
    assert kept(here) == GIVEN
    rows = [json.loads(line) for line in (tmp_path / "here" / ADMIN_LOG).read_text().splitlines()]
    assert [(row["type"], row["body"]["imported_from"]) for row in rows[1:]] == [("secret_set", "backup.age")] * 3
    assert "SECRET" not in (tmp_path / "here" / ADMIN_LOG).read_text()
    before = (tmp_path / "here/secrets/vault.json").read_bytes()
    assert import_secrets(here, configuration, found, path) == Arrivals("vault", (), (), names)
    assert (tmp_path / "here/secrets/vault.json").read_bytes() == before, "what is there already is not written again"


def test_another_secret_of_a_name_stays_unless_it_is_said(tmp_path: Path, configuration: Configuration) -> None:
    admin = admin_of(tmp_path)
    admin.put(KRAKEN, stored("the-one-that-is-used"))
    before, told = (tmp_path / "secrets/vault.json").read_bytes(), (tmp_path / ADMIN_LOG).read_bytes()
    with pytest.raises(PrerequisiteMissing, match=f"has another secret under {KRAKEN}; nothing was imported"):
        import_secrets(admin, configuration, GIVEN, SOURCE)
    assert ((tmp_path / "secrets/vault.json").read_bytes(), (tmp_path / ADMIN_LOG).read_bytes()) == (before, told)
    with pytest.raises(ConfigError, match=r"has no secret okx; it has: alert_oem_live"):
        import_secrets(admin, configuration, GIVEN, SOURCE, only=["okx"])
    assert import_secrets(admin, configuration, GIVEN, SOURCE, only=[OKX, URL]).kept == (URL, OKX)
    assert kept(admin)[KRAKEN] == stored("the-one-that-is-used")
    assert import_secrets(admin, configuration, GIVEN, SOURCE, replaces=True) == Arrivals(
        "vault", (KRAKEN,), (KRAKEN,), (URL, OKX)
    )
    assert kept(admin) == GIVEN


@pytest.mark.parametrize(
    ("bent", "told"),
    [
        ({"strange": stored()}, "'strange' is used by nothing in the configuration"),
        ({KRAKEN: stored(environment="live")}, "is for environments of type 'live', its own are paper"),
        ({KRAKEN: TEXT}, "'kraken_paper_trading' is no key of a venue"),
        ({URL: stored()}, "'alert_oem_live' is a key of a venue"),
    ],
)
def test_one_entry_that_is_not_used_so_keeps_all_of_them_out(
    tmp_path: Path, configuration: Configuration, bent: Mapping[str, StoredSecret], told: str
) -> None:
    admin = admin_of(tmp_path)
    with pytest.raises(PrerequisiteMissing, match=f"nothing was imported: .*{told}"):
        import_secrets(admin, configuration, {**GIVEN, **bent}, SOURCE)
    assert not (tmp_path / "secrets").exists()
    assert OKX in import_secrets(admin, configuration, {**GIVEN, **bent}, SOURCE, only=[OKX]).kept


@pytest.mark.parametrize("fails", [OKX, KRAKEN, URL])
def test_a_keyring_that_fails_on_the_way_has_what_it_had(tmp_path: Path, configuration: Configuration, fails: str) -> None:
    backend = MemoryBackend()
    admin = admin_of(tmp_path, backend=backend)
    admin.put(KRAKEN, stored("the-one-that-is-used"))
    before = dict(backend.kept)
    backend.fails_at = frozenset({f"golive:{fails}"})
    if fails != KRAKEN:
        with pytest.raises(PrerequisiteMissing, match="cannot be used: RuntimeError"):
            import_secrets(admin, configuration, GIVEN, SOURCE, replaces=True)
        assert backend.kept == before
    backend.fails_at = frozenset()
    import_secrets(admin, configuration, GIVEN, SOURCE, replaces=True)
    assert KeyringPlace(backend).names == tuple(sorted(f"golive:{name}" for name in GIVEN))


def test_an_export_opens_with_its_identity_alone_and_only_whole(tmp_path: Path, identity: Any) -> None:
    path = exported(tmp_path, identity, GIVEN)
    whole, key = path.read_bytes(), tmp_path / "identity"
    assert read_export(path, key) == GIVEN
    for data in (whole[:-1], whole[: len(whole) // 2], whole[:-9] + b"x" + whole[-8:], b"", b"no age"):
        path.write_bytes(data)
        with pytest.raises(PrerequisiteMissing, match="does not open with"):
            read_export(path, key)
    path.write_bytes(whole)
    key.write_text(str(pyrage.x25519.Identity.generate()))
    with pytest.raises(PrerequisiteMissing, match="is for another recipient"):
        read_export(path, key)
    for text in ("", "# nothing\n", str(identity.to_public()), "AGE-SECRET-KEY-1NONE", "ąę"):
        key.write_text(text)
        with pytest.raises(ConfigError, match="is no age identity as age-keygen writes it") as refused:
            read_export(path, key)
        assert "1NONE" not in str(refused.value)
    key.write_text(str(identity))
    key.chmod(0o640)
    with pytest.raises(ConfigError, match="others may use it"):
        read_export(path, key)
    key.chmod(0o600)
    with pytest.raises(ConfigError, match="give the file that golive secrets export wrote"):
        read_export(tmp_path / "none.age", key)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("SECRET", "holds no golive.secrets_export.v1 document"),
        ('{"schema":"golive.secrets_export.v2","secrets":{}}', "holds no golive.secrets_export.v1 document"),
        ('{"schema":"golive.secrets_export.v1","secrets":{},"secrets":{}}', "holds no golive.secrets_export.v1 document"),
        ('{"schema":"golive.secrets_export.v1","secrets":{}}', "holds no secrets"),
        ('{"schema":"golive.secrets_export.v1","secrets":{"a":"SECRET"}}', "entry 'a': its fields are not"),
        ('{"schema":"golive.secrets_export.v1","secrets":{"a":{"secret":"SECRET"}}}', "entry 'a': its fields are not"),
    ],
)
def test_what_is_inside_is_read_strictly(tmp_path: Path, identity: Any, text: str, told: str) -> None:
    path = tmp_path / "backup.age"
    path.write_bytes(pyrage.encrypt(text.encode(), [identity.to_public()]))
    with pytest.raises(PrerequisiteMissing, match=told) as refused:
        read_export(path, tmp_path / "identity")
    assert "SECRET" not in str(refused.value)
