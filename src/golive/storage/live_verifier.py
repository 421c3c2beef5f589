"""Verifying what live orders left: order journals, their decision log, and that journal, decision log and risk log agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain as chained
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Chain, Entry, Fault, Soundness
from golive.inputs import open_beside
from golive.model.errors import GoliveError, JournalError
from golive.model.json import JsonObject

from . import risk_decisions
from .emergency_journal import ACTIVATED
from .files import MOST_LOG
from .live_projection import drafts
from .live_segments import DIRECTORY, LOG_NAME, log_files
from .live_verification import bound_faults, differences, unknown_journals
from .lost_activations import Activation, activation
from .order_journal.database import Database
from .order_journal.place import DIRECTORY as ORDERS
from .order_journal.place import seal_path
from .order_journal.row import JournalRow, named
from .order_journal.schema import APPLICATION_ID, COLUMNS
from .order_journal.verify import looking_on, verification
from .segments import segment_end
from .verified import (
    Result,
    VerificationKeys,
    entries,
    entries_with,
    numbered_entries,
    of_file,
    verify_journal,
    verify_series,
)  # fmt: skip

LATENCY_BOUND_MS: Final = 350
_APPLICATION_ID_AT: Final = slice(68, 72)
"""where a SQLite file says what it is; source: https://www.sqlite.org/fileformat2.html#the_database_header"""


@dataclass(frozen=True, slots=True)
class LiveBounds:
    """What the configuration says about live orders, as far as a verifier needs it."""

    latency_ms: int = LATENCY_BOUND_MS
    """no order may have taken longer"""
    url: str | None = None
    """server that keeps the order journals; None: files"""


class _Sound(NamedTuple):
    """An order journal in which nothing was found."""

    path: Path
    is_closed: bool
    """its last writer ended in order, so the logs lack nothing of it"""


