"""One look at everything that a gate stands on: what it is bound to, and the whole checklist, run now in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from golive.model.errors import PrerequisiteMissing
from golive.readiness.finding import Finding
from golive.readiness.gate_binding import Binding, differences
from golive.readiness.gate_rule import not_green, told

from ..code_version import code_version_on_disk
from ..readiness.scene import Scene
from .binding import binding_of

Checklist: TypeAlias = Callable[[Scene], tuple[Finding, ...]]


class NotGreen(PrerequisiteMissing):
    """Some checks are not green: `findings`, blocked ones first."""

    def __init__(self, entrypoint: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"the gate of {entrypoint} is not green: {told(findings)}")
        self.findings = findings


def all_checks(scene: Scene) -> tuple[Finding, ...]:
    """Run every check. Who only waits behind a gate, or has none, does not import what they all look at."""
    from ..readiness.checklist import checklist

    return checklist(scene)


@dataclass(frozen=True, slots=True)
class Looks:
    """What looks: the checks, and what tells the version of the code as it lies on the disk."""

    checklist: Checklist = all_checks
    code_version: Callable[[], str] = code_version_on_disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look that found everything green."""

    began_at: int
    """ns UTC; what was found is as old as that"""
    findings: tuple[Finding, ...]
    bound: Binding


def look(scene: Scene, looks: Looks) -> Seen:
    """Return what was seen, everything green; PrerequisiteMissing naming each check that is not, and what cannot be bound.

    A check that crashes is not green.
    """
    began_at = scene.clock.now()
    bound = binding_of(scene, looks.code_version)
    try:
        findings = looks.checklist(scene)
    except PrerequisiteMissing:
        raise
    except Exception as exc:
        raise PrerequisiteMissing(f"a check crashed: {type(exc).__name__}: {exc}") from exc
    if shut := not_green(findings, is_rehearsal=scene.is_rehearsal):
        raise NotGreen(scene.live.name, shut)
    # What was changed while the checks looked was seen by some of them and not by others.
    if changed := differences(bound.as_json(), binding_of(scene, looks.code_version).as_json()):
        raise PrerequisiteMissing(f"changed while the gate of {scene.live.name} was looked at: {'; '.join(changed)}")
    return Seen(began_at=began_at, findings=findings, bound=bound)
