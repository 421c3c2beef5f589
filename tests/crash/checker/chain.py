"""The chain of the journal's rows, verified with the standard library alone: their MACs, and whose epoch they are of."""

from __future__ import annotations

import hmac
import json
from collections import Counter
from pathlib import Path

from .finding import Findings
from .journal import Journal, rows

EPOCH_AT = {"openings": 0, "decisions": 0, "intents": 1}
"""where the rows of a table name their epoch"""


def canonical(value: object) -> bytes:
    """Return RFC 8785 of texts, whole numbers below 2^53, lists and objects with plain names."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def check_journal_chain(path: Path, journal: Journal, key: bytes, findings: Findings) -> None:
    """Follow the chain from the journal's own facts to its last row."""
    previous = hmac.digest(key, b"orders|" + canonical(journal.facts), "sha256")
    expected, count, last = 1, 0, ""
    deaths: Counter[str] = Counter()
    epochs = _Epochs(findings)
    for seq, table, values, before, mac in rows(path):
        epochs.take(table, seq, values[EPOCH_AT[table]] if table in EPOCH_AT else None)
        if table == "openings" and last:
            deaths[last] += 1
        last = table
        if seq != expected:
            findings.add("chain", f"{table} {seq}: row {expected} is missing")
        kinds = "".join("i" if isinstance(value, int) else "n" if value is None else "t" for value in values)
        plain = [str(value) if isinstance(value, int) else value for value in values]
        right = hmac.digest(key, previous + canonical([table, seq, kinds, *plain]), "sha256")
        if bytes(before) != previous or bytes(mac) != right:
            findings.add("chain", f"{table} {seq}: its MAC is wrong")
        previous, expected, count = bytes(mac), seq + 1, count + 1
    findings.looked_at |= {"journal_rows": count, "last_row_of_a_life": dict(sorted(deaths.items()))}


class _Epochs:
    """Whose row each is: that of the process that opened the journal last."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._now: int | None = None

    def take(self, table: str, seq: int, epoch: int | None) -> None:
        """Look at the next row; `epoch` is None where it names none."""
        if table == "openings":
            if self._now is not None and epoch is not None and epoch <= self._now:
                self._findings.add("chain", f"openings {seq}: epoch {epoch} after {self._now}")
            self._now = epoch
        elif self._now is None:
            self._findings.add("chain", f"{table} {seq}: nobody has opened the journal")
        elif epoch is not None and epoch != self._now:
            self._findings.add("chain", f"{table} {seq}: of epoch {epoch}, while {self._now} writes")
