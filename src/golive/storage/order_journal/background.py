"""Verifying a whole journal beside its writer, in a process of its own that steps back behind others.

The process is `verifying.py`; it ends when its standard input does, so it never outlives the writer.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.model.redaction import harmless_environment

TAMPERED: Final = 1
"""exit code of the process that found faults"""


class JournalTampered(JournalError):
    """A whole verification found `faults`."""

    def __init__(self, journal: Path, faults: list[str]) -> None:
        super().__init__(f"{journal}: {'; '.join(faults)}; stop trading, restore journal and seal from one backup")
        self.faults = faults


class BackgroundVerification:
    """One verification that runs; `on_fault(error)` is called on a thread of its own when the journal is not sound."""

    def __init__(self, home: Path, journal: Path, url: str | None, on_fault: Callable[[JournalError], None]) -> None:
        self._journal = journal
        self._on_fault = on_fault
        self._stopped = False
        command = [sys.executable, "-m", "golive.storage.order_journal.verifying", str(home), str(journal)]
        command += [] if url is None else [url]
        try:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=harmless_environment(os.environ, keep=("PG",)),
            )
        except OSError as exc:
            raise JournalError(f"{journal}: cannot start its verification: {exc.strerror}") from exc
        self._thread = threading.Thread(target=self._watch, name="order-journal-verification", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the verification, whatever it has found; harmless when it has ended."""
        self._stopped = True
        self._process.kill()
        self._thread.join()

    def wait(self, timeout_s: float) -> bool:
        """Wait until it has ended; return whether it has."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _watch(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        said, complaint = self._process.stdout.read(), self._process.stderr.read()
        code = self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        if code == 0 or self._stopped:
            return
        faults = [str(each) for each in json.loads(said)["faults"]] if said else []
        if code == TAMPERED:
            self._on_fault(JournalTampered(self._journal, faults))
        else:
            problem = "; ".join(faults) or complaint[-500:]
            self._on_fault(JournalError(f"{self._journal}: it could not be verified (exit {code}): {problem}; start again"))
