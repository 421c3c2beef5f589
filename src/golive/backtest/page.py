"""From a backtest's document to the page that Markdown, HTML and the terminal show; reads nothing but the document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

from golive.model.json import JsonObject, JsonValue
from golive.model.money import parse_decimal
from golive.observability import reading as read
from golive.observability.page import (
    Banner,
    Block,
    Cell,
    Column,
    Figure,
    Lines,
    Page,
    Pairs,
    Section,
    Table,
    Tone,
    amount,
    moment,
    percent,
    seconds,
    signed,
)

_MOST_TRADES: Final = 200
"""trades listed; all are in the JSON"""
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "total_return": ("Return", "%"),
    "cagr": ("Growth a year (CAGR)", "%"),
    "volatility": ("Volatility a year", "%"),
    "sharpe": ("Sharpe ratio", ""),
    "sortino": ("Sortino ratio", ""),
    "calmar": ("Calmar ratio", ""),
    "max_drawdown": ("Deepest drawdown", "%"),
    "longest_drawdown_s": ("Longest drawdown", "s"),
    "recovery_s": ("Recovery from the deepest", "s"),
    "value_at_risk_95": ("Value at risk 95 %, a period", "%"),
    "conditional_value_at_risk_95": ("Expected shortfall 95 %, a period", "%"),
    "tail_ratio": ("Tail ratio", ""),
    "skewness": ("Skewness", ""),
    "excess_kurtosis": ("Excess kurtosis", ""),
    "best_period": ("Best period", "%"),
    "worst_period": ("Worst period", "%"),
    "trades": ("Closed trades", "n"),
    "win_rate": ("Win rate", "%"),
    "profit_factor": ("Profit factor", ""),
    "expectancy": ("Expectancy, a trade", "q"),
    "average_win": ("Average win", "q"),
    "average_loss": ("Average loss", "q"),
    "best_trade": ("Best trade", "q"),
    "worst_trade": ("Worst trade", "q"),
    "average_trade_return": ("Average return of a trade", "%"),
    "longest_losing_streak": ("Most losses in a row", "n"),
    "mean_trade_s": ("Time in a trade, mean", "s"),
    "sqn": ("System quality (SQN)", ""),
    "exposure": ("Time in the market", "%"),
    "traded_notional": ("Traded", "q"),
    "turnover": ("Turnover, of mean equity", "×"),
    "fees": ("Fees", "q"),
}
_RETURNS: Final = {"daily": "daily returns", "hourly": "hourly returns", "bars": "returns of bars"}
_TEXTS: Final = {
    "volatility": "standard deviation of returns",
    "sharpe": "mean return over its deviation, risk-free rate 0",
    "sortino": "mean return over downside deviation",
    "calmar": "growth a year over deepest drawdown",
}


def page(document: JsonObject) -> Page:
    """Return the whole page; raise MalformedPayload when the document is not a backtest's."""
    outcome, run = read.mapping(document, "outcome"), read.mapping(document, "run")
    return Page(
        title=f"{read.text(outcome, 'strategy', 'name')} · backtest",
        subtitle=_subtitle(outcome),
        banner=banner(document),
        figures=figures(document),
        sections=(
            Section("Statistics", (_statistics(outcome),)),
            Section("Confidence", (_confidence(outcome),)),
            Section("Notes", (Lines(tuple(read.texts(run, "notes")), "warn", "nothing to note"),)),
            Section("Stops", (_breaches(outcome),)),
            Section("Decisions", (_decisions(outcome),)),
            Section("Trades", _trades(outcome)),
            Section("Terms", (_terms(outcome),)),
            Section("Data", (_data(outcome),)),
            Section("Run", (_run(document),), is_folded=True),
        ),
    )


def banner(document: JsonObject) -> Banner:
    """Say what came out beside what holding would have brought."""
    outcome = read.mapping(document, "outcome")
    own, held = read.optional_number(outcome, "statistics", "total_return"), read.optional_number(outcome, "hold", "total_return")
    if own is None or held is None:
        return Banner("No return", "There is nothing to compare.", "warn")
    better = "more" if own > held else "less"
    points = percent(abs(own - held)).removesuffix(" %")
    sentence = f"{percent(own)} against {percent(held)} for holding: {points} percentage points {better}."
    if not read.number(outcome, "fills", "count"):
        return Banner("No trade", "The strategy never traded on this data.", "warn")
    return Banner("Profit" if own > 0 else "Loss" if own < 0 else "Even", sentence, "good" if own > 0 else "bad")


