"""Opening a gate: two people of different roles, everything green now, a signed report, and the record that opens it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from golive.audit import Entry
from golive.config.rbac import Act, pair_objection
from golive.model.clock import to_iso
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.verdict import KeyClass
from golive.readiness.gate_state import CLOSED, OPENED, Opened, Shut, at, read_gate
from golive.security.operators import OperatorIdentity
from golive.storage.failpoint import reach
from golive.storage.gate_journal import GateJournal
from golive.storage.gate_opening import being_opened
from golive.storage.log_series import records_of

from ..host_signer import host_signer
from ..readiness.scene import Scene
from .closing import close_gate
from .halts import halts
from .look import Looks, look
from .report import expiry, stage_of_gate, write_report
from .standing import stands_as


def open_gate(scene: Scene, first: OperatorIdentity, second: OperatorIdentity, looks: Looks | None = None) -> Opened:
    """Open the gate of the scene's live entrypoint in the name of two proved people; durable on return.

    Raises PrerequisiteMissing, and the gate stays as it is, for two who may not and for what would keep a session from ordering
    (both before anything is looked at), for what is not green or cannot be bound, and where somebody closed it meanwhile;
    JournalError when journal or report cannot be written or the journal is not sound.
    """
    with being_opened(scene.home):
        return _opened(scene, first, second, looks or Looks())


def _opened(scene: Scene, first: OperatorIdentity, second: OperatorIdentity, looks: Looks) -> Opened:
    people = {each.name: tuple(sorted(map(str, each.roles))) for each in (first, second)}
    demand_pair(first, second)
    if halted := "; ".join(halts(scene)):
        raise PrerequisiteMissing(f"the gate of {scene.live.name} is not opened, for nothing could be ordered: {halted}")
    name, signer = scene.live.name, host_signer(scene.home, scene.clock, first.name)
    if not scene.is_rehearsal and signer.keys.key_class is KeyClass.DEVELOPMENT:
        raise PrerequisiteMissing(
            f"the gate of {name} is signed with production keys, and those here are for development; golive keys create"
        )
    journal = GateJournal(scene.home, name)
    before = max((each.seq for each in _records(journal)), default=0)
    seen = look(scene, looks)
    _demand_unclosed(journal, before)
    report, sha256 = write_report(
        scene, signer.keys, seen.findings, seen.began_at, operators=people, bound=seen.bound
    )  # fmt: skip
    reach("gate.report.after")
    until = expiry(scene, seen.began_at)
    body: JsonObject = {
        "entrypoint": name, "environment": scene.live.environment, "stage": str(stage_of_gate(scene)),
        "operators": [{"name": who, "roles": list(roles)} for who, roles in people.items()],
        "checked_at": to_iso(seen.began_at), "expires_at": to_iso(until), "report": report, "report_sha256": sha256,
        "bound": seen.bound.as_json(),
    }  # fmt: skip
    try:
        journal.append(signer, OPENED, body, first.name)
    except JournalError as exc:
        raise _shut_again(scene, exc) from exc
    state = at(read_gate(journal.entries(signer.keys)), scene.clock.now())
    if isinstance(state, Shut):
        raise PrerequisiteMissing(f"the gate of {name} is shut: {state.because}")
    try:
        _demand_unclosed(journal, before, state.seq)
    except PrerequisiteMissing as exc:  # in the moment in which the record was written
        close_gate(scene.home, name, str(exc), scene.clock)
        raise
    return state


def _shut_again(scene: Scene, failure: JournalError) -> JournalError:
    """Shut what a record may have opened that could not be finished: nobody who was told of a failure leaves an open gate."""
    name = scene.live.name
    with contextlib.suppress(JournalError):  # it may stand in the journal and not be sealed, as that of the opening may
        close_gate(scene.home, name, f"its opening failed: {failure}", scene.clock)
    return JournalError(f"{failure}; {stands_as(scene.home, name)}")


def _demand_unclosed(journal: GateJournal, since: int, until: int | None = None) -> None:
    """Raise PrerequisiteMissing where somebody closed the gate behind record `since`: who says no is heard while others open."""
    for each in _records(journal):
        if each.type == CLOSED and each.seq > since and (until is None or each.seq < until):
            raise PrerequisiteMissing(
                f"the gate was closed while it was being opened: {each.body['reason']} (by {each.body['by']})"
            )


def _records(journal: GateJournal) -> Iterator[Entry]:
    return records_of(journal.path) if journal.path.exists() else iter(())


def demand_pair(first: OperatorIdentity, second: OperatorIdentity) -> None:
    """Raise PrerequisiteMissing unless these two may open a gate together."""
    objection = pair_objection(Act.LIVE_ACTIVATE, (first.name, first.roles), (second.name, second.roles))
    if objection is not None:
        raise PrerequisiteMissing(f"the gate is opened by two people of different roles, one of them live_activator: {objection}")
