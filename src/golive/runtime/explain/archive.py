"""What is looked into for the story of an order, and what its making takes; a story is put together here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from golive.model.clock import Clock
from golive.model.json import JsonObject

from .chain import SignalTold
from .places import Match, OrderPlaces
from .standing import Standing
from .steps import Row
from .story import AmendedFrom, EmergencyCause, OrderStory, Rerouted, Step, Testimony


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """Where an installation keeps its orders and what is made from them."""

    home: Path
    url: str | None
    """server that keeps the order journals; None: files"""
    risk_log: Path
    metrics: Path
    """file of the live router's series"""
    clock: Clock

    @property
    def places(self) -> OrderPlaces:
        return OrderPlaces(self.home, self.url)

    def shown(self, path: Path) -> str:
        """Return a path as it is told: relative to home where it lies there."""
        return str(path.relative_to(self.home) if path.is_relative_to(self.home) else path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whose order it is."""

    store: str
    name: str
    environment: str


def risk_bodies(rows: Iterable[Row]) -> list[JsonObject]:
    """Return the bodies of the decisions among the rows."""
    bodies: list[JsonObject] = [json.loads(str(row.values["risk_body"])) for row in rows if row.table == "decisions"]
    return bodies


def assembled(
    match: Match,
    standing: Standing,
    owner: Owner,
    steps: Iterable[Step],
    testimonies: Iterable[Testimony],
    *,
    went_to: Rerouted | None = None,
    instead_of: Rerouted | None = None,
    made_for: SignalTold | None = None,
    emergency: EmergencyCause | None = None,
) -> OrderStory:
    """Return the story of an order from its parts."""
    before = standing.amended_from
    return OrderStory(
        client_order_id=match.client_order_id,
        venue_order_id=standing.venue_order_id,
        adopted=None,
        source=match.source,
        store=owner.store,
        owner=owner.name,
        environment=owner.environment,
        instrument=standing.instrument,
        side=standing.side,
        type=standing.type,
        time_in_force=standing.time_in_force,
        route=standing.route,
        quantity=standing.quantity,
        price=standing.price,
        amended_from=None if before is None else AmendedFrom(quantity=before.quantity, price=before.price),
        went_to=went_to,
        instead_of=instead_of,
        status=standing.status,
        filled=standing.filled,
        average_price=standing.average_price,
        steps=tuple(steps),
        testimonies=tuple(testimonies),
        made_for=made_for,
        emergency=emergency,
    )
