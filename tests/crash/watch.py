"""Looks at a venue's ledger all the time, and writes down what works there and what its dead-man's switch has canceled."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.venue_process import VenueProcess

LOOK_S = 0.05
WORKING = ("live", "partially_filled")


class Watch:
    """One per venue; `rows` is what it writes, see `crash.checker.switch`."""

    def __init__(self, venue: VenueProcess, path: Path) -> None:
        self._venue = venue
        self._path = path
        self._lock = threading.Lock()
        self._last: dict[str, list[str]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def note(self, event: str) -> None:
        """Write down what has just been done to the bot, or seen of it."""
        self._write({"event": event})

    def look(self) -> list[str]:
        """Look now; return the ids that work."""
        orders = self._venue.orders()
        seen = {
            "working": sorted(row["client_order_id"] for row in orders if row["state"] in WORKING),
            "switched": sorted(row["client_order_id"] for row in orders if row["ended"] == "switch"),
            "gone": sorted(row["client_order_id"] for row in orders if row["state"] not in WORKING and row["ended"] != "switch"),
        }
        if seen != self._last:
            self._last = seen
            self._write({"event": "look", **seen})
        return seen["working"]

    def _write(self, row: dict[str, Any]) -> None:
        with self._lock, self._path.open("a") as file:
            file.write(json.dumps({"at": time.monotonic_ns(), **row}) + "\n")

    def _go_on(self) -> None:
        while not self._over.wait(LOOK_S):
            self.look()

    @contextmanager
    def running(self) -> Iterator[Watch]:
        self._thread.start()
        try:
            yield self
        finally:
            self._over.set()
            self._thread.join()
            self.look()
