"""What the files beside the store say about one order: risk log, decision log or journal, metrics of its route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from golive.audit import Entry, MacKeys, canonical
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.storage.decision_journal import DECISION_EVENT, compare, index
from golive.storage.journal_search import FoundRecord, find_records
from golive.storage.live_log import ORDER
from golive.storage.live_verification import ADDED
from golive.storage.risk_decisions import RISK_DECISION, decision_name
from golive.storage.session_store import StoredRecord

from .story import State, Testimony, Witness


def risk_testimony(path: Path, order: str, stored: Sequence[JsonObject], mac_keys: MacKeys) -> Testimony:
    """Return whether each decision about the order (`stored` bodies) stands in the risk log once, word for word."""
    witness: Witness = "risk_decisions"
    found = _found([path], order, RISK_DECISION, mac_keys)
    if isinstance(found, str):
        return testimony(witness, "missing", "cannot_be_read", problem=found)
    if bad := _bad(witness, found):
        return bad
    told, lacking = [*map(_entry, found)], []
    for body in stored:  # an amendment may share its order's name, and may even say the same
        same = next((each for each in told if _decided(each) == canonical(body)), None)
        if same is None:
            lacking.append(body)
        else:
            told.remove(same)
    if lacking:
        named = next((each for each in told if decision_name(each.body) == decision_name(lacking[0])), None)
        if named is not None:
            return testimony(witness, "corrupt", "says_otherwise", seq=str(named.seq), file=path.name)
        number = str(lacking[0].get("decision_seq"))
        return testimony(witness, "missing", "decision_not_there", decision=number, file=path.name)
    if told:
        if _decided(told[0]) in map(canonical, stored):
            return testimony(witness, "corrupt", "repeated", file=path.name)
        return testimony(witness, "corrupt", "not_in_store", seq=str(told[0].seq), file=path.name)
    return _agrees(witness, found)


def _decided(entry: Entry) -> bytes:
    return canonical({name: value for name, value in entry.body.items() if name != "key_class"})


def log_testimony(files: Iterable[Path], order: str, record: JsonObject | None, mac_keys: MacKeys) -> Testimony:
    """Return whether the decision log of live orders has the order's one record; `record` is the store's, None: not ended."""
    witness: Witness = "decision_log"
    found = _found(files, order, ORDER, mac_keys)
    if isinstance(found, str):
        return testimony(witness, "missing", "cannot_be_read", problem=found)
    if bad := _bad(witness, found):
        return bad
    if not found:
        return testimony(witness, "pending", "not_ended") if record is None else testimony(witness, "missing", "end_not_there")
    entry, file = _entry(found[0]), found[0].path.name
    if len(found) > 1:
        return testimony(witness, "corrupt", "repeated", file=file)
    if record is None:
        return testimony(witness, "corrupt", "not_in_store", seq=str(entry.seq), file=file)
    if canonical(record) != canonical({name: entry.body[name] for name in record if name in entry.body}):
        return testimony(witness, "corrupt", "says_otherwise", seq=str(entry.seq), file=file)
    return _agrees(witness, found)


def notes_testimony(
    files: Iterable[Path], journal: str, subject: str, notes: Mapping[int, JsonObject], mac_keys: MacKeys
) -> Testimony:
    """Return whether the decision log of live orders has each of these notes, by row of `journal`, once and word for word."""
    witness: Witness = "decision_log"
    found = _holding(files, f'"subject":{canonical(subject).decode()}', mac_keys)
    if isinstance(found, str):
        return testimony(witness, "missing", "cannot_be_read", problem=found)
    if bad := _bad(witness, found):
        return bad
    told = [each for each in found if _entry(each).body.get("journal") == journal and _entry(each).body.get("subject") == subject]
    by_row = {_entry(each).body.get("journal_seq"): each for each in told}
    if len(by_row) < len(told):
        return testimony(witness, "corrupt", "repeated", file=told[0].path.name)
    for row, body in notes.items():
        record = by_row.pop(row, None)
        if record is None:
            return testimony(witness, "missing", "note_not_there", row=str(row))
        if canonical(body) != canonical({name: value for name, value in _entry(record).body.items() if name not in ADDED}):
            return testimony(witness, "corrupt", "says_otherwise", seq=str(_entry(record).seq), file=record.path.name)
    for record in by_row.values():
        return testimony(witness, "corrupt", "not_in_store", seq=str(_entry(record).seq), file=record.path.name)
    return _agrees(witness, told)


def journal_testimony(
    files: Iterable[Path], order: str, run_id: str, stored: Sequence[StoredRecord], mac_keys: MacKeys
) -> Testimony:
    """Return whether the decision journal of sessions has each record about the order (`stored`, with its signal's) once and as
    stored, and no other that names it.
    """
    witness: Witness = "decision_journal"
    found = _holding(files, f'"run_id":"{run_id}"', mac_keys)
    if isinstance(found, str):
        return testimony(witness, "missing", "cannot_be_read", problem=found)
    if bad := _bad(witness, found):
        return bad
    own = [each for each in found if _entry(each).type == DECISION_EVENT and _entry(each).body.get("run_id") == run_id]
    numbers = {record.record_seq for record in stored}
    about = [each for each in own if _entry(each).body.get("record_seq") in numbers]
    named = next((each for each in own if each not in about and _entry(each).body.get("client_order_id") == order), None)
    if named is not None:
        return testimony(witness, "corrupt", "not_in_store", seq=str(_entry(named).seq), file=named.path.name)
    if not about:
        return testimony(witness, "missing", "order_not_there")
    written = index(map(_entry, about))
    for record in stored:
        if any(compare(run_id, [record], written)):
            told = [each for each in about if _entry(each).body.get("record_seq") == record.record_seq]
            if not told:
                return testimony(witness, "missing", "record_not_there", record=str(record.record_seq), event=record.event)
            if len(told) > 1:
                return testimony(witness, "corrupt", "repeated", file=told[1].path.name)
            return testimony(witness, "corrupt", "says_otherwise", seq=str(_entry(told[0]).seq), file=told[0].path.name)
    return _agrees(witness, about)


def metrics_testimony(path: Path, exchange: str, route: str, result: str | None, ended: int, now: int) -> Testimony:
    """Return whether the metrics file has counted an order of this route.

    `result` is how the order ended, None: it has not; `ended` is how many of its account's journal have ended so: fewer in the
    file are behind, which may be until its next writing, and is what a crash leaves. `now` is the wall clock, ns.
    """
    witness: Witness = "metrics"
    try:
        text, written = path.read_text(encoding="utf-8"), path.stat().st_mtime_ns
    except FileNotFoundError:
        return testimony(witness, "missing", "no_metrics", file=path.name)
    except (OSError, UnicodeDecodeError) as exc:
        return testimony(witness, "corrupt", "cannot_be_read", problem=str(exc))
    counts = dict(_orders_total(text, exchange, route))
    if not counts:
        return testimony(witness, "missing", "route_not_there", file=path.name, route=route, exchange=exchange)
    if result is not None and not counts.get(result):
        return testimony(witness, "missing", "not_counted", file=path.name, route=route, exchange=exchange, status=result)
    if result is not None and counts[result] < ended:
        told = {"status": result, "count": str(counts[result]), "ended": str(ended)}
        return testimony(witness, "behind", "counts_are_behind", route=route, exchange=exchange, file=path.name, **told)
    total = ", ".join(f"{result} {count}" for result, count in counts.items() if count) or "0"
    age = f"{max(0, now - written) / SECOND:.0f}"
    return testimony(witness, "ok", "route_counts", route=route, exchange=exchange, orders=total, age_s=age, file=path.name)


def _orders_total(text: str, exchange: str, route: str) -> Iterator[tuple[str, int]]:
    from prometheus_client.parser import text_string_to_metric_families

    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = sample.labels
            if sample.name == "live_orders_total" and (labels.get("exchange"), labels.get("route")) == (exchange, route):
                yield labels["result"], round(sample.value)


def logs_that_know(files: Iterable[Path], name: str) -> list[Path]:
    """Return the logs that have a record of an order whose id begins with `name`. JournalError when one cannot be read."""
    return [path for path in files if path.exists() and any(find_records(path, f'"client_order_id":"{name}', {}))]


def _found(files: Iterable[Path], order: str, type_: str, mac_keys: MacKeys) -> list[FoundRecord] | str:
    """Return the records of a type that name the order, unreadable ones among them; the problem when a file cannot be read."""
    found = _holding(files, f'"client_order_id":"{order}"', mac_keys)
    return found if isinstance(found, str) else [each for each in found if each.entry is None or each.entry.type == type_]


def _holding(files: Iterable[Path], text: str, mac_keys: MacKeys) -> list[FoundRecord] | str:
    try:
        return [record for path in files for record in find_records(path, text, mac_keys)]
    except JournalError as exc:
        return str(exc)


def _bad(witness: Witness, found: Sequence[FoundRecord]) -> Testimony | None:
    for record in found:
        if record.fault:
            seq = "?" if record.entry is None else str(record.entry.seq)
            return testimony(witness, "corrupt", "bad_record", seq=seq, file=record.path.name, problem=record.fault)
    return None


def _entry(found: FoundRecord) -> Entry:
    assert found.entry is not None  # `_bad` has told of those that are none
    return found.entry


def _agrees(witness: Witness, found: Sequence[FoundRecord]) -> Testimony:
    seqs = ", ".join(str(_entry(each).seq) for each in found)
    files = ", ".join(sorted({each.path.name for each in found}))
    if all(each.is_checked for each in found):
        return testimony(witness, "ok", "agrees", seq=seqs, file=files)
    return testimony(witness, "unknown", "agrees_unchecked", seq=seqs, file=files)


def testimony(witness: Witness, state: State, says: str, **details: str) -> Testimony:
    """Return what a witness says, by the name of one of the sentences of `words.py` and what fills it in."""
    return Testimony(witness=witness, state=state, says=says, details=details)
