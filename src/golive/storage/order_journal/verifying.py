"""The process that verifies a whole journal: `python -m golive.storage.order_journal.verifying HOME JOURNAL [URL]`.

It steps back behind other processes, prints one JSON document `{rows, faults}` and ends with 0 clean, 1 tampered
or 6 cannot say; it ends at once when its standard input ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from itertools import islice
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from ..keys import SigningKeys
from .background import TAMPERED
from .quarantine import MOST_FAULTS
from .verify import verification

CLEAN, CANNOT_SAY = 0, 6
NICENESS: Final = 10
"""a tenth of the processor beside a process that wants all of it"""


def main(home: Path, journal: Path, url: str | None = None) -> int:
    """Verify `journal` with the keys of `home` and print what was found; return the exit code."""
    try:
        keys = SigningKeys.load(home)
        if keys is None:
            raise JournalError(f"{home}: the keys are not at hand")
        with verification(journal, keys, url) as work:
            found = list(islice(work.faults(), MOST_FAULTS))
            code = TAMPERED if found else CLEAN
            rows = work.rows
    except JournalError as exc:
        found, code, rows = [str(exc)], CANNOT_SAY, 0
    sys.stdout.write(json.dumps({"rows": rows, "faults": found}) + "\n")
    return code


def _end_with_the_writer() -> None:
    sys.stdin.read()
    os._exit(CANNOT_SAY)


if __name__ == "__main__":
    os.nice(NICENESS)
    threading.Thread(target=_end_with_the_writer, daemon=True).start()
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:4]))
