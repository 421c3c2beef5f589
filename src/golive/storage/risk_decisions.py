"""`risk_decisions.jsonl`: the risk decisions of the session stores, repeated in a signed file, and their comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from golive.audit import Entry, canonical
from golive.model.json import JsonObject, JsonValue

from .journal_file import LOCK_PATIENCE_S, JournalFile, Signer
from .session_store import StoredRecord

LOG_NAME: Final = "risk_decisions"
RISK_DECISION: Final = "risk_decision"
RECORDS_PER_LOCK: Final = 250
"""others who share the file wait no longer than it takes to write so many"""


class RiskDecisions:
    """Writes one session's risk decisions; a `Projection` of the journal writer. Processes may share the file."""

    def __init__(self, path: Path, signer: Signer, *, patience_s: float = LOCK_PATIENCE_S) -> None:
        self._signer = signer
        self._journal = JournalFile.open(
            path, LOG_NAME, signer, seal_path=path.with_suffix(".seal.json"), held=False, patience_s=patience_s
        )

    def project(self, records: Sequence[StoredRecord]) -> None:
        """Append the decisions among the records; durable after `sync`. Raises JournalError."""
        self.append([record.risk_body for record in records if record.risk_body is not None])

    def append(self, bodies: Sequence[JsonObject]) -> None:
        """Append the bodies of decisions; durable after `sync`. Raises JournalError."""
        for start in range(0, len(bodies), RECORDS_PER_LOCK):
            some = bodies[start : start + RECORDS_PER_LOCK]
            self._journal.append_all([(RISK_DECISION, body, self._signer.operator) for body in some], durable=False)

    def sync(self) -> None:
        """Make what was appended durable."""
        self._journal.sync()

    def close(self) -> None:
        """Seal the file and give it up."""
        try:
            self._journal.seal()
        finally:
            self._journal.close()


def compare(stored: Iterable[JsonObject], entries: Iterable[Entry]) -> Iterator[str]:
    """Yield each difference between the decisions of one session store and the journal's records.

    `stored` are the store's risk bodies, `entries` the whole journal. A decision must stand in the file exactly once, word
    for word; client order id and decision sequence together name it, and an amendment may share its order's name.
    """
    written = _by_name(
        {name: value for name, value in entry.body.items() if name != "key_class"}
        for entry in entries
        if entry.type == RISK_DECISION
    )
    for key, bodies in _by_name(stored).items():
        found = written.get(key, [])
        name = f"decision {key[1]} ({key[0]})"
        if len(found) < len(bodies):
            yield f"{name}: is missing from the file"
        elif len(found) > len(bodies):
            yield f"{name}: stands {len(found)} times in the file"
        elif sorted(found) != sorted(bodies):
            yield f"{name}: the file says something else than the store"


def _by_name(bodies: Iterable[JsonObject]) -> dict[tuple[JsonValue, JsonValue], list[bytes]]:
    named: dict[tuple[JsonValue, JsonValue], list[bytes]] = {}
    for body in bodies:
        named.setdefault(decision_name(body), []).append(canonical(body))
    return named


def decision_name(body: JsonObject) -> tuple[JsonValue, JsonValue]:
    """Return what names a decision across sessions: client order id and decision sequence."""
    return body.get("client_order_id"), body.get("decision_seq")
