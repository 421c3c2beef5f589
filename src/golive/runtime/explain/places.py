"""Where an order is written down, ours or adopted: the order journals of all accounts, and the stores of all sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

from golive.model.errors import GoliveError
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.storage.order_journal.place import DIRECTORY
from golive.storage.order_journal.reader import OrderJournalReader
from golive.storage.order_journal.verify import looking_on
from golive.storage.session_orders import find_orders, neighbours
from golive.storage.session_reader import OtherVersion, SessionReader
from golive.storage.sessions import SESSIONS, session_stores

from ..live.adopted_record import adopted_orders

T = TypeVar("T")
Source: TypeAlias = Literal["order_journal", "session"]
SHORTEST: Final = 6
"""characters of an id that are enough to look for"""
NEAREST: Final = 3


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """An order that is meant, and where its rows are."""

    client_order_id: ClientOrderId
    """of an adopted order the one it was placed with, '' for none"""
    source: Source
    path: Path
    adopted: VenueOrderId | Literal[""] = ""
    """its venue's id, of an order that was not placed by us; '' for ours"""

    @property
    def name(self) -> str:
        """Return the id by which it is found again."""
        return self.adopted or self.client_order_id


class OrderPlaces:
    """All places of one installation. `problems` tells which of them could not be read when they were asked."""

    def __init__(self, home: Path, url: str | None) -> None:
        self._home = home
        self._url = url
        self.problems: list[str] = []

    def find(self, name: str) -> list[Match]:
        """Return the orders whose client order id begins with `name`, or whose venue order id it is; each order once."""
        found: dict[tuple[str, str], Match] = {}

        def in_journal(reader: OrderJournalReader) -> Iterator[tuple[ClientOrderId, VenueOrderId | Literal[""]]]:
            for order in reader.find(name):
                yield order, ""
            for each in adopted_orders(reader.notes_on_foreign_orders()):
                if each.venue_order_id == name or each.client_order_id.startswith(name):
                    yield ClientOrderId(each.client_order_id), each.venue_order_id

        def in_session(store: SessionReader) -> Iterator[tuple[ClientOrderId, VenueOrderId | Literal[""]]]:
            return ((order, "") for order in find_orders(store, name))

        for path, orders in self._asked(in_journal, in_session):
            source: Source = "session" if path.parent == self._home / SESSIONS else "order_journal"
            for order, adopted in orders:
                found.setdefault((order, f"{path.stem} {adopted}" if adopted else ""), Match(order, source, path, adopted))
        return sorted(found.values())

    def nearest(self, name: str) -> list[ClientOrderId]:
        """Return the client order ids that have most of their beginning in common with `name`, at most three."""
        asked = self._asked(lambda reader: neighbours(reader.database.select, name), lambda store: neighbours(store.query, name))
        ids = {order for _, orders in asked for order in orders}
        return sorted(ids, key=lambda each: (-_common(each, name), each))[:NEAREST]

    def journals(self) -> list[Path]:
        """Return where the order journals of all accounts lie, or would lie without a server."""
        directory = self._home / DIRECTORY
        seals = {seal.with_suffix(".sqlite") for seal in directory.glob("*.seal")}
        return sorted({*directory.glob("*.sqlite"), *seals})

    def journal(self, path: Path) -> OrderJournalReader:
        """Look into the order journal that lies at `path`, or in the server when there is one."""
        return OrderJournalReader(looking_on(path, f"orders/{path.stem}", self._url))

    def _asked(
        self,
        of_journal: Callable[[OrderJournalReader], Iterable[T]],
        of_session: Callable[[SessionReader], Iterable[T]],
    ) -> Iterator[tuple[Path, list[T]]]:
        """Ask every place; one that cannot be read is among the problems instead."""
        self.problems = []
        for path in self.journals():
            try:
                with closing(self.journal(path)) as reader:
                    orders = list(of_journal(reader))
            except GoliveError as exc:
                self.problems.append(str(exc))
                continue
            yield path, orders
        for path in session_stores(self._home):
            try:
                with closing(SessionReader(path)) as store:
                    orders = list(of_session(store))
            except OtherVersion:
                continue
            except GoliveError as exc:
                self.problems.append(str(exc))
                continue
            yield path, orders


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
