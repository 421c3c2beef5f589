"""What signed journals tell of and whose source is gone: sessions without a store, risk decisions that nothing else knows.

A store is removed with its seal, and then only the journals still know that there was a session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from golive.audit import Entry, Soundness
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .risk_decisions import RISK_DECISION
from .session_reader import SessionReader
from .sessions import SESSIONS
from .verified import Result, of_file


def lost_stores(home: Path, written: Mapping[tuple[JsonValue, JsonValue], Sequence[JsonObject]]) -> Iterator[Result]:
    """Yield a result for each session without a store of which the decision journal (`decision_journal.index`) has a record.

    An event without `record_seq` is no row of a store: one that comes before it is made names none. A store that cannot be read
    counts by its name; its own verification says what is wrong with it. The journal is read before this is called, and a store is
    there before the first record of its session.
    """
    told: dict[str, list[JsonObject]] = {}
    for (run, seq), bodies in written.items():
        if isinstance(run, str) and seq is not None:
            told.setdefault(run, []).extend(bodies)
    runs, unread = _present(home)
    for run, bodies in sorted(told.items()):
        if run not in runs and run[:8] not in unread:
            text = (
                f"the store of run {run} is gone, and {len(bodies)} records of the decision journal can be held against nothing; "
                "put the store and its seal back from a copy"
            )
            name = f"*_{bodies[0].get('entrypoint')}_*_{run[:8]}.sqlite"
            yield Result(home / SESSIONS / name, (of_file(Soundness.CANNOT_SAY, text),))


def unknown_decisions(
    home: Path,
    log: Path,
    risk: Iterable[Entry],
    written: Mapping[tuple[JsonValue, JsonValue], Sequence[JsonObject]],
    live: Collection[str],
) -> Iterator[Result]:
    """Yield a result for the risk log when it has decisions on orders that no store and no other journal tells of.

    `risk` are its records, `written` the decision journal (`decision_journal.index`), `live` the orders of the order journals.
    Nothing is said while a store cannot be read.
    """
    known = {body.get("client_order_id") for bodies in written.values() for body in bodies}.union(live)
    strange = [entry for entry in risk if entry.type == RISK_DECISION and entry.body.get("client_order_id") not in known]
    if not strange:
        return
    stored: set[JsonValue] = set()
    try:
        for path in (home / SESSIONS).glob("*.sqlite"):
            with closing(SessionReader(path)) as reader:
                stored.update(body.get("client_order_id") for body in reader.risk_bodies())
    except JournalError:
        return
    lost = [entry for entry in strange if entry.body.get("client_order_id") not in stored]
    if lost:
        first = lost[0]
        text = (
            f"{len(lost)} decisions, the first of {first.body.get('entrypoint')} on order {first.body.get('client_order_id')} at "
            f"{first.ts}, are told by no session store, decision journal or order journal: put back from a copy what is gone"
        )
        yield Result(log, (of_file(Soundness.CANNOT_SAY, text),))


def _present(home: Path) -> tuple[set[str], set[str]]:
    """Return the run ids of the stores that can be read, and the first digits of the others'."""
    runs, unread = set[str](), set[str]()
    for path in (home / SESSIONS).glob("*.sqlite"):
        try:
            with closing(SessionReader(path)) as reader:
                runs.add(reader.identity.run_id)
        except JournalError:
            unread.add(path.stem.rpartition("_")[2])
    return runs, unread
