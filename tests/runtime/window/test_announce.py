"""`golive window announce`: the document, its delivery and its step; nothing is recorded of what nobody took."""

from __future__ import annotations

import hashlib
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from golive.audit import Soundness
from golive.cli.main import main
from golive.model.clock import MINUTE, to_iso
from golive.model.errors import ConfigError
from golive.runtime.clock import SystemClock
from golive.runtime.code_version import code_version
from golive.runtime.operators import operators, remove_operator
from golive.runtime.readiness.paper import digest_of
from golive.runtime.risk_limits import risk_profile_of
from golive.runtime.window.announce import DOCUMENT, _on_call, announce
from golive.storage.decision_step import recorded_steps
from golive.storage.keys import SigningKeys
from golive.storage.security_admin import admin_entries
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.alert_services import Webhook
from support.live_window import ENTRYPOINT, PASSPHRASE, window_home, window_scene

Say = Callable[..., int]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, hook: Webhook) -> Path:
    return window_home(tmp_path_factory.mktemp("window") / "home", hook)


@pytest.fixture
def say(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def run(*words: str, person: str = "cora", entrypoint: str = ENTRYPOINT, passphrase: str = "") -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{passphrase or PASSPHRASE.reveal()}\n"))
        given = ["--entrypoint", entrypoint, "--operator", person, "--home", str(home), *words]
        return main(["window", "announce", *given])

    return run


def soon() -> str:
    return to_iso(SystemClock().now() // MINUTE * MINUTE + 30 * MINUTE)


def test_a_delivered_announcement_stands_in_the_log_with_who_when_and_what(
    home: Path, hook: Webhook, say: Say, capsys: Captured
) -> None:
    start, before = soon(), len(hook.received)
    assert say("--starts-at", start, "--second", "leo") == 0
    told = capsys.readouterr().out
    [step] = [each for each in recorded_steps(home, "live") if each.body["step"] == "announcement"]
    body: dict[str, Any] = dict(step.body)
    [artefact] = body["artefacts"]
    text = (home / DOCUMENT).read_text()
    assert (home / str(artefact["path"])).read_text() == text
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert (artefact["sha256"], digest in told) == (digest, True)
    assert (step.operator, body["operators"], body["starts_at"]) == ("cora", ["cora", "leo"], start)
    assert (body["entrypoint"], body["on_call"], body["status"]) == (ENTRYPOINT, ["cora"], "ok")
    assert re.fullmatch("[0-9a-f]{32}", body["alert"]["alert_id"])
    [message] = hook.received[before:]
    assert message["title"].endswith(f"Go-live: {ENTRYPOINT}, start {start}")
    assert "cora, leo" in message["message"]
    assert f"golive window close --entrypoint {ENTRYPOINT}" in text
    assert "core_sha256" in text
    assert "`incident_comms`: nieznane" in text
    assert (body["document"], body["alert"]["alert_id"] in told) == ({"path": artefact["path"], "sha256": digest}, True)
    assert f"at {body['alert']['delivered_at']};" in told
    [act] = [each for each in admin_entries(home, SigningKeys.load(home)) if each.type == "live_announcement"]
    assert (act.operator, act.body["document"], act.body["starts_at"]) == ("cora", body["document"], start)
    scene = window_scene(home, SystemClock())
    assert "(próba na giełdzie symulowanej na tej maszynie, host `127.0.0.1`)" in text
    for name, told_there in {
        "trading_digest": digest_of(scene, scene.live), "paper_trading_digest": digest_of(scene, scene.paper),
        "risk_profile_digest": risk_profile_of(scene.live).digest, "code_version": code_version(),
    }.items():  # fmt: skip
        assert f"| {name} | `{told_there}` |" in text
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    assert {each.soundness for each in results} == {Soundness.CLEAN}


def test_what_no_channel_took_is_no_step_and_says_so(home: Path, hook: Webhook, say: Say, capsys: Captured) -> None:
    before = len(recorded_steps(home, "live"))
    hook.status = 503
    try:
        assert say("--starts-at", soon(), "--wait", "1") == 6
    finally:
        hook.status = 200
    assert "no step is recorded" in capsys.readouterr().err
    assert len(recorded_steps(home, "live")) == before


REFUSED: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "a start that has passed": (("--starts-at", "2026-01-10T09:00Z"), {}, 2, "has passed"),
    "no time": (("--starts-at", "tomorrow"), {}, 2, "--starts-at tomorrow"),
    "a second person nobody knows": (("--second", "zed"), {}, 2, "no operator of that name"),
    "the same person twice": (("--second", "cora"), {}, 2, "name another person"),
    "marks in a name": (("--on-call", "a|b"), {}, 2, "--on-call"),
    "two lines of a name": (("--on-call", "ann\n# Start"), {}, 2, "--on-call"),
    "a name without end": (("--on-call", "a" * 101), {}, 2, "at most 100 characters"),
    "a role that may not": ((), {"person": "rita"}, 3, "window.announce"),
    "a wrong passphrase": ((), {"passphrase": "otters"}, 3, "is wrong"),
    "a paper entrypoint": ((), {"entrypoint": "okx_desktop_paper"}, 2, "okx_desktop_live"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_and_what_is_refused(case: str, home: Path, hook: Webhook, say: Say, capsys: Captured) -> None:
    words, given, code, said = REFUSED[case]
    before = len(hook.received)
    start = () if "--starts-at" in words else ("--starts-at", soon())
    assert say(*start, *words, **given) == code
    assert said in capsys.readouterr().err
    assert len(hook.received) == before


def test_who_is_named_answers_calls_whoever_has_the_role(home: Path) -> None:
    people = {each.name: each for each in operators(home)}
    assert (_on_call(people, "Ann Smith"), _on_call(people, "")) == (("Ann Smith",), ("cora",))


def test_where_nobody_is_on_call_somebody_is_to_be_named(home: Path, tmp_path: Path) -> None:
    alone = Path(shutil.copytree(home, tmp_path / "home"))
    remove_operator(alone, "cora", by=None)
    with pytest.raises(ConfigError, match="nobody has role oncall: say who answers calls with --on-call NAME"):
        announce(
            window_scene(alone, SystemClock()),
            SystemClock().now() + MINUTE,
            "olga",
            PASSPHRASE,
            second="",
            on_call="",
            wait_s=0.1,
        )


def test_without_the_channel_it_is_blocked(
    tmp_path: Path, hook: Webhook, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    home = window_home(tmp_path / "home", hook)
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("oem-live", "oem-other"))
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE.reveal()}\n"))
    words = ["--starts-at", soon(), "--operator", "cora", "--entrypoint", ENTRYPOINT, "--home", str(home)]
    assert main(["window", "announce", *words]) == 3
    assert "alerts.channels.oem-live" in capsys.readouterr().err
