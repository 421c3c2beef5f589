"""The licence of one installation through its life: development, installing, lists, clocks, hardware, registry."""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from golive.config.licensing_section import Licensing
from golive.model.clock import DAY, MINUTE, Nanos
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.runtime.drive import Inbox
from golive.runtime.licence.issuance import IssuerDesk, Terms, make_signing_key, read_request, write_request
from golive.runtime.licence.memory import REFUSED, VERIFIED
from golive.runtime.licence.renewal import install, install_fingerprint, request_fingerprint, sync
from golive.runtime.licence.verification import examine, verify
from golive.runtime.live.order_licence import OrderLicence
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan, plan_run
from golive.runtime.session_licence import SessionLicence
from golive.security.licence.fault import Document, FaultCode
from golive.security.licence.judge import Standing
from golive.storage.config_files import load_configuration
from golive.storage.licence_files import MARKS, REGISTRY
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.golive_process import ROOT
from support.licences import HOUR, NOW
from support.licensed_home import LIVE, OLGA, PAPER, PARTS, World
from support.trading import engine_for


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_a_fresh_home_makes_a_licence_for_development_once_and_renews_it(world: World) -> None:
    made = world.desk.demand(PAPER, "start")
    assert made.development
    assert made.standing is Standing.VALID
    first = world.desk.paths[Document.LICENCE].read_bytes()
    world.desk.demand(PAPER, "start")
    assert world.desk.paths[Document.LICENCE].read_bytes() == first
    for step in (8 * DAY, 400 * DAY, -300 * DAY):  # the list has run out, the licence has, the clock was turned back
        world.clock.time = Nanos(world.clock.time + step)
        assert world.desk.demand(PAPER, "start").standing is Standing.VALID
    world.be(
        {
            "etc/machine-id": "f0f0",
            "sys/class/dmi/id/board_serial": "other",
            "proc/cpuinfo": "",
            "sys/block/vda/device/serial": "",
        }
    )
    assert world.desk.demand(PAPER, "start").standing is Standing.VALID
    assert (world.home / "var/state/keys/dev/licence.key").stat().st_mode & 0o777 == 0o600
    assert world.acts() == []
    assert not examine(world.desk).faults
    [registry] = [
        each
        for each in Verifier(world.home, VerificationKeys.of_home(world.home)).everything()
        if each.path == world.home / REGISTRY
    ]
    assert registry.faults == ()


def test_development_is_never_good_for_live_and_never_made_for_it(world: World) -> None:
    with pytest.raises(PrerequisiteMissing, match="no valid licence: licence: there is none"):
        world.desk.demand(LIVE, "start")
    assert not world.desk.paths[Document.LICENCE].exists()
    world.desk.demand(PAPER, "start")
    assert world.codes(LIVE) >= {(Document.LICENCE, FaultCode.DEVELOPMENT), (Document.LICENCE, FaultCode.ENVIRONMENT)}


def test_a_licence_is_issued_installed_and_good_for_live(world: World) -> None:
    world.desk.demand(PAPER, "start")
    world.installed()
    assert world.desk.demand(LIVE, "start").standing is Standing.VALID
    found, evidence = verify(world.desk)
    assert found.is_valid
    document = json.loads(evidence.read_bytes())
    assert (document["valid"], document["live_allowed"], document["registry_records"]) == (True, True, 2)
    assert json.loads((world.out / "license.json").read_bytes())["payload"]["issuer"] == "dudzian"
    assert world.acts() == ["licence_installed", VERIFIED, VERIFIED]
    [step] = verified_steps(world)
    assert (step["stage"], step["status"], step["step"]) == ("live", "ok", "licence_verified")
    paths = [*world.desk.paths.values(), evidence]
    assert step["artefacts"] == [
        {"path": str(each.relative_to(world.home)), "sha256": hashlib.sha256(each.read_bytes()).hexdigest()} for each in paths
    ]
    assert not any(text in str(document) for text in PARTS.values())


def verified_steps(world: World) -> list[dict[str, Any]]:
    path = world.home / "audit/decision_logs/live_execution.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [row["body"] for row in rows if row["type"] == "checklist_step"]


