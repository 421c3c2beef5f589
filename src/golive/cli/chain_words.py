"""The words of `golive explain` about signals and times, in English and in Polish; those of codes are `decision_words`."""

from __future__ import annotations

from typing import Final

from golive.observability.wording import Words

ROWS: Final[Words] = {
    "time": ("time (UTC)", "czas (UTC)"),
    "instrument": ("instrument", "instrument"),
    "event": ("event", "zdarzenie"),
    "code": ("code", "kod"),
    "why": ("why", "dlaczego"),
    "candle": ("candle", "świeca"),
    "signal": ("signal", "sygnał"),
    "target": ("target", "cel"),
    "decided": ("decided", "decyzja"),
    "order": ("order", "zlecenie"),
    "filled": ("filled", "wykonanie"),
    "after": ("after", "potem"),
    "idle": ("idle", "bezczynność"),
    "before": ("before", "przedtem"),
}
CAUSES: Final[Words] = {
    "target_changed": ("the strategy's target changed", "zmienił się cel strategii"),
    "order_unfilled": ("the order before it ended too early", "poprzednie zlecenie skończyło się za wcześnie"),
    "licence_back": ("there is a valid licence again", "jest znów ważna licencja"),
    "confirmed": ("trading was confirmed", "handel został potwierdzony"),
}
TEXTS: Final[Words] = {
    "no_bar": ("the session saw no bar then", "sesja nie widziała wtedy świecy"),
    "no_bar_before": ("no bar was closed before it", "żadna świeca nie była przedtem zamknięta"),
    "volume": ("volume", "wolumen"),
    "open": ("O", "O"),
    "high": ("H", "H"),
    "low": ("L", "L"),
    "close": ("C", "C"),
    "stands": ("position {position}; working: {working}", "pozycja {position}; w toku: {working}"),
    "target_of": ("{target} of a full position ({signal})", "{target} pełnej pozycji ({signal})"),
    "target_before": ("{target}; before {before}", "{target}; przedtem {before}"),
    "no_target": ("none yet", "jeszcze żadnego"),
    "turn": ("target {before} → {target}: {cause}", "cel {before} → {target}: {cause}"),
    "member": ("{strategy} wants {wanted} × {share}", "{strategy} chce {wanted} × {share}"),
    "member_held_back": (
        "{strategy} wants {wanted} × {share}, held back at {target}",
        "{strategy} chce {wanted} × {share}, wstrzymano na {target}",
    ),
    "waits": ("it waits for its decision", "czeka na decyzję"),
    "reference": ("judged at {price}", "oceniono po {price}"),
    "idle_for": (
        "{code}: {meaning}; {bars} bars, {since} to {until}",
        "{code}: {meaning}; świec: {bars}, od {since} do {until}",
    ),
    "run": ("{bars} bars, to {until}", "świec: {bars}, do {until}"),
    "counted": ("{decisions} decisions, {bars} idle bars", "decyzji: {decisions}, bezczynnych świec: {bars}"),
    "not_idle": ("not written down yet: the session goes on", "jeszcze nie zapisano: sesja trwa"),
    "filled_of": ("{filled} of {quantity} filled", "wykonano {filled} z {quantity}"),
    "average": ("at {price} on average", "średnio po {price}"),
    "fill": (
        "{quantity} at {price}, fee {fee} {asset}, {liquidity}, position {position}",
        "{quantity} po {price}, opłata {fee} {asset}, {liquidity}, pozycja {position}",
    ),
    "position_after": ("position {after} (before: {before})", "pozycja {after} (przedtem: {before})"),
    "fees": ("fees {fees}", "opłaty {fees}"),
    "realized": ("realised {amount} {asset}", "zrealizowano {amount} {asset}"),
    "protects": ("protects the position", "chroni pozycję"),
    "none": ("none", "brak"),
    "doubt": ("NOT CONFIRMED: {doubt}", "NIEPOTWIERDZONE: {doubt}"),
    "whole": (
        "the store is sound, and the decision journal says the same",
        "dziennik sesji jest cały, a dziennik decyzji mówi to samo",
    ),
    "not_whole": (
        "this cannot be relied on, see above; golive audit verify --all tells more",
        "nie można na tym polegać, patrz wyżej; golive audit verify --all powie więcej",
    ),
    "made_for": ("made for signal {signal}, {when}: {turn}", "na sygnał {signal}, {when}: {turn}"),
    "made_on": ("its candle {bar}", "jego świeca {bar}"),
}
