"""Gathers what a gate is bound to, as it is now: from the disk, not from what this process remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from golive.config.digest import trading_digest
from golive.config.resolved import ResolvedEntrypoint
from golive.model.errors import GoliveError, PrerequisiteMissing
from golive.readiness.gate_binding import Binding
from golive.security.bundle_check import AUTHORITY, certificates_of
from golive.security.certificate_maker import LeafRole
from golive.security.licence.judge import judge
from golive.storage.config_files import files_sha256

from ..allocation import configured_strategy
from ..licence.desk import LicenceDesk
from ..mtls.place import BundlePlace
from ..readiness.scene import Scene
from ..risk_limits import risk_profile_of

_ROLES = (AUTHORITY, LeafRole.SERVER, LeafRole.CLIENT)
T = TypeVar("T")


def binding_of(scene: Scene, code_version: Callable[[], str]) -> Binding:
    """Return what a gate of this scene would hold for; PrerequisiteMissing naming everything that cannot be bound."""
    faults: list[str] = []

    def found(look: Callable[[Scene], T], what: str, other: T) -> T:
        try:
            return look(scene)
        except (GoliveError, OSError, ValueError) as exc:
            told = str(exc).replace(f"{scene.home}/", "").splitlines() or [type(exc).__name__]
            faults.append(f"{what}: {told[0]}")
            return other

    version = code_version()
    core_sha256, runtime_sha256 = found(_files, "the configuration", ("", ""))
    licence_id, licence_sha256 = found(_licence, "the licence", ("", ""))
    nothing: Mapping[str, str] = {}
    certificates = found(_certificates, "the certificates", nothing)
    live = found(lambda it: _trading_digest(it, it.live, version), "what is traded live", "")
    paper = found(lambda it: _trading_digest(it, it.paper, version), "what is traded on paper", "")
    if faults:
        raise PrerequisiteMissing(f"the gate of {scene.live.name} cannot be bound: {'; '.join(faults)}")
    profile, digest = risk_profile_of(scene.live), scene.configuration.file_digest
    return Binding(
        core_sha256=core_sha256, runtime_sha256=runtime_sha256, execution_sha384=digest.execution_sha384, trading_digest=live,
        paper_trading_digest=paper, risk_profile=profile.name, risk_profile_digest=profile.digest, code_version=version,
        licence_id=licence_id, licence_sha256=licence_sha256, certificates=certificates, endpoint=scene.live.endpoint,
        endpoint_host=scene.live.endpoint_host or scene.live.endpoint,
    )  # fmt: skip


def _files(scene: Scene) -> tuple[str, str]:
    """Return the digests of core.yaml and runtime.yaml; ValueError when they are not what this process runs with."""
    if scene.configuration.overrides:
        variables = ", ".join(each.variable for each in scene.configuration.overrides)
        raise ValueError(f"live follows the files alone; unset {variables}")
    runtime, core = files_sha256(scene.runtime_file, scene.configuration.runtime.core.path)
    ours = scene.configuration.file_digest
    for name, was, now in (("core.yaml", ours.core_sha256, core), ("runtime.yaml", ours.runtime_sha256, runtime)):
        if was != now:
            raise ValueError(f"{name} was changed since this process read it")
    return core, runtime


def _licence(scene: Scene) -> tuple[str, str]:
    desk = LicenceDesk(home=scene.home, licensing=scene.configuration.runtime.licensing, clock=scene.clock)
    found = judge(desk.held(), desk.rules(), scene.clock.now())
    if found.licence is None or found.licence_sha256 is None:
        raise ValueError(f"{found.faults[0] if found.faults else 'there is none'}; python oem_provision_license.py --verify")
    return found.licence.license_id, found.licence_sha256


def _certificates(scene: Scene) -> Mapping[str, str]:
    held = certificates_of(BundlePlace.of(scene.home, scene.configuration.core.execution.mtls).files())
    if missing := [str(role) for role in _ROLES if role not in held]:
        raise ValueError(f"there is no readable one for {', '.join(missing)}; golive mtls verify")
    return {str(role): held[role].serial for role in _ROLES}


def _trading_digest(scene: Scene, entrypoint: ResolvedEntrypoint, version: str) -> str:
    found = configured_strategy(scene.configuration, entrypoint.strategy, entrypoint.timeframe, scene.home)
    return trading_digest(entrypoint, version, found.source_sha256)
