"""`golive orders | fills | positions | balances` over a store that a session left, still writes, or somebody changed."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest

from golive.cli import main as command_line
from golive.engine.codec import encode_event
from golive.model.command import Record
from golive.model.decision import Approved
from golive.model.ids import FillId, VenueOrderId
from golive.model.market import Book
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side, TimeInForce
from golive.model.verdict import Stage
from golive.observability.report import document_bytes
from golive.runtime.session_rows import Kind, document_schema
from golive.storage.item import EventItem, FillItem, LifecycleItem, OrderUpdateItem, RecordItem
from golive.storage.session_identity import SessionTerms
from golive.storage.session_store import SessionStore
from support.durable import BTC, RISK, START, ToldClock, approval, identity, keys_of, order_id

SCHEMAS = Path(__file__).parents[2] / "docs/schemas"
KINDS: tuple[Kind, ...] = get_args(Kind)
RULES = {"fill model": "book", "maker_bps": "8", "taker_bps": "10", "fee asset": "received"}
TERMS = SessionTerms(rules=RULES, instruments=(BTC,), start_balances={"USDT": Decimal(10_000)})
MINUTE = 60 * 10**9


def store_in(home: Path, run_id: str = "a" * 32, stage: Stage = Stage.PAPER) -> SessionStore:
    whose = replace(identity(run_id, stage), terms=TERMS)
    return SessionStore.create(home, whose, keys_of(home), RISK, ToldClock())


def approved(seq: int, order: NewOrder, *, amends: bool = False) -> RecordItem:
    return RecordItem(approval(seq)._replace(verdict=Approved(order, seq), amends=amends))


def submitted(seq: int, order: NewOrder) -> RecordItem:
    return RecordItem(Record(seq, START + seq, "order_submitted", {"client_order_id": order.client_order_id}))


def fill(n: int, order: NewOrder, price: str, quantity: str, fee: int, asset: str) -> FillItem:
    return FillItem(
        Fill(FillId("okx", f"t{n}"), order.client_order_id, BTC.id, START + n, order.side, BTC.ticks(price), BTC.lots(quantity), fee,
             asset, Liquidity.TAKER)
    )  # fmt: skip


def update(order: NewOrder, event: str, **what: Any) -> OrderUpdateItem:
    return OrderUpdateItem(OrderUpdate(order.client_order_id, START, event, **what))


BUY = NewOrder(order_id(1), BTC.id, Side.BUY, OrderType.LIMIT, BTC.lots("0.1"), BTC.ticks("40000"), signal_id="okx:BTC/USDT#1")
STOP = NewOrder(
    order_id(2), BTC.id, Side.SELL, OrderType.STOP_LIMIT, BTC.lots("0.02"), BTC.ticks("38900"), TimeInForce.GTD, "s",
    BTC.ticks("39000"), None, START + 10 * MINUTE,
)  # fmt: skip
UNSENT = NewOrder(order_id(4), BTC.id, Side.BUY, OrderType.MARKET, BTC.lots("0.01"))


def write(store: SessionStore) -> None:
    """A buy half filled and amended, a stop that sleeps on part of it, and an order that has not left."""
    changed = BUY._replace(price=BTC.ticks("40100"), quantity=BTC.lots("0.08"))
    touch = Book(BTC.id, START + MINUTE, ((BTC.ticks("41000"), 5),), ((BTC.ticks("41000.1"), 5),))
    store.commit([
        approved(1, BUY), submitted(2, BUY), update(BUY, "accepted", venue_order_id=VenueOrderId("v-1")),
        fill(1, BUY, "39999", "0.03", 3000, "BTC"), fill(2, BUY, "40000", "0.01", 1000, "BTC"),
        approved(3, changed, amends=True), update(BUY, "amended", price=changed.price, quantity=changed.quantity),
        approved(4, STOP), submitted(5, STOP), update(STOP, "accepted"), approved(6, UNSENT),
        LifecycleItem("resumed", START, 2, {}), EventItem(1, *encode_event(touch)),
    ])  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    store = store_in(tmp_path)
    write(store)
    store.close()
    return tmp_path


def golive(capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, str, str]:
    code = command_line.main([*words, "--home", str(home)])
    said = capsys.readouterr()
    return code, said.out, said.err


def rows(capsys: pytest.CaptureFixture[str], home: Path, kind: Kind, *words: str) -> list[dict[str, Any]]:
    code, out, err = golive(capsys, home, kind, "--json", *words)
    assert (code, err) == (0, "")
    document = json.loads(out)
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / f"golive.{kind}.v1.json").read_text())).validate(document)
    found: list[dict[str, Any]] = document[kind]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_published_schema_is_the_one_the_code_obeys(kind: Kind) -> None:
    assert (SCHEMAS / f"golive.{kind}.v1.json").read_bytes() == document_bytes(document_schema(kind)), "write it anew"


def test_orders_stand_as_their_news_left_them(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    buy, stop, unsent = rows(capsys, home, "orders")
    shown = {name: buy[name] for name in ("seq", "venue_order_id", "quantity", "price", "filled", "average_price", "status")}
    assert shown == {
        "seq": 1, "venue_order_id": "v-1", "quantity": "0.08", "price": "40100", "filled": "0.04", "average_price": "39999.25",
        "status": "PARTIAL",
    }  # fmt: skip
    assert (stop["type"], stop["time_in_force"], stop["trigger"], stop["price"]) == ("stop_limit", "gtd", "39000", "38900")
    assert (stop["status"], stop["expires_at"], stop["average_price"]) == ("OPEN", "2026-01-01T00:10:00Z", None)
    assert (unsent["status"], unsent["price"]) == ("PLANNED", None)


def test_an_order_whose_leaving_was_written_down_is_sent_until_something_is_heard(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = store_in(tmp_path)
    store.commit([approved(1, UNSENT)])
    assert rows(capsys, tmp_path, "orders")[0]["status"] == "PLANNED"
    store.commit([submitted(2, UNSENT)])
    assert rows(capsys, tmp_path, "orders")[0]["status"] == "SENT"
    store.commit([update(UNSENT, "rejected", code="51008")])
    [shown] = rows(capsys, tmp_path, "orders")
    assert (shown["status"], shown["code"]) == ("REJECTED", "51008")
    store.close()


def test_a_fill_has_the_fields_of_a_ledger_entry(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    first, second = rows(capsys, home, "fills")
    assert first == {
        "ts": "2026-01-01T00:00:00.000000001Z", "fill_id": "t1", "order_seq": 1, "client_order_id": order_id(1),
        "instrument": "okx:BTC/USDT", "side": "buy", "quantity": "0.03", "price": "39999", "fee": "0.00003", "fee_asset": "BTC",
        "liquidity": "taker", "position_after": "0.02997",
    }  # fmt: skip
    assert second["position_after"] == "0.03996"


def test_positions_and_balances_follow_from_the_fills_and_the_last_price(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    [position] = rows(capsys, home, "positions")
    cost = Decimal("39999") * Decimal("0.03") + Decimal("40000") * Decimal("0.01")
    assert (position["quantity"], position["mark_price"], Decimal(position["cost"])) == ("0.03996", "41000", cost)
    assert Decimal(position["value"]) == Decimal("0.03996") * 41_000
    assert Decimal(position["unrealized"]) == Decimal("0.03996") * 41_000 - cost
    btc, usdt = rows(capsys, home, "balances")
    assert (btc["total"], btc["reserved"], btc["free"], btc["fees"]) == ("0.03996", "0.02", "0.01996", "0.00004")
    held = Decimal("40100") * Decimal("0.04")
    assert (usdt["start"], Decimal(usdt["total"])) == ("10000", 10_000 - cost)
    assert (Decimal(usdt["reserved"]), Decimal(usdt["free"])) == (held, 10_000 - cost - held)


def test_people_see_units_times_and_how_far_to_believe_it(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    code, out, err = golive(capsys, home, "orders")
    assert (code, err) == (0, "")
    title, *_, note = out.strip().splitlines()
    assert title == "paper okx_desktop_paper · run aaaaaaaa · started 2026-01-01 00:00:00 UTC · ended · 1 restart"
    assert "stop limit gtd until 2026-01-01 00:10:00" in out
    assert note == "3 orders, market time 2026-01-01 00:01:00 UTC; store verified"
    assert "2,000,000" not in out
    assert " 1,638.36 USDT " in golive(capsys, home, "positions")[1]
    assert " 0.00003 BTC " in golive(capsys, home, "fills")[1]
    assert " 10,000 " in golive(capsys, home, "balances")[1]


def test_a_session_is_read_while_it_writes_and_after_a_kill(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    store = store_in(tmp_path)
    assert rows(capsys, tmp_path, "orders") == []
    assert "no orders" in golive(capsys, tmp_path, "orders")[1]
    write(store)
    assert len(rows(capsys, tmp_path, "fills")) == 2
    assert "running, or cut off" in golive(capsys, tmp_path, "fills")[1]
    killed = tmp_path / "killed"
    shutil.copytree(tmp_path / "var", killed / "var")  # as a kill leaves it: log and all
    assert len(rows(capsys, killed, "fills")) == 2
    store.commit([fill(3, BUY, "40100", "0.04", 4000, "BTC")])
    assert rows(capsys, tmp_path, "orders")[0]["status"] == "FILLED"
    store.close()


def test_the_newest_session_is_shown_unless_another_is_named(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    demo = store_in(home, "b" * 32, Stage.DEMO)
    demo.close()
    assert rows(capsys, home, "fills") == []
    assert len(rows(capsys, home, "fills", "--run", "aaaa")) == len(rows(capsys, home, "fills", "--stage", "paper")) == 2
    assert rows(capsys, home, "fills", "--entrypoint", "okx_desktop_paper", "--stage", "demo") == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--run", "ff"), "there is no session of run ff under"),
        (("--stage", "demo", "--entrypoint", "okx"), "there is no session of stage demo, entrypoint okx under"),
    ],
)
def test_no_such_session_is_6(capsys: pytest.CaptureFixture[str], home: Path, words: tuple[str, ...], why: str) -> None:
    code, out, err = golive(capsys, home, "balances", *words)
    assert (code, out) == (6, "")
    assert why in err


def test_a_bad_flag_is_2(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    assert golive(capsys, home, "orders", "--stage", "moon")[0] == 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_store_is_6_and_nothing_of_it_is_shown(capsys: pytest.CaptureFixture[str], home: Path, kind: Kind) -> None:
    [store] = (home / "var/state/sessions").glob("*.sqlite")
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE fills SET price = price + 1 WHERE trade_id = 't1'")
    code, out, err = golive(capsys, home, kind)
    assert (code, out) == (6, "")
    assert "bad mac" in err


def test_without_the_key_it_is_shown_and_said_to_be_unverified(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    shutil.rmtree(home / "var/state/keys")
    assert "store not verified: the MAC key dev-mac-" in golive(capsys, home, "fills")[1]
    document = json.loads(golive(capsys, home, "fills", "--json")[1])
    assert (document["verified"], len(document["fills"])) == (False, 2)
