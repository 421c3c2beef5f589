"""The logs that are projected from the journal: their chains, and that they say what its rows say, each once, and nothing else."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from .chain import canonical
from .finding import Findings
from .journal import Journal, connect
from .keys import Keys

RISK, DECISION, ORDER = "risk", "risk_decision", "order"
NOTES = (
    "baseline", "adopted", "left", "canceled_foreign", "absence_signed", "reappeared", "symbol_frozen", "symbol_released",
    "degraded_to_paper", "fell_back", "emergency_mode_activated", "emergency_mode_cleared",
)  # fmt: skip
"""events of the journal's notes that stand in the decision log"""
OF_THE_FILE = ("header", "segment_opened", "segment_closed", "key_evolved", "tail_cut")
"""types of records that are about the file itself"""
ADDED = ("key_class", "journal", "journal_seq")
"""what a record has beside what the journal says"""


class Said(NamedTuple):
    """What one row of a journal says in a log. A decision has no `seq` there, a record without an operator of its own none."""

    seq: int
    type: str
    operator: str
    body: bytes


def check_logs(
    logs: Sequence[Path], path: Path, journal: Journal, beside: frozenset[str], keys: Keys, findings: Findings
) -> None:
    """Check each of the `logs`; the journals `beside` this one may be repeated there too, by their names."""
    for log in logs:
        is_risk = RISK in log.name
        expected = Counter(_decisions(path) if is_risk else _ends_and_notes(path))
        records = _records(log, keys, findings) if log.exists() else []
        of = {name.partition("_")[0]: name for name in (journal.name, *beside)}
        found: Counter[Said] = Counter()
        last = 0
        for record in records:
            if record["type"] in OF_THE_FILE:
                continue
            body = record["body"]
            whose = of.get(str(body.get("instrument")).partition(":")[0]) if is_risk else body.get("journal")
            if whose not in of.values():
                findings.add("projection", f"{log.name} record {record['seq']}: {record['type']} of {whose}, which is not here")
            elif whose == journal.name:
                said = _said(record)
                found[said] += 1
                if said.seq < last:
                    findings.add("projection", f"{log.name} record {record['seq']}: row {said.seq} after row {last}")
                last = said.seq
        for said, times in (expected - found).items():
            findings.add("projection", f"{log.name}: lacks {said.type} of row {said.seq}: {said.body.decode()}", times)
        for said, times in (found - expected).items():
            findings.add("projection", f"{log.name}: has {said.type} of row {said.seq}: {said.body.decode()}", times)
        findings.looked_at[log.name] = len(records)


def _said(record: dict[str, Any]) -> Said:
    body = {field: value for field, value in record["body"].items() if field not in ADDED}
    operator = record["operator"] if record["type"] in NOTES else ""
    return Said(record["body"].get("journal_seq", 0), record["type"], operator, canonical(body))


def _decisions(path: Path) -> Iterator[Said]:
    with closing(connect(path)) as connection:
        for (body,) in connection.execute("SELECT risk_body FROM decisions ORDER BY seq"):
            yield Said(0, DECISION, "", canonical(json.loads(body)))


def _ends_and_notes(path: Path) -> Iterator[Said]:
    with closing(connect(path)) as connection:
        for seq, record in connection.execute("SELECT seq, record FROM ends"):
            yield Said(seq, ORDER, "", canonical(json.loads(record)))
        for seq, event, operator, body in connection.execute("SELECT seq, event, operator, body FROM notes"):
            if event in NOTES:
                yield Said(seq, event, operator, canonical(json.loads(body)))


def _records(log: Path, keys: Keys, findings: Findings) -> list[dict[str, Any]]:
    """Return the records of a log, as far as it can be read, and follow its chain."""
    records: list[dict[str, Any]] = []
    previous, expected = "", 1
    for number, line in enumerate(log.read_bytes().splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            break  # torn, never acknowledged
        try:
            entry = json.loads(line)
        except ValueError:
            findings.add("chain", f"{log.name} line {number}: is no record")
            break
        mac = entry.pop("mac")
        right = hmac.digest(keys.of(entry.get("key_id", "")), canonical(entry), "sha256").hex()
        if mac != right or entry["seq"] != expected or (number > 1 and entry["prev"] != previous):
            findings.add("chain", f"{log.name} line {number}: the chain is broken")
        previous, expected = mac, entry["seq"] + 1
        records.append(entry)
    return records
