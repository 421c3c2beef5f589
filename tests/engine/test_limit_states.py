"""To look at the limits changes no decision: a run that is looked at all the time is the run that is not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from golive.engine import Engine
from golive.model.clock import DAY
from golive.model.command import Command
from golive.model.errors import MagnitudeError
from golive.model.event import Event
from golive.model.market import Candle
from golive.risk import committed
from support import column_parity
from support.column_limits import busy_case
from support.column_parity import Case, by_events


class Looked(Engine):
    """An engine whose limits somebody looks at after every bar, by a clock that runs ahead."""

    seen = 0

    def process(self, event: Event) -> list[Command]:
        commands = super().process(event)
        if type(event) is Candle:
            Looked.seen += len(self.limit_states(event.closed_at + DAY))
        return commands


def commands_of(case: Case) -> list[Command] | None:
    try:
        return by_events(case)[2]
    except MagnitudeError:
        return None


@pytest.mark.parametrize("seed", range(20))
def test_to_look_at_limits_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, seen = commands_of(busy_case(seed, bars=120)), Looked.seen
    monkeypatch.setattr(column_parity, "Engine", Looked)
    assert commands_of(busy_case(seed, bars=120)) == expected
    assert Looked.seen > seen


class Committing(Engine):
    """An engine that compares what it says is committed with what a rule is shown, after every event."""

    working = 0

    def process(self, event: Event) -> list[Command]:
        commands = super().process(event)
        account = self._account
        views = {key: account.view(desk, None, 0) for key, desk in self.desks.items()}
        prices = {key: price for view in views.values() for key, price in view.prices.items()}
        view = next(iter(views.values()))
        assert account.committed() == committed(replace(view, prices=prices))
        if any(view.pending_buys.values()) and self.risk.equity:
            Committing.working += 1
            used = {use.limit: use for use in self.present_uses()}
            assert Decimal(used["max_open_positions"].used) == sum(
                view.positions.get(key, 0) + view.pending_buys.get(key, 0) > 0 for key in self.desks
            )
        return commands


def test_what_works_counts_as_filled_as_it_does_for_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_parity, "Engine", Committing)
    for seed in range(5):
        commands_of(busy_case(seed, bars=120))
    assert Committing.working