def figures(document: JsonObject) -> tuple[Figure, ...]:
    """Return the key figures."""
    outcome = read.mapping(document, "outcome")
    account, statistics = read.mapping(outcome, "account"), read.mapping(outcome, "statistics")
    asset, net = read.text(account, "quote_asset"), read.text(account, "net")
    tone: Tone = "bad" if net.startswith("-") else "good" if net.strip("0.") else ""
    return (
        Figure("Net P&L", f"{signed(net)} {asset}", f"return {shown('total_return', statistics, asset)}", tone),
        Figure(
            "Holding",
            shown("total_return", read.mapping(outcome, "hold"), asset),
            f"Sharpe {shown('sharpe', read.mapping(outcome, 'hold'), asset)}",
        ),
        Figure("Sharpe ratio", shown("sharpe", statistics, asset), f"{_RETURNS[read.text(outcome, 'sampling', 'name')]}, a year"),
        Figure(
            "Deepest drawdown",
            shown("max_drawdown", statistics, asset),
            f"longest {shown('longest_drawdown_s', statistics, asset)}",
        ),
        Figure(
            "Closed trades",
            shown("trades", statistics, asset),
            f"{shown('win_rate', statistics, asset)} won, profit factor {shown('profit_factor', statistics, asset)}",
        ),
        Figure("Fees", f"{amount(read.text(account, 'fees'), 2)} {asset}", f"turnover {shown('turnover', statistics, asset)}"),
        Figure(
            "Equity",
            f"{amount(read.text(account, 'end_equity'), 2)} {asset}",
            f"from {amount(read.text(account, 'start_equity'), 2)}",
        ),
        Figure("Time in the market", shown("exposure", statistics, asset), f"{shown('mean_trade_s', statistics, asset)} a trade"),
    )


def shown(name: str, values: JsonObject, asset: str) -> str:
    """Return a statistic as people read it; a dash for one that does not exist."""
    if isinstance(sum_of_money := values.get(name), str):
        return f"{amount(sum_of_money, 2)} {asset}"
    value = read.optional_number(values, name)
    if value is None:
        return "–"
    kind = _NAMES[name][1]
    match kind:
        case "%":
            return percent(value)
        case "s":
            return duration(value)
        case "n":
            return f"{int(value):,}"
        case "q":
            return f"{value:,.2f} {asset}"
        case _:
            return f"{value:,.2f}{' ×' if kind else ''}"


def duration(value: float) -> str:
    """Return a duration for people: days from two days on."""
    return f"{value / 86_400:,.1f} days" if value >= 172_800 else seconds(value)


def _subtitle(outcome: JsonObject) -> str:
    series = read.mappings(outcome, "data")
    names = ", ".join(read.text(each, "instrument") for each in series)
    first = min(str(each["first"]) for each in series)
    last = max(str(each["last"]) for each in series)
    count = sum(int(read.number(each, "candles")) for each in series)
    return f"{names} · {read.text(outcome, 'terms', 'timeframe')} · {moment(first)} to {moment(last)} · {count:,} candles"


def _statistics(outcome: JsonObject) -> Table:
    asset = read.text(outcome, "account", "quote_asset")
    own, held, reasons = (read.mapping(outcome, key) for key in ("statistics", "hold", "undefined"))
    rows = []
    for name, (title, _) in _NAMES.items():
        note = str(reasons.get(name, "")) or _TEXTS.get(name, "")
        beside = shown(name, held, asset) if name in held else ""
        rows.append((Cell(title), Cell(shown(name, own, asset)), Cell(beside, "muted"), Cell(note, "muted")))
    return Table((Column("statistic"), Column("strategy", True), Column("holding", True), Column("note")), tuple(rows))


def _confidence(outcome: JsonObject) -> Table:
    asset = read.text(outcome, "account", "quote_asset")
    section = read.mapping(outcome, "confidence")
    level, own = percent(read.number(section, "level"), 0), read.mapping(outcome, "statistics")
    reasons = read.mapping(section, "undefined")
    rows = []
    for name, interval in read.mapping(section, "intervals").items():
        ends = [shown(name, {name: end}, asset) for end in interval] if isinstance(interval, list) else ["–", "–"]
        cells = (shown(name, own, asset), *ends)
        rows.append((Cell(_NAMES[name][0]), *(Cell(text) for text in cells), Cell(str(reasons.get(name, "")), "muted")))
    columns = (Column("statistic"), Column("found", True), Column(f"{level} from", True), Column("to", True), Column("note"))
    return Table(columns, tuple(rows))


