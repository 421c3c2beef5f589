"""Sessions and commands that trade by keys of the vault, whose passphrase systemd hands over; and keys that are not the right ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from golive.model.secret import Secret, StoredSecret
from golive.runtime.secret_admin import SecretAdmin
from golive.security.vault import LEAST
from support.golive_process import Finished
from support.rehearsal import Rehearsal, rehearsal
from support.secret_places import PASSPHRASE, given
from support.wall_clock import WallClock

pytestmark = pytest.mark.e2e_demo_paper
NAME = "okx_live_trading"


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A rehearsal whose home has a passphrase at hand, and no key file."""
    with rehearsal(tmp_path_factory.mktemp("stored")) as made:
        made.key_file.unlink()
        folder = made.home.path / "credentials"
        folder.mkdir()
        credential = folder / "golive-vault"
        credential.write_text(PASSPHRASE.reveal())
        credential.chmod(0o400)
        made.home.env["CREDENTIALS_DIRECTORY"] = str(folder)
        yield made


@pytest.fixture(scope="module")
def admin(at: Rehearsal) -> SecretAdmin:
    return SecretAdmin.of_home(
        at.home.path, WallClock(), passphrase=given(), new_passphrase=given(), backend=lambda: None, costs=LEAST
    )


@pytest.fixture(scope="module")
def right(at: Rehearsal) -> StoredSecret:
    key = at.venue.key
    return StoredSecret(Secret(key.api_key), Secret(key.secret), Secret(key.password), "live", ("read", "trade"))


def look(at: Rehearsal, **env: str) -> Finished:
    words = ("run", "--mode", "live", "--read-only", "--json", "--max-runtime", "1", "--entrypoint", at.entrypoint)
    return at.home.golive(*words, env=env)


def test_a_dry_run_takes_its_key_from_the_vault(at: Rehearsal, admin: SecretAdmin, right: StoredSecret) -> None:
    admin.put(NAME, right)
    done = look(at)
    validation = done.report["validation"]
    assert done.code == 6, done.stderr
    assert (validation["secret_source"], validation["credentials_validated"]) == ("vault", True)
    assert validation["observed_permissions"] == ["read", "trade"]
    for path in at.home.path.rglob("*"):
        if path.is_file() and path.parent.name != "credentials":
            data = path.read_bytes()
            for secret in (right.key_id, right.secret, right.passphrase, PASSPHRASE):
                assert secret.reveal().encode() not in data, path


def test_an_order_by_hand_takes_it_from_there(at: Rehearsal, admin: SecretAdmin, right: StoredSecret) -> None:
    admin.put(NAME, right)
    done = at.home.golive("order", "buy", "0.01", "BTC/USDT", "--entrypoint", at.entrypoint)
    assert done.code == 0, done.stderr
    [order] = at.venue.orders()
    assert order["client_order_id"] in done.stdout


def test_a_vault_that_nobody_opens_blocks_and_the_report_says_so(at: Rehearsal, admin: SecretAdmin, right: StoredSecret) -> None:
    admin.put(NAME, right)
    done = look(at, CREDENTIALS_DIRECTORY="")
    assert (done.code, done.report["status"]) == (3, "blocked")
    assert "vault.json: is locked: give its passphrase with --passphrase-fd N" in done.report["errors"][0]
