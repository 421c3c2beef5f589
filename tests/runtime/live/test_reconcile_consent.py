"""A consent before it acts: found in the table, and written down with all that the table said."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from golive.execution.reconciliation import Adopted, Choice, Consents, JournalView, VenueFill, VenueOrder, VenueView, compare
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.order import Side
from golive.runtime.live.reconcile_consent import NotOffered, Request, is_agreed, notes_of, offered
from golive.runtime.live.reconcile_views import Books
from golive.storage.order_journal import NoteItem

BTC = InstrumentId("okx", "BTC", "USDT")
BOOKS = Books(baseline={"USDT": Decimal(100)}, baseline_at=1_000)
FOREIGN = VenueOrder(
    venue_order_id=VenueOrderId("99"), client_order_id="hand", instrument=BTC, side=Side.BUY, quantity=Decimal(1), price=Decimal(7),
    filled=Decimal("0.5"), is_open=True, ts=2_000,
)  # fmt: skip
FILL = VenueFill(
    fill_id=FillId("okx", "t1"), venue_order_id=VenueOrderId("99"), client_order_id="hand", instrument=BTC,
    movements={"USDT": Decimal("-3.5"), "BTC": Decimal("0.5")}, ts=2_000,
)  # fmt: skip
VENUE = VenueView(orders=(FOREIGN,), balances={"USDT": Decimal(90)})
TABLE = compare(JournalView(baseline=BOOKS.baseline, baseline_at=BOOKS.baseline_at), VENUE)


def ask(choice: Choice, subject: str, reason: str = "because") -> Request:
    return Request(choice=choice, subject=subject, reason=reason)


def written(
    request: Request, *, books: Books = BOOKS, notes: dict[str, JsonObject] | None = None, venue: VenueView = VENUE
) -> tuple[NoteItem, ...]:
    return notes_of(request, offered(request, TABLE), books, notes or {}, venue, "ada")


def test_only_what_a_row_offers_is_found() -> None:
    assert offered(ask(Choice.LEAVE, "99"), TABLE).subject == "99"
    with pytest.raises(NotOffered, match="--adopt, --cancel, --leave"):
        offered(ask(Choice.ACCEPT, "99"), TABLE)
    with pytest.raises(NotOffered, match="offers --leave for: 99"):
        offered(ask(Choice.LEAVE, "98"), TABLE)
    with pytest.raises(NotOffered, match="for: nothing"):
        offered(ask(Choice.LEAVE, "99"), ())


def test_a_consent_keeps_what_the_table_said_who_agreed_and_why() -> None:
    [note] = written(ask(Choice.LEAVE, "99"))
    assert (note.event, note.operator) == ("left", "ada")
    assert note.body["subject"] == "99"
    assert note.body["theirs"] == "open buy 1 at 7, filled 0.5"
    assert (note.body["reason"], note.body["foreign_client_order_id"]) == ("because", "hand")


def test_adopting_books_what_was_filled_since_the_baseline() -> None:
    [note] = written(ask(Choice.ADOPT, "99"), venue=replace(VENUE, fills=(FILL,)))
    adopted = Consents.of({"adopted:99": note.body}).adopted[VenueOrderId("99")]
    assert adopted == Adopted(BTC, {"USDT": Decimal("-3.5"), "BTC": Decimal("0.5")}, frozenset({"t1"}), filled=Decimal("0.5"))
    assert (note.body["side"], note.body["quantity"], note.body["price"]) == ("buy", "1", "7")


def test_an_order_that_is_gone_meanwhile_is_not_agreed_to() -> None:
    with pytest.raises(NotOffered, match="does not show"):
        written(ask(Choice.CANCEL, "99"), venue=replace(VENUE, orders=()))


def test_what_is_accepted_adds_to_what_was_accepted_before() -> None:
    before = replace(BOOKS, baseline={"USDT": Decimal(120)}, consents=Consents(accepted={"USDT": Decimal(-20)}))
    [note] = written(ask(Choice.ACCEPT, "USDT"), books=before)
    assert note.body["correction"] == "-30"


def test_risk_begins_anew_after_money_came_or_went() -> None:
    _, reset = written(ask(Choice.ACCEPT, "USDT"), notes={"equity:USDT": {"subject": "USDT", "peak": "9"}, "left:1": {}})
    assert (reset.event, reset.body) == ("equity", {"subject": "USDT"})


@pytest.mark.parametrize(
    ("books", "venue"),
    [(BOOKS, replace(VENUE, balances={"USDT": Decimal(91)})), (replace(BOOKS, booked={"USDT": Decimal(-1)}), VENUE)],
    ids=["the venue moved", "the journal moved"],
)
def test_a_sum_that_is_not_the_shown_one_is_not_agreed_to(books: Books, venue: VenueView) -> None:
    with pytest.raises(NotOffered, match="moved"):
        written(ask(Choice.ACCEPT, "USDT"), books=books, venue=venue)


def test_what_stands_in_the_journal_is_known_again() -> None:
    consents = Consents(
        {VenueOrderId("1"): Adopted(BTC)}, frozenset({VenueOrderId("2")}), {"USDT": Decimal(1)}, frozenset({VenueOrderId("4")}),
        {ClientOrderId("3"): "anna"},
    )  # fmt: skip
    agreed = [(Choice.ADOPT, "1"), (Choice.LEAVE, "2"), (Choice.SIGN_ABSENT, "3"), (Choice.CANCEL, "4"), (Choice.ACCEPT, "USDT")]
    for choice, subject in agreed:
        assert is_agreed(ask(choice, subject), consents)
        assert not is_agreed(ask(choice, subject), Consents())
