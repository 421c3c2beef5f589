"""From the final JSON report to the page that Markdown, HTML and the terminal show; reads nothing but the document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.clock import from_iso
from golive.model.json import JsonObject

from . import reading as read
from .guardrail_page import guardrail_blocks
from .page import Banner, Cell, Figure, Lines, Page, Pairs, Section, Tone, amount, moment, percent, seconds, signed
from .presentation_tables import (
    badge,
    balances,
    decisions,
    digests,
    entrypoints,
    failover,
    fills,
    limits_at_the_end,
    measurements,
    probes,
    risk_limits,
    run_facts,
    signals,
    stops,
    summary,
    validation,
    windows,
)

_BANNERS: Final[Mapping[str, tuple[str, str, Tone]]] = {
    "success": ("Passed", "Everything that had to be measured was measured and is within its limits.", "good"),
    "blocked": ("Blocked", "A prerequisite is missing; nothing was started.", "bad"),
    "validation_failed": ("Validation failed", "Keys, permissions or symbols are not what the configuration asks for.", "bad"),
    "breached": ("Breached", "A measured value broke its limit; the stage is not passed.", "bad"),
    "unknown": ("Unknown", "Something that must be measured was not; the stage is not passed.", "warn"),
    "error": ("Internal error", "The run ended by a fault of its own; the stage is not passed.", "bad"),
}


def page(document: JsonObject) -> Page:
    """Return the whole page; raise MalformedPayload when the document is not a run report."""
    stage, entrypoint = read.text(document, "stage"), read.text(document, "entrypoint")
    return Page(
        title=f"{entrypoint} · {stage}",
        subtitle=_subtitle(document),
        banner=banner(document),
        figures=figures(document),
        sections=(
            Section("Verdict", (_verdict(document),)),
            Section(
                "Errors and warnings",
                (
                    Lines(tuple(read.texts(document, "errors")), "bad", "no error"),
                    Lines(tuple(read.texts(document, "warnings")), "warn", "no warning"),
                ),
            ),
            Section("Exchange metrics", (entrypoints(document), windows(document))),
            Section("Risk, used of allowed", (risk_limits(document), limits_at_the_end(document), stops(document))),
            Section("Validation", (validation(document),)),
            Section(
                "Guardrails",
                guardrail_blocks(read.mapping(document, "guardrails"), since=from_iso(read.text(document, "started_at"))),
            ),
            Section("Decisions", (signals(document), decisions(document))),
            Section("Balances and positions", balances(document)),
            Section("Fills", (fills(document),)),
            Section("Summary of the exchange metrics", (summary(document),), is_folded=True),
            Section("Run", (run_facts(document), measurements(document), failover(document), probes(document)), is_folded=True),
            Section("Digests", (digests(document),), is_folded=True),
        ),
    )


def banner(document: JsonObject) -> Banner:
    """Return the verdict in words."""
    headline, sentence, tone = _BANNERS[read.text(document, "status")]
    if read.optional_text(document, "finished_at") is None:
        return Banner("Running", "The run has not ended; this page shows how it stands.", "warn" if tone == "good" else tone)
    return Banner(headline, sentence, tone)


def figures(document: JsonObject) -> tuple[Figure, ...]:
    """Return the key figures; without a market only what is known."""
    fill_count = len(read.sequence(document, "outcome", "fills"))
    counted = Figure(
        "Fills",
        f"{fill_count:,}",
        f"{len(read.sequence(document, 'outcome', 'orders')):,} orders, "
        f"{int(read.number(document, 'outcome', 'decisions', 'refused')):,} refused",
    )
    pnl = read.optional_mapping(document, "outcome", "pnl")
    market = read.optional_mapping(document, "outcome", "market")
    if pnl is None or market is None:
        return (counted, Figure("Duration", seconds(read.number(document, "duration_seconds"))))
    metrics = badge(read.text(document, "paper_exchange_metrics", "summary", "status"))
    asset = read.text(pnl, "quote_asset")
    net = read.text(pnl, "net")
    return (
        Figure("Net P&L", f"{signed(net)} {asset}", f"return {percent(read.number(pnl, 'return_ratio'))}", _sign_tone(net)),
        Figure(
            "Equity", f"{amount(read.text(pnl, 'end_equity'), 2)} {asset}", f"from {amount(read.text(pnl, 'start_equity'), 2)}"
        ),
        Figure("Max drawdown", percent(read.number(pnl, "max_drawdown_ratio")), "from the running peak"),
        counted,
        Figure(
            "Fees", f"{amount(read.text(pnl, 'fees'), 2)} {asset}", f"on {amount(read.text(pnl, 'traded_notional'), 0)} traded"
        ),
        Figure(
            "Market",
            f"{int(read.number(market, 'candles')):,} × {read.text(market, 'timeframe')}",
            f"{read.text(market, 'source')}, {read.text(market, 'fill_model')} fills",
        ),
        Figure("Duration", seconds(read.number(document, "duration_seconds")), _pace(document)),
        Figure("Exchange metrics", metrics.text, _coverage(document), metrics.tone),
    )


def _rounded(pnl: JsonObject, name: str) -> str:
    return amount(read.text(pnl, name), 2)


def _subtitle(document: JsonObject) -> str:
    parts = [
        read.text(document, "environment"),
        f"{read.text(document, 'evidence_class')} endpoint {read.text(document, 'endpoint_host')}",
        f"strategy {read.text(document, 'validation', 'strategy')}",
        moment(read.text(document, "started_at")),
    ]
    return " · ".join(parts)


def _verdict(document: JsonObject) -> Pairs:
    gate = read.text(document, "gate", "verdict")
    reasons = "; ".join(read.texts(document, "gate", "reasons")) or "none"
    shown = banner(document)
    return Pairs(
        (
            ("status", Cell(read.text(document, "status"), shown.tone)),
            ("exit code", Cell(str(int(read.number(document, "exit_code"))))),
            ("gate", Cell(gate, "good" if gate in ("ok", "not_applicable") else "bad")),
            ("reasons", Cell(reasons)),
        )
    )


def _sign_tone(decimal_text: str) -> Tone:
    return "bad" if decimal_text.startswith("-") else "good" if decimal_text.strip("0.") else ""


def _pace(document: JsonObject) -> str:
    pace = read.optional_number(document, "measured", "steps_per_second")
    return f"{pace:,.0f} steps a second" if pace is not None else ""


def _coverage(document: JsonObject) -> str:
    score = read.number(document, "paper_exchange_metrics", "summary", "metric_coverage_score")
    return f"{percent(score, 0)} covered, {read.text(document, 'paper_exchange_metrics', 'summary', 'phase')}"
