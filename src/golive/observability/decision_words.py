"""The one table of decision codes and of decision-journal events, with their words in English and Polish.

A code has a short phrase; one that refuses has a sentence too, in which `{limit}` and `{value}` stand for what the rule said, in
its unit. `docs/codes.md` repeats the table (`codes_markdown`).
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Final, NamedTuple

from golive.audit.decision_event import EVENTS
from golive.model.decision import DecisionCode as C

from .unwritten import UNWRITTEN
from .wording import Language, Pair, Words, spoken


class Unit(Enum):
    """In what a rule says its limit and its value."""

    PLAIN = "as it is"
    SHARE = "a share, told in per cent"


class CodeWords(NamedTuple):
    """What a code means. `sentence` None: the phrase says it all."""

    phrase: Pair
    sentence: Pair | None = None
    unit: Unit = Unit.PLAIN


def _share(phrase: Pair, sentence: Pair) -> CodeWords:
    return CodeWords(phrase, sentence, Unit.SHARE)


CODES: Final[Mapping[C, CodeWords]] = {
    C.APPROVED: CodeWords(("approved", "zatwierdzone")),
    C.RISK_DAILY_LOSS: _share(
        ("the day's loss is at its limit", "strata dnia osiągnęła limit"),
        (
            "the account has lost {value} since the UTC day began; at {limit} nothing that adds risk is ordered until it is over",
            "konto straciło {value} od początku dnia UTC; od {limit} do jego końca nic nie zwiększa ryzyka",
        ),
    ),
    C.RISK_WEEKLY_LOSS: _share(
        ("the week's loss is at its limit", "strata tygodnia osiągnęła limit"),
        (
            "the account has lost {value} since Monday; at {limit} nothing that adds risk is ordered until the week is over",
            "konto straciło {value} od poniedziałku; od {limit} do końca tygodnia nic nie zwiększa ryzyka",
        ),
    ),
    C.RISK_DRAWDOWN: _share(
        ("the fall from the peak is at its limit", "spadek od szczytu osiągnął limit"),
        (
            "the account has fallen {value} from its peak; at {limit} everything that adds risk stops until a person releases it",
            "konto spadło o {value} od szczytu; od {limit} nic nie zwiększa ryzyka, dopóki nie zwolni tego człowiek",
        ),
    ),
    C.RISK_MAX_POSITION: _share(
        ("the position would be too large", "pozycja byłaby za duża"),
        (
            "would make the position {value} of equity; at most {limit} is allowed",
            "pozycja stanowiłaby {value} kapitału; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_MAX_OPEN_POSITIONS: CodeWords(
        ("too many positions would be open", "za dużo otwartych pozycji"),
        (
            "would be open position number {value}; at most {limit} are allowed",
            "byłaby to otwarta pozycja nr {value}; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_PORTFOLIO_EXPOSURE: _share(
        ("all positions together would be too large", "wszystkie pozycje razem byłyby za duże"),
        (
            "would make all positions together {value} of equity; at most {limit} is allowed",
            "wszystkie pozycje razem stanowiłyby {value} kapitału; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_TARGET_VOLATILITY: _share(
        ("the account would vary too much", "konto wahałoby się za bardzo"),
        (
            "would make the account vary by {value} a year; at most {limit} is allowed",
            "konto wahałoby się o {value} rocznie; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_STOP_DISTANCE: CodeWords(
        ("the protective stop would be too near", "zlecenie ochronne byłoby za blisko"),
        (
            "its stop would lie {value} ticks away; nearer than {limit} ticks the noise of the market would fire it",
            "stop leżałby {value} ticków dalej; bliżej niż {limit} ticków uruchomiłby go szum rynku",
        ),
    ),
    C.RISK_TRADE_RISK: _share(
        ("too much would be lost at the stop", "strata na stopie byłaby za duża"),
        (
            "would lose {value} of equity at its stop; at most {limit} is allowed",
            "na stopie straciłoby {value} kapitału; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_COST_RATIO: _share(
        ("fees eat too much of what is earned", "opłaty pochłaniają za dużo zysku"),
        (
            "fees are {value} of what 30 days earned before them; at most {limit} is allowed",
            "opłaty to {value} tego, co zarobiono przez 30 dni; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_PRICE_COLLAR: _share(
        ("the price is too far from the market", "cena jest za daleko od rynku"),
        (
            "its price is {value} worse than a source of the market says; at most {limit} is allowed",
            "cena jest o {value} gorsza, niż podaje źródło rynku; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_MAX_QUANTITY: CodeWords(
        ("the quantity is too large", "ilość jest za duża"),
        ("is for {value} lots; at most {limit} are allowed", "dotyczy {value} lotów; dozwolone jest najwyżej {limit}"),
    ),
    C.RISK_MAX_NOTIONAL: CodeWords(
        ("the order is worth too much", "zlecenie jest za drogie"),
        (
            "is worth {value} in the quote asset; at most {limit} is allowed",
            "jest warte {value} w walucie kwotowania; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_MESSAGE_RATE: CodeWords(
        ("too many orders in a minute", "za dużo zleceń na minutę"),
        (
            "would be order number {value} within a minute; at most {limit} are allowed",
            "byłoby to zlecenie nr {value} w ciągu minuty; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_DUPLICATE: CodeWords(
        ("the same order was just given", "takie samo zlecenie przed chwilą"),
        (
            "has the instrument, side, quantity and price of an order of less than {limit} s ago",
            "ma instrument, stronę, ilość i cenę zlecenia sprzed mniej niż {limit} s",
        ),
    ),
    C.RISK_OPEN_ORDERS: CodeWords(
        ("too many orders are open", "za dużo otwartych zleceń"),
        (
            "would be open order number {value}; at most {limit} are allowed",
            "byłoby to otwarte zlecenie nr {value}; dozwolone jest najwyżej {limit}",
        ),
    ),
    C.RISK_REPEATED_EXECUTION: CodeWords(
        ("one side was executed too often", "jedną stronę wykonano zbyt często"),
        (
            "would be an execution of this side within a minute: number {value}; after {limit} a named person re-arms it "
            "(golive risk rearm)",
            "byłoby to wykonanie tej strony w ciągu minuty: nr {value}; po {limit} odblokowuje ją człowiek (golive risk rearm)",
        ),
    ),
    C.RISK_FLIP: CodeWords(
        ("would sell more than is held", "sprzedałoby więcej, niż jest"),
        (
            "sells {value} lots, and {limit} are held and not promised yet; a position is never turned around",
            "sprzedaje {value} lotów, a wolnych jest {limit}; pozycji się nie odwraca",
        ),
    ),
    C.RISK_MISSING_INPUT: CodeWords(
        ("something it is judged by is not known", "brakuje czegoś, według czego się ocenia"),
        ("cannot be judged without what is {value}", "nie można ocenić, bo brakuje danych ({value})"),
    ),
    C.RISK_CROSS_ENTRYPOINT: CodeWords(
        ("all entrypoints of this host together", "wszystkie punkty wejścia razem"),
        (
            "all entrypoints of this host together: {value}; allowed: {limit}",
            "wszystkie punkty wejścia tej maszyny razem: {value}; dozwolone: {limit}",
        ),
    ),
    C.EMERGENCY_MODE: CodeWords(
        ("emergency mode is on", "trwa tryb awaryjny"),
        (
            "emergency mode is on ({value}); nothing that adds risk is ordered until two operators have cleared it",
            "trwa tryb awaryjny ({value}); nic nie zwiększa ryzyka, dopóki nie odwołają go dwie osoby",
        ),
    ),
    C.SYMBOL_LOCKED: CodeWords(
        ("the symbol is locked", "symbol jest zablokowany"),
        ("the risk profile locks {value}", "profil ryzyka blokuje {value}"),
    ),
    C.COOLDOWN: CodeWords(
        ("a pause after a loss", "przerwa po stracie"),
        (
            "a position was closed with a loss at {value}; nothing is bought for {limit} minutes after that",
            "pozycję zamknięto ze stratą o {value}; przez {limit} minut nic się nie kupuje",
        ),
    ),
    C.STOP_LOSS_GUARD: CodeWords(
        ("too many protective stops fired", "za dużo uruchomionych stopów"),
        (
            "{value} protective stops fired lately; at {limit} nothing is bought for a while",
            "uruchomiło się {value} stopów; od {limit} przez pewien czas nic się nie kupuje",
        ),
    ),
    C.CONSECUTIVE_LOSSES: CodeWords(
        ("too many losses in a row", "za dużo strat z rzędu"),
        (
            "{value} positions in a row were closed with a loss; at {limit} nothing is bought until the UTC day is over",
            "{value} pozycji z rzędu zamknięto ze stratą; od {limit} nic się nie kupuje do końca dnia UTC",
        ),
    ),
    C.OUTSIDE_TRADING_WINDOW: CodeWords(
        ("outside the trading times", "poza godzinami handlu"),
        ("{value} is outside the times that are traded: {limit}", "{value} jest poza godzinami handlu: {limit}"),
    ),
    C.DATA_STALE: CodeWords(
        ("the market was not heard of", "brak wieści z rynku"),
        (
            "nothing was heard of its market for {value} s; after {limit} s its price is not believed",
            "z jego rynku nie było wieści przez {value} s; po {limit} s cenie się nie wierzy",
        ),
    ),
    C.GATE_BLOCKED: CodeWords(("the gate is closed", "bramka jest zamknięta")),
    C.LICENCE_REDUCE_ONLY: CodeWords(
        ("the licence allows reductions only", "licencja pozwala tylko zmniejszać"),
        ("there is no valid licence ({value}): reductions only", "nie ma ważnej licencji ({value}): tylko zmniejszanie"),
    ),
    C.AUTO_TRADE_OFF: CodeWords(("automatic trading is off", "automatyczny handel jest wyłączony")),
    C.NOT_CONFIRMED: CodeWords(("nobody has confirmed trading", "nikt nie potwierdził handlu")),
    C.WARMING_UP: CodeWords(("the strategy is warming up", "strategia się rozgrzewa")),
    C.ON_TARGET: CodeWords(("the target is reached", "cel jest osiągnięty")),
    C.OUTSIDE_SCHEDULE: CodeWords(("its schedule holds a strategy back", "harmonogram wstrzymuje jedną ze strategii")),
    C.BELOW_MINIMUM: CodeWords(("less than the venue's minimum", "mniej niż minimum giełdy")),
    C.ORDER_WORKING: CodeWords(("an order is working", "zlecenie jest w toku")),
    C.STOPPED_OUT: CodeWords(
        ("a protective order closed the position", "zlecenie ochronne zamknęło pozycję"),
    ),
    C.SUPERSEDED: CodeWords(("the next signal came first", "wyprzedził go następny sygnał")),
    C.SESSION_ENDED: CodeWords(("the session ended", "sesja się skończyła")),
    C.SYMBOL_FROZEN: CodeWords(("an order of this symbol is not accounted for", "los zlecenia tego symbolu jest nieznany")),
    C.NO_ROUTE: CodeWords(("no route takes it", "nie przyjmuje go żadna trasa")),
    C.NOT_READY: CodeWords(("the account is not ready", "konto nie jest gotowe")),
    C.DEGRADED: CodeWords(("live trading has gone back to paper", "handel na żywo wrócił do papierowego")),
    C.UNKNOWN_INSTRUMENT: CodeWords(("an instrument that is not traded here", "instrument, którym się tu nie handluje")),
    C.DUPLICATE_ID: CodeWords(("its order id was used before", "taki identyfikator zlecenia już był")),
}

EVENT_WORDS: Final[Words] = {
    "signal_received": ("signal", "sygnał"),
    "signal_neutral": ("no order", "bez zlecenia"),
    "inaction": ("nothing done", "bezczynność"),
    "risk_check_passed": ("risk allowed", "ryzyko zezwoliło"),
    "risk_rejected": ("risk refused", "ryzyko odmówiło"),
    "risk_adjusted": ("risk made it smaller", "ryzyko zmniejszyło"),
    "order_submitted": ("order sent", "zlecenie wysłane"),
    "order_executed": ("filled", "wykonane"),
    "order_partially_executed": ("partly filled", "wykonane częściowo"),
    "order_failed": ("not taken", "nieprzyjęte"),
    "order_canceled": ("canceled", "anulowane"),
    "trade_recorded": ("position closed", "pozycja zamknięta"),
    "realized_pnl_recorded": ("profit or loss realised", "zrealizowany wynik"),
    "risk_profile_transition": ("risk profile changed", "zmiana profilu ryzyka"),
    "risk_rearmed": ("risk re-armed", "ryzyko odblokowane"),
    "auto_trader_transition": ("automatic trading", "automatyczny handel"),
    "model_change": ("model changed", "zmiana modelu"),
    "ai_walk_forward_report": ("walk-forward report of a model", "raport walk-forward modelu"),
    "ai_drift_report": ("drift report of a model", "raport dryfu modelu"),
    "portfolio_rebalance": ("portfolio rebalanced", "przeważenie portfela"),
    "emergency_mode_activated": ("emergency mode on", "tryb awaryjny włączony"),
    "emergency_mode_cleared": ("emergency mode off", "tryb awaryjny odwołany"),
    "degraded_to_paper": ("back to paper trading", "powrót do handlu papierowego"),
    "stage_transition": ("next stage", "następny etap"),
}


def phrase(code: str, language: Language = Language.EN) -> str:
    """Return a code in words; one that is not ours (a venue's) as it is."""
    known = _words(code)
    return code if known is None else spoken(known.phrase, language)


def sentence(code: str, limit: str | None, value: str | None, language: Language = Language.EN) -> str:
    """Return why an order was refused, with the limit and the value of the rule; the phrase where there is nothing to fill in."""
    known = _words(code)
    if known is None or known.sentence is None or limit is None or value is None:
        return phrase(code, language)
    return spoken(known.sentence, language).format(limit=_told(limit, known.unit), value=_told(value, known.unit))


def codes_markdown() -> str:
    """Return the tables of `docs/codes.md`."""
    lines = ["| code | English | po polsku |", "| --- | --- | --- |"]
    for code, words in CODES.items():
        cells = ("; ".join(filter(None, (words.phrase[n], words.sentence and f"*{words.sentence[n]}*"))) for n in (0, 1))
        lines.append(f"| `{code}` | {' | '.join(cells)} |")
    lines += ["", "| event | English | po polsku | fields |", "| --- | --- | --- | --- |"]
    for event, spec in EVENTS.items():
        fields = ", ".join([*(f"`{name}`" for name in spec.required), *(f"`{name}`?" for name in spec.optional)])
        lines.append(f"| `{event}` | {' | '.join(EVENT_WORDS[event])} | {fields} |")
    lines += ["", "Not written yet:", "", "| code or event | why |", "| --- | --- |"]
    lines += [f"| `{name}` | {why} |" for name, why in UNWRITTEN.items()]
    return "\n".join(lines) + "\n"


def _words(code: str) -> CodeWords | None:
    return CODES[C(code)] if code in C.__members__ else None


def _told(text: str, unit: Unit) -> str:
    """Return a limit or a value as people read it, with all its digits: one just beyond its limit must not look equal to it."""
    if unit is Unit.PLAIN:
        return text.removesuffix("Z").replace("T", " ") if text[:4].isdigit() and text.endswith("Z") else text
    try:
        return f"{(Decimal(text) * 100).normalize():f} %"
    except InvalidOperation:
        return text
