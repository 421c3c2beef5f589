"""Many rows in few statements, and none before a row that it depends on or that rules it out."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.model.live_order import AttemptResult
from golive.storage.order_journal import Item
from golive.storage.order_journal.sqlite import SqliteDatabase
from support.order_journals import answer, attempt, decided, end, fact, faults, fill_of, note, open_journal, reader_of, refused


def test_the_orders_of_one_commit_share_statements(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    database = journal._database
    assert isinstance(database, SqliteDatabase)
    said: list[str] = []
    database._connection.set_trace_callback(said.append)
    journal.commit([decided(n) for n in range(20)])
    journal.release()
    decisions = [statement for statement in said if statement.startswith("INSERT INTO decisions")]
    assert [statement.count("'approved'") for statement in decisions] == [16, 4]


def _life(n: int, kind: int) -> list[Item]:
    lives: list[list[Item]] = [
        [decided(n), answer(n), fill_of(n), end(n)],
        [decided(n), answer(n, 1, AttemptResult.NOT_PROCESSED), attempt(n, 2), answer(n, 2), fact(n), end(n)],
        [decided(n), answer(n), fact(n), decided(n, amendment=3), answer(n, 3), fill_of(n), end(n)],
        [refused(n)],
        [decided(n, deadline_ms=None), end(n)],
        [note(subject=f"s{n}")],
    ]
    return lives[kind]


@settings(max_examples=40, deadline=None)
@given(kinds=st.lists(st.integers(0, 5), min_size=1, max_size=12), data=st.data())
def test_any_mixture_of_sound_lives_is_taken_in_one_commit_and_reads_back_in_order(
    tmp_path_factory: object, kinds: list[int], data: st.DataObject
) -> None:
    lives = [_life(n, kind) for n, kind in enumerate(kinds)]
    items: list[Item] = []
    while lives:
        chosen = data.draw(st.integers(0, len(lives) - 1))
        items.append(lives[chosen].pop(0))
        lives = [life for life in lives if life]
    home = tmp_path_factory.mktemp("home")  # type: ignore[attr-defined]  # pytest's factory
    with closing(open_journal(home)) as journal:
        written = [(row.seq, row.table, dict(row.values)) for row in journal.commit(items)]
    with closing(reader_of(home)) as reader:
        read = [(row.seq, row.table, dict(row.values)) for row in reader.rows()]
    assert [row for row in read if row in written] == written
    assert not faults(home)
