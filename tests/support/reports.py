"""A full run report built through the real parts, as a finished paper session would build it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MINUTE, SECOND, from_iso
from golive.model.order import Liquidity, OrderStatus, OrderType, Side
from golive.model.stage_record import FileDigest, StageRecord
from golive.model.verdict import EvidenceClass, ExitCode, KeyClass, RunStatus, Stage, Verdict
from golive.observability.equity import EquityTrace
from golive.observability.exchange_metrics import MonitoredProfile
from golive.observability.guardrails import GuardrailRecord, Guardrails, QueueFacts, guardrails
from golive.observability.measured import (
    AdapterFailover,
    DurableFigures,
    LatencyFigures,
    Measured,
    MeasuredFailover,
    MeasuredProbe,
    MeasuredVenue,
)
from golive.observability.outcome import (
    BalanceRow,
    BreachRow,
    Decisions,
    FillRow,
    InactionRun,
    InstrumentGrid,
    MarketOutcome,
    OrderRow,
    Outcome,
    Pnl,
    PositionRow,
    RiskLimitRow,
    RiskOutcome,
)
from golive.observability.report import (
    Gate,
    ReportFiles,
    RunIdentity,
    RunReport,
    RunTime,
    RunVerdict,
    Validation,
)
from golive.observability.windows import Evaluation, ReferenceWindows

STARTED = from_iso("2026-01-10T10:00:00Z")
MARKET_START = from_iso("2024-01-01T00:00:00Z")
DIGEST = "ab" * 32
FILE_DIGEST = FileDigest("cd" * 32, "ef" * 32, "01" * 48)
LABELS = {"exchange": "okx", "environment": "okx_paper"}
QUEUE = {"queue": "okx_spot", "environment": "okx_paper"}


def adapter_recorder() -> MemoryRecorder:
    """Return a recorder with every series an OKX adapter creates on construction."""
    recorder = MemoryRecorder()
    for status in m.REQUEST_STATUSES:
        recorder.create(m.EXCHANGE_REQUESTS, status=status, **LABELS)
    for severity in m.SEVERITIES:
        recorder.create(m.EXCHANGE_ERRORS, severity=severity, **LABELS)
    for metric in (m.EXCHANGE_RATE_LIMITED, m.EXCHANGE_HEALTH, m.EXCHANGE_LATENCY):
        recorder.create(metric, **LABELS)
    for metric in (m.IO_INFLIGHT, m.IO_PENDING, m.IO_WAIT_TOTAL, m.IO_WAIT_SECONDS, m.IO_TIMEOUT_TOTAL, m.IO_TIMEOUT_SECONDS):
        recorder.create(metric, **QUEUE)
    return recorder


def okx_profile() -> MonitoredProfile:
    return MonitoredProfile(
        entrypoint="okx_desktop_paper",
        environment="okx_paper",
        exchange="okx",
        thresholds={"rate_limit_max": 0, "network_errors_max": 1, "health_min": 1.0},
    )


def evaluation(recorder: MemoryRecorder, *, rate_limited: int = 0, errors: int = 0) -> Evaluation:
    windows = ReferenceWindows([okx_profile()], recorder, 3600 * SECOND, 90 * SECOND)
    windows.start(STARTED)
    recorder.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    windows.health.record("okx_desktop_paper", STARTED + SECOND, True)
    recorder.count(m.EXCHANGE_RATE_LIMITED, rate_limited, **LABELS)
    recorder.count(m.EXCHANGE_ERRORS, errors, severity="error", **LABELS)
    return windows.close(STARTED + 9 * SECOND)


def guardrail_section(recorder: MemoryRecorder) -> Guardrails:
    facts = QueueFacts(
        environment="okx_paper", queue="okx_spot", max_concurrency=3, burst=6, peak_inflight=3, peak_pending=5, refused_total=0
    )
    record = GuardrailRecord(
        ts=STARTED + 2 * SECOND,
        level="WARNING",
        event="RATE_LIMIT",
        exchange="okx",
        environment="okx_paper",
        queue="okx_spot",
        message="waited for a slot",
        fields={"waited_seconds": 0.8},
    )
    return guardrails([facts], recorder, [record], generated_at=STARTED + 9 * SECOND, log_directory="logs/guardrails")


def price_at(step: int) -> int:
    """A price path in ticks of 0.1 with a trend, a cycle and a fall in the middle."""
    dip = 9000 * math.exp(-(((step - 1500) / 180) ** 2))
    return round(423_000 + 9 * step + 6000 * math.sin(step / 130) + 900 * math.sin(step / 17) - dip)


def _tenth(ticks: int) -> str:
    return f"{ticks // 10}.{ticks % 10}" if ticks % 10 else str(ticks // 10)


def fills(count: int = 24) -> tuple[FillRow, ...]:
    rows = []
    for n in range(count):
        step = 60 + n * 95
        side = Side.BUY if n % 2 == 0 else Side.SELL
        rows.append(
            FillRow(
                seq=n + 1,
                ts=MARKET_START + step * MINUTE,
                order_seq=n + 1,
                fill_id=f"paper-{n + 1}",
                instrument="okx:BTC/USDT",
                side=side,
                quantity="0.1" if n % 3 else "0.12345678",
                price=_tenth(price_at(step)),
                fee="0.0001" if side is Side.BUY else "4.2315",
                fee_asset="BTC" if side is Side.BUY else "USDT",
                liquidity=Liquidity.TAKER if n % 4 else Liquidity.MAKER,
                position_after="0.0999" if side is Side.BUY else "0",
            )
        )
    return tuple(rows)


def outcome(steps: int = 2400, fill_rows: Sequence[FillRow] | None = None, breaches: Sequence[BreachRow] = ()) -> Outcome:
    fill_rows = fills() if fill_rows is None else fill_rows
    trace = EquityTrace(lambda units: f"{units}", _tenth)
    for step in range(steps):
        trace.add(MARKET_START + (step + 1) * MINUTE, 100_000 + (price_at(step) - 423_000) // 60, price_at(step))
    orders = tuple(
        OrderRow(
            seq=row.order_seq,
            ts=row.ts - SECOND,
            instrument=row.instrument,
            side=row.side,
            type=OrderType.LIMIT if row.liquidity is Liquidity.MAKER else OrderType.MARKET,
            quantity=row.quantity,
            price=row.price if row.liquidity is Liquidity.MAKER else None,
            status=OrderStatus.FILLED,
            filled=row.quantity,
            code="",
        )
        for row in fill_rows
    )
    return Outcome(
        market=MarketOutcome(
            source="generator",
            fill_model="book",
            timeframe="1m",
            instruments=(InstrumentGrid("okx:BTC/USDT", "0.1", "0.00000001", "0.00001"),),
            candles=steps,
            first_ts=MARKET_START + MINUTE if steps else None,
            last_ts=MARKET_START + steps * MINUTE if steps else None,
            data=None,
            data_sha256=None,
            volume_unit="base",
        ),
        decisions=Decisions(
            signals=len(fill_rows) + 1,
            approved=len(fill_rows),
            refused=1,
            by_code={"APPROVED": len(fill_rows), "RISK_MAX_POSITION": 1},
            inaction=(InactionRun("okx:BTC/USDT", "WARMING_UP", MARKET_START, MARKET_START + 60 * MINUTE, 60),),
            commands_sha256=DIGEST,
        ),
        orders=orders,
        fills=tuple(fill_rows),
        balances={"BTC": BalanceRow("0", "0.0999", "0"), "USDT": BalanceRow("100000", "95961.4412", "0")},
        positions=(PositionRow("okx:BTC/USDT", "0.0999", "42311.5", "44310.2", "4426.58898"),),
        pnl=Pnl(
            quote_asset="USDT",
            start_equity="100000",
            end_equity="100388.0302",
            net="388.0302",
            realized="188.3601",
            unrealized="199.6701",
            fees="50.7814",
            traded_notional="101551.2",
            return_ratio=0.00388,
            max_drawdown_ratio=0.0021,
        ),
        equity=trace.outcome(),
        risk=RiskOutcome(
            "balanced",
            "ACTIVE",
            (
                RiskLimitRow("max_daily_loss_pct", "0.015", "0.0023", 0.1533, "ok"),
                RiskLimitRow("hard_drawdown_pct", "0.1", "0.0021", 0.021, "ok"),
                RiskLimitRow("max_position_pct", "0.05", "0.0498", 0.996, "warn"),
                RiskLimitRow("max_open_positions", "5", "1", 0.2, "ok"),
            ),
        ),
        breaches=tuple(breaches),
    )


def measured() -> Measured:
    return Measured(
        wall_seconds=9.25,
        startup_seconds=1.5,
        steps=2400,
        steps_per_second=310.4,
        requests_total=42,
        latency_ms=LatencyFigures(1.2, 3.4, 8.0),
        durable_ms=DurableFigures(0.4, 1.9, 4.4),
        memory_mib=143.2,
        venue=MeasuredVenue("http://127.0.0.1:40001", 4711),
        failover_status=MeasuredFailover(
            1,
            {
                "kraken_desktop_paper": AdapterFailover(False, 0.0, "", True, 2.5, "rest: Depth: timed_out"),
                "okx_desktop_paper": AdapterFailover(False, 0.0, "", False, 0.0, ""),
            },
        ),
        probes=(MeasuredProbe(STARTED + SECOND, True, 0.4, {"balance": "ok", "time": "ok"}),),
        cpu_seconds=7.5,
    )


def stage_record() -> StageRecord:
    return StageRecord(
        stage=Stage.PAPER,
        entrypoint="okx_desktop_paper",
        environment="okx_paper",
        evidence_class=EvidenceClass.EMBEDDED,
        key_class=KeyClass.DEVELOPMENT,
        endpoint_host="127.0.0.1",
        trading_digest=DIGEST,
        file_digest=FILE_DIGEST,
        code_version="0.1.0",
        verdict=Verdict.OK,
        report="logs/e2e/run_local_bot_paper_20260110T100000Z_0f0e0d0c.json",
        report_sha256=DIGEST,
        outcome_sha256=DIGEST,
        speed="max",
        ok_window_seconds=0,
        started_at="2026-01-10T10:00:00Z",
        finished_at="2026-01-10T10:00:09Z",
    )


def run_report(
    *,
    status: RunStatus = RunStatus.SUCCESS,
    exit_code: ExitCode = ExitCode.OK,
    rate_limited: int = 0,
    errors: int = 0,
    outcome_part: Outcome | None = None,
    notes: Sequence[str] = (),
    failures: Sequence[str] = (),
    record: StageRecord | None = None,
) -> RunReport:
    recorder = adapter_recorder()
    stem = "run_local_bot_paper_20260110T100000Z_0f0e0d0c"
    return RunReport(
        identity=RunIdentity(
            run_id="0f0e0d0c0b0a09080706050403020100",
            mode="paper",
            stage=Stage.PAPER,
            entrypoint="okx_desktop_paper",
            environment="okx_paper",
            evidence_class=EvidenceClass.EMBEDDED,
            key_class=KeyClass.DEVELOPMENT,
            endpoint_host="127.0.0.1",
            code_version="0.1.0",
            config_path="config/runtime.yaml",
            trading_digest=DIGEST,
            file_digest=FILE_DIGEST,
            seed=7,
            speed="max",
            fill_model="book",
        ),
        time=RunTime(STARTED, STARTED + 9 * SECOND, 9.25),
        verdict=RunVerdict(
            status=status,
            exit_code=exit_code,
            errors=tuple(failures),
            warnings=tuple(notes),
            gate=Gate(Verdict.OK if status is RunStatus.SUCCESS else Verdict.BLOCKED, tuple(failures)),
        ),
        validation=Validation(
            environment="okx_paper",
            strategy="multi_strategy_default",
            risk_profile="balanced",
            keychain_key="okx_paper_trading",
            secret_source="embedded",
            expected_environment="paper",
            credentials_validated=True,
            observed_permissions=("read", "trade"),
            sandbox_mode=False,
            symbols=("okx:BTC/USDT",),
            risk_profile_digest=DIGEST,
        ),
        files=ReportFiles(f"logs/e2e/{stem}.json", f"reports/e2e/{stem}.md", f"reports/e2e/{stem}.html"),
        evaluation=evaluation(recorder, rate_limited=rate_limited, errors=errors),
        guardrails=guardrail_section(recorder),
        outcome=outcome() if outcome_part is None else outcome_part,
        measured=measured(),
        decision_events=120,
        metrics_endpoint="http://127.0.0.1:9177/metrics",
        stage_record=record if record is not None else stage_record(),
    )
