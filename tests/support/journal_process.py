"""A process that writes until it is killed: `journal HOME` appends records, `store HOME` commits a session's records.

Each acknowledged sequence is printed on its own line the moment it is durable.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.item import EventItem, RecordItem
from golive.storage.journal_file import JournalFile
from golive.storage.risk_decisions import RiskDecisions
from golive.storage.writer import JournalWriter, Projection
from support.durable import CONTEXT, approval, new_store, note, signer_of


def write_journal(home: Path) -> None:
    held = JournalFile.open(home / "log.jsonl", "log", signer_of(home))
    while True:
        _tell(held.append("note", {"text": "x" * 200}, "anna").seq)


async def write_store(home: Path) -> None:
    store, signer = new_store(home), signer_of(home)
    projections: list[Projection] = [
        TradingDecisionJournal(home, signer, CONTEXT),
        RiskDecisions(home / "logs/risk_decisions.jsonl", signer),
    ]
    loop = asyncio.get_running_loop()
    writer = JournalWriter(store, projections, loop=loop, on_durable=_tell, on_failure=lambda error: os._exit(9))
    writer.start()
    seq = 0
    while True:
        seq += 1
        writer.submit([EventItem(seq, "note", b"x" * 100), RecordItem(approval(seq) if seq % 2 else note(seq))])
        await asyncio.sleep(0.0005)


def _tell(seq: int) -> None:
    os.write(1, b"%d\n" % seq)


if __name__ == "__main__":
    task, folder = sys.argv[1], Path(sys.argv[2])
    if task == "journal":
        write_journal(folder)
    else:
        asyncio.run(write_store(folder))
