"""Live sessions against a simulated venue behind an open gate whose checks are handed in: processes, as `golive run` is one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golive.config.mtls_section import Mtls
from golive.metrics.recorder import MemoryRecorder
from golive.model.secret import Secret
from golive.observability.report import document_bytes
from golive.runtime.bootstrap import plan_session, run_session
from golive.runtime.clock import SystemClock
from golive.runtime.freeze import freeze
from golive.runtime.gate import Looks, open_gate
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.mtls.prepare import generate_bundle
from golive.runtime.operators import add_operator
from golive.runtime.options import RunOptions
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.secret_store import StoredSecrets
from golive.runtime.session_ports import MetricsFace
from golive.security.licence.judge import Wanted
from golive.storage.config_files import load_configuration
from support.forking import Forked, Forks
from support.gates import CARL, LENA, PASSPHRASE, Checks
from support.rehearsal import Rehearsal

FLIP = '''
"""Buys at one candle, sells half of it at the next, all of it at the third."""
from golive.strategy.callbacks import Callbacks


class Flip(Callbacks):
    name, summary = "flip", "trades at every candle"

    def on_start(self, params):
        self.bars = 0

    def on_candle(self, bar):
        self.bars += 1
        return (1.0, 0.5, 0.0)[self.bars % 3]
'''
LIMITS = ("target_volatility: 0.11", "stop_loss_atr_multiple: 1.5", "trade_risk_pct: 0.01")
"""of the shipped profile: what they judge by takes more bars than a test has"""
_SESSIONS = Forks("support.live_session:main", ("support.live_session", "golive.runtime.live.desk", "golive.observability.html"))


@dataclass
class LiveSession:
    """One that runs."""

    process: Forked
    home: Path
    out: Path
    ready_file: Path

    def report(self, timeout_s: float = 60) -> tuple[int, dict[str, Any]]:
        """Wait for its end; return exit code and report."""
        code = self.process.wait(timeout_s)
        said = self.out.read_text()
        assert said.startswith("{"), said + self.out.with_suffix(".err").read_text()
        return code, json.loads(said)


def trading(at: Rehearsal, *edits: tuple[str, str, str]) -> None:
    """Let the home of a rehearsal trade at every second, and without asking anybody."""
    (at.home.path / "strategies").mkdir(exist_ok=True)
    (at.home.path / "strategies/flip.py").write_text(FLIP)
    flip = 'strategies:\n  flip:\n    timeframe: "1s"\n    parameters: {position_pct: 0.04}\n'
    at.home.edit("core.yaml", "strategies:\n", flip)
    at.home.edit("runtime.yaml", "strategy: multi_strategy_default", "strategy: flip")
    for limit in LIMITS:
        at.home.edit("core.yaml", f"    {limit}\n", "")
    runtime = at.home.path / "config/runtime.yaml"
    before, name, after = runtime.read_text().partition(f"    {at.entrypoint}:")
    for switch in ("enable_auto_trade", "trusted_auto_confirm"):
        after = after.replace(f"{switch}: false", f"{switch}: true", 1)
    runtime.write_text(before + name + after)
    for file, before, after in edits:
        at.home.edit(file, before, after)
    opened(at)


def opened(at: Rehearsal) -> None:
    """Freeze the configuration, and open the gate; what the checks say is handed in."""
    home = at.home.path
    add_operator(home, "rita", ["runtime"], PASSPHRASE, by=None)
    for who in (LENA, CARL):
        add_operator(home, who.name, [*map(str, who.roles)], PASSPHRASE, by=None)
    freeze(home, home / "config/runtime.yaml", {}, "rita", PASSPHRASE)
    looked = scene(at)
    licensing = looked.configuration.runtime.licensing
    LicenceDesk(home=home, licensing=licensing, clock=looked.clock).check(Wanted(("desktop", at.dialect)), "test")
    generate_bundle(home, Mtls(), Secret("a passphrase of the authority"), "lena")
    open_gate(looked, LENA, CARL, Looks(Checks()))


def scene(at: Rehearsal) -> Scene:
    """What the gate of the rehearsal looks at."""
    home = at.home.path
    runtime = home / "config/runtime.yaml"
    return scene_of(home, runtime, load_configuration(runtime, {}), at.entrypoint, SystemClock(), StoredSecrets(home))


def start(at: Rehearsal, *, seconds: float, resume: bool = False, **options: Any) -> LiveSession:
    """Start a live session that ends after `seconds`."""
    out = at.home.path / f"session-{len(list(at.home.path.glob('session-*.out')))}.out"
    ready = at.home.path / "ready.json"
    ready.unlink(missing_ok=True)
    document = {
        "home": str(at.home.path), "entrypoint": at.entrypoint, "keys": str(at.key_file), "seconds": seconds, "resume": resume,
        "timeframe": "1s", "ready": str(ready), **options,
    }  # fmt: skip
    with out.open("wb") as stdout, out.with_suffix(".err").open("wb") as stderr, Path(os.devnull).open("rb") as nothing:
        streams = [nothing.fileno(), stdout.fileno(), stderr.fileno()]
        process = _SESSIONS.start([json.dumps(document)], streams, at.home.env, at.home.path)
    return LiveSession(process, at.home.path, out, ready)


def main(arguments: Sequence[str]) -> int:
    asked: dict[str, Any] = json.loads(arguments[0])
    options = RunOptions(
        mode="live", entrypoint=asked["entrypoint"], credentials=Path(asked["keys"]), max_runtime_s=asked["seconds"],
        scope="selected", resume=asked["resume"], timeframe=asked["timeframe"], ready_file=Path(asked["ready"]),
    )  # fmt: skip
    home = Path(asked["home"])
    plan = plan_session(options, home / "config/runtime.yaml", home, os.environ)
    result = run_session(plan, lambda facts: None, _no_metrics, looks=Looks(Checks()))
    sys.stdout.buffer.write(document_bytes(result.report))
    sys.stdout.flush()
    return int(result.exit_code)


def _no_metrics(recorder: MemoryRecorder, host: str, port: int, path: str) -> MetricsFace:
    class Nowhere:
        url = "http://127.0.0.1:0/metrics"

        def close(self) -> None:
            """Nothing is served."""

    return Nowhere()
