"""Whether a gate stands: what its journal says, and whether all that it was opened with still is as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from golive.config.rbac import Act, pair_objection
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.readiness.gate_binding import Binding, differences
from golive.readiness.gate_state import GateState, Opened, Shut, at, read_gate
from golive.storage.gate_journal import GateJournal
from golive.storage.keys import SigningKeys

from ..operators import operators
from ..readiness.scene import Scene
from .report import report_faults


def recorded_state(home: Path, entrypoint: str) -> GateState:
    """Return what the journal of an entrypoint's gate says, whatever the time; what cannot be believed is shut."""
    try:
        return read_gate(GateJournal(home, entrypoint).entries(SigningKeys.load(home)))
    except (JournalError, ValueError) as exc:
        told = str(exc).replace(f"{home}/", "")
        return Shut(because=f"its journal cannot be believed: {told}", is_doubt=True)


def gate_state(home: Path, entrypoint: str, now: int) -> GateState:
    """Return whether the gate of an entrypoint is open at `now`, ns UTC, by its journal."""
    return at(recorded_state(home, entrypoint), now)


def stands_as(home: Path, entrypoint: str) -> str:
    """Say how a gate stands where a record of its journal could not be finished."""
    if isinstance(recorded_state(home, entrypoint), Shut):
        return "the gate is shut"
    return (
        f"the gate is open until its time is over, unless it is shut: golive gate close --entrypoint {entrypoint} --operator NAME"
    )


def doubts(scene: Scene, opened: Opened, keys: SigningKeys) -> tuple[str, ...]:
    """Say why an open gate is not believed: its report is not the one, or one of the two may not open gates any more."""
    wanted: JsonObject = {
        "entrypoint": scene.live.name,
        "environment": scene.live.environment,
        "bound": opened.bound,
        "expires_at": to_iso(opened.expires_first),
        "operators": [{"name": name, "roles": list(roles)} for name, roles in opened.operators.items()],
    }
    found = report_faults(scene.home, keys, opened.report, opened.report_sha256, wanted)
    return (*found, *_people_gone(scene.home, opened))


def changes(opened: Opened, now: Binding) -> tuple[str, ...]:
    """Say what is not as the gate was bound to it."""
    return differences(opened.bound, now.as_json())


def _people_gone(home: Path, opened: Opened) -> Iterator[str]:
    book = {each.name: [str(role) for role in each.roles] for each in operators(home)}
    gone = [name for name in opened.operators if name not in book]
    if gone:
        yield f"{' and '.join(gone)}, who opened it, is no operator any more"
        return
    first, second = ((name, book[name]) for name in opened.operators)
    if (objection := pair_objection(Act.LIVE_ACTIVATE, first, second)) is not None:
        yield f"the two who opened it may not any more: {objection}"