class LiveVerifier:
    """Verifies the live side of one installation; `risk_log` is the file that all risk decisions are repeated in."""

    def __init__(self, home: Path, keys: VerificationKeys, bounds: LiveBounds, risk_log: Path) -> None:
        self._home = home
        self._keys = keys
        self._bounds = bounds
        self._risk_log = risk_log
        self._sound: list[_Sound] = []

    def everything(self) -> list[Result]:
        """Verify log and order journals, then compare the sound ones; [] when nothing was ever sent here."""
        self._sound = []
        journals = [self.journal(path) for path in self._journals()]
        files = log_files(self._home / DIRECTORY)
        logs = self.log()
        logs = self._with_bounds(logs)
        results = [*logs, *journals]
        if all(result.soundness in (Soundness.CLEAN, Soundness.OUT_OF_BOUNDS) for result in logs):
            results += self._compared(files)
        return results

    def log(self) -> list[Result]:
        """Verify the files of the log, oldest first, by themselves."""
        return list(verify_series(log_files(self._home / DIRECTORY), self._keys))

    def bounded(self, files: Sequence[Path]) -> list[Result]:
        """Verify files of the log, oldest first, and that they keep their bounds."""
        return self._with_bounds(verify_series(files, self._keys))

    def log_file(self, path: Path) -> Result:
        """Verify one file of the log, after those before it."""
        chain = Chain(self._keys.mac)
        files = log_files(path.parent)
        position = next((number for number, other in enumerate(files) if other.name == path.name), 0)
        if position:
            try:
                chain = segment_end(files[position - 1], self._keys.mac)
            except JournalError as exc:
                return Result(path, (of_file(Soundness.TAMPERED, f"the file before it is not sound: {exc}"),))
        return verify_journal(path, self._keys, chain).with_faults(*self._bound(path, self.operators()))

    def journal(self, path: Path) -> Result:
        """Verify one order journal; with a URL the one in the server whose seal lies at `path`."""
        if self._keys.own is None:
            return Result(path, (of_file(Soundness.CANNOT_SAY, "an order journal is verified with the MAC key of its host"),))
        if self._bounds.url is None and not path.is_file():
            soundness = Soundness.TAMPERED if seal_path(path).exists() else Soundness.CANNOT_SAY
            return Result(path, (of_file(soundness, "there is no such file"),))
        try:
            with verification(path, self._keys.own, self._bounds.url) as work:
                found = tuple(of_file(Soundness.TAMPERED, text) for text in work.faults())
                rows, book, sealed = work.rows, work.book, work.sealed_seq
        except GoliveError as exc:
            return Result(path, (of_file(Soundness.CANNOT_SAY, str(exc)),))
        if not found:
            self._sound.append(_Sound(path, book.closed_at == rows))
        return Result(path, found, rows, sealed)

    def _journals(self) -> list[Path]:
        """Return where journals lie, or would lie: with a URL, or without their file, only a seal tells of them."""
        seals = {seal.with_suffix(".sqlite") for seal in (self._home / ORDERS).glob("*.seal")}
        return sorted({*(self._home / ORDERS).glob("*.sqlite"), *seals})

    def orders(self) -> frozenset[str] | None:
        """Return the orders on which anything was decided here; None when a journal cannot be read."""
        found: set[str] = set()
        try:
            for path in self._journals():
                with closing(self._open(path)) as database:
                    found.update(str(order) for (order,) in database.select("SELECT DISTINCT client_order_id FROM decisions"))
        except GoliveError:
            return None
        return frozenset(found)

    def activations(self) -> Iterator[Activation]:
        """Yield the activations of emergency mode that order journals and their log tell of; a journal in a server tells of those
        of other hosts, too, so with a URL there are none.
        """
        if self._bounds.url is not None:
            return
        for file in log_files(self._home / DIRECTORY):
            for entry in entries_with(file, ACTIVATED.encode()):
                if entry.type == ACTIVATED:
                    yield activation(file, entry.seq, entry.body)
        query = f"SELECT seq, {', '.join(COLUMNS['notes'])} FROM notes WHERE event = '{ACTIVATED}' ORDER BY seq"  # noqa: S608 (names of ours; values are bound)
        for path in self._journals():
            try:
                with closing(self._open(path)) as database:
                    found = [named(row[0], "notes", tuple(row[1:])) for row in database.select(query)]
            except GoliveError:
                continue  # `journal` tells why
            for note in found:
                yield activation(path, note.seq, note.json("body"))

    def operators(self) -> frozenset[str]:
        """Return who has opened an order journal here, or signed a note in one; none when no journal can be read."""
        known: set[str] = set()
        for path in self._journals():
            try:
                with closing(self._open(path)) as database:
                    for table in ("openings", "notes"):
                        known.update(str(name) for (name,) in database.select(f"SELECT DISTINCT operator FROM {table}"))  # noqa: S608 (names of ours; values are bound)
            except GoliveError:
                continue  # `journal` tells why
        return frozenset(known)

    def _with_bounds(self, results: Iterable[Result]) -> list[Result]:
        operators = self.operators()
        return [result.with_faults(*self._bound(result.path, operators)) for result in results]

    def _bound(self, path: Path, operators: frozenset[str]) -> Iterator[Fault]:
        return bound_faults(numbered_entries(path), self._bounds.latency_ms, operators)

    def _compared(self, files: list[Path]) -> Iterator[Result]:
        log = files[0] if files else self._home / DIRECTORY / f"{LOG_NAME}.jsonl"
        if lost := tuple(unknown_journals(_all(files), {path.stem for path in self._journals()})):
            yield Result(log, lost)
        for path, is_closed in self._sound:
            try:
                with closing(self._open(path)) as database:
                    found = [*differences(path.stem, drafts(_rows(database)), _all(files), is_closed=is_closed)]
                    risk = list(risk_decisions.compare(_risk_bodies(database), entries(self._risk_log)))
            except GoliveError as exc:
                found, risk = [of_file(Soundness.CANNOT_SAY, str(exc))], []
            found += [of_file(Soundness.TAMPERED if is_closed else Soundness.CANNOT_SAY, text) for text in risk]
            if found:
                yield Result(path, tuple(found))

    def _open(self, path: Path) -> Database:
        return looking_on(path, f"orders/{path.stem}", self._bounds.url)


def is_order_journal(path: Path) -> bool:
    """Return whether a SQLite file is an order journal, by what it says of itself; one that is gone, by where it was."""
    try:
        with open_beside(path, most=MOST_LOG) as file:
            return file.read(_APPLICATION_ID_AT.stop)[_APPLICATION_ID_AT] == APPLICATION_ID.to_bytes(4, "big")
    except OSError:
        return path.parent.name == ORDERS.name


def _all(files: Iterable[Path]) -> Iterator[Entry]:
    return chained.from_iterable(map(entries, files))


def _rows(database: Database) -> Iterator[JournalRow]:
    return (named(row.seq, row.table, row.values) for row in database.rows())


def _risk_bodies(database: Database) -> Iterator[JsonObject]:
    return (row.json("risk_body") for row in _rows(database) if row.table == "decisions")
