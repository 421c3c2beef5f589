"""Which stored secrets may be used for what: keys of venues, and URLs of alert channels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.runtime.alerts.delivery import AlertUrls
from golive.runtime.failure import ValidationFailed
from golive.runtime.live_plan import _secrets
from golive.runtime.secret_use import kind_of, secret_uses, stored_credentials
from golive.security.alert_urls import AlertUrlFile
from support.configuration import CORE, changed, parse
from support.secret_places import MemoryBackend, admin_of, stored

NAME = "okx_paper_trading"
KEPT = "json://localhost/kept"
RIGHT = stored(passphrase="PHRASE-OF-THE-KEY")


@pytest.fixture
def okx() -> ResolvedEntrypoint:
    return parse().resolve("okx_desktop_paper")


def test_a_key_has_the_fields_that_its_venue_asks_for(tmp_path: Path, okx: ResolvedEntrypoint) -> None:
    admin = admin_of(tmp_path)
    assert stored_credentials(admin.store, okx) is None
    admin.put(NAME, RIGHT)
    found = stored_credentials(admin.store, okx)
    assert found is not None
    assert set(found.fields) == {"apiKey", "secret", "password"}
    admin.put("kraken_paper_trading", RIGHT)
    found = stored_credentials(admin.store, parse().resolve("kraken_desktop_paper"))
    assert found is not None
    assert set(found.fields) == {"apiKey", "secret"}, "a passphrase that the venue does not know is not sent"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (
            {"environment": "live"},
            r"key 'okx_paper_trading' in the vault is for environments of type live, and okx_paper is paper",
        ),
        ({"permissions": ("read",)}, r"key 'okx_paper_trading' lacks trade, as it was set in the vault"),
        ({"permissions": ("read", "trade", "withdraw")}, r"key 'okx_paper_trading' must not have withdraw"),
        ({"passphrase": Secret("")}, r"the key of okx_paper_trading lacks password, which okx asks for; golive secrets set"),
        ({"key_id": Secret("")}, r"secret 'okx_paper_trading' in the vault is no key of a venue"),
    ],
)
def test_a_key_that_is_not_for_it_is_named(tmp_path: Path, okx: ResolvedEntrypoint, wrong: dict[str, object], told: str) -> None:
    admin = admin_of(tmp_path)
    admin.put(NAME, replace(RIGHT, **wrong))  # type: ignore[arg-type]
    with pytest.raises(ValidationFailed, match=told):
        stored_credentials(admin.store, okx)


def test_the_configuration_says_what_a_name_is_for() -> None:
    uses = secret_uses(parse())
    assert list(uses) == [
        "alert_oem_live",
        "alert_sec_alerts",
        "bybit_paper_trading",
        "kraken_paper_trading",
        "okx_paper_trading",
    ]
    okx = uses[NAME]
    assert (okx.environments, okx.kinds, okx.venue, okx.has_passphrase, okx.required) == (
        ("okx_paper",), ("paper",), "okx", True, ("read", "trade"),
    )  # fmt: skip
    assert not uses["kraken_paper_trading"].has_passphrase
    assert (uses["alert_oem_live"].is_key, uses["alert_oem_live"].channels) == (False, ("oem-live",))
    both = replace(okx, kinds=("live", "paper"))
    assert (kind_of(okx, None), kind_of(both, "live")) == ("paper", "live")
    for use, asked in ((both, None), (okx, "live")):
        with pytest.raises(ConfigError, match="give --environment, one of"):
            kind_of(use, asked)


def test_the_url_of_a_channel_comes_from_the_store_and_else_from_the_private_file(tmp_path: Path) -> None:
    admin = admin_of(tmp_path)
    admin.put("alert_oem_live", stored(key_id="", secret=KEPT))
    path = tmp_path / "secrets/alert_urls.json"
    path.write_text(
        json.dumps({"urls": {"alert_oem_live": "json://127.0.0.1/file", "alert_sec_alerts": "json://127.0.0.1/other"}})
    )
    path.chmod(0o600)
    urls = AlertUrls(admin.store, AlertUrlFile(tmp_path))
    assert urls.url("alert_oem_live") == Secret(KEPT)
    assert urls.url("alert_sec_alerts") == Secret("json://127.0.0.1/other")
    assert urls.url("nothing") is None
    admin.remove("alert_oem_live")
    assert urls.url("alert_oem_live") == Secret("json://127.0.0.1/file"), "a change counts from the next message on"
    admin.put("alert_oem_live", stored(key_id="", secret=KEPT))
    (tmp_path / "secrets/vault.json").chmod(0o644)
    with pytest.raises(PrerequisiteMissing, match="others may use it"):
        urls.url("alert_oem_live")


def test_a_desk_takes_stored_keys_only_when_there_is_one_for_each_account(tmp_path: Path, okx: ResolvedEntrypoint) -> None:
    admin = admin_of(tmp_path, backend=MemoryBackend())
    kraken = parse().resolve("kraken_desktop_paper")
    admin.put(NAME, RIGHT)
    assert _secrets(None, [okx], admin.store) is admin.store
    assert admin.store.source == "keyring"
    for members, store in (([okx, kraken], admin.store), ([okx], None)):
        with pytest.raises(ConfigError, match="or keep them: golive secrets set okx_paper_trading"):
            _secrets(None, members, store)


def test_a_key_of_environments_of_one_venue_lists_them_all() -> None:
    second = (
        CORE[CORE.index("  okx_paper:") : CORE.index("  kraken_paper:")]
        .replace("okx_paper:", "okx_more:")
        .replace("var/data/okx_paper", "var/data/okx_more")
    )
    assert secret_uses(parse(core=changed(CORE, "environments:\n", f"environments:\n{second}")))[NAME].environments == (
        "okx_more", "okx_paper",
    )  # fmt: skip