@pytest.mark.parametrize("lacks", ["live", "licence", "expected", "time"])
def test_a_verification_of_what_does_not_allow_live_is_a_step_that_is_blocked(world: World, lacks: str) -> None:
    world.installed(*(["paper"] if lacks == "live" else []))
    if lacks in ("licence", "expected"):
        world.desk.paths[Document.LICENCE if lacks == "licence" else Document.EXPECTED].unlink()
    elif lacks == "time":
        world.clock.time = Nanos(world.clock.time + 400 * DAY)
    assert verify(world.desk)[0].is_valid is (lacks == "live")
    assert [step["status"] for step in verified_steps(world)] == ["blocked"]


def test_the_step_of_a_licence_for_development_says_so(world: World) -> None:
    world.desk.demand(PAPER, "start")
    assert verify(world.desk)[0].is_valid
    [step] = verified_steps(world)
    assert (step["status"], step["development"]) == ("ok", True)


def test_what_a_real_issuer_has_given_is_not_replaced_by_development(world: World) -> None:
    world.installed()
    world.desk.demand(PAPER, "start")
    world.desk.paths[Document.LICENCE].unlink()
    assert world.codes() == {(Document.LICENCE, FaultCode.MISSING)}
    (world.home / MARKS).unlink()
    assert world.codes() == {(Document.LICENCE, FaultCode.MISSING)}, "the log remembers"


@pytest.mark.parametrize("name", ["license.json", "fingerprint.json", "revocations.json", "fingerprint.expected.json"])
def test_nothing_is_installed_of_a_bundle_with_one_bent_file(world: World, name: str) -> None:
    world.issue()
    path = world.out / name
    path.write_bytes(path.read_bytes().replace(b'"sig": "', b'"sig": "AAAA', 1))
    with pytest.raises(PrerequisiteMissing, match="nothing was installed"):
        install(world.desk, world.out, OLGA)
    assert not world.desk.paths[Document.LICENCE].exists()
    assert not (world.home / REGISTRY).exists()


@pytest.mark.parametrize("document", [Document.LICENCE, Document.FINGERPRINT, Document.REVOCATIONS, Document.EXPECTED])
def test_a_link_or_a_folder_in_place_of_a_file_is_refused(world: World, document: Document) -> None:
    world.installed()
    path = world.desk.paths[document]
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))
    assert (document, FaultCode.MALFORMED) in world.codes()
    path.unlink()
    path.mkdir()
    assert (document, FaultCode.MALFORMED) in world.codes()
    assert not world.desk.check(PAPER, "test").is_good


def test_a_list_is_taken_when_it_is_newer_and_an_older_one_never(world: World, tmp_path: Path) -> None:
    world.installed()
    old = (world.out / "revocations.json").read_bytes()
    world.clock.time = Nanos(world.clock.time + DAY)
    world.issuer.issue_list((), (), tmp_path / "new")
    taken = sync(world.desk, str(tmp_path / "new/revocations.json"))
    assert world.desk.demand(PAPER, "start").revocations == taken
    with pytest.raises(PrerequisiteMissing, match="not newer"):
        sync(world.desk, str(world.out / "revocations.json"))
    world.desk.paths[Document.REVOCATIONS].write_bytes(old)
    assert world.codes() == {(Document.REVOCATIONS, FaultCode.ROLLED_BACK)}
    (world.home / MARKS).unlink()
    assert world.codes() == {(Document.REVOCATIONS, FaultCode.ROLLED_BACK)}, "the log remembers"
    assert world.acts().count("licence_list_refused") == 1


def test_a_list_that_is_held_back_is_missed_within_a_week_and_grace(world: World) -> None:
    world.installed()
    for step, standing in (
        (7 * DAY - 1, Standing.VALID),
        (1, Standing.GRACE),
        (72 * HOUR - 1, Standing.GRACE),
        (1, Standing.INVALID),
    ):
        world.clock.time = Nanos(world.clock.time + step)
        assert world.desk.check(PAPER, "test").standing is standing


