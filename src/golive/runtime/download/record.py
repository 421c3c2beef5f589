"""What a venue said it does not have, kept beside the store, so that nobody asks twice for a hole that is the venue's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from golive.market.span import Span, joined
from golive.model.clock import from_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import InstrumentId
from golive.storage.files import write_atomic

from .document import RECORD, RecordedAbsence, record_document


class DownloadRecord:
    """The record of one series and one source; `empty` are the stretches in which the venue has no candles."""

    def __init__(self, root: Path, instrument: InstrumentId, timeframe: str, source: str) -> None:
        """Read it; raise ConfigError naming the file when it is none. One of another source counts as empty."""
        self._path = _record_path(root, instrument, timeframe)
        self._source = source
        self.empty: list[Span] = []
        try:
            document = json.loads(self._path.read_bytes())
            if document["schema"] != RECORD:
                raise ValueError(f"schema {document['schema']!r}")
            if document["source"] == source:
                self.empty = [Span(from_iso(first), from_iso(until)) for first, until in document["empty"]]
        except FileNotFoundError:
            return
        except OSError as exc:
            raise ConfigError(f"{self._path}: cannot be read: {exc.strerror}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigError(f"{self._path}: not a record of downloads ({exc}); remove it, it will be made anew") from exc

    def forget(self) -> None:
        """Ask for everything again."""
        self.empty = []

    def add(self, empty: Sequence[Span]) -> None:
        """Write down further stretches; raises JournalError when the file cannot be written."""
        if not empty:
            return
        self.empty = joined([*self.empty, *empty])
        document = record_document(RecordedAbsence(self._source, tuple((span.first, span.until) for span in self.empty)))
        write_atomic(self._path, json.dumps(document, indent=1).encode() + b"\n")


def remove_record(root: Path, instrument: InstrumentId, timeframe: str) -> None:
    """Forget what was noted about a series; raises JournalError when the file cannot be removed."""
    path = _record_path(root, instrument, timeframe)
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be removed: {exc.strerror}") from exc


def _record_path(root: Path, instrument: InstrumentId, timeframe: str) -> Path:
    return root / "downloads" / instrument.venue / f"{instrument.base}-{instrument.quote}" / f"{timeframe}.json"
