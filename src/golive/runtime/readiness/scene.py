"""What the checks of readiness look at: a live entrypoint of an installation, and the paper entrypoint that stands for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.endpoint import is_loopback_host
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock
from golive.model.errors import ConfigError

from ..secret_store import StoredSecrets
from .stage_logs import StageLogs


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """An installation as the checks see it; `scene_of` makes one."""

    home: Path
    runtime_file: Path
    configuration: Configuration
    live: ResolvedEntrypoint
    """what the gate would open"""
    paper: ResolvedEntrypoint
    """of the same exchange; its sessions are what `live` rests on"""
    clock: Clock
    store: StoredSecrets
    logs: StageLogs | None = None
    """of the examination that this scene is for; None: whoever looks reads anew"""

    @property
    def is_rehearsal(self) -> bool:
        """Whether orders would go to a simulated venue on this machine."""
        return self.live.endpoint_host is not None and is_loopback_host(self.live.endpoint_host)


def decision_logs(scene: Scene) -> StageLogs:
    """Return the decision logs of the examination, or freshly opened ones."""
    return scene.logs or StageLogs(scene.home)


def scene_of(
    home: Path, runtime_file: Path, configuration: Configuration, entrypoint: str, clock: Clock, store: StoredSecrets
) -> Scene:
    """Return the scene of a live entrypoint, or of the live entrypoint of a paper one's exchange.

    Raises ConfigError for an entrypoint that does not exist, and where it is not clear which other one belongs to it.
    """
    chosen = configuration.resolve(entrypoint)
    both = {kind: _of(configuration, chosen, kind) for kind in ("live", "paper")}
    return Scene(
        home=home, runtime_file=runtime_file, configuration=configuration, live=both["live"], paper=both["paper"],
        clock=clock, store=store,
    )  # fmt: skip


def entrypoint_in(configuration: Configuration, environment: str) -> str:
    """Return the entrypoint of an environment, such as `okx_live`; ConfigError when there is none, or there are several."""
    found = [name for name, each in configuration.runtime.trading.entrypoints.items() if each.environment == environment]
    if len(found) != 1:
        known = ", ".join(sorted(configuration.core.environments))
        told = f"has the entrypoints {', '.join(found)}: name one" if found else f"has no entrypoint; environments are {known}"
        raise ConfigError(f"environment {environment!r:.40} {told}")
    return found[0]


def _of(configuration: Configuration, chosen: ResolvedEntrypoint, kind: str) -> ResolvedEntrypoint:
    if chosen.environment_type == kind:
        return chosen
    everyone = (configuration.resolve(name) for name in configuration.runtime.trading.entrypoints)
    found = [each for each in everyone if (each.environment_type, each.exchange) == (kind, chosen.exchange)]
    if len(found) != 1:
        names = ", ".join(each.name for each in found) or "none"
        raise ConfigError(f"{chosen.name} needs exactly one {kind} entrypoint of {chosen.exchange} beside it; there are: {names}")
    return found[0]
