"""The story of an order that a person has adopted: consent, what was booked of it, its end; in journal, log and at the venue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal

from golive.audit import NO_KEYS
from golive.model.json import JsonObject
from golive.model.money import EXACT, format_decimal
from golive.model.order import OrderStatus
from golive.storage import live_segments
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.row import JournalRow

from ..live.adopted_record import ADOPTED, AdoptedOrder, adopted_orders
from .adopted_comparison import FollowedOrder
from .archive import Archive
from .journal_witness import rows_testimony, seal_of
from .places import Match
from .story import Adoption, OrderStory, Step, Testimony
from .witnesses import notes_testimony, testimony


def adopted_story(match: Match, archive: Archive, ask: Callable[[FollowedOrder], Testimony]) -> OrderStory:
    """Return the story; `ask` says what the venue has to say now. Raises JournalError when the notes cannot be read."""
    keys = SigningKeys.load(archive.home)
    seal = seal_of(match.path, keys, archive.url)
    with closing(archive.places.journal(match.path)) as reader:
        order = next(each for each in adopted_orders(reader.notes_on_foreign_orders()) if each.venue_order_id == match.adopted)
        facts = dict(reader.facts)
        journal = rows_testimony(reader.database, order.notes, keys, seal)
        store = archive.shown(match.path) if archive.url is None else reader.database.where
    files = live_segments.log_files(archive.home / live_segments.DIRECTORY)
    notes = {row.seq: row.json("body") for row in order.notes}
    newest = [row for row in order.notes if row.values["event"] == ADOPTED][-1]
    followed = FollowedOrder(
        venue_order_id=order.venue_order_id,
        adapter=facts["adapter"],
        account=facts["account"],
        environment=facts["environment"],
        instrument=order.instrument,
        adopted_at=order.adopted_at,
        is_over=order.is_over,
        status=_status(order),
        filled=order.filled,
        quantity=order.quantity,
        price=order.price,
        trades=frozenset(map(str, _list(newest, "fills"))),
    )
    return OrderStory(
        client_order_id=order.client_order_id or None,
        venue_order_id=order.venue_order_id,
        adopted=Adoption(by=order.adopted_by, at=order.adopted_at, reason=order.reason),
        source=match.source,
        store=store,
        owner=f"{facts['adapter']} {facts['account']}",
        environment=facts["environment"],
        instrument=order.instrument,
        side=order.side,
        type=None if order.price is None else "limit",
        time_in_force=None,
        route=None,
        quantity=order.quantity,
        price=order.price,
        amended_from=None,
        went_to=None,
        instead_of=None,
        status=_status(order),
        filled=order.filled,
        average_price=None,
        steps=tuple(_steps(order)),
        testimonies=(
            journal,
            testimony("risk_decisions", "not_asked", "not_judged"),
            notes_testimony(files, match.path.stem, order.venue_order_id, notes, NO_KEYS if keys is None else keys.logs),
            testimony("metrics", "not_asked", "not_counted_adopted"),
            ask(followed),
        ),
    )


def _status(order: AdoptedOrder) -> str:
    if order.is_over:
        is_part = order.end != "filled" and order.filled != "0"
        return "PARTIAL" if is_part else (order.end or "ended").upper()
    return (OrderStatus.OPEN if order.filled == "0" else OrderStatus.PARTIAL).value


def _steps(order: AdoptedOrder) -> Iterator[Step]:
    """Yield what each note says: the consent or a cancel, what was booked since the one before, and that the order is over."""
    booked: Mapping[str, Decimal] = {}
    trades: frozenset[str] = frozenset()
    is_over = False
    for row in order.notes:
        body, ts = row.json("body"), int(str(row.values["ts"]))
        told = {"event": str(row.values["event"]), "operator": str(row.values["operator"])}
        if row is order.notes[0]:
            terms = {"side": order.side, "quantity": order.quantity, "price": order.price, "filled": str(body["filled"])}
            yield Step(seq=row.seq, ts=ts, kind="note", details={**told, "reason": order.reason or None, **terms})
        elif row.values["event"] != ADOPTED:
            yield Step(seq=row.seq, ts=ts, kind="note", details=told)
            continue
        now, there = _booked(body), frozenset(map(str, _list(row, "fills")))
        moved = {asset: EXACT.subtract(amount, booked.get(asset, Decimal(0))) for asset, amount in now.items()}
        if text := ", ".join(f"{'+' if each > 0 else ''}{format_decimal(each)} {asset}" for asset, each in moved.items() if each):
            yield Step(seq=row.seq, ts=ts, kind="booking", details={"moved": text, "trade_id": ", ".join(sorted(there - trades))})
        if body["is_over"] is True and not is_over:
            result = {"result": str(body["end"]) or "ended", "filled": str(body["filled"])}
            yield Step(seq=row.seq, ts=ts, kind="end", details=result)
        booked, trades, is_over = now, there, body["is_over"] is True


def _booked(body: JsonObject) -> Mapping[str, Decimal]:
    booked = body["booked"]
    assert isinstance(booked, Mapping)
    return {asset: Decimal(str(amount)) for asset, amount in booked.items()}


def _list(row: JournalRow, name: str) -> list[object]:
    found = row.json("body")[name]
    assert isinstance(found, list)
    return [*found]