def test_a_list_of_a_stranger_or_that_takes_us_back(world: World, tmp_path: Path) -> None:
    world.installed()
    world.clock.time = Nanos(world.clock.time + MINUTE)
    make_signing_key(tmp_path / "stranger.key")
    IssuerDesk(tmp_path, tmp_path / "stranger.key", world.clock).issue_list((), (), tmp_path / "strange")
    with pytest.raises(PrerequisiteMissing, match="nobody here knows"):
        sync(world.desk, str(tmp_path / "strange/revocations.json"))
    licence = world.desk.check(PAPER, "test").licence
    assert licence is not None
    world.issuer.issue_list([licence.license_id], (), tmp_path / "back")
    sync(world.desk, str(tmp_path / "back/revocations.json"))
    assert world.codes() == {(Document.LICENCE, FaultCode.REVOKED)}
    assert world.acts()[-1] == REFUSED


def test_a_list_comes_by_url_from_this_machine_or_https_and_no_further(world: World, tmp_path: Path) -> None:
    world.installed()
    world.clock.time = Nanos(world.clock.time + MINUTE)
    world.issuer.issue_list((), (), tmp_path / "new")

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers = {"/list": (200, (tmp_path / "new/revocations.json").read_bytes()), "/long": (200, b" " * 300_000)}
            code, body = answers.get(self.path, (302, b""))
            self.send_response(code)
            self.send_header("Location", "/list")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(PrerequisiteMissing, match="answered 302"):
            sync(world.desk, f"{at}/moved")
        with pytest.raises(PrerequisiteMissing, match="more than"):
            sync(world.desk, f"{at}/long")
        assert sync(world.desk, f"{at}/list").version > 0
        server.shutdown()
    with pytest.raises(PrerequisiteMissing, match="cannot be reached"):
        sync(world.desk, f"{at}/list")
    for url in ("http://example.org/list", "ftp://127.0.0.1/list", "https://anna:pass@127.0.0.1/list", "file:///etc/passwd"):
        with pytest.raises(ConfigError, match="give a file, https"):
            sync(world.desk, url)


def test_a_clock_that_goes_back_revives_nothing_until_somebody_answers_for_it(world: World) -> None:
    world.installed(days=2)
    world.desk.demand(PAPER, "start")
    world.clock.time = Nanos(world.clock.time + 6 * DAY)
    assert world.desk.check(PAPER, "test").standing is Standing.INVALID
    world.clock.time = Nanos(NOW + HOUR)
    assert world.codes() == {(Document.CLOCK, FaultCode.ROLLED_BACK)}
    (world.home / MARKS).unlink()
    assert world.codes() == {(Document.CLOCK, FaultCode.ROLLED_BACK)}, "the log remembers"
    world.desk.accept_clock("olga")
    assert world.desk.check(PAPER, "test").standing is Standing.VALID
    (world.home / MARKS).unlink()
    assert world.desk.check(PAPER, "test").standing is Standing.VALID, "so it does of that"


def test_marks_that_were_changed_by_hand_are_not_believed(world: World) -> None:
    world.installed()
    world.desk.demand(PAPER, "start")
    path = world.home / MARKS
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(path.read_bytes().replace(b"2026-06-01", b"2026-05-01"))
    assert world.codes() == {(Document.CLOCK, FaultCode.MARKS)}


def test_a_change_of_hardware_is_tolerated_then_asked_for_and_signed(world: World, tmp_path: Path) -> None:
    world.installed()
    world.be({"sys/block/vda/device/serial": "a new disk"})
    found = world.desk.demand(LIVE, "start")
    assert found.match is not None
    assert (found.match.changed, found.match.strength) == (("disk",), "fair")
    world.be({"etc/machine-id": "a" * 31 + "b", "sys/class/dmi/id/board_serial": "a new board"})
    assert (Document.FINGERPRINT, FaultCode.OTHER_MACHINE) in world.codes()
    world.clock.time = Nanos(world.clock.time + MINUTE)
    request = request_fingerprint(world.desk, OLGA)
    assert isinstance(request, Path)
    assert "a new disk" not in request.read_text()
    world.issuer.issue_fingerprint(read_request(request), tmp_path / "signed")
    older = world.desk.paths[Document.FINGERPRINT].read_bytes()
    assert install_fingerprint(world.desk, tmp_path / "signed/fingerprint.json", OLGA).strength == "strong"
    assert world.codes() == {(Document.EXPECTED, FaultCode.OTHER_MACHINE)}, "that one is put there by hand"
    world.desk.paths[Document.EXPECTED].write_bytes((tmp_path / "signed/fingerprint.expected.json").read_bytes())
    world.desk.demand(LIVE, "start")
    (tmp_path / "older.json").write_bytes(older)
    with pytest.raises(PrerequisiteMissing, match="not taken"):
        install_fingerprint(world.desk, tmp_path / "older.json", OLGA)


