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
from .live_log import NOTES, ORDER, LiveOrderLog, LogDraft, entries_backwards
from .live_segments import PATIENCE_S
from .live_verification import says_the_same
from .order_journal.row import JournalRow
from .risk_decisions import RISK_DECISION, RiskDecisions

LOOK_BACKS: Final = (200, 10_000)
"""rows before the newest one in the decision log whose decisions are looked for: a power cut may have cut the risk log earlier;
the more, and at last all, only where the oldest of the fewer is missing, since what follows it can only be missing as well
"""


class LiveProjection:
    """Repeats one order journal in both logs. Raises JournalError when it cannot, and is unusable then."""

    def __init__(self, log: LiveOrderLog, risk: RiskDecisions | None) -> None:
        self._log = log
        self._risk = risk

    @classmethod
    def open(
        cls, home: Path, signer: Signer, journal: str, risk_log: Path | None, rows: Callable[[int], Iterable[JournalRow]]
    ) -> LiveProjection:
        """Open both logs and append what they lack of the journal `journal`; `rows(after)` are its rows above a sequence.

        `risk_log` None: who decides about the orders repeats the decisions there.
        """
        log = LiveOrderLog(home, signer, journal)
        try:
            risk = None if risk_log is None else RiskDecisions(risk_log, signer, patience_s=PATIENCE_S)
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
        if self._risk is not None:
            self._risk.append([row.json("risk_body") for row in rows if row.table == "decisions"])
        self._log.append(list(drafts(rows)))

    def sync(self) -> None:
        """Make what was appended durable."""
        if self._risk is not None:
            self._risk.sync()
        self._log.sync()

    def close(self) -> None:
        """Seal both logs and give them up."""
        try:
            if self._risk is not None:
                self._risk.close()
        finally:
            self._log.close()

    def _catch_up(self, risk_log: Path | None, rows: Callable[[int], Iterable[JournalRow]]) -> None:
        for look_back in (*LOOK_BACKS, self._log.written):
            after = max(0, self._log.written - look_back)
            found = list(rows(after))
            self._require_newest(found)
            missing: Sequence[JsonObject] = ()
            is_oldest_there = True
            if risk_log is not None:
                missing, is_oldest_there = _missing(_decisions(found, is_whole=after == 0), risk_log)
            if after == 0 or is_oldest_there:
                break
        if self._risk is not None:
            self._risk.append(missing)
        self._log.append(list(drafts(found)))
        self.sync()

    def _require_newest(self, rows: Sequence[JournalRow]) -> None:
        """Raise JournalError unless the log's newest record of the journal is what the journal says in that row.

        Otherwise what is written from now on would take rows that the log has already, and be left out of it.
        """
        newest, written = self._log.newest, self._log.written
        if newest is None or any(draft.journal_seq == written and says_the_same(newest, draft) for draft in drafts(rows)):
            return
        last = rows[-1].seq if rows else 0
        what = f"ends at row {last}" if last < written else f"says something else in row {written}"
        raise JournalError(
            f"{self._log.path}: it has row {written} of {newest.body['journal']} ({newest.type}, record {newest.seq}), and that "
            f"order journal {what}: an older copy of it was put back. Restore journal and seal that are as new as this log; "
            "where there are none, trade the account under a new keychain_key, which begins a journal of its own"
        )


def _decisions(rows: Sequence[JournalRow], *, is_whole: bool) -> Sequence[JsonObject]:
    """Return the decisions of these rows, all of them or from the first one of a new order on.

    Nothing before says the same as that one, while an amendment may say again what was said of its order.
    """
    decided = [(at, row.json("risk_body")) for at, row in enumerate(rows) if row.table == "decisions"]
    if not is_whole:
        of_new = (n for n, (at, _) in enumerate(decided) if at + 1 < len(rows) and rows[at + 1].table == "intents")
        decided = decided[next(of_new, len(decided)) :]
    return [body for _, body in decided]


def _missing(decided: Sequence[JsonObject], risk_log: Path) -> tuple[Sequence[JsonObject], bool]:
    """Return those of the decisions that the log lacks, and whether it has the oldest."""
    if not decided:
        return (), False
    names = [canonical(body) for body in decided]
    wanted = Counter(names)
    for entry in entries_backwards(risk_log):
        if entry.type == RISK_DECISION:
            wanted[canonical({name: value for name, value in entry.body.items() if name != "key_class"})] -= 1
            if wanted[names[0]] <= 0:
                break
    is_oldest_there = wanted[names[0]] <= 0
    missing: list[JsonObject] = []
    for name, body in zip(reversed(names), reversed(decided), strict=True):
        if wanted[name] > 0:
            wanted[name] -= 1
            missing.insert(0, body)
    return missing, is_oldest_there


def drafts(rows: Iterable[JournalRow]) -> Iterator[LogDraft]:
    """Yield what rows say in the decision log: an order's end, and the notes that a person must find again."""
    for row in rows:
        if row.table == "ends":
            yield LogDraft(row.seq, ORDER, row.json("record"), "")
        elif row.table == "notes" and row.values["event"] in NOTES:
            yield LogDraft(row.seq, str(row.values["event"]), row.json("body"), str(row.values["operator"]))
