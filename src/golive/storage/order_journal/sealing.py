"""A seal that is made beside the journal's thread: writing a snapshot of many orders takes longer than an order may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable

from golive.model.errors import JournalError


class Sealing:
    """One seal on its way; `seq` is the row it goes up to, `make` writes it and returns its document."""

    def __init__(self, seq: int, make: Callable[[], str]) -> None:
        self.seq = seq
        self._make = make
        self._document = ""
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="order-journal-seal", daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        return not self._thread.is_alive()

    def wait(self) -> None:
        """Return when nothing is written any more, however it ended."""
        self._thread.join()

    def document(self) -> str:
        """Wait for it and return the seal's document; raise JournalError when it could not be made."""
        self.wait()
        if self._failure is not None:
            raise JournalError(f"the seal up to row {self.seq} failed: {self._failure}") from self._failure
        return self._document

    def _run(self) -> None:
        try:
            self._document = self._make()
        except Exception as exc:  # noqa: BLE001 - `document` tells it to the journal's thread
            self._failure = exc
