"""Whatever is written in whatever order: what is loaded is what a plain model says, from the seal as from the first row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.ids import ClientOrderId
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import Fill, OrderUpdate
from golive.storage.order_journal import Item, OrderJournal, StoredAttempt
from golive.storage.order_journal.book import Book
from golive.storage.order_journal.loading import state_of
from support.durable import order_id
from support.order_journals import (
    URL,
    answer,
    attempt,
    baseline,
    decided,
    end,
    fact,
    faults,
    fill_of,
    note,
    open_journal,
    refused,
)
from support.postgres import new_database

LOT = Decimal("0.01")


@dataclass
class Order:
    attempts: dict[int, StoredAttempt] = field(default_factory=dict)
    facts: list[OrderUpdate] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    has_ended: bool = False


@dataclass
class Model:
    """Takes the same steps as the journal, with nothing but dictionaries; `items` are those that break no rule."""

    orders: dict[ClientOrderId, Order] = field(default_factory=dict)
    baseline: dict[str, Decimal] | None = None
    bitcoins: Decimal = Decimal(0)
    fills: int = 0
    notes: dict[str, str] = field(default_factory=dict)

    def items(self, step: int, n: int) -> list[Item]:
        """Carry out step `step` for order `n` (as far as the rules allow it) and return what is to be written."""
        order = self.orders.get(order_id(n))
        if step == 0:
            return self._decide(n, order)
        if step == 1:
            self.notes[f"left:{n}"] = str(step)
            return [note("left", str(n)), refused(n + 100)]
        if step == 2:
            self.baseline, self.bitcoins = {"BTC": Decimal(n)}, Decimal(0)
            return [baseline(BTC=str(n))]
        if order is None:
            return []
        return (self._answer, self._again, self._fact, self._fill, self._end)[step - 3](n, order)

    def _decide(self, n: int, order: Order | None) -> list[Item]:
        if order is not None:
            return []
        leaves = n % 3 > 0
        self.orders[order_id(n)] = Order({1: StoredAttempt(1, 3000, None, "")} if leaves else {})
        return [decided(n, deadline_ms=3000 if leaves else None)]

    def _answer(self, n: int, order: Order) -> list[Item]:
        asked = [number for number, each in order.attempts.items() if each.result is None]
        if not asked:
            return []
        result = AttemptResult.NOT_PROCESSED if n % 2 else AttemptResult.UNKNOWN
        order.attempts[asked[0]] = StoredAttempt(asked[0], order.attempts[asked[0]].deadline_ms, result, "50011")
        return [answer(n, asked[0], result, "50011")]

    def _again(self, n: int, order: Order) -> list[Item]:
        first = order.attempts.get(1)
        if order.has_ended or 2 in order.attempts or first is None or first.result is not AttemptResult.NOT_PROCESSED:
            return []
        order.attempts[2] = StoredAttempt(2, 6000, None, "")
        return [attempt(n, 2)]

    def _fact(self, n: int, order: Order) -> list[Item]:
        order.facts.append(fact(n).update)
        return [fact(n)]

    def _fill(self, n: int, order: Order) -> list[Item]:
        self.fills += 1
        item = fill_of(n, f"t{self.fills}")
        order.fills.append(item.fill)
        self.bitcoins += LOT
        return [item, item]

    def _end(self, n: int, order: Order) -> list[Item]:
        if order.has_ended:
            return []
        order.has_ended = True
        return [end(n, OrderResult.CANCELED)]

    def check(self, journal: OrderJournal) -> None:
        state = journal.state
        lives = {name: order for name, order in self.orders.items() if not order.has_ended}
        assert list(state.orders) == [name for name in self.orders if name in lives]
        for name, order in lives.items():
            stored = state.orders[name]
            assert stored.attempts == tuple(order.attempts.values())
            assert stored.facts == tuple(order.facts)
            assert stored.fills == tuple(order.fills)
        assert state.count == len(self.orders)
        written = sum(1 + len(order.attempts) + len(order.facts) + len(order.fills) for order in lives.values())
        answers = sum(each.result is not None for order in lives.values() for each in order.attempts.values())
        assert journal._book.open_rows == written + answers + len(state.notes)
        assert state.baseline == self.baseline
        assert state.booked.get("BTC", Decimal(0)) == self.bitcoins
        assert {key for key in state.notes if key.startswith("left")} == set(self.notes)


Lives: TypeAlias = Sequence[tuple[Sequence[tuple[int, int]], str]]
STEPS = st.lists(st.tuples(st.integers(0, 7), st.integers(1, 6)), min_size=1, max_size=25)
LIVES = st.lists(st.tuples(STEPS, st.sampled_from(["close", "crash", "seal and crash"])), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(LIVES)
def test_what_is_loaded_is_what_was_written(lives: Lives) -> None:
    live_through(lives, None)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(lives=LIVES)
def test_what_is_loaded_from_a_server_is_what_was_written(cluster: str, lives: Lives) -> None:
    live_through(lives, new_database(cluster))


def live_through(lives: Lives, url: str | None) -> None:
    """Open, write and leave a journal, once for each life, and hold it to the model at every step."""
    model = Model()
    with TemporaryDirectory() as folder:
        home = Path(folder)
        if url is not None:
            (home / URL).write_text(url)
        for steps, ending in lives:
            journal = open_journal(home)
            model.check(journal)
            for step, n in steps:
                journal.commit(model.items(step, n))
            model.check(journal)
            live = journal.state
            if ending == "close":
                journal.close()
            else:
                if ending == "seal and crash":
                    journal.seal()
                journal.release()
            again = state_of(Book.read(journal._book.snapshot().encoded()))
            assert (again.orders, again.booked, again.baseline, again.count) == (
                live.orders,
                live.booked,
                live.baseline,
                live.count,
            )
        assert faults(home) == []
