"""Journal and venue compared: what blocks, what does not, and what a person may choose."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.execution.reconciliation import (
    Adopted,
    Choice,
    Consents,
    Difference,
    DifferenceKind,
    JournalView,
    OwnOrder,
    VenueFill,
    VenueOrder,
    VenueView,
    adoption,
    compare,
    followed,
)
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.order import OrderStatus, Side

BTC = InstrumentId("okx", "BTC", "USDT")
OURS = ClientOrderId("0123456789abcdef" * 2)
BASELINE_AT = 1_000
HELD = {"USDT": Decimal(1000)}
OWN = OwnOrder(
    client_order_id=OURS, instrument=BTC, side=Side.BUY, quantity=Decimal("0.01"), price=Decimal(50000), filled=Decimal(0),
    status=OrderStatus.OPEN, venue_order_id=VenueOrderId("77"),
)  # fmt: skip
THEIRS = VenueOrder(
    side=Side.BUY,
    venue_order_id=VenueOrderId("77"), client_order_id=OURS, instrument=BTC, quantity=Decimal("0.010"), price=Decimal("50000.0"),
    filled=Decimal(0), is_open=True, ts=2_000,
)  # fmt: skip
FOREIGN = replace(THEIRS, venue_order_id=VenueOrderId("99"), client_order_id="by-hand")


def bought(trade_id: str, *, order: str = "99", ts: int = 3_000, client_order_id: str = "") -> VenueFill:
    """A fill of 0.001 BTC for 50 USDT."""
    moved = {"BTC": Decimal("0.001"), "USDT": Decimal(-50)}
    return VenueFill(
        fill_id=FillId("okx", trade_id), venue_order_id=VenueOrderId(order), client_order_id=client_order_id, instrument=BTC,
        movements=moved, ts=ts,
    )  # fmt: skip


JOURNAL = JournalView(baseline=HELD, baseline_at=BASELINE_AT)
VENUE = VenueView(balances=HELD)


def only(differences: tuple[Difference, ...]) -> Difference:
    assert len(differences) == 1, differences
    return differences[0]


def test_an_account_that_agrees_has_no_differences() -> None:
    assert compare(replace(JOURNAL, orders=(OWN,)), replace(VENUE, orders=(THEIRS,))) == ()


@pytest.mark.parametrize("client_order_id", ["", "by-hand", "0123456789ABCDEF" * 2])
def test_an_open_order_of_somebody_else_blocks_and_may_be_adopted_canceled_or_left(client_order_id: str) -> None:
    foreign = replace(FOREIGN, client_order_id=client_order_id)
    found = only(compare(JOURNAL, replace(VENUE, orders=(foreign,))))
    assert (found.kind, found.subject) == (DifferenceKind.FOREIGN_ORDER, "99")
    assert found.choices == (Choice.ADOPT, Choice.CANCEL, Choice.LEAVE)
    assert "not placed by us" in found.detail
    assert found.command(Choice.LEAVE, ["--entrypoint", "okx_live"]) == "golive reconcile --entrypoint okx_live --leave 99"


def test_a_foreign_open_order_blocks_before_there_is_a_baseline_too() -> None:
    found = only(compare(JournalView(), replace(VENUE, orders=(FOREIGN,))))
    assert found.kind is DifferenceKind.FOREIGN_ORDER


@pytest.mark.parametrize(
    "consents", [Consents(left=frozenset({VenueOrderId("99")})), Consents({VenueOrderId("99"): Adopted(BTC)})]
)
def test_an_order_that_was_left_or_adopted_blocks_no_more(consents: Consents) -> None:
    assert compare(replace(JOURNAL, consents=consents), replace(VENUE, orders=(FOREIGN,))) == ()


@pytest.mark.parametrize("is_open", [True, False])
def test_an_id_of_our_form_that_the_journal_never_had_blocks_even_when_its_order_has_ended(is_open: bool) -> None:
    """The journal was put back to an older copy, or somebody else trades with our key."""
    found = only(compare(JOURNAL, replace(VENUE, orders=(replace(THEIRS, is_open=is_open),))))
    assert found.kind is DifferenceKind.FOREIGN_ORDER
    assert "older copy" in found.detail
    assert (Choice.CANCEL in found.choices) is is_open


@pytest.mark.parametrize(
    "journal",
    [
        JournalView(),
        replace(JOURNAL, baseline_at=THEIRS.ts, baseline_names=frozenset({"77"})),
        replace(JOURNAL, baseline_at=THEIRS.ts + 1),
    ],
)
def test_what_ended_before_the_baseline_is_the_past(journal: JournalView) -> None:
    assert compare(journal, replace(VENUE, orders=(replace(THEIRS, is_open=False),))) == ()


def test_an_order_that_ended_here_and_works_there_blocks() -> None:
    found = only(compare(replace(JOURNAL, ended=frozenset({OURS})), replace(VENUE, orders=(THEIRS,))))
    assert (found.kind, found.choices) == (DifferenceKind.FOREIGN_ORDER, (Choice.CANCEL,))


def test_an_order_that_works_by_the_journal_and_is_not_listed_is_missing() -> None:
    found = only(compare(replace(JOURNAL, orders=(OWN,)), VENUE))
    assert (found.kind, found.subject) == (DifferenceKind.MISSING_ORDER, OURS)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"side": Side.SELL}, "side"),
        ({"quantity": Decimal("0.02")}, "quantity"),
        ({"price": Decimal(49999)}, "price"),
        ({"filled": Decimal("0.001")}, "filled"),
    ],
)
def test_terms_that_differ_are_named(changed: dict[str, Any], named: str) -> None:
    theirs = replace(THEIRS, **changed)
    found = only(compare(replace(JOURNAL, orders=(OWN,)), replace(VENUE, orders=(theirs,))))
    assert (found.kind, found.detail) == (DifferenceKind.ORDER_DIFFERS, f"{named} not as in the journal")


def test_what_the_venue_does_not_tell_is_not_compared() -> None:
    silent = replace(THEIRS, side=None, quantity=None, price=None)
    assert compare(replace(JOURNAL, orders=(OWN,)), replace(VENUE, orders=(silent,))) == ()


@pytest.mark.parametrize("is_final", [True, False])
def test_an_unknown_outcome_blocks_and_a_person_signs_only_what_asking_cannot_prove(is_final: bool) -> None:
    own = replace(OWN, status=OrderStatus.UNKNOWN, is_unprovable=is_final, problem="the venue forgets after 2 h")
    found = only(compare(replace(JOURNAL, orders=(own,)), VENUE))
    assert found.kind is DifferenceKind.UNPROVABLE_ORDER
    assert found.detail == "the venue forgets after 2 h"
    assert found.choices == ((Choice.SIGN_ABSENT,) if is_final else ())


@pytest.mark.parametrize("ended", [True, False])
def test_a_fill_of_ours_that_is_not_booked_blocks(ended: bool) -> None:
    journal = replace(JOURNAL, ended=frozenset({OURS})) if ended else replace(JOURNAL, orders=(OWN,))
    venue = replace(VENUE, orders=() if ended else (THEIRS,), fills=(bought("t1", order="77", client_order_id=OURS),))
    assert only(compare(journal, venue)).kind is DifferenceKind.UNBOOKED_FILL
    assert compare(replace(journal, booked_fills=frozenset({FillId("okx", "t1")})), venue) == ()


def test_the_smallest_unit_of_a_balance_blocks() -> None:
    venue = replace(VENUE, balances={"USDT": Decimal("1000.00000001")})
    found = only(compare(JOURNAL, venue))
    assert (found.kind, found.subject, found.choices) == (DifferenceKind.BALANCE_DIFFERS, "USDT", (Choice.ACCEPT,))
    assert found.detail.startswith("+0.00000001 USDT: no fill explains it")


def test_an_asset_that_one_side_lacks_counts_as_zero_there() -> None:
    assert compare(replace(JOURNAL, baseline={**HELD, "BTC": Decimal(0)}), VENUE) == ()
    assert only(compare(JOURNAL, replace(VENUE, balances={**HELD, "BTC": Decimal(1)}))).subject == "BTC"
    assert only(compare(replace(JOURNAL, baseline={**HELD, "BTC": Decimal(1)}), VENUE)).theirs == "0"


def test_fills_of_somebody_else_explain_a_balance_and_still_block() -> None:
    fills = (bought("t0", ts=BASELINE_AT - 1), bought("t1", ts=BASELINE_AT), bought("t2"))
    venue = VenueView(fills=fills, balances={"USDT": Decimal(900), "BTC": Decimal("0.002")})
    btc, usdt = compare(JOURNAL, venue)
    assert btc.detail == "+0.002 BTC: +0.002 by fills of orders that are not ours (99)"
    assert usdt.detail == "-100 USDT: -100 by fills of orders that are not ours (99)"


def test_what_was_accepted_is_expected_from_then_on() -> None:
    venue = VenueView(balances={"USDT": Decimal(1500)})
    accepted = Consents(accepted={"USDT": Decimal(500)})
    assert compare(replace(JOURNAL, consents=accepted), venue) == ()
    assert only(compare(replace(JOURNAL, consents=accepted), VENUE)).detail.startswith("-500 USDT")


def test_an_adopted_order_explains_its_fills_since_the_baseline_and_only_those() -> None:
    foreign = replace(FOREIGN, filled=Decimal("0.002"))
    fills = (bought("early", ts=BASELINE_AT), bought("late", ts=BASELINE_AT))
    venue = VenueView(orders=(foreign,), fills=fills, balances={"USDT": Decimal(950), "BTC": Decimal("0.001")})
    journal = replace(JOURNAL, baseline_names=frozenset({"early"}))
    adopted = adoption(foreign, journal, venue)
    assert adopted.booked == {"BTC": Decimal("0.001"), "USDT": Decimal(-50)}
    assert not adopted.is_over
    agreed = replace(journal, consents=Consents({foreign.venue_order_id: adopted}))
    assert compare(agreed, venue) == ()


def test_an_order_adopted_before_the_baseline_has_its_fills_in_the_baseline() -> None:
    venue = VenueView(orders=(FOREIGN,), fills=(bought("t1"),))
    assert adoption(FOREIGN, JournalView(), venue).booked == {}


def test_an_adopted_order_is_followed_fill_by_fill_until_it_is_over() -> None:
    adopted = adoption(FOREIGN, JOURNAL, VenueView(orders=(FOREIGN,)))
    once = followed(adopted, FOREIGN.venue_order_id, VenueView(orders=(FOREIGN,), fills=(bought("t1"), bought("x", order="1"))))
    assert (once.booked["USDT"], once.is_over) == (Decimal(-50), False)
    over = followed(once, FOREIGN.venue_order_id, VenueView(fills=(bought("t1"), bought("t2"))))
    assert (over.booked["USDT"], over.is_over) == (Decimal(-100), True)
    assert followed(over, FOREIGN.venue_order_id, VenueView(fills=(bought("t1"), bought("t2")))) == over


def test_consents_survive_the_journal() -> None:
    adopted = Adopted(BTC, {"USDT": Decimal("-50.10")}, frozenset({"t1"}), is_over=True)
    notes = {
        "adopted:99": adopted.body("99"),
        "left:98": {"subject": "98"},
        "canceled_foreign:97": {"subject": "97"},
        "balance_accepted:USDT": {"subject": "USDT", "correction": "-0.5"},
        f"absence_signed:{OURS}": {"subject": OURS, "operator": "anna"},
        "ready:": {},
    }
    read = Consents.of(notes)
    assert read == Consents(
        {VenueOrderId("99"): adopted},
        frozenset({VenueOrderId("98")}),
        {"USDT": Decimal("-0.5")},
        frozenset({VenueOrderId("97")}),
        {OURS: "anna"},
    )


@pytest.mark.parametrize("note", [{"adopted:1": {"subject": "1"}}, {"balance_accepted:USDT": {"correction": 0.5}}])
def test_a_consent_that_cannot_be_read_is_an_error_and_not_no_consent(note: dict[str, dict[str, float | str]]) -> None:
    with pytest.raises(MalformedPayload):
        Consents.of(note)


amounts = st.dictionaries(
    st.sampled_from("ABC"), st.decimals(-(10**9), 10**9, places=8, allow_nan=False, allow_infinity=False), max_size=3
)


@given(baseline=amounts, booked=amounts, accepted=amounts, theirs=amounts)
def test_balances_agree_exactly_when_baseline_and_all_changes_add_up(
    baseline: dict[str, Decimal], booked: dict[str, Decimal], accepted: dict[str, Decimal], theirs: dict[str, Decimal]
) -> None:
    journal = JournalView(baseline=baseline, booked=booked, consents=Consents(accepted=accepted))
    found = {each.subject for each in compare(journal, VenueView(balances=theirs))}
    for asset in "ABC":
        ours = sum((each.get(asset, Decimal(0)) for each in (baseline, booked, accepted)), Decimal(0))
        assert (asset in found) is (ours != theirs.get(asset, Decimal(0)))


@given(
    st.permutations([OWN, replace(OWN, client_order_id=ClientOrderId("a" * 32), venue_order_id=None)]), st.permutations([1, 2, 3])
)
def test_the_table_does_not_depend_on_the_order_in_which_things_were_read(own: list[OwnOrder], ids: list[int]) -> None:
    orders = tuple(replace(FOREIGN, venue_order_id=VenueOrderId(str(n))) for n in ids)
    found = compare(replace(JOURNAL, orders=tuple(own)), replace(VENUE, orders=orders))
    assert [each.subject for each in found] == [OURS, "a" * 32, "1", "2", "3"]
