"""The story of an order that was to leave: rows of its account's journal, their MACs, decision log, risk log, metrics, venue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from decimal import Decimal

from golive.audit import NO_KEYS
from golive.model.ids import ClientOrderId
from golive.model.instrument import ASSET_SCALE
from golive.model.money import EXACT, format_decimal, format_units
from golive.storage import live_segments
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.reader import OrderJournalReader
from golive.storage.order_journal.row import JournalRow

from .archive import Archive, Owner, assembled, risk_bodies
from .emergency_cause import Stopped, Told, cause_of, standing_activation, stopped_at
from .fallback import MAY_GO_ELSEWHERE, destination, origin
from .journal_witness import rows_testimony, seal_of
from .places import Match
from .standing import Standing, standing_of
from .steps import Grid, steps_of
from .story import OrderStory, Testimony
from .venue_comparison import SentOrder, terms_of
from .witnesses import log_testimony, metrics_testimony, risk_testimony


def live_story(match: Match, archive: Archive, ask: Callable[[SentOrder], Testimony]) -> OrderStory:
    """Return the story; `ask` says what the venue has to say now. Raises JournalError when the rows cannot be read."""
    order, keys = match.client_order_id, SigningKeys.load(archive.home)
    mac_keys = NO_KEYS if keys is None else keys.logs
    seal = seal_of(match.path, keys, archive.url)
    with closing(archive.places.journal(match.path)) as reader:
        rows, facts = reader.order(order), dict(reader.facts)
        stopped = stopped_at(rows, wall_clock=True)
        activation = None if stopped is None else _activation(reader, stopped)
        told = None if stopped is None or activation is None else cause_of(archive.home, _told(activation, rows), stopped)
        if told is not None and activation is not None:  # the row is one of the chain
            rows = tuple(sorted((*rows, activation)))
        witnesses = [rows_testimony(reader.database, rows, keys, seal)]
        standing = standing_of(rows, grid := _grid_of(rows))
        result = None if standing.record is None else str(standing.record["result"])
        ended = 0 if standing.route is None or result is None else reader.ended(standing.route, result)
        store = archive.shown(match.path) if archive.url is None else reader.database.where
    files = live_segments.log_files(archive.home / live_segments.DIRECTORY)
    witnesses.append(risk_testimony(archive.risk_log, order, risk_bodies(rows), mac_keys))
    if standing.route is not None:
        witnesses.append(log_testimony(files, order, standing.record, mac_keys))
        now = archive.clock.now()
        witnesses.append(metrics_testimony(archive.metrics, facts["venue"], standing.route, result, ended, now))
        witnesses.append(ask(_sent(order, facts, standing, rows, grid)))
    if told is not None:
        witnesses.append(told[1])
    went_to = None
    if standing.status in MAY_GO_ELSEWHERE:
        went_to, doubts = destination(match, archive, keys)
        witnesses.extend(doubts)
    owner = Owner(store=store, name=f"{facts['adapter']} {facts['account']}", environment=facts["environment"])
    cause = None if told is None else told[0]
    return assembled(
        match, standing, owner, steps_of(rows, grid), witnesses, went_to=went_to, instead_of=origin(rows), emergency=cause
    )


def _activation(reader: OrderJournalReader, stopped: Stopped) -> JournalRow | None:
    """Return the account's note of the emergency mode that was on when the order was stopped."""
    notes = {row.seq: row for row in reader.emergency_notes()}
    found = standing_activation(((seq, str(row.values["event"]), row.json("body")) for seq, row in notes.items()), stopped)
    return None if found is None else notes[found[0]]


def _told(activation: JournalRow, rows: Sequence[JournalRow]) -> Told:
    body = activation.json("body")
    profile = next((str(each.get("profile")) for each in risk_bodies(rows)), "")
    return Told(
        scope=str(body["subject"]), state=str(body["state"]), reason=str(body["reason"]), operator=str(body["operator"]),
        since=str(body["since"]), profile=profile,
    )  # fmt: skip


def _sent(order: ClientOrderId, facts: dict[str, str], standing: Standing, rows: Sequence[JournalRow], grid: Grid) -> SentOrder:
    decided_at = next(ts for row in rows if row.table == "intents" and isinstance(ts := row.values["ts"], int))
    return SentOrder(
        client_order_id=order,
        adapter=facts["adapter"],
        account=facts["account"],
        environment=facts["environment"],
        instrument=standing.instrument,
        decided_at=decided_at,
        status=standing.status,
        has_ended=standing.record is not None,
        side=standing.side,
        terms=terms_of(rows, grid),
        filled=standing.filled,
        trades=frozenset(str(row.values["trade_id"]) for row in rows if row.table == "fills"),
    )


def _grid_of(rows: Iterable[JournalRow]) -> Grid:
    """Return the grid that follows from rows which tell an amount both as integer and as text."""
    steps: dict[str, Decimal] = {}
    for row in rows:
        for name in ("price", "quantity"):
            number, text = row.values.get(name), row.values.get(f"{name}_text")
            if isinstance(number, int) and isinstance(text, str) and number:
                steps[name] = Decimal(text) / number

    def told(name: str, number: int) -> str | None:
        return format_decimal(EXACT.multiply(steps[name], Decimal(number))) if name in steps else None

    return Grid(
        lambda ticks: told("price", ticks), lambda lots: told("quantity", lots), lambda units, _: format_units(units, ASSET_SCALE)
    )
