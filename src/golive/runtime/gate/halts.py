"""What would keep a session from ordering whatever the checks find: emergency mode, and stops that stand."""

from __future__ import annotations

from collections.abc import Iterator

from golive.model.clock import to_iso
from golive.model.emergency import EmergencyMode
from golive.model.errors import PrerequisiteMissing
from golive.storage.risk_stop import read_stop

from ..emergency import HostEmergency
from ..host_stop import demand_no_host_stop
from ..readiness.scene import Scene
from ..risk_limits import risk_profile_of
from ..risk_stop import stop_text
from .report import stage_of_gate


def halts(scene: Scene) -> Iterator[str]:
    """Yield each in words, with the command that ends it; a flag or stop that cannot be read is one."""
    live, profile = scene.live, risk_profile_of(scene.live)
    for mode in HostEmergency(scene.home).read().holding(profile.name):
        yield _emergency_text(mode)
    if (stop := read_stop(scene.home, live.name)) is not None:
        yield stop_text(stop)
    for quote in sorted({each.quote for each in live.instruments}):
        try:
            demand_no_host_stop(scene.home, stage_of_gate(scene), quote, profile, scene.clock.now())
        except PrerequisiteMissing as exc:
            yield str(exc)


def _emergency_text(mode: EmergencyMode) -> str:
    since = f" since {to_iso(mode.since)}" if mode.since else ""
    lifting = f"golive risk clear-emergency --scope {mode.scope} --operator NAME, by two operators, lifts it"
    return f"emergency mode is on ({mode.scope}, {mode.state}){since}, by {mode.operator}: {mode.reason}; {lifting}"
