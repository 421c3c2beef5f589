"""Rotating keys against real venues over HTTP: what the venue says of the new key decides, and a no changes nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from golive.config import Configuration
from golive.model.clock import DAY, Clock, to_iso
from golive.model.errors import AuthenticationFailed, ConfigError, JournalError, VenueUnavailable
from golive.model.secret import Secret, StoredSecret
from golive.model.verdict import ExitCode, Verdict
from golive.runtime.failure import ValidationFailed
from golive.runtime.host_signer import host_signer
from golive.runtime.key_probe import newest_probe
from golive.runtime.key_rotation import KeyRotator, Rotated
from golive.runtime.rotation import document, register_of, rotation_report
from golive.runtime.secret_use import use_of
from golive.security.rotation import KEY_ROTATED, KeyRotation, addresses_sha256
from support.configuration import CORE, changed, parse
from support.durable import ToldClock
from support.published import published
from support.secret_places import admin_of
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process
from support.wall_clock import WallClock

pytestmark = pytest.mark.integration
LABELS = ("okx", "kraken", "bybit")
LOCAL = ("127.0.0.1",)


class Venue(NamedTuple):
    label: str
    process: VenueProcess
    good: VenueKey
    newer: VenueKey
    reads: VenueKey
    withdraws: VenueKey


@pytest.fixture(scope="module", params=LABELS)
def venue(request: pytest.FixtureRequest) -> Iterator[Venue]:
    label = request.param
    keys = [
        new_key(dialect=label, permissions=permissions, ip_allowlist=LOCAL)
        for permissions in (("read", "trade"), ("read", "trade"), ("read",), ("read", "trade", "withdraw"))
    ]
    with venue_process("--no-limits", keys=keys, dialect=label, speed="1") as process:
        yield Venue(label, process, *keys)


def configured(label: str, url: str) -> Configuration:
    """The shipped configuration with the paper environment of a venue led to an address."""
    start = CORE.index(f"  {label}_paper:")
    return parse(core=CORE[:start] + changed(CORE[start:], "endpoint: embedded", f"endpoint: {url}"))


def as_stored(key: VenueKey) -> StoredSecret:
    return StoredSecret(Secret(key.api_key), Secret(key.secret), Secret(key.password), "paper", ("read", "trade"))


def rotate(home: Path, venue: Venue, key: VenueKey, *stated: str, url: str = "", clock: Clock | None = None) -> Rotated:
    configuration = configured(venue.label, url or venue.process.rest)
    clock = clock or WallClock()
    rotator = KeyRotator(configuration=configuration, admin=admin_of(home, clock), clock=clock)
    return rotator.rotate(use_of(configuration, name_of(venue)), as_stored(key), stated)


def name_of(venue: Venue) -> str:
    return f"{venue.label}_paper_trading"


def register(home: Path, venue: Venue) -> list[dict[str, Any]]:
    path = home / f"var/data/{venue.label}_paper/security/rotation_log.json"
    if not path.exists():
        return []
    return [row["body"] for row in json.loads(path.read_text())["entries"] if row["type"] == "key_rotated"]


def test_the_register_says_what_was_rotated_once_the_venue_has_answered(venue: Venue, tmp_path: Path) -> None:
    first = rotate(tmp_path, venue, venue.good, *LOCAL)
    assert (first.store, first.permissions, first.addresses) == ("vault", ("read", "trade"), LOCAL)
    rotate(tmp_path, venue, venue.newer)
    one, two = register(tmp_path, venue)
    assert one.keys() == {
        "keychain_key", "purpose", "rotated_at", "old_key_fingerprint", "new_key_fingerprint", "ip_allowlist_sha256", "verified_by",
        "key_class",
    }  # fmt: skip
    assert (one["keychain_key"], one["purpose"], one["verified_by"]) == (name_of(venue), "trade", "private_read_probe")
    assert (one["old_key_fingerprint"], one["new_key_fingerprint"]) == ("", as_stored(venue.good).fingerprint)
    assert (two["old_key_fingerprint"], two["new_key_fingerprint"]) == (
        one["new_key_fingerprint"],
        as_stored(venue.newer).fingerprint,
    )
    assert one["ip_allowlist_sha256"] == two["ip_allowlist_sha256"] == addresses_sha256(LOCAL), "stated, then told by the venue"
    told = newest_probe(tmp_path, f"{venue.label}_paper")
    assert told is not None
    assert (told.key_fingerprint, told.permissions, told.addresses) == (two["new_key_fingerprint"], ("read", "trade"), LOCAL)
    assert (told.endpoint, told.evidence_class, told.key_class) == (venue.process.rest, "custom", "development")
    kept = admin_of(tmp_path).store.secret(name_of(venue))
    assert kept is not None
    assert kept.secret == Secret(venue.newer.secret)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert venue.newer.secret.encode() not in text, path
            assert venue.newer.api_key.encode() not in text, path


def test_a_key_that_the_venue_does_not_take_changes_nothing(venue: Venue, tmp_path: Path) -> None:
    rotate(tmp_path, venue, venue.good)
    before, register_before = (tmp_path / "secrets/vault.json").read_bytes(), register(tmp_path, venue)
    strange = replace(venue.newer, secret=new_key(dialect=venue.label).secret)
    cases: list[tuple[VenueKey, tuple[str, ...], type[Exception], str]] = [
        (venue.reads, (), ValidationFailed, f"'{name_of(venue)}' lacks trade"),
        (venue.withdraws, (), ValidationFailed, f"'{name_of(venue)}' must not have withdraw"),
        (venue.newer, ("192.0.2.1",), ValidationFailed, r"IP allow-list \(127.0.0.1\) is not what --ip says \(192.0.2.1\)"),
        (strange, (), AuthenticationFailed, "."),
        (venue.newer, ("nowhere",), ConfigError, "--ip"),
    ]
    for key, stated, error, told in cases:
        with pytest.raises(error, match=told):
            rotate(tmp_path, venue, key, *stated)
    assert (tmp_path / "secrets/vault.json").read_bytes() == before
    assert register(tmp_path, venue) == register_before


@pytest.mark.parametrize("venue", ["kraken"], indirect=True)  # the others try longer, to the same end
def test_a_venue_that_is_not_there_changes_nothing(venue: Venue, tmp_path: Path) -> None:
    with pytest.raises(VenueUnavailable):
        rotate(tmp_path, venue, venue.good, url="http://127.0.0.1:9")
    assert not (tmp_path / "secrets/vault.json").exists()
    assert register(tmp_path, venue) == []


def test_an_interrupted_rotation_is_completed_by_the_same_key(venue: Venue, tmp_path: Path) -> None:
    rotate(tmp_path, venue, venue.good)
    admin_of(tmp_path).put(name_of(venue), as_stored(venue.newer))  # kept, and then the machine fell over
    rotate(tmp_path, venue, venue.newer)
    one, two = register(tmp_path, venue)
    assert two["old_key_fingerprint"] == one["new_key_fingerprint"]
    assert two["new_key_fingerprint"] == as_stored(venue.newer).fingerprint


OKX_ALONE = pytest.mark.parametrize("venue", ["okx"], indirect=True)
"""judging the register is the same for every venue"""


@pytest.fixture
def rotated(venue: Venue, tmp_path: Path) -> tuple[Venue, Path, int]:
    clock = WallClock()
    rotate(tmp_path, venue, venue.good, clock=clock)
    return venue, tmp_path, clock.now()


def judged(home: Path, label: str, now: int) -> tuple[Verdict, int, dict[str, Any]]:
    report = rotation_report(configured(label, "http://127.0.0.1:9"), home, admin_of(home).store, now)
    told = published(json.dumps(document(report)))
    [row] = [each for each in told["keys"] if each["environment"] == f"{label}_paper"]
    return report.verdict, report.exit_code, row


@OKX_ALONE
def test_the_report_tells_in_time_and_blocks_after_ninety_days(rotated: tuple[Venue, Path, int]) -> None:
    venue, home, now = rotated
    verdict, code, row = judged(home, venue.label, now)
    assert (verdict, code, row["reason"], row["next_command"]) == (Verdict.OK, ExitCode.OK, "", "")
    assert row["due_seconds"] == pytest.approx(90 * 86_400, abs=60)
    verdict, code, row = judged(home, venue.label, now + 80 * DAY)
    assert (verdict, code) == (Verdict.OK, ExitCode.OK)
    assert row["reason"].startswith("due soon: ")
    assert row["next_command"] == "golive secrets rotate okx_paper_trading"
    verdict, code, row = judged(home, venue.label, now + 91 * DAY)
    assert (verdict, code) == (Verdict.BLOCKED, ExitCode.BLOCKED)
    assert row["reason"].startswith("overdue since ")
    assert row["due_seconds"] == pytest.approx(-86_400, abs=60)
    assert row["due_at"].startswith(to_iso(now + 90 * DAY)[:13])


@OKX_ALONE
def test_a_register_that_was_changed_blocks_and_a_rotation_does_not_mend_it(rotated: tuple[Venue, Path, int]) -> None:
    venue, home, now = rotated
    path = home / "var/data/okx_paper/security/rotation_log.json"
    sound = path.read_bytes()
    later = to_iso(now + 30 * DAY)[:10].encode()
    for spoiled in (sound.replace(to_iso(now)[:10].encode(), later), sound[:-20], b"{}", b""):
        path.write_bytes(spoiled)
        verdict, code, row = judged(home, venue.label, now)
        assert (verdict, code, row["next_command"]) == (Verdict.BLOCKED, ExitCode.BLOCKED, "golive audit verify --all")
        assert "rotation_log.json" in row["reason"]
        assert str(home) not in row["reason"]
        with pytest.raises(JournalError):
            rotate(home, venue, venue.newer)
    path.unlink()
    assert judged(home, venue.label, now)[:2] == (Verdict.BLOCKED, ExitCode.BLOCKED), "its seal is there"
    path.write_bytes(sound)
    shutil.rmtree(home / "var/state/keys/dev")
    verdict, code, row = judged(home, venue.label, now)
    assert (verdict, code) == (Verdict.BLOCKED, ExitCode.BLOCKED)
    assert "the keys that signed it are gone" in row["reason"]


@OKX_ALONE
def test_a_key_that_was_set_over_a_rotated_one_is_blocked_until_the_venue_was_asked(rotated: tuple[Venue, Path, int]) -> None:
    venue, home, now = rotated
    admin_of(home).put("okx_paper_trading", as_stored(venue.newer))
    verdict, code, row = judged(home, "okx", now)
    assert (verdict, code, row["due_seconds"]) == (Verdict.BLOCKED, ExitCode.BLOCKED, 0)
    assert row["reason"] == "another key was set since, and the venue was not asked with it"
    rotate(home, venue, venue.newer)
    assert judged(home, "okx", now + DAY)[0] is Verdict.OK
    admin_of(home).remove("okx_paper_trading")
    assert judged(home, "okx", now + DAY)[0] is Verdict.NOT_APPLICABLE


def test_keys_that_are_made_per_run_and_public_data_without_a_key_need_no_rotation(tmp_path: Path) -> None:
    report = rotation_report(parse(), tmp_path, admin_of(tmp_path).store, ToldClock().now())
    assert {row.verdict for row in report.keys} == {Verdict.NOT_APPLICABLE}
    assert (report.verdict, report.exit_code) == (Verdict.NOT_APPLICABLE, ExitCode.OK)
    admin = admin_of(tmp_path)
    verdict, code, row = judged(tmp_path, "okx", ToldClock().now())
    assert (verdict, row["reason"]) == (Verdict.NOT_APPLICABLE, "public data only: no key is kept for it")
    admin.put("okx_paper_trading", StoredSecret(Secret("a" * 20), Secret("s" * 20), Secret(""), "paper", ("read", "trade")))
    verdict, code, row = judged(tmp_path, "okx", ToldClock().now())
    assert (verdict, code, row["reason"]) == (Verdict.BLOCKED, ExitCode.BLOCKED, "never rotated")
    (tmp_path / "secrets").chmod(0o755)
    assert judged(tmp_path, "okx", ToldClock().now())[:2] == (Verdict.UNKNOWN, ExitCode.UNKNOWN)


def test_a_key_that_was_rotated_to_before_begins_no_other_ninety_days(tmp_path: Path) -> None:
    configuration, clock = configured("okx", "http://127.0.0.1:9"), ToldClock()
    rotator = KeyRotator(configuration=configuration, admin=admin_of(tmp_path, clock), clock=clock)
    use, path = use_of(configuration, "okx_paper_trading"), register_of(configuration, tmp_path, "okx_paper")
    first, second = (
        StoredSecret(Secret(key_id * 20), Secret("s" * 20), Secret("p"), "paper", ("read", "trade")) for key_id in "ab"
    )

    def record(old: str, new: str) -> None:
        row = KeyRotation(
            keychain_key=use.name,
            rotated_at=clock.now(),
            old_key_fingerprint=old,
            new_key_fingerprint=new,
            ip_allowlist_sha256="",
        )
        path.append(host_signer(tmp_path, clock, "anna"), [(KEY_ROTATED, row.body(), "anna")])

    rotator.admin.put(use.name, first)
    record("", first.fingerprint)
    clock.time += 80 * DAY
    with pytest.raises(ConfigError, match=r"is in use since .* golive secrets set okx_paper_trading keeps this one again"):
        rotator.rotate(use, first)
    record(first.fingerprint, second.fingerprint)
    with pytest.raises(ConfigError, match="as the register of okx_paper tells, so it is none to rotate to"):
        rotator.rotate(use, first)
    rotator.admin.put(use.name, first)
    before = path.path.read_bytes()
    with pytest.raises(ConfigError, match="so it is none to rotate to"):
        rotator.rotate(use, second)
    assert path.path.read_bytes() == before


def test_what_cannot_be_rotated_is_refused_before_anybody_is_asked(tmp_path: Path) -> None:
    configuration, clock = parse(), ToldClock()
    rotator = KeyRotator(configuration=configuration, admin=admin_of(tmp_path), clock=clock)
    with pytest.raises(ConfigError, match="endpoint embedded makes its keys itself"):
        rotator.demand_ready(use_of(configuration, "okx_paper_trading"), None)
    with pytest.raises(ConfigError, match="is the URL of an alert channel"):
        rotator.demand_ready(use_of(configuration, "alert_oem_live"), None)
    with pytest.raises(ConfigError, match=r"uses no secret 'okx'.*there are: alert_oem_live"):
        use_of(configuration, "okx")
