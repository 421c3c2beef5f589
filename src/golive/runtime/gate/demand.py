"""The only way to a `GatePass`: an open gate that is believed, bound to what is now, and a checklist all green once more."""

from __future__ import annotations

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.verdict import KeyClass
from golive.readiness.gate_state import Opened, Shut
from golive.storage.keys import SigningKeys

from ..readiness.scene import Scene
from .closing import close_gate
from .gate_pass import GatePass, made_pass
from .look import Looks, look
from .report import stage_of_gate
from .standing import changes, doubts, gate_state


def demand_open(scene: Scene, looks: Looks | None = None) -> GatePass:
    """Return the pass of the scene's live entrypoint. Takes as long as all checks do; what it finds wrong closes the gate.

    Raises PrerequisiteMissing naming what keeps it shut, with the ids of all checks that are not green.
    """
    opened = _open_now(scene)
    try:
        _demand_believed(scene, opened)
        seen = look(scene, looks or Looks())
        if changed := changes(opened, seen.bound):
            raise PrerequisiteMissing(f"the gate of {scene.live.name} was opened for something else: {'; '.join(changed)}")
    except PrerequisiteMissing as exc:
        _close(scene, str(exc))
        raise PrerequisiteMissing(f"{exc}. The gate is closed; {_mend(scene)}") from exc
    again = _open_now(scene)
    if again.seq != opened.seq:
        raise PrerequisiteMissing(f"the gate of {scene.live.name} was opened anew while it was looked at; start again")
    return made_pass(scene.live.name, stage_of_gate(scene), again, seen.bound)


def _open_now(scene: Scene) -> Opened:
    state = gate_state(scene.home, scene.live.name, scene.clock.now())
    if isinstance(state, Shut):
        by = f", by {state.by}" if state.by else ""
        raise PrerequisiteMissing(f"the gate of {scene.live.name} is shut: {state.because}{by}; {_mend(scene)}")
    return state


def _demand_believed(scene: Scene, opened: Opened) -> None:
    try:
        keys = SigningKeys.load(scene.home)
        if keys is None:
            raise PrerequisiteMissing("the keys that signed the gate are gone; restore var/state/keys from a backup")
        if not scene.is_rehearsal and keys.key_class is KeyClass.DEVELOPMENT:
            raise PrerequisiteMissing("the gate of production is signed with production keys, not with those for development")
        found = doubts(scene, opened, keys)
    except (JournalError, OSError) as exc:
        raise PrerequisiteMissing(f"the gate of {scene.live.name} cannot be verified: {exc}") from exc
    if found:
        raise PrerequisiteMissing(f"the gate of {scene.live.name} is not believed: {'; '.join(found)}")


def _close(scene: Scene, why: str) -> None:
    try:
        close_gate(scene.home, scene.live.name, why, scene.clock)
    except JournalError as exc:
        raise PrerequisiteMissing(f"{why}; and its closing cannot be recorded: {exc}") from exc


def _mend(scene: Scene) -> str:
    return f"golive gate open --entrypoint {scene.live.name} --operator NAME --second NAME"
