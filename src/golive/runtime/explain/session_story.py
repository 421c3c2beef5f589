"""The story of a paper order: rows of its session's store, whether the store is sound, risk log and decision journal."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import closing

from golive.audit import NO_KEYS, MacKeys
from golive.model.errors import JournalError
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.storage import decision_journal
from golive.storage.keys import SigningKeys
from golive.storage.session_orders import SessionRow, event_rows, order_rows
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import StoredRecord

from ..journal_doubts import PATIENCE_S, PAUSE_S
from .archive import Archive, Owner, assembled, risk_bodies
from .chain_reading import origin_of
from .emergency_cause import EVENTS, Stopped, Told, cause_of, standing_activation, stopped_at
from .places import Match
from .standing import standing_of
from .steps import Grid, steps_of
from .story import OrderStory, Testimony
from .witnesses import journal_testimony, risk_testimony, testimony


def session_story(match: Match, archive: Archive) -> OrderStory:
    """Return the story. Raises JournalError when the store cannot be read."""
    order, keys = match.client_order_id, SigningKeys.load(archive.home)
    mac_keys = NO_KEYS if keys is None else keys.logs
    with closing(SessionReader(match.path)) as reader:
        rows, session = order_rows(reader, order), reader.identity
        bodies = risk_bodies(rows)
        about = _about(reader.records(), order, bodies)
        stopped = stopped_at(rows, wall_clock=False)
        activation = None if stopped is None else _activation(reader, stopped)
        store_says = _store_testimony(reader, keys)
    told = None if stopped is None or activation is None else cause_of(archive.home, _told(activation, bodies), stopped)
    if told is not None and activation is not None:  # the record is one of the chain
        rows = tuple(sorted((*rows, activation), key=lambda row: row.seq))
    grid = _grid_of(_instrument(str(bodies[0].get("instrument")) if bodies else "", session.terms.instruments))
    witnesses = [
        store_says,
        risk_testimony(archive.risk_log, order, bodies, mac_keys),
        _journal_testimony(archive, order, session.run_id, about, mac_keys),
    ]
    owner = Owner(
        store=archive.shown(match.path),
        name=f"{session.stage} {session.entrypoint}, run {session.run_id[:8]}",
        environment=session.environment,
    )
    signal_id = str(bodies[0].get("signal_id")) if bodies else ""
    made_for = origin_of(match.path, archive.home, signal_id) if store_says.state == "ok" else None
    if told is not None:
        witnesses.append(told[1])
    cause = None if told is None else told[0]
    return assembled(match, standing_of(rows, grid), owner, steps_of(rows, grid), witnesses, made_for=made_for, emergency=cause)


def _journal_testimony(archive: Archive, order: str, run_id: str, about: Sequence[StoredRecord], mac_keys: MacKeys) -> Testimony:
    """Return what the decision journal says; that of a session that runs may take a moment to follow its store."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        files = decision_journal.journal_files(archive.home / decision_journal.DIRECTORY)
        said = journal_testimony(files, order, run_id, about, mac_keys)
        if said.state != "missing" or time.monotonic() >= deadline:
            return said
        time.sleep(PAUSE_S)


def _about(records: Sequence[StoredRecord], order: str, decisions: Sequence[JsonObject]) -> list[StoredRecord]:
    """Return the records that name the order, and those of the signals that its decisions were about."""
    signals = {body.get("signal_id") for body in decisions} - {"", None}
    return [
        record
        for record in records
        if record.body.get("client_order_id") == order
        or (record.event == "signal_received" and record.body.get("signal_id") in signals)
    ]


def _activation(reader: SessionReader, stopped: Stopped) -> SessionRow | None:
    """Return the session's record of the emergency mode that was on when the order was stopped."""
    records = {row.seq: row for row in event_rows(reader, EVENTS)}
    notes = ((seq, str(row.values["event"]), json.loads(str(row.values["body"]))) for seq, row in records.items())
    found = standing_activation(notes, stopped)
    return None if found is None else records[found[0]]


def _told(activation: SessionRow, bodies: Sequence[JsonObject]) -> Told:
    body = json.loads(str(activation.values["body"]))
    profile = str(bodies[0].get("profile")) if bodies else ""
    return Told(
        scope=str(body["scope"]), state=None, reason=str(body["reason"]), operator=str(body["operator"]), since=None,
        profile=profile,
    )  # fmt: skip


def _store_testimony(reader: SessionReader, keys: SigningKeys | None) -> Testimony:
    if keys is None or keys.mac_key_id != reader.key_id:
        return testimony("journal", "unknown", "store_unchecked", key=reader.key_id)
    for fault in reader.faults(keys):
        return testimony("journal", "corrupt", "store_changed", problem=fault)
    return testimony("journal", "ok", "store_sound", rows=str(reader.head(keys).seq))


def _instrument(name: str, instruments: Sequence[Instrument]) -> Instrument:
    for each in instruments:
        if str(each.id) == name:
            return each
    raise JournalError(f"{name or 'the order'} is not an instrument of its session")


def _grid_of(instrument: Instrument) -> Grid:
    return Grid(
        instrument.price_text,
        instrument.quantity_text,
        lambda units, asset: instrument.base_text(units) if asset == instrument.base else instrument.quote_text(units),
    )
