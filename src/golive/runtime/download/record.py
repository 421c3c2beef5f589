"""What is known of a source beside its candles: the holes that are the venue's own, so that nobody asks twice for them, and the
stretches of downloads that have not ended by themselves, so that the next one goes on where the user wanted to begin.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from golive.inputs import parse_json, read_beside
from golive.market.span import Span, joined, without
from golive.model.clock import from_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import InstrumentId
from golive.storage.files import write_atomic

from .document import RECORD, Recorded, record_document


class DownloadRecord:
    """The record of one series and one source.

    `empty` are the stretches in which the venue has no candles, `unfinished` those of downloads that were cut short.
    """

    def __init__(self, root: Path, instrument: InstrumentId, timeframe: str, source: str) -> None:
        """Read it; raise ConfigError naming the file when it is none. One of another source counts as empty."""
        self._path = _record_path(root, instrument, timeframe)
        self._source = source
        self.empty: list[Span] = []
        self.unfinished: list[Span] = []
        try:
            document: Any = parse_json(read_beside(self._path))
            if document["schema"] != RECORD:
                raise ValueError(f"schema {document['schema']!r}")
            if document["source"] == source:
                self.empty = _spans(document["empty"])
                self.unfinished = _spans(document.get("unfinished", []))  # older records have none
        except FileNotFoundError:
            return
        except OSError as exc:
            raise ConfigError(f"{self._path}: cannot be read: {exc.strerror}") from exc
        except (ValueError, KeyError, TypeError) as exc:
            raise ConfigError(f"{self._path}: not a record of downloads ({exc}); remove it, it will be made anew") from exc

    def forget(self) -> None:
        """Ask for everything again."""
        self.empty = []

    def begin(self, whole: Span) -> None:
        """Write down that a stretch is to be fetched; raises JournalError when the file cannot be written."""
        self._note(self.empty, joined([*self.unfinished, whole]))

    def add(self, empty: Sequence[Span]) -> None:
        """Write down further stretches without candles; raises JournalError as `begin`."""
        self._note(joined([*self.empty, *empty]) if empty else self.empty, self.unfinished)

    def finish(self, whole: Span) -> None:
        """Write down that a stretch is fetched; raises JournalError as `begin`."""
        self._note(self.empty, without(self.unfinished, [whole]))

    def _note(self, empty: list[Span], unfinished: list[Span]) -> None:
        if (empty, unfinished) == (self.empty, self.unfinished):
            return
        document = record_document(Recorded(self._source, _rows(empty), _rows(unfinished)))
        write_atomic(self._path, json.dumps(document, indent=1).encode() + b"\n")
        self.empty, self.unfinished = empty, unfinished


def remove_record(root: Path, instrument: InstrumentId, timeframe: str) -> None:
    """Forget what was noted about a series; raises JournalError when the file cannot be removed."""
    path = _record_path(root, instrument, timeframe)
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be removed: {exc.strerror}") from exc


def _record_path(root: Path, instrument: InstrumentId, timeframe: str) -> Path:
    return root / "downloads" / instrument.venue / f"{instrument.base}-{instrument.quote}" / f"{timeframe}.json"


def _spans(rows: Sequence[Sequence[str]]) -> list[Span]:
    return [Span(from_iso(first), from_iso(until)) for first, until in rows]


def _rows(spans: Sequence[Span]) -> tuple[tuple[int, int], ...]:
    return tuple((span.first, span.until) for span in spans)
