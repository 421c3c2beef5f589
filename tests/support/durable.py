"""What tests of journals and stores share: a clock that is told the time, keys, signers, sample records."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

from golive.model.clock import DAY, SECOND, Nanos
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, FillId, derive_client_order_id
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, Side
from golive.model.stage_record import FileDigest, StageRecord
from golive.model.verdict import EvidenceClass, KeyClass, Stage, Verdict
from golive.storage.decision_journal import DecisionContext
from golive.storage.journal_file import Signer
from golive.storage.keys import SigningKeys
from golive.storage.risk_body import RiskContext
from golive.storage.session_identity import SessionIdentity, SessionTerms
from golive.storage.session_store import SessionStore

START = 1_767_225_600 * SECOND
ENTRYPOINT = "okx_desktop_paper"
RUN_ID = "0123456789abcdef0123456789abcdef"
BTC = Instrument.from_text(
    "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999", min_notional="1"
)
RISK = RiskContext(ENTRYPOINT, "balanced", "d" * 64, {BTC.id: BTC})
TERMS = SessionTerms(rules={"seed": "7", "speed": "max"}, instruments=(BTC,), start_balances={"USDT": Decimal(10_000)})
CONTEXT = DecisionContext(
    entrypoint=ENTRYPOINT, environment="okx_paper", portfolio=ENTRYPOINT, risk_profile="balanced", run_id=RUN_ID
)


class ToldClock:
    """Shows the wall time it was told; its monotonic side is the machine's."""

    def __init__(self, now: int = START) -> None:
        self.time = now

    def now(self) -> Nanos:
        return Nanos(self.time)

    def monotonic(self) -> int:
        return time.monotonic_ns()

    def next_day(self) -> None:
        self.time += DAY


def keys_of(home: Path) -> SigningKeys:
    return SigningKeys.load_or_create(home)


def signer_of(home: Path, clock: ToldClock | None = None) -> Signer:
    return Signer(keys_of(home), clock or ToldClock(), "0.1.0+test", "a" * 96, epoch=1)


def identity(run_id: str = RUN_ID, stage: Stage = Stage.DEMO) -> SessionIdentity:
    return SessionIdentity(
        run_id=run_id,
        stage=stage,
        entrypoint=ENTRYPOINT,
        environment="okx_paper",
        started_at=START,
        epoch=1,
        code_version="0.1.0+test",
        config_sha384="a" * 96,
        terms=TERMS,
    )


def new_store(home: Path, run_id: str = RUN_ID) -> SessionStore:
    return SessionStore.create(home, identity(run_id), keys_of(home), RISK, ToldClock())


def order_id(n: int) -> ClientOrderId:
    return derive_client_order_id(b"k" * 32, venue="okx", account="paper", epoch=1, strategy="s", sequence=n)


def order(n: int, *, price: int | None = None) -> NewOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return NewOrder(order_id(n), BTC.id, Side.BUY, kind, BTC.lots("0.01"), price, signal_id=f"okx:BTC/USDT#{n}")


IDLE: dict[str, JsonValue] = {
    "instrument": "okx:BTC/USDT", "code": "ON_TARGET", "from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:01:00Z", "bars": 1,
}  # fmt: skip
"""body of a run of inaction"""


def note(seq: int, event: str = "inaction") -> Record:
    signal: dict[str, JsonValue] = {"signal_id": f"okx:BTC/USDT#{seq}", "target": "0.5", "cause": "target_changed"}
    return Record(seq, START + seq, event, {**IDLE, **signal})


def approval(seq: int, n: int | None = None, *, price: int | None = None, amends: bool = False) -> Record:
    new_order = order(seq if n is None else n, price=price)
    body = _decided(new_order, DecisionCode.APPROVED)
    return Record(seq, START + seq, "risk_check_passed", body, Approved(new_order, seq), amends)


def refusal(seq: int) -> Record:
    refused = Refused(order(seq), seq, DecisionCode.RISK_MAX_POSITION, "0.05", "0.0712")
    body = {**_decided(refused.order, refused.code), "limit": refused.limit, "value": refused.value}
    return Record(seq, START + seq, "risk_rejected", body, refused)


def _decided(asked: NewOrder, code: DecisionCode) -> dict[str, JsonValue]:
    return {
        "instrument": "okx:BTC/USDT", "signal_id": asked.signal_id, "side": "buy", "quantity": "0.01", "price": None,
        "client_order_id": asked.client_order_id, "code": code, "reference_price": "42000.1",
    }  # fmt: skip


def fill(trade_id: str, *, price: int = 420_001) -> Fill:
    return Fill(
        FillId("okx", trade_id), order_id(1), BTC.id, START, Side.BUY, price, BTC.lots("0.01"), 42, "USDT", Liquidity.TAKER
    )


def stage_record(stage: Stage = Stage.DEMO, entrypoint: str = ENTRYPOINT, digest: str = "d" * 64) -> StageRecord:
    return StageRecord(
        stage=stage,
        entrypoint=entrypoint,
        environment="okx_paper",
        evidence_class=EvidenceClass.EMBEDDED,
        key_class=KeyClass.DEVELOPMENT,
        endpoint_host="127.0.0.1",
        trading_digest=digest,
        file_digest=FileDigest("1" * 64, "2" * 64, "3" * 96),
        code_version="0.1.0+test",
        verdict=Verdict.OK,
        report="logs/e2e/run.json",
        report_sha256="4" * 64,
        outcome_sha256="5" * 64,
        speed="max",
        ok_window_seconds=12.25,
        started_at="2026-01-01T00:00:00Z",
        finished_at="2026-01-01T00:01:00Z",
    )
