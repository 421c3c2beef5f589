"""`golive_rotation_due_seconds` of a session, by a clock that is told the time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from golive.config import Configuration
from golive.metrics.declaration import ROTATION_DUE
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import DAY, SECOND
from golive.runtime.bootstrap import plan_session
from golive.runtime.host_signer import host_signer
from golive.runtime.options import RunOptions
from golive.runtime.plan import Plan
from golive.runtime.rotation import register_of
from golive.runtime.rotation_watch import RotationWatch
from golive.security.rotation import KEY_ROTATED, KeyRotation
from support.configuration import CORE, ROOT, changed, parse
from support.durable import START, ToldClock
from support.secret_places import admin_of, stored

KEY = "okx_paper_trading"
DAYS_90 = 90 * 86_400


def planned(home: Path, configuration: Configuration) -> Plan:
    plan = plan_session(RunOptions(mode="demo"), ROOT / "config/runtime.yaml", home, {})
    okx = configuration.resolve("okx_desktop_paper")
    return replace(plan, config=configuration, entrypoint=okx, endpoint=okx.endpoint, home=home)


def watched(home: Path, clock: ToldClock, plan: Plan, source: str | None = "vault") -> tuple[RotationWatch, MemoryRecorder]:
    recorder = MemoryRecorder()
    return RotationWatch(plan, recorder, clock, admin_of(home).store, secret_source=source), recorder


def led_away() -> Configuration:
    return parse(core=changed(CORE, "endpoint: embedded", "endpoint: http://127.0.0.1:9"))


def due(recorder: MemoryRecorder, key: str = KEY) -> float | None:
    return recorder.value(ROTATION_DUE.name, key=key)


def test_keys_made_for_the_run_are_as_old_as_it(tmp_path: Path) -> None:
    clock = ToldClock()
    watch, recorder = watched(tmp_path, clock, planned(tmp_path, parse()), "embedded")
    keys = (KEY, "kraken_paper_trading", "bybit_paper_trading")
    assert [due(recorder, key) for key in keys] == [DAYS_90] * 3, "there from the start"
    clock.time += 91 * DAY
    watch.look()
    assert due(recorder) == -86_400


def test_a_key_that_is_kept_is_due_when_its_register_says_so(tmp_path: Path) -> None:
    clock, configuration = ToldClock(), led_away()
    admin_of(tmp_path).put(KEY, stored())
    watch, recorder = watched(tmp_path, clock, planned(tmp_path, configuration))
    assert due(recorder) == 0, "never rotated"
    record = KeyRotation(
        keychain_key=KEY,
        rotated_at=START,
        old_key_fingerprint="",
        new_key_fingerprint=stored().fingerprint,
        ip_allowlist_sha256="a" * 64,
    )
    register = register_of(configuration, tmp_path, "okx_paper")
    register.append(host_signer(tmp_path, clock, "anna"), [(KEY_ROTATED, record.body(), "anna")])
    clock.time += 10 * SECOND
    watch.look()
    assert due(recorder) == DAYS_90 - 10, "a rotation meanwhile is seen"
    clock.time = START + 90 * DAY + 5 * SECOND
    watch.look()
    assert due(recorder) == -5
    register.path.write_text("{}")
    watch.look()
    assert due(recorder) == 0, "nothing can be read"


def test_no_series_where_no_key_is_kept_and_for_one_of_a_key_file(tmp_path: Path) -> None:
    plan = planned(tmp_path, led_away())
    assert due(watched(tmp_path, ToldClock(), plan)[1]) is None
    admin_of(tmp_path).put(KEY, stored())
    assert due(watched(tmp_path, ToldClock(), plan, "key_file")[1]) is None