def _breaches(outcome: JsonObject) -> Table:
    rows = tuple(
        tuple(
            Cell(read.text(row, key)) if key != "ts" else Cell(moment(read.text(row, key)))
            for key in ("ts", "limit", "allowed", "used")
        )
        for row in read.mappings(outcome, "breaches")
    )
    return Table(
        (Column("time"), Column("limit"), Column("allowed", True), Column("used", True)), rows, "no loss limit was reached"
    )


def _decisions(outcome: JsonObject) -> Table:
    section = read.mapping(outcome, "decisions")
    counts = [(code, "decisions", n) for code, n in read.mapping(section, "by_code").items()]
    counts += [(code, "bars without action", n) for code, n in read.mapping(section, "inaction_bars").items()]
    rows = tuple((Cell(code), Cell(kind, "muted"), Cell(f"{n:,}")) for code, kind, n in counts)
    return Table((Column("code"), Column("what"), Column("count", True)), rows)


def _trades(outcome: JsonObject) -> tuple[Block, ...]:
    section = read.mapping(outcome, "trades")
    fields, rows = read.texts(section, "fields"), read.sequence(section, "rows")
    series = read.mappings(outcome, "data")
    listed = tuple(_trade(dict(zip(fields, as_row(row), strict=True)), series) for row in islice(rows, _MOST_TRADES))
    columns = (
        Column("instrument"),
        Column("opened"),
        Column("closed"),
        Column("bought", True),
        Column("cost", True),
        Column("fees", True),
        Column("profit", True),
        Column("return", True),
    )
    table = Table(columns, listed, "no trade")
    if len(rows) <= _MOST_TRADES:
        return (table,)
    return (Lines((f"The first {_MOST_TRADES} of {len(rows):,}; all of them are in the JSON.",), "muted"), table)


def as_row(row: JsonValue) -> Sequence[JsonValue]:
    assert isinstance(row, list | tuple)
    return row


def _trade(row: Mapping[str, JsonValue], series: Sequence[JsonObject]) -> tuple[Cell, ...]:
    of = series[int(str(row["instrument"]))]
    cost, fees, profit = (str(row[key]) for key in ("cost", "fees", "profit"))
    paid, gained = parse_decimal(cost), parse_decimal(profit)
    tone: Tone = "good" if gained > 0 else "bad" if gained < 0 else ""
    lots = int(str(row["bought_lots"]))
    return (
        Cell(read.text(of, "instrument")),
        Cell(moment(str(row["opened_at"]))),
        Cell("open" if row["is_open"] else moment(str(row["closed_at"]))),
        Cell(f"{lots * float(read.text(of, 'lot_size')):g}"),
        Cell(amount(cost, 2)),
        Cell(amount(fees, 2)),
        Cell(signed(profit), tone),
        Cell(percent(float(gained / paid)) if paid else "–"),
    )


def _terms(outcome: JsonObject) -> Pairs:
    rows = [(name.replace("_", " "), _plain(value)) for name, value in read.mapping(outcome, "terms").items()]
    rows += [(f"parameter {name}", _plain(value)) for name, value in read.mapping(outcome, "strategy", "parameters").items()]
    return Pairs(tuple((name, Cell(text)) for name, text in rows))


def _plain(value: JsonValue) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{amount(str(item))} {key}" for key, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _data(outcome: JsonObject) -> Table:
    rows = tuple(
        (
            Cell(read.text(each, "instrument")),
            Cell(read.text(each, "timeframe")),
            Cell(f"{int(read.number(each, 'candles')):,}"),
            Cell(moment(read.optional_text(each, "first"))),
            Cell(moment(read.optional_text(each, "last"))),
            Cell(f"{int(read.number(each, 'missing')):,}", "warn" if each["missing"] else ""),
            Cell(read.text(each, "sha256")[:16], "muted"),
        )
        for each in (*read.mappings(outcome, "data"), *read.mappings(outcome, "detail"))
    )
    return Table(
        (
            Column("instrument"),
            Column("timeframe"),
            Column("candles", True),
            Column("from"),
            Column("to"),
            Column("missing", True),
            Column("sha256"),
        ),
        rows,
    )


def _run(document: JsonObject) -> Pairs:
    run = read.mapping(document, "run")
    apart = ("notes", "stored")
    rows = [(name.replace("_", " "), "–" if value is None else _plain(value)) for name, value in run.items() if name not in apart]
    for each in read.mappings(run, "stored"):
        series = f"{read.text(each, 'instrument')} {read.text(each, 'timeframe')}"
        rows.append(("stored series", f"{series} ({read.text(each, 'digest')})"))
    rows.append(("outcome sha256", read.text(document, "outcome_sha256")))
    return Pairs(tuple((name, Cell(text)) for name, text in rows))
