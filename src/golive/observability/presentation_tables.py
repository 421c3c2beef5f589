"""The tables of the page: each function reads its part of the document and returns one block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from golive.model.json import JsonObject

from . import reading as read
from .decision_rows import decision_rows, signals_of
from .page import Block, Cell, Column, Pairs, Table, Tone, amount, compact, moment, percent, seconds
from .summary_words import said
from .wording import Language

LAST_PROBES: Final = 20
"""probes shown, the latest; the JSON document has all of them"""
_STATUS_TONES: Final[dict[str, Tone]] = {
    "ok": "good",
    "breached": "bad",
    "unknown": "warn",
    "normal": "good",
    "info": "",
    "warning": "warn",
    "warn": "warn",
    "error": "bad",
    "breach": "bad",
}


def badge(status: str) -> Cell:
    """Return a status with its tone."""
    return Cell(status, _STATUS_TONES.get(status, ""))


def columns(*titles: str) -> tuple[Column, ...]:
    """Return columns; a title ending in `#` is one of numbers."""
    return tuple(Column(title.removesuffix("#"), title.endswith("#")) for title in titles)


def entrypoints(document: JsonObject) -> Table:
    """One row per monitored entrypoint."""
    section = read.mapping(document, "paper_exchange_metrics")
    rows = [_entrypoint(name, read.mapping(section, name)) for name in sorted(section) if name != "summary"]
    titles = (
        "entrypoint",
        "status",
        "rate-limited#",
        "errors#",
        "warning / error / critical#",
        "health#",
        "thresholds",
        "breaches",
    )
    return Table(columns(*titles), tuple(rows), "no entrypoint is monitored")


def _entrypoint(name: str, entry: JsonObject) -> tuple[Cell, ...]:
    by_severity = read.mapping(entry, "network_errors_by_severity")
    health = read.optional_number(entry, "health_status")
    age = read.optional_number(entry, "health_age_seconds")
    unmeasured = {
        *read.texts(entry, "missing_metrics"),
        *read.texts(entry, "stale_metrics"),
        *read.texts(entry, "invalid_thresholds"),
        *read.texts(entry, "missing_error_severities"),
    }
    breaches = breach_texts(entry)
    found = breaches + [f"not measured: {item}" for item in sorted(unmeasured)]
    return (
        Cell(name),
        badge(read.text(entry, "status")),
        Cell(f"{int(read.number(entry, 'rate_limited_events')):,}"),
        Cell(f"{int(read.number(entry, 'network_errors')):,}"),
        Cell(" / ".join(str(by_severity[s]) for s in ("warning", "error", "critical"))),
        Cell("–" if health is None else f"{health:g}" + ("" if age is None else f" ({age:.1f} s ago)")),
        Cell(", ".join(f"{key} {compact(limit)}" for key, limit in read.mapping(entry, "thresholds").items()) or "none"),
        Cell("; ".join(found) or "none", "bad" if breaches else "warn" if found else "muted"),
    )


def breach_texts(entry: JsonObject, language: Language = Language.EN) -> list[str]:
    """Return the breaches of one entry, each as `rate_limit 2 (required <= 0)`."""
    return [
        said(
            "breach", language, metric=read.text(b, "metric"), observed=compact(read.value(b, "observed")),
            comparator=read.text(b, "comparator"), limit=compact(read.value(b, "limit")),
        )
        for b in read.mappings(entry, "breaches")
    ]  # fmt: skip


def windows(document: JsonObject) -> Table:
    rows = [
        (
            Cell(str(int(read.number(window, "index")) + 1)),
            badge(read.text(window, "status")),
            Cell(moment(read.text(window, "started_at"))),
            Cell(moment(read.text(window, "ended_at"))),
            Cell("partial" if read.value(window, "partial") else "full", "muted"),
            Cell(str(len(read.sequence(window, "breaches")))),
        )
        for window in read.mappings(document, "paper_exchange_windows")
    ]
    return Table(columns("window#", "status", "from", "to", "length", "breaches#"), tuple(rows), "no window")


def summary(document: JsonObject) -> Pairs:
    """All 33 fields and the phase, by name."""
    fields = read.mapping(document, "paper_exchange_metrics", "summary")
    return Pairs(
        tuple((name, badge(compact(found)) if name == "status" else Cell(compact(found))) for name, found in fields.items())
    )


def validation(document: JsonObject) -> Table:
    """One row per validation step."""
    section = read.mapping(document, "validation")
    validated = read.value(section, "credentials_validated") is True
    record = read.optional_mapping(document, "stage_record")
    parts = [] if record is None else [read.text(record, part) for part in ("stage", "verdict", "report")]
    steps: Sequence[tuple[str, Cell]] = (
        ("environment", Cell(f"{read.text(section, 'environment')}, type {read.text(section, 'expected_environment')}")),
        ("strategy", Cell(read.text(section, "strategy"))),
        ("risk profile", Cell(read.text(section, "risk_profile"))),
        ("credentials", Cell("validated" if validated else "not validated", "good" if validated else "warn")),
        ("key", Cell(f"{read.text(section, 'keychain_key')}, from {read.optional_text(section, 'secret_source') or 'nowhere'}")),
        ("permissions", Cell(", ".join(read.texts(section, "observed_permissions")) or "none observed")),
        ("sandbox mode", Cell(compact(read.value(section, "sandbox_mode")))),
        ("symbols", Cell(", ".join(read.texts(section, "symbols")) or "none")),
        ("stage record", Cell(", ".join(parts) or "none")),
    )
    return Table(columns("step", "found"), tuple((Cell(step), found) for step, found in steps))


def risk_limits(document: JsonObject) -> Table:
    rows = []
    for limit in read.mappings(document, "outcome", "risk", "limits"):
        share, band = read.number(limit, "used_ratio"), read.text(limit, "band")
        rows.append(
            (
                Cell(read.text(limit, "limit")),
                Cell(amount(read.text(limit, "used"))),
                Cell(amount(read.text(limit, "allowed"))),
                Cell(percent(share, 1), _STATUS_TONES.get(band, ""), share),
                badge(band),
            )
        )
    return Table(columns("limit", "used at worst#", "allowed#", "share", "band"), tuple(rows), "no limit was judged")


def limits_at_the_end(document: JsonObject) -> Table:
    """Every other limit that is set, as it stood when the run ended; those that judge each order by itself say so."""
    rows = []
    for limit in read.mappings(document, "outcome", "risk", "at_the_end"):
        share, band, used = (
            read.optional_number(limit, "used_ratio"), read.optional_text(limit, "band"), read.optional_text(limit, "used"),
        )  # fmt: skip
        rows.append(
            (
                Cell(read.text(limit, "limit")),
                Cell("–" if used is None else used),
                Cell(f"{read.text(limit, 'allowed')} {read.text(limit, 'unit')}"),
                Cell("–") if share is None else Cell(percent(share, 1), _STATUS_TONES.get(band or "", ""), share),
                Cell(read.text(limit, "note") or "–") if band is None else badge(band),
                Cell(read.text(limit, "code")),
            )
        )
    return Table(columns("limit", "used at the end#", "allowed#", "share", "band", "code"), tuple(rows), "no other limit is set")


def stops(document: JsonObject) -> Table:
    rows = [
        (
            Cell(moment(read.text(stop, "ts"))),
            Cell(read.text(stop, "code"), "bad"),
            Cell(read.text(stop, "limit")),
            Cell(read.text(stop, "value")),
        )
        for stop in read.mappings(document, "outcome", "breaches")
    ]
    return Table(columns("market time", "stop", "limit#", "value#"), tuple(rows), "no risk stop was hit")


def signals(document: JsonObject) -> Pairs:
    return Pairs((("signals", Cell(f"{signals_of(document):,}")),))


def decisions(document: JsonObject) -> Table:
    """One row per code: what it means, how often it was decided, on how many bars nothing was done because of it."""
    rows = tuple(
        (Cell(row.code), Cell(row.meaning), Cell(f"{row.decisions:,}"), Cell(f"{row.idle_bars:,}"))
        for row in decision_rows(document)
    )
    return Table(columns("code", "meaning", "decisions#", "bars without action#"), rows, "nothing was decided")


def balances(document: JsonObject) -> tuple[Block, ...]:
    held = read.mapping(document, "outcome", "balances")
    assets = [
        (Cell(asset), *(Cell(amount(read.text(held, asset, part))) for part in ("start", "end", "reserved")))
        for asset in sorted(held)
    ]
    positions = [
        (
            Cell(read.text(position, "instrument")),
            *(Cell(amount(read.text(position, part))) for part in ("quantity", "average_price", "mark_price", "value")),
        )
        for position in read.mappings(document, "outcome", "positions")
    ]
    return (
        Table(columns("asset", "start#", "end#", "reserved#"), tuple(assets), "no balance"),
        Table(
            columns("instrument", "quantity#", "average price#", "mark price#", "value#"), tuple(positions), "no open position"
        ),
    )


def fills(document: JsonObject) -> Table:
    rows = [
        (
            Cell(str(int(read.number(fill, "seq")))),
            Cell(moment(read.text(fill, "ts"))),
            Cell(read.text(fill, "instrument")),
            Cell(read.text(fill, "side"), "good" if read.text(fill, "side") == "buy" else "bad"),
            Cell(amount(read.text(fill, "quantity"))),
            Cell(amount(read.text(fill, "price"))),
            Cell(f"{amount(read.text(fill, 'fee'))} {read.text(fill, 'fee_asset')}"),
            Cell(read.text(fill, "liquidity"), "muted"),
            Cell(amount(read.text(fill, "position_after"))),
        )
        for fill in read.mappings(document, "outcome", "fills")
    ]
    titles = ("no.#", "market time", "instrument", "side", "quantity#", "price#", "fee#", "liquidity", "position after#")
    return Table(columns(*titles), tuple(rows), "no fill")


def live_orders(document: JsonObject) -> Table:
    """Return one row per venue and route of a session that sent orders to venues; `trades_live` says whether it could."""
    rows = [
        (
            Cell(read.text(row, "exchange")),
            Cell(read.text(row, "route")),
            Cell(_counted(read.mapping(row, "orders"))),
            Cell(_counted(read.mapping(row, "attempts"))),
            Cell(f"{int(read.number(row, 'fallbacks')):,}"),
            *(Cell(_milliseconds(read.optional_number(row, f"latency_{part}_ms"))) for part in ("p50", "p95", "p99", "max")),
            Cell("–" if (ratio := read.optional_number(row, "fill_ratio")) is None else percent(ratio)),
        )
        for row in read.mappings(document, "live_execution_metrics", "rows")
    ]
    titles = ("venue", "route", "orders", "attempts", "fallbacks#", "p50 ms#", "p95 ms#", "p99 ms#", "max ms#", "filled#")
    return Table(columns(*titles), tuple(rows), "no order was sent")


def trades_live(document: JsonObject) -> bool:
    """Say whether the orders of this session went to venues."""
    return read.optional_mapping(document, "live_execution_metrics") is not None


def _counted(counts: JsonObject) -> str:
    return ", ".join(f"{name} {int(read.number(counts, name)):,}" for name in counts if counts[name]) or "none"


def _milliseconds(found: float | None) -> str:
    return "–" if found is None else f"{found:,.1f}"


def run_facts(document: JsonObject) -> Pairs:
    names = (
        "run_id",
        "mode",
        "environment",
        "endpoint_host",
        "evidence_class",
        "key_class",
        "code_version",
        "config_path",
        "seed",
        "speed",
    )
    files = ("metrics_endpoint", "decision_events", "report_json", "report_markdown", "report_html")
    times = tuple((name, Cell(moment(read.optional_text(document, name)))) for name in ("started_at", "finished_at"))
    plain = tuple((name, Cell(compact(read.value(document, name)))) for name in (*names, *files))
    return Pairs((*times, *plain))


def measurements(document: JsonObject) -> Pairs:
    part = read.mapping(document, "measured")
    return Pairs(
        (
            ("wall time", Cell(seconds(read.number(part, "wall_seconds")))),
            ("start-up", Cell(seconds(read.number(part, "startup_seconds")))),
            ("processor time", Cell(seconds(read.number(part, "cpu_seconds")))),
            ("steps", Cell(f"{int(read.number(part, 'steps')):,}")),
            ("requests", Cell(f"{int(read.number(part, 'requests_total')):,}")),
            ("latency, ms", Cell(compact(read.value(part, "latency_ms")))),
            ("until durable, ms", Cell(compact(read.value(part, "durable_ms")))),
            ("memory, MiB", Cell(compact(read.value(part, "memory_mib")))),
            ("venue", Cell(compact(read.value(part, "venue")))),
        )
    )


def failover(document: JsonObject) -> Table:
    """Return one row per venue: whether it may be called, and whether a connection to it must be rebuilt."""
    rows = []
    adapters = read.mapping(document, "measured", "failover_status", "adapters")
    for name in adapters:
        status = read.mapping(adapters, name)
        paused, rebuild = (read.value(status, key) is True for key in ("throttle_active", "reconnect_required"))
        remaining = seconds(read.number(status, "throttle_remaining_seconds" if paused else "reconnect_remaining_seconds"))
        reasons = [read.text(status, key) for key in ("throttle_reason", "reconnect_reason")]
        rows.append(
            (
                Cell(name),
                badge("ok" if not paused and not rebuild else "warning"),
                Cell("; ".join(filter(None, reasons)) or "may be called"),
                Cell(remaining if paused or rebuild else "–"),
            )
        )
    return Table(columns("venue of", "result", "state", "for#"), tuple(rows), "no venue was opened")


def probes(document: JsonObject) -> Table:
    rows = []
    for probe in read.mappings(document, "measured", "probes")[-LAST_PROBES:]:
        skew = read.optional_number(probe, "clock_skew_ms")
        checks = read.mapping(probe, "checks")
        failed = [f"{name}: {result}" for name, result in checks.items() if result != "ok"]
        rows.append(
            (
                Cell(moment(read.text(probe, "checked_at"))),
                badge("ok" if read.value(probe, "ok") is True else "error"),
                Cell("–" if skew is None else f"{skew:.1f} ms"),
                Cell("; ".join(failed) or ", ".join(checks) or "none"),
            )
        )
    return Table(columns("probe", "result", "clock skew#", "checks"), tuple(rows), "no probe")


def digests(document: JsonObject) -> Pairs:
    rows = [(name, read.text(document, name)) for name in ("outcome_sha256", "trading_digest")]
    rows += [(name, read.text(document, "file_digest", name)) for name in ("runtime_sha256", "core_sha256", "execution_sha384")]
    rows += [("risk_profile_digest", read.text(document, "validation", "risk_profile_digest"))]
    rows += [("commands_sha256", read.text(document, "outcome", "decisions", "commands_sha256"))]
    rows += [("equity_sha256", read.text(document, "outcome", "equity", "sha256"))]
    return Pairs(tuple((name, Cell(digest)) for name, digest in rows))
