"""The words of a session's progress and summary in the terminal, in English and Polish; those of codes are `decision_words`.

What a run was told in words (errors, warnings) is no part of it: those are as they were said. A name of the configuration, such
as that of a limit or a queue, is a name in every language.
"""

from __future__ import annotations

from typing import Final

from .wording import Language, Words, spoken, word

TEXTS: Final[Words] = {
    "candles_done": ("{count} candles", "świec {count}"),
    "fills_done": ("{count} fills", "wykonań {count}"),
    "verdict": ("verdict", "werdykt"),
    "exit": ("{headline} (exit {code})", "{headline} (kod {code})"),
    "fills": ("Fills", "Wykonania"),
    "fills_note": ("{orders} orders, {refused} refused", "zleceń {orders}, odmów {refused}"),
    "duration": ("Duration", "Czas trwania"),
    "pace": ("{steps} steps a second", "kroków na sekundę: {steps}"),
    "net": ("Net P&L", "Wynik netto"),
    "return": ("return {share}", "zwrot {share}"),
    "equity": ("Equity", "Kapitał"),
    "from": ("from {start}", "z {start}"),
    "drawdown": ("Max drawdown", "Największe obsunięcie"),
    "from_peak": ("from the running peak", "od bieżącego szczytu"),
    "fees": ("Fees", "Prowizje"),
    "traded": ("on {notional} traded", "od {notional} obrotu"),
    "market": ("Market", "Rynek"),
    "market_note": ("{source}, {model} fills", "{source}, wykonania według {model}"),
    "market_note_live": ("{source}, fills of the venue", "{source}, wykonania giełdy"),
    "exchange_metrics": ("Exchange metrics", "Metryki giełd"),
    "coverage": ("{share} covered, {phase}", "pokrycie {share}, {phase}"),
    "guardrails": ("Guardrails", "Zabezpieczenia"),
    "breach": ("{metric} {observed} (required {comparator} {limit})", "{metric} {observed} (wymagane {comparator} {limit})"),
    "not_measured": ("not measured", "nie zmierzono"),
    "risk_used": (
        "Risk, used of allowed at worst · {profile} · {state}",
        "Ryzyko, najwięcej użyto z dozwolonego · {profile} · {state}",
    ),
    "risk_others": ("Risk, every other limit at the end", "Ryzyko, pozostałe limity na końcu"),
    "limit": ("limit", "limit"),
    "used": ("used", "użyto"),
    "allowed": ("allowed", "dozwolone"),
    "share": ("share", "udział"),
    "band": ("band", "pasmo"),
    "used_of_allowed": ("used of allowed", "użyto z dozwolonego"),
    "state": ("state", "stan"),
    "of": ("{used} of {allowed}", "{used} z {allowed}"),
    "refuses": ("refuses", "odmawia"),
    "decisions_title": ("Decisions · {signals} signals", "Decyzje · sygnałów {signals}"),
    "code": ("code", "kod"),
    "decisions": ("decisions", "decyzje"),
    "idle_bars": ("idle bars", "świece bez działania"),
    "meaning": ("meaning", "znaczenie"),
    "report": ("report", "raport"),
    "more": ("and {count} more in the report", "i {count} więcej w raporcie"),
}
HEADLINES: Final[Words] = {
    "Passed": ("Passed", "Zaliczona"),
    "Blocked": ("Blocked", "Zablokowana"),
    "Validation failed": ("Validation failed", "Walidacja nieudana"),
    "Breached": ("Breached", "Naruszenie"),
    "Unknown": ("Unknown", "Nieznane"),
    "Internal error": ("Internal error", "Błąd wewnętrzny"),
    "Running": ("Running", "W toku"),
}
"""of the verdict of a session"""
STATES: Final[Words] = {
    "ok": ("ok", "ok"),
    "breached": ("breached", "naruszone"),
    "unknown": ("unknown", "nieznane"),
    "not_configured": ("not_configured", "nie skonfigurowano"),
    "warming_up": ("warming_up", "rozgrzewka"),
    "stable": ("stable", "stabilnie"),
    "normal": ("normal", "w normie"),
    "info": ("info", "info"),
    "warning": ("warning", "uwaga"),
    "error": ("error", "błąd"),
    "warn": ("warn", "uwaga"),
    "breach": ("breach", "naruszenie"),
    "ACTIVE": ("ACTIVE", "AKTYWNE"),
    "REDUCING": ("REDUCING", "TYLKO REDUKCJE"),
    "HALTED": ("HALTED", "WSTRZYMANE"),
    "generator": ("generator", "generator"),
    "candles": ("candles", "świece"),
    "feed": ("feed", "zapis rynku"),
    "venue": ("venue", "giełda"),
    "bar": ("bar", "świec"),
    "book": ("book", "arkusza"),
}
"""of queues, windows, limits and trading; sources of a market and how it fills"""
UNITS: Final[Words] = {
    "a year": ("a year", "rocznie"),
    "of equity": ("of equity", "kapitału"),
    "of peak": ("of peak", "szczytu"),
    "of profit": ("of profit", "zysku"),
    "of price": ("of price", "ceny"),
    "positions": ("positions", "pozycji"),
    "orders": ("orders", "zleceń"),
    "orders/min": ("orders/min", "zleceń/min"),
    "min left": ("min left", "min zostało"),
    "stops": ("stops", "stopów"),
    "losses": ("losses", "strat"),
    "symbols": ("symbols", "symbole"),
}
"""of what limits count; those that are not here are the same in both"""
NOTES: Final[Words] = {
    "judged per order": ("judged per order", "oceniane przy zleceniu"),
    "not known yet": ("not known yet", "jeszcze nieznane"),
    "a volatility is not known yet": ("a volatility is not known yet", "zmienność jeszcze nieznana"),
    "known after 30 days": ("known after 30 days", "znane po 30 dniach"),
    "of 30 days": ("of 30 days", "z 30 dni"),
    "no profit": ("no profit", "brak zysku"),
    "open": ("open", "otwarte"),
    "closed": ("closed", "zamknięte"),
    "locked here": ("locked here", "tu zablokowane"),
    "not traded here": ("not traded here", "tu nie handlowane"),
}
"""what a limit says of itself; what names instruments besides stays as it was said"""


def said(name: str, language: Language, **details: object) -> str:
    """Return a text of the summary with its details."""
    return spoken(TEXTS[name], language).format(**details)


def known(words: Words, text: str, language: Language) -> str:
    """Return a word of one of the other tables; what is not in it as it is."""
    return word(words, text, language) if text in words else text
