"""The key of a live environment on a real home: rotated and probed it is ok; anything changed since, it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND, Nanos
from golive.readiness.finding import Finding, Status
from golive.runtime.kept_fingerprint import ROTATED, SET
from golive.runtime.key_probe import record_probe
from golive.runtime.readiness.checklist import examine
from golive.security.rotation import KEY_ROTATED, REGISTER, KeyRotation, addresses_sha256
from golive.storage.register_file import RegisterFile
from golive.venues.dialect import KeyFacts
from support.durable import START, ToldClock, signer_of
from support.readiness_scene import rehearsal_scene
from support.secret_places import admin_of, stored

NAME, ADDRESS = "okx_live_trading", "127.0.0.1"
CHECKS = ("secrets_rotation", "ip_allowlist", "venue_permissions")
REGISTER_FILE = Path("var/data/okx_live/security/rotation_log.json")
LOG = Path("logs/security_admin.log")
KEY = stored(environment="live")
GOOD = KeyFacts(("read", "trade"), (ADDRESS,))


def probe(
    home: Path, answer: KeyFacts | str = GOOD, fingerprint: str = KEY.fingerprint, at: int = START, name: str = NAME
) -> None:
    live = replace(rehearsal_scene(home).live, keychain_key=name)
    record_probe(home, ToldClock(at), live, fingerprint, answer, "anna")


def rotate(home: Path, at: int = START, *addresses: str, verified_by: str = "private_read_probe") -> None:
    rotation = KeyRotation(
        keychain_key=NAME, rotated_at=at, old_key_fingerprint="", new_key_fingerprint=KEY.fingerprint,
        ip_allowlist_sha256=addresses_sha256(addresses or (ADDRESS,)), verified_by=verified_by,
    )  # fmt: skip
    register = RegisterFile(home / REGISTER_FILE, REGISTER)
    register.append(signer_of(home, ToldClock(at)), [(KEY_ROTATED, rotation.body(), "anna")])


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("key")
    rehearsal_scene(home, ("ip_allowlist: [] ", f"ip_allowlist: [{ADDRESS}] "))
    admin_of(home).put(NAME, KEY, ROTATED)
    rotate(home)
    probe(home)
    return home


@pytest.fixture
def home(good_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good_home, tmp_path / "home")


def found(home: Path, now: int = START) -> dict[str, Finding]:
    scene = rehearsal_scene(home, clock=ToldClock(now))
    return {check: examine(scene, check) for check in CHECKS}


def test_a_key_that_was_rotated_and_probed_is_ok(home: Path) -> None:
    for finding in found(home).values():
        assert (finding.status, finding.reasons) == (Status.OK, ())
    assert [each.path for each in found(home)["secrets_rotation"].evidence] == [str(REGISTER_FILE)]
    assert [each.path for each in found(home)["venue_permissions"].evidence] == [str(LOG)]


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes().rpartition(b"\n{")[0] + b"\n")


def tear(home: Path) -> None:
    with (home / LOG).open("ab") as file:
        file.write(b'{"v":1')


def put_back(home: Path) -> None:
    """Let the venue say that the key may withdraw, and bring the log and its seal of before back."""
    before = {path: path.read_bytes() for path in (home / "logs").iterdir()}
    probe(home, KeyFacts(("read", "trade", "withdraw"), (ADDRESS,)))
    for path, data in before.items():
        path.write_bytes(data)


def allow(home: Path, *addresses: str) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace(f"[{ADDRESS}]", f"[{', '.join(addresses)}]"))


Change = Callable[[Path], object]
WRONGS: dict[str, tuple[Change, dict[str, Status]]] = {
    "register changed": (
        lambda home: flip(home / REGISTER_FILE), {"secrets_rotation": Status.BLOCKED, "ip_allowlist": Status.BLOCKED},
    ),
    "register gone": (
        lambda home: (home / REGISTER_FILE).unlink(), {"secrets_rotation": Status.BLOCKED, "ip_allowlist": Status.BLOCKED},
    ),
    "log changed": (lambda home: flip(home / LOG), {"secrets_rotation": Status.BLOCKED, "venue_permissions": Status.BLOCKED}),
    "log cut": (lambda home: cut(home / LOG), {"venue_permissions": Status.BLOCKED}),
    "log gone": (lambda home: (home / LOG).unlink(), {"venue_permissions": Status.BLOCKED}),
    "keys gone": (lambda home: shutil.rmtree(home / "var/state/keys"), dict.fromkeys(CHECKS, Status.BLOCKED) | {"venue_permissions": Status.UNKNOWN}),
    "log put back": (put_back, {"venue_permissions": Status.BLOCKED}),
    "log torn": (tear, {"venue_permissions": Status.UNKNOWN}),
    "key set anew": (
        lambda home: admin_of(home).put(NAME, stored("key-id-0002-wxyz", environment="live"), SET),
        {"secrets_rotation": Status.BLOCKED, "ip_allowlist": Status.UNKNOWN, "venue_permissions": Status.UNKNOWN},
    ),
    "key removed": (lambda home: admin_of(home).remove(NAME), {"secrets_rotation": Status.BLOCKED}),
    "not asked": (lambda home: rotate(home, START, verified_by="nobody"), {"secrets_rotation": Status.BLOCKED}),
    "rotated for another list": (lambda home: rotate(home, START, "203.0.113.7"), {"ip_allowlist": Status.BLOCKED}),
    "another list wanted": (lambda home: allow(home, "203.0.113.7"), {"ip_allowlist": Status.BLOCKED}),
    "no list wanted": (allow, {"ip_allowlist": Status.BLOCKED}),
    "may withdraw": (
        lambda home: probe(home, KeyFacts(("read", "trade", "withdraw"), (ADDRESS,))), {"venue_permissions": Status.BLOCKED},
    ),
    "used from anywhere": (lambda home: probe(home, KeyFacts(("read", "trade"), ())), {"ip_allowlist": Status.BLOCKED}),
    "refused": (lambda home: probe(home, "Invalid key"), {"venue_permissions": Status.BLOCKED}),
    "probe of what is kept under another name": (
        lambda home: probe(home, name="okx_other_trading"), {"venue_permissions": Status.UNKNOWN},
    ),
    "probe of another key": (lambda home: probe(home, fingerprint="0" * 64), {"venue_permissions": Status.UNKNOWN}),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONGS)
def test_one_thing_changed_shuts(home: Path, what: str) -> None:
    change, wanted = WRONGS[what]
    change(home)
    findings = found(home)
    assert {check: findings[check].status for check in wanted} == wanted, findings
    assert all(findings[check].reasons and findings[check].next_command for check in wanted)


@pytest.mark.parametrize(
    ("now", "wanted"),
    [
        (START + 23 * DAY // 24, (Status.OK, Status.OK, Status.OK)),
        (START + 2 * DAY, (Status.OK, Status.OK, Status.UNKNOWN)),
        (START + 91 * DAY, (Status.BLOCKED, Status.OK, Status.UNKNOWN)),
        (START - DAY, (Status.BLOCKED, Status.OK, Status.UNKNOWN)),
    ],
)
def test_time_goes_by(home: Path, now: int, wanted: tuple[Status, ...]) -> None:
    assert tuple(each.status for each in found(home, Nanos(now)).values()) == wanted


def test_a_probe_elsewhere_says_nothing_here(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("http://127.0.0.1:9", "http://127.0.0.1:10"))
    finding = found(home, START + SECOND)["venue_permissions"]
    assert finding.status is Status.UNKNOWN
    assert "was probed at endpoint http://127.0.0.1:9" in finding.reasons[0]
