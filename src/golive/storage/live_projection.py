"""What an order journal's rows say in the decision log of live orders and in the risk log; a projection of its writer.

It follows the journal and never leads. What a crash kept from the logs is appended when it is opened, once and in order.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from golive.audit import canonical
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .journal_file import Signer
from .live_log import NOTES, ORDER, PATIENCE_S, LiveOrderLog, LogDraft, entries_backwards
from .order_journal.row import JournalRow
from .risk_decisions import RISK_DECISION, RiskDecisions

LOOK_BACK: Final = 10_000
"""rows before the newest one in the decision log whose decisions are looked for: a power cut may have cut the risk log earlier"""


class LiveProjection:
    """Repeats one order journal in both logs. Raises JournalError when it cannot, and is unusable then."""

    def __init__(self, log: LiveOrderLog, risk: RiskDecisions) -> None:
        self._log = log
        self._risk = risk

    @classmethod
    def open(
        cls, home: Path, signer: Signer, journal: str, risk_log: Path, rows: Callable[[int], Iterable[JournalRow]]
    ) -> LiveProjection:
        """Open both logs and append what they lack of the journal `journal`; `rows(after)` are its rows above a sequence."""
        log = LiveOrderLog(home, signer, journal)
        try:
            risk = RiskDecisions(risk_log, signer, patience_s=PATIENCE_S)
        except JournalError:
            log.close()
            raise
        projection = cls(log, risk)
        try:
            projection._catch_up(risk_log, rows)
        except BaseException:
            with contextlib.suppress(JournalError):  # the first failure is the one to tell
                projection.close()
            raise
        return projection

    def project(self, rows: Sequence[JournalRow]) -> None:
        """Append what committed rows say; durable after `sync`."""
        self._risk.append([row.json("risk_body") for row in rows if row.table == "decisions"])
        self._log.append(list(drafts(rows)))

    def sync(self) -> None:
        """Make what was appended durable."""
        self._risk.sync()
        self._log.sync()

    def close(self) -> None:
        """Seal both logs and give them up."""
        try:
            self._risk.close()
        finally:
            self._log.close()

    def _catch_up(self, risk_log: Path, rows: Callable[[int], Iterable[JournalRow]]) -> None:
        decided: list[JsonObject] = []
        ended: list[LogDraft] = []
        for row in rows(max(0, self._log.written - LOOK_BACK)):
            if row.table == "decisions":
                decided.append(row.json("risk_body"))
            ended += drafts((row,))
        wanted = Counter(canonical(body) for body in decided)  # an amendment may say again what was said of its order
        oldest = canonical(decided[0]) if decided else b""
        for entry in entries_backwards(risk_log) if decided else ():
            if entry.type == RISK_DECISION:
                wanted[canonical({name: value for name, value in entry.body.items() if name != "key_class"})] -= 1
                if wanted[oldest] <= 0:
                    break
        missing: list[JsonObject] = []
        for body in reversed(decided):
            if wanted[canonical(body)] > 0:
                wanted[canonical(body)] -= 1
                missing.insert(0, body)
        self._risk.append(missing)
        self._log.append(ended)
        self.sync()


def drafts(rows: Iterable[JournalRow]) -> Iterator[LogDraft]:
    """Yield what rows say in the decision log: an order's end, and the notes that a person must find again."""
    for row in rows:
        if row.table == "ends":
            yield LogDraft(row.seq, ORDER, row.json("record"), "")
        elif row.table == "notes" and row.values["event"] in NOTES:
            yield LogDraft(row.seq, str(row.values["event"]), row.json("body"), str(row.values["operator"]))
