"""What a runbook leaves in the decision log of each stage: one record for each binding that was carried out or confirmed.

The log is the only memory of how far a runbook is: what it has and is fresh is not done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from golive.audit import Entry
from golive.model.clock import from_iso
from golive.model.json import JsonObject
from golive.readiness.finding import Status
from golive.readiness.runbook import Binding, Item, Kind, Runbook
from golive.readiness.runbook_progress import Basis, Result
from golive.storage.decision_step import record_step, recorded_steps, take_up

from ..host_signer import host_signer
from .place import Done, Place

Steps = Callable[[Path, str], Sequence[Entry]]
"""returns the steps in the log of a stage"""


def record(
    place: Place, book: Runbook, basis: Basis, item: Item, binding: Binding, done: Done, latency_ms: int, *, sign_off: str = ""
) -> None:
    """Append what became of a binding, in the name of `place.operator`; durable on return. Raises JournalError.

    `sign_off` is the id of the sign-off that was read, '' where somebody or something said it here.
    """
    body: JsonObject = {
        "name": book.name,
        "item": item.id,
        "kind": str(binding.kind),
        "bound_to": binding.name,
        "said": done.said,
        "next_command": done.next_command,
        **basis._asdict(),
    }
    if sign_off:
        body = {**body, "sign_off": sign_off}
    signer = host_signer(place.home, place.clock, place.operator)
    step = f"{book.name}/{item.id}/{binding.name}"
    record_step(place.home, signer, step, done.status, latency_ms, done.artefacts, stage=item.stage, runbook=body)


def take_up_logs(place: Place, book: Runbook) -> None:
    """Mend the logs of a runbook where their last writer was killed, so that it goes on. Raises JournalError."""
    for stage in sorted({item.stage for item in book.items}):
        take_up(place.home, stage, host_signer(place.home, place.clock, place.operator))


def results(place: Place, book: Runbook, basis: Basis, steps: Steps = recorded_steps) -> tuple[Result, ...]:
    """Return what the logs have of a runbook on this basis, oldest first. Raises JournalError for a log that is not sound."""
    stages = sorted({item.stage for item in book.items})
    return tuple(result for stage in stages for result in _in(steps(place.home, stage), book, basis))


def _in(entries: Iterable[Entry], book: Runbook, basis: Basis) -> Iterator[Result]:
    wanted = {"name": book.name, **basis._asdict()}
    for entry in entries:
        body = entry.body.get("runbook")
        if isinstance(body, dict) and all(body.get(name) == value for name, value in wanted.items()):
            yield _result(entry, body)


def _result(entry: Entry, body: JsonObject) -> Result:
    binding = Binding(Kind(str(body["kind"])), str(body["bound_to"]))
    status, said = Status(str(entry.body["status"])), str(body["said"])
    command, sign_off = str(body["next_command"]), str(body.get("sign_off", ""))
    return Result(str(body["item"]), binding, status, said, from_iso(entry.ts), entry.operator, command, sign_off)
