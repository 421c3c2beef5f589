"""Queues, thresholds, models, licence and certificates of a real home: as shipped, and with one thing of it broken."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND, Clock
from golive.readiness.checks.licenses import licenses
from golive.readiness.finding import Finding, Status
from golive.runtime.mtls.prepare import generate_bundle
from golive.runtime.readiness.checklist import examine
from golive.runtime.readiness.licence import licence_evidence
from golive.runtime.readiness.scene import Scene
from golive.storage.keys import DIRECTORY, SigningKeys
from support.durable import START, ToldClock
from support.licensed_home import World
from support.mtls import PASSPHRASE, SECTION
from support.readiness_scene import production_scene, rehearsal_scene


@pytest.mark.parametrize(
    ("check", "file", "old", "new", "status", "words"),
    [
        ("io_queue", "runtime.yaml", "      burst: 6 ", "      burst: 6 ", Status.OK, ""),
        ("io_queue", "runtime.yaml", "      burst: 6 ", "      burst: 8 ", Status.BLOCKED, "okx_spot.burst is 8 in force"),
        (
            "io_queue", "runtime.yaml", "      max_concurrency: 3 ", "      max_concurrency: 2 ", Status.BLOCKED,
            "okx_spot.max_concurrency is 2",
        ),
        ("thresholds", "runtime.yaml", "rate_limit_max: 0 ", "rate_limit_max: 0 ", Status.OK, ""),
        ("thresholds", "runtime.yaml", "rate_limit_max: 0 ", "rate_limit_max: 1 ", Status.BLOCKED, "rate_limit_max is 1"),
        ("thresholds", "runtime.yaml", "errors_max: 1 ", "errors_max: 2 ", Status.BLOCKED, "network_errors_max is 2"),
        ("thresholds", "runtime.yaml", "health_min: 1.0 ", "health_min: 0.5 ", Status.BLOCKED, "health_min is 0.5"),
        ("thresholds", "runtime.yaml", "[paper_exchange_metrics, io_queue]", "[io_queue]", Status.BLOCKED, "guardrail paper_ex"),
        ("ai_models", "core.yaml", "parameters: {} ", "parameters: {} ", Status.NOT_APPLICABLE, "names a model"),
        (
            "ai_models", "core.yaml", "parameters: {} ", "parameters: {model_id: m-7} ", Status.UNKNOWN,
            "multi_strategy_default.parameters.model_id (m-7)",
        ),
    ],
)  # fmt: skip
def test_the_configuration_is_judged_as_it_is_in_force(
    tmp_path: Path, check: str, file: str, old: str, new: str, status: Status, words: str
) -> None:
    rehearsal_scene(tmp_path)
    path = tmp_path / "config" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    found = examine(rehearsal_scene(tmp_path), check)
    assert found.status is status
    assert words in " ".join(found.reasons)


class Licensed:
    """A licence for live, installed on a machine laid out as folders, and scenes of its home."""

    def __init__(self, path: Path) -> None:
        self.world = World(path).installed("paper", "live")
        expected = self.world.out / "fingerprint.json"
        (self.world.home / "config").mkdir(exist_ok=True)
        self.at = replace(production_scene(path / "scene", clock=self.world.clock), home=self.world.home)
        if not (self.world.home / "config/fingerprint.expected.json").exists():
            shutil.copy(expected, self.world.home / "config/fingerprint.expected.json")

    def found(self) -> Finding:
        return licenses(licence_evidence(self.at, self.world.desk))


def test_a_licence_with_live_is_good_and_says_which_files(tmp_path: Path) -> None:
    found = Licensed(tmp_path).found()
    assert (found.status, found.reasons) == (Status.OK, ())
    assert [each.path for each in found.evidence] == [f"var/licenses/active/{name}.json" for name in ("license", "revocations")]
    assert isinstance(found.measured, dict)
    assert found.measured["development"] is False


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["license", "fingerprint", "revocations"])
@pytest.mark.parametrize("change", [flip, Path.unlink])
def test_a_licence_with_one_file_changed_blocks(tmp_path: Path, name: str, change: Callable[[Path], None]) -> None:
    licensed = Licensed(tmp_path)
    change(licensed.world.home / f"var/licenses/active/{name}.json")
    found = licensed.found()
    assert found.status is Status.BLOCKED
    assert found.next_command == "golive provision --verify"


def test_a_licence_ends(tmp_path: Path) -> None:
    licensed = Licensed(tmp_path)
    licensed.world.clock.time += 500 * DAY
    assert licensed.found().status is Status.BLOCKED


def test_a_licence_for_development_is_enough_for_a_rehearsal_alone(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.codes()  # as demo and paper ask: it is made
    rehearsal = replace(rehearsal_scene(tmp_path / "scene", clock=world.clock), home=world.home)
    found = licenses(licence_evidence(rehearsal, world.desk))
    assert (found.status, found.reasons) == (Status.OK, ())
    production = replace(production_scene(tmp_path / "other", clock=world.clock), home=world.home)
    found = licenses(licence_evidence(production, world.desk))
    assert found.status is Status.BLOCKED
    assert any("for development" in reason for reason in found.reasons)


def test_a_licence_that_cannot_be_judged_is_not_known(tmp_path: Path) -> None:
    licensed = Licensed(tmp_path)
    (licensed.world.home / DIRECTORY).chmod(0o755)
    found = licensed.found()
    assert (found.status, found.next_command) == (Status.UNKNOWN, "golive provision --verify")
    assert "whether there is a licence is not known: var/state/keys/dev: others may read it" in found.reasons[0]


def test_no_licence_at_all_blocks(tmp_path: Path) -> None:
    scene = rehearsal_scene(tmp_path)
    found = examine(scene, "licenses")
    assert found.status is Status.BLOCKED
    assert found.reasons


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bundled")
    rehearsal_scene(home)
    generate_bundle(home, SECTION, PASSPHRASE, "anna", clock=ToldClock())
    return home


def looked_at(home: Path, clock: Clock | None = None) -> Finding:
    return examine(rehearsal_scene(home, clock=clock or ToldClock(START + SECOND)), "mtls")


def test_a_sound_bundle_is_ok_and_register_and_certificates_are_the_evidence(bundled: Path) -> None:
    found = looked_at(bundled)
    assert (found.status, found.reasons) == (Status.OK, ())
    certificates = [f"secrets/mtls/core-oem-{role}.pem" for role in ("ca", "server", "client")]
    assert [each.path for each in found.evidence] == ["var/security/tls_rotation.json", *certificates]
    assert isinstance(found.measured, dict)
    assert isinstance(found.measured["certificates"], dict)
    assert sorted(found.measured["certificates"]) == ["ca", "client", "server"]


def open_to_all(home: Path) -> None:
    (home / "secrets/mtls/core-oem-server-key.pem").chmod(0o644)


BUNDLE_WRONGS: dict[str, tuple[Callable[[Path], None], Status]] = {
    "a key for all to read": (open_to_all, Status.BLOCKED),
    "a certificate changed": (lambda home: flip(home / "secrets/mtls/core-oem-server.pem"), Status.BLOCKED),
    "the register changed": (lambda home: flip(home / "var/security/tls_rotation.json"), Status.UNKNOWN),
    "the register gone": (lambda home: (home / "var/security/tls_rotation.json").unlink(), Status.UNKNOWN),
    "no keys of the installation": (lambda home: shutil.rmtree(home / "var/state/keys"), Status.UNKNOWN),
}


@pytest.mark.parametrize("what", BUNDLE_WRONGS)
def test_a_bundle_with_one_thing_changed_is_not_ok(bundled: Path, tmp_path: Path, what: str) -> None:
    home = shutil.copytree(bundled, tmp_path / "home")
    change, status = BUNDLE_WRONGS[what]
    change(home)
    found = looked_at(home)
    assert found.status is status, found
    assert found.reasons
    assert found.next_command


def test_a_bundle_ends_with_its_leaves(bundled: Path) -> None:
    assert looked_at(bundled, ToldClock(START + 6 * DAY + DAY // 2)).status is Status.BLOCKED  # less than a day is left
    assert looked_at(bundled, ToldClock(START - DAY)).status is Status.BLOCKED


def test_no_bundle_is_unknown_and_the_command_makes_one(tmp_path: Path) -> None:
    SigningKeys.load_or_create(tmp_path)
    found = looked_at(tmp_path)
    assert (found.status, found.next_command) == (Status.UNKNOWN, "golive mtls generate")


def test_every_look_leaves_a_home_as_it_was(bundled: Path) -> None:
    def files() -> dict[str, int]:
        return {str(path): path.stat().st_mtime_ns for path in bundled.rglob("*") if path.is_file()}

    before = files()
    scene: Scene = rehearsal_scene(bundled, clock=ToldClock(START + SECOND))
    for check in ("licenses", "mtls", "alerting", "secrets_rotation", "venue_permissions", "data_completeness", "risk_limits"):
        examine(scene, check)
    assert files() == before
