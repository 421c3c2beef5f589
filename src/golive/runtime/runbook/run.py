"""Carrying out a runbook: what a machine can do, what people confirm, and the signed result of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from golive.config.rbac import SIGNS, SignOff
from golive.model.errors import ConfigError, GoliveError, PrerequisiteMissing
from golive.readiness.finding import Status
from golive.readiness.runbook import Binding, Item, Kind
from golive.readiness.runbook_progress import Basis, ItemState, Result, confirmation_objection, open_signoffs, states
from golive.readiness.sign_off import REGISTER_PATH
from golive.security.operators import OperatorIdentity
from golive.storage.decision_step import recorded_steps

from ..code_version import code_version
from .check_steps import is_built, look
from .documents import WrittenRunbook
from .place import Done, Place, blocked, ok, unknown
from .record import Steps, record, results, take_up_logs
from .sign_offs import still_standing, told_by_sign_offs
from .steps import MACHINE

Told = Callable[[Item, Binding, Done], None]
_GOOD = (Status.OK, Status.NOT_APPLICABLE)


def basis_of(place: Place, written: WrittenRunbook) -> Basis:
    """Return what results are made under now."""
    digest = place.configuration.file_digest
    both = hashlib.sha384(f"{digest.runtime_sha256}\n{digest.core_sha256}\n".encode()).hexdigest()
    return Basis(written.sha256, both, code_version(), place.entrypoint.name)


def progress(place: Place, written: WrittenRunbook, steps: Steps = recorded_steps) -> tuple[ItemState, ...]:
    """Return how far a runbook is by the `steps` of its logs. Raises JournalError for a log that is not sound."""
    return _states(place, written, results(place, written.book, basis_of(place, written), steps))


def carry_out(place: Place, written: WrittenRunbook, told: Told, *, again: bool = False) -> tuple[ItemState, ...]:
    """Carry out what a machine can do, in the order of the document, and return how far the runbook is then.

    What stands already is not done again, unless `again`. Each result is on the record before the next step begins; what is
    not built is told and not recorded. Raises JournalError when a log is not sound or cannot be written.
    """
    take_up_logs(place, written.book)
    basis = basis_of(place, written)
    before = progress(place, written)
    made: dict[tuple[Binding, str], Done] = {}
    loose: list[Result] = []
    for state in before:
        for binding, known in zip(state.item.bindings, state.results, strict=True):
            if binding.kind is Kind.SIGNOFF or (known is not None and known.status in _GOOD and not again):
                continue
            began = place.clock.monotonic()
            key = binding, state.item.stage
            done = made[key] = made.get(key) or _done(place, binding, state.item.stage)
            told(state.item, binding, done)
            if _is_built(binding):
                latency_ms = (place.clock.monotonic() - began) // 1_000_000
                record(place, written.book, basis, state.item, binding, done, latency_ms)
            else:
                loose.append(_loose(place, state.item, binding, done))
    stored = results(place, written.book, basis)
    found = _states(place, written, [*stored, *loose])
    told_before = {(each.item, each.binding, each.sign_off) for each in stored}
    for state in found:
        for result in state.results:
            if result is not None and result.sign_off and (result.item, result.binding, result.sign_off) not in told_before:
                done = ok(result.said, place.home / REGISTER_PATH)
                record(place, written.book, basis, state.item, result.binding, done, 0, sign_off=result.sign_off)
                told(state.item, result.binding, done)
    return found


def confirm(place: Place, written: WrittenRunbook, ids: Sequence[str], who: OperatorIdentity, told: Told) -> None:
    """Record that `who`, who has proved to be that, confirms these items; all of them can be, or none is.

    Raises ConfigError for an id that the runbook does not have, PrerequisiteMissing for one that they cannot confirm.
    """
    take_up_logs(place, written.book)
    roles = signoffs_of(who)
    found = {state.item.id: state for state in progress(place, written)}
    for id_ in ids:
        if id_ not in found:
            raise ConfigError(f"{written.book.name} has no item {id_!r:.40}; golive runbook show {written.book.name} lists them")
        if (objection := confirmation_objection(found[id_], roles, who.name)) is not None:
            raise PrerequisiteMissing(objection)
    basis = basis_of(place, written)
    named = replace(place, operator=who.name)
    for id_ in dict.fromkeys(ids):
        binding = open_signoffs(found[id_], roles)[0]
        done = ok(f"confirmed by {who.name} as {binding.name}")
        record(named, written.book, basis, found[id_].item, binding, done, 0)
        told(found[id_].item, binding, done)


def confirmable(place: Place, written: WrittenRunbook, who: OperatorIdentity) -> tuple[ItemState, ...]:
    """Return the items that wait for a sign-off which this person can give."""
    roles = signoffs_of(who)
    return tuple(each for each in progress(place, written) if confirmation_objection(each, roles, who.name) is None)


def _states(place: Place, written: WrittenRunbook, found: Sequence[Result]) -> tuple[ItemState, ...]:
    """Return how far a runbook is by these results and by the sign-offs of the register."""
    signed = told_by_sign_offs(place, written.book)
    return states(written.book, still_standing(place, found), place.clock.now(), signed)


def signoffs_of(who: OperatorIdentity) -> frozenset[str]:
    """Return what this person may sign as."""
    return frozenset(str(each) for each in SignOff if SIGNS[each] in who.roles)


def _done(place: Place, binding: Binding, stage: str) -> Done:
    """Carry out a binding; what keeps it from looking is unknown, never ok."""
    try:
        return _plain(place, look(place, binding.name) if binding.kind is Kind.CHECK else MACHINE[binding.name](place, stage))
    except PrerequisiteMissing as exc:
        return _plain(place, blocked(_line(exc), "golive doctor"))
    except (GoliveError, OSError, ValueError) as exc:
        return _plain(place, unknown(f"could not be looked at: {_line(exc)}", "golive doctor"))


def _plain(place: Place, done: Done) -> Done:
    """Name files as people find them: below home."""
    here = f"{place.home}/"
    artefacts = tuple(path for path in done.artefacts if Path(path).is_file())
    return Done(done.status, done.said.replace(here, ""), done.next_command.replace(here, ""), artefacts)


def _line(exc: Exception) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0]


def _is_built(binding: Binding) -> bool:
    return binding.kind is not Kind.CHECK or is_built(binding.name)


def _loose(place: Place, item: Item, binding: Binding, done: Done) -> Result:
    return Result(item.id, binding, done.status, done.said, place.clock.now(), place.operator, done.next_command)
