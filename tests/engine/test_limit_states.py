"""To look at the limits changes no decision: a run that is looked at all the time is the run that is not."""

from __future__ import annotations

import pytest

from golive.engine import Engine
from golive.model.clock import DAY
from golive.model.command import Command
from golive.model.errors import MagnitudeError
from golive.model.event import Event
from golive.model.market import Candle
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
