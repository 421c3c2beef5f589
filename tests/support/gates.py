"""A home whose gate can be opened: a rehearsal with people, a licence and certificates; what the checks say is handed in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.mtls_section import Mtls
from golive.config.rbac import Role
from golive.model.clock import MINUTE, Nanos
from golive.model.secret import Secret
from golive.readiness.check_table import CHECKS
from golive.readiness.finding import Evidence, Finding, Status
from golive.readiness.gate_state import Opened
from golive.runtime.clock import SystemClock
from golive.runtime.gate import GatePass, Looks, demand_open, open_gate
from golive.runtime.gate.standing import gate_state
from golive.runtime.licence.desk import LicenceDesk
from golive.runtime.mtls.prepare import generate_bundle
from golive.runtime.operators import add_operator
from golive.runtime.readiness.scene import Scene, scene_of
from golive.runtime.secret_store import StoredSecrets
from golive.security.licence.judge import Wanted
from golive.security.operators import OperatorIdentity
from golive.storage.config_files import load_configuration
from golive.storage.gate_journal import GateJournal

from .configuration import ROOT, parse

ENTRYPOINT = "okx_desktop_live"
PASSPHRASE = Secret("seven brown otters swim")
LENA = OperatorIdentity("lena", frozenset({Role.LIVE_ACTIVATOR}))
CARL = OperatorIdentity("carl", frozenset({Role.COMPLIANCE}))
OLGA = OperatorIdentity("olga", frozenset({Role.OPERATOR}))
LEO = OperatorIdentity("leo", frozenset({Role.LIVE_ACTIVATOR}))


def green(id_: str) -> Finding:
    return Finding(id_, Status.OK, measured={"age_seconds": 1.5}, evidence=(Evidence("config/core.yaml", "0" * 64, 12.25),))


def bad(id_: str, status: Status = Status.BLOCKED, why: str = "it is not as it must be") -> Finding:
    return Finding(id_, status, (why,), owner=("risk",), next_command=CHECKS[id_].next_command)


class MovedClock(SystemClock):
    """The machine's clock, put forward or back."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 0

    def now(self) -> Nanos:
        return Nanos(super().now() + self.ahead)


@dataclass
class Checks:
    """Says what it is told of each check, and all others are green."""

    said: dict[str, Finding] = field(default_factory=dict)
    also: Callable[[], object] = lambda: None
    """what happens while the checks look"""
    times: int = 0

    def __call__(self, _: Scene) -> tuple[Finding, ...]:
        self.times += 1
        self.also()
        return tuple(self.said.get(id_, green(id_)) for id_ in CHECKS)


@cache
def _read(runtime: bytes, core: bytes) -> Configuration:
    """Most tests change nothing of it."""
    return parse(runtime, core)


@dataclass
class Gate:
    """The gate of one home."""

    home: Path
    clock: MovedClock = field(default_factory=MovedClock)
    checks: Checks = field(default_factory=Checks)
    code: str = "1.0+0123456789ab"

    @property
    def scene(self) -> Scene:
        """Read anew, as each process does."""
        runtime = self.home / "config/runtime.yaml"
        configuration = _read(runtime.read_bytes(), (self.home / "config/core.yaml").read_bytes())
        return scene_of(self.home, runtime, configuration, ENTRYPOINT, self.clock, StoredSecrets(self.home))

    @property
    def looks(self) -> Looks:
        return Looks(self.checks, lambda: self.code)

    @property
    def journal(self) -> GateJournal:
        return GateJournal(self.home, ENTRYPOINT)

    def open(self, first: OperatorIdentity = LENA, second: OperatorIdentity = CARL) -> Opened:
        return open_gate(self.scene, first, second, self.looks)

    def demand(self) -> GatePass:
        return demand_open(self.scene, self.looks)

    def state(self) -> str:
        """`open`, or why it is shut."""
        found = gate_state(self.home, ENTRYPOINT, self.clock.now())
        return "open" if isinstance(found, Opened) else found.because

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.home / "config" / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    def later(self, minutes: float) -> None:
        self.clock.ahead += int(minutes * MINUTE)


def gate_home(home: Path) -> Path:
    """Make the home: OKX is rehearsed, four people have names, a licence and a bundle of certificates are there."""
    shutil.copytree(ROOT / "config", home / "config")
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("endpoint: production  ", "endpoint: http://127.0.0.1:8080  ", 1))
    clock = SystemClock()
    for who in (LENA, CARL, OLGA, LEO):
        add_operator(home, who.name, [*map(str, who.roles)], PASSPHRASE, by=None, clock=clock)
    configuration = load_configuration(home / "config/runtime.yaml", {})
    LicenceDesk(home=home, licensing=configuration.runtime.licensing, clock=clock).check(Wanted(("desktop", "okx")), "test")
    generate_bundle(home, Mtls(), Secret("a passphrase of the authority"), "lena")
    return home