def test_the_fingerprint_of_development_is_taken_anew_on_the_spot(world: World) -> None:
    world.desk.demand(PAPER, "start")
    world.be({"sys/block/vda/device/serial": "another"})
    match = request_fingerprint(world.desk, OLGA)
    assert not isinstance(match, Path)
    assert match.changed == ()


def test_verify_finds_what_is_wrong_with_the_registry(world: World) -> None:
    world.installed()
    path = world.home / REGISTRY
    good = path.read_bytes()
    assert verify(world.desk)[0].is_valid
    bent = good.replace(b'"alg":"Ed25519"', b'"alg":"Ed25518"')
    for data in (good.replace(b"Acme", b"Acmf"), bent, good[: good.rstrip().rfind(b"\n") + 1], b""):
        path.write_bytes(data)
        found, _ = verify(world.desk)
        assert not found.is_valid
        assert any(fault.document is Document.REGISTRY for fault in found.faults)
    path.unlink()
    path.with_suffix(".seal.json").unlink()
    assert [fault.code for fault in verify(world.desk)[0].faults] == [FaultCode.NOT_REGISTERED]


def test_verify_asks_for_the_expected_fingerprint(world: World) -> None:
    world.installed()
    world.desk.paths[Document.EXPECTED].unlink()
    assert [(each.document, each.code) for each in verify(world.desk)[0].faults] == [(Document.EXPECTED, FaultCode.MISSING)]


@pytest.mark.parametrize(
    "terms", [{"customer": ""}, {"profiles": ("Desk top",)}, {"environments": ("production",)}, {"issuer": "dud zian"}]
)
def test_an_issuer_signs_no_licence_that_nobody_would_believe(world: World, terms: dict[str, object]) -> None:
    request = world.out.parent / "request.json"
    write_request(request, world.clock, root=world.machine)
    good = Terms(issuer="dudzian", customer="Acme", profiles=("desktop",), environments=("paper",), modules=(), days=1)
    with pytest.raises(ConfigError, match="nothing was signed"):
        world.issuer.issue(replace(good, **terms), read_request(request), world.out)  # type: ignore[arg-type]  # one of them is wrong
    assert not (world.out / "license.json").exists()


# -- a session's licence ----------------------------------------------------------------------------------------------


def planned(world: World, *, resume: bool = False) -> Plan:
    (world.home / "config").mkdir(exist_ok=True)
    for name in ("runtime.yaml", "core.yaml"):
        (world.home / "config" / name).write_bytes((ROOT / "config" / name).read_bytes())
    path = world.home / "config/runtime.yaml"
    return plan_run(RunOptions(mode="demo", resume=resume), load_configuration(path, {}), path, world.home)


class Followed:
    """A session's licence that is looked at beside a test, and what it tells the engine."""

    def __init__(self, world: World, *, every_s: float = 3600.0) -> None:
        self.alerts = list[str]()
        self.inbox, self.engine = Inbox(), engine_for()
        self.licence = SessionLicence(
            planned(world), world.clock, alert=lambda alert: self.alerts.append(f"{alert.title}: {alert.body}"),
            desk=world.desk, every_s=every_s, glance_s=0.01,
        )  # fmt: skip
        self.licence.demand()
        self.watch = asyncio.ensure_future(self.licence.run(self.engine, self.inbox))

    async def act(self) -> str:
        """Wait until it tells something; the engine follows."""
        for _ in range(500):
            await asyncio.sleep(0.01)
            if acts := self.inbox.take_acts():
                [(event, _)] = acts
                self.engine.process(event)
                return str(event.action)
        raise AssertionError("nothing was posted")

    async def silence(self) -> None:
        await asyncio.sleep(0.1)
        assert self.inbox.take_acts() == []


