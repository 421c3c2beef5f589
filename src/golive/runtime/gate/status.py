"""Gathers what `golive gate status` shows: every check looked at now, and the gate as who wants through would find it."""

from __future__ import annotations

from golive.model.errors import GoliveError
from golive.model.verdict import ExitCode
from golive.readiness.checklist_report import items_of
from golive.readiness.finding import overall
from golive.readiness.gate_rule import asked_of
from golive.readiness.gate_state import Opened
from golive.readiness.gate_status import CODES, GateStatus, gate_document
from golive.storage.keys import SigningKeys

from ..host_signer import host_signer
from ..identity import operator_identity
from ..readiness.scene import Scene
from .binding import binding_of
from .halts import halts
from .look import Looks
from .report import expiry, stage_of_gate, write_report
from .standing import changes, doubts, gate_state


def gate_status(scene: Scene, looks: Looks | None = None, *, write: bool = False) -> GateStatus:
    """Look at every check; nothing is written but, when asked for, a signed report (JournalError when that cannot be)."""
    looks = looks or Looks()
    now = scene.clock.now()
    findings = looks.checklist(scene)
    asked = asked_of(findings, is_rehearsal=scene.is_rehearsal)
    state = gate_state(scene.home, scene.live.name, now)
    faults = _refusals(scene, state, looks) if isinstance(state, Opened) else ()
    written = None
    if write:
        signer = host_signer(scene.home, scene.clock, operator_identity())
        written, _ = write_report(scene, signer.keys, findings, now)
    status, halted = overall(asked), tuple(halts(scene))
    code = ExitCode.BLOCKED if halted else CODES[status]
    return GateStatus(
        entrypoint=scene.live.name, environment=scene.live.environment, stage=stage_of_gate(scene), checked_at=now,
        status=status, exit_code=int(code), gate=gate_document(state, faults), halts=halted,
        items=items_of(findings, asked, now, expiry(scene, now)), written=written,
    )  # fmt: skip


def _refusals(scene: Scene, state: Opened, looks: Looks) -> tuple[str, ...]:
    """Say why an open gate lets nobody through."""
    try:
        keys = SigningKeys.load(scene.home)
        found = ("the keys that signed it are gone",) if keys is None else doubts(scene, state, keys)
        return (*found, *changes(state, binding_of(scene, looks.code_version)))
    except (GoliveError, OSError) as exc:
        return (str(exc).replace(f"{scene.home}/", ""),)
