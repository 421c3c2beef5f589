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
    live_orders,
    measurements,
    probes,
    risk_limits,
    run_facts,
    signals,
    stops,
    summary,
    trades_live,
    validation,
    windows,
)
from .summary_words import HEADLINES, STATES, known, said
from .wording import Language

BANNERS: Final[Mapping[str, tuple[str, str, Tone]]] = {
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
            *([Section("Live orders", (live_orders(document),))] if trades_live(document) else []),
            Section("Fills", (fills(document),)),
            Section("Summary of the exchange metrics", (summary(document),), is_folded=True),
            Section("Run", (run_facts(document), measurements(document), failover(document), probes(document)), is_folded=True),
            Section("Digests", (digests(document),), is_folded=True),
        ),
    )


def banner(document: JsonObject, language: Language = Language.EN) -> Banner:
    """Return the verdict in words; the headline in this language."""
    headline, sentence, tone = BANNERS[read.text(document, "status")]
    if read.optional_text(document, "finished_at") is None:
        headline, sentence = "Running", "The run has not ended; this page shows how it stands."
        tone = "warn" if tone == "good" else tone
    return Banner(known(HEADLINES, headline, language), sentence, tone)


def figures(document: JsonObject, language: Language = Language.EN) -> tuple[Figure, ...]:
    """Return the key figures; without a market only what is known."""

    def text(name: str, **details: object) -> str:
        return said(name, language, **details)

    orders, refused = (
        len(read.sequence(document, "outcome", "orders")),
        int(read.number(document, "outcome", "decisions", "refused")),
    )
    counted = Figure(
        text("fills"),
        f"{len(read.sequence(document, 'outcome', 'fills')):,}",
        text("fills_note", orders=f"{orders:,}", refused=f"{refused:,}"),
    )
    lasted = seconds(read.number(document, "duration_seconds"))
    pnl = read.optional_mapping(document, "outcome", "pnl")
    market = read.optional_mapping(document, "outcome", "market")
    if pnl is None or market is None:
        return (counted, Figure(text("duration"), lasted))
    metrics = badge(read.text(document, "paper_exchange_metrics", "summary", "status"))
    asset = read.text(pnl, "quote_asset")
    net = read.text(pnl, "net")
    source, model = (known(STATES, read.text(market, name), language) for name in ("source", "fill_model"))
    return (
        Figure(
            text("net"),
            f"{signed(net)} {asset}",
            text("return", share=percent(read.number(pnl, "return_ratio"))),
            _sign_tone(net),
        ),
        Figure(text("equity"), f"{_rounded(pnl, 'end_equity')} {asset}", text("from", start=_rounded(pnl, "start_equity"))),
        Figure(text("drawdown"), percent(read.number(pnl, "max_drawdown_ratio")), text("from_peak")),
        counted,
        Figure(
            text("fees"),
            f"{_rounded(pnl, 'fees')} {asset}",
            text("traded", notional=amount(read.text(pnl, "traded_notional"), 0)),
        ),
        Figure(
            text("market"),
            f"{int(read.number(market, 'candles')):,} × {read.text(market, 'timeframe')}",
            text("market_note_live", source=source) if trades_live(document) else text("market_note", source=source, model=model),
        ),
        Figure(text("duration"), lasted, _pace(document, language)),
        Figure(text("exchange_metrics"), known(STATES, metrics.text, language), _coverage(document, language), metrics.tone),
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


def _pace(document: JsonObject, language: Language) -> str:
    pace = read.optional_number(document, "measured", "steps_per_second")
    return said("pace", language, steps=f"{pace:,.0f}") if pace is not None else ""


def _coverage(document: JsonObject, language: Language) -> str:
    score = read.number(document, "paper_exchange_metrics", "summary", "metric_coverage_score")
    phase = read.text(document, "paper_exchange_metrics", "summary", "phase")
    return said("coverage", language, share=percent(score, 0), phase=known(STATES, phase, language))
