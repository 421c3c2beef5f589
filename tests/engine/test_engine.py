"""The engine: evidence before action, one decision for every signal, equal commands for equal events."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.engine.codec import CommandDigest, decode_event, encode_event
from golive.model.clock import MINUTE
from golive.model.command import Cancel, Command, Record, SetTimer, Submit
from golive.model.decision import Approved, Refused
from golive.model.errors import IllegalTransition, MalformedPayload
from golive.model.event import Durable, Event, Operator, OperatorAction, Peers, Timer
from golive.model.ids import FillId, VenueOrderId
from golive.model.market import Book, Trade
from golive.model.order import Fill, Liquidity, OrderStatus, OrderUpdate, Side
from golive.model.peer import HostFigures, HostStop, OwnPast, PeerFigure
from golive.risk import RiskProfile
from support.trading import (
    BALANCED,
    BTC,
    BTC_ID,
    START,
    client_order_id,
    confirm,
    engine_for,
    process_durably,
    random_walk,
    records,
)


def session(bars: int = 600, profile: RiskProfile = BALANCED, **parameters: float) -> tuple[list[Event], list[list[Command]]]:
    """Run the engine alone: every order is accepted and fills at its price; return events and commands."""
    engine = engine_for(profile, (BTC,), **parameters)
    events: list[Event] = []
    out: list[list[Command]] = []

    def feed(event: Event) -> None:
        events.append(event)
        commands = engine.process(event)
        out.append(commands)
        for command in commands:
            if isinstance(command, Submit):
                new = command.approved.order
                price = new.price or mark
                fill = Fill(
                    FillId("okx", new.client_order_id[:6]), new.client_order_id, new.instrument, ts, new.side, price, new.quantity, 0,
                    "USDT", Liquidity.TAKER,
                )  # fmt: skip
                feed(OrderUpdate(new.client_order_id, ts, "accepted", VenueOrderId("1")))
                feed(fill)
        if engine.awaiting_durable:
            feed(Durable(engine.record_seq, ts))

    ts, mark = START, 0
    feed(confirm())
    for bar in random_walk(bars):
        ts, mark = bar.ts, bar.close
        feed(bar)
    feed(Operator(OperatorAction.STOP, "session", "session_end", ts))
    return events, out


def flat(out: list[list[Command]]) -> list[Command]:
    return [command for commands in out for command in commands]


def test_no_order_leaves_before_its_decision_is_durable() -> None:
    engine = engine_for()
    engine.process(confirm())
    approved: list[Record] = []
    for bar in random_walk(600):
        commands = engine.process(bar)
        assert not any(isinstance(c, Submit) for c in commands)
        approved += [c for c in commands if isinstance(c, Record) and isinstance(c.verdict, Approved)]
        if approved:
            break
    decision = approved[0]
    assert engine.process(Durable(decision.seq - 1, START)) == []
    commands = engine.process(Durable(decision.seq, START))
    assert [c.approved for c in commands if isinstance(c, Submit)] == [decision.verdict]


def test_the_same_events_give_the_same_commands_through_a_recorded_log() -> None:
    events, out = session(1500)
    recorded = [encode_event(event) for event in events]
    replayed = engine_for()
    again = [replayed.process(decode_event(kind, body)) for kind, body in recorded]
    assert again == out
    assert sum(isinstance(c, Submit) for c in flat(out)) >= 5, "a session without orders would prove nothing"


def test_every_signal_ends_in_exactly_one_decision() -> None:
    _, out = session(3000)
    commands = flat(out)
    received = [r.body["signal_id"] for r in records(commands, "signal_received")]
    decided = [
        r.body["signal_id"] for name in ("risk_check_passed", "risk_rejected", "signal_neutral") for r in records(commands, name)
    ]
    assert len(received) == len(set(received)) > 5
    assert sorted(map(str, decided)) == sorted(map(str, received))


def test_record_numbers_rise_without_gaps() -> None:
    _, out = session(1500)
    assert [c.seq for c in flat(out) if isinstance(c, Record)] == list(
        range(1, sum(isinstance(c, Record) for c in flat(out)) + 1)
    )


def test_inaction_is_journaled_as_runs_that_cover_every_quiet_bar() -> None:
    bars = 1500
    _, out = session(bars)
    commands = flat(out)
    runs = records(commands, "inaction")
    assert runs[0].body["code"] == "WARMING_UP"
    decisions = sum(len(records(commands, name)) for name in ("risk_check_passed", "risk_rejected"))
    assert sum(int(str(r.body["bars"])) for r in runs) + decisions == bars
    assert len(runs) < bars / 10


def test_an_unconfirmed_trader_decides_but_orders_nothing_until_confirmed() -> None:
    engine = engine_for()
    commands: list[Command] = []
    for bar in random_walk(600):
        commands += process_durably(engine, bar)
    assert not any(isinstance(c, Submit) for c in commands)
    assert {r.body["code"] for r in records(commands, "signal_neutral")} == {"NOT_CONFIRMED"}
    later = process_durably(engine, confirm(START + 600 * MINUTE))
    assert records(later, "auto_trader_transition")[0].body["to"] == "running"
    withdrawn = engine.process(Operator(OperatorAction.WITHDRAW, "tester", "manual", START))
    assert records(withdrawn, "auto_trader_transition")[0].body["to"] == "armed"


def test_a_smaller_limit_in_the_profile_refuses_the_order() -> None:
    tight = RiskProfile("tight", BALANCED.max_daily_loss_pct, BALANCED.hard_drawdown_pct, Decimal("0.001"), 5)
    _, out = session(1500, tight)
    verdicts = [c.verdict for c in flat(out) if isinstance(c, Record) and c.verdict is not None]
    assert verdicts
    assert all(isinstance(v, Refused) and v.code == "RISK_MAX_POSITION" for v in verdicts)
    assert not any(isinstance(c, Submit) for c in flat(out))


def working_entry() -> tuple[object, str, int]:
    engine = engine_for(entry_ttl_bars=2)
    engine.process(confirm())
    for bar in random_walk(900):
        for command in process_durably(engine, bar):
            if isinstance(command, SetTimer):
                return engine, command.name, command.due
    raise AssertionError("the market gave no limit entry")


def test_a_limit_entry_that_rests_too_long_is_canceled_and_asked_for_again_as_a_new_signal() -> None:
    from golive.engine import Engine

    engine, timer, due = working_entry()
    assert isinstance(engine, Engine)
    coid = client_order_id(1)
    engine.process(OrderUpdate(coid, due - 1, "accepted", VenueOrderId("1")))
    assert engine.process(Timer(timer, due)) == [Cancel(coid)]
    assert engine.process(Timer(timer, due)) == [], "asked once until it is answered"
    commands = engine.process(OrderUpdate(coid, due, "canceled"))
    assert records(commands, "signal_received")[0].body["cause"] == "order_unfilled"


def test_news_that_no_life_allows_stops_the_engine() -> None:
    engine = engine_for()
    with pytest.raises(IllegalTransition):
        engine.process(OrderUpdate(client_order_id(1), 1, "accepted"))
    with pytest.raises(IllegalTransition):
        engine.process(Timer("never:set", 1))


def test_an_unknown_outcome_raises_a_critical_alert_and_is_not_sent_again() -> None:
    from golive.engine import Engine
    from golive.model.command import Alert

    engine, _, _ = working_entry()
    assert isinstance(engine, Engine)
    commands = engine.process(OrderUpdate(client_order_id(1), 5, "unanswered"))
    assert [c.severity for c in commands if isinstance(c, Alert)] == ["critical"]
    later = [c for bar in random_walk(50, seed=9) for c in engine.process(bar)]
    assert not any(isinstance(c, Submit) for c in later)
    assert next(iter(engine.orders)).status is OrderStatus.UNKNOWN


def test_the_command_digest_ignores_our_random_ids_but_not_what_is_ordered() -> None:
    _, out = session(1500)
    digest = CommandDigest()
    digest.update(flat(out))
    same = CommandDigest()
    for commands in out:
        same.update(commands)
    assert digest.hexdigest() == same.hexdigest()
    other = CommandDigest()
    other.update(flat(session(1500, position_pct=0.03)[1]))
    assert other.hexdigest() != digest.hexdigest()


ints = st.integers(-(2**62), 2**62)
text = st.text(max_size=20)
sides = st.sampled_from(Side)
events = st.one_of(
    st.builds(Trade, st.just(BTC_ID), ints, ints, ints, sides, text),
    st.builds(OrderUpdate, st.builds(client_order_id, st.integers(1, 9)), ints, text, st.none() | text.map(VenueOrderId), text),
    st.builds(
        Fill, st.builds(FillId, text, text), st.builds(client_order_id, st.integers(1, 9)), st.just(BTC_ID), ints, sides, ints, ints,
        ints, text, st.sampled_from(Liquidity),
    ),
    st.builds(Timer, text, ints),
    st.builds(Operator, st.sampled_from(OperatorAction), text, text, ints),
    st.builds(
        Peers,
        st.builds(
            HostFigures,
            st.lists(st.builds(PeerFigure, text, text, ints, st.none() | ints, ints, ints, ints, ints, st.booleans())).map(tuple),
            st.none() | st.builds(OwnPast, ints, ints, ints, ints, ints),
            st.lists(st.builds(HostStop, text, text, ints, ints, text)).map(tuple),
        ),
        ints,
    ),
    st.builds(Durable, ints, ints),
    st.builds(Book, st.just(BTC_ID), ints, st.lists(st.tuples(ints, ints), max_size=1).map(tuple), st.just(())),
)  # fmt: skip


@given(events)
def test_an_event_reads_back_as_it_was_written(event: Event) -> None:
    assert decode_event(*encode_event(event)) == event


@pytest.mark.parametrize(
    ("kind", "body"), [("Nothing", b"[]"), ("Durable", b"[1]"), ("Durable", b"{"), ("Candle", b'["x",1,2,3,4,5,6,7]')]
)
def test_a_record_that_is_no_event_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(MalformedPayload, match=kind):
        decode_event(kind, body)


def test_a_long_position_is_marked_at_the_bid() -> None:
    engine = engine_for()
    bars = list(random_walk(2))
    engine.process(bars[0])
    engine.process(Book(BTC_ID, START, ((BTC.ticks("39000"), 1),), ((BTC.ticks("41000"), 1),)))
    assert engine.desks[BTC_ID].mark == BTC.ticks("39000")