@pytest.mark.parametrize("every_s", [0.01, 3600.0])
async def test_a_session_follows_its_licence_and_is_told_once(world: World, every_s: float) -> None:
    world.installed()
    followed = Followed(world, every_s=every_s)
    await followed.silence()
    path = world.desk.paths[Document.REVOCATIONS]
    good = path.read_bytes()
    path.write_bytes(b"{}")
    assert await followed.act() == "licence_lost"
    assert followed.engine.risk.licence_lapse is not None
    path.write_bytes(good)
    assert await followed.act() == "licence_back"
    assert followed.engine.risk.licence_lapse is None
    followed.watch.cancel()
    [told] = followed.alerts
    assert told.startswith("okx_desktop_paper has no valid licence and only reduces: no valid licence: revocation list: ")


async def test_a_session_hears_at_once_that_its_licence_is_taken_back_or_has_run_out(world: World, tmp_path: Path) -> None:
    world.installed(days=3)
    followed = Followed(world)
    licence = world.desk.check(PAPER, "test").licence
    assert licence is not None
    world.clock.time = Nanos(world.clock.time + MINUTE)
    world.issuer.issue_list([licence.license_id], (), tmp_path / "back")
    sync(world.desk, str(tmp_path / "back/revocations.json"))
    assert await followed.act() == "licence_lost"
    world.installed(days=3)
    assert await followed.act() == "licence_back"
    world.clock.time = Nanos(world.clock.time + 3 * DAY)
    await followed.silence()  # grace
    world.clock.time = Nanos(world.clock.time + 72 * HOUR)
    assert await followed.act() == "licence_lost"
    followed.watch.cancel()
    assert [f"its issuer has taken {licence.license_id} back" in followed.alerts[0], "it ended on" in followed.alerts[1]] == [
        True
    ] * 2


async def test_documents_that_are_being_replaced_are_judged_when_all_of_them_are_there(world: World) -> None:
    world.installed()
    followed = Followed(world)
    path = world.desk.paths[Document.REVOCATIONS]
    good = path.read_bytes()
    for number in range(30):  # each is seen, none stays
        path.write_bytes(b"{}" + b" " * number)
        await asyncio.sleep(0.005)
    path.write_bytes(good)
    await followed.silence()
    followed.watch.cancel()
    assert followed.alerts == []


def test_a_session_that_is_taken_up_again_is_not_refused(world: World) -> None:
    world.installed()
    world.desk.paths[Document.REVOCATIONS].unlink()
    with pytest.raises(PrerequisiteMissing, match="revocation list: there is none"):
        SessionLicence(planned(world), world.clock, desk=world.desk).demand()
    resumed = SessionLicence(planned(world, resume=True), world.clock, desk=world.desk)
    resumed.demand()
    assert resumed.lapse is not None


def test_an_order_by_hand_asks_once_for_each_venue_and_what_is_not_known_is_no_licence(world: World) -> None:
    chosen = planned(world).entrypoint
    licence = OrderLicence(world.home, Licensing(), chosen, world.clock)
    assert licence.lapse("okx") is None, "it sends to this machine: what paper takes is enough"
    live = replace(chosen, environment_type="live", endpoint="production", endpoint_host=None)
    refused = OrderLicence(world.home, Licensing(), live, world.clock)
    told = refused.lapse("okx")
    assert told is not None
    assert "never allows live" in told
    (world.home / "var/state/keys/dev/licence.key").chmod(0o644)
    assert "not known" in str(OrderLicence(world.home, Licensing(), chosen, world.clock).lapse("okx"))
    assert refused.lapse("okx") == told
    assert OrderLicence(world.home, replace(Licensing(), enforcement=False), chosen, world.clock).lapse("okx") is None
