"""What a member of an allocation wanted and its times did not let it: told by its own code, by name and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from golive.audit.decision_event import demand_event
from golive.model.command import Command, Record
from golive.model.json import JsonValue
from golive.model.trading_window import TradingWindow
from golive.strategy import bound
from golive.strategy.allocation import Allocation, Member
from support.scripted_session import Script, Session

NO_PARAMS = bound({})
FROM_3_TO_5 = (TradingWindow.parse("mon 00:03-00:05"),)
"""the session begins on a Monday at midnight: bars that close at 3 and 4 minutes past"""


def member(name: str, targets: Sequence[float], share: float, *schedule: TradingWindow) -> Member:
    return Member(Script(targets, name), NO_PARAMS, share, schedule)


def records(commands: Sequence[Command], event: str) -> list[Mapping[str, JsonValue]]:
    found = [each.body for each in commands if isinstance(each, Record) and each.event == event]
    for body in found:
        demand_event(event, body)
    return found


def session(*members: Member) -> Session:
    """Run members to their last target, at one price."""
    first = members[0].strategy
    assert isinstance(first, Script)
    run = Session([], script=lambda _: Allocation("both", members))
    for _ in first.targets:
        run.flat(400_000)
    return run


def codes(run: Session) -> list[tuple[str, int]]:
    """Runs of inaction, the one that goes on among them."""
    desk = run.engine.desks[next(iter(run.engine.desks))]
    return [(str(each.code), each.bars) for each in (*desk.closed_runs, *filter(None, [desk.run]))]


def test_bars_on_which_times_hold_a_member_back_have_a_code_of_their_own() -> None:
    run = session(member("trend", [0, 1, 1, 1, 1, 1, 1], 0.5, *FROM_3_TO_5))
    assert codes(run) == [("ON_TARGET", 1), ("OUTSIDE_SCHEDULE", 1), ("ON_TARGET", 4)]
    [_, held] = records(run.commands, "inaction")
    assert held["members"] == [{"strategy": "trend", "share": "0.5", "wanted": "1", "target": "0"}]
    assert run.held > 0, "its times have come"


def test_a_signal_names_the_members_that_made_it_and_how_much_each_wanted() -> None:
    run = session(member("trend", [0, 1, 1, 1], 0.5, *FROM_3_TO_5), member("grid", [0, 0.5, 0.5, 0.5], 0.4))
    first, second = records(run.commands, "signal_received")
    assert (first["target"], second["target"]) == ("0.2", "0.7")
    grid = {"strategy": "grid", "share": "0.4", "wanted": "0.5", "target": "0.5"}
    assert first["members"] == [{"strategy": "trend", "share": "0.5", "wanted": "1", "target": "0"}, grid]
    assert second["members"] == [{"strategy": "trend", "share": "0.5", "wanted": "1", "target": "1"}, grid]


def test_a_run_ends_when_others_are_held_back_and_goes_on_when_they_want_another_amount() -> None:
    late = TradingWindow.parse("mon 20:00-21:00")
    trend = member("trend", [0.2, 0.3, 0.4, 0.4, 0.0], 0.5, late)
    run = session(trend, member("trend", [0, 0, 0, 1, 1], 0.5, late))
    assert codes(run) == [("OUTSIDE_SCHEDULE", 3), ("OUTSIDE_SCHEDULE", 1), ("OUTSIDE_SCHEDULE", 1)]
    first, both = records(run.commands, "inaction")
    told = {"strategy": "trend", "share": "0.5", "wanted": "0.4", "target": "0"}
    assert first["members"] == [told], "as on the last of its bars"
    assert both["members"] == [told, {**told, "strategy": "trend#2", "wanted": "1"}]


def test_what_a_member_wants_less_of_is_no_holding_back() -> None:
    run = session(member("trend", [0, 0, 0, 1, 1, 0.5, 0], 1.0, *FROM_3_TO_5))
    assert "OUTSIDE_SCHEDULE" not in dict(codes(run))


def test_a_protective_order_that_fired_stays_the_reason() -> None:
    members = (
        member("grid", [0.4, 0.4, 0.4, 0.4], 1.0),
        member("trend", [0, 0, 0.4, 0.4], 0.5, TradingWindow.parse("sun 00:00-01:00")),
    )
    run = Session([], script=lambda _: Allocation("both", members), stop_loss_pct=0.01)
    run.flat(400_000)
    run.flat(400_000)
    run.bar(390_000, 390_000, 390_000, 390_000)
    run.flat(390_000)
    assert run.held == 0
    assert codes(run)[-1] == ("STOPPED_OUT", 2)


def test_one_strategy_by_itself_has_no_members() -> None:
    run = Session([0, 1, 1])
    for _ in range(3):
        run.flat(400_000)
    assert "members" not in records(run.commands, "signal_received")[0]
