"""A journal looked into beside its writer, in a file and in a server."""

from __future__ import annotations

from pathlib import Path

from golive.storage.order_journal.sound import sound_journal
from support.durable import keys_of
from support.order_journals import baseline, decided, place_of, write


def test_an_account_without_a_journal_has_none_and_one_that_has_traded_shows_its_orders(home: Path) -> None:
    with sound_journal(place_of(home), keys_of(home)) as journal:
        assert journal is None
    write(home, [baseline(BTC="1"), decided(1)])
    with sound_journal(place_of(home), keys_of(home)) as journal:
        assert journal is not None
        assert [rows[0].table for rows in journal.orders()] == ["intents"]
