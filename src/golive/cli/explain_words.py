"""The words of `golive explain`, in English and in Polish: steps, their details, and what witnesses say."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final


class Language(str, Enum):
    EN = "en"
    PL = "pl"


Words = Mapping[str, tuple[str, str]]
"""name → English, Polish"""

STEPS: Final[Words] = {
    "signal": ("signal", "sygnał"),
    "decision": ("decided", "decyzja"),
    "intent": ("intent", "zamiar"),
    "amendment": ("amendment", "zmiana"),
    "record": ("recorded", "zapis"),
    "attempt": ("to leave", "do wysłania"),
    "answer": ("answered", "odpowiedź"),
    "fact": ("venue says", "giełda"),
    "fill": ("filled", "wykonanie"),
    "booking": ("booked", "zaksięgowano"),
    "end": ("ended", "koniec"),
    "note": ("noted", "uwaga"),
}
DETAILS: Final[Words] = {
    "answer": ("", ""),
    "code": ("code", "kod"),
    "deadline": ("valid until", "ważne do"),
    "decision_seq": ("decision", "decyzja"),
    "detail": ("", ""),
    "epoch": ("epoch", "epoka"),
    "event": ("", ""),
    "fee": ("fee", "opłata"),
    "fee_asset": ("", ""),
    "filled": ("filled", "wykonano"),
    "moved": ("", ""),
    "fallback": ("because", "bo"),
    "fallback_used": ("at another venue than the first", "na innej giełdzie niż pierwsza:"),
    "from": ("at", "na"),
    "latency_ms": ("after", "po"),
    "left": ("left", "wysłane"),
    "limit": ("limit", "limit"),
    "liquidity": ("as", "jako"),
    "n": ("attempt", "próba"),
    "original": ("instead of", "zamiast"),
    "notional": ("worth", "wartość"),
    "operator": ("by", "przez"),
    "price": ("at", "po"),
    "profile": ("risk profile", "profil ryzyka"),
    "quantity": ("quantity", "ilość"),
    "reason": ("because", "bo"),
    "result": ("", ""),
    "route": ("route", "trasa"),
    "round_trip_ms": ("answered", "odpowiedź"),
    "side": ("", ""),
    "subject": ("of the", "dotyczy:"),
    "target": ("target", "cel"),
    "time_in_force": ("", ""),
    "trade_id": ("trade", "transakcja"),
    "trail": ("trail", "odstęp"),
    "trigger": ("trigger", "próg"),
    "type": ("", ""),
    "until": ("until", "do"),
    "value": ("value", "wartość"),
    "venue_order_id": ("venue order", "zlecenie giełdy"),
    "verdict": ("", ""),
}
"""what stands before a detail; '' where it speaks for itself"""
VALUES: Final[Words] = {
    "adopted": ("adopted", "przejęte"),
    "absence_signed": ("absence signed", "podpisano, że nie istnieje"),
    "absent": ("absent", "nie istnieje"),
    "accepted": ("accepted", "przyjęte"),
    "amended": ("amended", "zmienione"),
    "amendment": ("amendment", "zmiany"),
    "approved": ("approved", "zatwierdzone"),
    "breaker_open": ("its breaker is open", "bezpiecznik giełdy jest otwarty"),
    "buy": ("buy", "kupno"),
    "canceled": ("canceled", "anulowane"),
    "canceled_foreign": ("cancel asked for", "zlecono anulowanie"),
    "ended": ("ended, nobody knows how", "zakończone, nie wiadomo jak"),
    "expired": ("expired", "wygasłe"),
    "fell_back": ("sent here", "wysłane tutaj"),
    "filled": ("filled", "wykonane"),
    "limit": ("limit", "limit"),
    "maintenance": ("the venue is under maintenance", "trwa przerwa techniczna giełdy"),
    "maker": ("maker", "maker"),
    "market": ("market", "po cenie rynkowej"),
    "never_sent": ("it never left", "nigdy nie wyszło"),
    "not_processed": ("not processed", "nieprzetworzone"),
    "not_sent": ("never sent", "nigdy niewysłane"),
    "open": ("open", "otwarte"),
    "order": ("order", "zlecenia"),
    "partial": ("partly filled", "wykonane częściowo"),
    "planned": ("planned", "zaplanowane"),
    "queue_full": ("the queue is full", "kolejka jest pełna"),
    "reappeared": ("is there after all, withdrawn", "jednak istnieje, wycofane"),
    "refused": ("refused", "odmowa"),
    "rejected": ("rejected", "odrzucone"),
    "sell": ("sell", "sprzedaż"),
    "sent": ("sent", "wysłane"),
    "symbol_halted": ("its symbol is halted", "handel symbolem jest wstrzymany"),
    "symbol_frozen": ("symbol frozen", "symbol zamrożony"),
    "symbol_released": ("symbol released", "symbol odmrożony"),
    "taker": ("taker", "taker"),
    "triggered": ("triggered", "uruchomione"),
    "unknown": ("unknown", "nieznane"),
}
WITNESSES: Final[Words] = {
    "journal": ("store", "dziennik zleceń"),
    "risk_decisions": ("risk decisions", "decyzje ryzyka"),
    "decision_log": ("decision log", "log decyzji"),
    "decision_journal": ("decision journal", "dziennik decyzji"),
    "metrics": ("metrics", "metryki"),
    "venue": ("venue now", "giełda teraz"),
}
STATES: Final[Words] = {
    "ok": ("ok", "ok"),
    "pending": ("pending", "w toku"),
    "not_asked": ("not asked", "nie pytano"),
    "behind": ("behind", "w tyle"),
    "missing": ("MISSING", "BRAK"),
    "corrupt": ("CORRUPT", "USZKODZONE"),
    "unknown": ("UNKNOWN", "NIEZNANE"),
}
SENTENCES: Final[Words] = {
    "agrees": ("the same stands in {file}, record {seq}, MAC ok", "to samo jest w {file}, zapis {seq}, MAC poprawny"),
    "agrees_unchecked": (
        "the same stands in {file}, record {seq}; MAC not checked, the key is not at hand",
        "to samo jest w {file}, zapis {seq}; MAC nie sprawdzony, brak klucza",
    ),
    "bad_record": ("record {seq} of {file} cannot be believed: {problem}", "zapis {seq} w {file} jest niewiarygodny: {problem}"),
    "cannot_be_read": ("cannot be read: {problem}", "nie można odczytać: {problem}"),
    "counts_are_behind": (
        "{file} has counted {count} orders of route {route} at {exchange} that ended like this ({status}), the journal {ended}",
        "{file} policzył {count} zleceń trasy {route} na {exchange} zakończonych tak jak to ({status}), dziennik {ended}",
    ),
    "decision_not_there": ("decision {decision} is not in {file}", "decyzji {decision} nie ma w {file}"),
    "elsewhere_unread": (
        "whether it went to another venue cannot be said: {problem}",
        "nie wiadomo, czy poszło na inną giełdę: {problem}",
    ),
    "end_not_there": ("the order has ended, and its record is not there", "zlecenie zakończone, a jego zapisu nie ma"),
    "no_entrypoint": (
        "no entrypoint of the configuration trades on {account} in {environment}",
        "żaden punkt wejścia w konfiguracji nie handluje na koncie {account} w {environment}",
    ),
    "no_credentials": (
        "give --credentials FILE to ask a simulated venue on this machine",
        "podaj --credentials PLIK, aby zapytać symulowaną giełdę na tej maszynie",
    ),
    "no_configuration": ("the configuration cannot be read: {problem}", "nie można odczytać konfiguracji: {problem}"),
    "no_metrics": ("there is no {file}", "nie ma pliku {file}"),
    "not_counted": (
        "{file} has counted no order of route {route} at {exchange} that ended as this one did ({status})",
        "{file} nie policzył żadnego zlecenia trasy {route} na {exchange} zakończonego tak jak to ({status})",
    ),
    "not_ended": ("the order has not ended; its record comes with its end", "zlecenie trwa; zapis powstanie na końcu"),
    "not_counted_adopted": (
        "the series count what was sent from here, and this order was not",
        "szeregi liczą to, co wysłano stąd, a tego zlecenia nie wysłano",
    ),
    "not_judged": (
        "risk did not decide about it: a person has adopted it",
        "ryzyko o nim nie decydowało: przejął je człowiek",
    ),
    "note_not_there": ("row {row} is not in the log", "wiersza {row} nie ma w logu"),
    "not_in_store": (
        "record {seq} of {file} tells of something that is not in the store",
        "zapis {seq} w {file} mówi o czymś, czego nie ma w dzienniku",
    ),
    "not_on_this_machine": (
        "keys from a file are for venues on this machine only, and {host} is not",
        "klucze z pliku są tylko dla giełd na tej maszynie, a {host} nią nie jest",
    ),
    "order_not_there": ("no record tells of this order", "żaden zapis nie mówi o tym zleceniu"),
    "repeated": ("it stands in {file} more than once", "występuje w {file} więcej niż raz"),
    "route_counts": (
        "route {route} at {exchange}, all its orders: {orders}; {file} was written {age_s} s ago",
        "trasa {route} na {exchange}, wszystkie zlecenia: {orders}; {file} zapisano {age_s} s temu",
    ),
    "route_not_there": (
        "{file} has no series of route {route} at {exchange}",
        "{file} nie ma szeregów trasy {route} na {exchange}",
    ),
    "rows_gone": (
        "{rows} rows that were written since its first are gone",
        "brakuje {rows} wierszy zapisanych od jego pierwszego wiersza",
    ),
    "row_changed": ("row {row} is not what was written", "wiersz {row} nie jest tym, co zapisano"),
    "rows_sound": (
        "rows of the order: {rows}, each as it was written, MACs ok",
        "wierszy zlecenia: {rows}, każdy taki, jak zapisano, MAC-i poprawne",
    ),
    "rows_unchecked": (
        "rows of the order: {rows}, not checked: the MAC key {key} is not at hand",
        "wierszy zlecenia: {rows}, nie sprawdzono: brak klucza MAC {key}",
    ),
    "says_otherwise": ("record {seq} of {file} says something else", "zapis {seq} w {file} mówi co innego"),
    "seal_changed": ("its seal cannot be believed: {problem}", "jego pieczęć jest niewiarygodna: {problem}"),
    "store_changed": ("{problem}; nothing in it can be believed", "{problem}; niczemu w nim nie można wierzyć"),
    "store_sound": (
        "the whole store is what was written ({rows} rows)",
        "cały dziennik jest taki, jak zapisano ({rows} wierszy)",
    ),
    "store_unchecked": ("not checked: the MAC key {key} is not at hand", "nie sprawdzono: brak klucza MAC {key}"),
    "venue_absent": (
        "does not know the order: it never came there, or ended without a fill and is forgotten",
        "nie zna zlecenia: nigdy nie dotarło albo zakończyło się bez wykonania i jest zapomniane",
    ),
    "venue_absent_unproved": (
        "does not know the order, and it is not proved yet that it never will",
        "nie zna zlecenia, a nie jest jeszcze dowiedzione, że nigdy go nie pozna",
    ),
    "venue_differs": (
        "order {order}: {status}, {filled} filled (trades {fills}), which contradicts what is written here: {problem}",
        "zlecenie {order}: {status}, wykonano {filled} (transakcje {fills}), co przeczy temu, co zapisano tutaj: {problem}",
    ),
    "venue_is_ahead": (
        "order {order}: {status}, {filled} filled (trades {fills}); here it is {here}: the next start books it",
        "zlecenie {order}: {status}, wykonano {filled} (transakcje {fills}); tutaj jest {here}: zaksięguje to następny start",
    ),
    "venue_lost": (
        "does not know the order, which is {here} here: run golive reconcile",
        "nie zna zlecenia, które tutaj jest {here}: uruchom golive reconcile",
    ),
    "venue_has_nothing": (
        "does not know the order, of which {filled} is filled here",
        "nie zna zlecenia, z którego tutaj wykonano {filled}",
    ),
    "venue_says": (
        "order {order}: {status}, {filled} filled (trades {fills})",
        "zlecenie {order}: {status}, wykonano {filled} (transakcje {fills})",
    ),
    "venue_has_other_terms": (
        "order {order}: {status}, {filled} filled (trades {fills}); amended there since it was adopted, it is {terms} now",
        "zlecenie {order}: {status}, wykonano {filled} (transakcje {fills}); po przejęciu zmieniono je tam, teraz to {terms}",
    ),
    "venue_shows_no_more": ("does not show the order any more", "nie pokazuje już tego zlecenia"),
    "venue_shows_no_more_yet": (
        "does not show the order any more; here it is {here}: the next start finds out",
        "nie pokazuje już tego zlecenia; tutaj jest {here}: wyjaśni to następny start",
    ),
    "venue_silent": ("could not be asked: {problem}", "nie udało się zapytać: {problem}"),
}
PHRASES: Final[Words] = {
    "contradicts": (
        "CONTRADICTION: {witnesses} does not agree with what is written",
        "SPRZECZNOŚĆ: {witnesses} nie zgadza się z zapisem",
    ),
    "not_sure": ("NOT CONFIRMED: {witnesses}", "NIEPOTWIERDZONE: {witnesses}"),
    "adopted_by": ("adopted by {by}, {at}", "przejął: {by}, {at}"),
    "amended_from": ("amended from {terms}", "zmienione z {terms}"),
    "when_adopted": ("when it was adopted", "w chwili przejęcia"),
    "went_to": ("went to {venue} as {order}, because {reason}", "poszło na {venue} jako {order}, bo {reason}"),
    "instead_of": ("instead of {order} at {venue}, because {reason}", "zamiast {order} na {venue}, bo {reason}"),
    "placed_as": ("placed as", "złożone jako"),
    "filled_of": ("{filled} filled", "wykonano {filled}"),
    "average": ("at {price} on average", "średnio po {price}"),
    "row": ("row", "wiersz"),
    "time": ("time (UTC)", "czas (UTC)"),
    "what": ("what", "co"),
    "details": ("details", "szczegóły"),
    "whole": ("everything agrees", "wszystko się zgadza"),
    "whole_behind": (
        "everything agrees but for the series, which have yet to count it all",
        "wszystko się zgadza poza szeregami, które nie policzyły jeszcze wszystkiego",
    ),
    "not_whole": (
        "something is missing or cannot be believed, see above; golive audit verify --all tells more",
        "czegoś brakuje lub jest niewiarygodne, patrz wyżej; golive audit verify --all powie więcej",
    ),
}


def word(words: Words, name: str, language: Language) -> str:
    """Return a word; one that nobody translated as it is, without its underscores."""
    pair = words.get(name)
    return name.replace("_", " ") if pair is None else pair[0 if language is Language.EN else 1]
